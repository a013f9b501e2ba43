"""Quantities, lists of them and distributions, as a network file writes them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from rheobase.errors import ModelError, UnitError
from rheobase.model.distribution import Distribution, Lognormal, Lorentzian, Normal, Uniform
from rheobase.model.toml.tables import Table
from rheobase.units import Dimension, Unit, describe, internal, natural_unit, parse_quantity, parse_unit

DISTRIBUTIONS: dict[str, type] = {
    "normal": Normal,
    "lognormal": Lognormal,
    "uniform": Uniform,
    "lorentzian": Lorentzian,
}


def read_value(table: Table, key: str) -> Any:
    """The entry ``key``: ``"20 mV"``, a plain number, ``{values = [...], unit = "mV"}`` or a distribution.

    Returns a quantity, a float, an array or a `Distribution` of quantities; units are checked where it is used.
    """
    if key not in table.data:
        table.fail(key, 'is missing; give a quantity such as "20 mV"')
    value = table.data[key]
    if isinstance(value, dict):
        return _read_distribution(table.sub(key)) if "distribution" in value else _read_values(table.sub(key))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        table.fail(key, 'must be a quantity such as "20 mV"; several are written {values = [1, 2], unit = "mV"}')
    try:
        return parse_quantity(value)
    except UnitError as error:
        table.fail(key, str(error))


def read_as(table: Table, key: str, dimension: Dimension) -> Any:
    """The entry ``key``, refused unless it has this dimension."""
    value = read_value(table, key)
    parts = vars(value).values() if isinstance(value, Distribution) else [value]
    try:
        for part in parts:
            if part is not None:
                internal(part, dimension, key)
    except ModelError:
        table.fail(key, f"must be {describe(dimension)}, but is written {table.data[key]!r}")
    return value


def _read_values(table: Table) -> Any:
    table.only(("values", "unit"))
    try:
        array = np.asarray(table.get("values", list), dtype=float)
        return array * parse_unit(table.get("unit", str)) if "unit" in table.data else array
    except UnitError as error:
        table.fail("unit", str(error))
    except (ValueError, TypeError):
        table.fail("values", "must be a list of numbers; the unit stands in the key unit")


def _read_distribution(table: Table) -> Distribution:
    kind = table.get("distribution", str)
    if kind not in DISTRIBUTIONS:
        table.fail("distribution", f"must be one of {', '.join(DISTRIBUTIONS)}, not {kind!r}")
    maker = DISTRIBUTIONS[kind]
    names = [field.name for field in fields(maker)]
    table.only(("distribution", *names))
    return maker(**{name: read_value(table, name) for name in names if name in table.data or name in _needed(maker)})


def _needed(maker: type) -> tuple[str, ...]:
    return {Uniform: ("low", "high"), Lorentzian: ("center", "width")}.get(maker, ("mean", "sd"))


def write_value(value: Any, dimension: Dimension) -> Any:
    """The reverse of `read_value` for values in internal units: text, a number, or a table of either.

    The number is written so that reading it gives the same float again: in the unit that people use for this dimension
    if that is exact, else in the internal one.
    """
    if isinstance(value, Distribution):
        kind = next(name for name, maker in DISTRIBUTIONS.items() if isinstance(value, maker))
        parts = {name: write_value(part, dimension) for name, part in vars(value).items() if part is not None}
        return {"distribution": kind, **parts}
    array = np.asarray(value, dtype=float)
    if dimension.is_dimensionless:
        return float(array) if array.ndim == 0 else {"values": array.tolist()}
    unit = _exact_unit(array, dimension)
    if array.ndim == 0:
        return f"{_shortest(float(array) / unit.scale)} {unit.name}"
    return {"values": (array / unit.scale).tolist(), "unit": unit.name}


def _exact_unit(array: np.ndarray, dimension: Dimension) -> Unit:
    usual = natural_unit(dimension)
    if np.array_equal((array / usual.scale) * usual.scale, array):
        return usual
    return Unit(dimension.internal_name, dimension, 1.0)


def _shortest(number: float) -> str:
    return repr(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
