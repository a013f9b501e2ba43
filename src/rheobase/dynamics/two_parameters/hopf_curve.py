r"""Hopf points in two parameters: :math:`f(x, p) = 0` and two eigenvalues with the sum 0.

The unknowns are the states, :math:`k = \omega^2`, and the parameters. The sum and the product of a pair of eigenvalues
are smooth where the two meet at zero: the curve passes a Bogdanov-Takens point regularly, and there k changes its sign.
Beyond it the eigenvalues are real, a neutral saddle, and nothing happens; the curve of Hopf points ends at k = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.two_parameters.fold_curve import pair_sums
from rheobase.dynamics.two_parameters.plane import Plane
from rheobase.numerics.critical import Pair, pair

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HopfCurve:
    """The equations of a curve of Hopf points, in the unknowns ``(x, k, p1, p2)``."""

    plane: Plane
    _last: dict[bytes, Pair] = field(default_factory=dict, repr=False)
    kind = "hopf"

    def unknowns(self, x: Vector, parameters: Vector) -> Vector:
        """The vector of unknowns of a Hopf point, from the pair of eigenvalues nearest to the imaginary axis."""
        values = np.linalg.eigvals(self.plane.jacobian(np.concatenate([x, parameters])))
        oscillating = values[values.imag > 0.0]
        if not oscillating.size:
            return np.concatenate([x, [0.0], parameters])
        k = float(np.abs(oscillating[np.argmin(np.abs(oscillating.real) / oscillating.imag)]) ** 2)
        return np.concatenate([x, [k], parameters])

    def scale(self, start: Vector) -> Vector:
        """The unit of each unknown."""
        k = start[-3] or self.plane.size(start) ** 2
        return np.concatenate([self.plane.scale, [k], self.plane.sizes])

    def residual(self, u: Vector) -> Vector:
        two = self.pair(u)
        return np.append(self.plane.rhs(u), [two.sum, two.product - u[-3]])

    def jacobian(self, u: Vector) -> Vector:
        two = self.pair(u)
        rows = [self.plane.by_unknowns(u), *(self.plane.by_jacobian(u, part) for part in (two.by_sum, two.by_product))]
        matrix = np.insert(np.vstack(rows), -2, 0.0, axis=1)
        matrix[-1, -3] = -1.0
        return matrix

    def pair(self, u: Vector) -> Pair:
        """The critical pair of eigenvalues; that of the last point is kept, which is asked for several times."""
        key = u.tobytes()
        if key not in self._last:
            self._last.clear()
            self._last[key] = pair(self.plane.jacobian(u), float(u[-3]))
        return self._last[key]

    @property
    def tests(self) -> dict[str, Callable[[Vector, Vector], float]]:
        """What changes its sign at points of codimension 2; the Bogdanov-Takens point is where k reaches 0."""
        n = self.plane.field.n
        tests = {"bautin": self._degenerate}
        return tests | ({"fold-hopf": self._zero} if n > 2 else {}) | ({"hopf-hopf": self._opposite} if n > 3 else {})

    def _zero(self, u: Vector, tangent: Vector) -> float:
        """The product of the other eigenvalues, each relative to its size and the frequency."""
        others = self.pair(u).others
        return float(np.prod(others / (np.abs(others) + np.sqrt(abs(u[-3])))).real)

    def _opposite(self, u: Vector, tangent: Vector) -> float:
        return pair_sums(self.pair(u).others)

    def _degenerate(self, u: Vector, tangent: Vector) -> float:
        """The first Lyapunov coefficient without its poles, where another eigenvalue or the frequency is 0."""
        lyapunov = first_lyapunov(self.plane, u)
        return lyapunov.value * u[-3] * (self._zero(u, tangent) if self.plane.field.n > 2 else 1.0)


@dataclass(frozen=True)
class Lyapunov:
    """The first Lyapunov coefficient (internal units), and relative to its terms."""

    value: float
    relative: float


def first_lyapunov(plane: Plane, u: Vector) -> Lyapunov:
    r"""The first Lyapunov coefficient of a Hopf point ``u = (x, k, p1, p2)``.

    .. math:: l_1 = \frac{1}{2\omega}\,\mathrm{Re}\left[\langle p, C(q, q, \bar q)\rangle
        - 2\langle p, B(q, A^{-1}B(q, \bar q))\rangle + \langle p, B(\bar q, (2i\omega - A)^{-1}B(q, q))\rangle\right]

    with :math:`|q| = 1` in internal units and :math:`\langle p, q\rangle = 1` (Kuznetsov 2004, eq. 5.62). It has
    poles where another eigenvalue is zero (fold-Hopf) and where the frequency is (Bogdanov-Takens), and is nan there.
    """
    a, omega = plane.jacobian(u), float(np.sqrt(max(u[-3], 0.0)))
    if omega == 0.0 or np.linalg.cond(a) > 1e15:
        return Lyapunov(np.nan, np.nan)
    q, p = _eigenvectors(a, omega)
    b, c = plane.second(u), plane.third(u)

    def quadratic(left: NDArray, right: NDArray) -> NDArray:
        return np.einsum("ijk,j,k->i", b, left, right)

    steady = np.linalg.solve(a, quadratic(q, q.conj()))
    double = np.linalg.solve(2j * omega * np.eye(len(a)) - a, quadratic(q, q))
    terms = np.array([
        p.conj() @ np.einsum("ijkl,j,k,l->i", c, q, q, q.conj()),
        -2.0 * p.conj() @ quadratic(q, steady),
        p.conj() @ quadratic(q.conj(), double),
    ])  # fmt: skip
    total = float(np.sum(terms.real))
    length = float(np.linalg.norm(q * plane.scale))
    return Lyapunov(total / (2.0 * omega * length**2), total / max(float(np.sum(np.abs(terms))), plane.size(u)))


def _eigenvectors(matrix: Vector, omega: float) -> tuple[NDArray, NDArray]:
    """The eigenvectors q of ``i omega`` and p of the adjoint, with ``|q| = 1`` and ``<p, q> = 1``."""
    left, _, right = np.linalg.svd(matrix - 1j * omega * np.eye(len(matrix)))
    q, p = right[-1].conj(), left[:, -1]
    return q, p / (p.conj() @ q).conj()
