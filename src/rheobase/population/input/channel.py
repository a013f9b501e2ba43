"""A projection or a Poisson input as the theory sees it: how many synapses, and the moments of what a spike does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import Bernoulli, Connectivity, Explicit, FixedTotalNumber, expected_synapses
from rheobase.model.distribution import Distribution, Lognormal, Normal, Uniform, moments
from rheobase.model.network import Network, PoissonInput, Projection
from rheobase.numerics.quadrature import legendre
from rheobase.population.input.action import Action, action
from rheobase.population.input.delay import DelayDistribution, delay_distribution
from rheobase.population.neuron.membrane import Membrane

Array = NDArray[np.float64]

_REACH = 10.0  # standard deviations within which a normal weight lies


@dataclass(frozen=True)
class Channel:
    """One projection: population (or given Poisson source) ``pre`` to ``post`` (indices).

    Attributes
    ----------
    in_degree : float
        Synapses a neuron, on average.
    charges : tuple
        Means of the first three powers of what a spike does in all (`Action.charge` times the weight).
    varied : float
        Variance between neurons of a neuron's sum of charges, from drawn in-degrees and weights.
    tau_s, poles
        Time constant (ms) and number of low-pass filters of the synapse.
    delay
    reversal : float or None
        Of a conductance, mV.
    force : float
        Driving force at which ``jump`` counts, mV; 1 for currents.
    kind : str
        Of the synapse.
    """

    pre: int
    post: int
    in_degree: float
    charges: tuple[float, float, float]
    varied: float
    tau_s: float
    poles: int
    delay: DelayDistribution
    reversal: float | None = None
    force: float = 1.0
    kind: str = "delta"

    @property
    def jump(self) -> float:
        """Mean of what one spike moves the membrane by in all, mV."""
        return self.charges[0] * self.force

    @property
    def square(self) -> float:
        """Mean square of it, mV**2."""
        return self.charges[1] * self.force**2

    @property
    def cube(self) -> float:
        """Mean cube of it, mV**3."""
        return self.charges[2] * self.force**3

    @property
    def spread(self) -> float:
        """Variance between neurons of a neuron's sum of jumps, mV**2."""
        return self.varied * self.force**2

    @property
    def leak(self) -> float:
        """What one spike adds to the leak in all, a pure number; 0 for currents."""
        return 0.0 if self.reversal is None else self.charges[0]

    def at(self, voltage: float) -> Channel:
        """The same with the driving force at this voltage."""
        return self if self.reversal is None else replace(self, force=self.reversal - voltage)


def projection_channel(
    network: Network, projection: Projection, pre: int, post: int, membranes: tuple[Membrane, ...]
) -> Channel:
    """A projection; ``pre`` and ``post`` are the indices that its populations have in the theory."""
    n_pre, n_post = network[projection.pre].n, network[projection.post].n
    in_degree = expected_synapses(projection.connect, n_pre, n_post, projection.pre == projection.post) / n_post
    weight, square, cube = weight_moments(projection.weight)
    varied = in_degree_variance(projection.connect, in_degree, n_post) * weight**2 + in_degree * (square - weight**2)
    what = action(membranes[post], projection.synapse)
    delay = delay_distribution(projection.delay)
    return _channel(pre, post, in_degree, (weight, square, cube), varied, what, delay, projection.synapse.kind)


def input_channel(item: PoissonInput, pre: int, post: int, target: Membrane) -> Channel:
    """A Poisson input: ``n`` sources of its own for every neuron."""
    weight, what = float(item.weight), action(target, item.synapse)
    powers = (weight, weight**2, weight**3)
    return _channel(pre, post, float(item.n), powers, 0.0, what, delay_distribution(0.0), item.synapse.kind)


def _channel(
    pre: int, post: int, in_degree: float, weights: tuple[float, float, float], varied: float, what: Action,
    delay: DelayDistribution, kind: str,
) -> Channel:  # fmt: skip
    unit = what.charge
    charges = (unit * weights[0], unit**2 * weights[1], unit**3 * weights[2])
    return Channel(
        pre, post, in_degree, charges, unit**2 * varied, what.tau_s, what.poles, delay, what.reversal, kind=kind
    )


def in_degree_variance(rule: Connectivity, mean: float, n_post: int) -> float:
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


def weight_moments(weight: float | Array | Distribution) -> tuple[float, float, float]:
    """Means of the first three powers of the weights."""
    if isinstance(weight, Distribution):
        mean, sd = moments(weight)
        return mean, mean**2 + sd**2, _third_moment(weight, mean, sd)
    if isinstance(weight, float):
        return weight, weight**2, weight**3
    values = np.asarray(weight, float)
    if not values.size:
        return 0.0, 0.0, 0.0
    return float(np.mean(values)), float(np.mean(values**2)), float(np.mean(values**3))


def _third_moment(weight: Distribution, mean: float, sd: float) -> float:
    """``<w**3>``: closed forms, and a Gauss rule for a normal distribution that is cut."""
    match weight:
        case Lognormal():
            return mean**3 * (1.0 + (sd / mean) ** 2) ** 3
        case Normal(center, width, low, high) if width > 0.0 and (low is not None or high is not None):
            start = max(-np.inf if low is None else low, center - _REACH * width)
            stop = min(np.inf if high is None else high, center + _REACH * width)
            nodes, weights = legendre(48)
            values = 0.5 * (start + stop) + 0.5 * (stop - start) * nodes
            mass = weights * np.exp(-0.5 * ((values - center) / width) ** 2)
            return float(values**3 @ mass / np.sum(mass))
        case Normal() | Uniform():
            return mean**3 + 3.0 * mean * sd**2  # symmetric
        case _:
            raise TypeError(f"no third moment of {weight!r}")
