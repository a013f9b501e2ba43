r"""Floquet multipliers: eigenvalues of a product of many transition matrices, which is never multiplied out.

Orthogonal bases are carried through the factors, ``G_j Q_j = Q_{j+1} R_j``, round after round (a periodic Schur form by
orthogonal iteration; Bojanczyk, Golub & Van Dooren 1992). The products of the diagonals of the ``R_j`` are summed as
logarithms, so multipliers of 1e-60 and 1e60 stand side by side with their own relative accuracy. After ``k`` rounds
what is left below the diagonal between two multipliers has decayed by the ``k``-th power of their ratio; multipliers of
similar size stay together in a block, whose small product is formed.

Reference
---------
Bojanczyk A, Golub GH, Van Dooren P (1992), The periodic Schur decomposition, Proc SPIE 1770:31.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.condensation import Factors
from rheobase.numerics.kernel import kernel

Array = NDArray[np.float64]

_APART = math.log(1e3)  # multipliers whose sizes differ less stay in one block
_DIGITS = 37.0  # exp(-37) is below rounding
_MOST = 40


def transitions(factors: Factors, n: int) -> Array:
    """The matrices that take a small deviation over one interval each, (N, n, n)."""
    lu = factors.lu
    inner = factors.pivots.shape[1]
    first, last = lu[:, inner:, inner : inner + n], lu[:, inner:, inner + n : inner + 2 * n]
    carried: Array = np.asarray(np.linalg.solve(last, first), np.float64)
    return -carried


def across(G: Array, flow: Array) -> tuple[float, Array]:
    """What the matrices do along a flow that they carry, and across it.

    On a cycle ``G_j f_j`` is ``f_{j+1}``, so 1 is a multiplier. The others are those of the flow modulo its own
    direction; seen from there they are exact also where one of them is 1 too, as in a fold, or nearly so, as on
    canards, where eigenvalues of the whole would repel each other like a square root.

    Parameters
    ----------
    G
        Transition matrices, (N, n, n).
    flow
        ``f`` at the ends of the intervals, (N, n), beginning with the start of the first.

    Returns
    -------
    along : float
        The multiplier that should be 1.
    transverse : ndarray
        (N, n - 1, n - 1), in an orthonormal basis across the flow.
    """
    unit = flow / np.linalg.norm(flow, axis=1, keepdims=True)
    mirror = unit.copy()  # reflections that take the first axis to the flow; their other columns lie across it
    mirror[:, 0] += np.where(unit[:, 0] >= 0.0, 1.0, -1.0)
    mirror /= np.linalg.norm(mirror, axis=1, keepdims=True)
    basis = np.eye(flow.shape[1]) - 2.0 * mirror[:, :, None] * mirror[:, None, :]
    turned = np.swapaxes(np.concatenate([basis[1:], basis[:1]]), 1, 2) @ G @ basis
    along = np.einsum("ja,jab,jb->j", np.concatenate([unit[1:], unit[:1]]), G, unit)
    return float(np.prod(along)), np.ascontiguousarray(turned[:, 1:, 1:])


def growth(G: Array) -> Array:
    """Logarithm of how much the leading direction grows over every interval, (N,)."""
    basis, R = _start(G.shape[-1]).copy(), np.zeros_like(G)
    for _ in range(2):
        R[:] = 0.0
        _carry(G, basis, R, np.empty(G.shape[1:]))
    return np.log(np.maximum(R[:, 0, 0], 1e-300))


def multipliers(G: Array) -> NDArray[np.complex128]:
    """Eigenvalues of ``G[-1] @ ... @ G[0]``, the largest first.

    Values beyond the range of floating-point numbers become infinite or zero.
    """
    G, n = np.ascontiguousarray(G), G.shape[-1]
    basis = _start(n)
    size = np.zeros(n)
    rounds, done = 2, 0
    while done < rounds:
        start = basis
        basis, R = start.copy(), np.zeros_like(G)
        _carry(G, basis, R, np.empty((n, n)))
        size = np.sum(np.log(np.maximum(np.abs(np.diagonal(R, axis1=1, axis2=2)), 1e-300)), axis=0)
        done += 1
        blocks = _blocks(size)
        gaps = [np.min(size[a:b]) - np.max(size[c:d]) for (a, b), (c, d) in pairwise(blocks)]
        rounds = min(_MOST, 2 + math.ceil(_DIGITS / min(gaps))) if gaps else 2
    turn = start.T @ basis
    found = [_eigenvalues(R, turn, first, last) for first, last in blocks]
    values = np.concatenate(found)
    return values[np.argsort(-np.abs(values), kind="stable")]


@cache
def _start(n: int) -> Array:
    """Some orthogonal matrix without zeros: no direction is left out by accident."""
    numbers: Array = np.cos(1.0 + np.arange(1.0, n * n + 1.0) ** 1.5).reshape(n, n)
    basis: Any = np.linalg.qr(numbers)[0]
    return basis


def _blocks(size: Array) -> list[tuple[int, int]]:
    """Stretches of the diagonal that are not yet, or cannot be, told apart by their sizes."""
    cuts = [0]
    for k in range(1, len(size)):
        if np.min(size[:k]) - np.max(size[k:]) > _APART:
            cuts.append(k)
    return list(zip(cuts, [*cuts[1:], len(size)], strict=True))


def _eigenvalues(R: Array, turn: Array, first: int, last: int) -> NDArray[np.complex128]:
    size = last - first
    product = np.eye(size)
    log = _product(R, first, product, np.empty((size, size)))
    values = np.linalg.eigvals(turn[first:last, first:last] @ product).astype(complex)
    with np.errstate(over="ignore", invalid="ignore"):
        scale = np.exp(log)
        large = np.where(values == 0.0, 0.0, values / np.abs(values) * np.inf)
        return np.asarray(values * scale if np.isfinite(scale) else large, dtype=complex)


@kernel
def _carry(G, Q, R, W):
    """One round, in place: ``Q`` becomes the basis after the last factor. Gram-Schmidt, twice."""
    N, n, _ = G.shape
    for j in range(N):
        for c in range(n):
            for a in range(n):
                W[a, c] = 0.0
                for b in range(n):
                    W[a, c] += G[j, a, b] * Q[b, c]
            for _ in range(2):
                for d in range(c):
                    dot = 0.0
                    for a in range(n):
                        dot += W[a, d] * W[a, c]
                    R[j, d, c] += dot
                    for a in range(n):
                        W[a, c] -= dot * W[a, d]
            norm = 0.0
            for a in range(n):
                norm += W[a, c] * W[a, c]
            R[j, c, c] = np.sqrt(norm)
            for a in range(n):
                W[a, c] /= R[j, c, c]
        for a in range(n):
            for c in range(n):
                Q[a, c] = W[a, c]


@kernel
def _product(R, first, product, new):
    """Product of diagonal blocks, in place, scaled to have entries near 1; returns the log of the scale."""
    size = product.shape[0]
    log = 0.0
    for j in range(R.shape[0]):
        largest = 0.0
        for a in range(size):
            for c in range(size):
                new[a, c] = 0.0
                for b in range(a, size):
                    new[a, c] += R[j, first + a, first + b] * product[b, c]
                largest = max(largest, abs(new[a, c]))
        for a in range(size):
            for c in range(size):
                product[a, c] = new[a, c] / largest if largest > 0.0 else 0.0
        log += np.log(largest) if largest > 0.0 else 0.0
    return log
