"""Units and quantities at the package's door.

Inside the package every number is a plain float in coherent units: mV, ms, pA, nS, pF, kHz, GOhm, um, mM, kelvin.

>>> from rheobase.units import mV, Mohm, nA
>>> (2 * nA * (10 * Mohm)).to(mV)
20.0
"""

from __future__ import annotations

from rheobase.errors import UnitError
from rheobase.units.dimension import (
    CURRENT,
    DIMENSIONLESS,
    LENGTH,
    RATE,
    TIME,
    VOLTAGE,
    Dimension,
    describe,
    usual_unit,
)
from rheobase.units.foreign import as_quantity, dimension_of_value, express, internal
from rheobase.units.quantity import UNITLESS, Quantity, Unit, Value, natural_unit
from rheobase.units.reading import named_unit, parse_quantity, parse_unit
from rheobase.units.table import CONSTANTS, SYMBOLS, UNITS

volt, mV, uV, nV = (UNITS[name] for name in ("volt", "mV", "uV", "nV"))
amp, mA, uA, nA, pA = (UNITS[name] for name in ("amp", "mA", "uA", "nA", "pA"))
siemens, mS, uS, nS, pS = (UNITS[name] for name in ("siemens", "mS", "uS", "nS", "pS"))
farad, uF, nF, pF = (UNITS[name] for name in ("farad", "uF", "nF", "pF"))
ohm, kohm, Mohm, Gohm = (UNITS[name] for name in ("ohm", "kohm", "Mohm", "Gohm"))
second, ms, us, ns = (UNITS[name] for name in ("second", "ms", "us", "ns"))
hertz, Hz, kHz, MHz = (UNITS[name] for name in ("hertz", "Hz", "kHz", "MHz"))
metre, meter, cm, mm, um, nm = (UNITS[name] for name in ("metre", "meter", "cm", "mm", "um", "nm"))
cm2, um2, um3 = (UNITS[name] for name in ("cm2", "um2", "um3"))
molar, mM, uM, nM, mole = (UNITS[name] for name in ("molar", "mM", "uM", "nM", "mole"))
kelvin, coulomb, joule, liter = (UNITS[name] for name in ("kelvin", "coulomb", "joule", "liter"))

__all__ = [
    "CONSTANTS",
    "CURRENT",
    "DIMENSIONLESS",
    "LENGTH",
    "RATE",
    "SYMBOLS",
    "TIME",
    "UNITLESS",
    "UNITS",
    "VOLTAGE",
    "Dimension",
    "Gohm",
    "Hz",
    "MHz",
    "Mohm",
    "Quantity",
    "Unit",
    "UnitError",
    "Value",
    "amp",
    "as_quantity",
    "cm",
    "cm2",
    "coulomb",
    "describe",
    "dimension_of_value",
    "express",
    "farad",
    "hertz",
    "internal",
    "joule",
    "kHz",
    "kelvin",
    "kohm",
    "liter",
    "mA",
    "mM",
    "mS",
    "mV",
    "meter",
    "metre",
    "mm",
    "molar",
    "mole",
    "ms",
    "nA",
    "nF",
    "nM",
    "nS",
    "nV",
    "named_unit",
    "natural_unit",
    "nm",
    "ns",
    "ohm",
    "pA",
    "pF",
    "pS",
    "parse_quantity",
    "parse_unit",
    "second",
    "siemens",
    "uA",
    "uF",
    "uM",
    "uS",
    "uV",
    "um",
    "um2",
    "um3",
    "us",
    "usual_unit",
    "volt",
]  # fmt: skip


def __getattr__(name: str) -> Unit:
    """Every other unit of the table: ``from rheobase.units import nsiemens``."""
    if name in UNITS:
        return UNITS[name]
    raise AttributeError(f"rheobase.units has no unit '{name}'")
