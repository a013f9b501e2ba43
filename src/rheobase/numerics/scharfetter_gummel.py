r"""Finite volumes for ``dP/dt = -dJ/dv``, ``J = a(v) P - D dP/dv``, between a wall and an absorbing threshold.

The density lives on nodes ``v_0 < ... < v_n``; node ``v_n`` is the threshold, where it is zero, and nothing passes
below ``v_0``. The flux between two nodes is that of a constant drift between them, solved exactly (Scharfetter & Gummel
1969, IEEE Trans Electron Devices 16:64):

    J_i = (D/h_i) [B(-x_i) P_i - B(x_i) P_{i+1}],    x_i = a_i h_i/D,    B(x) = x/(exp(x) - 1),

``a_i`` the mean of the drift over the edge. Its change ``b_i`` from one node to the other enters in first order: the
exact flux is divided by ``integral of exp(-integral of a/D)``, which is that of a constant drift times

    exp(d_i),    d_i = b_i h_i/(2 D) (x coth(x/2) - 2)/x**2.

Where the drift outruns diffusion the flux becomes ``a(v_i) P_i``, with the drift at the node: without this factor the
density there would be right to first order in ``h_i`` only. The scheme is conservative, the density stays positive
whatever the ratio of drift to diffusion, and the error is of second order in the widths.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel

Array = NDArray[np.float64]

_LARGE, _LEAST = 1e50, 1e-200


class Grid(NamedTuple):
    """The nodes of several populations, a row each, padded to the longest row.

    Attributes
    ----------
    count : (populations,)
        Number of nodes below the threshold, ``n``, which is the number of edges too.
    volume : (populations, longest)
        Width that belongs to each node: half the edges beside it. ``sum(volume * density)`` is the probability.
    edge, drift, bend : (populations, longest)
        Width ``h_i`` of the edge above each node, the mean drift ``a_i`` over it, and the drift's change ``b_i``.
    reset : (populations,)
        The node where neurons are put after their refractory time.
    """

    count: NDArray[np.int64]
    volume: Array
    edge: Array
    drift: Array
    bend: Array
    reset: NDArray[np.int64]


@kernel
def exchange(edge, drift, bend, count, mean, diffusion, up, down):
    """Rates of passage over the edges: ``J_i = up_i P_i - down_i P_{i+1}``, with ``mean`` added to the drift."""
    for i in range(count):
        x = (drift[i] + mean) * edge[i] / diffusion
        size = abs(x)
        against = 1.0 - 0.5 * size + size * size / 12.0 if size < 1e-3 else size / np.expm1(size)
        along = against + size
        shape = 1.0 / 6.0 - size * size / 360.0 if size < 0.1 else (along + against - 2.0) / (size * size)
        scale = diffusion / edge[i] * np.exp(-0.5 * bend[i] * edge[i] / diffusion * shape)
        if x >= 0.0:
            up[i], down[i] = scale * along, scale * against
        else:
            up[i], down[i] = scale * against, scale * along


@kernel
def change(density, up, down, count, out):
    """``out_i = J_{i-1} - J_i``, what flows into each node's volume; returns the flux through the threshold."""
    below = 0.0
    for i in range(count - 1):
        flux = up[i] * density[i] - down[i] * density[i + 1]
        out[i] = below - flux
        below = flux
    through = up[count - 1] * density[count - 1]
    out[count - 1] = below - through
    return through


@kernel
def implicit(volume, up, down, count, step, back, reset, known, solution, work, unit):
    """Solve ``volume P - step (flow(P) + back through(P) at the reset) = known``: one implicit step.

    ``back`` is the share of the flux through the threshold that is put at the reset at once. It makes the matrix a
    tridiagonal one, ``T``, and a single element more: ``P = y + back step up_n y_n/(1 - back step up_n z_n) z`` with
    ``T y = known``, ``T z = unit vector of the reset`` (Sherman & Morrison 1950, Ann Math Stat 21:124). Elimination
    without pivots is stable, since the columns of ``T`` are dominated by their diagonal.

    Parameters
    ----------
    volume, up, down, count
        The row of a grid, and `exchange` on it.
    known, solution, work, unit
        Arrays of length ``count``; the last two are overwritten.
    """
    for i in range(count):
        lower = step * up[i - 1] if i > 0 else 0.0
        diagonal = volume[i] + step * (up[i] + (down[i - 1] if i > 0 else 0.0))
        if i == 0:
            pivot, forward, carried = diagonal, known[0], 1.0 if reset == 0 else 0.0
        else:
            pivot = diagonal - lower * work[i - 1]
            forward = known[i] + lower * solution[i - 1]
            carried = (1.0 if reset == i else 0.0) + lower * unit[i - 1]
        work[i] = step * down[i] / pivot
        solution[i], unit[i] = forward / pivot, carried / pivot
    for i in range(count - 2, -1, -1):
        solution[i] += work[i] * solution[i + 1]
        unit[i] += work[i] * unit[i + 1]
    if back > 0.0:
        outward = back * step * up[count - 1]
        factor = outward * solution[count - 1] / (1.0 - outward * unit[count - 1])
        for i in range(count):
            solution[i] += factor * unit[i]


@kernel
def stationary_density(edge, drift, bend, count, reset, mean, diffusion):
    """A density that is stationary for some flux from reset to threshold, and that flux; of any scale together."""
    up, down, density = np.empty(count), np.empty(count), np.empty(count)
    exchange(edge, drift, bend, count, mean, diffusion, up, down)
    above, through = 0.0, 1.0
    for i in range(count - 1, -1, -1):
        density[i] = ((through if i >= reset else 0.0) + down[i] * above) / max(up[i], _LEAST)
        above = density[i]
        if above > _LARGE:
            density[i:] /= above
            through /= above
            above = 1.0
    return density, through
