"""Points of codimension 2 on curves of saddle-nodes and Hopf points: accepted only if all their conditions hold.

A test function that changes its sign may also do so for another reason: a sum of two real eigenvalues is zero at a
neutral saddle, a sum of a complex pair at a Hopf point. Each point is therefore held to the definition of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.special import SpecialPoint, without_rounding
from rheobase.dynamics.two_parameters.fold_curve import FoldCurve, curvature
from rheobase.dynamics.two_parameters.hopf_curve import HopfCurve, first_lyapunov
from rheobase.dynamics.two_parameters.plane import Plane
from rheobase.numerics.critical import Null, Pair, null

Vector = NDArray[np.float64]

_ACCEPTED = 1e-6
_DEGENERATE = 1e-9


@dataclass(frozen=True)
class Found:
    """What the conditions of a point leave over, relative to their terms, and what is known of it."""

    residual: float
    omega: float | None = None
    coefficient: float | None = None
    note: str = ""


def special_point(curve: FoldCurve | HopfCurve, kind: str, u: Vector, tangent: Vector) -> SpecialPoint | None:
    """The point of codimension 2 at ``u``; None if one of its conditions does not hold."""
    found = _CONDITIONS[curve.kind, kind](curve, u, tangent)
    if found is None or not found.residual <= _ACCEPTED:
        return None
    plane = curve.plane
    field, names = plane.field, plane.names
    x, _ = plane.split(u)
    places, told = without_rounding(u[-2:], plane.sizes), without_rounding(x, plane.scale)
    values = {name: float(field.shown(name, at)) for name, at in zip(names, places, strict=True)}
    state = {name: float(field.shown(name, at)) for name, at in zip(field.states, told, strict=True)}
    there = field.with_values(**dict(zip(names, u[-2:].tolist(), strict=True)))
    return SpecialPoint(
        kind, names[0], values[names[0]], state,
        frequency_hz=None if found.omega is None else 1e3 * found.omega / (2.0 * np.pi),
        period_ms=None if found.omega is None else 2.0 * np.pi / found.omega,
        coefficient=found.coefficient, residual=float(max(found.residual, _equilibrium(plane, u))), values=values,
        note=found.note, field=there, point=x, internal=float(u[-2]),
        data=u,
    )  # fmt: skip


def _equilibrium(plane: Plane, u: Vector) -> float:
    """What is left of ``f = 0``, in units of the states times the fastest rate."""
    return float(np.abs(plane.rhs(u)).max() / plane.size(u))


def _takens_on_fold(curve: FoldCurve, u: Vector, tangent: Vector) -> Found | None:
    vectors = curve.null(u)
    return _takens(curve.plane, u, vectors, abs(float(vectors.left @ vectors.right)))


def _takens_on_hopf(curve: HopfCurve, u: Vector, tangent: Vector) -> Found | None:
    vectors = null(curve.plane.jacobian(u))
    return _takens(curve.plane, u, vectors, abs(float(vectors.left @ vectors.right)))


def _takens(plane: Plane, u: Vector, vectors: Null, angle: float) -> Found | None:
    r"""Two eigenvalues 0 with one eigenvector.

    Normal form :math:`\dot w_0 = w_1,\ \dot w_1 = a w_0^2 + b w_0 w_1` (Kuznetsov 2004, eq. 8.51 and 8.75):
    :math:`a = \tfrac12 p_1\cdot B(q_0, q_0)`, :math:`b = p_0\cdot B(q_0, q_0) + p_1\cdot B(q_0, q_1)`. The cycles next
    to the point are stable where :math:`ab < 0`.
    """
    size = plane.size(u)
    residual = max(abs(vectors.value) / size, angle)
    if residual > _ACCEPTED or vectors.gap < _DEGENERATE * size:  # two null vectors are another, more degenerate point
        return None
    a, b = takens_coefficients(plane, u, vectors)
    if abs(a) < _DEGENERATE * size:
        return None
    values = np.linalg.eigvals(plane.jacobian(u))
    others = np.delete(values, np.argsort(np.abs(values))[:2])
    stable = a * b < 0.0 and bool(np.all(others.real < 0.0))
    return Found(residual, None, a * b, f"the cycles beside it are {'' if stable else 'un'}stable")


def takens_coefficients(plane: Plane, u: Vector, vectors: Null) -> tuple[float, float]:
    """The coefficients a and b of the normal form, with ``|q0| = 1``."""
    matrix = plane.jacobian(u)
    q0, p1 = vectors.right, vectors.left
    inverse = np.linalg.pinv(matrix, rcond=min(1e-7, 1e-3 * vectors.gap / np.linalg.norm(matrix, 2)))
    q1 = inverse @ q0
    p1 = p1 / (p1 @ q1)
    q1 = q1 - q0 * (q0 @ q1)
    p0 = inverse.T @ p1
    p0 = p0 - p1 * (p0 @ q1)
    b = plane.second(u)
    bend = np.einsum("ijk,j,k->i", b, q0, q0)
    return float(0.5 * p1 @ bend), float(p0 @ bend + p1 @ np.einsum("ijk,j,k->i", b, q0, q1))


def _cusp(curve: FoldCurve, u: Vector, tangent: Vector) -> Found | None:
    r"""No curvature along the null vector, but a cubic term (Kuznetsov 2004, eq. 8.49).

    :math:`c = \tfrac16 w\cdot\left[C(v, v, v) - 3B(v, A^{-1}B(v, v))\right]` with :math:`w\cdot v = 1`.
    """
    plane = curve.plane
    vectors = curve.null(u)
    v, w = vectors.right, vectors.left
    second = plane.second(u)
    terms = np.abs(np.einsum("i,ijk,j,k->ijk", w, second, v, v)).sum()
    size = plane.size(u)
    residual = max(abs(curvature(plane, u, vectors)) / max(float(terms), size), abs(vectors.value) / size)
    bend = np.einsum("ijk,j,k->i", second, v, v)
    n = len(v)
    bordered = np.block([[plane.jacobian(u), w[:, None]], [v[None], np.zeros((1, 1))]])
    answer = np.linalg.solve(bordered, np.append(bend, 0.0))[:n]
    cubic = w @ (np.einsum("ijkl,j,k,l->i", plane.third(u), v, v, v) - 3.0 * np.einsum("ijk,j,k->i", second, v, answer))
    scale = float(w @ v)
    return Found(residual, coefficient=float(cubic / (6.0 * scale)) if scale else None)


def _fold_hopf_on_fold(curve: FoldCurve, u: Vector, tangent: Vector) -> Found | None:
    """Beside the zero there is a pair on the imaginary axis; two opposite real eigenvalues are a neutral saddle."""
    vectors = curve.null(u)
    values = np.linalg.eigvals(curve.plane.jacobian(u))
    return _oscillation(np.delete(values, np.argmin(np.abs(values))), abs(vectors.value) / curve.plane.size(u))


def _fold_hopf_on_hopf(curve: HopfCurve, u: Vector, tangent: Vector) -> Found | None:
    two = curve.pair(u)
    smallest = float(np.min(np.abs(two.others)))
    return _with_pair(two, smallest / np.sqrt(abs(u[-3])))


def _hopf_hopf(curve: HopfCurve, u: Vector, tangent: Vector) -> Found | None:
    """The other pair is on the imaginary axis as well."""
    two = curve.pair(u)
    other = _oscillation(two.others, 0.0)
    if other is None or other.omega is None:
        return None
    found = _with_pair(two, other.residual)
    second = 1e3 * other.omega / (2.0 * np.pi)
    return Found(found.residual, found.omega, None, f"the second frequency is {second:.6g} Hz")


def _bautin(curve: HopfCurve, u: Vector, tangent: Vector) -> Found | None:
    """The first Lyapunov coefficient is zero, by its own size and not by a pole of its neighbours."""
    lyapunov = first_lyapunov(curve.plane, u)
    return _with_pair(curve.pair(u), abs(lyapunov.relative))


def _oscillation(values: Any, residual: float) -> Found | None:
    """The pair of eigenvalues nearest to the imaginary axis, if it is complex."""
    oscillating = values[values.imag > 0.0]
    if not oscillating.size:
        return None
    nearest = oscillating[np.argmin(np.abs(oscillating.real) / oscillating.imag)]
    return Found(max(residual, float(abs(nearest.real) / abs(nearest))), float(nearest.imag))


def _with_pair(two: Pair, residual: float) -> Found:
    """The conditions of the pair of eigenvalues itself added."""
    if not two.product > 0.0:
        return Found(np.inf)
    omega = float(np.sqrt(two.product))
    return Found(max(residual, abs(two.sum) / omega), omega)


_CONDITIONS: dict[tuple[str, str], Callable[..., Found | None]] = {
    ("saddle-node", "bogdanov-takens"): _takens_on_fold,
    ("saddle-node", "cusp"): _cusp,
    ("saddle-node", "fold-hopf"): _fold_hopf_on_fold,
    ("hopf", "bogdanov-takens"): _takens_on_hopf,
    ("hopf", "fold-hopf"): _fold_hopf_on_hopf,
    ("hopf", "hopf-hopf"): _hopf_hopf,
    ("hopf", "bautin"): _bautin,
}
