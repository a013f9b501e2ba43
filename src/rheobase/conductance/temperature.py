"""Temperatures, and how much faster a gate is when it is warmer."""

from __future__ import annotations

import math
import re
from typing import Any

from rheobase.errors import ModelError, UnitError
from rheobase.units import CONSTANTS, Quantity, as_quantity, kelvin

ZERO_CELSIUS = float(CONSTANTS["zero_celsius"].value)
_CELSIUS = re.compile(r"\s*([+-]?\d+\.?\d*)\s*\*?\s*(?:celsius|deg_?C|degrees? celsius|°\s*C|C)\s*", re.IGNORECASE)


def celsius(degrees: float) -> Quantity:
    """A temperature in degrees Celsius as a quantity, which is in kelvin.

    >>> from rheobase.conductance import celsius
    >>> celsius(37)
    310.15 kelvin
    """
    return in_kelvin(degrees + ZERO_CELSIUS, "temperature") * kelvin


def read_temperature(value: Any, what: str = "temperature") -> float:
    """A temperature as a plain number of kelvin.

    Parameters
    ----------
    value
        ``celsius(37)``, ``310*kelvin``, ``"37 celsius"`` or ``"310 kelvin"``. A plain number is refused, since it
        does not say which scale it is on.
    what
        How to call it in a message.
    """
    if isinstance(value, str) and (match := _CELSIUS.fullmatch(value)):
        return in_kelvin(float(match[1]) + ZERO_CELSIUS, what)
    try:
        quantity = as_quantity(value)
    except UnitError as error:
        raise ModelError(f"{what}: {error}; write celsius(37), 310*kelvin, '37 celsius' or '310 kelvin'") from None
    if not isinstance(quantity, Quantity) or quantity.dimension != kelvin.dimension:
        raise ModelError(
            f"{what} = {value!r} is no temperature; write celsius(37), 310*kelvin, '37 celsius' or '310 kelvin'"
        )
    return in_kelvin(float(quantity.value), what)


def in_kelvin(value: float, what: str) -> float:
    """The value, if it can be a temperature."""
    if not (math.isfinite(value) and value > 0):
        raise ModelError(f"{what}: {value - ZERO_CELSIUS:g} degrees Celsius is not above absolute zero")
    return value


def q10(factor: float, temperature: Any, measured_at: Any) -> float:
    r"""How many times faster a process is than at the temperature where it was measured.

    .. math:: \phi = Q_{10}^{(T - T_0)/10\,\mathrm{K}}

    Parameters
    ----------
    factor
        ``Q10``: how many times faster for each 10 degrees. 3 for most gates (Hodgkin & Huxley 1952), 1.3 to 1.5 for
        conductances.
    temperature, measured_at
        ``T`` and ``T0``, such as ``celsius(37)`` or ``"6.3 celsius"``.

    >>> from rheobase.conductance import q10
    >>> round(q10(3, "16.3 celsius", "6.3 celsius"), 12)
    3.0
    """
    if not (isinstance(factor, int | float) and math.isfinite(factor) and factor > 0):
        raise ModelError(f"q10 = {factor!r} has to be a positive number, such as 3")
    span = read_temperature(temperature) - read_temperature(measured_at, "measured_at")
    return float(factor) ** (span / 10.0)
