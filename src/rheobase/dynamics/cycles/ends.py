r"""How a branch of cycles ends: in a Hopf point, or with an infinite period at a saddle or a saddle-node.

====================  ==========================================================  =====================================
end                   equilibrium that the cycle comes near                        period
====================  ==========================================================  =====================================
Hopf point            its centre; the amplitude goes to zero                       :math:`2\pi/\omega`
homoclinic orbit      a saddle, which stays a saddle                               :math:`-\ln|p - p_c| / \lambda`
saddle-node on the    none on this side; two meet where the branch ends            :math:`\propto |p - p_c|^{-1/2}`
circle (SNIC)
====================  ==========================================================  =====================================

:math:`\lambda` is the eigenvalue of the saddle that is nearest to zero. Both, the equilibrium and the law of the
period, have to agree before an end is named. A saddle-node is then solved for itself, and the branch is followed until
the period is hardly more than the time :math:`\pi/\sqrt{|a\,b\,(p - p_c)|}` that the way past it takes by its normal
form: a cycle that does not come along the centre direction, and so ends in a homoclinic orbit further on, takes at most
half of this. A homoclinic value is
:math:`p_c = p + (dp/dT)/\lambda`, which is exact to first order in :math:`e^{-\lambda T}`.

Reference
---------
Kuznetsov YA (2004), Elements of Applied Bifurcation Theory, Springer, chapters 6 and 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.walk import amplitude, amplitude_slope
from rheobase.dynamics.equilibria.normal_form import fold as fold_form
from rheobase.dynamics.field import VectorField
from rheobase.numerics.collocation import Problem
from rheobase.numerics.critical import null, pair
from rheobase.numerics.periodic import Solution

Array = NDArray[np.float64]

_SMALL = 0.03  # part of the largest amplitude below which a Hopf point is looked for
_NEAR = 0.1  # distance to an equilibrium, in units of the ranges
_SLOW = 0.5  # of its range, per period
_PASSAGE = 0.005  # by how much the period may differ from the time that the way past a saddle-node takes
_SETTLED = 1e-7  # relative change of a homoclinic value that is left


@dataclass(frozen=True)
class End:
    """An end that has a name; all in internal units. ``rate``: frequency in rad/ms, or leading eigenvalue in 1/ms."""

    kind: str
    point: Array
    value: float
    rate: float
    residual: float


@dataclass(frozen=True)
class Ends:
    """The rules, for one neuron and one parameter."""

    field: VectorField
    parameter: str

    def __call__(self, problem: Problem, solutions: list[Solution]) -> tuple[str, End | None] | None:
        """Why the branch ends with the last of these cycles; None if it goes on."""
        if len(solutions) < 4:
            return None
        last, before = solutions[-1], solutions[-2]
        size, slope = amplitude(problem, last.orbit), amplitude_slope(problem, last)
        if slope < 0.0 and size < _SMALL:
            hopf = self._hopf(problem, last, size, slope)
            if hopf is not None:
                return "the branch ends at a Hopf point", hopf
            if size < 1e-6:
                return "the amplitude goes to zero, but no Hopf point was found there", None
        if last.orbit.period > before.orbit.period and _lingers(problem, last):
            end = self._snic(problem, before, last) or self._homoclinic(problem, solutions)
            if end is not None:
                what = "a saddle-node on the cycle" if end.kind == "snic" else "a homoclinic orbit"
                return f"the branch ends at {what}: the period grows without bound", end
        return None

    def _hopf(self, problem: Problem, last: Solution, size: float, slope: float) -> End | None:
        """The Hopf point to which parameter and period go linearly in the square of the amplitude."""
        orbit, tangent = last.orbit, last.tangent
        mean = orbit.mesh.integral(orbit.mesh.values(orbit.nodes))
        found = hopf_near(self.field, self.parameter, mean, orbit.parameter, 2.0 * math.pi / orbit.period, problem)
        if found is None:
            return None
        point, value, omega, residual = found
        remains = -0.5 * size / slope  # of the way, in lengths, as the square of the amplitude sees it
        expected = remains * tangent.parameter, remains * tangent.period
        missing = value - orbit.parameter, 2.0 * math.pi / omega - orbit.period
        sizes = problem.parameter_scale, orbit.period
        tolerance = 0.1 if size > 0.003 else 0.5
        near = np.max(np.abs(point - mean) / problem.scale) < size
        agree = all(
            abs(m - e) < tolerance * abs(m) + 1e-3 * size * s for m, e, s in zip(missing, expected, sizes, strict=True)
        )
        return End("hopf", point, value, omega, residual) if near and agree else None

    def _snic(self, problem: Problem, before: Solution, last: Solution) -> End | None:
        laws = []
        for solution in (before, last):
            slow = slowest(problem, solution)
            fold = fold_near(self.field, self.parameter, slow, solution.orbit.parameter, problem)
            if fold is None:
                return None
            laws.append(_exponent(solution, fold[1]))
        point, value, residual = fold
        states = last.orbit.nodes.reshape(-1, last.orbit.n)
        away = np.min(np.max(np.abs(states - point) / problem.scale, axis=1))
        steady = all(abs(law + 0.5) < 0.03 for law in laws) and abs(laws[1] + 0.5) <= abs(laws[0] + 0.5) + 1e-3
        passage = passage_time(self.field, self.parameter, point, value, last.orbit.parameter)
        if not (steady and away < _NEAR and abs(passage / last.orbit.period - 1.0) < _PASSAGE):
            return None
        rest = equilibrium_near(self.field, self.parameter, slowest(problem, last), last.orbit.parameter, problem)
        if rest is not None and np.max(np.abs(rest - point) / problem.scale) < 2.0 * _NEAR:
            return None  # there is an equilibrium on this side: no saddle-node opens the cycle here
        return End("snic", point, value, 0.0, residual)

    def _homoclinic(self, problem: Problem, solutions: list[Solution]) -> End | None:
        ends = []
        for solution in solutions[-3:]:
            orbit = solution.orbit
            saddle = equilibrium_near(self.field, self.parameter, slowest(problem, solution), orbit.parameter, problem)
            if saddle is None:
                return None
            away = np.min(np.max(np.abs(orbit.nodes.reshape(-1, orbit.n) - saddle) / problem.scale, axis=1))
            rates = np.linalg.eigvals(self.field.jacobian(saddle, self.field.at(**{self.parameter: orbit.parameter})))
            if away > _NEAR or not (rates.real.min() < 0.0 < rates.real.max()):
                return None
            leading = rates[np.argmin(np.abs(rates.real))]
            slope = solution.tangent.parameter / solution.tangent.period  # dp/dT
            ends.append((saddle, abs(leading.real), leading.imag, slope, orbit))
        (_, _, _, slope_1, orbit_1), (saddle, rate, turning, slope_2, orbit_2) = ends[-2:]
        far = rate * orbit_2.period
        scale = max(abs(orbit_2.parameter), 1e-3 * problem.parameter_scale)
        if turning:
            values = [orbit.parameter for *_, orbit in ends]
            settled = far > 25.0 and max(values) - min(values) < _SETTLED * scale
            return End("homoclinic", saddle, orbit_2.parameter, rate, np.ptp(values) / scale) if settled else None
        with np.errstate(divide="ignore", invalid="ignore"):
            measured = -np.log(abs(slope_2 / slope_1)) / (orbit_2.period - orbit_1.period)
        rate /= max(1.0, round(rate / measured)) if measured > 0.0 else 1.0  # a symmetric cycle passes more than once
        value = orbit_2.parameter + slope_2 / rate
        left = abs(value - orbit_2.parameter) / scale
        doubt = left * max(abs(measured / rate - 1.0), 1e-3)
        lawful = abs(measured / rate - 1.0) < 0.1 and doubt < _SETTLED
        flat = far > 30.0 and left < _SETTLED
        return End("homoclinic", saddle, value, rate, doubt) if lawful or flat else None


def passage_time(field: VectorField, parameter: str, point: Array, critical: float, value: float) -> float:
    r"""The time from one side to the other past where a saddle-node was, :math:`\pi/\sqrt{|a\,b\,(p - p_c)|}`.

    Of the normal form :math:`\dot y = b (p - p_c) + a y^2` (Strogatz 2015, Nonlinear Dynamics and Chaos, sect. 4.3).
    """
    there = field.with_values(**{parameter: critical})
    unit = np.ones(field.n)
    slopes, forcing = there.jacobian(point), there.by_parameter(point, parameter)
    form = fold_form(slopes, there.second(point), there.third(point), forcing, unit)
    rate = math.sqrt(abs(form.value * form.by_parameter * (value - critical)))
    return math.pi / rate if rate > 0.0 else math.inf


def _exponent(solution: Solution, critical: float) -> float:
    """``d ln T / d ln |p - p_c|``: -1/2 where the period goes as one over the square root."""
    slope = solution.tangent.parameter
    return (solution.orbit.parameter - critical) * solution.tangent.period / (slope * solution.orbit.period or math.inf)


def _lingers(problem: Problem, solution: Solution) -> bool:
    """Whether the cycle has a place where it would hardly move in a whole period."""
    orbit = solution.orbit
    speed = np.abs(problem.rhs(slowest(problem, solution)[:, None], orbit.parameter))[:, 0] / problem.scale
    return float(np.max(speed)) * orbit.period < _SLOW


def slowest(problem: Problem, solution: Solution) -> Array:
    """Where the cycle moves most slowly, in units of the scales."""
    states = solution.orbit.nodes.reshape(-1, solution.orbit.n)
    speed = np.max(np.abs(problem.rhs(states.T, solution.orbit.parameter)) / problem.scale[:, None], axis=0)
    return states[int(np.argmin(speed))]


def equilibrium_near(field: VectorField, parameter: str, guess: Array, value: float, problem: Problem) -> Array | None:
    """Newton's method; None if it goes far away or nowhere."""
    x, p = guess.copy(), field.at(**{parameter: value})
    for _ in range(25):
        try:
            step = np.linalg.solve(field.jacobian(x, p), -field.rhs(x, p))
        except np.linalg.LinAlgError:
            return None
        size = float(np.max(np.abs(step) / problem.scale))
        if not size < 1e3:
            return None
        x = x + step * min(1.0, 0.3 / size if size > 0.0 else 1.0)
        if size < 1e-10:
            return x
    return None


def fold_near(
    field: VectorField, parameter: str, guess: Array, value: float, problem: Problem
) -> tuple[Array, float, float] | None:
    """The saddle-node near a point: Newton's method on ``f = 0`` and the smallest singular value of the Jacobian."""
    scale, width = problem.scale, problem.parameter_scale
    ratio = scale[None, :] / scale[:, None]
    x, p = guess.copy(), value
    for _ in range(40):
        at = field.at(**{parameter: p})
        critical = null(field.jacobian(x, at) * ratio)
        left, right = critical.left / scale, critical.right * scale
        matrix = np.zeros((field.n + 1, field.n + 1))
        matrix[:-1, :-1] = field.jacobian(x, at) * ratio
        matrix[:-1, -1] = field.by_parameter(x, parameter, at) * width / scale
        matrix[-1, :-1] = np.einsum("i,ijk,j->k", left, field.second(x, at), right) * scale
        matrix[-1, -1] = left @ field.mixed(x, parameter, at) @ right * width
        missed = np.append(field.rhs(x, at) / scale, critical.value)
        step = _solved(matrix, -missed)
        if step is None:
            return None
        size = float(np.max(np.abs(step)))
        step = step * min(1.0, 0.3 / size if size > 0.0 else 1.0)
        x, p = x + step[:-1] * scale, p + float(step[-1]) * width
        if size < 1e-11:
            rates = float(np.max(np.abs(matrix[:-1, :-1])))
            return x, p, float(np.max(np.abs(missed))) / rates
    return None


def hopf_near(
    field: VectorField, parameter: str, guess: Array, value: float, omega: float, problem: Problem
) -> tuple[Array, float, float, float] | None:
    """The Hopf point near a point: Newton's method on ``f = 0`` and the sum of the critical pair of eigenvalues."""
    scale, width = problem.scale, problem.parameter_scale
    ratio = scale[None, :] / scale[:, None]
    x, p = guess.copy(), value
    for _ in range(20):
        at = field.at(**{parameter: p})
        J = field.jacobian(x, at) * ratio
        critical = pair(J, omega * omega)
        by = critical.by_sum / scale[:, None] * scale[None, :]
        matrix = np.zeros((field.n + 1, field.n + 1))
        matrix[:-1, :-1] = J
        matrix[:-1, -1] = field.by_parameter(x, parameter, at) * width / scale
        matrix[-1, :-1] = np.einsum("ij,ijk->k", by, field.second(x, at)) * scale
        matrix[-1, -1] = np.sum(by * field.mixed(x, parameter, at)) * width
        missed = np.append(field.rhs(x, at) / scale, critical.sum)
        step = _solved(matrix, -missed)
        if step is None or not np.max(np.abs(step)) < 3.0 or not critical.product > 0.0:
            return None
        x, p = x + step[:-1] * scale, p + float(step[-1]) * width
        if np.max(np.abs(step)) < 1e-12 * max(1.0, float(np.max(np.abs(x) / scale))) * 10.0:
            frequency = math.sqrt(critical.product - 0.25 * critical.sum**2)
            return x, p, frequency, float(np.max(np.abs(missed))) / frequency
    return None


def _solved(matrix: Array, right: Array) -> Array | None:
    try:
        step = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.all(np.isfinite(step)) else None
