r"""What the diffusion approximation is off by in each population of a network: computed.

Each population's rate in the trains of jumps that it receives is compared with its rate in white noise of the same mean
and variance. In a network the others react to that difference: to first order the rates move by
``(1 - d Phi/d rate)**-1`` times it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.numerics.jumps import Jumps
from rheobase.population.input.jump_trains import jump_trains
from rheobase.population.neuron.membrane import Membrane
from rheobase.population.shots.kramers_moyal import SOURCES as _SERIES
from rheobase.population.shots.kramers_moyal import expanded
from rheobase.population.shots.shot_noise import SOURCES as _EXACT
from rheobase.population.shots.shot_noise import diffusion_rate, rate_in
from rheobase.population.states.fixed_points import rates_and_slopes
from rheobase.population.states.given_state import given_state
from rheobase.population.states.steady_state import SteadyState

Array = NDArray[np.float64]

EXACT, EXPANSION, NONE = "exact", "expansion", "none"
_UNHEARD = 1e-6  # of the highest rate


@dataclass(frozen=True)
class DiffusionError:
    """The diffusion approximation against shot noise, population by population.

    Attributes
    ----------
    populations : tuple of str
    rates : ndarray
        Hz: the stationary rates of the theory.
    alone : ndarray
        ``diffusion/shot noise - 1`` of each population's rate, all inputs held.
    together : ndarray
        The same of the network's own rates, after the others have reacted (to first order).
    accuracy : ndarray
        How well ``alone`` is known: the numerical error, or for an expansion the square of its last term.
    methods : tuple of str
        ``'exact'``, ``'expansion'`` (order 3), or ``'none'`` where neither could be had; the errors are nan there.
    """

    populations: tuple[str, ...]
    rates: Array
    alone: Array
    together: Array
    accuracy: Array
    methods: tuple[str, ...]

    @property
    def corrected(self) -> Array:
        """The rates (Hz) that the network has in shot noise, to first order."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.together > -1.0, self.rates / (1.0 + self.together), np.nan)

    def index(self, population: str) -> int:
        """Which row a population is."""
        if population not in self.populations:
            raise ModelError(f"there is no population {population!r}; there are: {', '.join(self.populations)}")
        return self.populations.index(population)

    def summary(self) -> str:
        """A line for each population."""
        width = max(10, *(len(name) for name in self.populations))
        lines = [f"{'population':<{width}}  rate (Hz)  error, inputs held (%)  in the network (%)  method"]
        for name, rate, alone, together, method in zip(
            self.populations, self.rates, self.alone, self.together, self.methods, strict=True
        ):
            lines.append(f"{name:<{width}}  {rate:9.4g}  {_percent(alone):>22}  {_percent(together):>18}  {method}")
        return "\n".join(lines)

    def plot(self, ax: Any = None) -> Any:
        """The errors population by population."""
        from rheobase.plot.shots import diffusion_error as draw

        return draw(self, ax)

    def cite(self) -> str:
        """The publications behind the rates in shot noise."""
        methods = set(self.methods)
        return "\n".join([*(_EXACT.values() if EXACT in methods else ()), *(_SERIES if EXPANSION in methods else ())])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON."""
        return {
            name: {
                "alone": _plain(alone), "in_network": _plain(together), "accuracy": _plain(accuracy), "method": method,
            }
            for name, alone, together, accuracy, method in zip(
                self.populations, self.alone, self.together, self.accuracy, self.methods, strict=True
            )
        }  # fmt: skip


def _percent(value: float) -> str:
    return f"{100 * value:+.3g}" if np.isfinite(value) else "unknown" if np.isnan(value) else "infinite"


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def diffusion_error(network: Network, state: SteadyState | None = None) -> DiffusionError:
    """The error of the diffusion approximation in each population, by the exact rate in shot noise.

    Where that is too costly (many small jumps), or rounding hides it, by the expansion in the size of the jumps.
    Synapses that take time count as jumps by all they do in the end, spike trains of neurons as Poisson trains.

    Parameters
    ----------
    network
        One that the theory covers.
    state
        Its stationary state; found if None.

    Raises
    ------
    NotCovered
        If the theory does not cover the network.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population.shots.diffusion_error import diffusion_error
    >>> diffusion_error(library.brunel2000(g=5, eta=2)).methods
    ('exact', 'exact')
    """
    state = given_state(network, state)
    rates = state.rates * 1e-3
    local = state.maps.frozen(rates)
    found: dict[tuple[Any, ...], tuple[float, float, str]] = {}
    rows = []
    for k, m in enumerate(local.membranes):
        trains, steady = jump_trains(network, local, k, rates)
        key = (m.lif, m.noise, m.drift, steady, trains)
        if key not in found:
            found[key] = _one(m, trains, steady)
        rows.append(found[key])
    alone, accuracy = (np.array([row[n] for row in rows], float) for n in (0, 1))
    return DiffusionError(
        state.populations, state.rates, alone, _together(state, rates, alone), accuracy, tuple(row[2] for row in rows)
    )


def _one(m: Membrane, trains: tuple[Jumps, ...], steady: float) -> tuple[float, float, str]:
    """Error, how well it is known, and by which method."""
    diffusion = diffusion_rate(m, trains, steady)
    if not trains:
        return 0.0, 0.0, EXACT
    try:
        exact = rate_in(m, trains, steady)
        if exact.rate > 0.0:
            return diffusion / exact.rate - 1.0, exact.error * diffusion / exact.rate, EXACT
        return (0.0, 0.0, EXACT) if diffusion == 0.0 else (np.inf, 0.0, EXACT)
    except ModelError:
        pass
    try:
        series = expanded(m, trains, steady)
    except ModelError:
        return np.nan, np.nan, NONE
    accuracy = series.error + series.diffusion_error**2
    return (series.diffusion_error, accuracy, EXPANSION) if accuracy < 1.0 else (np.nan, np.nan, NONE)


def _together(state: SteadyState, rates: Array, alone: Array) -> Array:
    """The errors after the network's own reaction; nan where one is not known, or it has no linear reaction.

    Populations that hardly fire are left where they are if theirs is not known: others do not hear them.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(rates > 0.0, rates * (1.0 / (1.0 + alone) - 1.0), 0.0)
    open_ = np.isnan(alone)
    moved[open_ & (rates < _UNHEARD * np.max(rates, initial=0.0))] = 0.0
    slopes = rates_and_slopes(state.maps, rates)[1]
    if not (np.all(np.isfinite(moved)) and np.all(np.isfinite(slopes))):
        return np.full(rates.size, np.nan)
    try:
        new = rates + np.linalg.solve(np.eye(rates.size) - slopes, moved)
    except np.linalg.LinAlgError:
        return np.full(rates.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(new > 0.0, rates / new - 1.0, np.where(rates > 0.0, np.nan, 0.0))
    return np.where(open_, np.nan, found)
