r"""The shape of a spike in a trace: where it begins, how fast it rises and falls, how wide and how deep it is.

Arrays only; the trace is taken to be free of noise and is interpolated by a cubic spline. The threshold is

- ``slope``: where the slope last rises through a value before the steepest point (Bean 2007 takes 10 to 20 mV/ms); by
  default through a twentieth of the steepest slope, which does not depend on units or on the speed of the neuron;
- ``acceleration``: where the second derivative is largest before the steepest point.

Reference
---------
Bean BP (2007), The action potential in mammalian central neurons, Nat Rev Neurosci 8:451, box 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CRITERIA = ("slope", "acceleration")
#: Slope at the threshold, relative to the steepest.
SHARE = 0.05


@dataclass(frozen=True)
class Mark:
    """A point of a trace: time, value, slope."""

    time: float
    value: float
    slope: float


@dataclass(frozen=True)
class Waveform:
    """The marks of a spike; None for what the trace does not contain.

    Attributes
    ----------
    threshold, steepest, peak
        Of the rise.
    falling
        Where it falls fastest.
    half
        The times at which the trace passes the middle between threshold and peak, up and down.
    end
        When it falls back through the value that it had at the threshold.
    trough
        The lowest point before the next spike.
    recovered
        When it has come back from the trough halfway to the base line.
    """

    threshold: Mark
    steepest: Mark
    peak: Mark
    falling: Mark | None
    half: tuple[float, float] | None
    end: float | None
    trough: Mark | None
    recovered: float | None
    from_start: bool


def peaks(v: Array, level: float, prominence: float) -> NDArray[np.intp]:
    """The samples at which a trace peaks above a level and by more than a prominence over the valleys around."""
    from scipy.signal import find_peaks

    return find_peaks(v, height=level, prominence=prominence)[0]


def measure(
    times: Array, v: Array, peak: int, *, first: int, last: int, base: float, criterion: str = "slope",
    slope: float | None = None,
) -> Waveform:  # fmt: skip
    """The shape of one spike.

    Parameters
    ----------
    times, v
        The trace, (k,).
    peak
        The sample at which it peaks.
    first, last
        Samples before which and after which other spikes lie.
    base
        The base line.
    criterion, slope
        What the threshold is, and the slope there for the first criterion.
    """
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(times[first : last + 1], v[first : last + 1])
    velocity = spline.derivative()
    bends = _inside(spline.derivative(2).roots(extrapolate=False), times[first], times[last])
    turns = _inside(velocity.roots(extrapolate=False), times[first], times[last])

    def mark(t: float) -> Mark:
        return Mark(float(t), float(spline(t)), float(velocity(t)))

    top = _best(spline, turns[(turns > times[peak - 1]) & (turns < times[min(peak + 1, last)])], times[peak], 1.0)
    steep = _best(velocity, bends[bends < top], times[first], 1.0)
    wanted = SHARE * float(velocity(steep)) if slope is None else slope
    begin, from_start = _threshold(spline, velocity, times[first], steep, criterion, wanted)
    low = float(spline(begin))
    fall = bends[bends > top]
    falling = _best(velocity, fall, fall[0], -1.0) if fall.size else None
    half = _half(spline, begin, top)
    trough = _trough(spline, turns[turns > top])
    back = _passing(spline, low, top, times[last], -1.0)
    recovered = None
    if trough is not None:
        recovered = _passing(spline, 0.5 * (float(spline(trough)) + base), trough, times[last], 1.0)
    return Waveform(
        threshold=mark(begin), steepest=mark(steep), peak=mark(top), falling=None if falling is None else mark(falling),
        half=half, end=back, trough=None if trough is None else mark(trough), recovered=recovered,
        from_start=from_start,
    )  # fmt: skip


def _inside(found: Array, low: float, high: float) -> Array:
    found = np.asarray(found, dtype=float)
    return np.sort(found[np.isfinite(found) & (found > low) & (found < high)])


def _best(function, places: Array, otherwise: float, sign: float) -> float:
    """The place at which a function is largest (sign 1) or smallest (-1)."""
    return float(places[int(np.argmax(sign * function(places)))]) if places.size else float(otherwise)


def _threshold(spline, velocity, first: float, steep: float, criterion: str, wanted: float) -> tuple[float, bool]:
    """When the spike begins, and whether that is only where the trace does."""
    if criterion == "slope":
        rises = _inside(velocity.solve(wanted, extrapolate=False), first, steep)
        return (float(rises[-1]), False) if rises.size else (float(first), True)
    knots = spline.x[(spline.x > first) & (spline.x < steep)]
    if knots.size < 3:
        return float(first), True
    bend = spline(knots, 2)
    k = int(np.argmax(bend))
    if k in (0, len(knots) - 1):
        return float(knots[k]), k == 0
    return _vertex(knots[k - 1 : k + 2], bend[k - 1 : k + 2]), False


def _vertex(t: Array, y: Array) -> float:
    """The top of the parabola through three points, the middle one of which is the highest."""
    a, b = (y[1] - y[0]) / (t[1] - t[0]), (y[2] - y[1]) / (t[2] - t[1])
    bend = (b - a) / (t[2] - t[0])
    return float(0.5 * (t[0] + t[1]) - a / (2.0 * bend)) if bend < 0.0 else float(t[1])


def _passing(spline, level: float, after: float, before: float, sign: float) -> float | None:
    """The first passage through a level in a direction."""
    for t in _inside(spline.solve(level, extrapolate=False), after, before):
        if sign * float(spline(t, 1)) > 0.0:
            return float(t)
    return None


def _half(spline, begin: float, top: float) -> tuple[float, float] | None:
    level = 0.5 * (float(spline(begin)) + float(spline(top)))
    crossed = np.sort(np.asarray(spline.solve(level, extrapolate=False), dtype=float))
    crossed = crossed[np.isfinite(crossed)]
    up, down = crossed[(crossed > begin) & (crossed < top)], crossed[crossed > top]
    return (float(up[-1]), float(down[0])) if up.size and down.size else None


def _trough(spline, turns: Array) -> float | None:
    """The lowest point after the peak; None if the trace ends lower."""
    if not turns.size:
        return None
    lowest = float(turns[int(np.argmin(spline(turns)))])
    return lowest if float(spline(lowest)) < float(spline(spline.x[-1])) + math.ulp(1.0) else None
