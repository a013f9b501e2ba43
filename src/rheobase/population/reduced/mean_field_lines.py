"""Lines of saddle-nodes and of Hopf points of the exact mean field in two parameters; cusps where saddle-nodes meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.complex_step import along, differences, jacobian
from rheobase.numerics.continuation import Curve, Problem, trace
from rheobase.numerics.curve_events import events
from rheobase.population.reduced.mean_field_bifurcations import (
    Bifurcation,
    checked_range,
    determinant,
    diagram,
    fold_equations,
    hopf_equations,
    joined,
    lies_on,
)
from rheobase.population.reduced.mean_field_equations import METHODS, Equations

if TYPE_CHECKING:
    from rheobase.population.reduced.exact_mean_field import ExactMeanField

Array = NDArray[Any]

_CUTS = 5
_SLOWEST = 1e-5  # a line of Hopf points ends where the oscillation is slower than this, in units of 1/tau


@dataclass(frozen=True)
class MeanFieldLine:
    """A line of ``saddle-node`` or ``Hopf`` points: x and y (k, 2), rates (k, n) in Hz, frequency (k,) in Hz."""

    kind: str
    points: Array
    rates: Array
    frequency_hz: Array
    end: str


@dataclass(frozen=True)
class MeanFieldPhaseDiagram:
    """Lines in two parameters.

    Attributes
    ----------
    x, y : str
        The parameters.
    over_x, over_y : tuple of float
    lines : tuple of MeanFieldLine
    points : tuple of Bifurcation
        Cusps, and Bogdanov-Takens points where a line of Hopf points ends on one of saddle-nodes.
    """

    x: str
    y: str
    over_x: tuple[float, float]
    over_y: tuple[float, float]
    lines: tuple[MeanFieldLine, ...]
    points: tuple[Bifurcation, ...]

    def of(self, kind: str) -> tuple[Bifurcation, ...]:
        """The points of one kind."""
        return tuple(point for point in self.points if point.kind == kind)

    def summary(self) -> str:
        """One line for each curve and point."""
        lines = [f"{line.kind} line, {len(line.points)} points; {line.end}" for line in self.lines]
        return "\n".join([*lines, *(str(point) for point in self.points)]) or "no bifurcation of equilibria here"

    def plot(self, ax: Any = None) -> Any:
        """The lines in the plane of both parameters."""
        from rheobase.plot.mean_field import phase_diagram as draw

        return draw(self, ax)

    def cite(self) -> str:
        """The publications behind the equations."""
        return "\n".join(METHODS)


def phase_diagram(
    field: ExactMeanField, x: str, over_x: tuple[float, float], y: str, over_y: tuple[float, float]
) -> MeanFieldPhaseDiagram:
    """See `ExactMeanField.phase_diagram`."""
    if field.place(x) == field.place(y):
        raise ModelError(f"a phase diagram needs two different parameters, but {x!r} was given twice")
    plane = _Plane(field, (x, y), (checked_range(x, over_x), checked_range(y, over_y)))
    starts = plane.starts()
    lines: list[MeanFieldLine] = []
    points: list[Bifurcation] = []
    for kind in ("saddle-node", "Hopf"):
        curves: list[Curve] = []
        problem = plane.problem(kind)
        for point in (u for name, u in starts if name == kind):
            if not any(lies_on(problem, curve, point) for curve in curves):
                curves.append(plane.curve(kind, problem, point))
        lines += [plane.line(kind, curve) for curve in curves]
        points += [found for curve in curves for found in plane.special(kind, curve)]
    return MeanFieldPhaseDiagram(x, y, *plane.ranges, tuple(lines), tuple(_different(points)))


def _different(points: list[Bifurcation]) -> list[Bifurcation]:
    kept: list[Bifurcation] = []
    for point in points:
        same = (k for k in kept if k.kind == point.kind and np.allclose(k.rates, point.rates, rtol=1e-6))
        if not any(np.allclose([*k.parameters.values()], [*point.parameters.values()], rtol=1e-6) for k in same):
            kept.append(point)
    return kept


@dataclass(frozen=True)
class _Plane:
    field: ExactMeanField
    names: tuple[str, str]
    ranges: tuple[tuple[float, float], tuple[float, float]]

    @property
    def n(self) -> int:
        return len(self.field.populations)

    def at(self, x: Any, y: Any) -> Equations:
        first, second = (self.field.place(name) for name in self.names)
        return self.field.equations.with_value(first, x).with_value(second, y)

    def starts(self) -> list[tuple[str, Array]]:
        """Saddle-nodes and Hopf points on a few cuts through the plane."""
        found: list[tuple[str, Array]] = []
        for which in (0, 1):
            free, held = self.names[which], self.names[1 - which]
            for value in np.linspace(*self.ranges[1 - which], _CUTS):
                cut = diagram(self.field.with_(**{held: float(value)}), free, self.ranges[which])
                for point in cut.points:
                    values = [point.parameters[free], float(value)][:: 1 if which == 0 else -1]
                    u = np.concatenate([np.log(1e-3 * point.rates), values])
                    if point.kind == "Hopf":
                        u = np.append(u, 2e-3 * np.pi * point.frequency_hz)
                    found.append((point.kind, u))
        return found

    def problem(self, kind: str) -> Problem:
        fold = kind == "saddle-node"
        function, slopes = (fold_equations, jacobian) if fold else (hopf_equations, differences)
        equations = function(self.at, self.n)
        tau = self.field.equations.tau
        scale = [*np.ones(self.n), *(high - low for low, high in self.ranges)]
        if not fold:
            scale.append(1.0 / float(np.min(tau)))
        return Problem(equations, lambda u: slopes(equations, u), np.array(scale))

    def curve(self, kind: str, problem: Problem, point: Array) -> Curve:
        lower, upper = np.full(point.size, -np.inf), np.full(point.size, np.inf)
        for k, (low, high) in enumerate(self.ranges):
            lower[self.n + k], upper[self.n + k] = low, high
        if kind == "Hopf":
            lower[-1] = _SLOWEST / float(np.max(self.field.equations.tau))
        kernel = np.linalg.svd(problem.jacobian(point) * problem.scale)[2][-1] * problem.scale
        tests = {"cusp": self._cusp, "Bogdanov-Takens": self._double_zero} if kind == "saddle-node" else None
        ways = [
            trace(
                problem.residual, problem.jacobian, point, sign * kernel, scale=problem.scale, lower=lower, upper=upper
            )
            for sign in (1.0, -1.0)
        ]
        whole = ways[0] if ways[0].closed else joined(ways[1], ways[0])
        if tests is None:
            return whole
        return replace(whole, events=events(problem, whole, tests))

    def _cusp(self, u: Array, _: Array) -> float:
        """The change of the determinant along the null vector: the fold has no curvature where it is zero."""
        equations, log_rates = self.at(*u[self.n :]), u[: self.n]
        return along(lambda rho: determinant(equations, rho), log_rates, _null(equations.slopes(log_rates)))

    def _double_zero(self, u: Array, _: Array) -> float:
        """The slope of the characteristic function at its root zero."""
        equations, rates = self.at(*u[self.n : self.n + 2]), np.exp(u[: self.n])
        return along(lambda s: equations.characteristic(s[0], rates), np.zeros(1), np.ones(1))

    def line(self, kind: str, curve: Curve) -> MeanFieldLine:
        u, n = curve.points, self.n
        frequency = 1e3 * np.abs(u[:, -1]) / (2.0 * np.pi) if kind == "Hopf" else np.zeros(len(u))
        return MeanFieldLine(kind, u[:, n : n + 2], 1e3 * np.exp(u[:, :n]), frequency, self._end(curve))

    def _end(self, curve: Curve) -> str:
        if curve.reason != "bound" or curve.edge is None:
            return curve.status
        if curve.edge == self.n + 2:
            return "it ends where the oscillation becomes infinitely slow"
        return f"{self.names[curve.edge - self.n]} reaches the end of its range"

    def special(self, kind: str, curve: Curve) -> list[Bifurcation]:
        if kind != "saddle-node":
            return []
        return [
            Bifurcation(
                event.name, dict(zip(self.names, map(float, event.point[self.n : self.n + 2]), strict=True)),
                1e3 * np.exp(event.point[: self.n]),
            )
            for event in curve.events
        ]  # fmt: skip


def _null(matrix: Array) -> Array:
    """A null vector of a singular matrix that changes smoothly with it: its adjugate times a vector."""
    n = len(matrix)
    if n == 1:
        return np.ones(1)
    rows = np.arange(n)
    minors = [[np.linalg.det(matrix[np.ix_(rows != i, rows != j)]) for i in range(n)] for j in range(n)]
    sign = (-1.0) ** np.add.outer(rows, rows)
    return (sign * np.array(minors)) @ (0.618**rows)
