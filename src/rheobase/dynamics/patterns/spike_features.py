"""Numbers that describe a train of spikes: latency, adaptation, variability, bursts; and oscillations without them."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.resets.map_orbits import BURST_GAP, burst_border, cycle_length

Vector = NDArray[np.float64]

#: Smallest relative change of the intervals that counts as adaptation or acceleration.
TREND = 0.2
#: How many mean intervals the first spike has to wait for to be called delayed.
DELAY = 2.0
_SETTLING = 2
_SAME_INTERVAL = 0.02
_CV_OF_IRREGULAR = 0.1
_ENOUGH = 12
#: Part of the height of an after-potential that counts as none; the smallest height, relative to all of the trace.
UNDERSHOOT, _VISIBLE = 0.1, 0.05


@dataclass(frozen=True)
class Oscillation:
    """Waves of the voltage below the spikes: how many maxima, their frequency, and how much smaller each is."""

    maxima: int
    frequency_hz: float
    ratio: float


@dataclass(frozen=True)
class AfterPotential:
    """A voltage that stays above rest after a spike: by how much at most, and for how long (ms)."""

    height: float
    duration_ms: float


@dataclass(frozen=True, eq=False)
class SpikeFeatures:
    """What can be counted and measured on a response.

    Attributes
    ----------
    count
        Spikes.
    latency_ms
        From the onset to the first spike; None without spikes.
    intervals_ms
        Between spikes.
    rate_hz
        From the mean interval of the late half.
    adaptation_index
        Mean of ``(d_2 - d_1)/(d_2 + d_1)`` over neighbouring intervals: positive where they grow.
    trend
        Late interval relative to an early one, after the first two or a first burst; 1 where nothing changes.
    cv, local_variation
        Of the late intervals: standard deviation over mean; Shinomoto's measure, 1 for a Poisson process.
    initial_burst
        Spikes in a burst at the onset, if what follows it is slower; 0 if there is none.
    bursts
        Sizes of the bursts in the late half, the unfinished one at each end left out.
    cycle
        Number of intervals after which the late ones repeat; 0 if they do not.
    ended
        Whether the firing stops although the input goes on.
    oscillation
        Of the voltage below threshold, after the last spike; None if there are fewer than three waves.
    after
        The depolarising after-potential of the last spike, None if there is none.
    """

    count: int
    latency_ms: float | None
    intervals_ms: Vector = part(repr=False)
    rate_hz: float
    adaptation_index: float
    trend: float
    cv: float
    local_variation: float
    initial_burst: int
    bursts: tuple[int, ...]
    cycle: int
    ended: bool
    oscillation: Oscillation | None
    after: AfterPotential | None = None

    @property
    def bursting(self) -> bool:
        """Whether groups of spikes recur."""
        return bool(self.bursts) and max(self.bursts) > 1

    @property
    def irregular(self) -> bool:
        """Whether the late intervals vary, and neither repeat nor grow nor shrink steadily."""
        late = late_half(self.intervals_ms)
        steady = bool(np.all(np.diff(late) >= 0.0) or np.all(np.diff(late) <= 0.0))
        return late.size >= _ENOUGH and self.cv > _CV_OF_IRREGULAR and not self.cycle and not steady

    @property
    def delayed(self) -> bool:
        """Whether the first spike comes later than `DELAY` mean intervals."""
        if self.latency_ms is None or self.count < 3:
            return False
        return self.latency_ms >= DELAY * float(np.mean(self.intervals_ms))


def spike_features(
    spikes: Vector, ended: bool, oscillation: Oscillation | None = None, after: AfterPotential | None = None
) -> SpikeFeatures:
    """The features of a train of spikes (ms after the onset).

    >>> spike_features(np.array([10.0, 20.0, 40.0, 70.0]), ended=False).latency_ms
    10.0
    """
    intervals = np.diff(spikes)
    late = late_half(intervals)
    burst = initial_burst(intervals)
    return SpikeFeatures(
        count=len(spikes),
        latency_ms=float(spikes[0]) if len(spikes) else None,
        intervals_ms=intervals,
        rate_hz=1e3 / float(np.mean(late)) if late.size and not ended else 0.0,
        adaptation_index=adaptation_index(intervals),
        trend=trend(intervals[max(burst - 1, 0) :], settling=0 if burst else _SETTLING),
        cv=float(np.std(late) / np.mean(late)) if late.size else 0.0,
        local_variation=local_variation(late),
        initial_burst=0 if ended else burst,
        bursts=() if ended else burst_sizes(late),
        cycle=cycle_length(late[:, None], np.array([float(np.mean(late))]), _SAME_INTERVAL) if late.size else 0,
        ended=ended,
        oscillation=oscillation,
        after=after,
    )


def late_half(intervals: Vector) -> Vector:
    """The second half of the intervals; all of them where there are fewer than four."""
    return intervals if len(intervals) < 4 else intervals[len(intervals) // 2 :]


def adaptation_index(intervals: Vector) -> float:
    """Mean of ``(d_2 - d_1)/(d_2 + d_1)`` (Druckmann et al. 2007, Front. Neurosci. 1:7); 0 for fewer than two."""
    if len(intervals) < 2:
        return 0.0
    return float(np.mean(np.diff(intervals) / (intervals[1:] + intervals[:-1])))


def local_variation(intervals: Vector) -> float:
    """``3 <((d_1 - d_2)/(d_1 + d_2))**2>`` (Shinomoto et al. 2003, Neural Comput. 15:2823)."""
    if len(intervals) < 2:
        return 0.0
    return float(3.0 * np.mean((np.diff(intervals) / (intervals[1:] + intervals[:-1])) ** 2))


def trend(intervals: Vector, settling: int) -> float:
    """Median of the last three intervals over the first one after ``settling``."""
    if len(intervals) < 2:
        return 1.0
    first = intervals[min(settling, len(intervals) - 2)]
    return float(np.median(intervals[-3:]) / first)


def initial_burst(intervals: Vector) -> int:
    """Spikes in a burst at the onset: three or more, then a far longer interval, and none as short again."""
    if len(intervals) < 4:
        return 0
    ratios = intervals[1:] / intervals[:-1]
    at = int(np.argmax(ratios[: max(1, len(ratios) // 2)]))
    slow = intervals[at + 1 :]
    if at < 1 or ratios[at] < BURST_GAP or slow.min() < BURST_GAP * intervals[: at + 1].max():
        return 0
    return at + 2


def burst_sizes(intervals: Vector) -> tuple[int, ...]:
    """Sizes of the complete bursts; empty where short and long intervals cannot be told apart or hardly recur."""
    border = burst_border(intervals)
    if border is None:
        return ()
    ends = np.flatnonzero(intervals > border)
    return tuple(int(size) for size in np.diff(ends)) if len(ends) >= 2 else ()


def clusters(intervals: Vector) -> tuple[int, ...]:
    """Sizes of all groups of spikes, those at the ends too; empty unless there are several, each of two or more.

    The last one may be a single spike, the first of a group that was cut off.
    """
    border = burst_border(intervals)
    if border is None:
        return ()
    ends = np.flatnonzero(intervals > border)
    sizes = tuple(int(size) for size in np.diff(np.concatenate([[-1], ends, [len(intervals)]])))
    return sizes if min(sizes[:-1]) > 1 and sum(size > 1 for size in sizes) > 1 else ()


def after_potential(times: Vector, voltage: Vector, spike: float, jumps: bool) -> AfterPotential | None:
    """The depolarisation after the last spike of a voltage that comes to rest; None if it falls below rest.

    Without a reset (``jumps``) it begins where the voltage first turns upward again. An undershoot of more than
    `UNDERSHOOT` of its height makes it the first wave of an oscillation, or the way to a hyperpolarisation.
    """
    late = times > spike
    t, v = times[late], voltage[late] - voltage[-1]
    if len(v) < 8:
        return None
    if not jumps:
        top = int(np.argmax(v))
        rising = np.flatnonzero(np.diff(v[top:]) > 0.0)
        first = top + int(rising[0]) if len(rising) else len(v) - 1
        t, v = t[first:], v[first:]
    if not len(v) or v[0] <= 0.0:
        return None
    height = float(v.max())
    if height < _VISIBLE * float(np.ptp(voltage)) or -float(v.min()) > UNDERSHOOT * height:
        return None
    over = int(np.flatnonzero(v > UNDERSHOOT * height)[-1])
    return AfterPotential(height, float(t[over] - spike))


def oscillation(times: Vector, voltage: Vector, quiet_from: float) -> Oscillation | None:
    """Waves of the voltage after ``quiet_from``; None if fewer than three maxima stand out of rounding."""
    keep = times > quiet_from
    t, v = times[keep], voltage[keep]
    if len(v) < 8:
        return None
    top = np.flatnonzero((v[1:-1] > v[:-2]) & (v[1:-1] >= v[2:])) + 1
    if len(top) < 3:
        return None
    wide = np.array([np.ptp(v[a:b]) for a, b in pairwise(top)])
    kept = int(np.sum(wide > 1e-6 * max(1.0, float(np.abs(v).max()))))
    if kept < 2:
        return None
    ratios = wide[1:kept] / wide[: kept - 1]
    period = float(np.mean(np.diff(t[top[: kept + 1]])))
    return Oscillation(kept + 1, 1e3 / period, float(np.mean(ratios)))
