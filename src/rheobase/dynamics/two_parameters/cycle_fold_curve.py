"""Curves of folds of cycles in two parameters, followed both ways.

A curve ends on a bound, where its cycle shrinks to an equilibrium (a Bautin point, which is then looked for on the
curve of Hopf points beside it), or where its period grows without bound (a homoclinic orbit). On the way it may turn
back in a cusp of cycles, where three cycles meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint, without_rounding
from rheobase.dynamics.two_parameters.bautin_end import bautin_near
from rheobase.dynamics.two_parameters.homoclinic_end import turns_at_saddle
from rheobase.errors import ModelError
from rheobase.numerics.bracket import root
from rheobase.numerics.collocation import Orbit, Problem
from rheobase.numerics.cycle_fold import CycleFold, Plane, Shift, cosine, shifted
from rheobase.numerics.cycle_fold_newton import correct, first
from rheobase.progress import from_interrupt

Array = NDArray[np.float64]
Bounds = Mapping[str, tuple[float, float]]

_SMALLEST = 1e-6
_OFF = 0.04  # how far off a prediction should be, relative to the step
_TURN = 0.95  # smallest cosine between neighbouring tangents and null vectors
_TOL = 1e-7  # error between the nodes, in units of the ranges
_WORST = 1e-3  # error that is borne where the mesh cannot be changed
_FEWEST, _MOST_INTERVALS = 20, 400
_VANISHED = 0.05  # part of the largest amplitude at which a cycle counts as shrinking to a point
_LONG = 300.0  # times the first period
_NEAR_HOMOCLINIC = 8.0  # times the shortest period
_AT_SADDLE, _BESIDE_SADDLE = 16.0, 12.0  # periods in units of the leading time of a saddle, and if the method fails
_CLOSED = "the curve is closed"


@dataclass(frozen=True, eq=False)
class CycleFoldCurve:
    """Folds of cycles along their curve; ``special``, ``ends`` and ``complete`` as in `equilibrium_curve.Followed`."""

    folds: tuple[CycleFold, ...]
    special: tuple[tuple[int, SpecialPoint], ...]
    ends: tuple[str, str]
    complete: bool
    closed: bool = False


@dataclass(frozen=True, eq=False)
class _Setting:
    """What does not change along the curve."""

    field: VectorField
    names: tuple[str, str]
    sizes: Array
    lower: Array
    upper: Array
    longest_period: float

    def value(self, name: str, internal: float) -> str:
        """A value with its unit, for sentences."""
        unit = self.field.unit_name(name)
        return f"{self.field.shown(name, internal):.8g}" + ("" if unit == "1" else f" {unit}")

    def place(self, parameters: Array) -> str:
        """Both parameters, for sentences."""
        return " and ".join(f"{name} = {self.value(name, at)}" for name, at in zip(self.names, parameters, strict=True))

    def special(self, kind: str, fold: CycleFold, residual: float, note: str) -> SpecialPoint:
        """A point of codimension 2 on a curve of folds of cycles."""
        names, field = self.names, self.field
        places = without_rounding(fold.parameters, self.sizes)
        values = {name: float(field.shown(name, at)) for name, at in zip(names, places, strict=True)}
        x = fold.orbit.nodes[0, 0]
        state = {name: float(field.shown(name, at)) for name, at in zip(field.states, x, strict=True)}
        return SpecialPoint(
            kind, names[0], values[names[0]], state,
            period_ms=fold.orbit.period, residual=residual, values=values, note=note,
            field=field.with_values(**dict(zip(names, fold.parameters.tolist(), strict=True))), point=x,
            internal=float(fold.parameters[0]), data=fold,
        )  # fmt: skip

    def plane(self, scale: Array) -> Plane:
        """The equations with the states in units of ``scale``."""
        field, names = self.field, self.names

        def at(p: Any) -> Array:
            return field.at(**dict(zip(names, p, strict=True)))

        problem: Any = Problem(
            lambda x, p: field.rhs(x, at(p)), lambda x, p: field.jacobian(x, at(p)),
            lambda x, p: field.by_parameter(x, names[0], at(p)), scale, 1.0,
        )  # fmt: skip
        return Plane(
            problem, lambda x, p: np.stack([field.by_parameter(x, name, at(p)) for name in names]),
            lambda x, p: field.second(x, at(p)), lambda x, p: np.stack([field.mixed(x, name, at(p)) for name in names]),
            self.sizes,
        )  # fmt: skip


def follow_cycles(
    special: SpecialPoint, field: VectorField, names: tuple[str, str], sizes: Array, bounds: Bounds,
    *, most: int, largest: float,
) -> CycleFoldCurve:  # fmt: skip
    """Follow a fold of cycles both ways; arguments as in `equilibrium_curve.follow`.

    Raises
    ------
    ModelError
        If the point does not carry its cycle, or is no fold of cycles of these two parameters.
    """
    orbit = _orbit(special, field, names)
    lower, upper = (np.array([bounds[name][side] for name in names]) for side in (0, 1))
    setting = _Setting(field, names, sizes, lower, upper, _LONG * orbit.period)
    scale = _ranges(orbit, 0.0)
    start = first(setting.plane(scale), orbit)
    if start is None or np.max(np.abs(start.parameters - orbit.parameter) / sizes) > 0.05:
        raise ModelError(
            f"no curve of folds of cycles goes through this point ({special.sentence}): Newton's method does not "
            f"converge to a fold in {names[0]} and {names[1]} near it"
        )
    ways = []
    for here in (start.turned(), start):
        ways.append(_Way.begin(setting, here, scale, largest).go(most))
        if ways[-1].closed:
            return CycleFoldCurve(ways[-1].folds, ways[-1].special, (_CLOSED, _CLOSED), True, True)
    return _joined(*ways)


def _joined(backward: _Walked, forward: _Walked) -> CycleFoldCurve:
    behind = len(backward.folds) - 1
    special = [(max(behind - 1 - index, 0), point) for index, point in reversed(backward.special)]
    special += [(index + behind, point) for index, point in forward.special]
    return CycleFoldCurve(
        (*reversed(backward.folds[1:]), *forward.folds), tuple(special), (backward.end, forward.end),
        backward.complete and forward.complete,
    )  # fmt: skip


def _orbit(special: SpecialPoint, field: VectorField, names: tuple[str, str]) -> Orbit:
    """The cycle that the point carries, with both parameters."""
    data = (
        special.data.orbit if isinstance(special.data, CycleFold) else getattr(special.data, "internal", special.data)
    )
    if not isinstance(data, Orbit):
        raise ModelError("this fold of cycles does not carry its cycle; take one from a branch of cycles")
    parameters: Any = np.array([field.values[field.index(name)] for name in names])
    return replace(data, parameter=parameters)


def _ranges(orbit: Orbit, floor: Array | float) -> Array:
    """The range of every state on the cycle, at least ``floor``, and never so small that only rounding is seen."""
    states = orbit.nodes.reshape(-1, orbit.n)
    size = np.maximum(np.maximum(np.ptp(states, axis=0), floor), 1e-9 * np.max(np.abs(states), axis=0))
    return np.where(size > 0.0, size, 1.0)


@dataclass(frozen=True, eq=False)
class _Walked:
    """One way along the curve."""

    folds: tuple[CycleFold, ...]
    special: tuple[tuple[int, SpecialPoint], ...]
    end: str
    complete: bool
    closed: bool = False


@dataclass(frozen=True)
class _Stop:
    """Why a walk ends."""

    sentence: str
    complete: bool = True


@dataclass(eq=False)
class _Way:
    """A walk one way: what has been found, and the scales and the step, which adapt."""

    setting: _Setting
    scale: Array
    largest: float
    step: float
    folds: list[CycleFold]
    special: list[tuple[int, SpecialPoint]]
    highest: float = 0.0

    @classmethod
    def begin(cls, setting: _Setting, start: CycleFold, scale: Array, largest: float) -> _Way:
        return cls(setting, scale, largest, 0.1 * largest, [start], [])

    @property
    def here(self) -> CycleFold:
        return self.folds[-1]

    @property
    def plane(self) -> Plane:
        return self.setting.plane(self.scale)

    def go(self, most: int) -> _Walked:
        """At most ``most`` folds."""
        stop: _Stop | None = None
        try:
            while stop is None and len(self.folds) < most:
                stop = self._vanished() or self._refreshed() or self._advanced() or self._ended()
        except (KeyboardInterrupt, SystemError) as error:
            if not from_interrupt(error):
                raise
            stop = _Stop("interrupted", False)
        stop = stop or self._lost(f"{most} points were not enough")
        closed = stop.sentence == _CLOSED
        return _Walked(tuple(self.folds), tuple(self.special), stop.sentence, stop.complete, closed)

    def _lost(self, why: str) -> _Stop:
        """The method has come to its end; beside a homoclinic orbit that is to be expected."""
        here, shortest = self.here.orbit.period, min(fold.orbit.period for fold in self.folds)
        place = self.setting.place(self.here.parameters)
        beside = self._homoclinic(_BESIDE_SADDLE)
        if beside is not None:
            return beside
        if here < _NEAR_HOMOCLINIC * shortest:
            return _Stop(f"{why}, at {place}", False)
        return _Stop(
            f"the period has grown from {shortest:.4g} to {here:.4g} ms at {place}, beside a homoclinic orbit, "
            f"and {why}"
        )

    def _refreshed(self) -> _Stop | None:
        """Now and then: scales that have grown with the cycle, and a mesh that suits both cycle and null vector."""
        if len(self.folds) % 4:
            return None
        here, self.scale = self.here, _ranges(self.here.orbit, self.scale)
        nodes = np.concatenate([here.orbit.nodes / self.scale, here.null.nodes / self.scale], axis=2)
        mesh, ones = here.orbit.mesh, np.ones(nodes.shape[2])
        wanted = mesh.N * (2.0 * mesh.even_error(nodes, ones) / _TOL) ** (1.0 / (mesh.m + 1))
        if not 0.6 * mesh.N < wanted < 1.05 * mesh.N:
            wanted = 1.15 * wanted
        N = mesh.N if 0.6 * mesh.N < wanted < 1.05 * mesh.N else int(np.clip(wanted, _FEWEST, _MOST_INTERVALS))
        new = here.on(mesh.adapted(nodes, ones, N))
        found = correct(self.plane, new, new.tangent)
        if found is not None:
            self.folds[-1] = found
        elif mesh.error(nodes, ones) > _WORST:
            return self._lost("no cycle is found on a mesh that follows it")
        return None

    def _advanced(self) -> _Stop | None:
        """One accepted step, however short; ends exactly on a bound."""
        here, plane = self.here, self.plane
        size, slope = _amplitude(plane, here)
        step = min(self.step, self.largest, -0.5 * size / slope if slope < 0.0 else np.inf)
        while step > _SMALLEST:
            there = correct(plane, here.moved(step), here.tangent)
            if there is not None and _is_next(plane, here, there, step):
                factor = _OFF * step / max(there.distance, 1e-12)
                self.step = step * min(max(factor, 0.5), 1.6) * (0.7 if there.corrections > 8 else 1.0)
                return self._accepted(here, there)
            step *= 0.5
        return self._lost("Newton's method does not converge however short the step")

    def _accepted(self, here: CycleFold, there: CycleFold) -> _Stop | None:
        beyond = np.maximum(self.setting.lower - there.parameters, there.parameters - self.setting.upper)
        edge = int(np.argmax(beyond / self.setting.sizes))
        if beyond[edge] >= 0.0:
            return self._landed(here, there, edge)
        if here.bend * there.bend < 0.0:
            point = self._cusp(here, there)
            self.special += [(len(self.folds) - 1, point)] if point is not None else []
        self.folds.append(there)
        return None

    def _landed(self, here: CycleFold, there: CycleFold, edge: int) -> _Stop:
        """The curve with its last fold on a bound."""
        low, high = self.setting.lower[edge], self.setting.upper[edge]
        bound = low if there.parameters[edge] <= low else high
        span = there.parameters[edge] - here.parameters[edge]
        guess = _on_chord(here, there, (bound - here.parameters[edge]) / span)
        parameters = guess.parameters.copy()
        parameters[edge] = bound
        axis = Shift(np.zeros_like(guess.orbit.nodes), 0.0, np.eye(2)[edge] * self.setting.sizes)
        guess = replace(guess, orbit=replace(guess.orbit, parameter=parameters))
        found = correct(self.plane, guess, axis)
        self.folds += [found] if found is not None else []
        name = self.setting.names[edge]
        return _Stop(f"{name} reaches its bound {self.setting.value(name, float(bound))}")

    def _ended(self) -> _Stop | None:
        period = self.here.orbit.period
        if period > self.setting.longest_period:
            return self._lost("it goes on growing")
        return _Stop(_CLOSED) if self._closes() else self._homoclinic(_AT_SADDLE)

    def _homoclinic(self, times: float) -> _Stop | None:
        """Whether cycle and homoclinic orbit are nearly the same."""
        fold, names = self.here, self.setting.names
        field = self.setting.field.with_values(**dict(zip(names, fold.parameters.tolist(), strict=True)))
        turns, rates = turns_at_saddle(field, names[0], fold.orbit, self.plane.problem)
        if turns < times:
            return None
        return _Stop(
            f"the cycle is hardly to be told from a homoclinic orbit at {self.setting.place(fold.parameters)}: its "
            f"period is {fold.orbit.period:.4g} ms, and the leading eigenvalues of the saddle are {1e3 * rates[0]:.4g} "
            f"and {1e3 * rates[1]:.4g}/s"
        )

    def _closes(self) -> bool:
        """Whether the first fold lies on the last stretch."""
        if len(self.folds) < 6:
            return False
        first, last, here = self.folds[0], self.folds[-2], self.folds[-1]
        points = np.array([self._coordinates(fold) for fold in (first, last, here)])
        chord = points[2] - points[1]
        along = float((points[0] - points[1]) @ chord / (chord @ chord))
        if not 0.0 < along <= 1.0 or np.linalg.norm(points[0] - points[1] - along * chord) > 0.1 * np.linalg.norm(
            chord
        ):
            return False
        found = correct(self.plane, _on_chord(last, here, along), _chord(last, here))
        if found is None:
            return False
        off = self._coordinates(found) - points[0]
        off = off - chord * float(off @ chord) / float(chord @ chord)  # along the curve it may well differ a little
        return bool(np.linalg.norm(off) < 1e-5)

    def _coordinates(self, fold: CycleFold) -> Array:
        """Parameters, period, and means of the states: what tells folds apart."""
        mean = fold.orbit.mesh.integral(fold.orbit.mesh.values(fold.orbit.nodes)) / self.scale
        return np.concatenate([fold.parameters / self.setting.sizes, [np.log(fold.orbit.period)], mean])

    def _cusp(self, here: CycleFold, there: CycleFold) -> SpecialPoint | None:
        """Where the parameters turn back, between two neighbours."""
        chord, seen = _chord(here, there), {}

        def value(fraction: float) -> float:
            seen[fraction] = correct(self.plane, _on_chord(here, there, fraction), chord)
            return np.nan if seen[fraction] is None else seen[fraction].bend

        found = seen.get(root(value, 0.0, 1.0, here.bend, there.bend, tol=1e-13, most=60))
        if found is None or not abs(found.bend) < 1e-6:
            return None
        return self.setting.special("cusp", found, abs(found.bend), "three cycles meet")

    def _vanished(self) -> _Stop | None:
        """Whether the cycle shrinks to an equilibrium; the Bautin point there, if it is found."""
        setting = self.setting
        size, slope = _amplitude(self.plane, self.here)
        self.highest = max(self.highest, size)
        if slope >= 0.0 or size > _VANISHED * self.highest:
            return None
        expected = self.here.parameters - 0.5 * size / slope * self.here.tangent.parameters
        point = bautin_near(setting.field, setting.names, setting.sizes, self.here, self.scale, expected)
        place = self.setting.place(expected)
        if point is None:
            return _Stop(f"the cycle shrinks to an equilibrium near {place}, but no Bautin point was found there")
        self.special.append((len(self.folds) - 1, point))
        where = self.setting.place(np.asarray(point.data)[-2:])
        return _Stop(f"the cycle shrinks to an equilibrium in a Bautin point at {where}")


def _amplitude(plane: Plane, fold: CycleFold) -> tuple[float, float]:
    """Root mean square of the deviations from the mean, in units of the scales, and its slope along the curve."""
    mesh, scale = fold.orbit.mesh, plane.problem.scale
    values, change = mesh.values(fold.orbit.nodes) / scale, mesh.values(fold.tangent.nodes) / scale
    values = values - mesh.integral(values)
    size = float(np.sqrt(np.sum(mesh.integral(values**2)) / fold.orbit.n))
    return size, float(np.sum(mesh.integral(values * change))) / (fold.orbit.n * max(size, 1e-300))


def _is_next(plane: Plane, here: CycleFold, there: CycleFold, step: float) -> bool:
    """Whether two folds are neighbours on one curve."""
    straight = cosine(plane, there.orbit, here.tangent, there.tangent) > _TURN
    null = cosine(plane, there.orbit, here.null, there.null) > _TURN
    return straight and null and there.distance < 0.1 * step


def _chord(a: CycleFold, b: CycleFold) -> Shift:
    a = a.on(b.orbit.mesh)
    return Shift(b.orbit.nodes - a.orbit.nodes, b.orbit.period - a.orbit.period, b.parameters - a.parameters)


def _on_chord(a: CycleFold, b: CycleFold, fraction: float) -> CycleFold:
    """A guess for the fold opposite a fraction of the way from ``a`` to ``b``, on the mesh of ``b``."""
    a = a.on(b.orbit.mesh)
    null = Shift(
        (1.0 - fraction) * a.null.nodes + fraction * b.null.nodes,
        (1.0 - fraction) * a.null.period + fraction * b.null.period, b.null.parameters,
    )  # fmt: skip
    return replace(b, orbit=shifted(b.orbit, _chord(a, b), fraction - 1.0), null=null, normal=a.normal)
