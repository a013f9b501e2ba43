"""Units and quantities: numbers with a dimension, for the package's door. Inside there are only plain floats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import UnitError
from rheobase.units.dimension import DIMENSIONLESS, Dimension, describe, exact, usual_unit

Value = float | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``scale`` is its size in the package's internal units.

    Numbers, lists and arrays times a unit are quantities; units times units are units.

    >>> from rheobase.units import mV, ms, uA, cm
    >>> 20 * mV
    20 mV
    >>> 3 * uA / cm**2
    3 uA/cm**2
    """

    name: str
    dimension: Dimension
    scale: float
    __array_ufunc__: ClassVar[None] = None

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Unit):
            return _unit(
                f"{self.name}*{_right(other.name)}", self.dimension * other.dimension, self.scale * other.scale
            )
        return self._quantity() * other

    def __rmul__(self, other: Any) -> Any:
        value = plain(other)
        return NotImplemented if value is None else Quantity(value * self.scale, self.dimension, self)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Unit):
            name = f"{self.name}/{_divisor(other.name)}"
            return _unit(name, self.dimension / other.dimension, self.scale / other.scale)
        return self._quantity() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other * self**-1

    def __pow__(self, power: float | Fraction) -> Any:
        exponent = exact(power)
        if exponent == -1:
            name = f"1/{_divisor(self.name)}"
        else:
            base = f"({self.name})" if any(sign in self.name for sign in "*/") else self.name
            name = f"{base}**{exponent}" if isinstance(exponent, int) else f"{base}**({exponent})"
        return _unit(name, self.dimension**exponent, _power(self.scale, exponent))

    def __add__(self, other: Any) -> Any:
        return self._quantity() + other

    def __sub__(self, other: Any) -> Any:
        return self._quantity() - other

    def __neg__(self) -> Quantity:
        return -self._quantity()

    def __repr__(self) -> str:
        return self.name

    def _quantity(self) -> Quantity:
        return Quantity(self.scale, self.dimension, self)


class Quantity:
    """A number, or an array of numbers, with a dimension.

    Parameters
    ----------
    value
        In the package's internal units (mV, ms, pA, nS, pF, um, mM).
    dimension
        What it is.
    unit
        The unit in which it is shown.
    """

    __slots__ = ("dimension", "unit", "value")
    __array_ufunc__ = None  # NumPy arrays leave `array * quantity` to this class

    value: Value
    dimension: Dimension
    unit: Unit

    def __init__(self, value: Value, dimension: Dimension, unit: Unit | None = None):
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "dimension", dimension)
        object.__setattr__(self, "unit", unit or natural_unit(dimension))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a quantity cannot be changed ({name})")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Quantity, (self.value, self.dimension, self.unit))

    def to(self, unit: Unit | str) -> Any:
        """The number (or array) in ``unit``.

        Raises
        ------
        UnitError
            If the unit has another dimension.
        """
        if isinstance(unit, str):
            from rheobase.units.reading import parse_unit

            unit = parse_unit(unit)
        if unit.dimension != self.dimension:
            raise UnitError(f"{describe(self.dimension)} cannot be given in {unit.name}, {describe(unit.dimension)}")
        return self.value / unit.scale

    def _same(self, other: Any, doing: str) -> Value:
        """The internal value of ``other``, which has to have this dimension; 0 and inf always have."""
        if isinstance(other, Unit):
            other = other._quantity()
        if isinstance(other, Quantity):
            if other.dimension == self.dimension:
                return other.value
            raise UnitError(f"cannot {doing} {describe(self.dimension)} and {describe(other.dimension)}")
        value = plain(other)
        if value is not None and np.all((np.asarray(value) == 0) | np.isinf(value)):
            return value
        raise UnitError(f"cannot {doing} {describe(self.dimension)} and {other!r}, which has no unit")

    def __add__(self, other: Any) -> Quantity:
        return Quantity(self.value + self._same(other, "add"), self.dimension, self.unit)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Quantity:
        return Quantity(self.value - self._same(other, "subtract"), self.dimension, self.unit)

    def __rsub__(self, other: Any) -> Quantity:
        return Quantity(self._same(other, "subtract") - self.value, self.dimension, self.unit)

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.dimension, self.unit)

    def __abs__(self) -> Quantity:
        return Quantity(abs(self.value), self.dimension, self.unit)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Unit):
            return _result(self.value * other.scale, self.dimension * other.dimension, self.unit * other)
        if isinstance(other, Quantity):
            return _result(self.value * other.value, self.dimension * other.dimension, None)
        value = plain(other)
        return NotImplemented if value is None else Quantity(self.value * value, self.dimension, self.unit)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Unit):
            return _result(self.value / other.scale, self.dimension / other.dimension, self.unit / other)
        if isinstance(other, Quantity):
            return _result(self.value / other.value, self.dimension / other.dimension, None)
        value = plain(other)
        return NotImplemented if value is None else Quantity(self.value / value, self.dimension, self.unit)

    def __rtruediv__(self, other: Any) -> Any:
        value = plain(other)
        return NotImplemented if value is None else _result(value / self.value, self.dimension**-1, self.unit**-1)

    def __pow__(self, power: float | Fraction) -> Any:
        return _result(_power(self.value, exact(power)), self.dimension ** exact(power), None)

    def __eq__(self, other: object) -> Any:
        try:
            return self.value == self._same(other, "compare")
        except UnitError:
            return NotImplemented

    def __lt__(self, other: Any) -> Any:
        return self.value < self._same(other, "compare")

    def __le__(self, other: Any) -> Any:
        return self.value <= self._same(other, "compare")

    def __gt__(self, other: Any) -> Any:
        return self.value > self._same(other, "compare")

    def __ge__(self, other: Any) -> Any:
        return self.value >= self._same(other, "compare")

    def __hash__(self) -> int:
        return hash((float(self.value), self.dimension))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __len__(self) -> int:
        return len(np.asarray(self.value))

    def __getitem__(self, index: Any) -> Quantity:
        part = np.asarray(self.value)[index]
        return Quantity(float(part) if np.ndim(part) == 0 else part, self.dimension, self.unit)

    def __iter__(self) -> Iterator[Quantity]:
        return (self[index] for index in range(len(self)))

    def __float__(self) -> float:
        if not self.dimension.is_dimensionless:
            raise UnitError(f"{self!r} is not a plain number; write quantity.to({self.unit.name})")
        return float(self.value)

    def __array__(self, *_: Any, **__: Any) -> NDArray[np.float64]:
        raise UnitError(f"{self!r} has a unit, an array has none; write quantity.to({self.unit.name})")

    def __repr__(self) -> str:
        shown = self.value / self.unit.scale
        number = f"{shown:.6g}" if np.ndim(shown) == 0 else np.array2string(np.asarray(shown), threshold=8, precision=6)
        return number if self.dimension.is_dimensionless else f"{number} {self.unit.name}"

    def __format__(self, spec: str) -> str:
        return f"{self.value / self.unit.scale:{spec}} {self.unit.name}" if spec else repr(self)


def plain(value: Any) -> Value | None:
    """A number as float, numbers as float array, anything else None."""
    if isinstance(value, (Quantity, Unit, str, bytes)):
        return None
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return float(array) if array.ndim == 0 else array


def natural_unit(dimension: Dimension) -> Unit:
    """The unit in which a quantity of this dimension is usually shown."""
    from rheobase.units.reading import parse_unit

    name = usual_unit(dimension)
    return parse_unit(name) if name else Unit(dimension.internal_name, dimension, 1.0)


def _unit(name: str, dimension: Dimension, scale: float) -> Unit | float:
    return scale if dimension.is_dimensionless else Unit(name, dimension, scale)


def _result(value: Value, dimension: Dimension, unit: Unit | float | None) -> Quantity | Value:
    if dimension.is_dimensionless:
        return value
    return Quantity(value, dimension, unit if isinstance(unit, Unit) else None)


def _power(value: Any, exponent: int | Fraction) -> Any:
    # A negative integer power is a quotient, so that 1/ms is exactly 1.
    if isinstance(exponent, int) and exponent < 0:
        return 1.0 / float(value) ** -exponent if np.ndim(value) == 0 else 1.0 / value**-exponent
    return value ** (exponent if isinstance(exponent, int) else float(exponent))


def _right(name: str) -> str:
    return f"({name})" if "/" in name else name


def _divisor(name: str) -> str:
    bare = name.replace("**", "^")
    return f"({name})" if "*" in bare or "/" in bare else name


UNITLESS = Unit("1", DIMENSIONLESS, 1.0)
