"""`continue_point`: a bifurcation followed in two parameters, with the points of codimension 2 on its curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import KINDS, SpecialPoint
from rheobase.dynamics.two_parameters.curve import NAMES, TwoParameterCurve
from rheobase.dynamics.two_parameters.parameter_range import find_ranges, parameter_scale, state_scale
from rheobase.errors import ModelError

__all__ = ["FAMILY", "TwoParameterCurve", "continue_point"]

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
        For a kind of point that is not followed, for unknown or equal parameters, for a point outside the bounds, for
        options that make no sense, and, with ``throw``, if the curve is lost.
    """
    field = _field(special)
    names = _names(field, parameters)
    if not (most >= 1 and 0.0 < largest <= 1.0):
        raise ModelError(
            f"most has to be at least 1 and largest above 0 and at most 1, but {most} and {largest} are given"
        )
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
    from rheobase.dynamics.two_parameters.equilibrium_curve import follow
    from rheobase.dynamics.two_parameters.fold_curve import FoldCurve
    from rheobase.dynamics.two_parameters.hopf_curve import HopfCurve, first_lyapunov
    from rheobase.dynamics.two_parameters.plane import Plane

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
            f"no curve of {NAMES[curve.kind]} goes through this point ({special.sentence}): the equations of the "
            f"curve are not solved near it; does the equilibrium depend on {names[0]} and {names[1]}?"
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
        status=status(NAMES[curve.kind], followed.ends, followed.closed), ends=followed.ends,
        complete=followed.complete, closed=followed.closed, field=field,
    )  # fmt: skip


def _cycles(
    special: SpecialPoint, field: VectorField, names: tuple[str, str], ranges: Mapping[str, tuple[float, float]],
    *, most: int, largest: float,
) -> TwoParameterCurve:  # fmt: skip
    from rheobase.dynamics.two_parameters.cycle_fold_curve import follow_cycles

    x = np.asarray(special.point, dtype=float)
    sizes = np.array([parameter_scale(field, x, state_scale(field, x), name) for name in names])
    followed = follow_cycles(special, field, names, sizes, ranges, most=most, largest=4.0 * largest)
    orbits = [fold.orbit for fold in followed.folds]
    means = np.array([orbit.mesh.integral(orbit.mesh.values(orbit.nodes)) for orbit in orbits])
    extents = np.array([np.ptp(orbit.nodes.reshape(-1, orbit.n), axis=0) for orbit in orbits])
    places = np.array([fold.parameters for fold in followed.folds])
    unit = {state: field.unit(state).scale for state in field.states}
    return TwoParameterCurve(
        kind="fold-of-cycles", names=names,
        values={name: field.shown(name, places[:, at]) for at, name in enumerate(names)},
        states={name: field.shown(name, means[:, at]) for at, name in enumerate(field.states)},
        frequency_hz=None, period_ms=np.array([orbit.period for orbit in orbits]), l1=None,
        special=tuple(point for _, point in followed.special), start=special,
        status=status(NAMES["fold-of-cycles"], followed.ends, followed.closed), ends=followed.ends,
        complete=followed.complete, closed=followed.closed, field=field,
        extent={name: extents[:, at] / unit[name] for at, name in enumerate(field.states)},
    )  # fmt: skip


def status(label: str, ends: tuple[str, str], closed: bool) -> str:
    """One sentence from the reasons of both ends."""
    if closed:
        return f"the curve of {label} is closed"
    return f"the curve of {label} ends, on one side: {ends[0]}; on the other: {ends[1]}"
