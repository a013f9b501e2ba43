r"""Limit cycles that a look at the plane finds: where orbits settle forward in time, and in the plane also backward.

A cycle is a fixed point of the return map :math:`P` to a line across the flow. In the plane that map has one variable,
so the secant method finds it whatever its stability; with more variables the orbit is followed until it repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.fixed_points import Equilibrium
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.path import Path, path
from rheobase.dynamics.portrait.window import Window

Array = NDArray[np.float64]

_ASIDE = 1e-3
_KNOWN = 5e-3
_CLOSED = 1e-9
_NEARLY = 1e-7
_ROUNDS = 20
_TRIES = 4
_SMALLEST = 1e-3
_CROSSINGS = 6
_NEAR = 0.25
_LEFT = 1e-6


@dataclass(frozen=True)
class Cycle:
    """A closed orbit in internal units: ``states`` (n, k) ends where it begins; ``gap`` is how far it misses that, as
    a fraction of the window."""

    stable: bool
    period_ms: float
    states: Array
    gap: float


def stable_cycles(field: VectorField, finals: Sequence[Array], period: float, window: Window) -> list[Cycle]:
    """The cycles near states in which orbits have settled.

    Parameters
    ----------
    finals
        The last states of orbits that found no equilibrium.
    period
        The longest time (ms) in which one turn is expected.
    """
    return _collected(field, finals, period, window, stable=True)


def unstable_cycles(
    field: VectorField, points: Sequence[Equilibrium], cycles: Sequence[Cycle], period: float, window: Window
) -> list[Cycle]:
    """Cycles of a plane from which orbits depart: backward they attract.

    The orbits that look for them start close to every stable equilibrium and on both sides of every stable cycle,
    because in the plane nothing else can lie at the border of what these attract but saddles and infinity.
    """
    from rheobase.dynamics.orbits.trajectory import trajectories

    starts = [point.point + _ASIDE * window.scale * np.array([1.0, 0.0]) for point in points if point.stable]
    for cycle in cycles:
        middle = cycle.states.mean(axis=1)
        starts += [cycle.states[:, 0] + sign * 10 * _ASIDE * (cycle.states[:, 0] - middle) for sign in (1.0, -1.0)]
    if not starts:
        return []
    longest = max([period, *(_leaving(point) for point in points if point.stable)])
    there = trajectories(field, np.stack(starts), duration=longest, reset=False, backward=True, rtol=1e-7, most=200_000)
    near = [
        state
        for state, failed in zip(there.final, there.failed, strict=True)
        if not failed
        and window.outside(state) < 0
        and not any(window.distance(state, p.point) < _KNOWN for p in points)
    ]
    return _collected(field, near, period, window, stable=False)


def _leaving(point: Equilibrium) -> float:
    """How long an orbit next to an equilibrium needs to come far away from it, ms."""
    return 3.0 * np.log(1.0 / _ASIDE) / float(np.abs(point.eigenvalues.real).min())


def _collected(
    field: VectorField, states: Sequence[Array], period: float, window: Window, *, stable: bool
) -> list[Cycle]:
    found: list[Cycle] = []
    tries = _TRIES
    for state in states:
        if not tries:
            break
        if window.outside(state) >= 0 or any(window.to_curve(state, cycle.states) < _KNOWN for cycle in found):
            continue
        cycle = _closed(field, state, period, window, stable)
        tries -= cycle is None
        if cycle is not None and not any(window.to_curve(cycle.states[:, 0], c.states) < _KNOWN for c in found):
            found.append(cycle)
    return found


def _closed(field: VectorField, state: Array, period: float, window: Window, stable: bool) -> Cycle | None:
    """The cycle through the neighbourhood of a state; None if the orbit does not return or shrinks to a point."""
    turn = _Return(field, state, period, window, backward=not stable)
    at, best = state, None
    before: tuple[float, float] | None = None
    for _ in range(_ROUNDS):
        orbit = turn.once(at)
        if orbit is None:
            break
        gap = window.distance(orbit.states[:, -1], at)
        extent = float(np.max(np.ptp(orbit.states[window.section.pair], axis=1) / window.span))
        if extent < _SMALLEST:
            return None
        if best is None or gap < best.gap:
            forward = orbit.states if stable else orbit.states[:, ::-1]
            best = Cycle(stable, float(orbit.times[-1]), forward, gap)
        if gap < _CLOSED * extent:
            return best
        place, moved = turn.along(at), turn.along(orbit.states[:, -1]) - turn.along(at)
        at = orbit.states[:, -1]
        if field.n == 2 and before is not None and moved != before[1]:
            at = turn.point(place - moved * (place - before[0]) / (moved - before[1]))
        before = (place, moved)
    return best if best is not None and best.gap < _NEARLY else None  # a spiral that still shrinks is none


class _Return:
    """The return to the plane through a state across the flow there."""

    def __init__(self, field: VectorField, state: Array, period: float, window: Window, *, backward: bool):
        self.field, self.state, self.period, self.window, self.backward = field, state, period, window, backward
        scale = np.where(np.isfinite(window.scale), window.scale, 1.0)
        flow = field.rhs(state) / scale
        self.normal = flow / np.linalg.norm(flow) / scale * (-1.0 if backward else 1.0)
        self.line = np.array([-flow[1], flow[0]]) * scale / np.linalg.norm(flow) if field.n == 2 else np.zeros(field.n)

    def ahead(self, state: Array) -> float:
        """Negative before the plane, positive behind it, in units of the window."""
        return float(self.normal @ (state - self.state))

    def along(self, state: Array) -> float:
        """Where a state of the plane lies on the line across the flow."""
        return float(self.line @ (state - self.state) / (self.line @ self.line)) if self.field.n == 2 else 0.0

    def point(self, along: float) -> Array:
        return self.state + along * self.line

    def once(self, state: Array) -> Path | None:
        """The orbit until it returns; a crossing of the plane somewhere else is passed over."""
        times, states, at = [np.zeros(1)], [state[:, None]], state
        for _ in range(_CROSSINGS):
            rules = {"return": _Armed(self.ahead), "window": self.window.outside}
            part = path(self.field, at, self.period, rules, backward=self.backward, rtol=1e-11)
            times.append(times[-1][-1] + part.times[1:])
            states.append(part.states[:, 1:])
            at = part.states[:, -1]
            if part.end != "return":
                return None
            if self.window.distance(at, self.state) < _NEAR:
                return Path(np.concatenate(times), np.concatenate(states, axis=1), "return")
        return None


class _Armed:
    """A rule that only counts once it has been clearly negative: an orbit that starts on a plane has not returned."""

    def __init__(self, rule: Callable[[Array], float]):
        self.rule, self.armed = rule, False

    def __call__(self, state: Array) -> float:
        value = self.rule(state)
        self.armed |= value < -_LEFT
        return value if self.armed else 1.0
