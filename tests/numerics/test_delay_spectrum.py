"""Growth rates of linear equations with delays, and derivatives along the imaginary axis."""

import numpy as np
import pytest
from scipy.special import lambertw

from rheobase.numerics.complex_step import along, differences, jacobian, newton
from rheobase.numerics.delay_spectrum import growth_rates


@pytest.mark.parametrize(("a", "b", "delay"), [(0.0, -1.0, 1.0), (-1.0, 2.0, 0.3), (0.5, -3.0, 2.0)])
def test_scalar_equation_by_lamberts_function(a, b, delay):
    """``x' = a x + b x(t - d)`` has ``s = a + W_k(b d exp(-a d))/d``."""
    exact = np.array([a + lambertw(b * delay * np.exp(-a * delay), k) / delay for k in range(-6, 7)])
    found = growth_rates(np.array([[a]]), [np.array([[b]])], [delay])
    for root in exact[np.abs(exact) * delay < 19.0]:
        assert np.min(np.abs(found - root)) < 1e-11 * (1.0 + abs(root))
    assert found[0].real == pytest.approx(exact.real.max(), abs=1e-12)


def test_two_delays_satisfy_the_characteristic_equation():
    rng = np.random.default_rng(1)
    now, one, two = rng.normal(size=(3, 3, 3))
    found = growth_rates(now, [one, two], [0.7, 1.0])[:6]
    for s in found:
        T = s * np.eye(3) - now - one * np.exp(-0.7 * s) - two * np.exp(-s)
        assert np.linalg.svd(T)[1][-1] < 1e-11 * np.linalg.norm(T)
    assert np.all(np.diff(found.real) <= 1e-12)


def test_without_delays_they_are_eigenvalues():
    matrix = np.array([[0.0, 1.0], [-4.0, -2.0]])
    assert growth_rates(matrix) == pytest.approx([-1 + 3**0.5 * 1j, -1 - 3**0.5 * 1j])


def test_complex_step():
    def f(x):
        return np.array([np.exp(x[0]) * x[1], x[0] ** 2 / x[1]])

    x = np.array([0.3, -2.0])
    exact = np.array([[-2 * np.exp(0.3), np.exp(0.3)], [-0.3, -0.09 / 4]])
    assert jacobian(f, x) == pytest.approx(exact, rel=1e-15)
    assert differences(f, x) == pytest.approx(exact, rel=1e-8)
    assert along(f, x, np.array([1.0, 1.0])) == pytest.approx(exact.sum(axis=1), rel=1e-15)


def test_newton_with_exact_slopes():
    root = newton(lambda x: np.array([x[0] ** 2 + x[1] ** 2 - 1.0, x[0] - x[1]]), np.array([1.0, 0.2]))
    assert root == pytest.approx([2**-0.5, 2**-0.5], rel=1e-15)
    assert newton(lambda x: x * x + 1.0, np.array([0.5])) is None
