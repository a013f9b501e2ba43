r"""The Rosenbrock method RODAS of Hairer & Wanner (1996), Solving ODEs II, section VI.4: order 4 with error, L-stable.

For a neuron between its spikes, where fast gates follow the voltage and everything that moves is slow. A stage solves

.. math::
    \left(\frac{1}{\gamma h} - J\right) u_i = f\Bigl(x + \sum_{j<i} a_{ij} u_j\Bigr) + \sum_{j<i} \frac{c_{ij}}{h} u_j
    + \gamma_i h \frac{\partial f}{\partial t}

with the Jacobian J of the start of the step; the end of the step is the state of the last stage plus its u, which is
also the error. Compiled helpers of generated integrators, as in `rheobase.numerics.dormand_prince`: ``k`` (7, n) holds
the slope at the start in row 0 and the u of stage i in row i.
"""

from __future__ import annotations

import numpy as np

from rheobase.numerics.dormand_prince import GROW, SAFETY, SHRINK, D
from rheobase.numerics.kernel import kernel

GAMMA = 0.25
#: Nodes of the stages 1 to 6, and their weights of the derivative by time.
NODES = (0.0, 0.386, 0.21, 0.63, 1.0, 1.0)
BY_TIME = (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0)
#: Rows of a and c for the stages 2 to 6.
A = (
    (1.544, 0.0, 0.0, 0.0, 0.0),
    (0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 0.0),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
)
COUPLING = (
    (-5.6688, 0.0, 0.0, 0.0, 0.0),
    (-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0.0),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)


@kernel
def shifted(n, h, matrix):
    """Turn a Jacobian into the matrix of a step, in place."""
    for i in range(n):
        for j in range(n):
            matrix[i, j] = -matrix[i, j]
        matrix[i, i] += 1.0 / (GAMMA * h)


@kernel
def factorised(n, matrix, order):
    """Gaussian elimination with row exchanges, in place; whether no pivot was 0."""
    for c in range(n):
        p = c
        for i in range(c + 1, n):
            if abs(matrix[i, c]) > abs(matrix[p, c]):
                p = i
        order[c] = p
        if p != c:
            for j in range(n):
                matrix[c, j], matrix[p, j] = matrix[p, j], matrix[c, j]
        if not abs(matrix[c, c]) > 0.0:
            return False
        for i in range(c + 1, n):
            matrix[i, c] /= matrix[c, c]
            for j in range(c + 1, n):
                matrix[i, j] -= matrix[i, c] * matrix[c, j]
    return True


@kernel
def solved(n, matrix, order, k, row):
    """Solve with what `factorised` left, in place of row ``row`` of ``k``."""
    for c in range(n):
        p = order[c]
        k[row, c], k[row, p] = k[row, p], k[row, c]
    for i in range(n):
        for j in range(i):
            k[row, i] -= matrix[i, j] * k[row, j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            k[row, i] -= matrix[i, j] * k[row, j]
        k[row, i] /= matrix[i, i]


@kernel
def stage_state(i, n, x, k, y):
    """The state at which stage ``i`` (2 to 6) reads the slope, in ``y``."""
    for at in range(n):
        y[at] = x[at]
        for j in range(1, i):
            y[at] += A[i - 2][j - 1] * k[j, at]


@kernel
def stage_right(i, n, h, change, k):
    """Complete the right-hand side of stage ``i`` in row ``i``: the earlier stages and the derivative by time."""
    for at in range(n):
        for j in range(1, i):
            k[i, at] += COUPLING[i - 2][j - 1] / h * k[j, at]
        k[i, at] += BY_TIME[i - 1] * h * change[at]


@kernel
def step_error(n, x, y, k, rtol, atol):
    """Add the last stage to ``y``, the end of the step; its size in units of what is allowed, or infinite."""
    worst = 0.0
    for i in range(n):
        y[i] += k[6, i]
        error = abs(k[6, i]) / (atol[i] + rtol * max(abs(x[i]), abs(y[i])))
        if not error < np.inf or not abs(y[i]) < np.inf:
            return np.inf
        worst = max(worst, error)
    return worst


@kernel
def cubic(n, k):
    """Make `rheobase.numerics.dormand_prince.between` the cubic through states and slopes at both ends of a step."""
    for i in range(n):
        k[2, i] = -(D[0] * k[0, i] + D[5] * k[6, i]) / D[1]
        k[3, i] = k[4, i] = k[5, i] = 0.0


@kernel
def shrunk(error):
    """By how much the next step may be longer than one with this error."""
    if error < 1e-5:
        return GROW
    return min(GROW, max(SHRINK, SAFETY * error**-0.25)) if error < np.inf else SHRINK
