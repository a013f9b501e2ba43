"""Quantities at the door: their arithmetic, their text, and those of pint and Brian2."""

import math
from types import SimpleNamespace

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase import units
from rheobase.units import (
    CONSTANTS,
    UNITS,
    VOLTAGE,
    Dimension,
    Mohm,
    Quantity,
    UnitError,
    cm,
    internal,
    kHz,
    mM,
    ms,
    mV,
    nA,
    nS,
    pA,
    parse_quantity,
    parse_unit,
    pF,
    second,
    siemens,
    uA,
    uF,
    um,
    volt,
)

CONDUCTANCE = Dimension.of(current=1, voltage=-1)


@pytest.mark.parametrize("unit", [mV, ms, pA, nS, pF, kHz, um, mM, UNITS["Gohm"], UNITS["kelvin"]])
def test_internal_units_have_scale_one(unit):
    assert unit.scale == 1.0


def test_internal_units_are_coherent():
    assert nS.dimension * mV.dimension == pA.dimension
    assert pF.dimension * mV.dimension / ms.dimension == pA.dimension
    assert (2 * nA * (10 * Mohm)).to(mV) == pytest.approx(20.0, rel=1e-15)


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [
        (20 * mV, "20 mV"),
        (3 * uA / cm**2, "3 uA/cm**2"),
        (5e-5 * siemens * cm**-2, "5e-05 siemens*cm**-2"),
        (1 / ms, "1 1/ms"),
        (2 * nA * (10 * Mohm), "20 mV"),
        ([1, 2] * mV, "[1. 2.] mV"),
        (np.arange(3) * mV, "[0. 1. 2.] mV"),
        (-20 * mV / (10 * ms), "-2 mV/ms"),
        (math.inf * ms, "inf ms"),
        (2 * second, "2 second"),
    ],
)
def test_quantities_show_the_units_they_were_written_in(quantity, shown):
    assert repr(quantity) == shown


def test_a_ratio_of_like_quantities_is_a_number():
    assert 20 * mV / (10 * mV) == 2.0
    assert mV / volt == pytest.approx(1e-3)
    assert float(np.float64(3.0) * ms / ms) == 3.0


def test_quantities_compare_by_value_not_by_unit():
    assert 1 * volt == 1000 * mV
    assert 0.5 * second > 400 * ms
    assert sorted([3 * mV, 1 * mV, 2e-3 * volt]) == [1 * mV, 2 * mV, 3 * mV]
    assert hash(1 * volt) == hash(1000 * mV)


@pytest.mark.parametrize(
    ("doing", "message"),
    [
        (lambda: 1 * mV + 1 * pA, "cannot add a voltage (mV) and a current (pA)"),
        (lambda: 1 * mV - 3, "cannot subtract a voltage (mV) and 3, which has no unit"),
        (lambda: 1 * mV < 1 * ms, "cannot compare a voltage (mV) and a time (ms)"),
        (lambda: (1 * mV).to(pA), "a voltage (mV) cannot be given in pA, a current (pA)"),
        (lambda: float(1 * mV), "1 mV is not a plain number; write quantity.to(mV)"),
        (lambda: np.array(1 * mV), "1 mV has a unit, an array has none; write quantity.to(mV)"),
        (lambda: internal(200, pF.dimension, "C"),
         "C has to be a capacitance (pF), but the plain number 200 was given; write for example 200*pF"),
        (lambda: internal(3 * mV, pA.dimension, "I"), "I has to be a current (pA), but a voltage (mV) was given: 3 mV"),
        (lambda: internal(object, VOLTAGE, "v"), "v has to be a voltage (mV), but <class 'object'> was given"),
        (lambda: parse_unit("furlong"), "'furlong' is not a unit"),
        (lambda: parse_unit("mv"), "'mv' is not a unit; did you mean 'mV'?"),
        (lambda: parse_unit("nS/um^2"), "a power is written with '**', not '^'"),
        (lambda: parse_unit("(mV"), "the unit is not complete"),
        (lambda: parse_unit(""), "a unit is missing"),
        (lambda: parse_unit("mV**99"), "'99' cannot be the power of a unit"),
        (lambda: parse_unit("m" * 201), "a unit of 201 characters is too long to be one"),
        (lambda: parse_quantity("abc"),
         "cannot read 'abc' as a quantity; write a number and a unit, for example \"20 mV\""),
        (lambda: parse_quantity("20 foo_bar"), "cannot read '20 foo_bar' as a quantity: 'foo_bar' is not a unit"),
    ],
)  # fmt: skip
def test_mistakes_are_named(doing, message):
    with pytest.raises(UnitError) as error:
        doing()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "value"),
    [("20 mV", 20.0), ("20*mV", 20.0), ("0.1 s", 100.0), ("-65 mV", -65.0), ("1e-3", 1e-3), (3, 3.0), ("10/ms", 10.0),
     ("10 uA/cm**2", 0.1), ("2 nS*mV", 2.0), ("1 V", 1000.0), ("inf", math.inf), ("5 Hz", 0.005)],
)  # fmt: skip
def test_quantities_are_read_from_text(text, value):
    read = parse_quantity(text)
    assert (read.value if isinstance(read, Quantity) else read) == pytest.approx(value, rel=1e-15)


@given(st.floats(-1e6, 1e6), st.sampled_from(sorted(UNITS)))
def test_text_and_back(number, name):
    unit = UNITS[name]
    quantity = number * unit
    if not 1e-200 < abs(quantity.value) < 1e200 or unit.dimension.is_dimensionless:
        return
    read = parse_quantity(f"{number!r} {name}")
    assert read.dimension == unit.dimension
    assert read.to(unit) == pytest.approx(number, rel=1e-14)


def test_zero_and_infinity_fit_every_dimension():
    assert internal(0, VOLTAGE, "v") == 0.0
    assert internal(math.inf, VOLTAGE, "v") == math.inf


def test_lists_of_quantities_become_arrays():
    assert np.array_equal(internal([1 * mV, 1 * volt], VOLTAGE, "v"), [1.0, 1000.0])


def test_pint_quantities_are_understood():
    registry = pint.UnitRegistry()
    assert internal(-65 * registry.mV, VOLTAGE, "v") == pytest.approx(-65.0)
    assert internal([1, 2] * registry.nS, CONDUCTANCE, "g") == pytest.approx([1.0, 2.0])
    assert internal(3 * registry.uF / registry.cm**2, (uF / cm**2).dimension, "c") == pytest.approx(0.03)
    assert internal(registry.Quantity(36, "degC"), Dimension.of(temperature=1), "T") == pytest.approx(309.15)
    assert internal(2 * registry.mV / registry.volt, Dimension(), "x") == pytest.approx(2e-3)
    with pytest.raises(UnitError, match=r"v has to be a voltage \(mV\), but a current \(pA\) was given"):
        internal(3 * registry.pA, VOLTAGE, "v")


def test_pint_in_another_system_of_units_is_the_same():
    registry = pint.UnitRegistry(system="cgs")
    assert internal(-65 * registry.mV, VOLTAGE, "v") == pytest.approx(-65.0)


class BrianLike(np.ndarray):
    """What Brian2's quantities are: SI numbers in an array that knows its seven exponents."""

    def __new__(cls, value, dims):
        made = np.asarray(value, dtype=float).view(cls)
        made.dim = SimpleNamespace(_dims=tuple(dims), get_dimension=lambda name: 0)
        return made


def test_brian2_quantities_are_understood():
    volt_dims, siemens_dims = (2, 1, -3, -1, 0, 0, 0), (-2, -1, 3, 2, 0, 0, 0)
    assert internal(BrianLike(-0.065, volt_dims), VOLTAGE, "v") == pytest.approx(-65.0)
    assert internal(BrianLike([1e-9, 2e-9], siemens_dims), CONDUCTANCE, "g") == pytest.approx([1.0, 2.0])
    with pytest.raises(UnitError, match=r"g has to be a conductance \(nS\), but a voltage \(mV\) was given"):
        internal(BrianLike(1.0, volt_dims), CONDUCTANCE, "g")


def test_constants_give_the_thermal_voltage():
    # RT/F at 20 degrees Celsius: 25.26 mV, the slope of every Nernst potential.
    ratio = (
        CONSTANTS["gas_constant"] * (CONSTANTS["zero_celsius"] + 20 * UNITS["kelvin"]) / CONSTANTS["faraday_constant"]
    )
    assert ratio.to(mV) == pytest.approx(25.2617, rel=1e-5)


def test_every_si_name_can_be_imported():
    assert (units.nsiemens.scale, units.mvolt.scale) == (1.0, 1.0)
    with pytest.raises(AttributeError, match=r"rheobase\.units has no unit 'furlong'"):
        _ = units.furlong
