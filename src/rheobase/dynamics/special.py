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

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no special point of the kind '{self.kind}'")
        if not self.values:
            object.__setattr__(self, "values", {self.parameter: self.value})

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

    def cycles(self, **options: Any) -> Any:
        """The branch of cycles that is born at a Hopf point.

        Parameters
        ----------
        **options
            See `rheobase.dynamics.cycles.cycles_from_hopf`.

        Raises
        ------
        ModelError
            If this is no Hopf point.
        """
        if not self.is_hopf:
            raise ModelError(f"cycles are born at Hopf points, and this is a {KINDS[self.kind]}; take diagram.hopf[0]")
        if self.field is None:
            raise ModelError("this point has lost its vector field; take it from a bifurcation diagram")
        from rheobase.dynamics.cycles.continuation import cycles_from_hopf

        return cycles_from_hopf(self.field, self.parameter, self, **options)
