"""Inputs that rise step by step and fall again, the state carried along: hysteresis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rheobase.check.bench import Bench
from rheobase.check.trial import Staircase, Trial
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.simulation import simulate
from rheobase.units import ms

Array = NDArray[np.float64]

_STEPS, _HOLD, _LONGEST_MS = 24, 40.0, 1000.0


def staircase(bench: Bench) -> Staircase | None:
    """Each step held for forty of the slowest time constants; None for a neuron that never fires on."""
    if not bench.fires:
        return None
    return climb(bench, float(min(max(_HOLD * bench.slowest, 100 * bench.dt), _LONGEST_MS)))


def climb(bench: Bench, hold: float) -> Staircase:
    """Up and down in one run."""
    found = bench.page.character
    stop = found.stops_at if found.stops_at is not None else found.rheobase
    lost = found.rest_lost_at if found.rest_lost_at is not None else found.rheobase
    assert stop is not None and lost is not None
    low, high = bench.read(min(stop, lost)), bench.read(max(stop, lost))
    room = 0.25 * max(high - low, 0.2 * bench.width)
    top = min(high + room, (high + bench.read(bench.ceiling)) / 2) if np.isfinite(bench.ceiling) else high + room
    values = np.linspace(low - room, top, _STEPS)
    rates = rates_on(bench, np.r_[values, values[::-1]], hold, bench.rest)
    shown = np.array([bench.shown(value) for value in values])
    return Staircase(shown, rates[:_STEPS], rates[_STEPS:][::-1], hold)


def rates_on(bench: Bench, course: Array, hold: float, start: Array) -> Array:
    """Rates (Hz) in the second half of each step of an input that is held at each value of ``course`` in turn."""
    parameter, copies = bench.page.parameter, bench.copies
    changes = {parameter: copies.quantity(parameter, np.array(0.0))}
    changes |= {state: copies.quantity(state, np.array(x)) for state, x in zip(bench.neuron.states, start, strict=True)}
    network = Network(
        Population(bench.neuron.with_(**changes), 1, "neuron"),
        inputs=[CurrentInput("neuron", copies.quantity(parameter, course), dt=hold * ms, target=parameter)],
    )
    smooth = not bench.neuron.has_reset and bench.neuron.is_smooth
    run = simulate(network, course.size * hold * ms, dt=bench.dt * ms, method="rk4" if smooth else None)
    counts = np.histogram(run.train(), np.arange(2 * course.size + 1) * hold / 2)[0][1::2]
    return 2e3 * counts / hold


def hysteresis(bench: Bench, found_rates: Staircase | None) -> Iterator[Trial]:
    found = bench.page.character
    if found_rates is None or found.stops_at is None or found.rest_lost_at is None:
        return
    width, slower = _gap(found_rates), _gap(climb(bench, found_rates.hold_ms / 2))
    step = float(found_rates.values[1] - found_rates.values[0])
    yield Trial(
        "hysteresis: the width in which a falling input fires and a rising one does not",
        max(0.0, found.rest_lost_at - found.stops_at), width, bench.page.unit, 2 * step + abs(width - slower),
        f"steps of {step:.3g} held for {found_rates.hold_ms:.4g} ms, seen in their second half; allowed are "
        "two steps and what half the time changes",
    )  # fmt: skip


def _gap(found: Staircase) -> float:
    """The width of the inputs at which it fires on the way down only."""
    step = float(found.values[1] - found.values[0])
    return step * float(
        np.count_nonzero((found.down > 0) & (found.up == 0)) - np.count_nonzero((found.up > 0) & (found.down == 0))
    )
