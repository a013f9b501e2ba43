"""The second moment of the passage time against Brunel's double integral, and its limits."""

import numpy as np
import pytest
from scipy.special import erfc, erfcx

from rheobase.numerics.passage import scaled_second_moment
from rheobase.numerics.siegert import scaled_siegert

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)


def panels(low: float, high: float, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights of [low, high] in panels that double in size away from ``high``."""
    edges = [high]
    while edges[-1] > low:
        edges.append(max(low, edges[-1] - size))
        size *= 2.0
    half, middle = 0.5 * -np.diff(edges), 0.5 * (np.array(edges[1:]) + edges[:-1])
    return (middle[:, None] + half[:, None] * NODES).ravel(), (half[:, None] * WEIGHTS).ravel()


def double_integral(y_r: float, y_theta: float) -> float:
    """The definition, times ``exp(-2 top**2)``, as a plain double sum of positive terms."""
    top, total = max(y_theta, 0.0), 0.0
    for x, weight in zip(*panels(y_r, y_theta, 0.5 / (1.0 + abs(y_theta))), strict=True):
        y, weights = panels(x - 9.0 - max(x, 0.0), x, 0.5 / (1.0 + abs(x)))
        squared = np.where(y < 0.0, erfcx(-y) ** 2 * np.exp(-y * y), np.exp(y * y) * erfc(-y) ** 2)
        total += weight * (weights @ squared) * np.exp(x * x - 2.0 * top * top)
    return total


@pytest.mark.parametrize(
    ("y_r", "y_theta"),
    [(-2.0, -1.0), (-3.0, 0.5), (0.0, 1.0), (-0.06, 0.02), (2.0, 2.01), (-9.0, -8.9), (4.0, 6.0), (-12.0, 7.0)],
)
def test_the_double_integral(y_r, y_theta):
    """``x*x`` up to 144 is rounded to 1e-14, and so is its exponential."""
    assert scaled_second_moment(y_r, y_theta) == pytest.approx(double_integral(y_r, y_theta), rel=1e-13)


@pytest.mark.parametrize("y_theta", [8.0, 50.0, 1e4])
def test_far_above_zero_the_variance_is_the_squared_mean(y_theta):
    """Escape over a high wall is a Poisson process: 2 pi S = I**2 up to terms of order ``I(-inf, 0)/I``."""
    moment = 2.0 * np.pi * scaled_second_moment(-1.0, y_theta)
    assert moment == pytest.approx(scaled_siegert(-1.0, y_theta)[0] ** 2, rel=1e-13)


@pytest.mark.parametrize("x", [1e3, 1e5])
def test_far_below_zero_the_variance_is_that_of_the_drift_with_little_noise(x):
    """``K(-x) = 1/(2 pi x**3)`` up to terms of relative order ``1/x**2``; both a wide and a narrow interval."""
    for other in (3.0 * x, x * 1.001):
        expected = (x**-2 - other**-2) / (4.0 * np.pi)
        assert scaled_second_moment(-other, -x) == pytest.approx(expected, rel=10.0 / x**2 + 1e-12)


def test_adjacent_intervals_add_up_over_all_regimes():
    bounds = np.array([-300.0, -5.0, -4.9, -0.5, -1e-3, 1e-3, 0.4, 0.5, 3.0, 3.01])
    low, high = bounds[:-1], bounds[1:]
    parts = scaled_second_moment(low, high) * np.exp(2.0 * np.maximum(high, 0.0) ** 2 - 2.0 * bounds[-1] ** 2)
    assert parts.sum() == pytest.approx(scaled_second_moment(bounds[0], bounds[-1]), rel=1e-13)


def test_a_bad_element_spoils_no_other():
    out = scaled_second_moment([0.0, np.nan, 2.0, -np.inf, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    assert out[0] == scaled_second_moment(0.0, 1.0)
    assert np.isnan(out[[1, 2]]).all()
    assert (out[3], out[4]) == (np.inf, 0.0)
