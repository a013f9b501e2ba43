r"""Linear equations carried over a step, :math:`\dot x = A x + b + B \xi`, for stacks of small matrices.

A Taylor series over a step so short that it converges at once, then doubled again and again. Doubling adds what is
alike in sign and size, so nothing cancels: not for time constants that nearly agree, not for long steps.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Matrices = NDArray[np.floating]

_TERMS = 18
_SHORT = 0.5


def flow(A: Matrices, S: Matrices, dt: float) -> tuple[Matrices, Matrices, Matrices]:
    r"""Propagator, its integral, and the covariance gathered in a step.

    .. math::
        P = e^{A dt},\qquad Q = \int_0^{dt} e^{As} ds,\qquad C = \int_0^{dt} e^{As} S e^{A^T s} ds

    Parameters
    ----------
    A, S
        Stacks of matrices (n, k, k); ``S = B B^T``.
    dt
        The step.
    """
    norm = float(np.abs(A).sum(axis=-1).max(initial=0.0)) * dt
    doublings = max(0, math.ceil(math.log2(norm / _SHORT))) if norm > _SHORT else 0
    P, Q, C = _short(A, S, dt / 2**doublings)
    for _ in range(doublings):
        C = C + P @ C @ np.swapaxes(P, -1, -2)
        Q = Q + P @ Q
        P = P @ P
    return P, Q, C


def _short(A: Matrices, S: Matrices, h: float) -> tuple[Matrices, Matrices, Matrices]:
    """Taylor series; the next term is below rounding where the norm of A h is below 1/2."""
    transposed = np.swapaxes(A, -1, -2)
    power = np.broadcast_to(np.eye(A.shape[-1]), A.shape)
    P, Q, C = power, h * power, h * S
    gathered = h * S
    for n in range(1, _TERMS + 1):
        power = power @ A * (h / n)
        gathered = (A @ gathered + gathered @ transposed) * (h / (n + 1))
        P, Q, C = P + power, Q + power * (h / (n + 1)), C + gathered
    return P, Q, C
