"""The critical part of a matrix as smooth functions of it: the null vectors of a fold, the pair of a Hopf point.

A double eigenvalue 0 (Bogdanov-Takens) makes single eigenvalues and their vectors branch; the smallest singular value
and the sum and product of a *pair* of eigenvalues remain smooth, so that curves of folds and of Hopf points pass it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Null:
    """The smallest singular value with a sign, ``value = left @ matrix @ right``, and its unit vectors.

    The sign is that of the orientations of both singular bases, so that the value passes zero smoothly; its derivative
    along any change of the matrix is ``left @ change @ right``. The signs of both vectors may flip together.
    """

    value: float
    left: Matrix
    right: Matrix
    gap: float


def null(matrix: Matrix) -> Null:
    """Null vectors of a matrix that is nearly singular; ``gap`` is the second smallest singular value."""
    left, size, right = np.linalg.svd(matrix)
    sign = float(np.sign(np.linalg.det(left) * np.linalg.det(right)))
    gap = float(size[-2]) if size.size > 1 else np.inf
    return Null(sign * float(size[-1]), sign * left[:, -1], right[-1], gap)


@dataclass(frozen=True)
class Pair:
    r"""Two eigenvalues :math:`\lambda_{1,2}` of a matrix, real or conjugate, by their sum and product.

    ``by_sum`` and ``by_product`` are the derivatives by the entries of the matrix; they exist where the two meet.

    Attributes
    ----------
    sum, product : float
    by_sum, by_product : ndarray
        (n, n).
    others : ndarray
        The other eigenvalues.
    """

    sum: float
    product: float
    by_sum: Matrix
    by_product: Matrix
    others: Complex


def pair(matrix: Matrix, product: float) -> Pair:
    """The pair of eigenvalues whose sum is nearest to zero and whose product is nearest to ``product``.

    From the ordered Schur form ``matrix = Z [[A, X], [0, B]] Z^H``: the right invariant plane is ``Z[:, :2]``, the
    left one ``[1, S] Z^H`` with ``A S - S B = X``.
    """
    import scipy.linalg.lapack

    lapack: Any = scipy.linalg.lapack
    triangle, _, _, basis = lapack.zgees(lambda _: 0, matrix)[:4]
    select = np.zeros(len(matrix), dtype=np.intc)
    select[list(nearest_pair(np.diag(triangle), product))] = 1
    triangle, basis = lapack.ztrsen(select, triangle, basis, job="N")[:2]
    a, b = triangle[:2, :2], triangle[2:, 2:]
    right, left = basis[:, :2], basis[:, :2].conj().T
    if len(b):
        coupling, size, _ = lapack.ztrsyl(a, b, triangle[:2, 2:], isgn=-1)
        left = left + coupling / size @ basis[:, 2:].conj().T
    adjugate = np.array([[a[1, 1], -a[0, 1]], [-a[1, 0], a[0, 0]]])
    return Pair(
        sum=float(np.trace(a).real), product=float((a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]).real),
        by_sum=(right @ left).T.real, by_product=(right @ adjugate @ left).T.real, others=np.diag(b),
    )  # fmt: skip


def nearest_pair(values: Complex, product: float) -> tuple[int, int]:
    """Which two eigenvalues, both real or a conjugate pair, come nearest to ``+-sqrt(-product)``."""
    known: list[complex] = values.tolist()
    fastest = max(abs(value) for value in known)
    rate = math.sqrt(abs(product)) + 1e-12 * fastest

    def distance(two: tuple[int, int]) -> float:
        one, other = known[two[0]], known[two[1]]
        if abs((one + other).imag) > 1e-9 * fastest:
            return math.inf
        return abs(one * other - product) + abs(one + other) * rate

    return min(combinations(range(len(known)), 2), key=distance)
