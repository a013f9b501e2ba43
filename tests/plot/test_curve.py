"""The smooth line of a branch in a figure."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from rheobase.plot.curve import FINE, smooth

TURN = np.linspace(0.0, 4.0, 9)
BRANCHES = {
    "two points": ([0.0, 1.0], [2.0, 5.0]),
    "three points, a turn": ([0.0, 1.0, 0.5], [2.0, 5.0, 6.0]),
    "a fold": (np.cos(TURN), np.sin(TURN)),
    "a level line": ([0.0, 1.0, 4.0], [3.0, 3.0, 3.0]),
    "a point twice": ([0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 1.0, 0.0]),
    "any": (np.random.default_rng(1).normal(size=20), np.random.default_rng(2).normal(size=20)),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_the_line_is_that_of_scipy(name):
    """The same monotone cubics of the length along the branch, coordinate by coordinate."""
    points = np.column_stack(BRANCHES[name])
    spans = np.ptp(points, axis=0)
    steps = np.linalg.norm(np.diff(points, axis=0) / np.where(spans > 0.0, spans, 1.0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    at = np.interp(np.arange(FINE * (len(points) - 1) + 1) / FINE, np.arange(len(points)), length)
    fine = np.column_stack(smooth(*points.T))
    rounding = 8.0 * np.finfo(float).eps * length[-1] / np.diff(length).min()  # of a place in the shortest interval
    assert fine == pytest.approx(
        PchipInterpolator(length, points)(at), rel=rounding, abs=rounding * np.abs(points).max()
    )
    assert fine[::FINE] == pytest.approx(points, rel=1e-15)


def test_one_point_stays_one():
    assert smooth([1.0], [2.0]) == ([1.0], [2.0])
