"""Quantities at the door: ours, plain numbers, and those of pint and Brian2, recognised by what they can do."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.errors import UnitError
from rheobase.units.dimension import DIMENSIONLESS, Dimension, describe, usual_unit
from rheobase.units.quantity import Quantity, Unit, Value, plain
from rheobase.units.reading import parse_quantity

_PINT_BASES = ("[length]", "[mass]", "[time]", "[current]", "[temperature]", "[substance]", "[luminosity]")


def internal(value: Any, dimension: Dimension, what: str) -> Value:
    """The value in the package's internal units.

    Parameters
    ----------
    value
        A quantity of this package, of pint or of Brian2; a text such as "20 mV"; a plain number or array where the
        dimension is that of a number, or where it is 0 or infinite.
    dimension
        What the value has to be.
    what
        What it is for, used in the message: ``C``.

    Raises
    ------
    UnitError
        If it has another dimension, or no unit where one is needed.
    """
    quantity = as_quantity(value)
    if quantity is None:
        raise UnitError(f"{what} has to be {describe(dimension)}, but {_shown(value)} was given")
    if isinstance(quantity, Quantity):
        if quantity.dimension == dimension:
            return quantity.value
        raise UnitError(
            f"{what} has to be {describe(dimension)}, but {describe(quantity.dimension)} was given: {_shown(value)}"
        )
    if dimension.is_dimensionless or np.all((np.asarray(quantity) == 0) | np.isinf(quantity)):
        return quantity
    unit = usual_unit(dimension) or dimension.internal_name
    example = f"{_shown(value)}*{unit}" if np.ndim(quantity) == 0 else f"[...]*{unit}"
    raise UnitError(
        f"{what} has to be {describe(dimension)}, but the plain number {_shown(value)} was given; "
        f"write for example {example}"
    )


def dimension_of_value(value: Any) -> Dimension | None:
    """The dimension of a value of any of the accepted kinds; None if it is not one of them."""
    quantity = as_quantity(value)
    if quantity is None:
        return None
    return quantity.dimension if isinstance(quantity, Quantity) else DIMENSIONLESS


def express(value: Value, unit: Unit) -> Quantity:
    """A plain internal number as a quantity that is shown in ``unit``."""
    return Quantity(value, unit.dimension, unit)


def as_quantity(value: Any) -> Quantity | Value | None:
    """A quantity of this package, or a plain number where there is no unit; None for what is neither."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, Unit):
        return Quantity(value.scale, value.dimension, value)
    if isinstance(value, str):
        return parse_quantity(value)
    if hasattr(value, "dimensionality") and hasattr(value, "to_base_units"):
        return _from_pint(value)
    if hasattr(value, "dim") and (hasattr(value.dim, "get_dimension") or hasattr(value.dim, "_dims")):
        return _from_brian(value)
    if isinstance(value, (list, tuple)) and value and all(isinstance(part, (Quantity, Unit)) for part in value):
        return _from_list(value)
    return plain(value)


def _from_list(values: Any) -> Quantity:
    first = values[0] + 0
    return Quantity(
        np.array([internal(part, first.dimension, "each entry") for part in values]), first.dimension, first.unit
    )


def _from_pint(value: Any) -> Quantity | Value:
    """pint's root units are metre, gram, second, ampere, kelvin, mole, candela whatever its default system."""
    root = value.to_root_units() if hasattr(value, "to_root_units") else value.to_base_units()
    powers = dict(root.dimensionality)
    unknown = [name for name in powers if name not in _PINT_BASES]
    if unknown:
        raise UnitError(f"a pint quantity of {unknown[0]} has no counterpart here")
    exponents = [float(powers.get(base, 0)) for base in _PINT_BASES]
    mass = 10.0 ** (-3 * exponents[1]) if hasattr(value, "to_root_units") else 1.0
    return _from_si(np.asarray(root.magnitude, dtype=float) * mass, exponents)


def _from_brian(value: Any) -> Quantity | Value:
    """Brian2 keeps SI numbers, and seven exponents: metre, kilogram, second, ampere, kelvin, mole, candela."""
    dims = getattr(value.dim, "_dims", None)
    if dims is None:
        order = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
        dims = [value.dim.get_dimension(name) for name in order]
    return _from_si(np.array(value, dtype=float, subok=False), [float(power) for power in dims])


def _from_si(value: Any, exponents: list[float]) -> Quantity | Value:
    dimension = Dimension.from_si(exponents)
    number = np.asarray(value) * float(
        f"1e{dimension.decades}" if isinstance(dimension.decades, int) else 10.0 ** float(dimension.decades)
    )
    result = float(number) if number.ndim == 0 else number
    return result if dimension.is_dimensionless else Quantity(result, dimension)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
