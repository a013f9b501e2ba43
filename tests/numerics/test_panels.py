"""Piecewise polynomials by their values: rows that read them off."""

import numpy as np
import pytest

from rheobase.numerics.panels import Mesh


def test_rows_give_a_polynomial_wherever_it_is_asked_for():
    """Exact up to the mesh's order: at nodes, between them, at edges; below the lowest, its value there."""
    mesh = Mesh(np.array([-1.0, 0.25, 0.5, 2.0]), 6, 5)
    middle = 0.5 * (mesh.edges[1:] + mesh.edges[:-1])
    nodes = (middle[:, None] + mesh.half[:, None] * mesh.points).ravel()
    polynomial = np.polynomial.Polynomial([0.3, -1.2, 0.7, 0.1, -0.4, 0.2, 0.05])
    v = np.concatenate([nodes, np.linspace(-1.0, 2.0, 40), [-3.0]])
    matrix = np.zeros((v.size, mesh.size))
    mesh.add_values(matrix, np.arange(v.size), v, np.full(v.size, 2.0))
    assert matrix @ polynomial(nodes) == pytest.approx(2.0 * polynomial(np.maximum(v, -1.0)), abs=1e-13)


def test_rows_add_up():
    mesh = Mesh(np.array([0.0, 1.0, 2.0]), 3, 2)
    matrix = np.zeros((1, mesh.size))
    mesh.add_values(matrix, np.zeros(3, int), np.array([0.3, 0.3, 1.7]), np.array([1.0, 2.0, -0.5]))
    assert matrix.sum() == pytest.approx(2.5, abs=1e-14)
