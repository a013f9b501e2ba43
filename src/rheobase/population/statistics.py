r"""Mean and variance of what the neurons of a network receive, as linear maps of the rates: derived from the `Network`.

A presynaptic spike moves a membrane, in all, by ``J``: the weight for a delta synapse on the membrane; for an
exponential current ``J = c w tau_s``, with ``c`` the slope of ``dv/dt`` in that current. With in-degree ``K``,
independent Poisson spikes give

    mu_i = mu_0i + tau_m,i * sum_j K_ij <J_ij> rate_j,      sigma_i**2 = s_0i + tau_m,i * sum_j K_ij <J_ij**2> rate_j

(Amit & Brunel 1997; Brunel 2000), averages over the weights drawn. ``sigma`` is that of
`rheobase.population.lif`. The colour of each part enters as the shift ``(alpha/2) sqrt(tau_s/tau_m)`` of the bounds,
weighted by that part's share of the variance. In-degrees that differ between neurons of a population enter by their
mean.

Amit DJ, Brunel N (1997), Model of global spontaneous activity and local structured activity during delay periods in the
cerebral cortex, Cereb Cortex 7:237.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import Bernoulli, Connectivity, Explicit, FixedTotalNumber, expected_synapses
from rheobase.model.distribution import Distribution, moments
from rheobase.model.network import CurrentInput, Network, PoissonInput, Projection
from rheobase.model.synapse import Synapse
from rheobase.population.delay import DelayDistribution, delay_distribution
from rheobase.population.lif import ALPHA
from rheobase.population.membrane import Membrane, NotCovered, membrane

Array = NDArray[np.float64]

_DIFFERS = (
    "the theory covers input that is the same for all neurons of a population so far; this one differs between them"
)


@dataclass(frozen=True)
class Channel:
    """One projection as the theory sees it: population ``pre`` to ``post`` (indices).

    ``in_degree`` synapses a neuron on average; ``jump`` and ``square`` are the means of ``J`` (mV) and ``J**2``
    (mV**2); ``spread`` is the variance between neurons of a neuron's sum of ``J`` (mV**2), from drawn in-degrees and
    weights; ``tau_s`` is 0 for a delta synapse (ms).
    """

    pre: int
    post: int
    in_degree: float
    jump: float
    square: float
    spread: float
    tau_s: float
    delay: DelayDistribution


@dataclass(frozen=True)
class Drive:
    """What the neurons of each population receive: mean and noise strength (mV), shift of the scaled bounds."""

    mu: Array
    sigma: Array
    shift: Array


@dataclass(frozen=True)
class InputMap:
    """The linear maps from rates (kHz) to input statistics.

    Attributes
    ----------
    names, membranes
        One per population.
    mean, variance, coloured : ndarray (n, n)
        ``mu = mean_0 + mean @ rates`` (mV ms), ``sigma**2 = variance_0 + variance @ rates``, and the variance again
        with each part times ``sqrt(tau_s/tau_m)``.
    mean_0, variance_0, coloured_0 : ndarray (n,)
        From rest, external inputs and the neuron's own noise.
    channels
        The projections.
    """

    names: tuple[str, ...]
    membranes: tuple[Membrane, ...]
    mean: Array
    variance: Array
    coloured: Array
    mean_0: Array
    variance_0: Array
    coloured_0: Array
    channels: tuple[Channel, ...]

    def drive(self, rates: Array) -> Drive:
        """Input statistics at these rates (kHz)."""
        variance = self.variance_0 + self.variance @ rates
        coloured = self.coloured_0 + self.coloured @ rates
        share = np.divide(coloured, variance, out=np.zeros_like(variance), where=variance > 0.0)
        return Drive(self.mean_0 + self.mean @ rates, np.sqrt(variance), 0.5 * ALPHA * share)

    def column(self, field: str) -> Array:
        """A field of all membranes as an array."""
        return np.array([getattr(m, field) for m in self.membranes], float)


def input_statistics(network: Network, rates: Array) -> tuple[Array, Array]:
    """Mean and noise strength (mV) that the neurons of each population receive at these ``rates`` (Hz)."""
    drive = input_map(network).drive(np.asarray(rates, float) * 1e-3)
    return drive.mu, drive.sigma


def input_map(network: Network) -> InputMap:
    """The linear maps from rates to input statistics of a network that the theory covers.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    """
    reasons = missing(network)
    if reasons:
        raise NotCovered("the theory does not cover this network yet:\n  " + "\n  ".join(reasons))
    names = tuple(population.name for population in network.populations)
    membranes = tuple(membrane(population, ports_of(network, population.name)) for population in network.populations)
    n = len(names)
    mean, variance, coloured = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    channels = tuple(_channel(network, names, membranes, projection) for projection in network.projections)
    for c in channels:
        tau_m = membranes[c.post].tau_m
        mean[c.post, c.pre] += tau_m * c.in_degree * c.jump
        variance[c.post, c.pre] += tau_m * c.in_degree * c.square
        coloured[c.post, c.pre] += tau_m * c.in_degree * c.square * np.sqrt(c.tau_s / tau_m)
    external = np.array([_external(network, name, m) for name, m in zip(names, membranes, strict=True)])
    mean_0, variance_0, coloured_0 = external.T
    return InputMap(names, membranes, mean, variance, coloured, mean_0, variance_0, coloured_0, channels)


def ports_of(network: Network, name: str) -> tuple[str, ...]:
    """The parameters of a population's neuron that synapses and currents add to."""
    targets = []
    for item in (*network.projections_into(name), *network.inputs_of(name)):
        if isinstance(item, CurrentInput):
            targets.append(item.target)
        elif item.synapse.kind != "delta":
            targets.append(item.synapse.target)
    return tuple(dict.fromkeys(targets))


def missing(network: Network) -> list[str]:
    """What the theory does not cover yet, a sentence for each neuron, synapse and input; empty if there is nothing."""
    sentences: list[str] = []
    for population in network.populations:
        try:
            target = membrane(population, ports_of(network, population.name))
        except NotCovered as reason:
            sentences.append(str(reason))
            continue
        for item in (*network.projections_into(population.name), *network.inputs_of(population.name)):
            sentences += _obstacles(item, target)
    return sentences


def _obstacles(item: Projection | PoissonInput | CurrentInput, target: Membrane) -> list[str]:
    """Why the theory does not cover a projection or an input."""
    if isinstance(item, CurrentInput):
        name = f"the current into '{item.population}'"
        if item.dt is not None:
            return [f"{name}: the theory covers constant currents so far; this one is a time course"]
        return [f"{name}: {_DIFFERS}"] if np.ptp(item.amplitude) > 0.0 else []
    into = (
        f"projection '{item.pre}' to '{item.post}'"
        if isinstance(item, Projection)
        else f"the input of '{item.population}'"
    )
    sentences = []
    try:
        synapse_charge(target, item.synapse)
    except NotCovered as reason:
        sentences.append(f"{into}: {reason}")
    if isinstance(item, PoissonInput) and np.ptp(item.rate) > 0.0:
        sentences.append(f"{into}: {_DIFFERS}")
    return sentences


def _channel(
    network: Network, names: tuple[str, ...], membranes: tuple[Membrane, ...], projection: Projection
) -> Channel:
    pre, post = names.index(projection.pre), names.index(projection.post)
    n_pre, n_post = network.populations[pre].n, network.populations[post].n
    in_degree = expected_synapses(projection.connect, n_pre, n_post, pre == post) / n_post
    charge, tau_s = synapse_charge(membranes[post], projection.synapse)
    weight, square = _weight_moments(projection.weight)
    spread = _in_degree_variance(projection.connect, in_degree, n_post) * weight**2 + in_degree * (square - weight**2)
    delay = delay_distribution(projection.delay)
    return Channel(pre, post, in_degree, charge * weight, charge**2 * square, charge**2 * spread, tau_s, delay)


def _in_degree_variance(rule: Connectivity, mean: float, n_post: int) -> float:
    """How much the number of inputs differs between the neurons of a population."""
    match rule:
        case Bernoulli(p):
            return mean * (1.0 - p)
        case FixedTotalNumber():
            return mean * (1.0 - 1.0 / n_post)
        case Explicit(post=post):
            return float(np.var(np.bincount(post, minlength=n_post)))
        case _:
            return 0.0


def synapse_charge(target: Membrane, synapse: Synapse) -> tuple[float, float]:
    """What a unit weight moves the membrane by in all, and the time constant (ms; 0 for an instantaneous jump)."""
    if synapse.kind == "delta" and synapse.target == target.voltage:
        return 1.0, 0.0
    if synapse.kind == "delta" and synapse.target in target.filters:
        tau_s, slope = target.filters[synapse.target]
        return slope * tau_s, tau_s
    if synapse.kind == "exponential" and synapse.target in target.slopes and synapse.tau is not None:
        return target.slopes[synapse.target] * synapse.tau, synapse.tau
    raise NotCovered(
        "the theory covers delta and exponential-current synapses so far; "
        f"this one is {synapse.kind}, on '{synapse.target}'"
    )


def _weight_moments(weight: float | Array | Distribution) -> tuple[float, float]:
    """Mean and mean square of the weights."""
    if isinstance(weight, Distribution):
        mean, sd = moments(weight)
        return mean, mean**2 + sd**2
    values = np.asarray(weight, float)
    return (float(np.mean(values)), float(np.mean(np.square(values)))) if values.size else (0.0, 0.0)


def _external(network: Network, name: str, target: Membrane) -> tuple[float, float, float]:
    """Mean, variance and coloured variance that a population receives from outside, its own rest and noise included."""
    mean, variance, coloured = target.v_rest, target.tau_m * target.noise**2, 0.0
    for item in network.inputs_of(name):
        if isinstance(item, CurrentInput):
            mean += target.tau_m * target.slopes[item.target] * float(np.mean(item.amplitude))
            continue
        assert isinstance(item, PoissonInput)
        charge, tau_s = synapse_charge(target, item.synapse)
        jump, events = charge * float(item.weight), item.n * float(np.mean(item.rate))
        mean += target.tau_m * events * jump
        variance += target.tau_m * events * jump**2
        coloured += target.tau_m * events * jump**2 * np.sqrt(tau_s / target.tau_m)
    return mean, variance, coloured
