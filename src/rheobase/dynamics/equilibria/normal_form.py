r"""Coefficients of normal forms, from exact derivatives.

With :math:`B(x, y)_i = \sum f_{i,jk} x_j y_k` and :math:`C(x, y, z)_i = \sum f_{i,jkl} x_j y_k z_l` at an equilibrium
whose Jacobian is A. Kuznetsov (2004), Elements of Applied Bifurcation Theory, doi:10.1007/978-1-4757-3978-7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Complex = NDArray[np.complex128]

_ROUNDED = 1e-9


@dataclass(frozen=True)
class Lyapunov:
    """The first Lyapunov coefficient, the angular frequency (rad/ms), the critical eigenvectors with ``p . q = 1``, and
    whether the coefficient is zero up to the rounding of its terms."""

    value: float
    omega: float
    vector: Complex
    adjoint: Complex
    zero: bool


def first_lyapunov(jacobian: Vector, second: Vector, third: Vector) -> Lyapunov:
    r"""Whether the cycles at a Hopf point are stable (negative) or not (positive).

    .. math:: l_1 = \frac{1}{2\omega} \mathrm{Re}\left[\bar p\cdot C(q, q, \bar q)
              - 2 \bar p\cdot B(q, A^{-1} B(q, \bar q)) + \bar p\cdot B(\bar q, (2i\omega - A)^{-1} B(q, q))\right]

    with :math:`A q = i\omega q`, :math:`A^T p = -i\omega p`, :math:`|q| = 1` and :math:`\bar p\cdot q = 1` (Kuznetsov
    2004, eq. 5.62). Its size depends on the units of the states, its sign does not.
    """
    values, vectors = (np.asarray(part, dtype=np.complex128) for part in np.linalg.eig(jacobian))
    at = critical_pair(values)
    omega = float(values[at].imag)
    q: Complex = vectors[:, at] / np.linalg.norm(vectors[:, at])
    p = _left(jacobian, 1j * omega, q)

    def bilinear(x: Complex, y: Complex) -> Complex:
        return np.einsum("ijk,j,k->i", second, x, y)

    cubic = p.conj() @ np.einsum("ijkl,j,k,l->i", third, q, q, q.conj())
    mean: Complex = np.asarray(np.linalg.solve(jacobian, bilinear(q, q.conj())), dtype=np.complex128)
    double: Complex = np.asarray(
        np.linalg.solve(2j * omega * np.eye(len(q)) - jacobian, bilinear(q, q)), dtype=np.complex128
    )
    terms = np.array([cubic, -2.0 * p.conj() @ bilinear(q, mean), p.conj() @ bilinear(q.conj(), double)]) / (
        2.0 * omega
    )
    value = float(terms.sum().real)
    return Lyapunov(value, omega, q, p, abs(value) <= _ROUNDED * float(np.abs(terms).sum()))


def critical_pair(values: Complex) -> int:
    """Which eigenvalue belongs to the complex pair nearest to the imaginary axis, by angle."""
    slant = np.where(values.imag > 0.0, np.abs(values.real) / np.maximum(np.abs(values), 1e-300), np.inf)
    return int(np.argmin(slant))


def _left(matrix: Vector, eigenvalue: complex, q: Complex) -> Complex:
    """The p with ``A^T p = conj(eigenvalue) p`` and ``conj(p) . q = 1``."""
    values, vectors = (np.asarray(part, dtype=np.complex128) for part in np.linalg.eig(matrix.T))
    p: Complex = vectors[:, int(np.argmin(np.abs(values - np.conj(eigenvalue))))]
    return p / np.conj(np.vdot(p, q))


@dataclass(frozen=True)
class Fold:
    """``a`` of the normal form, null vectors with ``|q| = 1`` and ``p . q = 1``, and the slope by the parameter
    ``p . f_parameter``; both numbers also relative to their terms."""

    value: float
    by_parameter: float
    vector: Vector
    adjoint: Vector
    relative: float
    relative_by_parameter: float


def fold(jacobian: Vector, second: Vector, third: Vector, by_parameter: Vector, unit: Vector) -> Fold:
    r""":math:`a = \tfrac12 p\cdot B(q, q)` of a zero eigenvalue; not 0 at a saddle-node (Kuznetsov 2004, eq. 5.34).

    Parameters
    ----------
    unit
        Scale of each state: sizes are taken in these, that of ``a`` relative to second and third derivatives.
    """
    values, vectors = np.linalg.eig(jacobian)
    q = _real(vectors[:, int(np.argmin(np.abs(values)))])
    values, vectors = np.linalg.eig(jacobian.T)
    p = _real(vectors[:, int(np.argmin(np.abs(values)))])
    p = p / (p @ q) if p @ q != 0.0 else p
    bent = np.einsum("ijk,j,k->i", second, q, q)
    a, slope = 0.5 * float(p @ bent), float(p @ by_parameter)
    weight, stretch = float(np.abs(p * unit).max()), float(np.linalg.norm(q / unit))
    quadratic = np.abs(second * unit * unit[:, None] / unit[:, None, None]).max()
    cubic = np.abs(third * unit * unit[:, None] * unit[:, None, None] / unit[:, None, None, None]).max()
    size = weight * stretch**2 * float(max(quadratic, cubic))
    forcing = weight * float(np.abs(by_parameter / unit).max())
    return Fold(a, slope, q, p, abs(a) / size if size else 0.0, abs(slope) / forcing if forcing else 0.0)


def _real(vector: Complex) -> Vector:
    turned = vector * np.exp(-1j * np.angle(vector[int(np.argmax(np.abs(vector)))]))
    real = np.ascontiguousarray(turned.real)
    return real / np.linalg.norm(real)
