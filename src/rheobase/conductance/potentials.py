"""Potentials and currents from concentrations: Nernst, and Goldman, Hodgkin and Katz."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from rheobase.conductance.arguments import CONCENTRATION, PERMEABILITY
from rheobase.conductance.temperature import celsius, read_temperature
from rheobase.errors import ModelError
from rheobase.model.evaluate import exprel
from rheobase.units import CONSTANTS, CURRENT, LENGTH, VOLTAGE, Quantity, express, internal, mV, parse_unit

BODY = celsius(37.0)
GAS, FARADAY = float(CONSTANTS["gas_constant"].value), float(CONSTANTS["faraday_constant"].value)
#: Charge numbers that need not be given.
VALENCE = {
    "K": 1, "Na": 1, "Cl": -1, "Ca": 2, "Mg": 2, "H": 1, "Li": 1, "Rb": 1, "Cs": 1, "NH4": 1, "HCO3": -1, "Br": -1,
}  # fmt: skip


def thermal_voltage(temperature: Any) -> Quantity:
    """``R T/F``: 25.3 mV at 20 degrees Celsius.

    >>> from rheobase.conductance import thermal_voltage
    >>> thermal_voltage("37 celsius")
    26.7267 mV
    """
    return express(GAS * read_temperature(temperature) / FARADAY, mV)


def nernst(valence: int, inside: Any, outside: Any, temperature: Any = BODY) -> Quantity:
    r"""The potential at which an ion is in equilibrium.

    .. math:: E = \frac{R T}{z F}\,\ln\frac{c_{out}}{c_{in}}

    Parameters
    ----------
    valence
        Charge number ``z``: 1 for potassium, -1 for chloride, 2 for calcium.
    inside, outside
        Concentrations, such as ``"140 mM"``; or two plain numbers in the same unit, since only their ratio counts.
    temperature
        Such as ``celsius(37)``, which is the default, or ``"310 kelvin"``.

    References
    ----------
    Nernst (1888), Z. Phys. Chem. 2:613; Hille (2001), Ion Channels of Excitable Membranes, eq. 1.10.

    Examples
    --------
    >>> from rheobase.conductance import nernst
    >>> nernst(1, "140 mM", "5 mM", "37 celsius")
    -89.0587 mV
    """
    z = _charge(valence, "valence")
    ratio = _concentration(outside, "outside") / _concentration(inside, "inside")
    return express(GAS * read_temperature(temperature) / (z * FARADAY) * math.log(ratio), mV)


def ghk_current(
    permeability: Any, valence: int, inside: Any, outside: Any, v: Any, temperature: Any = BODY
) -> Quantity:
    r"""The current of an ion through a membrane of constant field, outward positive.

    .. math:: I = P z F\,u\,\frac{c_{in} - c_{out}\,e^{-u}}{1 - e^{-u}}, \qquad u = \frac{z F v}{R T}

    Parameters
    ----------
    permeability
        A velocity such as ``"1e-6 cm/second"``, which gives a current per area; times an area, a current.
    valence, inside, outside, temperature
        As in `nernst`, but the concentrations need their unit.
    v
        Membrane potential; an array gives an array.

    References
    ----------
    Goldman (1943), J. Gen. Physiol. 27:37; Hodgkin & Katz (1949), J. Physiol. 108:37; Hille (2001), eq. 14.5.
    """
    z = _charge(valence, "valence")
    dimensions = {PERMEABILITY: "uA/cm**2", PERMEABILITY * LENGTH**2: "pA"}
    given = permeability if not isinstance(permeability, str) else _read(permeability)
    dimension = getattr(given, "dimension", None)
    if dimension not in dimensions:
        raise ModelError(
            f"permeability = {permeability!r} has to be a velocity such as 1e-6*cm/second, or one times an area"
        )
    strength = float(internal(given, dimension, "permeability"))
    c_in = float(internal(inside, CONCENTRATION, "inside"))
    c_out = float(internal(outside, CONCENTRATION, "outside"))
    u = z * FARADAY * np.asarray(internal(v, VOLTAGE, "v")) / (GAS * read_temperature(temperature))
    flux = strength * z * FARADAY * (c_in / exprel(-u) - c_out / exprel(u))
    assert (dimension * CONCENTRATION * CONSTANTS["faraday_constant"].dimension) in (CURRENT / LENGTH**2, CURRENT)
    return express(flux if np.ndim(flux) else float(flux), parse_unit(dimensions[dimension]))


def ghk_potential(
    permeabilities: Mapping[str, float],
    inside: Mapping[str, Any],
    outside: Mapping[str, Any],
    temperature: Any = BODY,
    valence: Mapping[str, int] | None = None,
) -> Quantity:
    r"""The resting potential of a membrane that several ions cross: where their currents cancel.

    For ions of charge 1 and -1 it has a closed form (Goldman, Hodgkin and Katz),

    .. math:: E = \frac{R T}{F}\ln\frac{\sum P_+ c_{out} + \sum P_- c_{in}}{\sum P_+ c_{in} + \sum P_- c_{out}};

    with divalent ions the equation of the currents is solved.

    Parameters
    ----------
    permeabilities
        Relative permeability of each ion: ``{"K": 1, "Na": 0.04, "Cl": 0.45}``.
    inside, outside
        Concentrations of the same ions.
    temperature
        Such as ``celsius(37)``, which is the default.
    valence
        Charge numbers; those of the usual ions (`VALENCE`) are known.

    References
    ----------
    Goldman (1943), J. Gen. Physiol. 27:37; Hodgkin & Katz (1949), J. Physiol. 108:37.

    Examples
    --------
    >>> from rheobase.conductance import ghk_potential
    >>> ghk_potential({"K": 1, "Na": 0.04, "Cl": 0.45}, {"K": 400, "Na": 50, "Cl": 52},
    ...               {"K": 20, "Na": 440, "Cl": 560}, "20 celsius")
    -59.9267 mV
    """
    charges = _charges(permeabilities, inside, outside, valence or {})
    weights = {ion: _permeability(value, ion) for ion, value in permeabilities.items()}
    c_in = {ion: _concentration(inside[ion], f"inside: {ion}", True) for ion in weights}
    c_out = {ion: _concentration(outside[ion], f"outside: {ion}", True) for ion in weights}
    unit = GAS * read_temperature(temperature) / FARADAY
    if set(map(abs, charges.values())) == {1}:
        up = sum(w * (c_out[ion] if charges[ion] > 0 else c_in[ion]) for ion, w in weights.items())
        down = sum(w * (c_in[ion] if charges[ion] > 0 else c_out[ion]) for ion, w in weights.items())
        if not (up > 0 and down > 0):
            raise ModelError("no ion can cross on one of the sides: the resting potential would be infinite")
        return express(unit * math.log(up / down), mV)

    def total(v: float) -> float:
        x = v / unit
        return sum(
            w * charges[ion] * (c_in[ion] / exprel(-charges[ion] * x) - c_out[ion] / exprel(charges[ion] * x))
            for ion, w in weights.items()
        )

    from scipy.optimize import brentq

    low, high = -40.0 * unit, 40.0 * unit
    if not total(low) < 0 < total(high):
        raise ModelError("the currents of these ions cancel at no potential between -1 and 1 V")
    return express(float(brentq(total, low, high, xtol=1e-13)), mV)  # type: ignore[arg-type]


def _read(text: str) -> Any:
    from rheobase.units import parse_quantity

    return parse_quantity(text)


def _charge(valence: Any, what: str) -> int:
    if isinstance(valence, bool) or not isinstance(valence, int | np.integer) or valence == 0:
        raise ModelError(
            f"{what} = {valence!r} has to be a whole number other than 0, such as 1 for K, -1 for Cl, 2 for Ca"
        )
    return int(valence)


def _charges(
    permeabilities: Mapping[str, Any], inside: Mapping[str, Any], outside: Mapping[str, Any], given: Mapping[str, int]
) -> dict[str, int]:
    if not permeabilities:
        raise ModelError("permeabilities are needed: {'K': 1, 'Na': 0.04, 'Cl': 0.45}")
    known = {**VALENCE, **given}
    for ion in permeabilities:
        if ion not in known:
            raise ModelError(f"the charge number of {ion!r} is not known; give it: valence={{{ion!r}: 1}}")
        for side, concentrations in (("inside", inside), ("outside", outside)):
            if ion not in concentrations:
                raise ModelError(f"the concentration of {ion!r} {side} is missing")
    return {ion: _charge(known[ion], f"valence of {ion!r}") for ion in permeabilities}


def _permeability(value: Any, ion: str) -> float:
    quantity = (
        value if isinstance(value, int | float) else float(internal(value, PERMEABILITY, f"permeability of {ion!r}"))
    )
    if not (math.isfinite(quantity) and quantity >= 0):
        raise ModelError(f"the permeability of {ion!r} has to be 0 or positive, not {value!r}")
    return float(quantity)


def _concentration(value: Any, what: str, zero: bool = False) -> float:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    number = float(value) if plain else float(internal(value, CONCENTRATION, what))
    if not (math.isfinite(number) and (number > 0 or (zero and number == 0))):
        raise ModelError(f"the concentration {what} has to be positive, not {value!r}")
    return number
