"""Why no equilibrium is found: equations without a finite value, or equations that leave a state undetermined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import Box
from rheobase.dynamics.field import VectorField

Vector = NDArray[np.float64]

_SINGULAR = 1e-12


def why_none(field: VectorField, box: Box) -> str:
    """A sentence if the equations themselves are the reason; else '', and there is just none in the box."""
    lost = _lost(field, box)
    if lost:
        cause = _zero(field, lambda changed: lost[0] not in _lost(changed, box))
        hint = "it may divide by zero or overflow; look at the parameters" if cause is None else f"{cause} is 0"
        return f"the right-hand side of '{lost[0]}' is not finite anywhere in the box: {hint}"
    still = _still(field, box)
    if still:
        cause = _zero(field, lambda changed: still[0] not in _still(changed, box))
        hint = "" if cause is None else f", because {cause} is 0"
        return (
            f"'{still[0]}' does not change anywhere in the box{hint}, so that equilibria are not isolated but fill "
            f"whole curves; make '{still[0]}' a parameter to hold it, or give other parameters"
        )
    if _singular(field, box):
        return (
            "the determinant of the Jacobian is zero all over the box, so that the equations do not fix the states: "
            "equilibria, if there are any, are not isolated but fill whole curves; a conserved quantity can be written "
            "as a parameter in place of one of the states"
        )
    return ""


def _places(field: VectorField, box: Box) -> Vector:
    """Some points of the box (n, points)."""
    fractions = np.linspace(0.013, 0.987, 25)
    spread = np.stack([np.roll(fractions, 7 * at) for at in range(field.n)])
    return box.lower[:, None] + box.width[:, None] * spread


def _lost(field: VectorField, box: Box) -> list[str]:
    """The states whose right-hand side is not finite at any of some points of the box."""
    with np.errstate(all="ignore"):
        flow = field.rhs(_places(field, box))
    return [state for state, rates in zip(field.states, flow, strict=True) if not np.isfinite(rates).any()]


def _still(field: VectorField, box: Box) -> list[str]:
    """The states whose right-hand side is zero at all of them."""
    with np.errstate(all="ignore"):
        flow = field.rhs(_places(field, box))
    return [state for state, rates in zip(field.states, flow, strict=True) if not rates.any()]


def _singular(field: VectorField, box: Box) -> bool:
    """Whether the Jacobian is singular at all of them, relative to the sizes of its rows and columns."""
    with np.errstate(all="ignore"):
        slopes = np.moveaxis(field.jacobian(_places(field, box)), 2, 0) * box.width
    slopes = slopes[np.isfinite(slopes).all(axis=(1, 2))]
    rows = np.linalg.norm(slopes, axis=2, keepdims=True)
    determinants = np.linalg.det(slopes / np.where(rows > 0.0, rows, 1.0))
    return len(slopes) > 0 and bool(np.all(np.abs(determinants) < _SINGULAR))


def _zero(field: VectorField, helps: Callable[[VectorField], bool]) -> str | None:
    """A parameter that is zero and, if it were not, would help."""
    names = [name for name, value in zip(field.parameters, field.values, strict=True) if value == 0.0]
    return next((name for name in names if helps(field.with_values(**{name: 1.0}))), None)
