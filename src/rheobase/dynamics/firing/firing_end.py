"""How firing ends when the input is lowered: on orbits, sharpened by the branch of cycles where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.firing.onset import THRESHOLD, Loss, law
from rheobase.dynamics.firing.rheobase_current import Ground, Offset, offset, on_orbit, periods_near, steps
from rheobase.dynamics.orbits.spiking import fire
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.errors import ModelError

Array = NDArray[np.float64]

_DECADES = np.arange(1.0, 6.0)
_SAMPLES = 3000
_CLOSE = 2e-2
_ENDS = ("snic", "homoclinic", "fold-of-cycles", "hopf-supercritical", "period-doubling", "torus")


@dataclass(frozen=True, eq=False)
class Stop:
    """Where and how firing ends; ``kind`` None if that was not found, or it still fires at the lowest input tried.

    ``by`` is ``cycles`` if the branch of cycles gave the value, ``rest`` if it is where the rest appears, ``orbits`` if
    it was measured, ``lowest`` if it is no end but the lowest input tried. ``error`` is its uncertainty, ``periods``
    those measured closer and closer to it.
    """

    value: float
    error: float
    kind: str | None
    by: str
    periods: Array


def stop(ground: Ground, fires_at: float, lost: Loss | None, width: float) -> Stop:
    """Lower the input from one at which the neuron fires."""
    if lost is not None and lost.kind == "hopf-supercritical" and ground.field.neuron.threshold is None:
        below = np.array([lost.value - _CLOSE * width])  # is there anything left to be followed down?
        if not steps(ground, below, starts=on_orbit(ground, fires_at, ground.state)[:1]).sustained[0]:
            return Stop(lost.value, 0.0, lost.kind, "rest", np.empty(0))
    measured = offset(ground, fires_at)
    if measured.lowest:
        return Stop(measured.stops_at, 0.0, None, "lowest", np.empty(0))
    if lost is not None and measured.stops_at > lost.value - 3.0 * measured.error - 1e-6 * width:
        periods = periods_near(ground, lost.value, width, _DECADES, measured.state)
        if lost.kind == "hopf-supercritical":
            return Stop(lost.value, 0.0, lost.kind, "rest", periods)
        if np.isfinite(periods[1:3]).all():
            other = "reset" if ground.field.neuron.has_reset else None
            kind = {"saddle-node": "snic", THRESHOLD: THRESHOLD}.get(lost.kind, other)
            return Stop(lost.value, 0.0, kind if law(periods) in ("root", "log") else other, "rest", periods)
    return _elsewhere(ground, fires_at, measured, width)


def _elsewhere(ground: Ground, fires_at: float, measured: Offset, width: float) -> Stop:
    """Away from where the rest is lost: a fold of cycles, a homoclinic orbit, or what a reset does."""
    if not ground.field.neuron.has_reset:
        found = _by_cycles(ground, fires_at, measured, width)
        if found is not None:
            return Stop(found[1], 0.0, found[0], "cycles", np.empty(0))
    decades = _DECADES[max(3.5, np.log10(width / (10.0 * measured.error + 1e-300))) > _DECADES]
    periods = periods_near(ground, measured.stops_at, width, decades, measured.state)
    if ground.field.neuron.has_reset:
        return Stop(measured.stops_at, measured.error, "reset", "orbits", periods)
    kind = "homoclinic" if law(periods) in ("root", "log") else None  # a finite period alone proves no fold of cycles
    return Stop(measured.stops_at, measured.error, kind, "orbits", periods)


def _by_cycles(ground: Ground, fires_at: float, measured: Offset, width: float) -> tuple[str, float] | None:
    """Kind and value of the special point of the branch of cycles that is nearest to the measured end."""
    from rheobase.dynamics.cycles.continuation import cycles_from_orbit

    field = ground.field
    value = measured.stops_at + 0.3 * max(fires_at - measured.stops_at, 0.02 * width)
    run = fire(
        field, measured.state[None], duration=2.0 * ground.time, parameter=ground.input, values=[value], rtol=1e-8
    )
    times = run.spikes[0]
    if len(times) < 4:
        return None
    period = float(np.median(np.diff(times[len(times) // 2 :])))
    grid = np.linspace(0.0, 2.2 * period, _SAMPLES)
    p = field.at(**{ground.input: value})
    orbit = trajectories(field, run.final[0], p, duration=grid[-1], sample=grid, rtol=1e-10, reset=False)
    assert orbit.states is not None
    shown = np.column_stack([field.shown(state, orbit.states[0, at]) for at, state in enumerate(field.states)])
    low, high = measured.stops_at - 0.1 * width, value + 0.2 * width
    bounds = (field.shown(ground.input, low), field.shown(ground.input, high))
    try:
        branch = cycles_from_orbit(
            field, ground.input, grid, shown, field.shown(ground.input, value), bounds=bounds, throw=False
        )
    except ModelError:
        return None
    near = [
        (abs(float(field.read(ground.input, point.value)) - measured.stops_at), point)
        for point in branch.special
        if point.kind in _ENDS
    ]
    near = [entry for entry in near if entry[0] < _CLOSE * width]
    if not near:
        return None
    point = min(near, key=lambda entry: entry[0])[1]
    return point.kind, float(field.read(ground.input, point.value))
