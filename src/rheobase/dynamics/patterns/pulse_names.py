"""Names of responses to pulses and ramps, by which of them are answered and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.orbits.protocol import Protocol
from rheobase.dynamics.patterns.spike_features import SpikeFeatures, clusters

Vector = NDArray[np.float64]

_PERSISTS = 3
_NAMED = tuple[str, str]


@dataclass(frozen=True)
class Pulse:
    """A stretch of an input away from its base.

    Attributes
    ----------
    start, end
        ms; the end is infinite where the input does not come back.
    height
        Largest distance from the base, with its sign.
    slope
        Of its first line, per ms; infinite for a jump.
    """

    start: float
    end: float
    height: float
    slope: float

    @property
    def is_ramp(self) -> bool:
        return bool(np.isfinite(self.slope))


def pulses(course: Protocol) -> tuple[Pulse, ...]:
    """The stretches of a course that lie away from its base."""
    times, away = course.times_ms, course.values - course.base
    off = np.abs(away) > 1e-9 * max(float(np.abs(away).max()), 1e-300)
    found: list[Pulse] = []
    at = 0
    while at < len(off):
        if not off[at]:
            at += 1
            continue
        last = at
        while last + 1 < len(off) and off[last + 1]:
            last += 1
        height = away[at : last + 1][np.argmax(np.abs(away[at : last + 1]))]
        start, end = float(times[at - 1]), float(times[last + 1]) if last + 1 < len(off) else np.inf
        rise = float(times[at] - times[at - 1])
        found.append(Pulse(start, end, float(height), float(away[at]) / rise if rise > 0.0 else np.inf))
        at = last + 1
    return tuple(found)


def pulse_name(f: SpikeFeatures, course: Protocol, spikes: Vector) -> _NAMED:
    """The name of a response with spikes, and its evidence."""
    found = pulses(course)
    up = [pulse for pulse in found if pulse.height > 0.0]
    down = [pulse for pulse in found if pulse.height < 0.0]
    if not up:
        return _below(f, down, spikes)
    answered = [_answered(pulse, following, spikes) for pulse, following in zip(up, [*up[1:], None], strict=True)]
    ramps = [pulse for pulse in up if pulse.is_ramp]
    if len(ramps) == len(up):
        return _ramps(f, ramps, answered)
    late = spikes[spikes > up[0].end]
    going = [t for t in late if not any(pulse.start <= t <= pulse.end for pulse in up)]
    if down:
        return _helped(up, down, answered)
    if len(going) >= _PERSISTS:
        if f.ended and len(up) > 1:
            return "bistability", f"a pulse starts firing, and one at {up[-1].start:.4g} ms ends it"
        return "persistent firing", f"a pulse starts firing that goes on without it, to {course.duration_ms:.4g} ms"
    if len(up) >= 4 and not len(up) % 2:
        return _pairs(up, answered)
    return _single(f, up[-1], spikes)


def waves(f: SpikeFeatures) -> str:
    """The oscillation of the voltage in words."""
    assert f.oscillation is not None
    o = f.oscillation
    kind = "damped" if o.ratio < 0.99 else "sustained" if o.ratio < 1.01 else "growing"
    return f"{o.maxima} {kind} waves of {o.frequency_hz:.3g} Hz"


def _answered(pulse: Pulse, following: Pulse | None, spikes: Vector) -> bool:
    """Whether a spike comes before the next pulse."""
    return bool(np.any((spikes > pulse.start) & (spikes < (following.start if following else np.inf))))


def _below(f: SpikeFeatures, down: list[Pulse], spikes: Vector) -> _NAMED:
    many = "spike" if f.count == 1 else "burst"
    inside = [spikes[(spikes > pulse.start) & (spikes <= pulse.end)] for pulse in down]
    during = sum(len(train) for train in inside)
    if not during:
        return f"rebound {many}", f"{f.count} after the input has returned from below"
    sizes = max((clusters(np.diff(train)) for train in inside), key=len)
    if sizes:
        told = ", ".join(str(size) for size in sizes[:-1]) + f" and {sizes[-1]}"
        return "inhibition-induced bursting", f"groups of {told} spikes while the input is lowered"
    return "inhibition-induced spiking", f"{during} of {f.count} spikes while the input is lowered"


def _ramps(f: SpikeFeatures, ramps: list[Pulse], answered: list[bool]) -> _NAMED:
    slow, fast = min(ramps, key=lambda pulse: pulse.slope), max(ramps, key=lambda pulse: pulse.slope)
    failed = [pulse for pulse, yes in zip(ramps, answered, strict=True) if not yes]
    if slow in failed and fast not in failed and slow.height >= fast.height:
        return "accommodation", (
            f"a ramp of {slow.slope:.3g} per ms up to {slow.height:.3g} is not answered, "
            f"one of {fast.slope:.3g} up to {fast.height:.3g} is"
        )
    if f.count < 2:
        return "one spike on a ramp", f"after {f.latency_ms:.4g} ms"
    first, last = 1e3 / f.intervals_ms[0], 1e3 / f.intervals_ms[-1]
    return "graded firing", f"the rate goes from {first:.3g} to {last:.3g} Hz along the ramp"


def _helped(up: list[Pulse], down: list[Pulse], answered: list[bool]) -> _NAMED:
    """Pulses of both signs: does inhibition help excitation?"""
    yes = [pulse for pulse, fired in zip(up, answered, strict=True) if fired]
    no = [pulse for pulse, fired in zip(up, answered, strict=True) if not fired]
    for pulse in yes:
        before = [other for other in down if other.end <= pulse.start]
        weaker = [other for other in no if other.height >= pulse.height]
        if before and weaker:
            return "threshold variability", (
                f"a pulse of {weaker[0].height:.3g} fails by itself, and one of {pulse.height:.3g} fires "
                f"{pulse.start - before[-1].end:.3g} ms after inhibition"
            )
    return "driven spikes", f"{len(yes)} of {len(up)} excitatory pulses are answered"


def _pairs(up: list[Pulse], answered: list[bool]) -> _NAMED:
    """Pairs of pulses at different intervals: which does the neuron prefer?"""
    gaps = [second.start - first.start for first, second in zip(up[::2], up[1::2], strict=True)]
    fired = [first or second for first, second in zip(answered[::2], answered[1::2], strict=True)]
    yes = [gap for gap, spiked in zip(gaps, fired, strict=True) if spiked]
    no = [gap for gap, spiked in zip(gaps, fired, strict=True) if not spiked]
    if not yes or not no:
        return "driven spikes", f"{len(yes)} of {len(gaps)} pairs of pulses are answered"
    said = f"pairs of pulses {yes[0]:.3g} ms apart are answered, {no[0]:.3g} ms apart are not"
    if min(yes) > max(no):
        return "resonator", said
    return ("integrator" if max(yes) < min(no) else "resonator"), said


def _single(f: SpikeFeatures, pulse: Pulse, spikes: Vector) -> _NAMED:
    lag = float(spikes[0]) - pulse.end
    if f.after is not None:
        return "depolarising after-potential", (
            f"{f.count} spike{'s' * (f.count > 1)}, then a voltage above rest for {f.after.duration_ms:.3g} ms, "
            f"by up to {f.after.height:.3g}"
        )
    if f.oscillation is not None:
        return "subthreshold oscillations", f"{f.count} spike{'s' * (f.count > 1)}, then {waves(f)}"
    if lag > 0.0:
        return "spike latency", f"the spike comes {lag:.3g} ms after the pulse has ended"
    return "driven spikes", f"{f.count} in answer to the input"
