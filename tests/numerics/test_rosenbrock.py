"""RODAS against closed forms: its order, with and without an explicit time, and its linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.numerics.dormand_prince import between
from rheobase.numerics.rosenbrock import (
    NODES,
    cubic,
    factorised,
    shifted,
    shrunk,
    solved,
    stage_right,
    stage_state,
    step_error,
)


def slope(t, x):
    """y = 1/(2 - sin t) and, drawn to it within 0.02, z = cos t."""
    return np.array([np.cos(t) * x[0] ** 2, -50.0 * (x[1] - np.cos(t)) - np.sin(t)])


def exact(t):
    return np.array([1.0 / (2.0 - np.sin(t)), np.cos(t)])


def step(t, x, h, k):
    change = np.array([-np.sin(t) * x[0] ** 2, -50.0 * np.sin(t) - np.cos(t)])
    matrix, order, y = np.array([[2.0 * np.cos(t) * x[0], 0.0], [0.0, -50.0]]), np.empty(2, int), np.empty(2)
    shifted(2, h, matrix)
    assert factorised(2, matrix, order)
    k[0] = k[1] = slope(t, x)
    for s in range(1, 7):
        if s > 1:
            stage_state(s, 2, x, k, y)
            k[s] = slope(t + NODES[s - 1] * h, y)
        stage_right(s, 2, h, change, k)
        solved(2, matrix, order, k, s)
    error = step_error(2, x, y, k, 1.0, np.zeros(2))
    k[6] = slope(t + h, y)
    cubic(2, k)
    return y, error


def error_after(steps):
    x, h, worst = exact(0.0), 2.0 / steps, 0.0
    for at in range(steps):
        x, error = step(at * h, x, h, np.empty((7, 2)))
        worst = max(worst, error)
    return float(np.abs(x - exact(2.0))[0]), worst


def test_order_is_four_and_the_error_is_seen():
    errors, seen = zip(*(error_after(n) for n in (160, 320, 640)), strict=True)
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all((orders > 3.7) & (orders < 4.3))
    assert seen[0] > seen[1] > seen[2] > errors[2]


def test_in_between_lies_the_cubic_through_both_ends():
    k, z, h = np.empty((7, 2)), np.empty(2), 0.1
    y, _ = step(0.3, exact(0.3), h, k)
    between(2, exact(0.3), y, h, k, 0.5, z)
    middle = 0.5 * (exact(0.3) + y) + 0.125 * h * (slope(0.3, exact(0.3)) - slope(0.3 + h, y))
    np.testing.assert_allclose(z, middle, rtol=1e-14)


def test_elimination_exchanges_rows_and_tells_what_is_singular():
    matrix = np.array([[0.0, 2.0, 1.0], [1.0, 1.0, 0.0], [3.0, 0.5, 2.0]])
    right = np.array([[1.0, 2.0, 3.0]])
    order, left = np.empty(3, int), matrix.copy()
    assert factorised(3, left, order)
    k = right.copy()
    solved(3, left, order, k, 0)
    np.testing.assert_allclose(matrix @ k[0], right[0], rtol=1e-14)
    assert not factorised(2, np.array([[1.0, 2.0], [2.0, 4.0]]), order)


def test_steps_follow_the_fourth_root():
    assert shrunk(1.0) == pytest.approx(0.9) and shrunk(16.0) == pytest.approx(0.45)
    assert shrunk(0.0) == 6.0 and shrunk(np.inf) == 0.2
