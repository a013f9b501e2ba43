"""A firing rate over time, as a number, an array or a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.units import RATE, TIME, Quantity, internal

Array = NDArray[np.float64]
#: Points on which a function is looked at for its bound and its integral.
GRID = 20_001


@dataclass(frozen=True, eq=False)
class Rate:
    """A rate in kHz over times in ms, from 0 to ``duration``.

    Attributes
    ----------
    at
        Rate at given times.
    bound
        The rate stays below it.
    knots, integral
        Times, and the expected count until then; linear in between.
    is_constant
        Whether it is the same at all times.
    """

    at: Callable[[Array], Array]
    bound: float
    knots: Array
    integral: Array
    is_constant: bool

    def expected(self, times: Any) -> Array:
        """The expected number of spikes from 0 until each time, without refractory time."""
        return np.interp(times, self.knots, self.integral)

    @property
    def mean(self) -> float:
        """Over the whole duration, kHz."""
        return float(self.integral[-1] / self.knots[-1])


def read_rate(rate: Any, duration: float, dt: Any, bound: Any) -> Rate:
    """A number (Hz), one for each ``dt``, or a function of time (ms) that gives Hz or a quantity."""
    if callable(rate) and not hasattr(rate, "dimension"):
        return _function(rate, duration, bound)
    values = np.asarray(_kilohertz(rate, "rate"), dtype=float)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise ModelError("the rate has to be finite and not negative")
    if values.ndim == 0:
        constant = float(values)
        ends = np.array([0.0, duration])
        return Rate(lambda t: np.full(np.shape(t), constant), constant, ends, constant * ends, True)
    if values.ndim != 1 or not values.size:
        raise ModelError("a rate over time is a list of numbers, one for each time step dt")
    if dt is None:
        raise ModelError("a rate given as an array needs dt, the time for which each of its values holds")
    return _steps(values, time_of(dt, "dt"), duration)


def _steps(values: Array, step: float, duration: float) -> Rate:
    if values.size * step < duration * (1 - 1e-9):
        raise ModelError(
            f"{values.size} values of the rate in steps of {step:g} ms end after {values.size * step:g} ms, before the "
            f"duration of {duration:g} ms"
        )
    edges = np.arange(values.size + 1) * step
    integral = np.concatenate([[0.0], np.cumsum(values) * step])
    inside = edges < duration
    knots = np.append(edges[inside], duration)
    counts = np.interp(knots, edges, integral)

    def at(t: Array) -> Array:
        return values[np.clip((np.asarray(t) / step + 1e-9).astype(np.int64), 0, values.size - 1)]

    return Rate(at, float(values[: int(inside.sum())].max()), knots, counts, False)


def _function(rate: Callable[..., Any], duration: float, bound: Any) -> Rate:
    def at(t: Array) -> Array:
        found = np.asarray(_kilohertz(_called(rate, t), "rate(t)"), dtype=float)
        if found.ndim and found.shape != np.shape(t):
            raise ModelError(f"rate(t) has shape {found.shape} for {np.size(t)} times; give one value a time")
        if not np.all(np.isfinite(found)) or np.any(found < 0):
            raise ModelError("rate(t) has to be finite and not negative")
        return np.broadcast_to(found, np.shape(t))

    knots = np.linspace(0.0, duration, GRID)
    values = at(knots)
    integral = np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(knots))])
    largest = float(values.max())
    if bound is None:
        # between two points of the grid the rate may be higher; a candidate that finds it so raises the bound
        return Rate(at, largest + float(np.abs(np.diff(values)).max(initial=0.0)), knots, integral, False)
    limit = float(_kilohertz(bound, "bound"))
    if limit < largest:
        raise ModelError(f"rate(t) reaches {1e3 * largest:g} Hz, above bound = {1e3 * limit:g} Hz; give a larger bound")
    return Rate(at, limit, knots, integral, False)


def _called(rate: Callable[..., Any], t: Array) -> Any:
    """What the function gives for an array of times."""
    try:
        return rate(t)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"rate(t) cannot be called with an array of times in ms ({error}); write it with numpy, such as "
            "lambda t: 20 + 10*np.sin(0.01*t) or lambda t: np.where(t < 500, 20, 50)"
        ) from error


def _kilohertz(value: Any, what: str) -> Any:
    """Plain numbers are in Hz."""
    if isinstance(value, str | Quantity) or hasattr(value, "dimension") or hasattr(value, "dimensionality"):
        return internal(value, RATE, what)
    try:
        return 1e-3 * np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ModelError(f"{what} = {value!r} has to be a number or numbers, in Hz or with a unit") from None


def time_of(value: Any, what: str) -> float:
    """A time in ms; plain numbers are in ms."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    number = float(value) if plain else float(internal(value, TIME, what))
    if not (np.isfinite(number) and number > 0):
        raise ModelError(f"{what} = {value!r} has to be a positive time")
    return number
