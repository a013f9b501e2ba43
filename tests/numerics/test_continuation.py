"""Curves that are known in closed form: circle, parabola, cusp, pitchfork and its unfolding."""

import math

import numpy as np
import pytest

from rheobase.numerics.continuation import Problem, correct, trace
from rheobase.numerics.curve_events import events


def circle(u):
    return np.array([u @ u - 1.0])


def circle_slopes(u):
    return 2.0 * u[None, :]


def once(f, df):
    """One equation in two unknowns."""
    return (lambda u: np.array([f(*u)])), (lambda u: np.array([df(*u)]))


def test_a_closed_curve_is_followed_around_once():
    curve = trace(circle, circle_slopes, [1.0, 0.0], [0.0, 1.0], scale=[1, 1])
    assert curve.closed and curve.reason == "closed"
    assert np.array_equal(curve.points[0], curve.points[-1])
    angles = np.unwrap(np.arctan2(curve.points[:, 1], curve.points[:, 0]))
    assert np.all(np.diff(angles) > 0.0) and angles[-1] - angles[0] == pytest.approx(2 * math.pi, abs=1e-12)
    assert np.max(np.abs(np.linalg.norm(curve.points, axis=1) - 1.0)) < 1e-14


def test_folds_of_the_circle_are_located():
    tests = {"fold": lambda u, t: t[0]}
    curve = trace(circle, circle_slopes, [0.6, 0.8], [-1.0, 1.0], scale=[1, 1], tests=tests)
    found = sorted(event.point[0] for event in curve.events)
    assert found == pytest.approx([-1.0, 1.0], abs=1e-14)


def test_two_zeros_within_one_step_are_both_found():
    """A line just below the top of the circle is crossed twice between two points."""
    tests = {"line": lambda u, t: u[1] - 0.9999}
    curve = trace(circle, circle_slopes, [1.0, 0.0], [0.0, 1.0], scale=[1, 1], largest=0.3, tests=tests)
    found = [event.point[0] for event in curve.events]
    assert found == pytest.approx([math.sqrt(1 - 0.9999**2), -math.sqrt(1 - 0.9999**2)], rel=1e-9)


def test_a_zero_that_is_only_touched_is_reported_as_such():
    tests = {"top": lambda u, t: u[1] - 1.0, "above": lambda u, t: u[1] - 1.001}
    curve = trace(circle, circle_slopes, [1.0, 0.0], [0.0, 1.0], scale=[1, 1], tests=tests)
    (event,) = curve.events
    assert event.name == "top" and event.touches and event.point == pytest.approx([0.0, 1.0], abs=1e-7)


def test_a_jump_of_a_test_function_is_no_zero():
    tests = {"jump": lambda u, t: 1.0 if u[1] > 0.3 else -1.0, "pole": lambda u, t: 1.0 / (u[1] - 0.3)}
    curve = trace(circle, circle_slopes, [1.0, 0.0], [0.0, 1.0], scale=[1, 1], lower=[0.0, -1.0], tests=tests)
    assert curve.events == ()


def test_the_curve_ends_exactly_on_its_bound():
    curve = trace(circle, circle_slopes, [1.0, 0.0], [0.0, 1.0], scale=[1, 1], lower=[-0.5, -9], upper=[2, 2])
    assert curve.reason == "bound" and curve.edge == 0
    assert curve.points[-1, 0] == -0.5
    assert curve.points[-1, 1] == pytest.approx(math.sqrt(0.75), abs=1e-15)


def test_points_lie_on_the_curve_whatever_the_scales():
    """A hundred million between the units of the unknowns: an ellipse with these axes."""
    axes = np.array([1e-4, 1e4])
    curve = trace(
        lambda u: circle(u / axes), lambda u: circle_slopes(u / axes) / axes, [1e-4, 0.0], [0.0, 1.0], scale=axes
    )
    assert curve.closed and len(curve.points) < 300
    assert np.max(np.abs(np.linalg.norm(curve.points / axes, axis=1) - 1.0)) < 1e-13


def test_tangents_have_unit_length_and_lie_on_the_curve():
    scale = np.array([3.0, 0.5])
    curve = trace(circle, circle_slopes, [1.0, 0.0], [0.0, 1.0], scale=scale)
    assert np.linalg.norm(curve.tangents / scale, axis=1) == pytest.approx(1.0, abs=1e-14)
    assert np.abs(np.einsum("ij,ij->i", curve.points, curve.tangents)).max() < 1e-14


def test_steps_stay_within_the_largest():
    line, slopes = once(lambda x, p: x - p, lambda x, p: (1.0, -1.0))
    curve = trace(line, slopes, [0.0, 0.0], [1.0, 1.0], scale=[1, 1], upper=[9, 1], largest=[1.0, 0.05])
    assert np.diff(curve.points[:, 1]).max() <= 0.05 + 1e-12
    assert curve.points[-1] == pytest.approx([1.0, 1.0], abs=0)


def test_a_true_crossing_is_passed_straight():
    """x(p - x**2) = 0 from x = 0: the branch point is passed, and its test function changes its sign."""
    f, df = once(lambda x, p: x * p - x**3, lambda x, p: (p - 3 * x * x, x))
    problem = Problem(f, df, np.ones(2))
    tests = {"branch": lambda u, t: float(np.linalg.det(np.vstack([df(u), t])))}
    curve = trace(f, df, [0.0, -1.0], [0.0, 1.0], scale=[1, 1], lower=[-3, -1], upper=[3, 1])
    assert np.array_equal(curve.points[-1], [0.0, 1.0])
    (event,) = events(problem, curve, tests)
    assert event.point == pytest.approx([0.0, 0.0], abs=1e-7)


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-7])
def test_close_branches_are_not_mixed_up(gap):
    """x p - x**3 + gap: the branch from the left turns up; straight on, after a gap, there is another."""
    f, df = once(lambda x, p: x * p - x**3 + gap, lambda x, p: (p - 3 * x * x, x))
    curve = trace(f, df, [gap, -1.0], [0.0, 1.0], scale=[1, 1], lower=[-3, -1], upper=[3, 1])
    assert curve.points[-1, 1] == 1.0
    assert curve.points[-1, 0] == pytest.approx(np.roots([-1.0, 0.0, 1.0, gap]).real.max(), abs=1e-12)


def test_why_a_curve_ends():
    line, slopes = once(lambda x, p: x - p, lambda x, p: (1.0, -1.0))
    common = {"scale": [1, 1], "upper": [9, 9]}
    assert trace(line, slopes, [0.0, 0.0], [1.0, 1.0], **common, most=5).reason == "most"
    stopped = trace(line, slopes, [0.0, 0.0], [1.0, 1.0], **common, accept=lambda u, t: u[0] < 1.0 or "far enough")
    assert stopped.reason == "stopped" and stopped.status == "far enough" and 1.0 <= stopped.points[-1, 0] < 1.1
    root, root_slopes = once(
        lambda x, p: p + math.sqrt(2.0 - x) if x <= 2.0 else math.nan,
        lambda x, p: (-0.5 / math.sqrt(2.0 - x), 1.0) if x < 2.0 else (math.nan, 1.0),
    )
    stuck = trace(root, root_slopes, [1.0, -1.0], [1.0, 1.0], scale=[1, 1])
    assert stuck.reason == "stuck" and "no point" in stuck.status
    assert stuck.points[-1] == pytest.approx([2.0, 0.0], abs=1e-3)
    nowhere = trace(lambda u: np.array([math.nan]), slopes, [0.0, 0.0], [1.0, 1.0], scale=[1, 1])
    assert nowhere.reason == "stuck" and "at the start" in nowhere.status


def test_correct_holds_an_unknown_fixed_along_its_axis():
    point = correct(circle, circle_slopes, [0.6, 0.9], [1.0, 0.0], [1.0, 1.0])
    assert point is not None and point == pytest.approx([0.6, 0.8], abs=1e-15)
    assert correct(circle, circle_slopes, [1.5, 0.1], [1.0, 0.0], [1.0, 1.0]) is None


def test_a_start_on_a_bound_stays_there():
    line, slopes = once(lambda x, p: 3.0 * x - p, lambda x, p: (3.0, -1.0))
    curve = trace(line, slopes, [0.1, 0.3], [1.0, 1.0], scale=[1, 1], lower=[-9, 0.3], upper=[9, 1])
    assert curve.points[0, 1] == 0.3
