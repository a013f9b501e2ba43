"""A family of networks: a function that makes a network from numbers, such as `rheobase.library.brunel2000`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.input.statistics import InputMap, input_map
from rheobase.population.states.gain_curve import highest_rates

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
    """

    make: Callable[..., Network]
    names: tuple[str, ...]
    low: Array
    high: Array
    fixed: Mapping[str, Any] = field(default_factory=dict)

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
        given = dict(zip(self.names, (float(v) for v in np.asarray(values, float)), strict=True))
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
    ranges: Mapping[str, tuple[float, float]],
    fixed: Mapping[str, Any] | None = None,
) -> Family:
    """Check what the user gives for a family.

    Raises
    ------
    ModelError
        If ``make`` is no function of these parameters, or a range is not two increasing finite numbers.
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
    fixed = dict(fixed or {})
    _require_names(make, (*ranges, *fixed))
    limits = {name: _limits(name, value) for name, value in ranges.items()}
    low, high = np.array([pair[0] for pair in limits.values()]), np.array([pair[1] for pair in limits.values()])
    function: Callable[..., Any] = make
    return Family(function, tuple(ranges), low, high, fixed)


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


def _limits(name: str, value: Any) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ModelError(f"the range of {name!r} must be two finite numbers, the lower first, not {value!r}")
    return low, high
