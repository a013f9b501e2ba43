"""Example orbits of a phase portrait, with their spikes and resets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.portrait.basins import Ends
from rheobase.dynamics.portrait.section import Section
from rheobase.dynamics.portrait.window import Window
from rheobase.errors import ModelError

Array = NDArray[np.float64]

#: Where in the window the examples start, as fractions of its width and height.
_PLACES = (
    (0.08, 0.15), (0.92, 0.85), (0.5, 0.06), (0.3, 0.92), (0.95, 0.3), (0.06, 0.7), (0.65, 0.4), (0.4, 0.25),
    (0.75, 0.1), (0.2, 0.45), (0.55, 0.75), (0.8, 0.6),
)  # fmt: skip
_SAMPLES = 6000
_SPIKES = 12
_ARRIVED = 2e-3


@dataclass(frozen=True)
class Orbit:
    """An orbit in the plane, in shown units.

    Attributes
    ----------
    times
        (k,) in ms.
    points
        (2, k); NaN between a spike and the reset that follows it.
    spikes
        Times of spikes, ms: of the resets, for a neuron that has one.
    resets
        (spikes, 2, 2): the points just before and just after each reset.
    """

    times: Array
    points: Array
    spikes: Array
    resets: Array


def given_starts(section: Section, starts: int | Sequence[Any], window: Window) -> Array:
    """The start states (n, k): so many by default, or those that the user names.

    Raises
    ------
    ModelError
        For starts that cannot be read.
    """
    if isinstance(starts, int | np.integer):
        if starts < 0:
            raise ModelError(f"trajectories is a number of orbits or their starts, but {starts} was given")
        places = [_PLACES[k] if k < len(_PLACES) else _scattered(k) for k in range(int(starts))]
        fractions = np.array(places).reshape(-1, 2).T
        return section.lift(window.low[:, None] + window.below[:, None] * fractions)
    states = [_start(section, start) for start in starts]
    return np.stack(states, axis=1) if states else np.empty((section.field.n, 0))


def _scattered(k: int) -> tuple[float, float]:
    """Places that fill the window evenly, for those who want many: a lattice by the plastic number."""
    return (0.5 + 0.7548776662466927 * k) % 1.0, (0.5 + 0.5698402909980532 * k) % 1.0


def _start(section: Section, start: Any) -> Array:
    field = section.field
    given = start if isinstance(start, Mapping) else None
    if given is None:
        try:
            x, y = start
        except (TypeError, ValueError):
            example = f"({section.x}, {section.y}) or {{'{section.x}': ...}}"
            raise ModelError(f"a start of a trajectory is {example}, but {start!r} was given") from None
        given = {section.x: x, section.y: y}
    for name in given:
        if name not in field.states:
            raise ModelError(f"trajectories: there is no state '{name}'; the states are {', '.join(field.states)}")
    values = {name: float(field.read(name, value)) for name, value in given.items()}
    pair = [values.get(name, field.start[field.states.index(name)]) for name in (section.x, section.y)]
    state = section.lift(np.array(pair)[:, None])[:, 0]
    for name, value in values.items():
        state[field.states.index(name)] = value
    return state


def examples(ends: Ends, starts: Array) -> tuple[Orbit, ...]:
    """The orbits from some start states (n, k), up to where they arrive."""
    from rheobase.dynamics.orbits.trajectory import trajectories

    starts = starts[:, np.all(np.isfinite(starts), axis=0)]
    if not starts.shape[1]:
        return ()
    field = ends.field
    resets = field.neuron.has_reset
    sample = np.linspace(0.0, ends.duration, _SAMPLES)
    run = trajectories(
        field, starts.T, duration=ends.duration, sample=sample, reset=resets, stop_after=_SPIKES if resets else None,
        most=200_000,
    )  # fmt: skip
    assert run.states is not None
    orbits = []
    for row in range(starts.shape[1]):
        last = min(_arrival(ends, run.states[row]), np.searchsorted(sample, run.ended[row], side="right"))
        parts = (run.spikes[row], run.before[row], run.after[row]) if resets else (np.empty(0),) * 3
        orbits.append(_orbit(ends.window, sample[:last], run.states[row][:, :last], *parts))
    return tuple(orbits)


def _arrival(ends: Ends, states: Array) -> int:
    """The first sample from which on the orbit is at its end."""
    known = np.all(np.isfinite(states), axis=0)
    far = known.copy()
    for point in ends.points:
        if point.stable:
            far &= ends.window.distances(states, point.point) > _ARRIVED
    for cycle in ends.cycles:
        if cycle.stable:
            some = np.flatnonzero(known)[::10]
            near = np.array([ends.window.to_curve(states[:, k], cycle.states) < _ARRIVED for k in some], dtype=bool)
            away = some[~near]
            far[(away[-1] + 1 if len(away) else 1) :] = False
    return int(np.flatnonzero(far)[-1]) + 2 if far.any() else 2


def _orbit(window: Window, times: Array, states: Array, spikes: Array, before: Array, after: Array) -> Orbit:
    """Samples with the states around every reset put between them, in shown units."""
    section, pair = window.section, window.section.pair
    points, own = states[pair], np.asarray(spikes)[np.asarray(spikes) <= (times[-1] if len(times) else 0.0)]
    jumps = np.empty((0, 2, 2))
    if len(own):
        jumps = np.stack([before[: len(own)][:, pair], after[: len(own)][:, pair]], axis=1)
        at = np.searchsorted(times, own)
        gap = np.full((2, 1), np.nan)
        around = [np.concatenate([a[:, None], gap, b[:, None]], axis=1) for a, b in jumps]
        points = np.insert(points, np.repeat(at, 3), np.concatenate(around, axis=1), axis=1)
        times = np.insert(times, np.repeat(at, 3), np.repeat(own, 3))
    field = section.field
    shown = np.stack(
        [np.atleast_1d(field.shown(name, row)) for name, row in zip((section.x, section.y), points, strict=True)]
    )
    for axis, name in enumerate((section.x, section.y)):
        jumps[:, :, axis] = field.shown(name, jumps[:, :, axis])
    return Orbit(times, shown, own, jumps)
