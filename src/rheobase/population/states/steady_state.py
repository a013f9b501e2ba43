"""`steady_state`: the stationary, asynchronous state of a network as mean-field theory has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.input.statistics import InputMap, input_map
from rheobase.population.neuron import lif
from rheobase.population.neuron.any_neuron import cvs, log_rate_of, white
from rheobase.population.rhythm.modes import Mode, leading_modes, linearise
from rheobase.population.states.state_search import all_states

Array = NDArray[np.float64]

_METHODS = (
    "Siegert AJF (1951), Phys Rev 81:617 (first-passage time)",
    "Amit DJ, Brunel N (1997), Cereb Cortex 7:237; Brunel N (2000), J Comput Neurosci 8:183 (self-consistent rates)",
    "Brunel N, Hakim V (1999), Neural Comput 11:1621 (stability of the asynchronous state)",
    "Lindner B, Schimansky-Geier L (2001), Phys Rev Lett 86:2934 (response to a modulated variance)",
)
_COLOURED = (
    "Fourcaud N, Brunel N (2002), Neural Comput 14:2057 (coloured noise)",
    "Schuecker J, Diesmann M, Helias M (2015), Phys Rev E 92:052119 (transfer function in coloured noise)",
    "Bos H, Diesmann M, Helias M (2016), PLoS Comput Biol 12:e1005132 (modes of several populations)",
)


@dataclass(frozen=True)
class FixedPoint:
    """One self-consistent set of rates (Hz), and its leading mode (None if there is none that decays slowly).

    ``doubt`` says why the modes could not be counted, where that happened.
    """

    rates: Array
    mode: Mode | None
    doubt: str = ""

    @property
    def stable(self) -> bool:
        return not self.doubt and (self.mode is None or self.mode.growth_per_s < 0.0)


@dataclass(frozen=True)
class SteadyState:
    """The stationary state of a network.

    Attributes
    ----------
    populations : tuple of str
    rates : ndarray
        Hz, one per population.
    mu, sigma : ndarray
        Mean and noise strength of the input, mV: ``tau_m dv = (F(v) + mu) dt + sigma sqrt(tau_m) dW``. A leaky membrane
        without threshold has mean ``v_rest + mu`` and variance ``sigma**2/2``.
    cv : ndarray
        Coefficient of variation of the intervals *in white noise*; recurrent input is coloured, see `validity`.
    modes : tuple of Mode
        Around these rates, the fastest growing first.
    fixed_points : tuple of FixedPoint
        All that were found; these rates are one of them.
    stable : bool
        Whether small perturbations of the asynchronous state decay.
    status : str
        A sentence.
    shift : ndarray
        Shift of the scaled bounds that stands for coloured noise.
    """

    populations: tuple[str, ...]
    rates: Array
    mu: Array
    sigma: Array
    cv: Array
    modes: tuple[Mode, ...]
    fixed_points: tuple[FixedPoint, ...]
    stable: bool
    status: str
    shift: Array
    maps: InputMap = field(repr=False, compare=False)

    @property
    def sources(self) -> dict[str, float]:
        """Rates (Hz) of the populations that are Poisson processes; they are given, and not in ``populations``."""
        return {name: rate * 1e3 for name, rate in self.maps.sources.items()}

    @property
    def reported(self) -> int:
        """Which of ``fixed_points`` this is."""
        return next(k for k, point in enumerate(self.fixed_points) if np.array_equal(point.rates, self.rates))

    @property
    def mode(self) -> Mode | None:
        """The leading mode: the one that grows fastest or decays slowest."""
        return self.modes[0] if self.modes else None

    def density(self, population: str, v: ArrayLike) -> Array:
        """Stationary density (1/mV) of the membrane potential of a population's non-refractory neurons, ``v`` in mV.

        0 where they receive no noise: they are all at rest, or each is at its own phase.
        """
        k = self._index(population)
        m, sigma = self.maps.membranes[k], float(self.sigma[k])
        if m.drift is not None:
            state = white(m, float(self.mu[k]), sigma) if sigma > 0.0 else None
            return np.zeros(np.shape(v)) if state is None else state.density_at(np.asarray(v), log_rate_of(m, state))
        tau_m, v_th, v_reset, t_ref = m.lif
        constants = {"tau_m": tau_m, "v_th": v_th, "v_reset": v_reset, "t_ref": t_ref, "shift": float(self.shift[k])}
        return lif.density(np.asarray(v, float) - m.v_rest, float(self.mu[k]), float(self.sigma[k]), **constants)

    def _index(self, population: str) -> int:
        if population not in self.populations:
            raise ModelError(f"there is no population {population!r}; there are: {', '.join(self.populations)}")
        return self.populations.index(population)

    def summary(self) -> str:
        """Rates and input of every population, the leading mode and the status, in lines."""
        width = max(10, *(len(name) for name in self.populations))
        lines = [f"{'population':<{width}}  rate (Hz)   mu (mV)  sigma (mV)     CV"]
        for row in zip(self.populations, self.rates, self.mu, self.sigma, self.cv, strict=True):
            lines.append("{:<{w}}  {:9.4g}  {:8.3f}  {:10.3f}  {:5.3f}".format(*row, w=width))
        return "\n".join([*lines, self.status])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON."""
        return {
            "populations": [
                {"name": name, "rate_hz": float(r), "mu_mv": float(m), "sigma_mv": float(s), "cv_white_noise": float(c)}
                for name, r, m, s, c in zip(self.populations, self.rates, self.mu, self.sigma, self.cv, strict=True)
            ],
            "modes": [{"growth_per_s": m.growth_per_s, "frequency_hz": m.frequency_hz} for m in self.modes],
            "fixed_points": [{"rates_hz": p.rates.tolist(), "stable": p.stable} for p in self.fixed_points],
            "stable": self.stable,
            "status": self.status,
        }

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(_METHODS + (_COLOURED if np.any(self.shift > 0.0) else ()))

    def plot(self) -> Any:
        """Rates, input and modes in one figure."""
        from rheobase import plot

        return plot.steady_state(self)


def steady_state(network: Network) -> SteadyState:
    r"""Stationary rates of a network, what its neurons receive, and whether the asynchronous state is stable.

    Solves ``rate_i = Phi_i(mu_i, sigma_i)`` with ``Phi`` of `rheobase.population.neuron.lif.transfer` and ``mu``,
    ``sigma`` of `rheobase.population.input.statistics`. Of several solutions the one reached from silence is reported
    if it is stable, else the stable one with the lowest mean rate; all are in ``fixed_points`` and the status says so.

    Parameters
    ----------
    network
        Populations of leaky integrate-and-fire neurons with delta or exponential-current synapses.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network (`rheobase.population.missing` lists them).
    ModelError
        If no self-consistent rates were found.
    """
    maps = input_map(network)
    solutions = [_examined(maps, rates) for rates in all_states(maps)]
    if not solutions:
        raise ModelError(
            "no self-consistent rates were found: the recurrent excitation may outgrow every rate; "
            "give the neurons a refractory time, or weaken the excitatory weights"
        )
    points = tuple(point for point, _ in solutions)
    chosen = _choice(points)
    modes = solutions[chosen][1]
    maps = maps.frozen(points[chosen].rates * 1e-3)  # with conductance synapses the membranes are those of this state
    drive = maps.drive(points[chosen].rates * 1e-3)
    return SteadyState(
        populations=maps.names,
        rates=points[chosen].rates,
        mu=drive.mu,
        sigma=drive.sigma,
        cv=cvs(maps.membranes, drive.mu, drive.sigma),
        modes=modes,
        fixed_points=points,
        stable=points[chosen].stable,
        status=_status(points, chosen),
        shift=drive.shift,
        maps=maps,
    )


def _examined(maps: InputMap, rates: Array) -> tuple[FixedPoint, tuple[Mode, ...]]:
    try:
        modes = leading_modes(linearise(maps, rates), count=2) if maps.channels else ()
    except ArithmeticError as reason:
        return FixedPoint(rates * 1e3, None, str(reason)), ()
    return FixedPoint(rates * 1e3, modes[0] if modes else None), modes


def _choice(points: Sequence[FixedPoint]) -> int:
    """The first is the one reached from silence; the rest are ordered by their mean rate."""
    stable = [k for k, point in enumerate(points) if point.stable]
    return stable[0] if stable else 0


def _status(points: Sequence[FixedPoint], chosen: int) -> str:
    own = points[chosen]
    if own.doubt:
        verdict = f"Whether it is stable could not be found out: {own.doubt}."
    elif own.mode is None:
        verdict = "No mode decays slowly: the asynchronous state is stable."
    elif own.stable:
        verdict = f"The asynchronous state is stable: its leading mode {own.mode.sentence}."
    else:
        verdict = f"The asynchronous state is unstable: its leading mode {own.mode.sentence}."
    if len(points) == 1:
        return f"One self-consistent state. {verdict}"
    others = [point for k, point in enumerate(points) if k != chosen]
    listed = "; ".join(f"{_rates(point)} ({'stable' if point.stable else 'unstable'})" for point in others)
    reached = "reached from silence" if chosen == 0 else "stable one of lowest mean rate"
    return f"{len(points)} self-consistent states; this is the one {reached}. {verdict} The others, in Hz: {listed}."


def _rates(point: FixedPoint) -> str:
    return ", ".join(f"{rate:.4g}" for rate in point.rates)
