"""Continuation: all branches of equilibria over a parameter, with their bifurcations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.assembly import assembled, end_of
from rheobase.dynamics.equilibria.box import Box, find_box, threshold_of
from rheobase.dynamics.equilibria.branches import Followed, follow_all
from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
from rheobase.dynamics.equilibria.fixed_points import vector_field
from rheobase.dynamics.equilibria.line import Line
from rheobase.dynamics.equilibria.none_found import why_none
from rheobase.dynamics.equilibria.search import Found, equilibria, polish
from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

Vector = NDArray[np.float64]

_SEEDS = 9
_STARTS = 64
_ROOM = 4.0
_LEAST = 5e-3


def continuation(
    neuron: Neuron | VectorField,
    parameter: str,
    over: tuple[Any, Any],
    *,
    box: Mapping[str, Any] | None = None,
    start: Mapping[str, Any] | None = None,
    throw: bool = True,
    **parameters: Any,
) -> BifurcationDiagram:
    """The equilibria of a neuron over a range of a parameter, and every bifurcation on the way.

    All equilibria at both ends of the range and at seven values between are looked for, and each branch is followed
    from them by its arclength, around its folds, in both directions. Saddle-nodes, Hopf points with the sign of their
    first Lyapunov coefficient, and branch points are located to rounding; from branch points the crossing branches are
    followed too. A closed branch between two of the nine values, on which none of them lies, is not found.

    Parameters
    ----------
    neuron
        The model, or its vector field.
    parameter
        Which of its parameters is varied.
    over
        ``(low, high)``: quantities, texts, or plain numbers in the unit that the equations declare for the parameter
        (``I : uA/cm**2`` reads 5 as 5 uA/cm**2).
    box
        ``{state: (low, high)}``: where equilibria are looked for and how far branches are followed; see `fixed_points`.
    start
        ``{state: value}`` near an equilibrium: follow only its branch. The parameter has the neuron's own value there,
        or the end of the range that is nearest to it.
    throw
        Whether to raise an error if there is no equilibrium, or a branch cannot be followed to its end; else the
        diagram holds what was found and its status says why.
    **parameters
        Other parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        For an unknown parameter, an empty range, a neuron that is no autonomous smooth system; and see ``throw``.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> neuron = Neuron("dx/dt = (x**2 + I)/ms : 1", I=0)
    >>> diagram = continuation(neuron, "I", (-1, 1))
    >>> diagram.special[0].kind, round(diagram.special[0].value, 12) + 0.0
    ('saddle-node', 0.0)
    """
    field = vector_field(neuron, parameters)
    low, high = _range(field, parameter, over)
    found, seeds = _seeds(field, parameter, (low, high), find_box(field, box), start)
    if not seeds and throw:
        raise ModelError(f"{_none(field, parameter, high, found.box)}; throw=False returns an empty diagram")
    line = _line(field, parameter, (low, high), found, seeds)
    branches, crossings = follow_all(line, seeds)
    if throw:
        _require_complete(line, branches)
    nothing = "" if branches else _none(field, parameter, high, found.box)
    return assembled(line, branches, crossings, found.box, nothing)


def _range(field: VectorField, parameter: str, over: Any) -> tuple[float, float]:
    field.index(parameter)
    try:
        first, last = over
    except (TypeError, ValueError):
        raise ModelError(f"the range of '{parameter}' has to be two values, (low, high), not {over!r}") from None
    low, high = float(field.read(parameter, first)), float(field.read(parameter, last))
    if low == high:
        raise ModelError(
            f"the range of '{parameter}' is empty: it begins and ends at {first}; fixed_points looks there"
        )
    if low > high:
        raise ModelError(f"the range of '{parameter}' runs from {first} down to {last}; give the lower end first")
    return low, high


def _seeds(
    field: VectorField, parameter: str, over: tuple[float, float], box: Box, start: Mapping[str, Any] | None
) -> tuple[Found, list[Vector]]:
    """Equilibria to start from: those at the ends first."""
    if start is not None:
        return _given_start(field, parameter, over, box, start)
    low, high = over
    # a little off the even division, so as not to hit the middle of a symmetric system
    inner = np.linspace(0.0, 1.0, _SEEDS)[1:-1] + 0.0137
    values = np.array([low, high, *(low + (high - low) * inner)])
    found = equilibria(field, box, parameter, values, starts=_STARTS)
    return found, [np.append(x, value) for value, group in zip(values, found.points, strict=True) for x in group]


def _given_start(
    field: VectorField, parameter: str, over: tuple[float, float], box: Box, start: Mapping[str, Any]
) -> tuple[Found, list[Vector]]:
    if not isinstance(start, Mapping):
        raise ModelError(f"start has to name states, such as {{'{field.voltage}': value}}, but {start!r} was given")
    unknown = [name for name in start if name not in field.states]
    if unknown:
        raise ModelError(f"start: there is no state '{unknown[0]}'; the states are {', '.join(field.states)}")
    value = min(max(float(field.values[field.index(parameter)]), over[0]), over[1])
    guess = np.array([
        float(field.read(name, start[name])) if name in start else own
        for name, own in zip(field.states, field.start, strict=True)
    ])  # fmt: skip
    x = polish(field, guess, field.at(**{parameter: value}), box.width)
    if x is None:
        unit = "" if field.unit_name(parameter) == "1" else f" {field.unit_name(parameter)}"
        shown = f"{field.shown(parameter, value):.6g}{unit}"
        raise ModelError(f"no equilibrium is found from this start at {parameter} = {shown}; see fixed_points")
    return Found(((x,),), box, True, "from the given start", field.states.index(field.voltage)), [np.append(x, value)]


def _none(field: VectorField, parameter: str, value: float, box: Box) -> str:
    bounds = ", ".join(f"{name} from {low:.6g} to {high:.6g}" for name, (low, high) in box.shown(field).items())
    return why_none(field.with_values(**{parameter: value}), box) or (
        f"there is no equilibrium at any of {_SEEDS} values of '{parameter}' in the box ({bounds}); give a larger box, "
        "another range or other parameters"
    )


def _line(field: VectorField, parameter: str, over: tuple[float, float], found: Found, seeds: list[Vector]) -> Line:
    """Scales from how far the equilibria lie apart; bounds from the box, with room around what the user left open."""
    box, n = found.box, field.n
    states = np.array([seed[:-1] for seed in seeds]) if seeds else field.start[None]
    spread = states.max(axis=0) - states.min(axis=0)
    if len(seeds) == 1:
        spread = np.minimum(_response(field, parameter, seeds[0]) * (over[1] - over[0]), 0.25 * box.width)
    scale = np.maximum(np.maximum(spread, _LEAST * box.width), 1e-3 * np.abs(states).max(axis=0))
    wide = box.wider(_ROOM)
    lower, upper = wide.lower.copy(), wide.upper.copy()
    if found.scanned is not None:  # the other states follow from this one
        free = ~box.given & (np.arange(n) != found.scanned)
        lower[free], upper[free] = -math.inf, math.inf
    for at, state in enumerate(field.states):
        end = threshold_of(field, state)
        if end is not None and not box.given[at]:
            upper[at] = end
    low, high = over
    return Line(
        field, parameter, np.append(scale, high - low), np.append(lower, low), np.append(upper, high)
    )  # fmt: skip


def _response(field: VectorField, parameter: str, seed: Vector) -> Vector:
    """By how much an equilibrium moves with the parameter."""
    p = field.at(**{parameter: seed[-1]})
    with np.errstate(all="ignore"):
        moved = np.linalg.lstsq(field.jacobian(seed[:-1], p), field.by_parameter(seed[:-1], parameter, p), rcond=None)
    return np.abs(moved[0])


def _require_complete(line: Line, branches: list[Followed]) -> None:
    for branch in branches:
        for end in branch.course.ends:
            if end.reason == "stuck":
                raise ModelError(
                    f"a branch of equilibria cannot be followed to its end: {end_of(line, end)}; throw=False returns "
                    "what was found, and a smaller range or box may avoid the place"
                )
