r"""The stationary density of a drift-diffusion process with threshold and reset, and its response to modulations.

Equations and notation as in `rheobase.numerics.threshold_integration`.
"""

from __future__ import annotations

import numpy as np

from rheobase.numerics.kernel import kernel
from rheobase.numerics.threshold_integration import LARGE, drifts, solve, step, within
from rheobase.numerics.threshold_mesh import drift_at, piece_of


@kernel
def density(edges, coefficients, mean, diffusion, points, first, nodes, matrix):
    """The density for a flux of 1 through the threshold, carried downwards over the panels ``points``.

    Returns
    -------
    values : ndarray
        (panels, stages + 1): at the upper end of each panel and at the nodes below it.
    powers : ndarray
        (panels,): the density is the values times ``exp(power)``.
    """
    n, panels = nodes.size, points.size - 1
    values, powers = np.empty((panels, n + 1)), np.empty(panels)
    a, source, work = np.empty(n), np.empty(n), np.empty((n, n))
    power, p = 0, 0.0
    for k in range(panels - 1, -1, -1):
        drifts(edges, coefficients, mean, points[k + 1], points[k], nodes, a)
        source[:] = LARGE ** float(-power) if k >= first else 0.0
        step(matrix, a, (points[k + 1] - points[k]) / diffusion, p, source, values[k, 1:], work)
        values[k, 0], powers[k] = p, power * np.log(LARGE)
        p, power = within(values[k, n], power)
    return values, powers


@kernel
def weights_of_drift(
    edges, coefficients, mean, diffusion, points, first, nodes, weights, matrix, mirror, values, powers, power
):
    """How the rate depends on the drift: ``d ln rate = sum of g da(v) over all nodes``; and ``dD``'s part.

    ``values`` and ``powers`` are those of `density`, ``power`` is the logarithm of the rate.

    Returns
    -------
    places, gains : ndarray
        (panels, stages): the nodes and ``g``.
    by_diffusion : float
        ``d ln rate/dD``.
    """
    n, panels = nodes.size, points.size - 1
    places, gains = np.empty((panels, n)), np.empty((panels, n))
    a, work, w, source = np.empty(n), np.empty((n, n)), np.empty(n + 1), np.empty(n)
    large, by_diffusion = 0, 0.0
    slope = 1.0 / (drift_at(edges, coefficients, piece_of(edges, points[0]), points[0]) + mean)
    for k in range(panels):
        width = points[k + 1] - points[k]
        drifts(edges, coefficients, mean, points[k], points[k + 1], nodes, a)
        source[:] = LARGE ** float(-large)
        scale = large * np.log(LARGE)
        w[0] = slope
        step(matrix, a, width / diffusion, slope, source, w[1:], work)
        slope = w[n]
        drifts(edges, coefficients, mean, points[k + 1], points[k], nodes, a)
        size, flux = np.exp(powers[k] + power + scale), np.exp(power + scale) if k >= first else 0.0
        for j in range(n):
            upward = 0.0
            for i in range(n + 1):
                upward += mirror[j, i] * w[i]
            places[k, j] = points[k + 1] - width * nodes[j]
            gains[k, j] = width * weights[j] * upward * size * values[k, j + 1]
            change = (a[j] * size * values[k, j + 1] - flux) / diffusion
            by_diffusion -= width * weights[j] * upward * change
        slope, large = within(slope, large)
    return places, gains, by_diffusion


@kernel
def respond(
    s, edges, coefficients, mean, diffusion, points, first, nodes, weights, matrix, square, mirror, values, powers,
    power,
):  # fmt: skip
    """Numerators of the response to a modulated drift and diffusion, and what its denominator is made of.

    Parameters
    ----------
    s
        Array of complex, 1/time.
    values, powers, power
        As in `weights_of_drift`.

    Returns
    -------
    out : ndarray
        (len(s), 4): the integrals of ``w P`` and of ``-w P'``, then ``q`` at threshold and ``u`` at reset, all with one
        common positive factor for each ``s``.
    """
    n, panels = nodes.size, points.size - 1
    out = np.empty((s.size, 4), np.complex128)
    up, down = np.empty((panels, n)), np.empty((panels, n))
    p, change = np.empty((panels, n)), np.empty((panels, n))
    for k in range(panels):
        drifts(edges, coefficients, mean, points[k], points[k + 1], nodes, up[k])
        drifts(edges, coefficients, mean, points[k + 1], points[k], nodes, down[k])
        size, flux = np.exp(powers[k] + power), np.exp(power) if k >= first else 0.0
        for j in range(n):
            p[k, j] = size * values[k, j + 1]
            change[k, j] = (down[k, j] * p[k, j] - flux) / diffusion
    bottom = drift_at(edges, coefficients, piece_of(edges, points[0]), points[0]) + mean
    w, work = np.empty(n + 1, np.complex128), np.empty((n, n), np.complex128)
    for number in range(s.size):
        lam = s[number]
        u = 1.0 + 0.0j
        w[0] = 2.0 / (bottom + np.sqrt(bottom * bottom + 4.0 * diffusion * lam))
        by_mean, by_diffusion, q, at_reset = 0.0j, 0.0j, 0.0j, u
        for k in range(panels):
            if k == first:
                at_reset = u
            width = points[k + 1] - points[k]
            scale = width / diffusion
            for i in range(n):
                w[i + 1] = w[0] + scale * u * nodes[i]
                for j in range(n):
                    work[i, j] = scale * (matrix[i, j] * up[k, j] - lam * width * square[i, j])
                work[i, i] += 1.0
            solve(work, w[1:])
            rise = 0.0j
            for j in range(n):
                rise += width * weights[j] * w[j + 1]
                here = 0.0j
                for i in range(n + 1):
                    here += mirror[j, i] * w[i]
                by_mean += width * weights[j] * here * p[k, j]
                by_diffusion -= width * weights[j] * here * change[k, j]
            u += lam * rise
            if k >= first:
                q += rise
            w[0] = w[n]
            size = max(abs(u), abs(w[0]), abs(q))
            if size > LARGE:
                u, w[0], q, at_reset = u / size, w[0] / size, q / size, at_reset / size
                by_mean, by_diffusion = by_mean / size, by_diffusion / size
        out[number, 0], out[number, 1], out[number, 2], out[number, 3] = by_mean, by_diffusion, q, at_reset
    return out
