"""The Runge-Kutta pair of Dormand & Prince (1980), J. Comput. Appl. Math. 6:19: a step of order 5 with its error and
with a polynomial of order 4 in between (Shampine 1986; Hairer, Norsett & Wanner, Solving ODEs I, section II.6).

Compiled helpers of generated integrators. States are rows of length n, ``k`` holds the seven slopes (7, n).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from rheobase.numerics.kernel import kernel

#: Nodes, weights of the stages (row by row), error weights, and weights of the dense output.
C = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
A2 = 1 / 5
A3 = (3 / 40, 9 / 40)
A4 = (44 / 45, -56 / 15, 32 / 9)
A5 = (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729)
A6 = (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656)
B = (35 / 384, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84)
E = (71 / 57600, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
D = (
    -12715105075 / 11282082432, 87487479700 / 32700410799, -10690763975 / 1880347072, 701980252875 / 199316789632,
    -1453857185 / 822651844, 69997945 / 29380423,
)  # fmt: skip

#: How fast a step may shrink and grow, and how far below the tolerance its error is to be.
SHRINK, GROW, SAFETY = 0.2, 6.0, 0.9

_njit: Any = njit
# No Python calls these but other compiled code, and a wrapper costs as much time to compile as the function.
_inlined: Any = _njit(forceinline=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


@_inlined
def stage(s, n, x, h, k, y):
    """The state at stage ``s`` (1 to 6) in ``y``; stage 6 is the end of the step."""
    for i in range(n):
        if s == 1:
            d = A2 * k[0, i]
        elif s == 2:
            d = A3[0] * k[0, i] + A3[1] * k[1, i]
        elif s == 3:
            d = A4[0] * k[0, i] + A4[1] * k[1, i] + A4[2] * k[2, i]
        elif s == 4:
            d = A5[0] * k[0, i] + A5[1] * k[1, i] + A5[2] * k[2, i] + A5[3] * k[3, i]
        elif s == 5:
            d = A6[0] * k[0, i] + A6[1] * k[1, i] + A6[2] * k[2, i] + A6[3] * k[3, i] + A6[4] * k[4, i]
        else:
            d = B[0] * k[0, i] + B[1] * k[2, i] + B[2] * k[3, i] + B[3] * k[4, i] + B[4] * k[5, i]
        y[i] = x[i] + h * d


@_inlined
def error_of(n, x, y, h, k, rtol, atol):
    """The largest error of a step in units of what is allowed; infinite if the step has no finite end."""
    worst = 0.0
    for i in range(n):
        d = E[0] * k[0, i] + E[1] * k[2, i] + E[2] * k[3, i] + E[3] * k[4, i] + E[4] * k[5, i] + E[5] * k[6, i]
        error = abs(h * d) / (atol[i] + rtol * (abs(x[i]) if abs(x[i]) > abs(y[i]) else abs(y[i])))
        if not error < np.inf or not abs(y[i]) < np.inf:
            return np.inf
        worst = error if error > worst else worst
    return worst


@kernel
def factor_of(error):
    """By how much the next step may be longer than one with this error."""
    if error < 1e-6:
        return GROW
    return min(GROW, max(SHRINK, SAFETY * error**-0.2)) if error < np.inf else SHRINK


@kernel
def first_step(n, x, k, rtol, atol, most):
    """A careful first step: a hundredth of the time in which a state changes by its size or by the size of an error."""
    h = most
    for i in range(n):
        speed = abs(k[0, i])
        if speed > 0:
            h = min(h, 0.01 * (abs(x[i]) + atol[i] / rtol) / speed)
    return h


@kernel
def between(n, x, y, h, k, theta, z):
    """The state at the fraction ``theta`` of the step from ``x`` to ``y``, in ``z``."""
    rest = 1.0 - theta
    for i in range(n):
        change = y[i] - x[i]
        first = h * k[0, i] - change
        second = change - h * k[6, i] - first
        d = D[0] * k[0, i] + D[1] * k[2, i] + D[2] * k[3, i] + D[3] * k[4, i] + D[4] * k[5, i] + D[5] * k[6, i]
        z[i] = x[i] + theta * (change + rest * (first + theta * (second + rest * h * d)))


@kernel
def resized(values, n, room):
    """The first ``n`` of some values in an array of length ``room``."""
    larger = np.empty(room)
    for i in range(n):
        larger[i] = values[i]
    return larger
