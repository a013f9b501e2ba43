"""Distributions of synaptic delays, as the quadrature rules that a transfer function needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from rheobase.model.distribution import Distribution, Lognormal, Normal, Uniform
from rheobase.model.errors import ModelError
from rheobase.numerics.quadrature import legendre

_POINTS = 48
_REACH = 8.0
_MOST = 512


@dataclass(frozen=True)
class DelayDistribution:
    """Delays (ms) and their probabilities: one for a constant delay, a Gauss rule for a continuous distribution."""

    values: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.values @ self.weights)

    @cached_property
    def key(self) -> bytes:
        """The same for equal distributions."""
        return self.values.tobytes() + self.weights.tobytes()

    def transform(self, s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """``<exp(-s d)>`` over the delays: the distribution's Laplace transform."""
        return np.asarray((np.exp(-np.multiply.outer(s, self.values)) * self.weights).sum(axis=-1), complex)


def delay_distribution(delay: float | NDArray[np.float64] | Distribution) -> DelayDistribution:
    """The rule for a constant, an array of one value a synapse, or a distribution (internal units).

    Values below zero cannot happen in a simulation and count as zero. Rounding to a time step is left out.
    """
    if isinstance(delay, Distribution):
        return _continuous(delay)
    return _constant(delay) if isinstance(delay, float) else _points(np.atleast_1d(np.asarray(delay, float)))


@lru_cache(maxsize=64)
def _constant(delay: float) -> DelayDistribution:
    return _points(np.array([delay]))


@lru_cache(maxsize=64)
def _continuous(delay: Distribution) -> DelayDistribution:
    match delay:
        case Uniform(low, high) if high > low:
            return _delays(*_rule(low, high, np.ones_like))
        case Normal(mean, sd, low, high) if sd > 0.0:
            start = max(-np.inf if low is None else low, mean - _REACH * sd)
            stop = min(np.inf if high is None else high, mean + _REACH * sd)
            return _delays(*_rule(start, stop, lambda d: np.exp(-0.5 * ((d - mean) / sd) ** 2)))
        case Lognormal(mean, sd) if sd > 0.0:
            width = np.sqrt(np.log1p((sd / mean) ** 2))
            logarithm, weights = _rule(-_REACH * width, _REACH * width, lambda z: np.exp(-0.5 * (z / width) ** 2))
            return DelayDistribution(mean * np.exp(logarithm - 0.5 * width**2), weights)
        case Uniform(low, _):
            return _points(np.array([low]))
        case Normal(mean, _, _, _) | Lognormal(mean, _):
            return _points(np.array([mean]))
        case _:
            raise ModelError(f"delays cannot be {type(delay).__name__}: use Normal, Lognormal or Uniform")


def _rule(start, stop, density):
    """Gauss-Legendre nodes from ``start`` to ``stop``, and their weights under a density of any scale."""
    nodes, weights = legendre(_POINTS)
    values = 0.5 * (start + stop) + 0.5 * (stop - start) * nodes
    mass = weights * density(values)
    return values, mass / np.sum(mass)


def _delays(values, weights) -> DelayDistribution:
    return DelayDistribution(np.maximum(values, 0.0), weights)


def _points(values) -> DelayDistribution:
    """The values as they are; of more than 512 different ones, as many equally probable groups by their means."""
    values = np.maximum(values, 0.0)
    if values.size == 0:
        return DelayDistribution(np.zeros(1), np.ones(1))
    different, counts = np.unique(values, return_counts=True)
    if different.size <= _MOST:
        return DelayDistribution(different, counts / values.size)
    groups = np.array_split(np.sort(values), _MOST)
    sizes = np.array([group.size for group in groups])
    return DelayDistribution(np.array([group.mean() for group in groups]), sizes / values.size)
