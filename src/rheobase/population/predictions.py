"""Where a known condition of the theory is broken, in sentences with numbers.

The theory takes a neuron's input for Gaussian white noise (or weakly coloured noise), and the neurons of a population for
alike and independent. Each check below holds one of these against the network.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import Network, PoissonInput
from rheobase.population.statistics import InputMap, synapse_charge
from rheobase.population.steady_state import SteadyState

Array = NDArray[np.float64]

LARGE_JUMP = 0.05  # of the distance from reset to threshold: the error of the diffusion approximation is of this order
SLOW_SYNAPSE = 0.1  # tau_s/tau_m from which the first order in its root shows
FEW_EVENTS = 50.0  # effective number of jumps in tau_m
DENSE = 0.1  # connection probability above which neurons share much of their input
RECURRENT = 0.2  # share of the input's variance that comes from the network itself
SLOW_DECAY = 0.2  # decay rate times tau_m below which fluctuations of the rate are much amplified
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
    sentences += [*_jumps(network, maps), *_few_events(network, maps, rates), *_slow_synapses(network, maps)]
    return [*sentences, *_recurrent_noise(maps, rates, state), *_spread(maps, rates, state), *_dense(network, maps)]


def _stability(state: SteadyState) -> list[str]:
    mode = state.mode
    if mode is None:
        return []
    if not state.stable:
        return [
            f"The asynchronous state is unstable: a perturbation {mode.sentence}. The theory's rates are those of that state; "
            "the network itself will oscillate or settle elsewhere."
        ]
    slowest = max(m.tau_m for m in state.maps.membranes)
    if -mode.growth_per_s * 1e-3 * slowest > SLOW_DECAY:
        return []
    return [
        f"The asynchronous state is close to an instability: its leading mode {mode.sentence}, so slowly that finite-size "
        "fluctuations of the rates are strongly amplified."
    ]


def _other_states(state: SteadyState) -> list[str]:
    stable = [point for point in state.fixed_points if point.stable]
    if len(stable) < 2:
        return []
    listed = "; ".join(", ".join(f"{rate:.4g}" for rate in point.rates) for point in stable)
    return [f"The theory has {len(stable)} stable states (Hz: {listed}); where the network ends depends on how it starts."]


def _sources(network: Network, maps: InputMap, k: int, rates: Array) -> list[tuple[float, float, float, str]]:
    """What drives population ``k``: root mean square jump (mV), events per ms, tau_s (ms), and where it is from."""
    channels = [c for c in maps.channels if c.post == k]
    found = [(float(np.sqrt(c.square)), c.in_degree * float(rates[c.pre]), c.tau_s, f"'{maps.names[c.pre]}'") for c in channels]
    for item in network.inputs_of(maps.names[k]):
        if isinstance(item, PoissonInput):
            charge, tau_s = synapse_charge(maps.membranes[k], item.synapse)
            found.append((abs(charge * float(item.weight)), item.n * float(np.mean(item.rate)), tau_s, "the Poisson input"))
    return found


def _jumps(network: Network, maps: InputMap) -> list[str]:
    largest: dict[str, tuple[float, str]] = {}
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        for jump, _, _, origin in _sources(network, maps, k, np.ones(len(maps.names))):
            part = jump / (m.v_th - m.v_reset)
            if part > max(LARGE_JUMP * (1.0 + 1e-9), largest.get(name, (0.0, ""))[0]):
                largest[name] = (part, f"{jump:.3g} mV from {origin} to '{name}'")
    if not largest:
        return []
    part, what = max(largest.values())
    return [
        f"Large jumps: one spike moves the membrane by up to {what}, {_percent(part)} of the way from reset to threshold"
        f"{_also(largest, part)}. The error of the diffusion approximation is of first order in this ratio, and of either sign."
    ]


def _also(largest: dict[str, tuple[float, str]], most: float) -> str:
    others = [f"{_percent(part)} in '{name}'" for name, (part, _) in largest.items() if part < most * (1.0 - 1e-9)]
    return f" ({', '.join(others)})" if others else ""


def _few_events(network: Network, maps: InputMap, rates: Array) -> list[str]:
    few = []
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        sources = _sources(network, maps, k, rates)
        second = m.tau_m * sum(events * jump**2 for jump, events, _, _ in sources)
        fourth = m.tau_m * sum(events * jump**4 for jump, events, _, _ in sources)
        if fourth > 0.0 and second**2 / fourth < FEW_EVENTS:
            few.append(f"{second**2 / fourth:.2g} in '{name}'")
    if not few:
        return []
    return [f"Few inputs: the effective number of jumps in one tau_m is {_listed(few)}; Gaussian noise needs {FEW_EVENTS:.0f} or more."]


def _slow_synapses(network: Network, maps: InputMap) -> list[str]:
    slow = {}
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        ratio = max((tau_s / m.tau_m for _, _, tau_s, _ in _sources(network, maps, k, np.ones(len(maps.names)))), default=0.0)
        if ratio >= SLOW_SYNAPSE:
            slow[name] = ratio
    if not slow:
        return []
    listed = _listed(f"{ratio:.2g} in '{name}'" for name, ratio in slow.items())
    error = 10.0 * max(slow.values()) / 0.25
    return [
        f"Slow synapses: tau_s/tau_m is {listed}. The shift of the bounds is of first order in its root; at 0.25 the rate is some "
        f"10 % off, here to be expected about {error:.0f} %."
    ]


def _recurrent_noise(maps: InputMap, rates: Array, state: SteadyState) -> list[str]:
    own = maps.variance @ rates
    total = own + maps.variance_0
    share = np.divide(own, total, out=np.zeros_like(own), where=total > 0.0)
    named = [k for k in range(len(share)) if share[k] > RECURRENT]
    if not named:
        return []
    listed = _listed(f"{_percent(share[k])} in '{maps.names[k]}'" for k in named)
    cvs = _listed(f"{state.cv[k]:.3g} in '{maps.names[k]}'" for k in named)
    return [
        f"Coloured recurrent noise: of the input's variance {listed} comes from the network's own spikes, which the theory takes "
        f"for white noise. Its CV ({cvs}) is therefore not the network's: trains with a CV below one carry less noise at low "
        "frequencies than white noise of the same rate, so that simulated intervals are more regular, and trains with a CV above "
        "one carry more. The rates depend on this far less."
    ]


def _spread(maps: InputMap, rates: Array, state: SteadyState) -> list[str]:
    variance = np.zeros(len(maps.names))
    for c in maps.channels:
        variance[c.post] += (maps.membranes[c.post].tau_m * rates[c.pre]) ** 2 * c.spread
    sd = np.sqrt(variance)
    wide = [k for k in range(len(sd)) if sd[k] > SPREAD * state.sigma[k]]
    if not wide:
        return []
    listed = _listed(f"{sd[k]:.2g} mV in '{maps.names[k]}' (sigma {state.sigma[k]:.2g} mV)" for k in wide)
    return [
        f"Unlike neurons: drawn in-degrees and weights spread the mean input between the neurons of a population by {listed}; "
        "the theory takes the average neuron, and the mean over unlike neurons is usually higher where rates are low."
    ]


def _dense(network: Network, maps: InputMap) -> list[str]:
    dense = []
    for c in maps.channels:
        part = c.in_degree / network.populations[c.pre].n
        if part > DENSE * (1.0 + 1e-9):
            dense.append(f"{_percent(part)} of '{maps.names[c.pre]}' to '{maps.names[c.post]}'")
    if not dense:
        return []
    return [f"Dense connections: every neuron hears {_listed(dense)}, so neurons share input, which the theory takes for independent."]


def _percent(part: float) -> str:
    return f"{100.0 * part:.3g} %"


def _listed(parts: Iterable[str]) -> str:
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
