"""Periodic firing that a neuron settles into, from its start values or after a push of its voltage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import find_box
from rheobase.dynamics.equilibria.fixed_points import fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.stimulus import called, with_unit
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.errors import ModelError

Array = NDArray[np.float64]

#: Pushes of the voltage, relative to the width of its box.
_PUSHES = np.geomspace(3e-4, 0.2, 8)
_ASIDE = 1e-4
_SAMPLES, _ROUNDS, _LONGER = 12000, 9, 3.0
_FADING, _STILL = 1e-2, 1e-8
#: Intervals that agree to this are those of periodic firing; a few of them, and more in each further round.
_REGULAR, _SPIKES = 1e-6, (12, 60, 400, 3000)


@dataclass(frozen=True, eq=False)
class Settled:
    """A stretch of periodic motion, internal units.

    Attributes
    ----------
    times, states
        (k,) and (k, n).
    period
        As far as it is known.
    start, level
        A state (n,) at which the voltage rises through the middle of its range, and this voltage; of several in a
        period, the one with the longest time below before it.
    """

    times: Array
    states: Array
    period: float
    start: Array
    level: float


def starts(field: VectorField) -> Array:
    """The start values, the same with the voltage pushed up and down, and states beside unstable equilibria, (rows, n).

    A cycle that hardly attracts from outside does so from inside.
    """
    at = field.states.index(field.voltage)
    width = float(find_box(field).width[at])
    pushes = np.concatenate([[0.0], np.stack([_PUSHES, -_PUSHES], axis=1).ravel()]) * width
    rows = np.tile(field.start, (len(pushes), 1))
    rows[:, at] += pushes
    inside = [point.point for point in fixed_points(field, throw=False) if not point.stable]
    beside = np.array([x + sign * _ASIDE * width * np.eye(field.n)[at] for x in inside for sign in (1.0, -1.0)])
    return np.concatenate([rows, beside.reshape(-1, field.n)])


def oscillation(field: VectorField, name: str | None) -> list[Settled]:
    """Stretches of sustained oscillation of a flow without resets, the largest first; followed for longer and longer.

    Raises
    ------
    ModelError
        If all orbits come to rest or grow without bound, or none has become periodic in the end.
    """
    rows, duration, total = starts(field), _time_scale(field), 0.0
    at, width = field.states.index(field.voltage), find_box(field).width
    for _ in range(_ROUNDS):
        sample = np.linspace(0.0, duration, _SAMPLES)
        run = trajectories(field, rows, duration=duration, sample=sample, rtol=1e-9, reset=False, most=1_000_000)
        assert run.states is not None
        total += duration
        kept = [k for k in range(len(rows)) if not run.failed[k]]
        found = [stretch for k in kept if (stretch := _sustained(sample, run.states[k].T, at)) is not None]
        if found:
            return sorted(found, key=lambda stretch: -float(np.ptp(stretch.states[:, at])))
        moving = [k for k in kept if np.any(np.ptp(run.states[k][:, _SAMPLES // 2 :], axis=1) > _STILL * width)]
        if not moving:
            break
        rows, duration = run.final[moving], _LONGER * duration
    raise silence(field, name, total)


def silence(field: VectorField, name: str | None, total: float) -> ModelError:
    """The refusal of a neuron that does not fire periodically."""
    return ModelError(
        f"{called(field)} does not fire periodically{_at(field, name)}: from its start values, also with its voltage "
        f"pushed, it came to rest or had no period within {total:.4g} ms; give an input at which it fires regularly"
    )


def _at(field: VectorField, name: str | None) -> str:
    return "" if name is None else f" at {with_unit(field, name, float(field.values[field.index(name)]))}"


def _low(field: VectorField) -> Array:
    """The start values with the lowest voltage of its box: as they are given they may lie in a spike."""
    low = field.start.copy()
    low[field.states.index(field.voltage)] = find_box(field).lower[field.states.index(field.voltage)]
    return low


def _time_scale(field: VectorField, start: Array | None = None) -> float:
    """A duration (ms) in which something should happen: a few of the time constants at the start."""
    matrix = field.jacobian(field.start if start is None else start)
    if not np.all(np.isfinite(matrix)):
        return 100.0
    rates = np.abs(np.linalg.eigvals(matrix))
    rates = rates[np.isfinite(rates) & (rates > 0.0)]
    if not rates.size:
        return 100.0
    return 20.0 / max(float(rates.min()), 1e-3 * float(rates.max()))


def _sustained(times: Array, states: Array, at: int) -> Settled | None:
    """The late part of an orbit, if it goes up and down without fading and comes back to where it was."""
    late = len(times) // 2
    v = states[late:, at]
    half = len(v) // 2
    first, second = np.ptp(v[:half]), np.ptp(v[half:])
    if not second > 0.0 or abs(second - first) > _FADING * second or np.ptp(v) < 1e-6 * (abs(float(v.mean())) + 1e-6):
        return None
    level = 0.5 * float(v.max() + v.min())
    up = np.flatnonzero((v[:-1] < level) & (v[1:] >= level))
    if len(up) < 4:
        return None
    share = (level - v[up]) / (v[up + 1] - v[up])
    passages = times[late + up] + share * (times[late + up + 1] - times[late + up])
    there = np.stack([np.interp(passages, times, column) for column in states.T], axis=1)
    size = np.maximum(np.ptp(states[late:], axis=0), 1e-300)
    away = np.max(np.abs(there[:-1] - there[-1]) / size, axis=1)
    close = np.flatnonzero(away < 0.05)
    if not len(close):
        return None
    turn = np.arange(close[-1] + 1, len(up))  # the passages of the last period
    down = np.flatnonzero((v[:-1] >= level) & (v[1:] < level))
    below = [up[k] - down[down < up[k]].max(initial=0) for k in turn]
    chosen = int(turn[int(np.argmax(below))])
    return Settled(times[late:], states[late:], float(passages[-1] - passages[close[-1]]), there[chosen], level)


@dataclass(frozen=True, eq=False)
class Train:
    """Regular firing, internal units: the states just before and after a spike (n,), and the interval."""

    before: Array
    after: Array
    interval: float


def spike_train(field: VectorField, name: str | None) -> Train:
    """The regular firing of a neuron with a reset.

    Raises
    ------
    ModelError
        If it does not fire, or its intervals do not become equal.
    """
    rows, scale = starts(field), max(_time_scale(field, start) for start in (field.start, _low(field)))
    total: float = 0.0
    for count in _SPIKES:
        total = 50.0 * scale * count
        run = trajectories(field, rows, duration=total, stop_after=count, rtol=1e-9, most=2_000_000)
        full = [k for k, times in enumerate(run.spikes) if len(times) == count]
        if not full:
            break
        for k in full:
            intervals = np.diff(run.spikes[k][-5:])
            if not intervals.mean() > 0.0:
                raise ModelError(
                    f"{called(field)} fires without end at one time: its reset leaves it above the threshold; let it "
                    "lead below, or give it a refractory time"
                )
            if np.ptp(intervals) <= _REGULAR * intervals.mean():
                return Train(run.before[k][-1].copy(), run.after[k][-1].copy(), float(intervals[-1]))
        rows = rows[full[:1]]
    else:
        raise ModelError(_irregular(field, name, rows, total))
    raise silence(field, name, total)


def _irregular(field: VectorField, name: str | None, rows: Any, total: float) -> str:
    run = trajectories(field, rows[:1], duration=total, stop_after=200, rtol=1e-9)
    last = np.diff(run.spikes[0][-6:])
    listed = ", ".join(f"{interval:.4g}" for interval in last)
    return (
        f"{called(field)} does not fire with equal intervals{_at(field, name)}: late ones are {listed} ms; a phase "
        "response needs one spike per period"
    )
