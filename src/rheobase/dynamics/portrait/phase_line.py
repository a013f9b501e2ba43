"""The phase line: a model with one variable, its rate of change against the variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import find_box, threshold_of
from rheobase.dynamics.equilibria.fixed_points import Equilibrium, fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.model.network import nearest
from rheobase.units import VOLTAGE

Array = NDArray[np.float64]

_SAMPLES = 601
_ROOM = 0.4
_FAR = 4.0


@dataclass(frozen=True, eq=False)
class PhaseLine:
    """The flow of a model with one variable; numbers in shown units, rates per ms.

    Attributes
    ----------
    x
        The variable.
    unit
        Its unit.
    values, rates
        (k,): the variable and its rate of change.
    equilibria
        From low to high.
    threshold, reset
        Where the reset acts and where it leads, None where there is none or it depends on more than the variable.
    slice
        At which values other variables are held; empty if there are none.
    status
        A sentence.
    """

    x: str
    unit: str
    values: Array
    rates: Array
    equilibria: tuple[Equilibrium, ...]
    threshold: float | None
    reset: float | None
    slice: str
    status: str
    field: VectorField = part(repr=False)

    @property
    def title(self) -> str:
        """What the figure is called."""
        name = self.field.neuron.name or "neuron"
        return f"{name}: {self.slice}" if self.slice else name

    @property
    def basins(self) -> dict[float, tuple[float, float]]:
        """For each stable equilibrium the interval of starts that go there; an end may be infinite."""
        places = [point.state[self.x] for point in self.equilibria]
        bounds = [-np.inf, *places, np.inf if self.threshold is None else self.threshold]
        return {
            place: (bounds[at], bounds[at + 2])
            for at, (place, point) in enumerate(zip(places, self.equilibria, strict=True))
            if point.stable
        }

    def summary(self) -> str:
        """Equilibria and their basins, a line each."""
        name = self.field.neuron.name or "this neuron"
        lines = [f"{name} on the line of {self.x}" + (f"; {self.slice}" if self.slice else "")]
        lines += [f"  {point.sentence}" for point in self.equilibria] or ["  no equilibrium"]
        unit = "" if self.unit == "1" else f" {self.unit}"
        for place, (low, high) in self.basins.items():
            lines.append(f"  {_interval(low, high, unit)} it goes to {self.x} = {place:.6g}{unit}")
        return "\n".join([*lines, f"  {self.status}"])

    def plot(self, ax: Any = None) -> Any:
        """Draw it: into given axes, or a figure of its own; returns the figure."""
        from rheobase.plot.phase_portrait import phase_line as draw

        return draw(self, ax)

    def cite(self) -> tuple[str, ...]:
        """The method."""
        return ("Izhikevich EM (2007), Dynamical Systems in Neuroscience, MIT Press, chapter 3 (the phase line)",)

    def __repr__(self) -> str:
        kinds = ", ".join(point.kind for point in self.equilibria) or "no equilibrium"
        return f"PhaseLine({self.title} on the line of {self.x}: {kinds})"

    def __str__(self) -> str:
        return self.summary()


def _interval(low: float, high: float, unit: str) -> str:
    if np.isinf(low) or np.isinf(high):
        one = "everywhere" if np.isinf(low) and np.isinf(high) else "from"
        bound = (
            f" below {high:.6g}{unit}" if np.isfinite(high) else f" above {low:.6g}{unit}" if np.isfinite(low) else ""
        )
        return one + bound
    return f"from {low:.6g} to {high:.6g}{unit}"


def phase_line(
    field: VectorField, x: str | None, y: str | None, limits: Mapping[str, Any] | None, slice: str
) -> PhaseLine:
    """The phase line of a vector field with one state; see `phase_portrait`."""
    name = field.states[0]
    _require_line(field, x, y)
    found = fixed_points(field, throw=False)
    threshold = threshold_of(field, name) if field.neuron.has_reset else None
    reset = reset_of(field, name)
    low, high = _limits(field, found.points, threshold, reset, limits)
    values = np.linspace(low, high, _SAMPLES)
    rates = field.rhs(values[None])[0]
    if not np.any(np.isfinite(rates)):
        raise ModelError(f"the flow has no finite value between the limits of {name}; give other limits")
    return PhaseLine(
        x=name, unit=field.unit_name(name), values=field.shown(name, values), rates=field.shown(name, rates),
        equilibria=found.points, threshold=None if threshold is None else field.shown(name, threshold),
        reset=None if reset is None else field.shown(name, reset), slice=slice, status=found.status, field=field,
    )  # fmt: skip


def _require_line(field: VectorField, x: str | None, y: str | None) -> None:
    name = field.states[0]
    if x is not None and x != name:
        raise ModelError(f"there is no state '{x}' to be shown{nearest(x, field.states) or f'; the state is {name}'}")
    if y is not None:
        raise ModelError(
            f"only '{name}' moves, so there is no plane to be shown with y='{y}'; leave y out to see the phase line"
        )


def reset_of(field: VectorField, state: str) -> float | None:
    """Where the reset leads a state, in internal units; None if there is no reset or no one value."""
    from rheobase.model.evaluate import evaluate
    from rheobase.model.expression import names

    known = dict(zip(field.parameters, field.values.tolist(), strict=True))
    for line in field.neuron.reset:
        if line.name == state and line.op == "=" and names(line.expression) <= known.keys():
            return float(np.asarray(evaluate(line.expression, known)))
    return None


def _limits(
    field: VectorField, points: tuple[Equilibrium, ...], threshold: float | None, reset: float | None,
    limits: Mapping[str, Any] | None,
) -> tuple[float, float]:  # fmt: skip
    """As given, else around equilibria and turning points of the rate, and threshold and reset if they are near."""
    from rheobase.dynamics.portrait.section import Section
    from rheobase.dynamics.portrait.view import given_limits

    name = field.states[0]
    given = given_limits(Section(field, name, name), limits)
    if name in given:
        return given[name]
    box = find_box(field)
    marks = [
        float(field.start[0]),
        *(float(point.point[0]) for point in points),
        *_turns(field, box.lower[0], box.upper[0]),
    ]
    spread = max(marks) - min(marks)
    edges = [edge for edge in (threshold, reset) if edge is not None]
    marks += [e for e in edges if spread == 0 or min(marks) - _FAR * spread < e < max(marks) + _FAR * spread]
    least = 20.0 if field.neuron.equations.dimension_of(name) == VOLTAGE else field.unit(name).scale
    room = max(_ROOM * (max(marks) - min(marks)) * (1.0 if spread else 0.25), 0.1 * least)
    return min(marks) - room, max(marks) + room


def _turns(field: VectorField, low: float, high: float) -> list[float]:
    """Where the rate of change is largest or smallest between its equilibria."""
    line = np.linspace(low, high, 2001)
    slope = np.sign(field.jacobian(line[None])[0, 0])
    turns = line[1:][slope[1:] * slope[:-1] < 0]
    return turns.tolist() if len(turns) <= 4 else []
