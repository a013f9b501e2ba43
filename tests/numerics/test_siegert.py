"""The Siegert integral against 40-digit values, a closed form in arbitrary precision, and its own identities."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.numerics.siegert import log_siegert, scaled_siegert

# (y_r, y_theta), rate: 40-digit arithmetic
RATES = [
    (0.0, 1.0, 0.2476640124196026),
    (-1.0, 0.0, 0.8716593933498498),
    (1.0, 2.0, 0.01902712981514955),
    (4.0, 6.0, 7.739584815817213e-16),
    (10.0, 11.0, 1.743299095040327e-52),
    (-10.0, 1.0, 0.1365271587854623),
    (20.0, 26.0, 3.828307596319379e-293),
    (-2.0, -1.0, 1.719550934607876),
    (-20.0, -10.0, 1.446572035843418),
    (-1000.0, -10.0, 0.2172643047935001),
    (-1e-3, 1e-3, 282.094697742284),
]
LOG10_BEYOND_DOUBLES = -389.6367290052921  # (27, 30)


def exact(a: float, b: float) -> mpmath.mpf:
    """The integral by its closed form: an imaginary error function and a 2F2."""

    def primitive(y):
        y = mpmath.mpf(y)
        odd = mpmath.sqrt(mpmath.pi) / 2 * mpmath.erfi(y)
        return odd + y * y / mpmath.sqrt(mpmath.pi) * mpmath.hyp2f2(1, 1, mpmath.mpf(3) / 2, 2, y * y)

    with mpmath.workdps(60 + int(max(abs(a), abs(b)) ** 2)):
        return mpmath.sqrt(mpmath.pi) * (primitive(b) - primitive(a))


@pytest.mark.parametrize(("y_r", "y_theta", "rate"), RATES)
def test_published_rates_to_1e12_in_their_logarithm(y_r, y_theta, rate):
    assert abs(-log_siegert(y_r, y_theta) - np.log(rate)) < 1e-12


def test_a_rate_too_small_for_a_double_has_a_logarithm():
    assert -log_siegert(27.0, 30.0) / np.log(10.0) == pytest.approx(LOG10_BEYOND_DOUBLES, abs=1e-12 / np.log(10.0))


@settings(max_examples=150, deadline=None)
@given(st.floats(-9.0, 9.0), st.floats(-9.0, 1.0).map(lambda x: 10.0**x))
def test_any_bounds_against_the_closed_form(y_r, width):
    y_theta = y_r + width
    if y_theta - y_r < 1e-9:
        return
    tolerance = 1e-12 if y_theta - y_r > 1e-3 else 5e-12
    assert abs(float(log_siegert(y_r, y_theta)) - float(mpmath.log(exact(y_r, y_theta)))) < tolerance


def scaled_f(y: mpmath.mpf, top: mpmath.mpf) -> mpmath.mpf:
    """``exp(y**2 - top**2) erfc(-y)``; far below zero by Tricomi's function, which does not overflow."""
    if y >= 0:
        return mpmath.erfc(-y) * mpmath.exp((y - top) * (y + top))
    if y > -20:
        return mpmath.exp(y * y - top * top) * mpmath.erfc(-y)
    return mpmath.exp(-top * top) * mpmath.hyperu(0.5, 0.5, y * y) / mpmath.sqrt(mpmath.pi)


@mpmath.workdps(40)  # far below zero [y f] is 1e-25 of y f
def by_quadrature(a: float, b: float) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    """What `scaled_siegert` returns, on intervals that double away from the larger end."""
    low, high = mpmath.mpf(a), mpmath.mpf(b)
    top = max(high, mpmath.mpf(0))
    cuts = {low, high}
    if low < 0 < high:
        cuts.add(mpmath.mpf(0))
    for start, size in ((high, 1 / (1 + top)), (min(high, mpmath.mpf(0)), 1 + max(-high, mpmath.mpf(0)))):
        cuts |= {start - size * mpmath.mpf(2) ** k for k in range(-1, 14) if start - size * mpmath.mpf(2) ** k > low}
    whole = mpmath.quad(lambda y: scaled_f(y, top), sorted(cuts))
    ends = scaled_f(high, top), scaled_f(low, top)
    parts = whole, ends[0] - ends[1], high * ends[0] - low * ends[1]
    return tuple(mpmath.sqrt(mpmath.pi) * part for part in parts)


def test_all_regimes_against_quadrature_with_40_digits():
    random = np.random.default_rng(11)
    n = 30
    width = 10.0 ** random.uniform(-8.0, 3.0, n)
    far_below, far_above = -(10.0 ** random.uniform(-3.0, 4.0, n)), 10.0 ** random.uniform(-3.0, 3.0, n)
    near = random.uniform(-8.0, 8.0, n)
    y_r = np.select([np.arange(n) % 3 == 0, np.arange(n) % 3 == 1], [far_below, far_above], near)
    y_theta = y_r + width
    found = scaled_siegert(y_r, y_theta)
    for i in range(n):
        for k, truth in enumerate(by_quadrature(y_r[i], y_theta[i])):
            assert abs(float(found[k][i] / truth) - 1.0) < 1e-13


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-2000.0, 30.0), min_size=3, max_size=3, unique=True).map(sorted))
def test_adjacent_intervals_add_up(bounds):
    low, middle, high = bounds
    if min(middle - low, high - middle) < 1e-6:
        return
    whole = log_siegert(low, high)
    parts = np.logaddexp(log_siegert(low, middle), log_siegert(middle, high))
    assert abs(whole - parts) < 2e-12 * max(1.0, abs(whole))


def test_a_bad_element_spoils_no_other():
    y_r = np.array([0.0, np.nan, 2.0, -np.inf, 1.0, 0.0, -1.0, 0.0, np.inf])
    y_theta = np.array([1.0, 1.0, 1.0, 1.0, np.inf, 0.0, 0.0, np.nan, np.inf])
    out = log_siegert(y_r, y_theta)
    assert out[0] == log_siegert(0.0, 1.0)
    assert out[6] == log_siegert(-1.0, 0.0)
    assert np.isnan(out[[1, 2, 7, 8]]).all()
    assert np.all(out[[3, 4]] == np.inf)
    assert out[5] == -np.inf


@settings(max_examples=100, deadline=None)
@given(st.floats(-30.0, 9.0), st.floats(-4.0, 1.0).map(lambda x: 10.0**x))
def test_slopes_where_the_usual_form_cancels(y_r, width):
    y_theta = y_r + width
    _, first, second = scaled_siegert(y_r, y_theta)

    def f(y):
        return mpmath.exp(y * y) * mpmath.erfc(-y)

    with mpmath.workdps(60 + int(max(abs(y_r), abs(y_theta)) ** 2)):
        a, b = mpmath.mpf(y_r), mpmath.mpf(y_theta)
        scale = mpmath.sqrt(mpmath.pi) * mpmath.exp(-(max(b, mpmath.mpf(0)) ** 2))
        assert abs(float(first / (scale * (f(b) - f(a)))) - 1.0) < 1e-11
        assert abs(float(second / (scale * (b * f(b) - a * f(a)))) - 1.0) < 1e-11
