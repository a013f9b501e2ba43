r"""First passage of ``dv = a(v) dt + sqrt(2 D) dW`` from reset to threshold, for any drift.

With ``L = a d/dv + D d2/dv2`` the mean passage time ``T(v)`` obeys ``L T = -1``, so that its slope ``w = -T'`` is the
bounded solution of

    D w' + a w = 1,        T = integral of w from reset to threshold,

and the variance ``Q`` of the passage time obeys ``L Q = -2 D T'**2``, so that ``D z' + a z = 2 D w**2`` with ``z =
-Q'``. For a perturbation ``exp(s t)`` the bounded solution ``u`` of ``L u = s u``, with ``w = u'/s`` and ``q = (u -
u_reset)/s``, gives the transform of the passage time and, with the stationary density ``P``, the response of the rate

    D w' + a w = u,  q' = w,  response to da = (integral of w P da) / (q_threshold + u_reset (1 - exp(-s t_ref))/s).

All of these grow upwards, so they are carried upwards, which is stable and cancels nothing; the density, ``D P' = a P -
flux``, is carried downwards. Each panel of the mesh is one step of a Radau IIA method with 12 stages. Powers of e are
kept apart, so that nothing overflows.

References
----------
Gardiner CW (2004), Handbook of Stochastic Methods, section 5.2 (passage times). Richardson MJE (2007), Firing-rate
response of linear and nonlinear integrate-and-fire neurons to modulated current-based and conductance-based synaptic
drive, Phys Rev E 76:021919 (threshold integration: the density downwards from the threshold).
"""

from __future__ import annotations

import numpy as np

from rheobase.numerics.kernel import kernel
from rheobase.numerics.threshold_mesh import drift_at, piece_of

STAGES = 12
LARGE = 1e60


@kernel
def solve(matrix, right):
    """Gauss elimination with partial pivoting, in place; the solution is left in ``right``."""
    n = right.size
    for k in range(n):
        pivot, largest = k, abs(matrix[k, k].real) + abs(matrix[k, k].imag)  # cheaper than a modulus
        for i in range(k + 1, n):
            size = abs(matrix[i, k].real) + abs(matrix[i, k].imag)
            if size > largest:
                pivot, largest = i, size
        if pivot != k:
            for j in range(k, n):
                matrix[k, j], matrix[pivot, j] = matrix[pivot, j], matrix[k, j]
            right[k], right[pivot] = right[pivot], right[k]
        inverse = 1.0 / matrix[k, k]
        for i in range(k + 1, n):
            factor = matrix[i, k] * inverse
            if factor != 0.0:
                for j in range(k + 1, n):
                    matrix[i, j] -= factor * matrix[k, j]
                right[i] -= factor * right[k]
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            right[k] -= matrix[k, j] * right[j]
        right[k] /= matrix[k, k]


@kernel
def drifts(edges, coefficients, mean, start, end, nodes, out):
    """The drift at the nodes between ``start`` and ``end``, which may be lower."""
    piece = piece_of(edges, 0.5 * (start + end))
    for j in range(nodes.size):
        out[j] = drift_at(edges, coefficients, piece, start + (end - start) * nodes[j]) + mean


@kernel
def step(matrix, a, scale, before, source, out, work):
    """Stages of ``D w' + a w = source`` from the value before; ``scale`` is the width over D."""
    n = a.size
    for i in range(n):
        right = 0.0
        for j in range(n):
            work[i, j] = scale * matrix[i, j] * a[j]
            right += matrix[i, j] * source[j]
        work[i, i] += 1.0
        out[i] = before + scale * right
    solve(work, out)


@kernel
def within(value, power):
    """A number that is kept times ``LARGE**-power``, and the power, so that it stays a number; never below 0."""
    if value > LARGE:
        return value / LARGE, power + 1
    if power > 0 and 0.0 < value < 1.0 / LARGE:
        return value * LARGE, power - 1
    return value, power


@kernel
def passage(edges, coefficients, mean, diffusion, points, first, nodes, weights, matrix):
    """Moments of the passage time over panels ``points`` (going up), of which number ``first`` starts at the reset.

    Returns
    -------
    mean, variance : float
        Times ``exp(-power)`` and ``exp(-2 power)``.
    reset, threshold : float
        ``w`` at both, times ``exp(-power)``.
    power : float
    """
    n = nodes.size
    a, w, z, source = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    work = np.empty((n, n))
    drifts(edges, coefficients, mean, points[0], points[1], nodes, a)
    slope = 1.0 / (drift_at(edges, coefficients, piece_of(edges, points[0]), points[0]) + mean)
    spread = 2.0 * diffusion * slope**3
    time, variance, at_reset = 0.0, 0.0, slope
    # each number times LARGE**-k with a k of its own: between barriers w falls as low as it had risen, T does not
    of_slope, of_spread, of_time, of_variance, of_reset = 0, 0, 0, 0, 0
    for k in range(points.size - 1):
        if k == first:
            at_reset, of_reset, of_time, of_variance = slope, of_slope, of_slope, of_spread
        width = points[k + 1] - points[k]
        drifts(edges, coefficients, mean, points[k], points[k + 1], nodes, a)
        source[:] = LARGE ** float(-of_slope)
        step(matrix, a, width / diffusion, slope, source, w, work)
        for j in range(n):
            source[j] = 2.0 * diffusion * w[j] * w[j] * LARGE ** float(2 * of_slope - of_spread)
        step(matrix, a, width / diffusion, spread, source, z, work)
        slope, spread = w[n - 1], z[n - 1]
        if k >= first:
            more = LARGE ** float(of_slope - of_time)
            for j in range(n):
                time += width * weights[j] * w[j] * more
            more = LARGE ** float(of_spread - of_variance)
            for j in range(n):
                variance += width * weights[j] * z[j] * more
        slope, of_slope = within(slope, of_slope)
        spread, of_spread = within(spread, of_spread)
        time, of_time = within(time, of_time)
        variance, of_variance = within(variance, of_variance)
    variance *= LARGE ** float(of_variance - 2 * of_time)
    at_reset *= LARGE ** float(of_reset - of_time)
    slope *= LARGE ** float(of_slope - of_time)
    power = of_time * np.log(LARGE)
    return time, variance, at_reset, slope, power
