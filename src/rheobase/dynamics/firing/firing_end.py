"""How firing ends when the input is lowered: on orbits, sharpened by the branch of cycles where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.firing.decided import period_of
from rheobase.dynamics.firing.onset import THRESHOLD, Loss, law
from rheobase.dynamics.firing.rheobase_current import Ground, Offset, offset, on_orbit, periods_near, steps
from rheobase.dynamics.orbits.spiking import fire
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.dynamics.special import SpecialPoint
from rheobase.errors import ModelError

if TYPE_CHECKING:
    from rheobase.dynamics.cycles.continuation import CycleBranch

Array = NDArray[np.float64]

_DECADES = np.arange(1.0, 6.0)
_SAMPLES = 30_000
_CLOSE = 2e-2
#: A cycle that has just been lost is passed so slowly that firing seems to end a little, by this part, below.
_NEAR = 3e-3
#: Cycles that are followed each way to find the end.
_CYCLES = 150
#: Refinements of the measured end before the branch of cycles is asked.
_COARSE = 3
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
    coarse = offset(ground, fires_at, turns=_COARSE)
    ends = _ends(ground, fires_at, coarse, lost, width)
    sharp = _chosen(ends or [], coarse, 3.0 * coarse.error, alone=True)
    if sharp is not None:
        return sharp
    measured = coarse if coarse.lowest else offset(ground, fires_at, coarse)
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
    return _elsewhere(ground, fires_at, measured, width, ends)


def _ends(
    ground: Ground, fires_at: float, coarse: Offset, lost: Loss | None, width: float
) -> list[tuple[str, float]] | None:
    """Ends on the branch of cycles, if a coarse measurement says that firing ends away from where the rest is lost."""
    doubt = 3.0 * coarse.error
    if coarse.lowest or ground.field.neuron.has_reset or doubt > _CLOSE * width:
        return None
    if lost is not None and coarse.stops_at > lost.value - doubt - _NEAR * width:
        return None
    return _by_cycles(ground, fires_at, coarse, width)


def _chosen(ends: list[tuple[str, float]], measured: Offset, within: float, alone: bool = False) -> Stop | None:
    """The nearest of some ends to the measured one; ``alone``: if there is no other one so near to it."""
    ordered = sorted(ends, key=lambda end: abs(end[1] - measured.stops_at))
    if not ordered or abs(ordered[0][1] - measured.stops_at) > within:
        return None
    if alone and len(ordered) > 1 and abs(ordered[1][1] - ordered[0][1]) < within:
        return None
    kind, value = ordered[0]
    return Stop(value, 0.0, kind, "cycles", np.empty(0))


def _elsewhere(
    ground: Ground, fires_at: float, measured: Offset, width: float, ends: list[tuple[str, float]] | None
) -> Stop:
    """Away from where the rest is lost: a fold of cycles, a homoclinic orbit, or what a reset does."""
    if not ground.field.neuron.has_reset:
        ends = _by_cycles(ground, fires_at, measured, width) if ends is None else ends
        found = _chosen(ends, measured, _NEAR * width)
        if found is not None:
            return found
    decades = _DECADES[max(3.5, np.log10(width / (10.0 * measured.error + 1e-300))) > _DECADES]
    periods = periods_near(ground, measured.stops_at, width, decades, measured.state)
    if ground.field.neuron.has_reset:
        return Stop(measured.stops_at, measured.error, "reset", "orbits", periods)
    kind = "homoclinic" if law(periods) in ("root", "log") else None  # a finite period alone proves no fold of cycles
    return Stop(measured.stops_at, measured.error, kind, "orbits", periods)


def _by_cycles(ground: Ground, fires_at: float, measured: Offset, width: float) -> list[tuple[str, float]]:
    """Kinds and values of the ends of the stable cycles on a branch."""
    from rheobase.dynamics.cycles.continuation import cycles_from_orbit

    field = ground.field
    value = measured.stops_at + 0.3 * max(fires_at - measured.stops_at, 0.02 * width)
    run = fire(
        field, measured.state[None], duration=2.0 * ground.time, parameter=ground.input, values=[value], rtol=1e-8
    )
    times = run.spikes[0]
    if len(times) < 4:
        return []
    period = period_of(times, run.after[0])
    grid = np.linspace(0.0, 2.2 * period, _SAMPLES)
    p = field.at(**{ground.input: value})
    orbit = trajectories(field, run.final[0], p, duration=grid[-1], sample=grid, rtol=1e-10, reset=False)
    assert orbit.states is not None
    shown = np.column_stack([field.shown(state, orbit.states[0, at]) for at, state in enumerate(field.states)])
    low, high = measured.stops_at - 0.1 * width, value + 0.2 * width
    bounds = (field.shown(ground.input, low), field.shown(ground.input, high))
    try:
        branch = cycles_from_orbit(
            field, ground.input, grid, shown, field.shown(ground.input, value), bounds=bounds, most=_CYCLES, throw=False
        )
    except ModelError:
        return []
    return [(point.kind, float(field.read(ground.input, point.value))) for point in _of_stable_cycles(branch)]


def _of_stable_cycles(branch: CycleBranch) -> list[SpecialPoint]:
    """The points of a branch at which stable cycles end: where unstable ones do is no end of firing."""
    found = []
    for point in branch.special:
        last = len(branch) - 1
        if point.data is None:  # the end of the branch
            at = min((0, last), key=lambda k: abs(branch.values[k] - point.value))
        else:
            at = int(np.argmin(np.abs(branch.period_ms - point.data.period_ms)))
        if point.kind in _ENDS and branch.stable[[max(at - 1, 0), min(at + 1, last)]].any():
            found.append(point)
    return found
