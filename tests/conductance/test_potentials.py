"""Nernst, Goldman, Hodgkin and Katz, and Q10 against textbook numbers and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase import mV
from rheobase.conductance import celsius, ghk_current, ghk_potential, nernst, q10, thermal_voltage
from rheobase.errors import ModelError
from rheobase.units import cm, kelvin, second, um

R, F = 8.31446261815324, 96485.33212331


# Hille (2001), Ion Channels of Excitable Membranes, table 1.3: free concentrations (mM) and potentials (mV) of
# mammalian skeletal muscle at 37 C; table 1.2: RT/F; Kandel et al., Principles of Neural Science: squid axon at 20 C.
@pytest.mark.parametrize(
    "z, inside, outside, degrees, expected, digits",
    [
        (1, 12, 145, 37, 67, 0.6),
        (1, 155, 4, 37, -98, 0.6),
        (2, 1e-4, 1.5, 37, 129, 0.6),
        (-1, 4.2, 123, 37, -90, 0.6),
        (1, 400, 20, 20, -75, 0.8),
        (1, 50, 440, 20, 55, 0.6),
        (-1, 52, 560, 20, -60, 0.6),
    ],
)
def test_textbook_potentials(z, inside, outside, degrees, expected, digits):
    found = nernst(z, f"{inside} mM", f"{outside} mM", celsius(degrees)).to(mV)
    assert found == pytest.approx(expected, abs=digits)
    assert found == pytest.approx(1e3 * R * (273.15 + degrees) / (z * F) * math.log(outside / inside), rel=1e-13)


def test_thermal_voltage():
    assert thermal_voltage("20 celsius").to(mV) == pytest.approx(25.26, abs=5e-3)  # Hille, table 1.2
    assert thermal_voltage(310.15 * kelvin).to(mV) == pytest.approx(26.73, abs=5e-3)


def test_squid_at_rest_and_at_the_peak():
    # Hodgkin & Katz (1949): P_K : P_Na : P_Cl = 1 : 0.04 : 0.45 at rest, 1 : 20 : 0.45 at the peak
    inside, outside = {"K": 400, "Na": 50, "Cl": 52}, {"K": 20, "Na": 440, "Cl": 560}
    rest = ghk_potential({"K": 1, "Na": 0.04, "Cl": 0.45}, inside, outside, "20 celsius").to(mV)
    peak = ghk_potential({"K": 1, "Na": 20, "Cl": 0.45}, inside, outside, "20 celsius").to(mV)
    assert rest == pytest.approx(
        25.26 * math.log((20 + 0.04 * 440 + 0.45 * 52) / (400 + 0.04 * 50 + 0.45 * 560)), abs=0.02
    )
    assert -65 < rest < -55 and 35 < peak < 50


def test_one_ion_is_nernst():
    for ion, z, inside, outside in (("K", 1, 140, 5), ("Cl", -1, 10, 110), ("Ca", 2, 1e-4, 2)):
        alone = ghk_potential({ion: 0.3}, {ion: inside}, {ion: outside}, "37 celsius").to(mV)
        assert alone == pytest.approx(nernst(z, inside, outside, "37 celsius").to(mV), rel=1e-11)


def test_a_trace_of_a_divalent_ion_does_not_jump():
    inside, outside = {"K": 140, "Na": 12, "Ca": 1e-4}, {"K": 4, "Na": 145, "Ca": 2.0}
    without = ghk_potential({"K": 1, "Na": 0.05}, inside, outside).to(mV)
    assert ghk_potential({"K": 1, "Na": 0.05, "Ca": 1e-12}, inside, outside).to(mV) == pytest.approx(without, abs=1e-8)
    assert ghk_potential({"K": 1, "Na": 0.05, "Ca": 0.5}, inside, outside).to(mV) > without + 1


@given(st.sampled_from([1, -1, 2]), st.floats(1e-4, 500), st.floats(1e-4, 500), st.floats(0, 45))
def test_current_vanishes_at_nernst_and_has_its_sign(z, inside, outside, degrees):
    at = nernst(z, inside, outside, celsius(degrees)).to(mV)
    around = np.array([at - 1.0, at, at + 1.0]) * mV
    current = ghk_current("1e-6 cm/second", z, f"{inside} mM", f"{outside} mM", around, celsius(degrees)).to("uA/cm**2")
    assert current[0] < 0 < current[2]
    assert abs(current[1]) <= 1e-9 * max(-current[0], current[2])


def test_current_against_the_textbook_form_and_its_limits():
    unit = 1e3 * R * 310.15 / F
    for v in (-70.0, -5.0, 30.0):
        u = 2 * v / unit
        # P z F u (c_in - c_out exp(-u))/(1 - exp(-u)), SI: 1e-8 m/s, mol/m**3 -> A/m**2 = 1e2 uA/cm**2
        expected = 1e-8 * 2 * F * u * (1e-4 - 2 * math.exp(-u)) / (1 - math.exp(-u)) * 1e2
        found = ghk_current(1e-6 * cm / second, 2, "100 nM", "2 mM", v * mV, "37 celsius").to("uA/cm**2")
        assert found == pytest.approx(expected, rel=1e-12)
    flat = ghk_current("1e-6 cm/second", 2, "100 nM", "2 mM", 0 * mV).to("uA/cm**2")
    assert flat == pytest.approx(1e-8 * 2 * F * (1e-4 - 2) * 1e2, rel=1e-12)
    whole = ghk_current(1e-6 * cm / second * (100 * um**2), 2, "100 nM", "2 mM", 0 * mV)
    assert whole.to("pA") == pytest.approx(flat * 100 * 1e-8 * 1e6, rel=1e-12)


def test_equal_concentrations_are_ohmic():
    v = np.array([-80.0, 10.0, 40.0])
    current = ghk_current("1e-6 cm/second", 1, "100 mM", "100 mM", v * mV, "37 celsius").to("uA/cm**2")
    np.testing.assert_allclose(current / v, current[0] / v[0], rtol=1e-12)


def test_q10():
    assert q10(3, "36.3 celsius", "6.3 celsius") == pytest.approx(27.0, rel=1e-12)
    assert q10(2.5, celsius(20), "293.15 kelvin") == pytest.approx(1.0, rel=1e-12)
    assert q10(3, "18.5 celsius", "6.3 celsius") == pytest.approx(3.82, abs=5e-3)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nernst(0, 1, 1), "whole number other than 0"),
        (lambda: nernst(1, 0, 5), "concentration inside has to be positive"),
        (lambda: nernst(1, "5 mV", 5), "inside has to be a concentration"),
        (lambda: nernst(1, 5, 5, 37), "no temperature; write celsius"),
        (lambda: ghk_potential({"X": 1}, {"X": 1}, {"X": 1}), "charge number of 'X' is not known"),
        (lambda: ghk_potential({"K": 1}, {}, {"K": 1}), "of 'K' inside is missing"),
        (lambda: ghk_potential({"K": -1}, {"K": 1}, {"K": 1}), "has to be 0 or positive"),
        (lambda: ghk_potential({"K": 1}, {"K": 0}, {"K": 1}), "would be infinite"),
        (lambda: ghk_current("3 mV", 1, "1 mM", "1 mM", 0 * mV), "has to be a velocity"),
        (lambda: q10(0, "20 celsius", "10 celsius"), "positive number"),
    ],
)
def test_mistakes_get_a_sentence(make, message):
    with pytest.raises(ModelError, match=message):
        make()
