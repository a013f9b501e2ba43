"""Where a known condition of the theory is broken, in sentences with numbers.

The theory takes a neuron's input for Gaussian white noise (or weakly coloured noise), and the neurons of a population
for alike and independent. Each check below holds one of these against the network.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import Network
from rheobase.population.statistics import Channel, InputMap
from rheobase.population.steady_state import SteadyState

Array = NDArray[np.float64]

LARGE_JUMP = 0.05  # of the distance from reset to threshold: the error of the diffusion approximation is of this order
ERROR_AT_A_QUARTER = (
    10.0  # per cent, at tau_s/tau_m = 1/4, against simulation (theta = 1, V_r = 0, mu = 0.8, sigma = 0.4)
)
SLOW_SYNAPSE = 0.1  # tau_s/tau_m from which the first order in its root shows
FEW_EVENTS = 50.0  # effective number of jumps in tau_m
DENSE = 0.1  # connection probability above which neurons share much of their input
RECURRENT = 0.2  # share of the input's variance that comes from the network itself
SLOW_DECAY = 0.2  # decay rate times tau_m below which fluctuations of the rate are much amplified
SILENT = 1e-3  # Hz: a rate that is told as zero
SPREAD = 0.1  # spread of the mean input between neurons, in sigma


def validity(network: Network, state: SteadyState) -> list[str]:
    """Sentences on the conditions of the theory that this network breaks; empty if it keeps them all.

    Parameters
    ----------
    network
        The network.
    state
        Its stationary state, from `rheobase.population.steady_state`.
    """
    maps, rates = state.maps, state.rates * 1e-3
    sentences = [*_stability(state), *_other_states(state)]
    sentences += [*_jumps(maps), *_few_events(maps, rates), *_slow_synapses(maps)]
    return [*sentences, *_recurrent_noise(maps, rates, state), *_spread(maps, rates, state), *_dense(network, maps)]


def _stability(state: SteadyState) -> list[str]:
    mode = state.mode
    if mode is None:
        return []
    if not state.stable:
        return [
            f"The asynchronous state is unstable: a perturbation {mode.sentence}. The theory's rates are those of that "
            "state; expect the network to oscillate near that frequency, or to settle elsewhere."
        ]
    slowest = max(m.tau_m for m in state.maps.membranes)
    if -mode.growth_per_s * 1e-3 * slowest > SLOW_DECAY:
        return []
    return [
        f"The asynchronous state is close to an instability: its leading mode {mode.sentence}, so slowly that "
        "finite-size fluctuations of the rates are strongly amplified."
    ]


def _other_states(state: SteadyState) -> list[str]:
    points, own = state.fixed_points, state.reported
    if len(points) < 2:
        return []
    listed = "; ".join(describe_state(state, k) for k in range(len(points)) if k != own)
    return [
        f"Several states: the theory has {len(points)} self-consistent states. Its rates are those of "
        f"{describe_state(state, own)}; there {'is' if len(points) == 2 else 'are'} also {listed}. Where the network "
        "ends depends on how it starts; around an unstable state that it cannot leave it oscillates."
    ]


def describe_state(state: SteadyState, k: int) -> str:
    """A fixed point in words: '437.1 Hz (E), unstable: a perturbation grows at ...'."""
    point = state.fixed_points[k]
    heard = np.where(point.rates < SILENT, 0.0, point.rates)
    rates = _values(dict(zip(state.populations, heard, strict=True)), " Hz")
    if point.stable:
        return f"{rates}, stable"
    return f"{rates}, unstable" if point.mode is None else f"{rates}, unstable (a perturbation {point.mode.sentence})"


def _sources(maps: InputMap, k: int, rates: Array) -> list[tuple[float, float, float, str]]:
    """What drives population ``k``: root mean square jump (mV), events per ms, tau_s (ms), and where it is from."""
    return [(float(np.sqrt(c.square)), c.in_degree * rate, c.tau_s, origin) for c, rate, origin in maps.heard(k, rates)]


def _afferents(maps: InputMap, rates: Array) -> list[tuple[Channel, str, float]]:
    """All projections, each with its source and the source's rate (1/ms)."""
    given = list(maps.sources.items())
    return [(c, maps.names[c.pre], float(rates[c.pre])) for c in maps.channels] + [
        (c, *given[c.pre]) for c in maps.afferents
    ]


def _jumps(maps: InputMap) -> list[str]:
    large: dict[str, float] = {}
    what, most = "", 0.0
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        for jump, _, _, origin in _sources(maps, k, np.ones(len(maps.names))):
            part = jump / (m.v_th - m.v_reset)
            if part > LARGE_JUMP * (1.0 + 1e-9):
                large[name] = max(large.get(name, 0.0), 100.0 * part)
            if part > most:
                what, most = f"{jump:.3g} mV from {origin} to '{name}'", part
    if not large:
        return []
    return [
        f"Large jumps: one spike moves the membrane by up to {what}. The largest jump is {_values(large, ' %')} of the "
        "distance from reset to threshold; the error of the diffusion approximation is of first order in this ratio, "
        "and of either sign."
    ]


def _few_events(maps: InputMap, rates: Array) -> list[str]:
    few: dict[str, float] = {}
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        sources = _sources(maps, k, rates)
        second = m.tau_m * sum(events * jump**2 for jump, events, _, _ in sources)
        fourth = m.tau_m * sum(events * jump**4 for jump, events, _, _ in sources)
        if fourth > 0.0 and second**2 / fourth < FEW_EVENTS:
            few[name] = second**2 / fourth
    if not few:
        return []
    return [
        f"Few inputs: the effective number of jumps in one tau_m is {_values(few)}; "
        f"noise is close to Gaussian from about {FEW_EVENTS:.0f}."
    ]


def _slow_synapses(maps: InputMap) -> list[str]:
    slow: dict[str, float] = {}
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        sources = _sources(maps, k, np.ones(len(maps.names)))
        ratio = max((tau_s / m.tau_m for _, _, tau_s, _ in sources), default=0.0)
        if ratio >= SLOW_SYNAPSE:
            slow[name] = ratio
    if not slow:
        return []
    error = ERROR_AT_A_QUARTER * max(slow.values()) / 0.25
    return [
        f"Slow synapses: tau_s/tau_m is {_values(slow)}. The shift of the bounds that stands for it is of first order "
        f"in its root; expect the theory's rate to be about {error:.0f} % off (it is about 10 % too low at 0.25)."
    ]


def _recurrent_noise(maps: InputMap, rates: Array, state: SteadyState) -> list[str]:
    own = maps.variance @ rates
    total = own + maps.variance_0
    share = np.divide(own, total, out=np.zeros_like(own), where=total > 0.0)
    named = [k for k in range(len(share)) if share[k] > RECURRENT]
    if not named:
        return []
    shares = _values({maps.names[k]: 100.0 * share[k] for k in named}, " %")
    cvs = _values({maps.names[k]: state.cv[k] for k in named})
    return [
        f"Coloured recurrent noise: of the input's variance, {shares} comes from the network's own spikes, which the "
        f"theory takes for white noise. Its CV, {cvs}, is that of neurons in white noise. {_colour(state.cv[named])}"
    ]


def _colour(cvs: Array) -> str:
    """What the regularity of spike trains does to the noise others get from them: at frequency 0 it is rate * CV**2."""
    if np.all(cvs < 1.0):
        return (
            "Trains with a CV below one carry less noise at low frequencies than white noise of their rate, and so "
            "make their targets fire more regularly still: expect a lower CV in the simulation. The rate depends on "
            "this less."
        )
    return (
        "Trains with a CV above one carry more noise at low frequencies than white noise of their rate, those with a "
        "CV below one less: expect another CV in the simulation. The rate depends on this less."
    )


def _spread(maps: InputMap, rates: Array, state: SteadyState) -> list[str]:
    variance = np.zeros(len(maps.names))
    for c, _, rate in _afferents(maps, rates):
        variance[c.post] += (maps.membranes[c.post].tau_m * rate) ** 2 * c.spread
    sd = np.sqrt(variance)
    wide = {maps.names[k]: sd[k] / state.sigma[k] for k in range(len(sd)) if sd[k] > SPREAD * state.sigma[k]}
    if not wide:
        return []
    return [
        "Unlike neurons: drawn in-degrees and weights spread the mean input between the neurons of a population; in "
        f"units of sigma, its standard deviation is {_values(wide)}. The theory takes the average neuron, and a "
        "population whose rate is low fires more than its average neuron."
    ]


def _dense(network: Network, maps: InputMap) -> list[str]:
    dense: dict[str, float] = {}
    for c, pre, _ in _afferents(maps, np.ones(len(maps.names))):
        part = c.in_degree / network[pre].n
        if part > DENSE * (1.0 + 1e-9):
            dense[f"{pre} to {maps.names[c.post]}"] = 100.0 * part
    if not dense:
        return []
    return [
        f"Dense connections: the in-degree is {_values(dense, ' %')} of the size of the population that the synapses "
        "come from, so that neurons share input, which the theory takes for independent."
    ]


def _values(values: Mapping[str, float], unit: str = "") -> str:
    """Numbers and what they belong to: one for all if they agree, each if they are few, else the range."""
    numbers = {name: f"{value:.3g}{unit}" for name, value in values.items()}
    if len(set(numbers.values())) == 1:
        return f"{next(iter(numbers.values()))} ({', '.join(numbers)})"
    if len(numbers) <= 3:
        return ", ".join(f"{number} ({name})" for name, number in numbers.items())
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    return f"between {numbers[low]} ({low}) and {numbers[high]} ({high})"
