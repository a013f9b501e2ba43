"""Counting and finding all zeros in a box."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.numerics.roots import Box, count_zeros, zeros

inside = st.tuples(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9)).map(lambda xy: complex(*xy))


def apart(roots):
    return all(abs(a - b) > 0.02 for k, a in enumerate(roots) for b in roots[:k])


@settings(max_examples=40, deadline=None)
@given(st.lists(inside, min_size=0, max_size=6).filter(apart), st.floats(-2.0, 2.0))
def test_zeros_of_a_polynomial_times_an_exponential(roots, rate):
    def function(z):
        return np.exp(rate * z) * np.prod([z - root for root in [*roots, 1.5 + 0.2j]], axis=0)

    box = Box(-1.0, 1.0, -1.0, 1.0)
    assert count_zeros(function, box) == len(roots)
    found = zeros(function, box)
    assert len(found) == len(roots)
    assert all(min(abs(z - root) for z in found) < 1e-9 for root in roots)


def test_a_positive_factor_that_is_not_analytic_changes_nothing():
    def function(z):
        return (np.exp(z) - 1.0) / np.maximum(np.abs(z), 0.5)

    found = sorted(zeros(function, Box(-1.0, 2.0, -1.0, 20.0)), key=lambda z: z.imag)
    assert found == pytest.approx([0.0, 2j * np.pi, 4j * np.pi, 6j * np.pi], abs=1e-9)


def test_a_double_zero_counts_twice():
    found = zeros(lambda z: (z - 0.123 - 0.2j) ** 2, Box(-1.0, 1.0, -1.0, 1.0))
    assert found == pytest.approx([0.123 + 0.2j] * 2, abs=1e-6)


def test_a_zero_on_the_border_is_an_error_that_says_so():
    with pytest.raises(ArithmeticError, match="on the border"):
        count_zeros(lambda z: z - 1.0, Box(-1.0, 1.0, -1.0, 1.0))
