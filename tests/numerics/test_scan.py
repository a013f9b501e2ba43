"""Roots of one variable and of many: all of them, simple and double."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.numerics.bracket import minimum, root
from rheobase.numerics.deflation import solutions
from rheobase.numerics.scan import roots
from rheobase.numerics.sequence import even_points


def scanned(f, df, low=-3.01, high=3.0, points=60):
    return roots(lambda x, which: (f(x), df(x)), np.linspace(low, high, points))


@given(
    st.lists(st.floats(-2.9, 2.9), min_size=1, max_size=6, unique_by=lambda x: round(x, 2)),
    st.floats(0.1, 10.0),
)
@settings(deadline=None, max_examples=60)
def test_all_roots_of_a_polynomial(places, factor):
    polynomial = factor * np.polynomial.Polynomial.fromroots(places)
    found = scanned(polynomial, polynomial.deriv())
    separation = min(np.diff(sorted(places)), default=1.0)
    if separation > 1e-3:
        assert found.x == pytest.approx(sorted(places), abs=1e-8)
        assert not found.double.any()


def test_double_roots_are_found_and_named():
    found = scanned(lambda x: (x - 0.3) ** 2 * (x + 0.7), lambda x: 2 * (x - 0.3) * (x + 0.7) + (x - 0.3) ** 2)
    assert found.x == pytest.approx([-0.7, 0.3], abs=1e-8)
    assert found.double.tolist() == [False, True]


@given(st.floats(0.5, 2.9), st.sampled_from([-1.0, 1.0]))
@settings(deadline=None, max_examples=200)
def test_a_double_root_is_found_where_rounding_hides_it(place, sign):
    """Expanded, (x - a)**2 is rounding errors of either sign near a: none of its values need be zero there."""
    found = scanned(lambda x: sign * ((x * x - 2 * place * x) + place * place), lambda x: sign * (2 * x - 2 * place))
    assert found.x == pytest.approx([place], abs=1e-7) and found.double.all()


@pytest.mark.parametrize("gap, count", [(-1e-10, 2), (1e-10, 0)])
def test_nearly_double_roots(gap, count):
    found = scanned(lambda x: x * x + gap, lambda x: 2 * x)
    assert len(found.x) == count and not found.double.any()


def test_a_step_much_narrower_than_the_grid_is_found():
    def step(x):
        return np.tanh((x - 0.123456) * 1e3)

    found = scanned(lambda x: step(x) + 0.9, lambda x: 1e3 * (1.0 - step(x) ** 2))
    assert found.x == pytest.approx([0.123456 - math.atanh(0.9) / 1e3], abs=1e-10)


def test_slopes_that_overflow_do_not_matter():
    """1/(1 + exp(-x/k)) is finite where its slope, written as a fraction, is infinity over infinity."""

    def slope(x):
        with np.errstate(all="ignore"):
            e = np.exp(-x / 1e-3)
            return 1e3 * e / (1 + e) ** 2

    with np.errstate(over="ignore"):
        found = scanned(lambda x: 1 / (1 + np.exp(-x / 1e-3)) - 0.25, slope, -100.1, 100.0, 200)
    assert found.x == pytest.approx([-1e-3 * math.log(3.0)], abs=1e-11)


def test_several_functions_at_once():
    levels = np.array([-2.0, 0.5, 1.0])
    found = roots(lambda x, which: (np.sin(x) - levels[which], np.cos(x)), np.linspace(0.0, 6.0, 30), 3)
    assert np.bincount(found.which, minlength=3).tolist() == [0, 2, 1]
    assert found.x[found.which == 1] == pytest.approx([math.pi / 6, 5 * math.pi / 6], abs=1e-9)
    assert found.double[found.which == 2].all()


@given(st.floats(0.05, 0.95), st.floats(-8.0, 8.0))
@settings(deadline=None, max_examples=40)
def test_bracketed_root(place, steepness):
    def f(x):
        return math.expm1(steepness * (x - place)) + (x - place)

    if f(0.0) * f(1.0) < 0.0:
        assert root(f, 0.0, 1.0, f(0.0), f(1.0)) == pytest.approx(place, abs=1e-12)


def test_bracketed_minimum_and_its_early_end():
    x, value = minimum(lambda x: math.cosh(x - 0.777) + 0.1 * x, -2.0, 3.0)
    assert x == pytest.approx(0.777 + math.asinh(-0.1), abs=1e-7) and value > 1.0
    calls = []
    minimum(lambda x: calls.append(x) or x * x - 1.0, -2.0, 3.0)
    assert len(calls) < 5, "the search ends with the first value below zero"


def test_deflation_finds_all_crossings_of_two_conics():
    """x**2 + y**2 = 4 and x y = 1: four points."""

    def f(x):
        return np.array([x[0] ** 2 + x[1] ** 2 - 4.0, x[0] * x[1] - 1.0])

    def slopes(x):
        return np.array([[2 * x[0], 2 * x[1]], [x[1], x[0]]])

    found = sorted(map(tuple, solutions(f, slopes, np.array([-50.0, -50.0]), np.array([50.0, 50.0]), starts=40)))
    a, b = math.sqrt(2 + math.sqrt(3)), math.sqrt(2 - math.sqrt(3))
    assert np.array(found) == pytest.approx(np.array(sorted([(a, b), (b, a), (-a, -b), (-b, -a)])), abs=1e-9)


def test_even_points_fill_the_cube():
    points = even_points(3, 512)
    assert points.min() >= 0.0 and points.max() < 1.0
    counts, _ = np.histogramdd(points.T, bins=(4, 4, 4), range=[(0, 1)] * 3)
    assert counts.min() >= 4 and counts.max() <= 12  # 8 on average
