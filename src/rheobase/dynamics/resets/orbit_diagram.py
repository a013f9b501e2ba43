"""The attractor of a return map against a parameter: from regular firing through bursts to chaos."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.resets.map_orbits import Map, cycle_length, exponent, slopes, spikes_per_burst
from rheobase.dynamics.resets.map_range import ends_of, visited
from rheobase.dynamics.resets.spike_section import Section, followed
from rheobase.model.errors import ModelError

Vector = NDArray[np.float64]

_TRANSIENT = 200
_RTOL = 1e-9
_LONGEST_MS = 1e5


@dataclass(frozen=True, eq=False)
class OrbitDiagram:
    """What a neuron with a reset settles to, for many values of a parameter.

    Attributes
    ----------
    parameter, unit
        What is varied, and the unit in which it is shown.
    values
        (values,) of the parameter.
    state, state_unit
        The free state that is followed.
    points
        (values, spikes) the free state just after the last spikes; nan where the firing has ended.
    intervals_ms
        (values, spikes - 1) between them.
    period
        (values,): spikes after which all repeats; 0 where nothing does, or nothing fires.
    spikes_per_burst
        (values,): the largest burst in a cycle; 1 for regular firing, 0 where nothing repeats.
    exponent, error
        (values,): Lyapunov exponent per spike, and its standard error.
    status
        A sentence.
    """

    name: str
    parameter: str
    unit: str
    values: Vector = part(repr=False)
    state: str
    state_unit: str
    points: Vector = part(repr=False)
    intervals_ms: Vector = part(repr=False)
    period: NDArray[np.int64] = part(repr=False)
    spikes_per_burst: NDArray[np.int64] = part(repr=False)
    exponent: Vector = part(repr=False)
    error: Vector = part(repr=False)

    @property
    def fires(self) -> NDArray[np.bool_]:
        """Where the firing goes on."""
        return np.isfinite(self.points[:, -1])

    @property
    def chaotic(self) -> NDArray[np.bool_]:
        """Where the Lyapunov exponent is above zero by three standard errors, and by a hundredth a spike."""
        return self.fires & (self.period == 0) & (self.exponent > np.maximum(3.0 * self.error, 0.01))

    @property
    def status(self) -> str:
        """How many values lead where."""
        fires = self.fires
        counts = {
            "regular firing": int(np.sum(fires & (self.period == 1))),
            "bursts": int(np.sum(fires & (self.spikes_per_burst > 1))),
            "other cycles": int(np.sum(fires & (self.period > 1) & (self.spikes_per_burst < 2))),
            "chaos": int(np.sum(self.chaotic)),
            "no further spikes": int(np.sum(~fires)),
            "undecided": int(np.sum(fires & (self.period == 0) & ~self.chaotic)),
        }
        found = ", ".join(f"{what} at {count}" for what, count in counts.items() if count)
        return f"of {len(self.values)} values of {self.parameter}: {found}"

    def summary(self) -> str:
        """What is found at how many values, and where it changes."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        lines = [f"{self.name or 'neuron'}: {self.status}"]
        for first, last, what in self.stretches():
            low, high = self.values[first], self.values[last]
            place = f"at {low:.6g}" if first == last else f"from {low:.6g} to {high:.6g}"
            lines.append(f"  {place}{unit}: {what}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.status

    def stretches(self) -> list[tuple[int, int, str]]:
        """First and last number of neighbouring values that lead to the same, and what it is."""
        kinds = [self._kind(at) for at in range(len(self.values))]
        starts = [at for at, kind in enumerate(kinds) if not at or kind != kinds[at - 1]]
        ends = [*(at - 1 for at in starts[1:]), len(kinds) - 1]
        return [(a, b, kinds[a]) for a, b in zip(starts, ends, strict=True)]

    def _kind(self, at: int) -> str:
        if not self.fires[at]:
            return "no further spikes"
        if not self.period[at]:
            return "chaos" if self.chaotic[at] else "undecided"
        if self.spikes_per_burst[at] > 1:
            return f"bursts of {self.spikes_per_burst[at]} spikes"
        return "regular firing" if self.period[at] == 1 else f"intervals that repeat after {self.period[at]} spikes"

    def plot(self) -> Any:
        """The free state and the Lyapunov exponent against the parameter; returns the figure."""
        from rheobase.plot.reset_map import orbit_diagram as draw

        return draw(self)


def of_field(field: VectorField, parameter: str, over: tuple[Any, Any], *, points: int, keep: int) -> OrbitDiagram:
    """Follow all values of the parameter side by side, from one after-spike state.

    Raises
    ------
    ModelError
        If the range is empty, the parameter unknown, or a spike does not leave exactly one state free.
    """
    section = Section.of(field)
    at = field.index(parameter)
    low, high = ends_of(field, parameter, over)
    for name, count, least in (("points", points, 2), ("keep", keep, 16)):
        if isinstance(count, bool) or not isinstance(count, int) or count < least:
            raise ModelError(f"{name} has to be a whole number of at least {least}, but {count!r} was given")
    if len(section.free) != 1:
        raise ModelError(f"an orbit diagram shows one free state, but a spike leaves {len(section.free)} free")
    values = np.linspace(low, high, points)
    parameters = np.repeat(field.values[None], len(values), axis=0)
    parameters[:, at] = values
    start = np.repeat(visited(section)[0][-1:], len(values), axis=0)
    x, _ = section.pause(section.starts(start, parameters), parameters)
    orbits = np.full((len(values), keep), np.nan)
    intervals = np.full((len(values), keep - 1), np.nan)
    for row, orbit in enumerate(followed(section, x, parameters, _TRANSIENT + keep, _RTOL)):
        if orbit.full:
            orbits[row], intervals[row] = orbit.states[-keep:, 0], orbit.intervals[-(keep - 1) :]
    return _described(section, parameter, parameters, values, orbits, intervals)


def _described(
    section: Section, parameter: str, parameters: Vector, values: Vector, orbits: Vector, intervals: Vector
) -> OrbitDiagram:
    field, state = section.field, section.field.states[section.free[0]]
    rows = len(orbits)
    finite = orbits[np.isfinite(orbits)]
    scale = np.array([max(float(np.ptp(finite)), 1e-12) if finite.size else 1.0])
    period, bursts = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    for row in np.flatnonzero(np.isfinite(orbits[:, -1])):
        period[row] = cycle_length(orbits[row][:, None], scale, tol=1e-4)
        sizes = spikes_per_burst(intervals[row][: period[row]]) if period[row] else ()
        bursts[row] = max(sizes) if sizes else int(period[row] == 1)
    growth, error = _growth(section, parameters, orbits, period, scale)
    return OrbitDiagram(
        name=field.neuron.name, parameter=parameter, unit=field.unit_name(parameter),
        values=field.shown(parameter, values), state=state, state_unit=field.unit_name(state),
        points=field.shown(state, orbits), intervals_ms=intervals, period=period, spikes_per_burst=bursts,
        exponent=growth, error=error,
    )  # fmt: skip


def _growth(
    section: Section, parameters: Vector, orbits: Vector, period: NDArray[np.int64], scale: Vector
) -> tuple[Vector, Vector]:
    """Lyapunov exponents and their errors: over one period of a cycle, over the whole orbit where nothing repeats."""
    rows, keep = orbits.shape
    growth, error = np.full(rows, np.nan), np.full(rows, np.nan)
    fires = np.flatnonzero(np.isfinite(orbits[:, -1]))
    if not fires.size:
        return growth, error
    lengths = np.where(period[fires] > 0, period[fires], keep)
    which = np.repeat(fires, lengths)

    def of(rows: NDArray[np.intp]) -> Map:
        def image(points: Vector) -> Vector:
            own = parameters[np.repeat(which[rows], len(points) // len(rows))]
            return section.images(points, own, _LONGEST_MS, _RTOL).points

        return image

    along = np.concatenate([orbits[row, -length:] for row, length in zip(fires, lengths, strict=True)])
    every = of(np.arange(len(which)))
    matrices = np.split(slopes(every, along[:, None], scale, fine=False, of=of), np.cumsum(lengths)[:-1])
    for row, chain in zip(fires, matrices, strict=True):
        found = exponent(chain)
        growth[row], error[row] = found.value, 0.0 if period[row] else found.error
    return growth, error
