"""Spectra of the population activities that linear response predicts for a network of finitely many neurons.

The theory is that of `rheobase.population.fluctuations.finite_size`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.fluctuations.finite_size import Fluctuations, without_response
from rheobase.population.neuron.frequencies import hertz, hertz_row
from rheobase.population.states.given_state import given_state
from rheobase.population.states.steady_state import SteadyState

__all__ = ["PopulationSpectra", "activity_spectrum", "spectra"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

METHODS = (
    "Lindner B, Doiron B, Longtin A (2005), Phys Rev E 72:061919 (linear response around renewal spectra)",
    "Helias M, Tetzlaff T, Diesmann M (2014), PLoS Comput Biol 10:e1003428 (correlations of populations)",
    "Bos H, Diesmann M, Helias M (2016), PLoS Comput Biol 12:e1005132 (spectra of several populations)",
)


@dataclass(frozen=True)
class PopulationSpectra:
    """Cross-spectra of the rates of a network's populations.

    Attributes
    ----------
    network : str
    populations : tuple of str
        Those that are Poisson processes stand last.
    sizes, rates : ndarray (m,)
        Neurons, and their rate (Hz).
    frequencies : ndarray (f,)
        Hz.
    cross : ndarray of complex (f, m, m)
        Two-sided, Hz**2/Hz: ``cross[:, a, b]`` is the mean of ``a(f) conj(b(f))``, and a population of independent
        Poisson neurons has ``rate/N``.
    state
        The stationary state around which the network fluctuates.
    """

    network: str
    populations: tuple[str, ...]
    sizes: Array
    rates: Array
    frequencies: Array
    cross: Complex
    state: SteadyState = field(repr=False, compare=False)

    @property
    def power(self) -> Array:
        """Two-sided power spectra (Hz**2/Hz), shape (f, m)."""
        return np.real(np.diagonal(self.cross, axis1=1, axis2=2)).copy()

    @property
    def one_sided(self) -> Array:
        """The power spectra as a recording's are: all of the variance at positive frequencies, twice `power`."""
        return 2.0 * self.power

    def coherence(self, a: str, b: str) -> Array:
        """``|C_ab|**2/(C_aa C_bb)``: 0 where two populations fluctuate independently, 1 where one follows the other.

        A population that is silent has no fluctuations to share: 0.
        """
        i, j = self._index(a), self._index(b)
        both = self.power[:, i] * self.power[:, j]
        shared = np.abs(self.cross[:, i, j]) ** 2
        return np.divide(shared, both, out=np.zeros_like(both), where=both > 0.0)

    def phase(self, a: str, b: str) -> Array:
        """By how much ``a`` leads ``b``, radians between -pi and pi."""
        return np.angle(self.cross[:, self._index(a), self._index(b)])

    def _index(self, name: str) -> int:
        if name not in self.populations:
            raise ModelError(f"there is no population {name!r}; there are: {', '.join(self.populations)}")
        return self.populations.index(name)

    def summary(self) -> str:
        """For each population: where its spectrum is highest, and how it compares with independent neurons there."""
        lines = [
            f"{self.network}: spectra of {len(self.populations)} populations at {self.frequencies.size} frequencies"
        ]
        for k, name in enumerate(self.populations):
            if not self.rates[k] > 0.0:
                lines.append(f"  {name}: silent")
                continue
            top = int(np.argmax(self.power[:, k]))
            times = self.power[top, k] * self.sizes[k] / self.rates[k]
            lines.append(
                f"  {name}: highest at {self.frequencies[top]:.4g} Hz, {self.power[top, k]:.4g} Hz**2/Hz (two-sided), "
                f"{times:.3g} times that of independent Poisson neurons"
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON."""
        return {
            "network": self.network,
            "populations": list(self.populations),
            "rates_hz": self.rates.tolist(),
            "frequencies_hz": self.frequencies.tolist(),
            "power_two_sided": {name: self.power[:, k].tolist() for k, name in enumerate(self.populations)},
            "coherence": {
                f"{a}, {b}": self.coherence(a, b).tolist()
                for i, a in enumerate(self.populations)
                for b in self.populations[i + 1 :]
            },
        }

    def plot(self, ax: Any = None) -> Any:
        """Power spectra and coherences; with ``ax``, the power spectra alone."""
        from rheobase import plot

        return plot.population_spectra(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join([*METHODS, self.state.cite()])


def spectra(network: Network, state: SteadyState | None, frequencies: Any) -> PopulationSpectra:
    """Cross-spectra of the populations' rates around a stationary state, by linear response.

    Parameters
    ----------
    network
        A network that the theory covers.
    state
        Its stationary state, from `rheobase.population.states.steady_state`; None computes it.
    frequencies : array_like
        Hz (or a quantity), not negative; at zero stands the limit.

    Raises
    ------
    ModelError
        If the state is unstable, if neurons fire without noise, or if a frequency is negative or not a number.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population import spectra
    >>> found = spectra(library.brunel2000(g=5, eta=2), None, [0.0, 50.0, 120.0])  # doctest: +SKIP
    >>> print(found.summary())  # doctest: +SKIP
    """
    frequency = hertz_row(frequencies)
    fluctuations = Fluctuations.of(network, given_state(network, state))
    return PopulationSpectra(
        network=network.name, populations=fluctuations.names, sizes=fluctuations.sizes, rates=fluctuations.rates,
        frequencies=frequency, cross=fluctuations.cross(frequency), state=fluctuations.state,
    )  # fmt: skip


def activity_spectrum(network: Network, state: SteadyState | None, frequency: ArrayLike) -> Array:
    """One-sided spectrum (Hz**2/Hz) of the rate of all neurons of a network together, around its stationary state.

    Parameters
    ----------
    network
        The network.
    state
        Its stationary state, from `rheobase.population.states.steady_state`; None computes it.
    frequency : array_like
        Hz (or a quantity), not negative; a number or an array.

    Returns
    -------
    ndarray
        Of the shape of ``frequency``; nan where the state is unstable, or where neurons fire without any noise: there
        is no linear response then.

    Raises
    ------
    ModelError
        If a frequency is negative or not a number, or the state is that of another network.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population import activity_spectrum, steady_state
    >>> network = library.brunel2000(g=5, eta=2)
    >>> activity_spectrum(network, steady_state(network), [50.0, 120.0])  # doctest: +SKIP
    """
    state, frequency = given_state(network, state), hertz(frequency)
    if without_response(state):
        return np.full(frequency.shape, np.nan)
    fluctuations = Fluctuations.of(network, state)
    share = fluctuations.sizes / np.sum(fluctuations.sizes)
    together = np.einsum("a,fab,b->f", share, fluctuations.cross(frequency.ravel()), share)
    return 2.0 * np.real(together).reshape(frequency.shape)
