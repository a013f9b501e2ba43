"""Elimination for a few unknowns, against LAPACK."""

import numpy as np
import pytest

from rheobase.numerics.small_solve import small_solve


@pytest.mark.parametrize("n", [1, 2, 3, 8, 40])
def test_solution_and_determinant(n):
    rng = np.random.default_rng(n)
    matrix, right = rng.normal(size=(n, n)), rng.normal(size=n)
    matrix[0, 0] = 0.0 if n > 1 else 2.0  # rows must be exchanged
    x = right.copy()
    determinant = small_solve(matrix.copy(), x)
    assert determinant == pytest.approx(np.linalg.det(matrix), rel=1e-11)
    rounding = 4 * n * np.finfo(float).eps  # of a backward stable method
    assert np.max(np.abs(matrix @ x - right)) <= rounding * np.abs(matrix).sum(axis=1).max() * np.max(np.abs(x))


def test_a_singular_matrix_is_told():
    assert small_solve(np.array([[1.0, 2.0], [2.0, 4.0]]), np.ones(2)) == 0.0
    assert small_solve(np.zeros((3, 3)), np.ones(3)) == 0.0
    assert np.isnan(small_solve(np.array([[np.nan, 1.0], [1.0, 1.0]]), np.ones(2)))
