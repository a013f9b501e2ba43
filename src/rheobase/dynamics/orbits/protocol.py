"""The time course of an input, and what kind of experiment it is."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.model.errors import ModelError

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Protocol:
    """An input made of straight lines.

    Attributes
    ----------
    parameter, unit
        The input, and the unit in which it is shown; the parameter is "" for a neuron without input.
    times_ms, values
        Points of the course, in shown units; a time that stands twice is a jump.
    internal
        The values in internal units.
    duration_ms
        Of the experiment.
    """

    parameter: str
    unit: str
    times_ms: Vector = part(repr=False)
    values: Vector = part(repr=False)
    internal: Vector = part(repr=False)
    duration_ms: float

    @property
    def base(self) -> float:
        """The input at the beginning."""
        return float(self.values[0])

    @property
    def onset_ms(self) -> float:
        """Where the input first changes; 0 if it never does."""
        change = np.flatnonzero(np.diff(self.values))
        return float(self.times_ms[change[0]]) if change.size else 0.0

    @property
    def constant_from_ms(self) -> float:
        """From when on it stays as it is."""
        change = np.flatnonzero(np.diff(self.values))
        return float(self.times_ms[change[-1] + 1]) if change.size else 0.0

    @property
    def is_step(self) -> bool:
        """Whether the input jumps once and then stays, or is constant."""
        change = np.flatnonzero(np.diff(self.values))
        if not change.size:
            return True
        return change.size == 1 and self.times_ms[change[0]] == self.times_ms[change[0] + 1]

    def at(self, times: Vector) -> Vector:
        """The input at some times; at a jump the value before it."""
        return np.interp(np.asarray(times) - 1e-9, self.times_ms + 1e-12 * np.arange(len(self.times_ms)), self.values)


def protocol(field: VectorField, current: Any, drive: Any, duration: float, input: str | None = None) -> Protocol:
    """The course that a step or a drive asks for; the neuron's own input where neither is given.

    Raises
    ------
    ModelError
        If the drive is no pair of times and values of one length, or its times decrease.
    """
    name = input if input is not None else field.input
    if name is None:
        return Protocol("", "", np.zeros(1), np.zeros(1), np.zeros(1), duration)
    own = float(field.values[field.index(name)])
    if drive is None:
        to = own if current is None else float(field.read(name, current))
        times, internal = (np.zeros(2), np.array([own, to])) if current is not None else (np.zeros(1), np.array([own]))
    else:
        times, internal = _points(field, name, drive)
    values = np.atleast_1d(field.shown(name, internal))
    return Protocol(name, field.unit_name(name), times, values, internal, duration)


def _points(field: VectorField, name: str, drive: Any) -> tuple[Vector, Vector]:
    given = (drive.times, drive.values) if hasattr(drive, "times") and hasattr(drive, "values") else drive
    try:
        times, values = given
        times = np.array([float(time) for time in times])
    except (TypeError, ValueError):
        wanted = f"a drive is a pair of times (ms) and values of {name}, such as ([0, 10, 10], [0, 0, 5])"
        raise ModelError(wanted) from None
    internal = np.atleast_1d(field.read(name, list(values) if not hasattr(values, "dtype") else values))
    if times.shape != internal.shape or not times.size:
        raise ModelError(f"the drive has {times.size} times and {internal.size} values; give one value for each time")
    if not np.all(np.isfinite(times)) or np.any(np.diff(times) < 0.0):
        raise ModelError("the times of a drive have to be finite and must not decrease")
    return times, internal
