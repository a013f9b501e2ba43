"""Which part of a plane to look at, where nobody said: what the model visits, and the bends of its nullcline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import Box, find_box, threshold_of
from rheobase.dynamics.equilibria.fixed_points import Equilibrium
from rheobase.dynamics.portrait.nullclines import nullclines
from rheobase.dynamics.portrait.section import Section
from rheobase.errors import ModelError
from rheobase.model.network import nearest
from rheobase.units import VOLTAGE

Array = NDArray[np.float64]
Limits = tuple[tuple[float, float], tuple[float, float]]

_ROOM = 0.12
_LONGEST, _SHORTEST = 1500.0, 40.0
_SAMPLES = 1500
_PUSH, _FAR = 1.3, 5.0


def settling(points: Sequence[Equilibrium]) -> float:
    """How long (ms) orbits need to come to rest, from the slowest rate of a stable equilibrium."""
    rates = [float(np.abs(point.eigenvalues.real).min()) for point in points if point.stable]
    slowest = min(rates, default=0.0)
    return float(np.clip(7.0 / slowest, _SHORTEST, _LONGEST)) if slowest > 0.0 else 0.5 * _LONGEST


def given_limits(section: Section, limits: Mapping[str, Any] | None) -> dict[str, tuple[float, float]]:
    """The limits that the user has set, in internal units.

    Raises
    ------
    ModelError
        For a name that is not drawn, and limits that are none.
    """
    found = {}
    shown = tuple(dict.fromkeys((section.x, section.y)))
    if limits is not None and not isinstance(limits, Mapping):
        raise ModelError(f"limits are given by name, such as limits={{'{section.x}': (low, high)}}")
    for name, bounds in (limits or {}).items():
        if name not in shown:
            raise ModelError(f"limits: '{name}' is not shown{nearest(name, shown) or '; shown: ' + ', '.join(shown)}")
        try:
            low, high = (float(section.field.read(name, bound)) for bound in bounds)
        except (TypeError, ValueError):
            raise ModelError(f"limits: '{name}' needs two numbers, such as {{'{name}': (low, high)}}") from None
        if not low < high:
            raise ModelError(f"limits: the range of '{name}' is empty: {bounds[0]} is not below {bounds[1]}")
        found[name] = (low, high)
    return found


def find_limits(section: Section, points: Sequence[Equilibrium], given: Mapping[str, tuple[float, float]]) -> Limits:
    """The limits of x and y in internal units, those that are given kept."""
    names = (section.x, section.y)
    if all(name in given for name in names):
        return given[section.x], given[section.y]
    box = find_box(section.field)
    knees = _knees(section, box)
    visited = np.concatenate([knees, _visited(section, points, knees, box), *_landmarks(section, points)], axis=1)
    low, high = np.nanmin(visited, axis=1), np.nanmax(visited, axis=1)
    limits = [_padded(section, name, box, float(low[k]), float(high[k])) for k, name in enumerate(names)]
    x, y = (given.get(name, found) for name, found in zip(names, limits, strict=True))
    return x, y


def _padded(section: Section, name: str, box: Box, low: float, high: float) -> tuple[float, float]:
    """A little room on both sides; a width where there is none; no more of a gate's range than 0 to 1 needs."""
    at = section.field.states.index(name)
    volts = section.field.neuron.equations.dimension_of(name) == VOLTAGE
    least, narrow = (20.0, 0.02) if volts else (section.field.unit(name).scale, 1e-3)
    if high - low < narrow * least:  # nothing but the way back from the small push at rest
        low, high = low - least, high + least
    room = _ROOM * (high - low)
    low, high = low - room, high + room
    if box.gates[at]:
        return max(low, -0.03), min(high, 1.03)
    end = threshold_of(section.field, name)
    return low, high if end is None else min(high, end + 0.02 * (high - low))


def _landmarks(section: Section, points: Sequence[Equilibrium]) -> list[Array]:
    """Equilibria, the start, and the threshold of a reset."""
    field, pair = section.field, section.pair
    found = [field.start[pair][:, None], *(point.point[pair][:, None] for point in points)]
    end = threshold_of(field, field.voltage)
    if end is not None and field.voltage in (section.x, section.y):
        mark = np.full(2, np.nan)
        mark[(section.x, section.y).index(field.voltage)] = end
        found.append(mark[:, None])
    return found


def _knees(section: Section, box: Box) -> Array:
    """The turning points of the nullcline of x within the box: there the fast motion lets go."""
    pair = section.pair
    ends = [(float(box.lower[at]), float(box.upper[at])) for at in pair]
    branches, _ = nullclines(section, (ends[0], ends[1]))
    knees = []
    for branch in branches:
        slope = np.sign(np.diff(branch[1]))
        turns = np.flatnonzero(slope[1:] * slope[:-1] < 0) + 1
        knees.append(branch[:, turns])
    found = np.concatenate(knees, axis=1) if knees else np.empty((2, 0))
    return found if found.shape[1] <= 8 else np.empty((2, 0))  # a wavy line says nothing about where to look


def _visited(section: Section, points: Sequence[Equilibrium], knees: Array, box: Box) -> Array:
    """What orbits pass: from the start, from beside the equilibria, and from a push beyond the bends."""
    from rheobase.dynamics.orbits.trajectory import trajectories

    field, pair = section.field, section.pair
    starts = [field.start, *(point.point + 1e-4 * box.width for point in points)]
    edges = [*knees[0], *(point.point[pair[0]] for point in points if point.kind == "saddle")]
    base = min(points, key=lambda point: point.point[pair[0]]).point if points else field.start
    if edges:
        pushed = base.copy()
        pushed[pair[0]] += _PUSH * (max(edges) - base[pair[0]])
        starts.append(pushed)
    duration = settling(points)
    run = trajectories(
        field, np.stack(starts), duration=duration, sample=np.linspace(0.0, duration, _SAMPLES), rtol=1e-6,
        reset=field.neuron.has_reset, most=200_000,
    )  # fmt: skip
    assert run.states is not None
    stays = [~run.failed[row] and _inside(run.final[row][pair][:, None], box, pair)[0] for row in range(len(starts))]
    seen = np.moveaxis(run.states[stays][:, pair], 1, 0).reshape(2, -1)
    jumps = [part[:, pair].T for part in (*run.before, *run.after) if len(part) and field.neuron.has_reset]
    seen = np.concatenate([seen, *jumps], axis=1)
    return seen[:, _inside(seen, box, pair)]


def _inside(states: Array, box: Box, pair: Sequence[int]) -> Any:
    """Whether points (2, k) are not far out of the box."""
    room = _FAR * box.width[pair][:, None]
    return np.all((states >= box.lower[pair][:, None] - room) & (states <= box.upper[pair][:, None] + room), axis=0)
