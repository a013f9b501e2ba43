"""Rate functions where they are 0/0: finite in value and in three derivatives, in double and in single precision."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.model.derivative import differentiate
from rheobase.model.equations import Equations
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Call, calls
from rheobase.model.singular import remove_singularities

# text, the place of the singularity, the same function of mpmath's numbers
RATES = [
    ("0.1*(v + 40)/(1 - exp(-(v + 40)/10))", -40, lambda v: 0.1 * (v + 40) / (1 - mpmath.exp(-(v + 40) / 10))),
    ("0.01*(v + 55)/(1 - exp(-(v + 55)/10))", -55, lambda v: 0.01 * (v + 55) / (1 - mpmath.exp(-(v + 55) / 10))),
    ("-0.1*(v + 35)/(exp(-0.1*(v + 35)) - 1)", -35, lambda v: -0.1 * (v + 35) / (mpmath.exp(-0.1 * (v + 35)) - 1)),
    ("(2.5 - 0.1*v)/(exp(2.5 - 0.1*v) - 1)", 25, lambda v: (2.5 - 0.1 * v) / (mpmath.exp(2.5 - 0.1 * v) - 1)),
    ("0.32*(13 - v)/(exp((13 - v)/4) - 1)", 13, lambda v: 0.32 * (13 - v) / (mpmath.exp((13 - v) / 4) - 1)),
    ("v/(exp(v) - 1)", 0, lambda v: v / mpmath.expm1(v)),
    ("v/expm1(v)", 0, lambda v: v / mpmath.expm1(v)),
    ("(1 - exp(-v))/v", 0, lambda v: -mpmath.expm1(-v) / v),
    ("v*(3 - 4*exp(-v/5))/(1 - exp(-v/5))", 0, lambda v: v * (3 - 4 * mpmath.exp(-v / 5)) / -mpmath.expm1(-v / 5)),
    ("v/(2 - 2*exp(v/3))", 0, lambda v: v / (2 - 2 * mpmath.exp(v / 3))),
    ("v/sinh(v)", 0, lambda v: v / mpmath.sinh(v)),
    ("v/tanh(v/3)", 0, lambda v: v / mpmath.tanh(v / 3)),
    ("tanh(v)/v", 0, lambda v: mpmath.tanh(v) / v),
    ("(v - h)/k/(1 - exp(-(v - h)/k))", 2, lambda v: (v - 2) / 5 / (1 - mpmath.exp(-(v - 2) / 5))),
    ("(v - h)/(1 - exp((h - v)*k))", 2, lambda v: (v - 2) / (1 - mpmath.exp((2 - v) * 5))),
    ("0.5*(2*v + 4)/(1 - exp(-2 - v))", -2, lambda v: (v + 2) / (1 - mpmath.exp(-2 - v))),
]
CONSTANTS = {"h": 2.0, "k": 5.0}


def tree_of(text):
    return Equations.parse(f"dv/dt = 0*y/ms : 1 \n y = {text} : 1 \n h : 1 \n k : 1")["y"].expression


def by_cauchy(exact, place, order, radius=0.25, points=64):
    """A derivative of an analytic function from its values on a circle, where nothing is 0/0."""
    with mpmath.workdps(40):
        circle = [mpmath.expjpi(mpmath.mpf(2 * j) / points) for j in range(points)]
        mean = sum(exact(place + radius * z) / z**order for z in circle) / points
        return float((mean * mpmath.factorial(order) / mpmath.mpf(radius) ** order).real)


@pytest.mark.parametrize(("text", "place", "exact"), RATES, ids=[row[0] for row in RATES])
def test_value_and_three_derivatives_at_the_singularity(text, place, exact):
    expected = [by_cauchy(exact, place, order) for order in range(4)]
    slope = tree_of(text)
    for order, value in enumerate(expected):
        double = evaluate(slope, {"v": float(place), **CONSTANTS})
        single = evaluate(slope, {"v": np.float32(place), "h": np.float32(2), "k": np.float32(5)})
        scale = max(map(abs, expected))
        assert float(double) == pytest.approx(value, rel=1e-10, abs=1e-13 * scale), order
        # a third derivative is a difference of about ten terms, each rounded a few times
        assert float(single) == pytest.approx(value, rel=2e-6, abs=40 * 2.0**-23 * scale), order
        slope = differentiate(slope, "v")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(RATES), st.floats(-60, 60), st.integers(-12, 0))
def test_the_function_is_the_same_elsewhere(rate, distance, decades):
    text, place, exact = rate
    v = place + distance * 10.0**decades
    if abs(v - place) < 1e-20:  # there the fraction itself is 0/0 in 50 digits
        return
    with mpmath.workdps(50):
        expected = float(exact(mpmath.mpf(v)))
    assert float(evaluate(tree_of(text), {"v": v, **CONSTANTS})) == pytest.approx(expected, rel=1e-11)


def test_a_smooth_tree_stays_as_it_is():
    for text in ("(v - 3)/(2 - exp(v))", "v/(1 - exp(-(v - h)/k))", "k/(1 - exp(-v*k))", "exp(v)/(1 + exp(v))"):
        tree = tree_of(text)
        assert "exprel" not in calls(tree)
        assert remove_singularities(tree) is tree or remove_singularities(tree) == tree


def test_the_rewritten_rate_is_short():
    # 0.1 (v + 40) / (1 - exp(-(v + 40)/10)) is 1/exprel(-(v + 40)/10)
    tree = tree_of("0.1*(v + 40)/(1 - exp(-(v + 40)/10))")
    assert isinstance(tree, Binary)
    assert isinstance(tree.right, Call)
    assert tree.right.function == "exprel"


def test_units_do_not_hide_the_singularity():
    text = "dv/dt = 0*mV*a : volt \n a = 0.1*(v + 40*mV)/mV/(1 - exp(-(v + 40*mV)/(10*mV)))/ms : Hz"
    tree = Equations.parse(text)["a"].expression
    assert evaluate(tree, {"v": -40.0}) == pytest.approx(1.0, rel=1e-15)
