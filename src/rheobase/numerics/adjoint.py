r"""The periodic solution of the adjoint equation on a cycle: how much later or earlier a small push makes it.

.. math::
    \frac{dZ}{dt} = -J(t)^T Z,\qquad Z \cdot f = 1

is collocated on the mesh of the cycle. The operator has one null vector on either side; the border that removes them is
``f``, both as the row that normalises and as the column that takes up what is left, which has to be nothing.

Reference
---------
Ermentrout B (1996), Type I membranes, phase resetting curves, and synchrony, Neural Comput 8:979.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.collocation import Orbit, Problem, as_mesh, scaled_jacobian
from rheobase.numerics.condensation import factor, solve

Array = NDArray[np.float64]


def adjoint(problem: Problem, orbit: Orbit) -> tuple[Array, float]:
    """``Z`` at the nodes (N, m, n), in time per unit of the states, and by how much ``Z f`` differs from 1 at most."""
    mesh, n = orbit.mesh, orbit.n
    J = -np.swapaxes(scaled_jacobian(problem, orbit), 0, 1)
    rates = as_mesh(problem.rhs(orbit.gauss(), orbit.parameter), mesh) / problem.scale
    reach = orbit.period * mesh.widths
    size = float(np.max(np.abs(rates)))
    column = (reach[:, None, None] * rates / size)[..., None]
    row = mesh.row(rates / size * mesh.widths[:, None, None])[None]
    factors = factor(J, reach, mesh.basis.values, mesh.basis.slopes, column, row, np.zeros((1, 1)))
    Z, _ = solve(factors, np.zeros((mesh.N, mesh.m, n)), np.ones(1) / size)
    product = np.sum(mesh.values(Z) * rates, axis=-1)
    mean = float(mesh.integral(product[..., None])[0])
    return Z / mean / problem.scale, float(np.max(np.abs(product / mean - 1.0)))
