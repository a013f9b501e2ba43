"""The adaptive graph of a function that jumps, bends or ends."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.numerics.graph import graph, on_the_diagonal


def columns(*values):
    return np.column_stack(values)


def test_jumps_and_ends_are_located():
    def f(x):
        y = np.where(x < 0.3, x, np.where(x < 0.6, 0.1, np.cos(x)))
        return columns(np.where(x > 0.95, np.nan, y), 2.0 * x)

    found = graph(f, 0.0, 1.0)
    assert found.complete
    np.testing.assert_allclose(found.jumps, [0.3, 0.6], atol=1e-10)
    np.testing.assert_allclose(found.ends, [0.95], atol=1e-10)
    np.testing.assert_array_equal(found.others[:, 0], 2.0 * found.x)


def test_a_steep_but_continuous_part_is_no_jump():
    found = graph(lambda x: columns(np.tanh((x - 0.4) / 1e-6)), 0.0, 1.0)
    assert found.complete
    assert not found.jumps.size
    assert np.abs(np.diff(found.y)).max() < 0.05


def test_fixed_points_to_rounding_and_none_at_jumps():
    """Cosine has one; a jump over the diagonal is none."""
    f = lambda x: columns(np.cos(x))  # noqa: E731
    assert on_the_diagonal(f, graph(f, 0.0, 1.0))[0] == pytest.approx(0.7390851332151607, abs=1e-15)
    g = lambda x: columns(np.where(x < 0.5, 1.0, 0.0))  # noqa: E731
    assert not on_the_diagonal(g, graph(g, 0.01, 0.99)).size


def test_all_roots_of_an_oscillating_function():
    f = lambda x: columns(x + 0.1 * np.sin(20.0 * x))  # noqa: E731
    roots = on_the_diagonal(f, graph(f, 0.05, 1.0))
    np.testing.assert_allclose(roots, np.pi / 20.0 * np.arange(1, 7), atol=1e-14)


def test_undefined_everywhere():
    found = graph(lambda x: columns(np.full_like(x, np.nan)), 0.0, 1.0)
    assert not found.jumps.size
    assert not on_the_diagonal(lambda x: columns(x), found).size
