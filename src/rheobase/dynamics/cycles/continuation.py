r"""Branches of periodic orbits: from a Hopf point or from a simulated orbit, through folds, to their end.

Cycles solve :math:`\dot x = f(x, p)`, :math:`x(T) = x(0)` by orthogonal collocation (see
`rheobase.numerics.collocation`) and are followed by pseudo-arclength in orbit, period and parameter.

Reference
---------
Doedel E, Keller HB, Kernévez JP (1991), Numerical analysis and control of bifurcation problems II, Int J Bifurcation
Chaos 1:745.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.dynamics.cycles.branch import Entry, assembled, cycle_between
from rheobase.dynamics.cycles.cycle import Cycle, extremes
from rheobase.dynamics.cycles.ends import Ends
from rheobase.dynamics.cycles.start import at_hopf, from_orbit
from rheobase.dynamics.cycles.walk import Limits, Path, follow, towards
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import KINDS, SpecialPoint
from rheobase.errors import ModelError

Array = NDArray[np.float64]

_FEWEST = 20
#: Ends of a branch that are no failure.
_ASKED = ("as many as asked for", "a canard explosion", "interrupted")

__all__ = ["Cycle", "CycleBranch", "cycle_at", "cycles_from_hopf", "cycles_from_orbit"]


@dataclass(frozen=True, eq=False)
class CycleBranch:
    """A branch of cycles in the order in which it was followed; special points are among its points.

    Attributes
    ----------
    field, parameter
        The vector field and the name of the parameter.
    special
        Folds of cycles, period doublings, torus bifurcations, branch points, and the end if it has a name (a Hopf
        point, a homoclinic orbit, a saddle-node on the circle). ``special[k].data`` is the `Cycle` there.
    status
        Why the branch ends.
    complete
        Whether that reason lies in the model or in what was asked for, and not in the method.
    entries
        The points; the first or last may be a Hopf point, where the amplitude is zero.
    start
        The Hopf point from which the branch was followed.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> ring = Neuron("dx/dt = (mu*x - w*y - x*(x**2 + y**2))/ms : 1\\n"
    ...               "dy/dt = (w*x + mu*y - y*(x**2 + y**2))/ms : 1\\n mu : 1 = 0 \\n w : 1 = 2")
    >>> t = np.linspace(0, 10, 400)
    >>> cycles = cycles_from_orbit(ring, "mu", t, np.stack([np.cos(2*t), np.sin(2*t)], axis=1), 1.0, bounds=(-1, 4))
    >>> cycles.special[0].kind, abs(cycles.special[0].value) < 1e-9, round(cycles.at(2.25)[0].maximum["x"], 6)
    ('hopf-supercritical', True, 1.5)
    """

    field: VectorField = part(repr=False)
    parameter: str
    special: tuple[SpecialPoint, ...]
    status: str
    complete: bool
    entries: tuple[Entry, ...] = part(repr=False)
    start: SpecialPoint | None = None

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def values(self) -> Array:
        """The parameter, in its shown unit."""
        return self.field.shown(self.parameter, np.array([entry.orbit.parameter for entry in self.entries]))

    @cached_property
    def period_ms(self) -> Array:
        return np.array([entry.orbit.period for entry in self.entries])

    @property
    def frequency_hz(self) -> Array:
        return 1e3 / self.period_ms

    @cached_property
    def minimum(self) -> Mapping[str, Array]:
        """Lowest value of every state along the branch, in shown units."""
        return {name: self.field.shown(name, self._extremes[:, 0, i]) for i, name in enumerate(self.field.states)}

    @cached_property
    def maximum(self) -> Mapping[str, Array]:
        """Highest value of every state along the branch, in shown units."""
        return {name: self.field.shown(name, self._extremes[:, 1, i]) for i, name in enumerate(self.field.states)}

    @cached_property
    def _extremes(self) -> Array:
        return np.stack([extremes(entry.orbit) for entry in self.entries])

    @cached_property
    def multipliers(self) -> NDArray[np.complex128]:
        """Floquet multipliers (points, n - 1) without the one that is always 1, the largest first."""
        return np.stack([entry.multipliers for entry in self.entries])

    @cached_property
    def stable(self) -> NDArray[np.bool_]:
        """Whether the cycle attracts; at a special point, whether the multipliers that are not critical are inside."""
        return np.array([entry.stable for entry in self.entries])

    @property
    def folds(self) -> tuple[SpecialPoint, ...]:
        """The folds of cycles."""
        return tuple(point for point in self.special if point.kind == "fold-of-cycles")

    @property
    def end(self) -> SpecialPoint | None:
        """The special point at which the branch ends, if it does."""
        kinds = ("snic", "homoclinic")
        return next((p for p in self.special if p.kind in kinds or p.is_hopf), None)

    def cycle(self, index: int) -> Cycle:
        """One of the cycles that were computed on the way.

        Raises
        ------
        ModelError
            For a Hopf point, where the amplitude is zero.
        """
        entry = self.entries[index]
        if entry.solution is None or entry.problem is None:
            raise ModelError("this point of the branch is a Hopf point: the cycle has no amplitude there")
        return Cycle(self.field, self.parameter, entry.solution, entry.problem)

    def at(self, value: Any) -> tuple[Cycle, ...]:
        """All cycles of the branch at exactly this value of the parameter, solved on a fine mesh.

        Parameters
        ----------
        value
            A quantity, a text, or a number in the shown unit.
        """
        wanted = self.field.read(self.parameter, value)
        found = []
        for a, b in zip(self.entries, self.entries[1:], strict=False):
            first, last = a.orbit.parameter, b.orbit.parameter
            if min(first, last) <= wanted < max(first, last) or (b is self.entries[-1] and wanted == last):
                solution = cycle_between(a, b, wanted)
                if solution is not None:
                    problem = b.problem or a.problem
                    assert problem is not None
                    found.append(Cycle(self.field, self.parameter, solution, problem).finer())
        return tuple(found)

    def summary(self) -> str:
        """The special points and the end, line by line."""
        return "\n".join([*(point.sentence for point in self.special), self.status])

    def __repr__(self) -> str:
        kinds = ", ".join(f"{KINDS[point.kind]} at {point.value:.8g}" for point in self.special) or "no bifurcation"
        return f"CycleBranch({len(self)} cycles over {self.parameter}: {kinds}; {self.status})"

    def __str__(self) -> str:
        return self.summary()

    def plot(self, ax: Any = None, state: str | None = None) -> Any:
        """Extremes of a state (the voltage, if none is named) over the parameter, and frequency; returns the figure."""
        from rheobase.plot.cycles import branch

        return branch(self, state or self.field.voltage, ax)


def cycles_from_hopf(
    field: VectorField,
    parameter: str,
    hopf: SpecialPoint,
    *,
    bounds: tuple[Any, Any] | None = None,
    longest_period: Any = None,
    tol: float = 1e-6,
    intervals: int = 400,
    most: int = 600,
    throw: bool = True,
) -> CycleBranch:
    """The branch of cycles that is born at a Hopf point.

    Parameters
    ----------
    field, parameter
        The vector field, and the parameter that is varied.
    hopf
        The point, of the diagram of equilibria.
    bounds
        Range of the parameter; quantities, texts or numbers in the shown unit. None: no bounds. (The method ``cycles``
        of a Hopf point takes the range of its diagram with half its width more on either side.)
    longest_period
        Where to stop if no end is recognised (ms, or a quantity); ten thousand times that of the Hopf point.
    tol
        Error between the nodes of the mesh, relative to the range of the states. Parameter and period are more exact by
        orders.
    intervals
        Most intervals of the mesh, each with four collocation points.
    most
        Most cycles.
    throw
        Whether to raise if the method fails on the way; otherwise ``status`` says so, and what was found is returned.

    Raises
    ------
    ModelError
        If there is no small cycle at the point; for options that make no sense; with ``throw``, if the branch is lost.
    """
    if hopf.point is None or hopf.internal is None:
        raise ModelError("the Hopf point has to come from a diagram: it has to know its state")
    field = hopf.field if hopf.field is not None else field
    field.index(parameter)
    lower, upper, width = _bounds(field, parameter, bounds, hopf.internal)
    problem, first, still = at_hopf(field, parameter, np.asarray(hopf.point, float), float(hopf.internal), width)
    longest = _longest(longest_period, still.period)
    limits = _limits(lower, upper, longest, most, tol, intervals)
    path = follow(problem, first, 0.3, limits, Ends(field, parameter))
    return _branch(field, parameter, path, Entry.still(still, first, problem), throw, start=hopf)


def cycles_from_orbit(
    neuron: Any,
    parameter: str,
    times: ArrayLike,
    states: ArrayLike,
    value: Any,
    *,
    bounds: tuple[Any, Any] | None = None,
    longest_period: Any = None,
    tol: float = 1e-6,
    intervals: int = 400,
    most: int = 600,
    throw: bool = True,
) -> CycleBranch:
    """The branch of cycles through a simulated orbit, followed both ways.

    Parameters
    ----------
    neuron, parameter
        The model or its vector field, and the parameter that is varied.
    times, states
        The orbit: (k,) in ms and (k, n_states) in shown units; its last turn counts.
    value
        Of the parameter in the simulation.
    bounds, longest_period, tol, intervals, most, throw
        See `cycles_from_hopf`; the longest period is by default ten thousand times that of the orbit.

    Raises
    ------
    ModelError
        If the orbit has no full turn or no cycle is near it; with ``throw``, if the branch is lost.
    """
    field = neuron if isinstance(neuron, VectorField) else VectorField.of(neuron)
    field.index(parameter)
    at = float(field.read(parameter, value))
    lower, upper, width = _bounds(field, parameter, bounds, at)
    inside = _inside(field, times, states)
    problem, first = from_orbit(field, parameter, np.asarray(times, float), inside, at, width)
    limits = _limits(lower, upper, _longest(longest_period, first.orbit.period), most, tol, intervals)
    paths = []
    for sign in (-1.0, 1.0):
        start = towards(problem, first, sign)
        if start is None:
            raise ModelError("no direction of the branch was found at the orbit; it may lie at a bifurcation")
        paths.append(follow(problem, start, 0.1, limits, Ends(field, parameter)))
        if paths[0].closed:
            break
    return _branch(field, parameter, paths[-1], None, throw, paths[0] if len(paths) > 1 else None)


def cycle_at(
    neuron: Any, parameter: str, value: Any, times: ArrayLike, states: ArrayLike, *, tol: float = 1e-10
) -> Cycle:
    """The cycle near a simulated orbit at one value of a parameter; arguments as in `cycles_from_orbit`.

    ``tol`` is the relative change of the period at which meshes are fine enough.
    """
    field = neuron if isinstance(neuron, VectorField) else VectorField.of(neuron)
    field.index(parameter)
    at = float(field.read(parameter, value))
    problem, first = from_orbit(field, parameter, np.asarray(times, float), _inside(field, times, states), at, math.inf)
    return Cycle(field, parameter, first, problem).finer(tol)


def _inside(field: VectorField, times: ArrayLike, states: ArrayLike) -> Array:
    """The states (times, n) in internal units."""
    columns = np.asarray(states, dtype=float)
    if columns.shape != (len(np.asarray(times)), field.n):
        raise ModelError(f"states needs the shape (times, {field.n}), but it is {columns.shape}")
    return np.stack([field.read(name, columns[:, i]) for i, name in enumerate(field.states)], axis=1)


def _bounds(
    field: VectorField, parameter: str, bounds: tuple[Any, Any] | None, start: float
) -> tuple[float, float, float]:
    """Lower and upper bound and the width in internal units; the width is infinite without bounds."""
    if bounds is None:
        return -math.inf, math.inf, math.inf
    low, high = (float(field.read(parameter, bound)) for bound in bounds)
    if not low < high:
        raise ModelError(f"the range of {parameter} is empty: {bounds[0]} is not below {bounds[1]}")
    if not low <= start <= high:
        shown = field.shown(parameter, start)
        raise ModelError(f"the branch starts at {parameter} = {shown:.6g}, not from {bounds[0]} to {bounds[1]}")
    return low, high, high - low


def _limits(lower: float, upper: float, longest: float, most: int, tol: float, intervals: int) -> Limits:
    """The limits of a walk, if they make sense."""
    if not most >= 1:
        raise ModelError(f"most has to be at least 1, but {most} is given")
    if not intervals >= _FEWEST:
        raise ModelError(
            f"intervals has to be at least {_FEWEST}, but {intervals} is given: fewer do not carry a cycle"
        )
    if not 1e-12 <= tol <= 1e-2:
        raise ModelError(f"tol has to lie between 1e-12 and 0.01, but {tol} is given")
    if not longest > 0.0:
        raise ModelError(f"longest_period has to be a time above 0, but {longest:g} ms is given")
    return Limits(lower, upper, longest, most, tol, intervals)


def _longest(longest_period: Any, period: float) -> float:
    from rheobase.units import TIME, internal

    if longest_period is None:
        return 1e4 * period
    if isinstance(longest_period, int | float):
        return float(longest_period)
    return float(internal(longest_period, TIME, "longest_period"))


def _branch(
    field: VectorField, parameter: str, path: Path, first: Entry | None, throw: bool, other: Path | None = None,
    start: SpecialPoint | None = None,
) -> CycleBranch:  # fmt: skip
    entries, special, status = assembled(field, parameter, path, first, other)
    complete = path.complete and (other is None or other.complete)
    if throw and not complete and not any(words in status for words in _ASKED):
        raise ModelError(f"{status}; throw=False gives the part that was found")
    return CycleBranch(field, parameter, special, status, complete, entries, start)
