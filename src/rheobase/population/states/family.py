"""A family of networks: a function that makes a network from numbers, such as `rheobase.library.brunel2000`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.input.statistics import InputMap, input_map
from rheobase.population.states.gain_curve import highest_rates
from rheobase.units import DIMENSIONLESS, Quantity, Unit, internal, parse_quantity
from rheobase.units.foreign import as_quantity

Array = NDArray[np.float64]

_DIFFERENCE = 1e-3  # slopes by a parameter are taken from networks this part of its range apart


@dataclass(frozen=True)
class Family:
    """Networks over the ranges of one or two parameters, others fixed; each is read once.

    Attributes
    ----------
    make
        Returns a `Network` when called with the parameters by name.
    names
        The parameters that vary.
    low, high : ndarray
        Their ranges.
    fixed
        Values of other parameters.
    units
        Of the parameters that vary and have one; everywhere else their values are plain numbers in it.
    """

    make: Callable[..., Network]
    names: tuple[str, ...]
    low: Array
    high: Array
    fixed: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)

    def edge(self, axis: int, value: float, low: float, high: float) -> Family:
        """The family of one of two parameters, ``axis``, from ``low`` to ``high``, the other held at a value."""
        other = self.names[1 - axis]
        fixed = {**self.fixed, other: self.given(other, value)}
        return replace(self, names=(self.names[axis],), low=np.array([low]), high=np.array([high]), fixed=fixed)

    def given(self, name: str, value: float) -> Any:
        """A value as the function takes it: with its unit."""
        return float(value) * self.units[name] if name in self.units else float(value)

    def number(self, name: str, value: Any) -> float:
        """A value that the user gives, in the parameter's unit."""
        return _number(name, value, self.units.get(name))

    def unit(self, name: str) -> str:
        """The name of a parameter's unit; ``"1"`` if it has none."""
        return self.units[name].name if name in self.units else "1"

    @property
    def span(self) -> Array:
        return self.high - self.low

    @cached_property
    def _read(self) -> Callable[[tuple[float, ...]], InputMap]:
        return lru_cache(maxsize=4096)(lambda values: input_map(self.network(values)))

    def network(self, values: ArrayLike) -> Network:
        """The network at these values of the parameters that vary.

        Raises
        ------
        ModelError
            If the function does not return a network.
        """
        pairs = zip(self.names, np.asarray(values, float), strict=True)
        given = {name: self.given(name, value) for name, value in pairs}
        made = self.make(**given, **self.fixed)
        if not isinstance(made, Network):
            raise ModelError(f"the family must return a Network; at {given} it returned {type(made).__name__}")
        return made

    def maps(self, values: ArrayLike) -> InputMap:
        """What the theory needs of the network at these values."""
        return self._read(tuple(float(v) for v in np.asarray(values, float)))

    def neighbours(self, values: Array, index: int) -> tuple[InputMap, InputMap, float]:
        """Networks a little below and above in one parameter, within its range, and how far they are apart."""
        near = np.clip(values, self.low, self.high)
        apart = _DIFFERENCE * self.span[index]
        below, above = near.copy(), near.copy()
        below[index] = max(near[index] - 0.5 * apart, self.low[index])
        above[index] = min(below[index] + apart, self.high[index])
        below[index] = above[index] - apart
        return self.maps(below), self.maps(above), apart

    @cached_property
    def populations(self) -> tuple[str, ...]:
        """Names of the populations whose rates the theory finds."""
        return self.maps(0.5 * (self.low + self.high)).names

    @cached_property
    def top(self) -> Array:
        """Rates (kHz) that no population exceeds, in the middle of the ranges."""
        return highest_rates(self.maps(0.5 * (self.low + self.high)))


def family(
    make: Any,
    ranges: Mapping[str, tuple[Any, Any]],
    fixed: Mapping[str, Any] | None = None,
) -> Family:
    """Check what the user gives for a family.

    Raises
    ------
    ModelError
        If ``make`` is no function of these parameters, one is fixed and varies, or a range is not two increasing finite
        numbers.
    UnitError
        If the two ends of a range are not alike.
    """
    if isinstance(make, str):
        raise ModelError(
            f"a family is a function that returns a Network, not the text {make!r}; for a network of the library "
            "give the function itself, such as rheobase.library.brunel2000"
        )
    if not callable(make) or isinstance(make, Network):
        raise ModelError(
            f"a family is a function of {', '.join(ranges)} that returns a Network, not {type(make).__name__}; "
            "one network has no parameters that could vary"
        )
    if not isinstance(fixed, Mapping | None):
        raise ModelError(f"fixed must give values by name, such as fixed={{'g': 5}}, not {fixed!r}")
    fixed = dict(fixed or {})
    if both := [name for name in ranges if name in fixed]:
        raise ModelError(f"{both[0]!r} cannot be fixed, since it is to vary: give it a value or a range, not both")
    _require_names(make, (*ranges, *fixed))
    units = {name: unit for name, value in ranges.items() if (unit := _unit(value)) is not None}
    limits = np.array([_limits(name, value, units.get(name)) for name, value in ranges.items()])
    function: Callable[..., Any] = make
    return Family(function, tuple(ranges), limits[:, 0], limits[:, 1], fixed, units)


def _require_names(make: Callable[..., Any], names: tuple[str, ...]) -> None:
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return  # a function without a signature: it will say itself what it does not take
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    for name in names:
        if name not in parameters:
            raise ModelError(f"the family has no parameter {name!r}; it has: {', '.join(parameters)}")


def _limits(name: str, value: Any, unit: Unit | None) -> tuple[float, float]:
    try:
        low, high = value
    except (TypeError, ValueError):
        low = high = np.nan
    low, high = _number(name, low, unit), _number(name, high, unit)
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ModelError(f"the range of {name!r} must be two finite numbers, the lower first, not {value!r}")
    return low, high


def _unit(limits: Any) -> Unit | None:
    """The unit of a range: that of its lower end."""
    try:
        low = as_quantity(_read(limits[0]))
    except (TypeError, IndexError, KeyError):
        return None
    return low.unit if isinstance(low, Quantity) else None


def _number(name: str, value: Any, unit: Unit | None) -> float:
    """A value as a number, in the unit if there is one."""
    dimension = DIMENSIONLESS if unit is None else unit.dimension
    try:
        return float(internal(_read(value), dimension, name)) / (1.0 if unit is None else unit.scale)
    except TypeError:
        raise ModelError(f"{name} must be a number, not {value!r}") from None


def _read(value: Any) -> Any:
    return parse_quantity(value) if isinstance(value, str) else value
