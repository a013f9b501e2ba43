"""Trains of jumps: rate, distribution of sizes, moments, and where they land."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.quadrature import composite

Array = NDArray[np.float64]

_REACH = 42.0  # exp(-42) is 6e-19
_PANELS, _NODES = 8, 12
_FASTEST = 100.0  # radians that the rule resolves
_FRACTIONS, _WEIGHTS = composite(_PANELS, _NODES)


@dataclass(frozen=True)
class Jumps:
    """A Poisson train of independent jumps.

    Attributes
    ----------
    rate, size
        Jumps per unit of time, and their mean.
    law
        ``'fixed'``, ``'exponential'``, or ``'density'``, with
    density, reach
        the density of sizes (any scale) and the interval it lives on.
    """

    rate: float
    size: float
    law: Literal["fixed", "exponential", "density"] = "fixed"
    density: Callable[[Array], Array] | None = None
    bounds: tuple[float, float] = (0.0, 0.0)

    @property
    def reach(self) -> tuple[float, float]:
        """Smallest and largest jump."""
        if self.law == "exponential":
            return min(_REACH * self.size, 0.0), max(_REACH * self.size, 0.0)
        return self.bounds if self.density is not None else (self.size, self.size)

    @property
    def scale(self) -> float:
        """Root mean square size, with the sign of the mean."""
        return math.copysign(math.sqrt(self.moment(2)), self.size)

    def moment(self, n: int) -> float:
        """``<J**n>``."""
        if self.law == "fixed":
            return self.size**n
        if self.law == "exponential":
            return math.factorial(n) * self.size**n
        sizes, weights = self._rule(*map(np.asarray, self.bounds))
        return float(np.sum(weights * sizes**n) / np.sum(weights))

    def transform(self, k: Array) -> NDArray[np.complex128]:
        """``<exp(i k J)>``."""
        if self.law == "fixed":
            return np.asarray(np.exp(1j * k * self.size), complex)
        if self.law == "exponential":
            return np.asarray(1.0 / (1.0 - 1j * k * self.size), complex)
        sizes, weights = self._rule(*map(np.asarray, self.bounds))
        seen = np.abs(k) * (self.bounds[1] - self.bounds[0]) < _FASTEST  # beyond, it is near zero and not resolved
        found = np.zeros(np.shape(k), complex)
        found[seen] = np.exp(1j * np.multiply.outer(k[seen], sizes)) @ weights / np.sum(weights)
        return found

    def landings(self, v: Array, threshold: float) -> tuple[Array, Array, Array]:
        """Where jumps from ``v`` land below a threshold (v, n), with which weight, and the chance to land beyond."""
        if self.law == "fixed":
            target = v + self.size
            over = target >= threshold - 1e-12 * abs(self.size)
            return target[:, None], np.where(over, 0.0, 1.0)[:, None], over.astype(float)
        low, high = self.reach
        border = np.clip(threshold - v, low, high)
        sizes, weights = self._rule(np.full(v.shape, low), border)
        _, above = self._rule(border, np.full(v.shape, high))
        below, over = weights.sum(axis=1), above.sum(axis=1)
        every = below + over
        return v[:, None] + sizes, weights / every[:, None], over / every

    def _rule(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Sizes between two bounds and their weights: panels that are narrow where an exponential needs them."""
        fractions, weights = _FRACTIONS, _WEIGHTS
        if self.law == "exponential":
            forward = fractions**3 if self.size > 0.0 else 1.0 - (1.0 - fractions) ** 3
            stretch = 3.0 * (fractions if self.size > 0.0 else 1.0 - fractions) ** 2
            fractions, weights = forward, weights * stretch
        width = np.asarray(high - low, float)[..., None]
        sizes = np.asarray(low, float)[..., None] + width * fractions
        if self.law == "exponential":
            return sizes, width * weights * np.exp(-sizes / self.size) / abs(self.size)
        assert self.density is not None
        return sizes, width * weights * self.density(sizes)


def total(jumps: Iterable[Jumps], n: int) -> float:
    """``sum of R <J**n>``: the n-th cumulant of the input per unit of time."""
    return sum(j.rate * j.moment(n) for j in jumps)
