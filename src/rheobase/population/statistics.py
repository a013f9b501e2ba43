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

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import Bernoulli, Connectivity, Explicit, FixedTotalNumber, expected_synapses
from rheobase.model.distribution import Distribution, moments
from rheobase.model.network import CurrentInput, Network, PoissonInput, Projection
from rheobase.population.coverage import missing, ports_of, synapse_charge
from rheobase.population.delay import DelayDistribution, delay_distribution
from rheobase.population.lif import ALPHA
from rheobase.population.membrane import Membrane, NotCovered, membrane
from rheobase.population.sources import poisson_rate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """One projection as the theory sees it: population (or Poisson source) ``pre`` to ``post`` (indices).

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
        From external inputs, Poisson sources and the neuron's own noise.
    channels
        The projections between the populations.
    sources
        Rates (kHz) of the populations that are Poisson processes, by name. They are not among ``names``.
    afferents
        The projections from them; ``pre`` counts ``sources``.
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
    sources: Mapping[str, float] = field(default_factory=dict)
    afferents: tuple[Channel, ...] = ()

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
    sources = _sources(network)
    targets = [population for population in network.populations if population.name not in sources]
    if not targets:
        raise NotCovered("all populations are Poisson processes; their rates are given")
    names = tuple(population.name for population in targets)
    membranes = tuple(membrane(population, ports_of(network, population.name)) for population in targets)
    channels = _channels(network, names, names, membranes)
    afferents = _channels(network, tuple(sources), names, membranes)
    rates = np.array([*sources.values()], float)
    own = np.array([_own(network, name, m) for name, m in zip(names, membranes, strict=True)])
    mean_0, variance_0, coloured_0 = own.T + [matrix @ rates for matrix in _matrices(afferents, membranes, rates.size)]
    mean, variance, coloured = _matrices(channels, membranes, len(names))
    return InputMap(
        names, membranes, mean, variance, coloured, mean_0, variance_0, coloured_0, channels, sources, afferents
    )


def _sources(network: Network) -> dict[str, float]:
    """The populations that are Poisson processes, and their rates (kHz)."""
    rates = {p.name: poisson_rate(p, ports_of(network, p.name)) for p in network.populations}
    return {name: rate for name, rate in rates.items() if rate is not None}


def _matrices(channels: tuple[Channel, ...], membranes: tuple[Membrane, ...], n_pre: int) -> tuple[Array, Array, Array]:
    """What a unit of each presynaptic rate adds to mean, variance and coloured variance."""
    mean, variance, coloured = (np.zeros((len(membranes), n_pre)) for _ in range(3))
    for c in channels:
        tau_m = membranes[c.post].tau_m
        mean[c.post, c.pre] += tau_m * c.in_degree * c.jump
        variance[c.post, c.pre] += tau_m * c.in_degree * c.square
        coloured[c.post, c.pre] += tau_m * c.in_degree * c.square * np.sqrt(c.tau_s / tau_m)
    return mean, variance, coloured


def _channels(
    network: Network, pre: tuple[str, ...], post: tuple[str, ...], membranes: tuple[Membrane, ...]
) -> tuple[Channel, ...]:
    """The projections from some populations to others."""
    return tuple(
        _channel(network, projection, pre.index(projection.pre), post.index(projection.post), membranes)
        for projection in network.projections
        if projection.pre in pre and projection.post in post
    )


def _channel(network: Network, projection: Projection, pre: int, post: int, membranes: tuple[Membrane, ...]) -> Channel:
    n_pre, n_post = network[projection.pre].n, network[projection.post].n
    in_degree = expected_synapses(projection.connect, n_pre, n_post, projection.pre == projection.post) / n_post
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


def _weight_moments(weight: float | Array | Distribution) -> tuple[float, float]:
    """Mean and mean square of the weights."""
    if isinstance(weight, Distribution):
        mean, sd = moments(weight)
        return mean, mean**2 + sd**2
    values = np.asarray(weight, float)
    return (float(np.mean(values)), float(np.mean(np.square(values)))) if values.size else (0.0, 0.0)


def _own(network: Network, name: str, target: Membrane) -> tuple[float, float, float]:
    """Mean, variance and coloured variance that a population has by itself: inputs of its own, and its noise."""
    mean, variance, coloured = 0.0, target.tau_m * target.noise**2, 0.0
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
