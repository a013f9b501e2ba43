r"""Piecewise polynomials on the circle, and meshes that follow them.

The error of a piecewise polynomial of degree ``m`` on an interval of width ``h`` is about ``c h**(m+1) |u^(m+1)|``, so
equal shares of the integral of ``|u^(m+1)|**(1/(m+1))`` make equal errors (de Boor 1973). The derivative is estimated
from the jumps of the ``m``-th one, which is constant on every interval.

Reference
---------
de Boor C (1973), Good approximation by splines with variable knots, in: Spline functions and approximation theory,
Birkhäuser, Basel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from math import comb

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Part of the mesh that is spread evenly: it bounds the longest interval, so that slow stretches keep their time scale.
_EVEN = 0.3


@dataclass(frozen=True)
class Basis:
    """Lagrange polynomials at ``m + 1`` equidistant nodes of [0, 1], seen from the ``m`` Gauss points."""

    m: int
    points: Array  # (m,) Gauss points
    weights: Array  # (m,)
    values: Array  # (m, m + 1)
    slopes: Array  # (m, m + 1)
    highest: Array  # (m + 1,): the m-th derivative
    coefficients: Array  # (m + 1, m + 1): powers of the basis polynomials, row k is that of t**k


@cache
def basis(m: int) -> Basis:
    """The tables for degree ``m``."""
    nodes = np.linspace(0.0, 1.0, m + 1)
    points, weights = np.polynomial.legendre.leggauss(m)
    points, weights = 0.5 * (np.asarray(points, float) + 1.0), 0.5 * np.asarray(weights, float)
    coefficients: Array = np.asarray(np.linalg.inv(np.vander(nodes, increasing=True)), dtype=np.float64)
    powers = np.vander(points, m + 1, increasing=True)
    slopes = np.zeros_like(powers)
    slopes[:, 1:] = powers[:, :-1] * np.arange(1, m + 1)
    highest = np.array([(-1.0) ** (m - k) * comb(m, k) for k in range(m + 1)]) * float(m) ** m
    return Basis(m, points, weights, powers @ coefficients, slopes @ coefficients, highest, coefficients)


@dataclass(frozen=True)
class Mesh:
    """``N`` intervals of the circle with polynomials of degree ``m``; the edges go once round, from anywhere."""

    edges: Array
    m: int = 4

    @classmethod
    def even(cls, N: int, m: int = 4) -> Mesh:
        return cls(np.linspace(0.0, 1.0, N + 1), m)

    @property
    def N(self) -> int:
        return len(self.edges) - 1

    @property
    def basis(self) -> Basis:
        return basis(self.m)

    @cached_property
    def widths(self) -> Array:
        return np.diff(self.edges)

    @cached_property
    def nodes(self) -> Array:
        """Times of the nodes, (N, m)."""
        return self.edges[:-1, None] + self.widths[:, None] * (np.arange(self.m) / self.m)

    @cached_property
    def gauss(self) -> Array:
        """Times of the Gauss points, (N, m)."""
        return self.edges[:-1, None] + self.widths[:, None] * self.basis.points

    def full(self, nodes: Array) -> Array:
        """All ``m + 1`` nodes of every interval, (N, m + 1, n)."""
        full = np.empty((self.N, self.m + 1, nodes.shape[2]))
        full[:, :-1], full[:-1, -1], full[-1, -1] = nodes, nodes[1:, 0], nodes[0, 0]
        return full

    def values(self, nodes: Array) -> Array:
        """At the Gauss points, (N, m, n)."""
        return np.matmul(self.basis.values, self.full(nodes))

    def slopes(self, nodes: Array) -> Array:
        """``h du/ds`` at the Gauss points, (N, m, n)."""
        return np.matmul(self.basis.slopes, self.full(nodes))

    def row(self, values: Array) -> Array:
        """Weights of the nodes in ``sum over intervals and Gauss points of weight <u, values>``, (N, m, n)."""
        basis = self.basis
        full = np.matmul((basis.weights[:, None] * basis.values).T, values)
        full[1:, 0] += full[:-1, -1]
        full[0, 0] += full[-1, -1]
        return np.ascontiguousarray(full[:, :-1])

    def integral(self, values: Array) -> Array:
        """Integral over one turn of something that is given at the Gauss points, (N, m, ...)."""
        return np.einsum("j,i,ji...->...", self.widths, self.basis.weights, values)

    def interpolate(self, nodes: Array, s: Array) -> Array:
        """At any times in turns."""
        turn = self.edges[0] + (s - self.edges[0]) % 1.0
        j = np.clip(np.searchsorted(self.edges, turn, side="right") - 1, 0, self.N - 1)
        local = (turn - self.edges[j]) / self.widths[j]
        weights = np.vander(local.ravel(), self.m + 1, increasing=True) @ self.basis.coefficients
        values = np.einsum("pk,pkn->pn", weights, self.full(nodes)[j.ravel()])
        return values.reshape(*s.shape, nodes.shape[2])

    def roughness(self, nodes: Array, scale: Array) -> Array:
        """``|u^(m+1)|`` on every interval, (N,): largest of the states in units of their scale."""
        highest = np.einsum("k,jkn->jn", self.basis.highest, self.full(nodes) / scale)
        highest /= self.widths[:, None] ** self.m
        middle = 0.5 * (self.widths + np.roll(self.widths, -1))
        jumps = np.abs(np.roll(highest, -1, axis=0) - highest) / middle[:, None]  # at the right edges
        return np.max(0.5 * (jumps + np.roll(jumps, 1, axis=0)), axis=1)

    def error(self, nodes: Array, scale: Array) -> float:
        """Estimate of the largest error between the nodes, in units of the scales."""
        return self._constant() * float(np.max(self.roughness(nodes, scale) * self.widths ** (self.m + 1)))

    def even_error(self, nodes: Array, scale: Array) -> float:
        """The same if all intervals had their equal share."""
        share = float(self._density(nodes, scale) @ self.widths) / self.N
        return self._constant() * share ** (self.m + 1)

    def adapted(self, nodes: Array, scale: Array, N: int | None = None, needed: Array | None = None) -> Mesh:
        """A mesh of ``N`` intervals with equal shares of the error.

        ``needed`` (N,) is how many intervals per unit of time are wanted for other reasons; they come first.
        """
        N = N or self.N
        density = self._density(nodes, scale)
        if needed is not None:
            total, taken = float(density @ self.widths), float(needed @ self.widths)
            density = (density * (max(N - taken, 0.3 * N) / total) if total > 0.0 else 0.3 * N) + needed
        share = np.concatenate([[0.0], np.cumsum(density * self.widths)])
        if share[-1] == 0.0:
            return Mesh(self.edges[0] + np.linspace(0.0, 1.0, N + 1), self.m)
        edges = np.interp(np.linspace(0.0, share[-1], N + 1), share, self.edges)
        edges[0], edges[-1] = self.edges[0], self.edges[-1]
        return Mesh(edges, self.m)

    def beginning(self, j: int) -> Mesh:
        """The same mesh, cut open at the edge ``j``."""
        edges = np.concatenate([self.edges[j:], self.edges[1 : j + 1] + 1.0])
        return Mesh(edges - np.floor(edges[0]), self.m)

    def _constant(self) -> float:
        # The node polynomial stays below m!/(4 m**(m + 1)).
        return 1.0 / (4.0 * (self.m + 1) * float(self.m) ** (self.m + 1))

    def _density(self, nodes: Array, scale: Array) -> Array:
        """How densely the intervals should lie."""
        density = self.roughness(nodes, scale) ** (1.0 / (self.m + 1))
        density = np.maximum(density, 0.5 * np.maximum(np.roll(density, 1), np.roll(density, -1)))
        return density + _EVEN * float(density @ self.widths)
