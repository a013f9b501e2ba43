"""Which after-spike states a map is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.resets.spike_section import Section, followed
from rheobase.model.errors import ModelError
from rheobase.numerics.bracket import root

Vector = NDArray[np.float64]

_SPIKES = 200
_PROBES = 33
_WIDENINGS = 3
_LONGEST_MS = 2e4


def map_range(section: Section, over: tuple[Any, Any] | None, seeds: Vector) -> tuple[Vector, Vector]:
    """Lower and upper ends (k,) of the free states to look at.

    They hold the after-spike states ``seeds`` (rows, k) that the neuron visits, the turning point of the map, and the
    images of the whole range, so that nothing leaves it.

    Raises
    ------
    ModelError
        If the range asked for is empty, or not of one state.
    """
    if not section.free:
        return np.empty(0), np.empty(0)
    if over is not None:
        return _asked(section, over)
    jump = _jump(section)
    low, high = seeds.min(axis=0), seeds.max(axis=0)
    width = np.maximum(high - low, np.maximum(np.abs(jump), 1e-3 * np.maximum(np.abs(low), np.abs(high))))
    width = np.where(width > 0.0, width, 1.0)
    low, high = low - 0.5 * width, high + 0.5 * width
    if len(section.free) == 1:
        turning = standstill(section, float(low[0] - 20.0 * width[0]), float(high[0] + 20.0 * width[0]))
        if turning is not None:
            low, high = np.minimum(low, turning - 0.25 * width), np.maximum(high, turning + 0.25 * width)
        low, high = _closed(section, low, high)
    return low, high


def visited(section: Section) -> tuple[Vector, bool]:
    """After-spike states (rows, k) from the start values on, and whether there are none.

    Where the neuron does not fire they are its start values, without and with the jump of a spike.
    """
    field, free = section.field, list(section.free)
    (orbit,) = followed(section, field.start[None], field.values, _SPIKES, 1e-9)
    if len(orbit.states):
        return orbit.states, False
    return np.concatenate([field.start[None, free], section.after(field.start[None, free], field.values)]), True


def _jump(section: Section) -> Vector:
    """How a spike moves the free states, at their start values."""
    field, free = section.field, list(section.free)
    before = field.start[None, free]
    return (section.after(before, field.values) - before)[0]


def standstill(section: Section, low: float, high: float) -> float | None:
    """The value of the one free state at which the voltage stands still at the reset, if there is one in the range."""
    voltage = section.field.states.index(section.field.voltage)

    def rate(w: float) -> float:
        start = section.starts(np.array([[w]]), section.field.values)[0]
        return float(section.field.rhs(start)[voltage])

    ends = rate(low), rate(high)
    return root(rate, low, high, *ends) if ends[0] * ends[1] < 0.0 else None


def _closed(section: Section, low: Vector, high: Vector) -> tuple[Vector, Vector]:
    """The range widened until it holds its images."""
    for _ in range(_WIDENINGS):
        probes = np.linspace(low, high, _PROBES)
        images = section.images(probes, section.field.values, _LONGEST_MS).points
        images = images[np.isfinite(images).all(axis=1)]
        if not len(images):
            break
        margin = 0.05 * (high - low)
        lower, upper = images.min(axis=0) - margin, images.max(axis=0) + margin
        if np.all(lower >= low) and np.all(upper <= high):
            break
        low, high = np.minimum(low, lower), np.maximum(high, upper)
    return low, high


def _asked(section: Section, over: tuple[Any, Any]) -> tuple[Vector, Vector]:
    names = [section.field.states[at] for at in section.free]
    if len(names) != 1:
        raise ModelError(f"a range is of one state, but a spike leaves {len(names)} free ({', '.join(names)})")
    low, high = ends_of(section.field, names[0], over)
    return np.array([low]), np.array([high])


def ends_of(field: VectorField, name: str, over: Any) -> tuple[float, float]:
    """The ends of a range of a state or parameter, in internal units.

    Raises
    ------
    ModelError
        If it is not a pair of values, or empty.
    """
    if not isinstance(over, list | tuple | np.ndarray) or len(over) != 2:
        raise ModelError(f"the range of {name} has to be a pair (low, high), but {over!r} was given")
    low, high = (float(field.read(name, value)) for value in over)
    if not low < high:
        raise ModelError(f"the range of {name} is empty: {over[0]} to {over[1]}")
    return low, high
