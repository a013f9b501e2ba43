"""The bounded solution at complex frequencies against Hermite functions in arbitrary precision; second moments."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import erfc

from rheobase.numerics.passage import scaled_second_moment
from rheobase.numerics.response import solve
from rheobase.numerics.siegert import scaled_siegert


def bounded(lam, y):
    """A Hermite function of degree ``-lam``, by Tricomi's function where that is its only stable form."""
    if y > -3:
        return mpmath.hermite(-lam, -y)
    return mpmath.hyperu(lam / 2, mpmath.mpf(1) / 2, y**2) * mpmath.mpf(2) ** (-lam)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-3.5, 8.0),
    st.floats(0.01, 90.0),
    st.one_of(st.floats(-4.0, 3.0), st.floats(-40.0, 0.0)),
    st.floats(0.1, 3.0),
)
@mpmath.workdps(40)
def test_hermite_functions_in_40_digits(real, imaginary, y_r, width):
    y_theta = y_r + width
    found = solve(np.array([complex(real, imaginary)]), y_r, y_theta)
    lam, a, b = mpmath.mpc(real, imaginary), mpmath.mpf(y_r), mpmath.mpf(y_theta)
    u_a, u_b = bounded(lam, a), bounded(lam, b)
    slope_a, slope_b = 2 * lam * bounded(lam + 1, a), 2 * lam * bounded(lam + 1, b)
    rise = u_b - u_a
    curvature = 2 * (b * slope_b - a * slope_a + lam * rise)
    assert abs(found.slope[0] / found.rise[0] / complex((slope_b - slope_a) / rise) - 1.0) < 1e-9
    assert abs(found.curvature[0] / found.rise[0] / complex(curvature / rise) - 1.0) < 1e-9
    assert abs(found.reset[0] / found.rise[0] / complex(u_a * lam / rise) - 1.0) < 1e-9


def test_frequency_zero_is_no_special_case():
    near = solve(np.array([0.0, 1e-12, 1e-12j], complex), -1.3, 0.7)
    ratios = near.slope / near.rise
    assert np.abs(ratios[1:] / ratios[0] - 1.0) == pytest.approx([0.0, 0.0], abs=1e-11)


@pytest.mark.parametrize(
    ("mu", "variance", "cv"), [(0.8, 0.1, 0.67425280), (0.8, 0.01, 0.78471936), (1.5, 0.1, 0.44347458)]
)
def test_published_coefficients_of_variation(mu, variance, cv):
    sigma = np.sqrt(2.0 * variance)
    y_r, y_theta = np.array([-mu / sigma]), np.array([(1.0 - mu) / sigma])
    found = np.sqrt(2.0 * np.pi * scaled_second_moment(y_r, y_theta)) / scaled_siegert(y_r, y_theta)
    assert found[0] == pytest.approx(cv, abs=5e-9)


@pytest.mark.parametrize(("y_r", "y_theta"), [(-3.0, -1.0), (-0.5, 0.8), (0.2, 2.5), (5.0, 6.0)])
def test_second_moment_by_nested_quadrature(y_r, y_theta):
    top = max(y_theta, 0.0)

    def inner(x):
        pieces = [x - 12.0, x - 4.0, x - 1.0, x - 0.2, x]
        kernel = [
            quad(
                lambda y: np.exp(x * x + y * y - 2.0 * top * top) * erfc(-y) ** 2, low, high, epsabs=0.0, epsrel=1e-12
            )[0]
            for low, high in pairwise(pieces)
        ]
        return sum(kernel)

    wanted = quad(inner, y_r, y_theta, epsabs=0.0, epsrel=1e-11)[0]
    found = scaled_second_moment(np.array([y_r]), np.array([y_theta]))[0]
    assert found == pytest.approx(wanted, rel=1e-10)
