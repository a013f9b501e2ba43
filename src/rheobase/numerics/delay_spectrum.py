r"""Growth rates of linear equations with delays, ``x'(t) = A x(t) + sum of B_k x(t - d_k)``.

Without delays they are the eigenvalues of ``A``. With delays there are infinitely many: the roots of
``det T(s) = 0``, ``T(s) = s - A - sum of B_k exp(-s d_k)``. The generator of the flow on histories, on Chebyshev points
of the longest delay, is a matrix whose eigenvalues are close to those near zero (Breda, Maset & Vermiglio 2005, SIAM J
Sci Comput 27:482, doi:10.1137/030601600); Newton's method on ``det T`` then makes them exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Complex = NDArray[np.complex128]


def growth_rates(now: Matrix, later: Sequence[Matrix] = (), delays: Sequence[float] = (), nodes: int = 40) -> Complex:
    """The rightmost growth rates, the fastest growing first.

    Parameters
    ----------
    now, later
        ``A`` and the ``B_k``, each (n, n).
    delays
        Positive, one for each ``B_k``.
    nodes
        Chebyshev points. Of the infinitely many rates with delays those are given that they resolve: with ``abs(s)``
        below ``nodes/2`` over the longest delay.
    """
    if not delays:
        return _ordered(np.asarray(np.linalg.eigvals(now), complex))
    guesses = np.linalg.eigvals(_generator(now, later, delays, nodes))
    near = guesses[np.abs(guesses) * max(delays) < 0.5 * nodes]
    found: list[complex] = []
    for guess in near:
        root = _polished(complex(guess), now, later, delays)
        if root is not None and all(abs(root - other) > 1e-9 * (1e-3 + abs(root)) for other in found):
            found.append(root)
    return _ordered(np.array(found, complex))


def _ordered(rates: Complex) -> Complex:
    return rates[np.lexsort((-rates.imag, -rates.real))]


def _generator(now: Matrix, later: Sequence[Matrix], delays: Sequence[float], nodes: int) -> Matrix:
    """Row 0: the equation. The others: the derivative of the polynomial through the history."""
    n, longest = len(now), max(delays)
    angle = np.pi * np.arange(nodes + 1) / nodes
    x = np.cos(angle)  # 1 is now, -1 the longest delay ago
    weight = np.where(np.arange(nodes + 1) % 2, -1.0, 1.0)
    weight[[0, -1]] *= 0.5
    gap = x[:, None] - x[None, :]
    np.fill_diagonal(gap, 1.0)
    slopes = weight[None, :] / weight[:, None] / gap
    np.fill_diagonal(slopes, 0.0)
    np.fill_diagonal(slopes, -slopes.sum(axis=1))
    whole = np.kron(2.0 / longest * slopes, np.eye(n))
    whole[:n] = np.kron(np.eye(1, nodes + 1), now)
    for matrix, delay in zip(later, delays, strict=True):
        whole[:n] += np.kron(_interpolation(1.0 - 2.0 * delay / longest, x, weight), matrix)
    return np.asarray(whole, float)


def _interpolation(at: float, x: Matrix, weight: Matrix) -> Matrix:
    """The row that gives a polynomial at a place from its values at the points ``x``."""
    away = at - x
    if np.any(away == 0.0):
        return (away == 0.0).astype(float)[None, :]
    row = weight / away
    return (row / row.sum())[None, :]


def _polished(rate: complex, now: Matrix, later: Sequence[Matrix], delays: Sequence[float]) -> complex | None:
    """Newton's method on ``det T``: ``s - 1/trace(T^-1 T')``; None if it leaves the guess or does not settle."""
    identity, start = np.eye(len(now)), rate
    for _ in range(30):
        part = [matrix * np.exp(-rate * delay) for matrix, delay in zip(later, delays, strict=True)]
        value = rate * identity - now - sum(part)
        slope = identity + sum(delay * each for delay, each in zip(delays, part, strict=True))
        try:
            step = 1.0 / np.trace(np.linalg.solve(value, slope))
        except np.linalg.LinAlgError:
            return rate
        rate = complex(rate - step)
        if not np.isfinite(rate) or abs(rate - start) > 0.2 * (abs(start) + 1.0 / max(delays)):
            return None
        if abs(step) < 1e-13 * (abs(rate) + 1e-3 / max(delays)):
            return rate
    return None
