"""Dimensions: what kind of thing a quantity is.

The seven bases are those in which the package's internal units are coherent: time (ms), voltage (mV), current (pA),
length (um), temperature (kelvin), substance (such that 1 mM is 1) and luminosity (cd). Mass follows from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Exponent = int | Fraction

BASES = ("time", "voltage", "current", "length", "temperature", "substance", "luminosity")
_INTERNAL_NAMES = ("ms", "mV", "pA", "um", "kelvin", "amol", "cd")
# Decimal exponent of an SI unit of each base in internal units: 1 second is 10**3 ms, 1 amp is 10**12 pA ...
_DECADES = (3, 3, 12, 6, 0, 18, 0)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A product of powers of the seven bases; ``exponents`` follow the order of `BASES`."""

    exponents: tuple[Exponent, ...] = (0, 0, 0, 0, 0, 0, 0)

    @classmethod
    def of(cls, **powers: Exponent) -> Dimension:
        """``Dimension.of(current=1, length=-2)``."""
        return cls(tuple(powers.get(base, 0) for base in BASES))

    @classmethod
    def from_si(cls, powers: Sequence[float]) -> Dimension:
        """From exponents of metre, kilogram, second, ampere, kelvin, mole, candela.

        A volt is kg m**2 s**-3 A**-1, so a kilogram is V A s**3 m**-2.
        """
        metre, kilogram, second, ampere, kelvin, mole, candela = (exact(power) for power in powers)
        return cls(
            tuple(
                map(
                    exact,
                    (
                        second + 3 * kilogram,
                        kilogram,
                        ampere + kilogram,
                        metre - 2 * kilogram,
                        kelvin,
                        mole,
                        candela,
                    ),
                )
            )
        )

    @property
    def is_dimensionless(self) -> bool:
        return not any(self.exponents)

    @property
    def decades(self) -> Exponent:
        """The power of ten by which an SI unit of this dimension exceeds the internal one."""
        return exact(sum(power * decade for power, decade in zip(self.exponents, _DECADES, strict=True)))

    @property
    def internal_name(self) -> str:
        """The internal unit, written out: ``mV*ms**-1``."""
        parts = [
            name if power == 1 else f"{name}**{power}" if isinstance(power, int) else f"{name}**({power})"
            for name, power in zip(_INTERNAL_NAMES, self.exponents, strict=True)
            if power
        ]
        return "*".join(parts) or "1"

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(exact(a + b) for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(exact(a - b) for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __pow__(self, power: float | Fraction) -> Dimension:
        factor = exact(power)
        return Dimension(tuple(exact(a * factor) for a in self.exponents))


def exact(power: float | Fraction) -> Exponent:
    """A power as an integer or a small fraction: 0.5 becomes 1/2, 2.0 becomes 2."""
    if isinstance(power, int):
        return power
    fraction = Fraction(power).limit_denominator(1000)
    return fraction.numerator if fraction.denominator == 1 else fraction


DIMENSIONLESS = Dimension()
TIME = Dimension.of(time=1)
VOLTAGE = Dimension.of(voltage=1)
CURRENT = Dimension.of(current=1)
RATE = Dimension.of(time=-1)
LENGTH = Dimension.of(length=1)

# What each dimension is called, and the unit that people use for it.
_WORDS: dict[Dimension, tuple[str, str]] = {
    DIMENSIONLESS: ("a plain number", ""),
    TIME: ("a time", "ms"),
    VOLTAGE: ("a voltage", "mV"),
    CURRENT: ("a current", "pA"),
    RATE: ("a rate", "Hz"),
    LENGTH: ("a length", "um"),
    Dimension.of(current=1, voltage=-1): ("a conductance", "nS"),
    Dimension.of(current=-1, voltage=1): ("a resistance", "Mohm"),
    Dimension.of(current=1, voltage=-1, time=1): ("a capacitance", "pF"),
    Dimension.of(current=1, time=1): ("a charge", "pA*ms"),
    Dimension.of(voltage=1, time=-1): ("a voltage per time", "mV/ms"),
    Dimension.of(current=1, time=-1): ("a current per time", "pA/ms"),
    Dimension.of(current=1, voltage=-1, time=-1): ("a conductance per time", "nS/ms"),
    Dimension.of(time=-2): ("a rate per time", "Hz/ms"),
    Dimension.of(voltage=1, time=Fraction(-1, 2)): ("a voltage per square root of time", "mV/ms**0.5"),
    Dimension.of(time=Fraction(-1, 2)): ("one per square root of time", "ms**-0.5"),
    Dimension.of(length=2): ("an area", "um**2"),
    Dimension.of(length=3): ("a volume", "um**3"),
    Dimension.of(current=1, length=-2): ("a current per area", "uA/cm**2"),
    Dimension.of(current=1, voltage=-1, length=-2): ("a conductance per area", "mS/cm**2"),
    Dimension.of(current=1, voltage=-1, time=1, length=-2): ("a capacitance per area", "uF/cm**2"),
    Dimension.of(temperature=1): ("a temperature", "kelvin"),
    Dimension.of(substance=1): ("an amount of substance", "mol"),
    Dimension.of(substance=1, length=-3): ("a concentration", "mM"),
    Dimension.of(voltage=-1): ("one per voltage", "1/mV"),
    Dimension.of(voltage=-1, time=-1): ("a rate per voltage", "1/(mV*ms)"),
    Dimension.of(voltage=2): ("a squared voltage", "mV**2"),
}


def usual_unit(dimension: Dimension) -> str | None:
    """The name of the unit in which people give this dimension; None if there is no usual one."""
    return _WORDS[dimension][1] if dimension in _WORDS else None


def describe(dimension: Dimension) -> str:
    """The dimension in words: ``a voltage (mV)``, ``a plain number``, ``a quantity in mV*pA``."""
    if dimension not in _WORDS:
        return f"a quantity in {dimension.internal_name}"
    words, unit = _WORDS[dimension]
    return f"{words} ({unit})" if unit else words
