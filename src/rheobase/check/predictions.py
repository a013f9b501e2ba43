"""The trials: each predicts a number, simulates, and says how large a difference the two methods leave open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.check.bench import ASIDE, LOWERED, MOST_MS, Bench
from rheobase.check.copies import Copies, boundary, mean_interval, trains
from rheobase.check.staircase import rates_on
from rheobase.check.trial import Trial
from rheobase.dynamics.orbits.trajectory import trajectories

Array = NDArray[np.float64]

_GRID = 41
_PERIODS = 60
_INSIDE = np.array([0.15, 0.5, 0.85])
#: Displacement from rest, as a share of the voltage, and how often that must grow to count as having left.
_PUSH, _LEFT = 1e-3, 5.0


def rest(bench: Bench) -> Iterator[Trial]:
    found = bench.page.character.rest
    if found is None:
        return
    state, unit = bench.page.field.voltage, bench.page.field.unit_name(bench.page.field.voltage)
    at = bench.page.field.states.index(state)
    start = bench.rest.copy()
    start[at] += _PUSH * max(abs(start[at]), 1.0)
    duration = max(30.0 / float(np.abs(bench.rates.real).min()), 10 * bench.dt)
    end = bench.copies.settled(bench.base, start, min(duration, 10 * MOST_MS))
    allowed = 1e-6 * max(abs(found[state]), 1.0)
    yield Trial(
        f"rest, {state}", found[state], float(bench.page.field.shown(state, end[at])), unit, allowed,
        "30 of the slowest time constants after a push of a thousandth, of which less than the allowance is left",
    )  # fmt: skip


def loss(bench: Bench) -> Iterator[Trial]:
    found = bench.page.character
    if found.rest_lost_at is None:
        return
    edge = bench.read(found.rest_lost_at)
    values = edge + bench.width * np.linspace(-ASIDE, ASIDE, _GRID)
    rests = np.stack([bench.equilibrium(value) for value in values])
    at = bench.page.field.states.index(bench.page.field.voltage)
    push = _PUSH * np.maximum(np.abs(rests[:, at]), 1.0)
    starts = rests.copy()
    starts[:, at] -= push
    traces = bench.traces(values, starts)
    away = np.abs(traces - rests[:, at]) > _LEFT * push
    yield _edge_trial(bench, 
        f"{bench.page.parameter} where the rest is lost ({found.rest_lost_by})", found.rest_lost_at, values, away,
        "copies at 41 inputs start beside their equilibrium; those count that are five times as far off in the "
        "second half",
    )  # fmt: skip


def stop(bench: Bench) -> Iterator[Trial]:
    found = bench.page.character
    if found.stops_at is None or not bench.fires:
        return
    edge = bench.read(found.stops_at)
    values = edge + bench.width * np.linspace(-ASIDE, ASIDE, _GRID)
    what = f"{bench.page.parameter} where firing ends ({found.stops_by or 'how is not known'})"
    if not bench.cycles:
        yield _lowered(bench, what, values)
        return
    traces = bench.traces(values, np.stack([bench.on_orbit(edge, value) for value in values]))
    moving = np.abs(traces - traces[-1]) > 0.02 * np.ptp(traces, axis=0).max()
    yield _edge_trial(
        bench, what, found.stops_at, values, moving,
        "copies at 41 inputs start on the firing orbit; those count that still move in the second half",
    )  # fmt: skip


def _lowered(bench: Bench, what: str, values: Array) -> Trial:
    """The input is lowered step by step, so that the state is always that of an input just above."""
    hold = _held(bench, float(values[-1]))
    found, sooner = (
        boundary(values, rates_on(bench, values[::-1], hold * share, bench.lowered)[::-1] > 0) for share in (1.0, 0.5)
    )
    step = float(values[1] - values[0])
    allowed = step + (abs(found - sooner) if np.isfinite(found - sooner) else 2 * ASIDE * bench.width)
    return Trial(
        what, bench.page.character.stops_at, None if np.isnan(found) else bench.shown(found), bench.page.unit,
        bench.shown(allowed) - bench.shown(0.0),
        f"the input is lowered in steps that are held for {hold:.4g} ms; allowed are a step and what half the time "
        "changes",
    )  # fmt: skip


def _held(bench: Bench, value: float) -> float:
    """How long an input that is lowered step by step stays at each (ms): some of the intervals at ``value``."""
    slowest = mean_interval(_train(bench, value, bench.lowered, 4 * bench.long), bench.long)
    return float(np.clip(8 * slowest if np.isfinite(slowest) else 0.0, bench.long / 4, 2 * MOST_MS))


def _edge_trial(bench: Bench, what: str, predicted: float, values: Array, active: Any, how: str) -> Trial:
    """From what each copy does at each time; measured again in half the time, to see what the time leaves open."""
    half, quarter = len(active) // 2, len(active) // 4
    found = boundary(values, active[half:].any(axis=0))
    sooner = boundary(values, active[quarter:half].any(axis=0))
    step = values[1] - values[0]
    allowed = float(step + (abs(found - sooner) if np.isfinite(found - sooner) else 2 * ASIDE * bench.width))
    shown = bench.shown
    return Trial(
        what, predicted, None if np.isnan(found) else shown(found), bench.page.unit, shown(allowed) - shown(0.0),
        f"{how} of {bench.long:.4g} ms; allowed are the distance of two inputs and what half the time changes",
    )  # fmt: skip


def periods(bench: Bench) -> Iterator[Trial]:
    if not bench.fires:
        return
    values = _firing_inputs(bench)
    if not values.size:
        return
    inside = np.array([bench.read(value) for value in values])
    edge = bench.read(bench.page.character.stops_at if bench.page.character.stops_at is not None else values[0])
    starts = np.stack([bench.on_orbit(edge, value) for value in inside])
    duration = float(min(_PERIODS * max(1e3 / rate for rate in _rates(bench, values)), 5 * MOST_MS))
    predicted = [_period(bench, *each, duration) for each in zip(values, starts, strict=True)]
    measured = [
        _mean_intervals(Copies(bench.neuron, bench.page.parameter, bench.dt * k), inside, starts, duration)
        for k in (1, 2)
    ]
    late = 2 * bench.dt if bench.neuron.has_reset else 0.0
    for value, (period, spread), fine, coarse in zip(values, predicted, *measured, strict=True):
        turns = max(1.0, 0.5 * duration / period)
        allowed = 2 * abs(fine - coarse) + 2 * (bench.dt + spread) / turns + late
        yield Trial(
            f"period at {bench.page.parameter} = {value:.5g}", _finite(period), _finite(fine), "ms", allowed,
            f"mean interval in the second half of {duration:.4g} ms; allowed are twice what a doubled step "
            "changes, spikes and resets that come at the end of a step, and uneven intervals cut off at both ends",
        )  # fmt: skip


def _firing_inputs(bench: Bench) -> Array:
    """Three inputs at which firing is predicted, away from where it begins and ends."""
    fi, found = bench.page.fi, bench.page.character
    low = found.stops_at if found.stops_at is not None else found.rheobase
    if fi is None or low is None or not np.any(fi.steady > 0):
        return np.empty(0)
    fires = np.array([rate > 0 and _spikes(bench, value) for value, rate in zip(fi.I, fi.steady, strict=True)])
    if not fires.any():
        return np.empty(0)
    first = int(np.argmax(fires))
    last = first + int(np.argmin(np.append(fires[first:], False))) - 1  # until it is silent for the first time
    return low + _INSIDE * (min(float(fi.I[last]), bench.ceiling) - low)


def _spikes(bench: Bench, value: float) -> bool:
    """Whether an oscillation is one of spikes: it has to pass the level of a neuron that has no threshold itself."""
    level, at = bench.page.character.spike_level, bench.page.field.states.index(bench.page.field.voltage)
    if level is None:
        return True
    orbits = [cycle.orbit[1][:, at] for branch in bench.cycles for cycle in branch.at(value) if cycle.stable]
    return not orbits or any(orbit.min() < level < orbit.max() for orbit in orbits)


def _rates(bench: Bench, values: Array) -> Array:
    """Rough rates (Hz) there."""
    fi = bench.page.fi
    assert fi is not None
    fires = fi.steady > 0
    return np.interp(values, fi.I[fires], fi.steady[fires])


def _period(bench: Bench, value: float, start: Array, duration: float) -> tuple[float, float]:
    """The mean interval and how much intervals differ: by the branch of cycles, else by adaptive integration."""
    for branch in bench.cycles:
        periods = [cycle.period_ms for cycle in branch.at(value) if cycle.stable]
        if periods:
            return float(periods[0]), 0.0
    train = _train(bench, bench.read(value), start, duration)
    intervals = np.diff(train[train > duration / 2])
    return mean_interval(train, duration / 2), float(np.ptp(intervals)) if intervals.size else 0.0


def _train(bench: Bench, value: float, start: Array, duration: float) -> Array:
    p = bench.field.at(**{bench.page.parameter: value})
    return trajectories(bench.field, start[None], p, duration=duration).spikes[0]


def _mean_intervals(copies: Copies, values: Array, starts: Array, duration: float) -> list[float]:
    run = copies.run(values, starts, duration)
    return [mean_interval(train, duration / 2) for train in trains(run)]


def bistable(bench: Bench) -> Iterator[Trial]:
    found = bench.page.character
    if found.bistable is None or not bench.fires:
        return
    value = sum(found.bistable) / 2
    inside = bench.read(value)
    rest = bench.equilibrium(inside)
    at, voltage = bench.page.field.states.index(bench.page.field.voltage), bench.page.field.voltage
    late = bench.traces(np.array([inside]), rest[None])[-1]
    shown = bench.page.field.shown
    yield Trial(
        f"at {bench.page.parameter} = {value:.5g}, from rest: {voltage}", float(shown(voltage, rest[at])),
        float(shown(voltage, late[0])), bench.page.field.unit_name(voltage), 1e-6 * max(abs(rest[at]), 1.0),
        "it has to stay where it is",
    )  # fmt: skip
    yield Trial(
        f"at {bench.page.parameter} = {value:.5g}, from firing: still fires (1) or not (0)", 1.0,
        float(_fires_on(bench, inside, bench.read(found.bistable[0]), 10 * _PUSH * max(abs(rest[at]), 1.0))), "1", 0.0,
        "the same input, begun on the firing orbit",
    )  # fmt: skip


def _fires_on(bench: Bench, value: float, edge: float, least: float) -> bool:
    """Whether it still fires at an input at which it also rests.

    Begun on the predicted cycle, it has to move by more than ``least`` of the voltage; where there is none, the input
    is lowered from one above in small steps, since a state of another orbit may fall to rest.
    """
    if bench.cycles:
        start = bench.on_orbit(edge, value)
        traces = bench.traces(np.array([value]), start[None])
        return bool(np.ptp(traces[len(traces) // 2 :]) > least)
    above = edge + LOWERED[-1] * bench.width
    course = np.linspace(above, value, _GRID // 2)
    return bool(rates_on(bench, course, _held(bench, above), bench.lowered)[-1] > 0)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
