r"""What populations of finitely many neurons hear of one another.

The spikes of ``N`` neurons reach a neuron through ``K`` synapses, of weights ``J``. What all neurons hear alike is
``K <J>`` times the population's own activity, fluctuations included. Around it, each hears noise of its own, since its
synapses come from other neurons than its neighbour's and have other weights: for one presynaptic neuron, the variance
of what its spike does, over all neurons that might hear it. Summed over the ``N``, that is

    K <J**2> - K**2 <J>**2/N,        K <J**2> - K <J>**2/N  where a pair may have several synapses.

The rest of ``K <J**2>``, which the theory of infinitely many neurons counts as noise, is the common part. If all are
connected to all with the same weight, nothing is left that a neuron hears alone (Brunel & Hakim 1999, Neural Comput
11:1621, have the fluctuation of the activity in a sparse network besides the noise of each neuron, at K/N << 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import FixedIndegree, FixedTotalNumber
from rheobase.model.network import Network, Projection
from rheobase.numerics.delayed_input import Channels
from rheobase.population.density.courses import Steps
from rheobase.population.density.fokker_planck_input import Outside, channels_of
from rheobase.population.density.source_courses import driven_source, rate_of
from rheobase.population.input.channel import Channel
from rheobase.population.input.input_map import InputMap
from rheobase.population.neuron.membrane import NotCovered

Array = NDArray[np.float64]

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Heard:
    """How finite populations act on one another.

    Attributes
    ----------
    channels
        Between the populations, and from the Poisson populations after them; no lag is below one step.
    sizes, rates
        Neurons of each Poisson population, and its rate (kHz) in time.
    outside
        Other input, without the noise of Poisson populations that all neurons of a population hear alike.
    late : bool
        Whether there are delays below one step, which became one.
    """

    channels: Channels
    sizes: Array
    rates: tuple[Steps, ...]
    outside: Outside
    late: bool


def heard(network: Network, maps: InputMap, outside: Outside, dt: float) -> Heard:
    """What the populations hear, from each other and from Poisson populations, in steps of ``dt`` (ms)."""
    sources = tuple(maps.sources)
    courses = tuple(_course(network, maps, name) for name in sources)
    inner = list(_with_common(network, maps, maps.channels, maps.names))
    outer = list(_with_common(network, maps, maps.afferents, sources))
    for c, _ in outer:
        if c.poles > 1:
            raise NotCovered(
                f"projection '{sources[c.pre]}' to '{maps.names[c.post]}': finitely many Poisson neurons are covered "
                "with delta and exponential synapses; this one is alpha"
            )
    pairs = inner + [(replace(c, pre=c.pre + len(maps.names)), part) for c, part in outer]
    found = channels_of(replace(maps, channels=tuple(c for c, _ in pairs)), dt)
    taken = np.array([maps.membranes[c.post].tau_m * part for c, part in pairs])
    own = found.variance - taken
    own = np.where(own > _ROUNDING * found.variance, own, 0.0)
    alone = found._replace(variance=own, lag=np.maximum(found.lag, 1))
    variance = [list(own) for own in outside.variance]
    for c, part in outer:
        variance[c.post].append(_taken(c, courses[c.pre], maps.membranes[c.post].tau_m * part))
    sizes = np.array([network[name].n for name in sources], float)
    without = replace(outside, variance=tuple(tuple(own) for own in variance))
    return Heard(alone, sizes, courses, without, bool(np.any(found.lag < 1)))


def _course(network: Network, maps: InputMap, name: str) -> Steps:
    if driven_source(network, name):
        return rate_of(network, name)
    return Steps(np.zeros(1), np.array([maps.sources[name]]))


def _taken(c: Channel, course: Steps, factor: float) -> Callable[[Array], Array]:
    """What the mean rate of a Poisson population brings as common noise, to be taken from the noise that is heard."""
    intensity = course.filtered(c.tau_s).intensity

    def negative(t: Array) -> Array:
        parts = zip(c.delay.values, c.delay.weights, strict=True)
        return -factor * sum((w * intensity(t - d) for d, w in parts), np.zeros(t.shape))

    return negative


def _with_common(
    network: Network, maps: InputMap, channels: tuple[Channel, ...], pre: tuple[str, ...]
) -> Iterator[tuple[Channel, float]]:
    """Each channel, and what of ``K <J**2>`` all neurons hear alike."""
    projections = [p for p in network.projections if p.pre in pre and p.post in maps.names]
    for projection, channel in zip(projections, channels, strict=True):
        yield channel, common_part(projection, channel.in_degree, channel.jump, network[projection.pre].n)


def common_part(projection: Projection, in_degree: float, jump: float, n: int) -> float:
    """``K**2 <J>**2/N``, or ``K <J>**2/N`` where a pair may have several synapses."""
    rule = projection.connect
    several = isinstance(rule, FixedTotalNumber) or (isinstance(rule, FixedIndegree) and rule.multapses)
    return (in_degree if several else in_degree**2) * jump**2 / n
