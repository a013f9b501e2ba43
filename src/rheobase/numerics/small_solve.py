"""A linear system of a few unknowns, for use inside other kernels, where a call of LAPACK would cost more than it."""

from __future__ import annotations

from rheobase.numerics.kernel import kernel


@kernel
def small_solve(matrix, right):
    """Solve ``matrix @ x = right`` by Gaussian elimination with row exchanges, in place: ``right`` becomes ``x``.

    Returns the determinant: 0 if an exact zero is met as a pivot, and then ``right`` is of no use; nan if the matrix
    holds one.
    """
    n, determinant = right.size, 1.0
    for k in range(n):
        p = _largest(matrix, k)
        if p != k:
            determinant = -determinant
            right[k], right[p] = right[p], right[k]
            for j in range(k, n):
                matrix[k, j], matrix[p, j] = matrix[p, j], matrix[k, j]
        pivot = matrix[k, k]
        determinant *= pivot
        if pivot == 0.0:
            return 0.0
        for i in range(k + 1, n):
            share = matrix[i, k] / pivot
            right[i] -= share * right[k]
            for j in range(k + 1, n):
                matrix[i, j] -= share * matrix[k, j]
    _back(matrix, right)
    return determinant


@kernel
def _largest(matrix, k):
    """Row, from the diagonal down, of the largest entry of a column."""
    p = k
    for i in range(k + 1, matrix.shape[0]):
        if abs(matrix[i, k]) > abs(matrix[p, k]):
            p = i
    return p


@kernel
def _back(matrix, right):
    """Substitute from the last row up."""
    for k in range(right.size - 1, -1, -1):
        total = right[k]
        for j in range(k + 1, right.size):
            total -= matrix[k, j] * right[j]
        right[k] = total / matrix[k, k]
