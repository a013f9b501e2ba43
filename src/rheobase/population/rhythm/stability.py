"""`stability`: the modes of a network around a stationary state, counted, with who makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.input.given import given_rates, require_count
from rheobase.population.input.statistics import InputMap
from rheobase.population.rhythm.mode_structure import NetworkMode, with_structure
from rheobase.population.rhythm.modes import Linearised, leading_modes, linearise
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.states.state_search import all_states
from rheobase.population.states.working_point import maps_of

Array = NDArray[np.float64]

CITED = (
    "Brunel N, Hakim V (1999), Neural Comput 11:1621 (stability of the asynchronous state)",
    "Lindner B, Schimansky-Geier L (2001), Phys Rev Lett 86:2934 (response to a modulated variance)",
    "Bos H, Diesmann M, Helias M (2016), PLoS Comput Biol 12:e1005132 (modes of several populations, sensitivity)",
)


@dataclass(frozen=True)
class Stability:
    """The modes around one stationary state.

    Attributes
    ----------
    populations : tuple of str
    rates : ndarray
        Hz.
    modes : tuple of NetworkMode
        The fastest growing first.
    unstable : int
        How many modes grow, each of a complex pair counted, from the windings of the characteristic function around
        zero along the imaginary axis; -1 if they could not be counted.
    status : str
        A sentence.
    """

    populations: tuple[str, ...]
    rates: Array
    modes: tuple[NetworkMode, ...]
    unstable: int
    status: str

    @property
    def stable(self) -> bool:
        return self.unstable == 0

    @property
    def mode(self) -> NetworkMode | None:
        """The leading mode."""
        return self.modes[0] if self.modes else None

    def summary(self) -> str:
        """Each mode with the populations that carry it and the connections that matter most, in lines."""
        lines = [f"{'growth (1/s)':>12}  {'f (Hz)':>8}  carried by; most sensitive to"]
        for mode in self.modes:
            carried = ", ".join(
                f"{self.populations[k]} {abs(mode.composition[k]):.2f}" for k in _largest(mode.composition)
            )
            sensitive = ", ".join(self.connections(mode)) or "none"
            lines.append(f"{mode.growth_per_s:12.4g}  {mode.frequency_hz:8.4g}  {carried}; {sensitive}")
        return "\n".join([*lines, self.status])

    def connections(self, mode: NetworkMode, most: int = 3) -> list[str]:
        """The connections whose number of synapses moves a mode most, such as ``'I->E -3.2/s for 1 %'`` in growth."""
        size = np.abs(mode.sensitivity)
        order = np.argsort(-size, axis=None)[:most]
        pairs = (np.unravel_index(k, size.shape) for k in order if size.flat[k] > 1e-9 * max(size.max(), 1e-300))
        growth, names = 0.01 * mode.sensitivity.real, self.populations
        return [f"{names[int(j)]}->{names[int(i)]} {growth[i, j]:+.3g}/s for 1 %" for i, j in pairs]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON; a complex number is its real and imaginary part."""
        return {
            "rates_hz": dict(zip(self.populations, self.rates.tolist(), strict=True)),
            "stable": self.stable,
            "unstable_modes": self.unstable,
            "modes": [
                {
                    "growth_per_s": mode.growth_per_s,
                    "frequency_hz": mode.frequency_hz,
                    "composition": _pairs(mode.composition),
                    "sensitivity_per_s": _pairs(mode.sensitivity),
                }
                for mode in self.modes
            ],
            "status": self.status,
        }

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(CITED)

    def plot(self) -> Any:
        """The modes, the composition of the leading one, and its sensitivity to each connection."""
        from rheobase.plot.steady import stability

        return stability(self)


def stability(network: Network, rates: ArrayLike | None = None, *, count: int = 4) -> Stability:
    """Growth rates and frequencies of a network's modes, with delays and synaptic filters, none missed.

    All zeros of ``det(1 - M(s))`` with growth down to ``-4/tau_m`` and up to 1 kHz are counted by the argument
    principle and then found (`rheobase.population.rhythm.modes` has ``M``). Each comes with its composition and
    sensitivity.

    Parameters
    ----------
    network
        One that the theory covers.
    rates
        Stationary rates (Hz), one a population, about which to linearise; by default those of the state that is
        reached from silence.
    count
        How many modes are wanted at least, where there are as many.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    ModelError
        If the rates are not as many as populations, none are given and none are found, or ``count`` is not positive.
    """
    require_count(count)
    maps = maps_of(network)
    return stability_of(maps, _rates(maps, rates), count)


def stability_of(maps: InputMap, rates: Array, count: int) -> Stability:
    """The same, of a network that was read, around rates in kHz."""
    if not maps.channels:
        return Stability(maps.names, rates * 1e3, (), 0, "Nothing is recurrent: the state is stable.")
    linear = linearise(maps, rates)
    try:
        unstable = unstable_modes(linear)
    except ArithmeticError as reason:
        return Stability(maps.names, rates * 1e3, (), -1, f"Whether it is stable could not be found out: {reason}.")
    found, doubt = _listed(linear, count, unstable)
    return Stability(maps.names, rates * 1e3, found, unstable, _status(found, unstable) + doubt)


def _listed(linear: Linearised, count: int, unstable: int) -> tuple[tuple[NetworkMode, ...], str]:
    """The modes with their structure, and what is wrong with them: there must be as many growing ones as counted."""
    try:
        found = tuple(with_structure(linear, mode) for mode in leading_modes(linear, count))
    except ArithmeticError as reason:
        return (), f" The modes could not be listed: {reason}."
    listed = sum(1 if mode.frequency_hz == 0.0 else 2 for mode in found if mode.growth_per_s > 0.0)
    return found, "" if listed == unstable else f" Of the modes that grow only {listed} were found."


def _rates(maps: InputMap, rates: ArrayLike | None) -> Array:
    if rates is None:
        found = all_states(maps)
        if not found:
            raise ModelError("no self-consistent rates were found to linearise about; give rates (Hz)")
        return found[0]
    return given_rates(maps.names, rates) * 1e-3


def _status(found: Sequence[NetworkMode], unstable: int) -> str:
    verdict = "stable" if unstable == 0 else f"unstable, {unstable} modes grow"
    if not found:
        return f"The asynchronous state is {verdict}."
    return f"The asynchronous state is {verdict}: its leading mode {found[0].sentence}."


def _largest(composition: NDArray[np.complex128]) -> list[int]:
    """Populations with at least a tenth of the largest part, in order; eight at most."""
    size = np.abs(composition)
    order = np.argsort(-np.round(size, 9), kind="stable")  # equal parts in the populations' own order
    return [int(k) for k in order[:8] if size[k] >= 0.1]


def _pairs(values: NDArray[np.complex128]) -> list[Any]:
    return np.stack([values.real, values.imag], axis=-1).tolist()
