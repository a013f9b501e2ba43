r"""What a linearisation says about an equilibrium.

With eigenvalues :math:`\lambda` of the Jacobian, an equilibrium is a *node* if all are real and of one sign, a *focus*
if the real parts have one sign and at least one pair is complex, and a *saddle* if real parts of both signs occur.

Rounding makes a zero inexact, so degenerate cases need a tolerance. Where two equilibria merge, their place is only
known to the square root of the rounding error (1e-8) and so is the eigenvalue: it counts as zero below 1e-7 of the
fastest rate of the linearisation. The same square root separates two eigenvalues that should be equal: they count as
such if they differ by less than 1e-7 of their size. A real part of a pair has no such root: it is zero below 1e-9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Complex = NDArray[np.complex128]

ZERO_EIGENVALUE = 1e-7
EQUAL_EIGENVALUES = 1e-7
ZERO_REAL_PART = 1e-9


@dataclass(frozen=True)
class Stability:
    """Eigenvalues (per ms, those that grow fastest first) with their eigenvectors (columns), and what they mean.

    ``kind`` is one of stable node, unstable node, stable focus, unstable focus, saddle; or of saddle-node (one
    eigenvalue is zero), centre, degenerate node, non-hyperbolic. ``note`` says more.
    """

    kind: str
    eigenvalues: Complex
    vectors: Complex
    note: str = ""

    @property
    def stable(self) -> bool:
        """Whether small perturbations die out; False where the linearisation does not say so."""
        return bool(np.all(self.eigenvalues.real < 0.0)) and self.kind not in (
            "saddle-node",
            "centre",
            "non-hyperbolic",
        )


def in_order(eigenvalues: NDArray) -> Complex:
    """Eigenvalues along the last axis, those that grow fastest first; of a pair, the positive frequency first."""
    values: Complex = np.asarray(eigenvalues, dtype=np.complex128)
    order = np.lexsort((-values.imag, -values.real), axis=-1)
    return np.take_along_axis(values, order, axis=-1)


def stability(jacobian: Vector, scale: Vector | None = None, rate: float = 0.0) -> Stability:
    """The type of an equilibrium.

    Parameters
    ----------
    jacobian
        (n, n), per ms.
    scale
        Unit of each state, in which the matrix is judged; 1 by default.
    rate
        A rate (per ms) that is not small in this system, where the linearisation itself may vanish.
    """
    found = np.linalg.eig(jacobian)
    values = in_order(found.eigenvalues)
    places = [int(np.argmin(np.abs(found.eigenvalues - value))) for value in values]
    vectors: Complex = np.asarray(found.eigenvectors, dtype=np.complex128)[:, places]
    units = np.ones(len(jacobian)) if scale is None else scale
    scaled = jacobian * units / units[:, None]
    fastest = max(float(np.abs(values).max()), float(np.abs(scaled).max()), rate)
    kind, note = _kind(values, fastest)
    if kind in ("stable node", "unstable node") and len(values) == 2:
        kind, note = _equal(values, scaled, kind)
    return Stability(kind, values, vectors, note)


def _kind(values: Complex, fastest: float) -> tuple[str, str]:
    zero = np.abs(values) <= ZERO_EIGENVALUE * fastest
    if zero.any():
        if np.count_nonzero(zero) == 1:
            return "saddle-node", "one eigenvalue is zero: a saddle-node or another point where branches meet"
        return "non-hyperbolic", f"{np.count_nonzero(zero)} eigenvalues are zero"
    turning = values.imag != 0.0
    on_axis = turning & (np.abs(values.real) <= ZERO_REAL_PART * fastest)
    if on_axis.any():
        what = "an imaginary pair of eigenvalues: the linearisation does not say whether it is stable"
        return ("centre" if on_axis.all() else "non-hyperbolic"), what
    signs = values.real > 0.0
    if signs.any() and not signs.all():
        return "saddle", "with a complex pair: a saddle-focus" if turning.any() else ""
    side = "unstable" if signs.any() else "stable"
    return f"{side} {'focus' if turning.any() else 'node'}", ""


def _equal(values: Complex, scaled: Vector, kind: str) -> tuple[str, str]:
    """Nodes of the plane with two equal eigenvalues."""
    if abs(values[0] - values[1]) > EQUAL_EIGENVALUES * abs(values[0]):
        return kind, ""
    beside = max(abs(scaled[0, 1]), abs(scaled[1, 0]))
    form = "a star" if beside <= EQUAL_EIGENVALUES * abs(values[0]) else "improper, with one eigenvector"
    return "degenerate node", f"{kind.split()[0]}, two equal eigenvalues: {form}"
