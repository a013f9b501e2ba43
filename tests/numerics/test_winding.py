"""Zeros beside a path are seen, also two at once; and rational fits have the poles of what they are fitted to."""

import numpy as np
import pytest

from rheobase.numerics.rational import rational
from rheobase.numerics.roots import Box, count_zeros
from rheobase.numerics.winding import turn


def polynomial(*zeros):
    return lambda s: np.prod(np.asarray(s)[:, None] - np.array(zeros), axis=1)


@pytest.mark.parametrize("distance", [1e-1, 1e-3, 1e-4])
def test_two_zeros_close_to_the_path_turn_the_function_once_around(distance):
    """Between two points of the path that look as if nothing had happened."""
    path = 1j * np.linspace(0.0, 10.0, 5)
    pair = (-distance + 3.7j, -distance + 3.9j)
    expected = sum(np.angle(path[-1] - z) - np.angle(path[0] - z) for z in pair)
    assert turn(polynomial(*pair), path) == pytest.approx(expected, abs=1e-9)


def test_a_zero_on_the_path_is_said():
    with pytest.raises(ArithmeticError, match="lies on the path"):
        turn(polynomial(1j), 1j * np.linspace(0.0, 3.0, 4))


def test_zeros_in_a_box_are_counted_by_size_and_argument():
    near_border = polynomial(0.999 + 0.31j, 0.999 + 0.33j, 1.001 + 0.32j, 0.5 + 0.5j)
    assert count_zeros(near_border, Box(0.0, 1.0, 0.0, 1.0), 4, analytic=True) == 3


PATH = np.concatenate([np.linspace(1.0, 1.0 + 6.0j, 20), np.linspace(1.0 + 6.0j, -2.0 + 6.0j, 20)[1:],
                       np.linspace(-2.0 + 6.0j, -2.0, 20)[1:]])  # fmt: skip


def resonant(s):
    """Two functions with the same poles: real ones, a resonance, and what is not rational."""
    low = 1.0 / (s + 0.3) + 1.0 / (s**2 + 0.1 * s + 4.0) + np.exp(-0.2 * s)
    return np.stack([low, 0.01 / (s + 0.3) + 2.0 * s / (s**2 + 0.1 * s + 4.0) + 1.0 / (s + 5.0)], axis=1)


def test_a_fit_is_as_good_as_it_says_inside_the_path_and_real_on_the_real_axis():
    fit = rational(resonant, PATH, 1e-12, accepted=1e-10)
    inside = np.array([0.5, 0.7 + 2.3j, -1.5 + 4.0j, -0.2 + 1.0j, -1.9 - 3.0j])
    assert fit(inside) == pytest.approx(resonant(inside), abs=1e-9)
    assert np.all(fit(np.array([0.5 + 0j, -1.2 + 0j])).imag == pytest.approx(0.0, abs=1e-12))
    assert fit(fit.points) == pytest.approx(resonant(fit.points), rel=1e-14)


def test_its_poles_inside_are_those_of_the_function():
    fit = rational(resonant, PATH, 1e-12, accepted=1e-10)
    poles = fit.poles()
    inside = poles[(poles.real > -2.0) & (poles.real < 1.0) & (np.abs(poles.imag) < 6.0)]
    root = np.sqrt(4.0 - 0.05**2)
    assert np.sort_complex(inside) == pytest.approx([-0.3, -0.05 - 1j * root, -0.05 + 1j * root], abs=1e-9)


def test_poles_that_are_none_are_taken_out():
    """A fit to noise of 1e-11, which has no poles of its own, to a tolerance below it."""

    def noisy(s):
        return resonant(s) + 1e-11 * np.sin(1e9 * s.real + 1e9 * s.imag)[:, None]

    def genuine(poles):
        return (
            (np.abs(poles + 0.3) < 1e-5)
            | (np.abs(poles**2 + 0.1 * poles + 4.0) < 1e-5)
            | (poles.real < -2.0)
            | (poles.real > 1.0)
            | (poles.imag > 6.0)
        )

    fit = rational(noisy, PATH, 1e-12, accepted=1e-9, genuine=genuine)
    poles = fit.poles()
    assert np.all(genuine(poles[poles.imag >= 0.0]))
    inside = np.array([0.5, 0.7 + 2.3j, -1.5 + 4.0j])
    assert fit(inside) == pytest.approx(resonant(inside), abs=1e-7)


def test_what_has_a_pole_on_the_path_has_no_fit():
    def function(s):
        with np.errstate(divide="ignore", invalid="ignore"):
            return 1.0 / (s - PATH[7])[:, None]

    assert rational(function, PATH, 1e-12, accepted=1e-10) is None
