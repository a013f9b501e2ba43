"""From the walk along a branch of cycles to what is shown of it: points in order, special points, and the end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as part
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.cycle import Cycle
from rheobase.dynamics.cycles.ends import End
from rheobase.dynamics.cycles.special_cycles import Found, bracketed
from rheobase.dynamics.cycles.walk import Path, amplitude
from rheobase.dynamics.equilibria.normal_form import first_lyapunov
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint
from rheobase.numerics.collocation import Orbit, Problem
from rheobase.numerics.periodic import Solution, between, correct, moved

Array = NDArray[np.float64]

_CRITICAL = 1e-2


@dataclass(frozen=True, eq=False)
class Entry:
    """A point of a branch: a cycle, or (without ``solution``) a Hopf point as a cycle without amplitude."""

    orbit: Orbit
    multipliers: NDArray[np.complex128]
    solution: Solution | None = part(repr=False)
    problem: Problem | None = part(repr=False)
    special: bool = False

    @classmethod
    def of(cls, solution: Solution, problem: Problem, special: bool = False) -> Entry:
        return cls(solution.orbit, solution.split[1], solution, problem, special)

    @classmethod
    def still(cls, orbit: Orbit, neighbour: Solution, problem: Problem) -> Entry:
        """A Hopf point; its multipliers are those of the equilibrium over one period."""
        x, period = orbit.nodes[0, 0], orbit.period
        rates = np.linalg.eigvals(problem.jacobian(x[:, None], orbit.parameter)[..., 0]) * period
        pair = np.argsort(np.abs(rates - 2j * math.pi))[0], np.argsort(np.abs(rates + 2j * math.pi))[0]
        values = np.concatenate([[1.0], np.exp(np.delete(rates, pair))])
        return cls(orbit, values[np.argsort(-np.abs(values))], None, None, True)

    @cached_property
    def stable(self) -> bool:
        sizes = np.abs(self.multipliers)
        return bool(np.all((sizes < 1.0) | (self.special & (np.abs(sizes - 1.0) < _CRITICAL))))


def assembled(
    field: VectorField, parameter: str, path: Path, first: Entry | None, other: Path | None
) -> tuple[tuple[Entry, ...], tuple[SpecialPoint, ...], str]:
    """Points, special points in order, and the sentence. ``other`` is a walk the other way from the same cycle."""
    entries, special = _side(field, parameter, path)
    status = _status(field, parameter, path)
    if first is not None:
        entries = [first, *entries]
    if other is not None:
        before, found = _side(field, parameter, other)
        entries = [*reversed(before[1:]), *entries]
        special = [*reversed(found), *special]
        status = f"on one side, {_status(field, parameter, other)}; on the other, {status}"
    return tuple(entries), tuple(special), status


def _side(field: VectorField, parameter: str, path: Path) -> tuple[list[Entry], list[SpecialPoint]]:
    entries, special = [], []
    for index, solution in enumerate(path.solutions):
        entries.append(Entry.of(solution, path.problem))
        for point in (point for after, point in path.found if after == index):
            entries.append(Entry.of(point.solution, point.problem, special=True))
            special.append(_point(field, parameter, point))
    if path.end is not None:
        special.append(_end(field, parameter, path.end))
        if path.end.kind == "hopf":
            mesh = path.solutions[-1].orbit.mesh
            nodes = np.broadcast_to(path.end.point, (mesh.N, mesh.m, field.n)).copy()
            orbit = Orbit(mesh, nodes, 2.0 * math.pi / path.end.rate, path.end.value)
            entries.append(Entry.still(orbit, path.solutions[-1], path.problem))
    return entries, special


def _point(field: VectorField, parameter: str, found: Found) -> SpecialPoint:
    orbit = found.solution.orbit
    x = orbit.nodes[0, 0]
    return SpecialPoint(
        found.kind, parameter, field.shown(parameter, orbit.parameter), _states(field, x),
        period_ms=float(orbit.period), residual=found.residual, note=found.note,
        field=field.with_values(**{parameter: orbit.parameter}), point=x, internal=orbit.parameter,
        data=Cycle(field, parameter, found.solution, found.problem),
    )  # fmt: skip


def _end(field: VectorField, parameter: str, end: End) -> SpecialPoint:
    value = float(end.value)
    kind, frequency, period, coefficient = end.kind, None, None, None
    if end.kind == "hopf":
        at = field.at(**{parameter: value})
        form = first_lyapunov(*(f(end.point, at) for f in (field.jacobian, field.second, field.third)))
        kind = "hopf-degenerate" if form.zero else ("hopf-subcritical" if form.value > 0.0 else "hopf-supercritical")
        coefficient = form.value
        frequency, period = 1e3 * end.rate / (2.0 * math.pi), 2.0 * math.pi / end.rate
    return SpecialPoint(
        kind, parameter, field.shown(parameter, value), _states(field, end.point), frequency_hz=frequency,
        period_ms=period, coefficient=coefficient, residual=end.residual, field=field.with_values(**{parameter: value}),
        point=end.point, internal=value,
        note="" if kind.startswith("hopf") else "the period of the cycle goes to infinity",
    )  # fmt: skip


def _states(field: VectorField, x: Array) -> dict[str, float]:
    return {name: float(field.shown(name, x[i])) for i, name in enumerate(field.states)}


def _status(field: VectorField, parameter: str, path: Path) -> str:
    unit = field.unit_name(parameter)
    value = path.end.value if path.end is not None else path.solutions[-1].orbit.parameter
    where = f"{parameter} = {field.shown(parameter, value):.8g}" + ("" if unit == "1" else f" {unit}")
    return f"{path.status}; {where}, period of the last cycle {path.solutions[-1].orbit.period:.6g} ms"


def cycle_between(a: Entry, b: Entry, value: float) -> Solution | None:
    """The cycle between two neighbouring points of a branch at exactly this value of the parameter."""
    problem = b.problem or a.problem
    if problem is None:
        return None
    span = b.orbit.parameter - a.orbit.parameter
    fraction = (value - a.orbit.parameter) / span if span else 0.0
    # Beside a Hopf point or a fold the orbit changes with the square root of the parameter.
    if a.solution is None or a.special:
        fraction = math.sqrt(max(fraction, 0.0))
    elif b.solution is None or b.special:
        fraction = 1.0 - math.sqrt(max(1.0 - fraction, 0.0))
    way = between(a.orbit, b.orbit)
    start = moved(b.orbit, way, -1.0)
    guess = moved(start, way, fraction)
    found = correct(problem, Orbit(guess.mesh, guess.nodes, guess.period, value), None)
    if found is not None and _lies_between(problem, a, b, found):
        return found
    if a.solution is None or b.solution is None:
        return None
    rough = bracketed(problem, a.solution, b.solution, lambda s: s.orbit.parameter - value, 1e-6)
    if rough is None:
        return None
    orbit = rough.orbit
    return correct(problem, Orbit(orbit.mesh, orbit.nodes, orbit.period, value), None)


def _lies_between(problem: Problem, a: Entry, b: Entry, found: Solution) -> bool:
    """Whether period and size are between those of the neighbours, or nearly."""
    pairs = [(a.orbit.period, b.orbit.period, found.orbit.period)]
    sizes = [amplitude(problem, orbit) for orbit in (a.orbit, b.orbit, found.orbit)]
    for low, high, mine in [*pairs, (sizes[0], sizes[1], sizes[2])]:
        slack = 0.3 * abs(high - low) + 1e-3 * abs(high)
        if not min(low, high) - slack <= mine <= max(low, high) + slack:
            return False
    return True
