"""Special points: where a branch of equilibria or cycles changes its character."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError

if TYPE_CHECKING:
    from rheobase.dynamics.cycles.continuation import CycleBranch
    from rheobase.dynamics.field import VectorField

Vector = NDArray[np.float64]

#: Every kind, and what a sentence calls it.
KINDS = {
    "saddle-node": "saddle-node bifurcation",
    "hopf-subcritical": "subcritical Hopf bifurcation",
    "hopf-supercritical": "supercritical Hopf bifurcation",
    "hopf-degenerate": "degenerate Hopf bifurcation",
    "branch-point": "branch point",
    "cusp": "cusp",
    "fold-of-cycles": "fold of cycles",
    "period-doubling": "period doubling",
    "torus": "torus bifurcation",
    "homoclinic": "homoclinic orbit",
    "snic": "saddle-node on an invariant circle",
    "bogdanov-takens": "Bogdanov-Takens point",
    "bautin": "Bautin point",
    "fold-hopf": "fold-Hopf point",
    "hopf-hopf": "double Hopf point",
}


_OPTIONS = ("bounds", "longest_period", "tol", "intervals", "most", "throw")
_NOTHING = 1e-14
_ROOM = 0.5  # of the width of a diagram: how far cycles are followed beyond it


def without_rounding(values: Any, scale: Any) -> Vector:
    """Values to be told, of which those that are zero but for rounding, on the scale of the problem, are zero."""
    return np.where(np.abs(values) < _NOTHING * np.asarray(scale), 0.0, values)


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    r"""A bifurcation, located.

    Attributes
    ----------
    kind
        One of `KINDS`.
    parameter, value
        The parameter that was varied and where the point lies, in its shown unit.
    state
        The equilibrium, or a point of the cycle, in shown units.
    frequency_hz, period_ms
        Of the oscillation that begins or ends here; None where there is none.
    coefficient
        Of the normal form: the first Lyapunov coefficient :math:`l_1` with :math:`|q| = 1` of a Hopf point (Kuznetsov
        2004, Elements of Applied Bifurcation Theory, eq. 5.62), :math:`a = \tfrac12 p\cdot B(q, q)` of a saddle-node
        (eq. 5.34), in internal units.
    residual
        What is left of the defining equations, relative to their terms.
    values
        All parameters that were varied, in shown units: more than one for points of codimension 2.
    note
        What else is to be said, as part of a sentence.
    field, point, internal
        The vector field with all its parameter values here, the state and the value of the parameter in internal units.
    vector, adjoint
        The critical eigenvectors q and p of the Jacobian and its transpose; complex for a Hopf point.
    data
        What the solver that found the point keeps for those who go on from it.
    over
        The range of the diagram in which the point was found, in the shown unit.
    """

    kind: str
    parameter: str
    value: float
    state: Mapping[str, float]
    frequency_hz: float | None = None
    period_ms: float | None = None
    coefficient: float | None = None
    residual: float = 0.0
    values: Mapping[str, float] = part(default_factory=dict)
    note: str = ""
    field: VectorField | None = part(default=None, repr=False)
    point: Vector | None = part(default=None, repr=False)
    internal: float | None = part(default=None, repr=False)
    vector: Any = part(default=None, repr=False)
    adjoint: Any = part(default=None, repr=False)
    data: Any = part(default=None, repr=False)
    over: tuple[float, float] | None = part(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no special point of the kind '{self.kind}'")
        if not self.values:
            object.__setattr__(self, "values", {self.parameter: self.value})
        for name in ("value", "residual", "frequency_hz", "period_ms", "coefficient"):
            number = getattr(self, name)
            object.__setattr__(self, name, None if number is None else float(number))

    @property
    def is_hopf(self) -> bool:
        return self.kind.startswith("hopf-") and self.kind != "hopf-hopf"

    @property
    def sentence(self) -> str:
        """Kind, place, and what oscillates, for people."""
        where = ", ".join(f"{name} = {self._with_unit(name, value, 10)}" for name, value in self.values.items())
        state = ", ".join(f"{name} = {self._with_unit(name, value, 6)}" for name, value in self.state.items())
        text = f"{KINDS[self.kind]} at {where} ({state})"
        if self.frequency_hz is not None:
            text += f", {self.frequency_hz:.6g} Hz"
        elif self.period_ms is not None:
            text += f", period {self.period_ms:.6g} ms"
        return f"{text}; {self.note}" if self.note else text

    def _with_unit(self, name: str, value: float, digits: int) -> str:
        unit = self.field.unit_name(name) if self.field is not None else "1"
        return f"{value:.{digits}g}" if unit == "1" else f"{value:.{digits}g} {unit}"

    def __str__(self) -> str:
        return self.sentence

    def cycles(
        self,
        *,
        bounds: tuple[Any, Any] | None = None,
        longest_period: Any = None,
        tol: float = 1e-6,
        intervals: int = 400,
        most: int = 600,
        throw: bool = True,
        **unknown: Any,
    ) -> CycleBranch:
        """The branch of cycles that is born at a Hopf point.

        Parameters
        ----------
        bounds
            Range of the parameter. By default that of the diagram, and half its width more on either side, since the
            folds of cycles that belong to a Hopf point may lie somewhat outside.
        longest_period, tol, intervals, most, throw
            See `rheobase.dynamics.cycles.continuation.cycles_from_hopf`.

        Raises
        ------
        ModelError
            If this is no Hopf point; for an unknown option; and see ``throw``.
        """
        if unknown:
            raise ModelError(f"cycles() has no option '{next(iter(unknown))}'; its options are {', '.join(_OPTIONS)}")
        if not self.is_hopf:
            raise ModelError(f"cycles are born at Hopf points, and this is a {KINDS[self.kind]}; take diagram.hopf[0]")
        if self.field is None:
            raise ModelError("this point has lost its vector field; take it from a bifurcation diagram")
        from rheobase.dynamics.cycles.continuation import cycles_from_hopf

        return cycles_from_hopf(
            self.field, self.parameter, self, bounds=self._around() if bounds is None else bounds,
            longest_period=longest_period, tol=tol, intervals=intervals, most=most, throw=throw,
        )  # fmt: skip

    def _around(self) -> tuple[float, float] | None:
        """The range of the diagram with room on either side."""
        if self.over is None:
            return None
        low, high = self.over
        room = _ROOM * (high - low)
        return low - room, high + room
