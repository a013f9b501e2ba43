"""A bifurcation diagram: branches of equilibria over a parameter, their stability and their special points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import Box
from rheobase.dynamics.equilibria.fixed_points import FixedPoints, collected
from rheobase.dynamics.equilibria.line import Line
from rheobase.dynamics.equilibria.search import polish
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import KINDS, SpecialPoint
from rheobase.errors import ModelError

Vector = NDArray[np.float64]

_EXACT = 1e-13


@dataclass(frozen=True, eq=False)
class Branch:
    """Equilibria along one curve, in the order in which it was followed.

    Attributes
    ----------
    values
        The parameter at each point, in its shown unit (k,).
    states
        Each state at each point, in shown units (k,).
    eigenvalues
        (k, n), per ms, those that grow fastest first.
    stable
        Whether each point attracts; special points do not count as such.
    special
        ``(index, point)``: the special points are points of the branch.
    status
        Why the branch ends where it does, for both ends.
    complete
        Whether both ends lie on the border of what was asked for, or the branch is closed.
    closed
        Whether its last point is the first one.
    points
        States and parameter in internal units (k, n + 1).
    """

    values: Vector
    states: Mapping[str, Vector]
    eigenvalues: NDArray[np.complex128]
    stable: NDArray[np.bool_]
    special: tuple[tuple[int, SpecialPoint], ...]
    status: str
    complete: bool
    closed: bool
    points: Vector

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"Branch({len(self)} points from {self.values[0]:.6g} to {self.values[-1]:.6g}; {self.status})"

    def pieces(self) -> Iterator[tuple[slice, bool]]:
        """Stretches between special points, ends included, and whether they are stable."""
        marked = {index for index, _ in self.special}
        cuts = sorted({0, len(self) - 1, *marked})
        for first, last in pairwise(cuts):
            inner = self.stable[first + 1 : last]
            if inner.size == 0:
                inner = self.stable[[at for at in (first, last) if at not in marked] or [first]]
            yield slice(first, last + 1), bool(np.count_nonzero(inner) * 2 > inner.size)


@dataclass(frozen=True, eq=False)
class BifurcationDiagram:
    """What `continuation` found.

    Attributes
    ----------
    parameter, over
        The parameter, and its range in shown units.
    branches
        The curves of equilibria.
    special
        All bifurcations, in the order of the parameter.
    box
        The bounds of the states in shown units.
    status
        What was found, and why branches end.
    complete
        Whether every branch ends at the border of what was asked for.
    field
        The vector field; the parameter has the neuron's own value there.
    """

    parameter: str
    over: tuple[float, float]
    branches: tuple[Branch, ...]
    special: tuple[SpecialPoint, ...]
    box: Mapping[str, tuple[float, float]]
    status: str
    complete: bool
    field: VectorField
    _line: Line = part(repr=False)
    _box: Box = part(repr=False)

    @property
    def hopf(self) -> tuple[SpecialPoint, ...]:
        """The Hopf points; ``diagram.hopf[0].cycles()`` continues the cycles that are born there."""
        return tuple(point for point in self.special if point.is_hopf)

    @property
    def folds(self) -> tuple[SpecialPoint, ...]:
        """The saddle-nodes."""
        return tuple(point for point in self.special if point.kind == "saddle-node")

    @property
    def branch_points(self) -> tuple[SpecialPoint, ...]:
        """Where branches cross."""
        return tuple(point for point in self.special if point.kind == "branch-point")

    @property
    def unit(self) -> str:
        """Unit of the parameter."""
        return self.field.unit_name(self.parameter)

    def at(self, value: Any) -> FixedPoints:
        """The equilibria of all branches at one value of the parameter, exact to rounding.

        Parameters
        ----------
        value
            As a quantity, a text, or a number in the unit of the parameter.

        Raises
        ------
        ModelError
            If the value is not in the range of the diagram.
        """
        internal = float(self.field.read(self.parameter, value))
        line = self._line
        low, high = line.lower[-1], line.upper[-1]
        slack = 1e-12 * (high - low)
        if not low - slack <= internal <= high + slack:
            unit = "" if self.unit == "1" else f" {self.unit}"
            raise ModelError(
                f"{self.parameter} = {value} is outside the range of this diagram, {self.over[0]:.10g} to "
                f"{self.over[1]:.10g}{unit}; continue over a larger one"
            )
        found: list[Vector] = []
        for branch in self.branches:
            for x in _crossings(line, branch.points, internal):
                if all(np.max(np.abs(x - other) / line.scale[:-1]) > 1e-7 for other in found):
                    found.append(x)
        field = self.field.with_values(**{self.parameter: internal})
        return collected(field, tuple(found), self._box, True, "from the branches of the diagram", False)

    def plot(self, ax: Any = None, state: str | None = None) -> Any:
        """Branches over the parameter: solid where stable, dashed where not, special points marked.

        Parameters
        ----------
        ax
            Where to draw; by default in a new figure.
        state
            Which state to show; by default the membrane potential.
        """
        from rheobase.plot.diagram import bifurcation_diagram

        return bifurcation_diagram(self, state or self.field.voltage, ax)

    def summary(self) -> str:
        """Branches and special points, a line each."""
        name = self.field.neuron.name or "this neuron"
        low, high = self.over
        unit = "" if self.unit == "1" else f" {self.unit}"
        lines = [f"{name}, equilibria over {self.parameter} from {low:.10g} to {high:.10g}{unit}"]
        for branch in self.branches:
            lines.append(f"  branch of {len(branch)} points: {branch.status}")
        lines += [f"  {point.sentence}" for point in self.special] or ["  no bifurcation"]
        return "\n".join([*lines, f"  {self.status}"])

    def __repr__(self) -> str:
        kinds = ", ".join(f"{KINDS[point.kind]} at {point.value:.8g}" for point in self.special) or "no bifurcation"
        return f"BifurcationDiagram({self.parameter} from {self.over[0]:.6g} to {self.over[1]:.6g}: {kinds})"

    def __str__(self) -> str:
        return self.summary()


def _crossings(line: Line, points: Vector, value: float) -> Iterator[Vector]:
    """The states of a branch at a value of the parameter."""
    p = line.field.at(**{line.parameter: value})
    off = points[:, -1] - value
    exact = np.abs(off) <= _EXACT * line.scale[-1]  # such as a bifurcation, where Newton's method would not converge
    yield from points[exact, :-1]
    for index in np.flatnonzero(((off[:-1] < 0.0) != (off[1:] < 0.0)) & ~exact[:-1] & ~exact[1:]):
        x = polish(line.field, _on_stretch(line, points[index], points[index + 1], value), p, line.scale[:-1])
        if x is not None:
            yield x


def _on_stretch(line: Line, a: Vector, b: Vector, value: float) -> Vector:
    """The state between two points of a branch at a value of the parameter, also where it turns back nearby."""
    low, high = 0.0, 1.0
    fraction = (value - a[-1]) / (b[-1] - a[-1])
    rising = b[-1] > a[-1]
    u = a + fraction * (b - a)
    for _ in range(60):
        found = line.problem.between(a, b, fraction)
        if found is None:
            break
        u, tangent = found
        off = u[-1] - value
        if abs(off) <= 1e-9 * line.scale[-1]:
            break
        low, high = (fraction, high) if (off < 0.0) == rising else (low, fraction)
        slope = tangent[-1] / max(float(tangent / line.scale @ ((b - a) / line.scale)), 1e-300)
        length = float(np.sum(((b - a) / line.scale) ** 2))
        new = fraction - off / (slope * length) if slope else np.nan
        fraction = new if low < new < high else 0.5 * (low + high)
    return u[:-1]
