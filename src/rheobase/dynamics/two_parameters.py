"""`continue_point`: a bifurcation followed in two parameters, with the points of codimension 2 on its curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.parameter_range import find_ranges, parameter_scale, state_scale
from rheobase.dynamics.special import KINDS, SpecialPoint
from rheobase.errors import ModelError

Vector = NDArray[np.float64]

#: What can be followed, by the kind of the point: the curve that it lies on.
FAMILY = {
    "saddle-node": "saddle-node", "cusp": "saddle-node", "bogdanov-takens": "saddle-node", "fold-hopf": "saddle-node",
    "hopf-subcritical": "hopf", "hopf-supercritical": "hopf", "hopf-degenerate": "hopf", "bautin": "hopf",
    "hopf-hopf": "hopf", "fold-of-cycles": "fold-of-cycles",
}  # fmt: skip

_REFUSED = {
    "branch-point": "it needs a symmetry or an equilibrium that never moves, and breaks up into saddle-nodes when a "
    "second parameter changes; continue a saddle-node or a Hopf point instead",
    "homoclinic": "a curve of homoclinic orbits needs a boundary-value problem that is not here; find the orbit again "
    "for several values of the second parameter",
    "snic": "continue the saddle-node of equilibria in which the circle is broken: diagram.special with the kind "
    "'saddle-node'",
    "period-doubling": "only folds of cycles are followed in two parameters; find it again for several values of the "
    "second parameter",
    "torus": "only folds of cycles are followed in two parameters; find it again for several values of the second "
    "parameter",
}
_NAMES = {"saddle-node": "saddle-nodes", "hopf": "Hopf points", "fold-of-cycles": "folds of cycles"}
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
        return _NAMES[self.kind]

    def unit_name(self, name: str) -> str:
        """The unit in which a parameter or state is shown."""
        return self.field.unit_name(name)

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


def continue_point(
    special: SpecialPoint,
    parameters: Sequence[str],
    *,
    bounds: Mapping[str, Any] | None = None,
    most: int = 1000,
    largest: float = 0.05,
    throw: bool = True,
) -> TwoParameterCurve:
    """Follow a saddle-node, a Hopf point or a fold of cycles in two parameters.

    The curve is followed both ways from the point, through cusps and Bogdanov-Takens points; a curve of Hopf points
    ends at the latter, and a curve of folds of cycles ends where the cycle has shrunk to a (Bautin) point.

    Parameters
    ----------
    special
        A point of a `BifurcationDiagram` or of a branch of cycles: ``diagram.special[0]``, ``diagram.hopf[0]``,
        ``cycles.special[0]``.
    parameters
        The names of two parameters.
    bounds
        ``{name: (low, high)}``, in shown units, quantities or texts. Without, the parameter in which the point was
        found may move far from it; the other within three times its value, without a change of sign if it is a
        conductance, a capacitance, a time and so on.
    most
        How many points at most, each way.
    largest
        The longest step, relative to the sizes of states and parameters.
    throw
        Whether to raise if the method fails on the way; otherwise ``status`` says where and why, and the curve that
        was found is returned.

    Raises
    ------
    ModelError
        For a kind of point that is not followed, for unknown or equal parameters, for a point outside the bounds, and,
        with ``throw``, if the curve is lost.
    """
    field = _field(special)
    names = _names(field, parameters)
    ranges = find_ranges(field, names, special.parameter, bounds)
    kind = FAMILY[special.kind]
    build = _cycles if kind == "fold-of-cycles" else _equilibria
    curve = build(special, field, names, ranges, most=most, largest=largest)
    if throw and not curve.complete:
        raise ModelError(f"{curve.status}; throw=False gives the part that was found")
    return curve


def _field(special: SpecialPoint) -> VectorField:
    """The vector field at the point; refuses what cannot be followed."""
    if not isinstance(special, SpecialPoint):
        raise ModelError(
            f"continue_point takes a special point, such as diagram.hopf[0] of continuation(...), but "
            f"{type(special).__name__} was given"
        )
    if special.kind not in FAMILY:
        raise ModelError(
            f"a {KINDS[special.kind]} cannot be continued in two parameters: {_REFUSED.get(special.kind, 'not here')}"
        )
    if special.field is None or special.point is None:
        raise ModelError("this point was made without a model; take one from continuation(...) or from a cycle branch")
    field = special.field
    return field if special.internal is None else field.with_values(**{special.parameter: special.internal})


def _names(field: VectorField, parameters: Sequence[str]) -> tuple[str, str]:
    names = (parameters,) if isinstance(parameters, str) else tuple(parameters)
    if len(names) != 2 or not all(isinstance(name, str) for name in names):
        raise ModelError(f"two parameters are needed, such as ('I', 'g_K'), but {parameters!r} was given")
    for name in names:
        field.index(name)
    if names[0] == names[1]:
        raise ModelError(f"two different parameters are needed, but '{names[0]}' was given twice")
    return names[0], names[1]


def _equilibria(
    special: SpecialPoint, field: VectorField, names: tuple[str, str], ranges: Mapping[str, tuple[float, float]],
    *, most: int, largest: float,
) -> TwoParameterCurve:  # fmt: skip
    from rheobase.dynamics.equilibrium_curve import follow
    from rheobase.dynamics.fold_curve import FoldCurve
    from rheobase.dynamics.hopf_curve import HopfCurve, first_lyapunov
    from rheobase.dynamics.plane import Plane

    assert special.point is not None
    x = np.asarray(special.point, dtype=float)
    scale = state_scale(field, x)
    plane = Plane(field, names, scale, np.array([parameter_scale(field, x, scale, name) for name in names]))
    is_hopf = FAMILY[special.kind] == "hopf"
    curve = HopfCurve(plane) if is_hopf else FoldCurve(plane)
    start = curve.unknowns(x, np.array([field.values[field.index(name)] for name in names]))
    followed = follow(curve, start, ranges, most=most, largest=largest)
    if followed is None:
        raise ModelError(
            f"no curve of {_NAMES[curve.kind]} goes through this point ({special.sentence}): the equations of the curve "
            f"are not solved near it; does the equilibrium depend on {names[0]} and {names[1]}?"
        )
    points = followed.points
    k = points[:, -3] if is_hopf else None
    return TwoParameterCurve(
        kind=curve.kind, names=names,
        values={name: field.shown(name, points[:, at]) for name, at in zip(names, (-2, -1), strict=True)},
        states={name: field.shown(name, points[:, at]) for at, name in enumerate(field.states)},
        frequency_hz=None if k is None else 1e3 * np.sqrt(np.maximum(k, 0.0)) / (2.0 * np.pi),
        period_ms=None,
        l1=np.array([first_lyapunov(plane, u).value for u in points]) if is_hopf else None,
        special=tuple(point for _, point in followed.special), start=special,
        status=status(_NAMES[curve.kind], followed.ends, followed.closed), ends=followed.ends,
        complete=followed.complete, closed=followed.closed, field=field,
    )  # fmt: skip


def _cycles(
    special: SpecialPoint, field: VectorField, names: tuple[str, str], ranges: Mapping[str, tuple[float, float]],
    *, most: int, largest: float,
) -> TwoParameterCurve:  # fmt: skip
    from rheobase.dynamics.cycle_fold_curve import follow_cycles

    x = np.asarray(special.point, dtype=float)
    sizes = np.array([parameter_scale(field, x, state_scale(field, x), name) for name in names])
    followed = follow_cycles(special, field, names, sizes, ranges, most=most, largest=4.0 * largest)
    orbits = [fold.orbit for fold in followed.folds]
    means = np.array([orbit.mesh.integral(orbit.mesh.values(orbit.nodes)) for orbit in orbits])
    extents = np.array([np.ptp(orbit.nodes.reshape(-1, orbit.n), axis=0) for orbit in orbits])
    unit = {state: field.unit(state).scale for state in field.states}
    return TwoParameterCurve(
        kind="fold-of-cycles", names=names,
        values={name: field.shown(name, [fold.parameters[at] for fold in followed.folds]) for at, name in enumerate(names)},
        states={name: field.shown(name, means[:, at]) for at, name in enumerate(field.states)},
        frequency_hz=None, period_ms=np.array([orbit.period for orbit in orbits]), l1=None,
        special=tuple(point for _, point in followed.special), start=special,
        status=status(_NAMES["fold-of-cycles"], followed.ends, followed.closed), ends=followed.ends,
        complete=followed.complete, closed=followed.closed, field=field,
        extent={name: extents[:, at] / unit[name] for at, name in enumerate(field.states)},
    )  # fmt: skip


def status(label: str, ends: tuple[str, str], closed: bool) -> str:
    """One sentence from the reasons of both ends."""
    if closed:
        return f"the curve of {label} is closed"
    return f"the curve of {label} ends, on one side: {ends[0]}; on the other: {ends[1]}"
