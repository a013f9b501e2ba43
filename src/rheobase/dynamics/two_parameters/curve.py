"""A curve of bifurcations in the plane of two parameters, as a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint

Vector = NDArray[np.float64]

#: What a curve consists of, by its kind.
NAMES = {"saddle-node": "saddle-nodes", "hopf": "Hopf points", "fold-of-cycles": "folds of cycles"}
_METHODS = (
    "Keller HB (1977), in: Applications of Bifurcation Theory, Academic Press (pseudo-arclength continuation)",
    "Govaerts W (2000), Numerical Methods for Bifurcations of Dynamical Equilibria, SIAM (curves of codimension 1)",
    "Kuznetsov YA (2004), Elements of Applied Bifurcation Theory, 3rd ed., Springer (points of codimension 2)",
)


@dataclass(frozen=True, eq=False)
class TwoParameterCurve:
    """A curve of bifurcations in the plane of two parameters.

    Attributes
    ----------
    kind
        ``saddle-node``, ``hopf`` or ``fold-of-cycles``.
    names
        The two parameters.
    values
        Name to values along the curve, shown units.
    states
        The equilibrium along the curve, shown units; for folds of cycles the time averages.
    frequency_hz
        Along a curve of Hopf points.
    period_ms
        Along a curve of folds of cycles.
    l1
        First Lyapunov coefficient along a curve of Hopf points (as `SpecialPoint.coefficient`): negative where they are
        supercritical. It changes its sign at a Bautin point. nan where the frequency is 0.
    special
        The points of codimension 2, in order along the curve.
    start
        The point that was continued.
    status
        A sentence: why the curve ends where it does.
    ends
        The same for the first and the last point.
    complete
        Whether both ends have their reason in the model or in the bounds.
    closed
        Whether the curve comes back to its start.
    field
        The vector field at the start.
    extent
        For folds of cycles: the highest minus the lowest value of each state, shown units.

    Examples
    --------
    >>> from rheobase.dynamics import continuation, continue_point                       # doctest: +SKIP
    >>> diagram = continuation(library.hodgkin_huxley(), "I", (0, 160))                  # doctest: +SKIP
    >>> continue_point(diagram.hopf[0], ("I", "E_K")).special[0].sentence                # doctest: +SKIP
    'Bogdanov-Takens point at I = -6.583528787 uA/cm2, E_K = -59.61420195 mV ...'
    """

    kind: str
    names: tuple[str, str]
    values: Mapping[str, Vector]
    states: Mapping[str, Vector]
    frequency_hz: Vector | None
    period_ms: Vector | None
    l1: Vector | None
    special: tuple[SpecialPoint, ...]
    start: SpecialPoint
    status: str
    ends: tuple[str, str]
    complete: bool
    closed: bool
    field: VectorField = part(repr=False)
    extent: Mapping[str, Vector] | None = None

    def __len__(self) -> int:
        return len(self.values[self.names[0]])

    def of_kind(self, kind: str) -> tuple[SpecialPoint, ...]:
        """The points of codimension 2 of one kind."""
        return tuple(point for point in self.special if point.kind == kind)

    @property
    def label(self) -> str:
        """What the curve consists of: ``saddle-nodes``, ``Hopf points``, ``folds of cycles``."""
        return NAMES[self.kind]

    def unit_name(self, name: str) -> str:
        """The unit in which a parameter or state is shown."""
        return self.field.unit_name(name)

    def __repr__(self) -> str:
        return f"TwoParameterCurve({len(self)} {self.label} in {self.names[0]} and {self.names[1]}; {self.status})"

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """The curve, its points of codimension 2, and why it ends, in lines."""
        (first, second), values = self.names, self.values
        ranges = " and ".join(
            f"{name} from {np.min(values[name]):.6g} to {np.max(values[name]):.6g} {self._unit(name)}".rstrip()
            for name in (first, second)
        )
        lines = [f"{len(self)} {self.label}, {ranges}"]
        lines += [f"  {point.sentence}" for point in self.special] or ["  no point of codimension 2"]
        return "\n".join([*lines, self.status])

    def _unit(self, name: str) -> str:
        unit = self.unit_name(name)
        return "" if unit == "1" else unit

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON; what is not finite is None."""
        return {
            "kind": self.kind,
            "parameters": list(self.names),
            "units": {name: self.unit_name(name) for name in (*self.names, *self.states)},
            "values": {name: _plain(self.values[name]) for name in self.names},
            "states": {name: _plain(values) for name, values in self.states.items()},
            "frequency_hz": _plain(self.frequency_hz),
            "period_ms": _plain(self.period_ms),
            "l1": _plain(self.l1),
            "special": [
                {"kind": point.kind, "values": dict(point.values), "state": dict(point.state),
                 "frequency_hz": point.frequency_hz, "period_ms": point.period_ms, "coefficient": point.coefficient,
                 "residual": point.residual, "note": point.note}
                for point in self.special
            ],
            "status": self.status,
        }  # fmt: skip

    def cite(self) -> tuple[str, ...]:
        """The methods used."""
        return _METHODS

    def plot(self, ax: Any = None) -> Any:
        """The curve in the plane of the two parameters, with its points of codimension 2; returns the figure."""
        from rheobase.plot.two_parameters import two_parameters

        return two_parameters([self], ax)


def _plain(values: Vector | None) -> list[float | None] | None:
    if values is None:
        return None
    return [float(value) if np.isfinite(value) else None for value in values]
