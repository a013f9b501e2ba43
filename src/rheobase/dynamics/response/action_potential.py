"""The phases of an action potential, measured on a trace or evoked in a model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.numbers import number
from rheobase.dynamics.response.refractoriness import RefractoryPeriod
from rheobase.dynamics.response.trace import from_result, numbers_of
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.numerics.waveform import CRITERIA, SHARE, Waveform, measure, peaks
from rheobase.units import UNITS, VOLTAGE, internal

Array = NDArray[np.float64]

#: How far (mV) a peak has to rise above the valleys around it to be a spike, unless a level says what one is.
_PROMINENCE = 20.0
#: Where on its way from threshold to peak a spike is steepest, at least.
_PASSIVE = 0.1


@dataclass(frozen=True, eq=False)
class ActionPotential:
    """An action potential; times in ms, voltages in ``unit``, slopes in ``unit`` per ms. None: not in the trace.

    Attributes
    ----------
    threshold, threshold_ms
        Voltage and time at which the spike begins; ``criterion`` says by what.
    upstroke, upstroke_ms
        The steepest slope of the rise.
    peak, peak_ms
        The highest voltage.
    repolarisation, repolarisation_ms
        The steepest slope of the fall (negative).
    end_ms
        When the voltage falls back through that of the threshold.
    half_width_ms
        Width at the middle between threshold and peak; ``half_ms`` are the two times.
    trough, trough_ms
        The lowest voltage before the next spike.
    recovered_ms
        When it has come back from there halfway to the base line.
    base
        The base line: rest, or the first sample.
    spikes
        How many spikes the trace has; this one is number ``which``.
    refractory
        Absolute and relative refractory period, from a model that has a rest.
    unit, criterion, status
        Unit of the voltage, definition of the threshold, and remarks.
    """

    threshold: float
    threshold_ms: float
    upstroke: float
    upstroke_ms: float
    peak: float
    peak_ms: float
    repolarisation: float | None
    repolarisation_ms: float | None
    end_ms: float | None
    half_ms: tuple[float, float] | None
    trough: float | None
    trough_ms: float | None
    recovered_ms: float | None
    base: float
    spikes: int
    which: int
    unit: str
    criterion: str
    status: str
    times: Array = part(repr=False)
    v: Array = part(repr=False)
    refractory: RefractoryPeriod | None = None

    @property
    def amplitude(self) -> float:
        """From threshold to peak."""
        return self.peak - self.threshold

    @property
    def half_width_ms(self) -> float | None:
        return None if self.half_ms is None else self.half_ms[1] - self.half_ms[0]

    @property
    def ahp_depth(self) -> float | None:
        """How far the after-hyperpolarisation goes below the threshold; negative if it stays above."""
        return None if self.trough is None else self.threshold - self.trough

    @property
    def ahp_below_base(self) -> float | None:
        """How far it goes below the base line."""
        return None if self.trough is None else self.base - self.trough

    @property
    def time_to_trough_ms(self) -> float | None:
        """From the peak."""
        return None if self.trough_ms is None else self.trough_ms - self.peak_ms

    @property
    def absolute_refractory_ms(self) -> float | None:
        return None if self.refractory is None else self.refractory.absolute_ms

    @property
    def relative_refractory_ms(self) -> float | None:
        return None if self.refractory is None else self.refractory.relative_ms

    @property
    def phases(self) -> Mapping[str, tuple[float, float]]:
        """Begin and end (ms) of upstroke, repolarisation and after-hyperpolarisation, as far as the trace has them."""
        ends = {"upstroke": (self.threshold_ms, self.peak_ms)}
        if self.end_ms is not None:
            ends["repolarisation"] = (self.peak_ms, self.end_ms)
            if self.recovered_ms is not None:
                ends["after-hyperpolarisation"] = (self.end_ms, self.recovered_ms)
        return ends

    def table(self) -> tuple[tuple[str, float | None, str], ...]:
        """Quantity, number and unit of everything measured."""
        v, slope = ("" if self.unit == "1" else self.unit), ("1/ms" if self.unit == "1" else f"{self.unit}/ms")
        return (
            ("threshold", self.threshold, v),
            ("largest slope of the upstroke", self.upstroke, slope),
            ("peak", self.peak, v),
            ("amplitude above threshold", self.amplitude, v),
            ("time from threshold to peak", self.peak_ms - self.threshold_ms, "ms"),
            ("width at half height", self.half_width_ms, "ms"),
            ("largest slope of the repolarisation", self.repolarisation, slope),
            ("after-hyperpolarisation below threshold", self.ahp_depth, v),
            ("after-hyperpolarisation below base line", self.ahp_below_base, v),
            ("time from peak to trough", self.time_to_trough_ms, "ms"),
            ("absolute refractory period", self.absolute_refractory_ms, "ms"),
            ("relative refractory period ends", self.relative_refractory_ms, "ms"),
        )

    @property
    def sentence(self) -> str:
        """The most important numbers, for people."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        width = "" if self.half_width_ms is None else f", {self.half_width_ms:.4g} ms wide at half height"
        depth = (
            "" if self.ahp_depth is None else f", after-hyperpolarisation {self.ahp_depth:.4g}{unit} below threshold"
        )
        return f"threshold {self.threshold:.5g}{unit}, peak {self.peak:.5g}{unit}{width}{depth}"

    def summary(self) -> str:
        """A table of everything, the definition of the threshold, and remarks."""
        rows = [
            f"  {name:<42} {'not in the trace' if value is None else f'{value:12.5g} {unit}'}"
            for name, value, unit in self.table()
            if not (value is None and "refractory" in name)
        ]
        return "\n".join(
            [f"spike {self.which + 1} of {self.spikes}", *rows, f"threshold: {self.criterion}", self.status]
        )

    def __str__(self) -> str:
        return self.sentence

    def plot(self) -> Any:
        """The trace with its phases marked, the phase plane, and the recovery if it was measured."""
        from rheobase.plot.response import action_potential as draw

        return draw(self)


def action_potential(
    source: Any,
    v: Any = None,
    *,
    which: int = 0,
    criterion: str = "slope",
    slope: Any = None,
    level: Any = None,
    unit: str = "mV",
    variable: str | int | None = None,
    cell: int = 0,
    **options: Any,
) -> ActionPotential:
    """Measure an action potential: threshold, upstroke, peak, width, repolarisation, after-hyperpolarisation.

    Parameters
    ----------
    source
        Times in ms, with ``v``; or a recording with traces; or orbits from `trajectories`; or a neuron, in which a
        spike is then evoked from rest by a brief pulse (or taken from its regular firing), refractory periods included.
    v
        The voltage at these times: numbers in ``unit``, or quantities.
    which
        Which spike, from 0; -1 is the last.
    criterion
        What the threshold is: "slope", where dv/dt passes ``slope``, or "acceleration", where the second derivative is
        largest.
    slope
        In units of the voltage per ms, or a quantity; by default a twentieth of the steepest slope of this spike.
    level
        A spike peaks above this voltage. By default a spike is what rises by 20 mV over the valleys around it; for a
        neuron, what passes its threshold. Needed where the voltage has no unit.
    unit
        Of numbers given as ``v``.
    variable, cell
        Of a recording or of orbits: which variable (name, or row of the states), and of which neuron (or orbit).
    **options
        For a neuron: those of `evoked` and its parameters.

    Raises
    ------
    ModelError
        If there is no spike in the trace, or not as many; if the trace is none.

    Examples
    --------
    >>> t = np.linspace(0, 10, 2001)
    >>> spike = action_potential(t, -70 + 100 * np.exp(-((t - 5) / 0.5)**2))
    >>> round(spike.peak, 6), round(spike.peak_ms, 6)
    (30.0, 5.0)
    """
    if criterion not in CRITERIA:
        raise ModelError(f"there is no criterion '{criterion}' for the threshold; there are {' and '.join(CRITERIA)}")
    if isinstance(which, bool) or not isinstance(which, int):
        raise ModelError(f"which has to be the number of a spike, from 0, but {which!r} was given")
    slope = None if slope is None else _positive_slope(slope)
    rule = {"which": which, "criterion": criterion, "slope": slope}
    if isinstance(source, Neuron | VectorField):
        from rheobase.dynamics.response.evoked import evoked

        return evoked(source, rule, **({} if level is None else {"level": level}), **options)
    if options:
        raise ModelError(f"'{next(iter(options))}' is an option for a neuron, but a trace was given")
    if v is None:
        times, values, unit = from_result(source, variable, cell)
    else:
        times, values, unit = numbers_of(source, v, unit)
    return measured(times, values, unit=unit, level=None if level is None else _level(level, unit), **rule)


def measured(
    times: Array, v: Array, *, unit: str, which: int, criterion: str, slope: float | None, level: float | None = None,
    base: float | None = None, status: str = "",
) -> ActionPotential:  # fmt: skip
    """One spike of a trace in ``unit`` over ms."""
    found = _spikes(times, v, unit, level)
    if not -len(found) <= which < len(found):
        raise ModelError(
            f"the trace has {len(found)} spike{'s' * (len(found) > 1)}, so there is none with number {which}"
        )
    k = which % len(found)
    peak = int(found[k])
    first = int(found[k - 1]) + int(np.argmin(v[found[k - 1] : peak])) if k > 0 else 0
    last = int(found[k + 1]) if k + 1 < len(found) else len(v) - 1
    bottom = float(v[first]) if base is None else base
    shape = measure(times, v, peak, first=first, last=last, base=bottom, criterion=criterion, slope=slope)
    if slope is not None and slope >= shape.steepest.slope:
        raise ModelError(
            f"there is no threshold where dv/dt passes {slope:g}: this spike rises by at most "
            f"{shape.steepest.slope:.4g} {'1' if unit == '1' else unit}/ms; give a smaller slope"
        )
    if level is None:
        _require_own_rise(shape, unit)
    result = _result(shape, times, v, unit, len(found), k, bottom)
    notes = [status] if status else []
    if shape.from_start:
        notes.append("the trace begins after the threshold, so its first sample stands for it")
    missing = [name for name in ("half_ms", "end_ms", "trough") if getattr(result, name) is None]
    if missing:
        notes.append("the trace ends before the spike does: some of it is missing")
    return replace(result, criterion=_criterion(criterion, slope, unit), status="; ".join(notes))


def _result(
    shape: Waveform, times: Array, v: Array, unit: str, spikes: int, which: int, base: float
) -> ActionPotential:
    return ActionPotential(
        threshold=shape.threshold.value, threshold_ms=shape.threshold.time,
        upstroke=shape.steepest.slope, upstroke_ms=shape.steepest.time,
        peak=shape.peak.value, peak_ms=shape.peak.time,
        repolarisation=None if shape.falling is None else shape.falling.slope,
        repolarisation_ms=None if shape.falling is None else shape.falling.time,
        end_ms=shape.end, half_ms=shape.half,
        trough=None if shape.trough is None else shape.trough.value,
        trough_ms=None if shape.trough is None else shape.trough.time,
        recovered_ms=shape.recovered, base=base, spikes=spikes, which=which, unit=unit, criterion="", status="",
        times=times, v=v,
    )  # fmt: skip


def _criterion(criterion: str, slope: float | None, unit: str) -> str:
    if criterion == "acceleration":
        return "largest second derivative before the steepest point"
    per = "1/ms" if unit == "1" else f"{unit}/ms"
    return (
        f"dv/dt rises through {slope:g} {per}" if slope is not None else f"dv/dt rises through {SHARE:g} of its maximum"
    )


def _spikes(times: Array, v: Array, unit: str, level: float | None) -> NDArray[np.intp]:
    low, high = float(v.min()), float(v.max())
    if level is not None:
        found = peaks(v, level, 1e-3 * (high - low) if high > low else math.inf)
        found = _one_each(v, found, level)
        what = f"no peak above {level:g}"
    elif unit == "mV":
        found = peaks(v, -math.inf, _PROMINENCE)
        what = f"no peak that rises by {_PROMINENCE:g} mV over the valleys around it"
    else:
        raise ModelError(
            "say with level=... above which value a peak of this trace is a spike; its voltage is not in mV"
        )
    if not len(found):
        shown = "" if unit == "1" else f" {unit}"
        raise ModelError(
            f"there is no spike in the trace: it has {what}; it goes from {low:.4g} to {high:.4g}{shown}, over "
            f"{times[-1] - times[0]:.4g} ms. Give a stronger input, a longer trace, or another level"
        )
    return found


def _require_own_rise(shape: Waveform, unit: str) -> None:
    """A spike gains speed while it rises; a membrane that is charged from outside is fastest at the beginning."""
    height = shape.peak.value - shape.threshold.value
    if not shape.from_start and shape.steepest.value - shape.threshold.value < _PASSIVE * height:
        raise ModelError(
            f"there is no spike in the trace: its rise to {shape.peak.value:.4g} {unit} at {shape.peak.time:.4g} ms is "
            "fastest at the beginning, as of a passive membrane that is charged; if it is a spike all the same, say so "
            "with level=..."
        )


def _one_each(v: Array, found: NDArray[np.intp], level: float) -> NDArray[np.intp]:
    """The highest of the peaks between which the trace stays above the level."""
    kept: list[int] = []
    for k in found:
        if kept and np.all(v[kept[-1] : k] > level):
            kept[-1] = int(k) if v[k] > v[kept[-1]] else kept[-1]
        else:
            kept.append(int(k))
    return np.array(kept, dtype=np.intp)


def _positive_slope(slope: Any) -> float:
    found = number(slope, UNITS["mV"] / UNITS["ms"], "slope")
    if not found > 0.0:
        raise ModelError(f"slope, where the rising voltage passes the threshold, has to be positive, not {slope!r}")
    return found


def _level(level: Any, unit: str) -> float:
    """A number in the unit of the trace, or a quantity."""
    return float(level) if isinstance(level, int | float) else float(internal(level, VOLTAGE, "level"))
