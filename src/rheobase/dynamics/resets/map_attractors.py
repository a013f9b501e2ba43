"""The attractors of a return map: regular firing, bursts, chaos, or rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as part

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.resets.map_orbits import (
    Exponent,
    Map,
    cycle_length,
    exponent,
    multipliers,
    slopes,
    spikes_per_burst,
)
from rheobase.dynamics.resets.spike_section import RTOL, Orbit, Section, followed

Vector = NDArray[np.float64]

_TRANSIENT = 100
_KEEP = 100
_LONG_TRANSIENT = 1000
_LONG_KEEP = 1024
_ROWS = 12
_MOST = 4
_SAME = 1e-3
_WITHIN = 0.02
_RTOL = 1e-9
_LONGEST_MS = 1e5


@dataclass(frozen=True, eq=False)
class Attractor:
    """What firing converges to.

    Attributes
    ----------
    kind
        ``rest`` (no further spikes), ``regular`` (a fixed point of the map), ``bursting`` or ``cycle`` (a cycle of the
        map, with and without groups of spikes), ``chaos``; ``irregular`` (none of them within the spikes followed),
        ``drifting`` (the state after a spike moves on without end) or ``lost`` (the solution cannot be followed).
    points
        (spikes, k): the free states just after each spike in turn, in shown units; one period of a cycle.
    intervals_ms
        (spikes,): the interval that follows each.
    spikes_per_burst
        The sizes of the bursts in turn; empty without bursts.
    multipliers
        Of a cycle, the largest first.
    exponent
        Lyapunov exponent per spike with its error; None for rest.
    share
        Of the start values tried that lead here.
    why
        How a solution is lost: it ...
    """

    kind: str
    points: Vector = part(repr=False)
    intervals_ms: Vector = part(repr=False)
    spikes_per_burst: tuple[int, ...]
    multipliers: tuple[complex, ...]
    exponent: Exponent | None
    share: float = 1.0
    why: str = ""

    @property
    def period(self) -> int:
        """Spikes in a cycle; 0 where nothing repeats."""
        return len(self.intervals_ms) if self.kind in ("regular", "bursting", "cycle") else 0

    @property
    def period_ms(self) -> float | None:
        """Duration of a cycle."""
        return float(np.sum(self.intervals_ms)) if self.period else None

    @property
    def rate_hz(self) -> float:
        """Spikes per second in the long run."""
        return 1e3 / float(np.mean(self.intervals_ms)) if self.intervals_ms.size else 0.0

    @property
    def sentence(self) -> str:
        """What it is, in words."""
        match self.kind:
            case "rest":
                return "the firing ends, and the neuron comes to rest"
            case "regular":
                return f"regular firing with {self.intervals_ms[0]:.6g} ms between spikes ({self.rate_hz:.4g} Hz)"
            case "bursting":
                sizes = " and ".join(str(size) for size in dict.fromkeys(self.spikes_per_burst))
                return f"bursts of {sizes} spikes, repeating every {self.period_ms:.6g} ms"
            case "cycle":
                return f"intervals that repeat after {self.period} spikes ({self.period_ms:.6g} ms)"
            case "drifting":
                return f"spikes that leave the state further on each time, with {self.rate_hz:.4g} Hz in the end"
            case "lost":
                return f"a solution that cannot be followed: it {self.why or 'fires ever more slowly'}"
        assert self.exponent is not None
        value = f"Lyapunov exponent {self.exponent.value:.3g} ± {self.exponent.error:.1g} per spike"
        if self.kind == "chaos":
            return f"chaotic firing around {self.rate_hz:.4g} Hz ({value})"
        return f"firing around {self.rate_hz:.4g} Hz that has not settled to a cycle ({value}: not chaotic by this)"


def attractors(
    section: Section, low: Vector, high: Vector, seeds: Vector, scale: Vector, quiet: bool
) -> tuple[Attractor, ...]:
    """All attractors that a grid of starts finds; first the one that the last of ``seeds`` leads to.

    The start values are shared out: each counts for the attractor near which it ends. A neuron that is ``quiet`` does
    not fire from its start values, so rest comes first.
    """
    spread = np.linspace(low, high, _ROWS) if len(section.free) == 1 else seeds[-_ROWS:]
    starts = np.concatenate([seeds[-1:], spread]) if section.free else np.empty((1, 0))
    orbits = _orbits(section, starts, _TRANSIENT + _KEEP)
    known = [_empty(section, "rest") if quiet else _described(section, orbits[0], scale)]
    count, left = [0], list(range(len(orbits)))
    left = _counted(section, orbits, left, known, count, scale)
    pending = [row for row in left if orbits[row].full and section.free]
    if pending:
        ends = np.array([orbits[row].states[-1] for row in pending])
        for row, moved in zip(pending, _orbits(section, ends, _LONG_TRANSIENT // 2), strict=True):
            orbits[row] = moved
        left = _counted(section, orbits, left, known, count, scale)
    while left and len(known) < _MOST:
        known.append(_described(section, orbits[left[0]], scale))
        count.append(1)
        left = _counted(section, orbits, left[1:], known, count, scale)
    return tuple(replace(one, share=n / len(orbits)) for one, n in zip(known, count, strict=True))


def _counted(
    section: Section, orbits: list[Orbit], rows: list[int], known: list[Attractor], count: list[int], scale: Vector
) -> list[int]:
    """Count the orbits that end near a known attractor; the others are returned."""
    left = []
    for row in rows:
        near = [at for at, one in enumerate(known) if _near(section, orbits[row], one, scale)]
        if near:
            count[near[0]] += 1
        else:
            left.append(row)
    return left


def _near(section: Section, orbit: Orbit, one: Attractor, scale: Vector) -> bool:
    if not orbit.full or not len(one.points):
        return orbit.end == one.kind
    if not section.free:
        return True
    apart = (one.points - _shown(section, orbit.states[-1:])) / _shown(section, scale[None])
    if one.kind == "drifting":
        return True
    return bool(np.abs(apart).max(axis=1).min() <= (_SAME if one.period else _WITHIN))


def _orbits(section: Section, points: Vector, spikes: int, rtol: float = _RTOL) -> list[Orbit]:
    """The orbits of some after-spike states (rows, k)."""
    parameters = np.broadcast_to(section.field.values, (len(points), len(section.field.values)))
    starts, _ = section.pause(section.starts(points, parameters), parameters)
    found = followed(section, starts, parameters, spikes + 1, rtol)
    return [replace(orbit, states=orbit.states[:-1]) if orbit.full else orbit for orbit in found]


def _described(section: Section, orbit: Orbit, scale: Vector) -> Attractor:
    if not orbit.full:
        return _empty(section, orbit.end, orbit.why)
    states, intervals = orbit.states[_TRANSIENT:], orbit.intervals[_TRANSIENT:]
    if not section.free:
        return Attractor("regular", states[:1], intervals[:1], (), (0.0,), Exponent(-np.inf, 0.0))
    length = cycle_length(states, scale)
    if not length:
        longer = _orbits(section, states[-1:], _LONG_TRANSIENT + _LONG_KEEP)[0]
        if not longer.full:
            return _empty(section, longer.end, longer.why)
        states, intervals = longer.states[_LONG_TRANSIENT:], longer.intervals[_LONG_TRANSIENT:]
        length = cycle_length(states, scale, tol=1e-5)
        if not length and _drifts(states):
            return Attractor("drifting", _shown(section, states), intervals, (), (), None)

    def image(points: Vector) -> Vector:
        return section.images(points, section.field.values, _LONGEST_MS).points

    if not length:
        found = exponent(slopes(image, states, scale, fine=False))
        return Attractor("chaos" if found.positive else "irregular", _shown(section, states), intervals, (), (), found)
    states, intervals, matrices = _polished(section, states[-length:], intervals[-length:], image, scale)
    first = int(np.argmax(np.roll(intervals, 1)))  # begin after the longest interval
    states, intervals = np.roll(states, -first, axis=0), np.roll(intervals, -first)
    bursts, values = spikes_per_burst(intervals), multipliers(matrices)
    rate = float(np.log(max(float(np.abs(values[0])), 1e-300))) / length
    kind = "regular" if length == 1 else "bursting" if bursts else "cycle"
    real = tuple(float(value.real) if abs(value.imag) < 1e-12 else complex(value) for value in values)
    return Attractor(kind, _shown(section, states), intervals, bursts, real, Exponent(rate, 0.0))


def _polished(
    section: Section, states: Vector, intervals: Vector, image: Map, scale: Vector
) -> tuple[Vector, Vector, Vector]:
    """A cycle after a step of Newton's method, its intervals, and the Jacobian matrices along it."""
    matrices = slopes(image, states, scale)
    product = np.eye(len(scale))
    for matrix in matrices:
        product = matrix @ product
    once = _orbits(section, states[:1], len(states), RTOL)[0]
    if not once.full or not np.isfinite(product).all():
        return states, intervals, matrices
    gap = once.states[-1] - states[0]
    better = states[0] + np.linalg.lstsq(np.eye(len(scale)) - product, gap, rcond=None)[0]
    again = _orbits(section, better[None], len(states), RTOL)[0]
    if not again.full or np.abs(again.states[-1] - better).max() > np.abs(gap).max():
        return states, intervals, matrices
    return np.roll(again.states, 1, axis=0), np.roll(again.intervals, 1), matrices


def _empty(section: Section, kind: str, why: str = "") -> Attractor:
    return Attractor(kind, np.empty((0, len(section.free))), np.empty(0), (), (), None, why=why)


def _drifts(states: Vector) -> bool:
    """Whether some state moves one way at every spike."""
    steps = np.diff(states, axis=0)
    return bool((np.all(steps > 0.0, axis=0) | np.all(steps < 0.0, axis=0)).any())


def _shown(section: Section, points: Vector) -> Vector:
    field = section.field
    columns = [field.shown(field.states[at], points[:, j]) for j, at in enumerate(section.free)]
    return np.column_stack(columns) if columns else points
