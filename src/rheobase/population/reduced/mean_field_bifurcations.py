r"""Branches of equilibria of the exact mean field over one parameter: saddle-nodes and Hopf points.

A saddle-node is where the derivatives ``M`` of the equations of rest are singular; a Hopf point is where the
characteristic function ``D`` has a root ``i omega``. Both are solved together with the equations of rest, by Newton's
method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.complex_step import differences, jacobian, newton
from rheobase.numerics.continuation import Curve, Problem, trace
from rheobase.population.reduced.mean_field_equations import METHODS, Equations

if TYPE_CHECKING:
    from rheobase.population.reduced.exact_mean_field import ExactMeanField

Array = NDArray[Any]
Place = tuple[str, int]

_STARTS = 5
_NODES = 20  # Chebyshev points of a delay: enough to count what grows
_STEP = 0.02
_HALVINGS = 12
_SLOW = 1e-6  # slower oscillations, in units of 1/tau, are none


@dataclass(frozen=True)
class Bifurcation:
    """A point where the equilibria change.

    Attributes
    ----------
    kind : str
        ``saddle-node``, ``Hopf``, ``branch point``, ``cusp`` or ``Bogdanov-Takens``.
    parameters : dict
        Where.
    rates : ndarray
        Hz.
    frequency_hz : float
        Of the oscillation that is born at a Hopf point, else 0.
    """

    kind: str
    parameters: dict[str, float]
    rates: Array
    frequency_hz: float = 0.0

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {value:.10g}" for name, value in self.parameters.items())
        rhythm = f", {self.frequency_hz:.6g} Hz" if self.frequency_hz else ""
        return f"{self.kind} at {where}: {', '.join(f'{rate:.6g}' for rate in self.rates)} Hz{rhythm}"


@dataclass(frozen=True)
class MeanFieldBranch:
    """Equilibria in order along a curve: the parameter (k,), rates (k, n) in Hz, and whether each is stable (k,)."""

    values: Array
    rates: Array
    stable: NDArray[np.bool_]


@dataclass(frozen=True)
class MeanFieldDiagram:
    """All equilibria over a range of one parameter.

    Attributes
    ----------
    parameter : str
    branches : tuple of MeanFieldBranch
    points : tuple of Bifurcation
        Saddle-nodes and Hopf points, by the parameter.
    """

    parameter: str
    populations: tuple[str, ...]
    branches: tuple[MeanFieldBranch, ...]
    points: tuple[Bifurcation, ...]

    def of(self, kind: str) -> tuple[Bifurcation, ...]:
        """The points of one kind."""
        return tuple(point for point in self.points if point.kind == kind)

    def summary(self) -> str:
        """One line for each point."""
        lines = [str(point) for point in self.points] or ["no bifurcation of equilibria in this range"]
        return "\n".join([f"{len(self.branches)} branch(es) over {self.parameter}", *lines])

    def plot(self, ax: Any = None) -> Any:
        """Rates against the parameter; unstable parts are dashed."""
        from rheobase.plot.mean_field import diagram

        return diagram(self, ax)

    def cite(self) -> str:
        """The publications behind the equations."""
        return "\n".join(METHODS)


def diagram(field: ExactMeanField, parameter: str, over: tuple[float, float]) -> MeanFieldDiagram:
    """See `ExactMeanField.bifurcations`."""
    place, (low, high) = field.place(parameter), checked_range(parameter, over)
    walk = Equilibria(field.equations, place, low, high)
    branches, points = [], []
    for curve in walk.curves():
        eigenvalues = [walk.growth(point) for point in curve.points]
        stable = np.array([values[0].real < 0.0 for values in eigenvalues])
        branches.append(MeanFieldBranch(curve.points[:, -1], 1e3 * np.exp(curve.points[:, :-1]), stable))
        points += [_point(parameter, kind, point) for kind, point in walk.folds(curve)]
        points += [_point(parameter, "Hopf", point, omega) for point, omega in walk.hopfs(curve, eigenvalues)]
    ordered = sorted(points, key=lambda point: point.parameters[parameter])
    return MeanFieldDiagram(parameter, field.populations, tuple(branches), tuple(ordered))


def checked_range(parameter: str, over: tuple[float, float]) -> tuple[float, float]:
    """The ends of a range, in order."""
    try:
        low, high = (float(x) for x in over)
    except (TypeError, ValueError):
        raise ModelError(f"the range of {parameter} is two numbers, (low, high)") from None
    kind = parameter.split(":")[0]
    if not (np.isfinite(low) and low < high < np.inf):
        raise ModelError(f"the range of {parameter} has to be two finite numbers, the lower first")
    if (kind in ("Delta", "tau") and low <= 0.0) or (kind in ("tau_s", "delay") and low < 0.0):
        raise ModelError(f"the range of {parameter} has to be positive")
    return low, high


def _point(parameter: str, kind: str, point: Array, omega: float = 0.0) -> Bifurcation:
    return Bifurcation(kind, {parameter: float(point[-1])}, 1e3 * np.exp(point[:-1]), 1e3 * omega / (2.0 * np.pi))


@dataclass(frozen=True)
class Equilibria:
    """Points ``(ln rates, parameter)`` at rest."""

    equations: Equations
    place: Place
    low: float
    high: float

    @property
    def n(self) -> int:
        return self.equations.tau.size

    @property
    def scale(self) -> Array:
        return np.append(np.ones(self.n), self.high - self.low)

    def at(self, value: Any) -> Equations:
        return self.equations.with_value(self.place, value)

    def residual(self, u: Array) -> Array:
        return self.at(u[-1]).residual(u[:-1])

    def derivatives(self, u: Array) -> Array:
        return jacobian(self.residual, u)

    def curves(self) -> list[Curve]:
        """Every curve that passes one of a few values of the parameter."""
        found: list[Curve] = []
        problem = Problem(self.residual, self.derivatives, self.scale)
        for value in np.linspace(self.low, self.high, _STARTS):
            for log_rates in _rests(self.at(float(value))):
                point = np.append(log_rates, value)
                if not any(lies_on(problem, curve, point) for curve in found):
                    found.append(self._both_ways(point))
        return found

    def _both_ways(self, point: Array) -> Curve:
        ways = [self._way(point, sign) for sign in (1.0, -1.0)]
        if ways[0].closed or len(ways[1].points) < 2:
            return ways[0]
        return joined(ways[1], ways[0])

    def _way(self, point: Array, sign: float) -> Curve:
        direction = np.zeros(point.size)
        direction[-1] = sign * self.scale[-1]
        lower, upper = np.full(point.size, -np.inf), np.full(point.size, np.inf)
        lower[-1], upper[-1] = self.low, self.high
        return trace(
            self.residual, self.derivatives, point, direction, scale=self.scale, lower=lower, upper=upper, largest=_STEP
        )

    def growth(self, u: Array) -> NDArray[np.complex128]:
        return self.at(float(u[-1])).growth_rates(np.exp(u[:-1]), _NODES)

    def folds(self, curve: Curve) -> list[tuple[str, Array]]:
        """Saddle-nodes along a curve, solved for; where it crosses another curve there is a branch point."""
        values = np.array([determinant(self.at(u[-1]), u[:-1]) for u in curve.points])
        found: list[tuple[str, Array]] = []
        for k in np.flatnonzero(values[:-1] * values[1:] < 0.0):
            share = values[k] / (values[k] - values[k + 1])
            start = curve.points[k] + share * (curve.points[k + 1] - curve.points[k])
            turns = curve.tangents[k][-1] * curve.tangents[k + 1][-1] < 0.0
            point = newton(fold_equations(self.at, self.n), start) if turns else start
            if point is not None:
                found.append(("saddle-node" if turns else "branch point", point))
        return found

    def hopfs(self, curve: Curve, eigenvalues: list[NDArray[np.complex128]]) -> list[tuple[Array, float]]:
        """Hopf points along a curve, where a pair of growth rates crosses."""
        growing = [_growing(values) for values in eigenvalues]
        found = []
        for k in np.flatnonzero(np.abs(np.diff(growing)) >= 2):
            near = self._crossing(curve.points[k], curve.points[k + 1], growing[k])
            pairs = np.concatenate([values[values.imag > self._slow] for values in map(self.growth, near)])
            if not pairs.size:
                continue
            omega = float(pairs[np.argmin(np.abs(pairs.real))].imag)
            point = newton(hopf_equations(self.at, self.n), np.append(0.5 * (near[0] + near[1]), omega), differences)
            if point is not None and abs(point[-1]) > self._slow and self._is_at(point[:-1], near):
                found.append((point[:-1], abs(float(point[-1]))))
        return found

    @property
    def _slow(self) -> float:
        return _SLOW / float(np.max(self.equations.tau))

    def _crossing(self, a: Array, b: Array, before: int) -> tuple[Array, Array]:
        """The stretch from a to b halved until it is short, the change of the number that grows kept inside."""
        problem = Problem(self.residual, self.derivatives, self.scale)
        for _ in range(_HALVINGS):
            middle = problem.between(a, b, 0.5)
            if middle is None:
                break
            a, b = (a, middle[0]) if abs(_growing(self.growth(middle[0])) - before) >= 2 else (middle[0], b)
        return a, b

    def _is_at(self, point: Array, near: tuple[Array, Array]) -> bool:
        return bool(np.max(np.abs(point - near[0]) / self.scale) < 1e-3)


def _growing(values: NDArray[np.complex128]) -> int:
    return int((values.real > 0.0).sum())


def _rests(equations: Equations) -> list[Array]:
    from rheobase.numerics.deflation import solutions

    if equations.tau.size == 1:
        return equations.roots()
    return solutions(equations.residual, equations.slopes, *equations.bounds())


def determinant(equations: Equations, log_rates: Array) -> Any:
    """Of the derivatives of the equations of rest: zero where equilibria meet."""
    return np.linalg.det(equations.slopes(log_rates))


def fold_equations(at: Callable[..., Equations], n: int) -> Callable[[Array], Array]:
    """Rest and a singular derivative, as functions of ``(ln rates, parameters)``."""

    def function(u: Array) -> Array:
        equations = at(*u[n:])
        return np.append(equations.residual(u[:n]), determinant(equations, u[:n]))

    return function


def hopf_equations(at: Callable[..., Equations], n: int) -> Callable[[Array], Array]:
    """Rest and ``D(i omega) = 0``, as functions of ``(ln rates, parameters, omega)``.

    The imaginary part is divided by omega, so that omega = 0 is no root of its own, but only at a double zero.
    """

    def function(u: Array) -> Array:
        equations, omega = at(*u[n:-1]), u[-1]
        value = equations.characteristic(1j * omega, np.exp(u[:n]))
        return np.append(equations.residual(u[:n]), [value.real, value.imag / omega])

    return function


def joined(backwards: Curve, forwards: Curve) -> Curve:
    """One curve of two that leave the same point."""
    points = np.concatenate([backwards.points[:0:-1], forwards.points])
    tangents = np.concatenate([-backwards.tangents[:0:-1], forwards.tangents])
    return Curve(points, tangents, (), forwards.status, False, forwards.reason, forwards.edge)


def lies_on(problem: Problem, curve: Curve, point: Array) -> bool:
    """Whether a solution is on a curve, between its points."""
    scaled, own = curve.points / problem.scale, point / problem.scale
    chords = np.diff(scaled, axis=0)
    squares = np.maximum((chords * chords).sum(axis=1), 1e-300)
    share = np.clip(((own - scaled[:-1]) * chords).sum(axis=1) / squares, 0.0, 1.0)
    away = np.linalg.norm(scaled[:-1] + share[:, None] * chords - own, axis=1)
    k = int(np.argmin(away))
    if away[k] > 0.05:
        return False
    for end in (k, k + 1):
        if np.linalg.norm(scaled[end] - own) < 1e-6:
            return True
    found = problem.between(curve.points[k], curve.points[k + 1], float(share[k]))
    return found is not None and bool(np.linalg.norm(found[0] / problem.scale - own) < 1e-4)
