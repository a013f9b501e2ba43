r"""The linear systems of orthogonal collocation: cyclic blocks with a few border rows and columns.

On interval ``j`` of ``N`` a polynomial with the nodes ``u[j, 0 .. m]`` obeys ``m n`` equations; the last node is the
first of the next interval, and the last interval is followed by the first. To this come a few unknowns that all
equations share (period, parameters) and as many equations that all unknowns share (phase, arclength):

1. in every interval the inner nodes are eliminated, with pivoting over all its rows. What is left is
   ``A_j u_j + C_j u_{j+1} + ... = r_j``;
2. neighbouring blocks are merged by Householder reflections (the structured orthogonal factorisation of Wright 1992),
   so that growing and decaying solutions are both kept; multiplying up the transition matrices instead loses them;
3. the first node and the border are left, a dense system, solved with pivoting.

References
----------
Wright SJ (1992), Stable parallel algorithms for two-point boundary value problems, SIAM J Sci Stat Comput 13:742.
Doedel E, Keller HB, Kernévez JP (1991), Numerical analysis and control of bifurcation problems II, Int J Bifurcation
Chaos 1:745.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel

Array = NDArray[np.float64]


class Factors(NamedTuple):
    """A factored system; made by `factor`, used by `solve` and, for the multipliers, by `floquet`."""

    lu: Array  # (N, m n, (m + 1) n + borders): every interval after elimination of its inner nodes
    pivots: NDArray[np.int64]  # (N, (m - 1) n)
    over: Array  # (N, borders, (m - 1) n): what the border rows take of the eliminated rows
    mirrors: Array  # (N, 2 n, n): unit vectors of the reflections
    top: Array  # (N, n, 3 n + borders): u_j in terms of u_0, u_{j+1} and the border
    across: Array  # (N, borders, n): what the border rows take of these
    end: Array  # (n + borders, n + borders)
    end_pivots: NDArray[np.int64]
    sign: float  # of the determinant, up to one that depends on N, m, n and the border alone
    log: float  # of its size


def factor(J: Array, reach: Array, L: Array, D: Array, columns: Array, rows: Array, corner: Array) -> Factors:
    r"""Factor the system whose collocation rows are ``sum_k (D[i, k] - reach[j] L[i, k] J[:, :, j, i]) u[j, k]``.

    Parameters
    ----------
    J
        Jacobians at the collocation points, (n, n, N m), interval by interval.
    reach
        Time that an interval covers, (N,).
    L, D
        Values and slopes of the ``m + 1`` basis polynomials at the ``m`` collocation points, (m, m + 1).
    columns, rows, corner
        The border: (N, m, n, b) at the collocation points, (b, N, m, n) at the nodes, and (b, b).
    """
    N, m, n, b = columns.shape
    inner = (m - 1) * n
    lu, pivots, over = np.zeros((N, m * n, (m + 1) * n + b)), np.empty((N, inner), np.int64), np.zeros((N, b, inner))
    mirrors, top, across = np.zeros((N, 2 * n, n)), np.zeros((N, n, 3 * n + b)), np.zeros((N, b, n))
    end, end_pivots = np.zeros((n + b, n + b)), np.empty(n + b, np.int64)
    end[n:, n:] = corner
    edge = np.zeros((N + 1, b, n))  # the border rows at the first node of every interval
    edge[:N] = np.moveaxis(rows[:, :, 0], 0, 1)
    size = np.array([1.0, 0.0])
    _fill(lu, np.ascontiguousarray(J), reach, L, D, columns)
    _eliminate(lu, pivots, size)
    _border(lu, rows, over, edge, end)
    work, rest = np.zeros((2 * n, 3 * n + b)), lu[0, inner:, inner:].copy()
    _merge(lu, edge, end, work, rest, mirrors, top, across, size)
    end[:n, :n] = rest[:, :n] + rest[:, n : 2 * n]
    end[:n, n:] = rest[:, 2 * n :]
    end[n:, :n] = edge[0] + edge[N]
    _eliminate(end[None], end_pivots[None], size)
    return Factors(lu, pivots, over, mirrors, top, across, end, end_pivots, float(size[0]), float(size[1]))


def solve(factors: Factors, right: Array, below: Array) -> tuple[Array, Array]:
    """The solution at the nodes (N, m, n) and of the border (b,) for right-hand sides of the same shapes."""
    from scipy.linalg import lu_solve

    N, m, n = right.shape
    r = right.reshape(N, m * n).copy()
    u = np.empty((N + 1, m, n))  # one more interval: its first node is the first of all
    tail = np.concatenate([np.zeros(n), below])
    _down(factors.lu, factors.pivots, factors.over, factors.mirrors, factors.across, r, tail, np.empty(2 * n))
    tail = lu_solve((factors.end, factors.end_pivots), tail, check_finite=False)
    u[0, 0] = u[N, 0] = tail[:n]
    _up(factors.lu, factors.top, r, tail, u)
    return u[:N], tail[n:]


@kernel
def _fill(lu, J, reach, L, D, columns):
    """The equations of all intervals: columns of the inner nodes, the first node, the last node, the border."""
    N, m, n, borders = columns.shape
    inner = (m - 1) * n
    for j in range(N):
        for i in range(m):
            for k in range(m + 1):
                first = inner if k == 0 else (inner + n if k == m else (k - 1) * n)
                weight = reach[j] * L[i, k]
                for a in range(n):
                    for b in range(n):
                        lu[j, i * n + a, first + b] = -weight * J[a, b, j * m + i]
                    lu[j, i * n + a, first + a] += D[i, k]
            for a in range(n):
                for c in range(borders):
                    lu[j, i * n + a, inner + 2 * n + c] = columns[j, i, a, c]


@kernel
def _eliminate(lu, pivots, size):
    """Gaussian elimination of the first columns of every matrix with row pivoting, in place.

    ``size`` gathers sign and logarithm of the pivots.
    """
    count, height, width = lu.shape
    for j in range(count):
        for q in range(pivots.shape[1]):
            best = q
            for r in range(q + 1, height):
                if abs(lu[j, r, q]) > abs(lu[j, best, q]):
                    best = r
            pivots[j, q] = best
            if best != q:
                size[0] = -size[0]
                for c in range(width):
                    lu[j, q, c], lu[j, best, c] = lu[j, best, c], lu[j, q, c]
            pivot = lu[j, q, q]
            if pivot < 0.0:
                size[0] = -size[0]
            size[1] += np.log(abs(pivot))
            for r in range(q + 1, height):
                if lu[j, r, q] != 0.0:
                    factor = lu[j, r, q] / pivot
                    lu[j, r, q] = factor
                    for c in range(q + 1, width):
                        lu[j, r, c] -= factor * lu[j, q, c]


@kernel
def _border(lu, rows, over, edge, end):
    """The border rows without the inner nodes: on the first nodes in ``edge``, on the border in ``end``."""
    N, borders, inner = over.shape
    n = edge.shape[2]
    for j in range(N):
        for c in range(borders):
            for q in range(inner):
                value = rows[c, j, 1 + q // n, q % n]
                for t in range(q):
                    value -= over[j, c, t] * lu[j, t, q]
                value /= lu[j, q, q]
                over[j, c, q] = value
                for a in range(n):
                    edge[j, c, a] -= value * lu[j, q, inner + a]
                    edge[j + 1, c, a] -= value * lu[j, q, inner + n + a]
                for e in range(borders):
                    end[n + c, n + e] -= value * lu[j, q, inner + 2 * n + e]


@kernel
def _merge(lu, edge, end, work, rest, mirrors, top, across, size):
    """Eliminate the first nodes of all intervals but one; ``rest`` are the rows on u_0, u_j and the border."""
    N, borders, n = across.shape
    inner = lu.shape[1] - n
    for j in range(1, N):
        for a in range(n):
            for b in range(n):
                work[a, b], work[n + a, b] = rest[a, n + b], lu[j, inner + a, inner + b]
                work[a, n + b], work[n + a, n + b] = rest[a, b], 0.0
                work[a, 2 * n + b], work[n + a, 2 * n + b] = 0.0, lu[j, inner + a, inner + n + b]
            for c in range(borders):
                work[a, 3 * n + c], work[n + a, 3 * n + c] = rest[a, 2 * n + c], lu[j, inner + a, inner + 2 * n + c]
        _reflect(work, mirrors, j, size)
        for a in range(n):
            for c in range(3 * n + borders):
                top[j, a, c] = work[a, c]
            for c in range(2 * n + borders):
                rest[a, c] = work[n + a, n + c]
        for c in range(borders):
            for q in range(n):
                value = edge[j, c, q]
                for t in range(q):
                    value -= across[j, c, t] * work[t, q]
                value /= work[q, q]
                across[j, c, q] = value
                for a in range(n):
                    edge[0, c, a] -= value * work[q, n + a]
                    edge[j + 1, c, a] -= value * work[q, 2 * n + a]
                for e in range(borders):
                    end[n + c, n + e] -= value * work[q, 3 * n + e]


@kernel
def _reflect(work, mirrors, j, size):
    """Make the first columns of ``work`` upper triangular by reflections, whose unit vectors go to ``mirrors[j]``."""
    height, width = work.shape
    for q in range(mirrors.shape[2]):
        length = 0.0
        for r in range(q, height):
            length += work[r, q] * work[r, q]
        length = -np.sqrt(length) if work[q, q] > 0.0 else np.sqrt(length)
        norm = np.sqrt(2.0 * length * (length - work[q, q]))
        for r in range(q, height):
            mirrors[j, r, q] = (work[r, q] - (length if r == q else 0.0)) / norm
        for c in range(q, width):
            dot = 0.0
            for r in range(q, height):
                dot += mirrors[j, r, q] * work[r, c]
            for r in range(q, height):
                work[r, c] -= 2.0 * dot * mirrors[j, r, q]
        if length > 0.0:
            size[0] = -size[0]  # a reflection has determinant -1
        size[1] += np.log(abs(length))


@kernel
def _down(lu, pivots, over, mirrors, across, r, tail, work):
    """What `factor` did to the rows, done to a right-hand side; the border's part and the last rows go to ``tail``."""
    N, borders, inner = over.shape
    n = across.shape[2]
    for j in range(N):
        for q in range(inner):
            r[j, q], r[j, pivots[j, q]] = r[j, pivots[j, q]], r[j, q]
        for q in range(inner):
            for s in range(q + 1, inner + n):
                r[j, s] -= lu[j, s, q] * r[j, q]
            for c in range(borders):
                tail[n + c] -= over[j, c, q] * r[j, q]
    for a in range(n):
        tail[a] = r[0, inner + a]
    for j in range(1, N):
        for a in range(n):
            work[a], work[n + a] = tail[a], r[j, inner + a]
        for q in range(n):
            dot = 0.0
            for s in range(q, 2 * n):
                dot += mirrors[j, s, q] * work[s]
            for s in range(q, 2 * n):
                work[s] -= 2.0 * dot * mirrors[j, s, q]
        for a in range(n):
            r[j, inner + a], tail[a] = work[a], work[n + a]
            for c in range(borders):
                tail[n + c] -= across[j, c, a] * work[a]


@kernel
def _up(lu, top, r, tail, u):
    """Back substitution: first nodes from the last interval to the first, then the inner nodes."""
    N, n, width = top.shape
    borders = width - 3 * n
    inner = lu.shape[1] - n
    for j in range(N - 1, 0, -1):
        for a in range(n - 1, -1, -1):
            value = r[j, inner + a]
            for b in range(n):
                value -= top[j, a, n + b] * tail[b] + top[j, a, 2 * n + b] * u[j + 1, 0, b]
            for c in range(borders):
                value -= top[j, a, 3 * n + c] * tail[n + c]
            for b in range(a + 1, n):
                value -= top[j, a, b] * u[j, 0, b]
            u[j, 0, a] = value / top[j, a, a]
    for j in range(N):
        for q in range(inner - 1, -1, -1):
            value = r[j, q]
            for b in range(n):
                value -= lu[j, q, inner + b] * u[j, 0, b] + lu[j, q, inner + n + b] * u[j + 1, 0, b]
            for c in range(borders):
                value -= lu[j, q, inner + 2 * n + c] * tail[n + c]
            for t in range(q + 1, inner):
                value -= lu[j, q, t] * u[j, 1 + t // n, t % n]
            u[j, 1 + q // n, q % n] = value / lu[j, q, q]
