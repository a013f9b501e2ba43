"""Piecewise polynomials by their values at Chebyshev points of panels, for collocation: rows of matrices."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.quadrature import legendre

Array = NDArray[np.float64]


@cache
def _basis(order: int) -> tuple[Array, Array, Array, Array]:
    """Chebyshev points on [-1, 1], their barycentric weights, and first and second derivative there."""
    x = -np.cos(np.pi * np.arange(order + 1) / order)
    weight = np.where(np.arange(order + 1) % 2 == 0, 1.0, -1.0)
    weight[[0, -1]] *= 0.5
    apart = x[:, None] - x + np.eye(x.size)
    first = weight / weight[:, None] / apart
    np.fill_diagonal(first, 0.0)
    np.fill_diagonal(first, -first.sum(axis=1))
    return x, weight, first, first @ first


class Mesh:
    """Panels, each with values at ``order + 1`` Chebyshev points and ``count`` Gauss points for the equation.

    A vector of unknowns ends with one more, the constant.
    """

    def __init__(self, edges: Array, order: int, count: int) -> None:
        self.edges, self.order, self.count = edges, order, count
        self.points, self.weight, self.first, self.second = _basis(order)
        self.size = (edges.size - 1) * (order + 1)
        middle, self.half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
        self.v = (middle[:, None] + self.half[:, None] * legendre(count)[0]).ravel()
        self.panel = np.repeat(np.arange(edges.size - 1), count)
        self.top_row = self.size - 1

    def columns(self, panel: int) -> slice:
        return slice(panel * (self.order + 1), (panel + 1) * (self.order + 1))

    def lagrange(self, v: Array, panel: NDArray[np.int64]) -> Array:
        """Values of the panel's Lagrange polynomials at ``v``: shape (v, order + 1)."""
        low, high = self.edges[panel], self.edges[panel + 1]
        gap = ((2.0 * v - low - high) / (high - low))[:, None] - self.points
        hit = np.less(np.abs(gap), 1e-15)
        ratio = np.where(np.any(hit, axis=1, keepdims=True), hit, self.weight / np.where(hit, 1.0, gap))
        return ratio / ratio.sum(axis=1)[:, None]

    def add_values(self, matrix: Array, rows: NDArray[np.int64], v: Array, factor: Array) -> None:
        """Add ``factor * U(v)`` to rows of a matrix; below the lowest edge it is the value there."""
        _add_values(matrix, rows, v, factor, self.edges, self.points, self.weight)

    def local(self, n: int) -> Array:
        """Rows of the ``n``-th derivative at the Gauss points, over the unknowns of their own panels."""
        value = self.lagrange(self.v, self.panel)
        return value @ np.linalg.matrix_power(self.first, n) / self.half[self.panel][:, None] ** n

    def place(self, matrix: Array, local: Array) -> None:
        """Put such rows into a matrix."""
        columns = self.panel[:, None] * (self.order + 1) + np.arange(self.order + 1)
        matrix[np.arange(self.v.size)[:, None], columns] = local

    def derivative(self, values: Array, n: int) -> Array:
        """The ``n``-th derivative at the Gauss points of what has these values."""
        own = values[: self.size].reshape(-1, self.order + 1)[self.panel]
        return np.sum(self.local(n) * own, axis=1)

    def slope_at_top(self, values: Array, n: int) -> float:
        """The ``n``-th derivative at the upper end."""
        row = np.linalg.matrix_power(self.first, n)[-1] / self.half[-1] ** n
        return float(row @ values[self.size - self.order - 1 : self.size])


@kernel
def _add_values(
    matrix: Array, rows: NDArray[np.int64], v: Array, factor: Array, edges: Array, points: Array, weight: Array
) -> None:
    """`Mesh.add_values`, by the barycentric formula in the panel of each ``v``."""
    size = points.size
    for k in range(v.size):
        at = max(v[k], edges[0])
        panel = min(max(np.searchsorted(edges, at, side="right") - 1, 0), edges.size - 2)
        low, high = edges[panel], edges[panel + 1]
        place = (2.0 * at - low - high) / (high - low)
        hit, total = -1, 0.0
        for j in range(size):
            gap = place - points[j]
            if abs(gap) < 1e-15:
                hit = j
            else:
                total += weight[j] / gap
        if hit >= 0:
            matrix[rows[k], panel * size + hit] += factor[k]
        else:
            for j in range(size):
                matrix[rows[k], panel * size + j] += factor[k] * weight[j] / ((place - points[j]) * total)
