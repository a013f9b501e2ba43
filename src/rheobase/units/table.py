"""The table of units and constants: SI units with all prefixes, spelt as Brian2 and NEST users spell them.

Long names take every prefix (``mvolt``, ``nsiemens``, ``cmetre``), short ones those in use (``mV``, ``nS``, ``um``).
One-letter symbols (``V``, ``s``, ``m``) are units only where nothing but a unit can stand: after the colon of an
equation and in a quantity such as "0.1 s"; elsewhere they are the names of variables.
"""

from __future__ import annotations

import math

from rheobase.units.dimension import DIMENSIONLESS, Dimension
from rheobase.units.quantity import Quantity, Unit

_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "": 0,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip

# name: (decades above the SI unit, exponents of metre, kilogram, second, ampere, kelvin, mole, candela)
_LONG: dict[str, tuple[int, tuple[int, ...]]] = {
    "metre": (0, (1, 0, 0, 0, 0, 0, 0)),
    "meter": (0, (1, 0, 0, 0, 0, 0, 0)),
    "gram": (-3, (0, 1, 0, 0, 0, 0, 0)),
    "gramme": (-3, (0, 1, 0, 0, 0, 0, 0)),
    "second": (0, (0, 0, 1, 0, 0, 0, 0)),
    "amp": (0, (0, 0, 0, 1, 0, 0, 0)),
    "ampere": (0, (0, 0, 0, 1, 0, 0, 0)),
    "kelvin": (0, (0, 0, 0, 0, 1, 0, 0)),
    "mole": (0, (0, 0, 0, 0, 0, 1, 0)),
    "mol": (0, (0, 0, 0, 0, 0, 1, 0)),
    "candela": (0, (0, 0, 0, 0, 0, 0, 1)),
    "hertz": (0, (0, 0, -1, 0, 0, 0, 0)),
    "newton": (0, (1, 1, -2, 0, 0, 0, 0)),
    "pascal": (0, (-1, 1, -2, 0, 0, 0, 0)),
    "joule": (0, (2, 1, -2, 0, 0, 0, 0)),
    "watt": (0, (2, 1, -3, 0, 0, 0, 0)),
    "coulomb": (0, (0, 0, 1, 1, 0, 0, 0)),
    "volt": (0, (2, 1, -3, -1, 0, 0, 0)),
    "farad": (0, (-2, -1, 4, 2, 0, 0, 0)),
    "ohm": (0, (2, 1, -3, -2, 0, 0, 0)),
    "siemens": (0, (-2, -1, 3, 2, 0, 0, 0)),
    "weber": (0, (2, 1, -2, -1, 0, 0, 0)),
    "tesla": (0, (0, 1, -2, -1, 0, 0, 0)),
    "henry": (0, (2, 1, -2, -2, 0, 0, 0)),
    "katal": (0, (0, 0, -1, 0, 0, 1, 0)),
    "liter": (-3, (3, 0, 0, 0, 0, 0, 0)),
    "litre": (-3, (3, 0, 0, 0, 0, 0, 0)),
    "molar": (3, (-3, 0, 0, 0, 0, 1, 0)),
}

# short name: (long name, prefixes in use)
_SHORT = {
    "V": ("volt", "M k m u n p"),
    "A": ("amp", "k m u n p f"),
    "F": ("farad", "m u n p f"),
    "S": ("siemens", "k m u n p f"),
    "s": ("second", "m u n p"),
    "m": ("metre", "k d c m u n"),
    "M": ("molar", "m u n p"),
    "C": ("coulomb", "m u n p f"),
}
_SYMBOLS = {"V": "volt", "A": "amp", "F": "farad", "S": "siemens", "s": "second", "m": "metre", "M": "molar",
            "C": "coulomb", "K": "kelvin", "J": "joule", "W": "watt", "N": "newton", "Ohm": "ohm"}  # fmt: skip


def _scaled(name: str, decades: int, dimension: Dimension) -> Unit:
    # Through decimal text, so that nS and mV are exactly 1.
    return Unit(name, dimension, float(f"1e{decades + int(dimension.decades)}"))


def _table() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for name, (decades, powers) in _LONG.items():
        dimension = Dimension.from_si(powers)
        for prefix, power in _PREFIXES.items():
            table[prefix + name] = _scaled(prefix + name, decades + power, dimension)
    for symbol, (name, prefixes) in _SHORT.items():
        decades, powers = _LONG[name]
        for prefix in prefixes.split():
            unit = prefix + symbol
            table[unit] = _scaled(unit, decades + _PREFIXES[prefix], Dimension.from_si(powers))
    for prefix in ("", "m", "k", "M", "G"):
        table[f"{prefix}Hz"] = _scaled(f"{prefix}Hz", _PREFIXES[prefix], Dimension.of(time=-1))
    for prefix in ("", *_PREFIXES):
        for length in ("metre", "meter", "m"):
            for power in (2, 3):
                base = table.get(prefix + length)
                if base is not None:
                    name = f"{prefix}{length}{power}"
                    table[name] = Unit(name, base.dimension**power, base.scale**power)
    table["radian"] = Unit("radian", DIMENSIONLESS, 1.0)
    return table


UNITS: dict[str, Unit] = _table()
"""Every unit that an expression may name."""

SYMBOLS: dict[str, Unit] = {symbol: UNITS[name] for symbol, name in _SYMBOLS.items()}
"""One-letter symbols, read only where a unit must stand."""


def _constant(value: float, unit: Unit) -> Quantity:
    return Quantity(value * unit.scale, unit.dimension, unit)


def _constants() -> dict[str, Quantity]:
    """Numbers and the physical constants that Brian2 offers; values: CODATA 2018 (exact where the SI fixes them)."""
    unit = UNITS
    number = Unit("1", DIMENSIONLESS, 1.0)
    return {
        "e": _constant(math.e, number),
        "pi": _constant(math.pi, number),
        "inf": _constant(math.inf, number),
        "avogadro_constant": _constant(6.02214076e23, unit["mole"] ** -1),
        "boltzmann_constant": _constant(1.380649e-23, unit["joule"] / unit["kelvin"]),
        "electric_constant": _constant(8.8541878128e-12, unit["farad"] / unit["metre"]),
        "electron_mass": _constant(9.1093837015e-31, unit["kgram"]),
        "elementary_charge": _constant(1.602176634e-19, unit["coulomb"]),
        "faraday_constant": _constant(96485.33212331, unit["coulomb"] / unit["mole"]),
        "gas_constant": _constant(8.31446261815324, unit["joule"] / (unit["mole"] * unit["kelvin"])),
        "magnetic_constant": _constant(1.25663706212e-6, unit["newton"] / unit["amp"] ** 2),
        "molar_mass_constant": _constant(0.99999999965e-3, unit["kgram"] / unit["mole"]),
        "zero_celsius": _constant(273.15, unit["kelvin"]),
    }


CONSTANTS: dict[str, Quantity] = _constants()
"""Named numbers and physical constants that an expression may use."""
