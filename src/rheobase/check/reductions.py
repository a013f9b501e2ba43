"""`compare_reductions`: rate equations, the filtered response of the spiking neurons, and their simulation on one page.

The Wilson-Cowan equations and the linear response theory of the spiking network share their states at rest, but not how
these are left: the first let each rate follow its input as the membrane's low-pass filter would, the second as the
population of spiking neurons does. Where the two disagree on stability, the simulation says who is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.model.network import Network
from rheobase.population import SteadyState, steady_state
from rheobase.population.reduced.wilson_cowan import RateRun, WilsonCowan, wilson_cowan
from rheobase.population.rhythm.stability import Stability, stability
from rheobase.simulation import Recording, simulate
from rheobase.units import Quantity, internal, ms

Array = NDArray[np.float64]

_BINS = 12  # a period
_BIN_MS = 1.0  # where nothing oscillates
_PUSH = 0.05  # by which the rate equations start beside their state at rest
_GRID = 4001
_LARGE = 3.0  # a swing this many times that of independent neurons is the network's own


@dataclass(frozen=True)
class Reductions:
    """What three descriptions of one network say.

    Attributes
    ----------
    populations : tuple of str
    rates : ndarray
        Of the state at rest that is reached from silence, the same for both theories, Hz.
    rate_growth : complex
        Leading growth rate (1/s; imaginary part in rad/s) in the rate equations.
    spiking_growth : complex or None
        That of the spiking network by linear response; None if no mode decays slowly enough to be listed.
    rates_in_rate_model, rates_simulated : ndarray
        Means over the time compared, Hz.
    swing_in_rate_model, swing_simulated, swing_expected : ndarray
        Standard deviations of the population rates over time (Hz), in the same bins; the last is that of as many
        independent neurons that fire like Poisson processes.
    status : str
        The verdict, in sentences.
    """

    populations: tuple[str, ...]
    rates: Array
    rate_growth: complex
    spiking_growth: complex | None
    rates_in_rate_model: Array
    rates_simulated: Array
    swing_in_rate_model: Array
    swing_simulated: Array
    swing_expected: Array
    bin_ms: float
    status: str
    equations: WilsonCowan = field(repr=False)
    stability: Stability = field(repr=False)
    run: RateRun = field(repr=False)
    recording: Recording = field(repr=False)
    start_ms: float = field(repr=False, default=0.0)

    def summary(self) -> str:
        """A table of rates and swings, the leading growth rates, and the verdict."""
        head = ("population", "at rest", "rate model", "simulated", "swing: model", "simulated", "of chance")
        lines = ["{:<12}{:>10}{:>12}{:>12}{:>14}{:>12}{:>12}   Hz".format(*head)]
        for k, name in enumerate(self.populations):
            values = (self.rates, self.rates_in_rate_model, self.rates_simulated, self.swing_in_rate_model,
                      self.swing_simulated, self.swing_expected)  # fmt: skip
            lines.append("{:<12}{:10.4g}{:12.4g}{:12.4g}{:14.3g}{:12.3g}{:12.3g}".format(name, *(x[k] for x in values)))
        lines.append(f"rate equations: {_growth(self.rate_growth)}; spiking network: {_growth(self.spiking_growth)}")
        return "\n".join([*lines, self.status])

    def plot(self) -> Any:
        """Rates over time by both, and the growth rates."""
        from rheobase.plot.reductions import reductions

        return reductions(self)

    def cite(self) -> str:
        """The publications behind both theories."""
        return "\n".join((self.equations.cite(), self.stability.cite()))


def compare_reductions(
    network: Network,
    duration: Any,
    *,
    transient: Any = 100 * ms,
    tau: Any = "membrane",
    seed: int = 1,
    threads: int | None = None,
    dt: Any = 0.1 * ms,
) -> Reductions:
    """The Wilson-Cowan equations, the linear response theory and the simulation of one network.

    Both start at the state at rest: the simulation with membrane potentials from the stationary density, the rate
    equations a twentieth beside it. What small changes do says nothing of large ones: a network that is stable may
    have another state in which all neurons fire at once, and a start far from rest may lead there.

    Parameters
    ----------
    network
        One that the theory covers, without conductance synapses.
    duration
        Time that is compared; it follows ``transient``, which is left out.
    tau
        Time constants of the rate equations, see `rheobase.population.reduced.wilson_cowan`.
    seed, threads, dt
        As for `rheobase.simulate`.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    ModelError
        If there is no state at rest, a time is not positive, or the seed is no whole number.
    """
    start, length, pace = (
        float(internal(x, ms.dimension, what))
        for x, what in ((transient, "transient"), (duration, "duration"), (dt, "dt"))
    )
    if not (length > 0.0 and start >= 0.0 and pace > 0.0 and np.isfinite(length + start + pace)):
        raise ModelError("duration has to be a positive time, dt too, and transient not negative")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ModelError(f"seed has to be a whole number, at least 0, not {seed!r}")
    equations = wilson_cowan(network, tau)
    rest = steady_state(network)
    theory = stability(network, rest.rates)
    leading = 1e3 * complex(equations.eigenvalues(rest.rates)[0])
    bin_ms = _bin(leading, pace, length)
    step = min(bin_ms / 4.0, 0.05 * float(equations.tau.min()))
    run = equations.simulate(start + length, start=(1.0 + _PUSH) * rest.rates, dt=step)
    recording = simulate(_rested(network, rest, seed), (start + length) * ms, dt=dt, seed=seed, threads=threads)
    sizes = np.array([network[name].n for name in equations.populations])
    model = _binned(run, start, bin_ms)
    spikes = np.array([recording.population_rate(name, bin_ms, start)[1] for name in equations.populations])
    mean = spikes.mean(axis=1)
    chance = np.sqrt(mean / (sizes * 1e-3 * bin_ms))
    mode = theory.mode
    spiking = None if mode is None else complex(mode.growth_per_s, 2.0 * np.pi * mode.frequency_hz)
    return Reductions(
        populations=equations.populations, rates=rest.rates, rate_growth=leading, spiking_growth=spiking,
        rates_in_rate_model=model.mean(axis=1), rates_simulated=mean, swing_in_rate_model=model.std(axis=1),
        swing_simulated=spikes.std(axis=1), swing_expected=chance, bin_ms=bin_ms,
        status=_verdict(leading.real < 0.0, theory.unstable, leading, model.std(axis=1), spikes.std(axis=1), chance),
        equations=equations, stability=theory, run=run, recording=recording, start_ms=start,
    )  # fmt: skip


def _rested(network: Network, rest: SteadyState, seed: int) -> Network:
    """The network with membrane potentials from the stationary density, at evenly spaced probabilities.

    Neurons that receive no noise and do not fire have no density: they start where their population says.
    """
    members = []
    for number, population in enumerate(network.populations):
        if population.name not in rest.populations:
            members.append(population)
            continue
        k = rest.populations.index(population.name)
        m = rest.maps.membranes[k]
        v, mass = _mass(rest, k)
        if not mass[-1] > 0.0:
            members.append(population)
            continue
        order = np.random.default_rng([seed, number]).permutation(population.n)
        share = (order + 0.5) / population.n * mass[-1]
        drawn = Quantity(np.interp(share, mass, v), population.neuron.equations.dimension_of(m.voltage))
        members.append(population.with_(**{m.voltage: drawn}))
    return network.with_(populations=members)


def _mass(rest: SteadyState, k: int) -> tuple[Array, Array]:
    """Membrane potentials (mV) of a population and the probability below them, up to a factor; 0 without a density."""
    m, mu, sigma = rest.maps.membranes[k], float(rest.mu[k]), float(rest.sigma[k])
    if sigma > 0.0:
        v = np.linspace(min(m.v_reset, m.v_rest + mu) - 6.0 * sigma, m.v_th, _GRID)
        return v, np.cumsum(rest.density(rest.populations[k], v))
    v = np.linspace(m.v_reset, m.v_th, _GRID)
    speed = np.asarray(m.interval.drift(v), float) + mu / m.tau_m
    return v, np.cumsum(1.0 / speed) if np.all(speed > 0.0) else np.zeros(_GRID)


def _bin(leading: complex, dt: float, length: float) -> float:
    """A twelfth of the period of the rate equations' rhythm, in whole steps of the simulation."""
    width = 1e3 * 2.0 * np.pi / abs(leading.imag) / _BINS if leading.imag else _BIN_MS
    return dt * max(1, round(min(width, 0.05 * length) / dt))


def _binned(run: RateRun, start: float, bin_ms: float) -> Array:
    """Rates averaged over bins, (populations, bins)."""
    step = run.t[1] - run.t[0]
    each = max(1, round(bin_ms / step))
    late = run.rates[:, run.t > start]
    count = max(late.shape[1] // each, 1)
    return late[:, : count * each].reshape(len(run.populations), count, -1).mean(axis=2)


def _growth(value: complex | None) -> str:
    if value is None:
        return "no slow mode"
    verb = "grows" if value.real > 0.0 else "decays"
    rhythm = f" at {abs(value.imag) / (2.0 * np.pi):.4g} Hz" if value.imag else ""
    return f"{verb} with {abs(value.real):.4g}/s{rhythm}"


def _verdict(stable: bool, unstable: int, leading: complex, model: Array, simulated: Array, chance: Array) -> str:
    if unstable < 0:
        return "The modes of the spiking network could not be counted."
    moves = bool(np.any(simulated > _LARGE * chance))
    size = "far more than" if moves else "about as much as"
    seen = f"the simulated rates swing {size} those of independent neurons"
    if stable == (unstable == 0):
        both = "is stable" if stable else "is unstable"
        return f"In both theories the state at rest {both}; {seen}."
    if not stable:
        what = f"an instability at {abs(leading.imag) / (2.0 * np.pi):.4g} Hz" if leading.imag else "an instability"
        return (
            f"The rate equations predict {what} that the spiking network does not have: its neurons in noise follow "
            f"their input faster than the membrane's filter does; {seen}."
        )
    return f"The spiking network has an instability that the rate equations miss; {seen}."
