"""Equilibria: all of them, exact to rounding, and of the right kind."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rheobase import library
from rheobase.dynamics.equilibria.box import find_box
from rheobase.dynamics.equilibria.fixed_points import fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import mV

coefficient = st.floats(-2.0, 2.0).map(lambda x: round(x, 6))


def planar(matrix, at=(0.0, 0.0)):
    (a, b), (c, d) = matrix
    x, y = f"(x - ({at[0]:.17g}))", f"(y - ({at[1]:.17g}))"
    return Neuron(f"dx/dt = (({a:.17g})*{x} + ({b:.17g})*{y})/ms : 1\ndy/dt = (({c:.17g})*{x} + ({d:.17g})*{y})/ms : 1")


@pytest.mark.parametrize(
    "matrix, kind",
    [
        (((-1, 0), (0, -3)), "stable node"),
        (((2, 0), (1, 3)), "unstable node"),
        (((-1, 5), (-5, -1)), "stable focus"),
        (((0.01, 5), (-5, 0.01)), "unstable focus"),
        (((1, 0), (4, -3)), "saddle"),
        (((0, 2), (-3, 0)), "centre"),
        (((-2, 0), (0, -2)), "degenerate node"),
        (((3, 1), (0, 3)), "degenerate node"),
    ],
)
def test_the_kinds_of_the_plane(matrix, kind):
    (point,) = fixed_points(planar(matrix, (3.0, -7.0)))
    assert point.kind == kind
    assert (point.state["x"], point.state["y"]) == pytest.approx((3.0, -7.0), abs=1e-12)
    assert point.stable == (kind.startswith("stable") or matrix == ((-2, 0), (0, -2)))
    assert point.trace == pytest.approx(matrix[0][0] + matrix[1][1], abs=1e-14)


def test_degenerate_nodes_are_told_apart():
    assert "star" in fixed_points(planar(((-2, 0), (0, -2))))[0].note
    improper = fixed_points(planar(((3, 1), (0, 3))))[0]
    assert "one eigenvector" in improper.note and improper.note.startswith("unstable") and not improper.stable


@given(coefficient, coefficient, coefficient, coefficient, st.floats(-9, 9), st.floats(-9, 9))
@settings(deadline=None, max_examples=60)
def test_linear_systems(a, b, c, d, x, y):
    trace, determinant = a + d, a * d - b * c
    assume(abs(determinant) > 1e-2 and abs(trace) > 1e-3 and abs(trace**2 - 4 * determinant) > 1e-3)
    (point,) = fixed_points(planar(((a, b), (c, d)), (x, y)))
    assert point.point == pytest.approx([x, y], abs=1e-11)
    assert (point.trace, point.determinant) == pytest.approx((trace, determinant), abs=1e-12)
    if determinant < 0:
        assert point.kind == "saddle"
    else:
        shape = "focus" if trace**2 < 4 * determinant else "node"
        assert point.kind == f"{'stable' if trace < 0 else 'unstable'} {shape}"


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.floats(0.1, 2), st.booleans(), coefficient,
    st.floats(-3, 1),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_cubic_nullclines_with_known_crossings(roots, factor, falling, slope, logarithm):
    """v' = k (v - r1)(v - r2)(v - r3) + c v - w, w' = eps (c v - w): crossings at the r, and so on."""
    roots = sorted(roots)
    assume(min(np.diff(roots)) > 1e-2)
    k, eps = (-factor if falling else factor), 10.0**logarithm
    product = "*".join(f"(v - ({root:.17g}))" for root in roots)
    points = fixed_points(
        Neuron(f"dv/dt = ({k:.17g}*{product} + ({slope:.17g})*v - w)/ms : 1\n"
               f"dw/dt = {eps:.17g}*(({slope:.17g})*v - w)/ms : 1")
    )  # fmt: skip
    assert points.complete
    assert [point.state["v"] for point in points] == pytest.approx(roots, abs=1e-10)
    for at, point in enumerate(points):
        others = [roots[at] - root for other, root in enumerate(roots) if other != at]
        rise = k * others[0] * others[1]
        assert point.trace == pytest.approx(rise + slope - eps, abs=1e-9 * (1 + abs(rise)))
        assert point.determinant == pytest.approx(-eps * rise, abs=1e-8 * (1 + abs(rise)) * eps)


def rotation(angle):
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


middles, gaps, angles = st.floats(-3, 3), st.floats(0.3, 3), st.floats(0.2, 1.3)


@given(middles, gaps, middles, gaps, angles, angles, gaps)
@settings(deadline=None, max_examples=15)
def test_systems_that_cannot_be_reduced(s_at, s_gap, q_at, q_gap, turned, mixed, stretch):
    """Two products of two lines, mixed: four equilibria in known places with known eigenvalues."""
    a, b, c, d = s_at - s_gap, s_at + s_gap, q_at - q_gap, q_at + q_gap
    turn, mix = rotation(turned), rotation(mixed) @ np.diag([stretch, 1.0])
    lines = "\n".join(
        f"{name} = ({row[0]:.17g})*x + ({row[1]:.17g})*y : 1" for name, row in zip("st", turn, strict=True)
    )
    lines = lines.replace("t = (", "q = (")
    f, g = f"(s - ({a:.17g}))*(s - ({b:.17g}))", f"(q - ({c:.17g}))*(q - ({d:.17g}))"
    lines += "".join(f"\nd{name}/dt = (({row[0]:.17g})*{f} + ({row[1]:.17g})*{g})/ms : 1"
                     for name, row in zip("xy", mix, strict=True))  # fmt: skip
    points = fixed_points(Neuron(lines))
    assert not points.complete
    expected = {tuple(np.linalg.solve(turn, [s, q])): (s, q) for s in (a, b) for q in (c, d)}
    assert len(points) == 4
    for point in points:
        place = min(expected, key=lambda xy: float(np.linalg.norm(np.subtract(xy, point.point))))
        assert point.point == pytest.approx(place, abs=1e-9)
        s, q = expected.pop(place)
        slopes = mix @ np.diag([2 * s - a - b, 2 * q - c - d]) @ turn
        assert point.trace == pytest.approx(np.trace(slopes), abs=1e-8)
        assert point.determinant == pytest.approx(np.linalg.det(slopes), abs=1e-7)


def test_where_equilibria_merge():
    (fold,) = fixed_points(library.make("qif", I=0))
    assert fold.kind == "saddle-node" and not fold.stable and abs(fold.state["v"]) < 1e-9
    (triple,) = fixed_points(Neuron("dx/dt = -x**3/ms : 1"))
    assert triple.kind == "non-hyperbolic" and "quadratic" in triple.note
    pair = fixed_points(library.make("qif", I=-1e-10))
    assert [point.kind for point in pair] == ["stable node", "unstable node"]
    assert [point.state["v"] for point in pair] == pytest.approx([-1e-5, 1e-5], rel=1e-9)
    with pytest.raises(ModelError, match="no equilibrium in the box"):
        fixed_points(library.make("qif", I=1e-10))


def test_a_pole_is_no_equilibrium():
    assert len(fixed_points(Neuron("dx/dt = 1/x/ms : 1 = 1"), throw=False)) == 0
    assert [p.state["x"] for p in fixed_points(Neuron("dx/dt = (1/x - x)/ms : 1 = 1"))] == pytest.approx([-1.0, 1.0])


def test_the_rest_of_the_squid_axon():
    (rest,) = fixed_points(library.make("hodgkin_huxley"))
    assert rest.state["v"] == pytest.approx(-64.996379331192, rel=1e-13)
    assert rest.kind == "stable focus" and rest.residual < 1e-14
    assert rest.frequency_hz[1] == pytest.approx(1e3 * rest.eigenvalues[1].imag / (2 * math.pi))
    assert "mV" in rest.sentence and "Hz" in rest.sentence


def test_persistent_sodium_and_potassium_in_the_book():
    """Izhikevich (2007), figure 4.1 and exercise: node, saddle and an unstable focus at I = 0."""
    points = fixed_points(library.make("inap_ik"))
    assert [point.kind for point in points] == ["stable node", "saddle", "unstable focus"]
    assert len(points.stable) == len(points.saddles) == 1
    assert len(fixed_points(library.make("inap_ik"), I="10 uA/cm**2")) == 1


@pytest.mark.parametrize("name", ["wang_buzsaki", "connor_stevens", "hodgkin_huxley", "morris_lecar"])
def test_equilibria_are_where_the_steady_current_is_zero(name):
    """All gates follow from v; the current at fixed v, on a fine grid, has as many changes of sign."""
    neuron = library.make(name)
    field = VectorField.of(neuron)
    points = fixed_points(neuron)
    v = np.linspace(-100.0, 60.0, 40_001)
    states = np.repeat(field.start[:, None], v.size, axis=1)
    states[field.states.index("v")] = v
    gates = [at for at, state in enumerate(field.states) if state != "v"]
    low, high = states.copy(), states.copy()
    low[gates], high[gates] = 0.0, 1.0
    at_low, at_high = field.rhs(low), field.rhs(high)
    states[gates] = at_low[gates] / (at_low[gates] - at_high[gates])
    current = field.rhs(states)[field.states.index("v")]
    assert len(points) == np.count_nonzero(np.diff(np.sign(current)))
    for point in points:
        assert np.interp(point.state["v"], v, current) == pytest.approx(0.0, abs=1e-4)
        assert np.abs(field.rhs(point.point)).max() < 1e-11


def test_only_what_lies_below_the_threshold_counts_for_a_neuron_with_a_reset():
    assert len(fixed_points(library.make("lif"))) == 1
    with pytest.raises(ModelError, match="no equilibrium in the box"):
        fixed_points(library.make("lif"), I="1000 pA")  # the free membrane would settle above the threshold
    assert len(fixed_points(library.make("izhikevich2003"), v_peak="-60 mV")) == 1


SCALES = st.sampled_from([1e-3, 0.1, 1.0, 30.0, 1e4])


def scaled(v_unit, n_unit, rate, swapped):
    """Persistent sodium and potassium, in other units of all that has one."""
    v, n = f"(v/{v_unit})", f"(n/{n_unit})"
    lines = [
        f"dv/dt = {v_unit * rate}*(I - 8*({v} + 80) - 20*m*({v} - 60) - 10*{n}*({v} + 90))/ms : 1 = {-65 * v_unit}",
        f"dn/dt = {n_unit * rate}*(n_inf - {n})/ms : 1",
    ]
    rest = f"\nm = 1/(1 + exp((-20 - {v})/15)) : 1\nn_inf = 1/(1 + exp((-25 - {v})/5)) : 1\nI : 1 = 0"
    return Neuron("\n".join(lines[::-1] if swapped else lines) + rest)


@given(SCALES, SCALES, SCALES, st.booleans())
@settings(deadline=None, max_examples=25)
def test_units_of_states_and_time_and_the_order_do_not_matter(v_unit, n_unit, rate, swapped):
    truth = fixed_points(library.make("inap_ik"))
    points = fixed_points(scaled(v_unit, n_unit, rate, swapped))
    assert [point.kind for point in points] == [point.kind for point in truth]
    for point, other in zip(points, truth, strict=True):
        assert point.state["v"] / v_unit == pytest.approx(other.state["v"], rel=1e-11)
        assert point.state["n"] / n_unit == pytest.approx(other.state["n"], rel=1e-10)
        assert point.eigenvalues / rate == pytest.approx(other.eigenvalues, rel=1e-9)


def test_volt_and_millivolt_give_the_same():
    text = "dv/dt = (E - v + D*exp((v - V_T)/D))/(10*ms) : {unit}\nE : volt\nD : {unit}\nV_T : volt"
    values = {"E": -65 * mV, "D": 2 * mV, "V_T": -50 * mV}
    in_volt, in_mv = (fixed_points(Neuron(text.format(unit=unit), **values)) for unit in ("volt", "mV"))
    assert [p.state["v"] for p in in_volt] == [p.state["v"] for p in in_mv]
    assert in_volt[0].state["v"] == pytest.approx(-65, abs=0.01)


def test_the_box_follows_from_units_and_equations():
    field = VectorField.of(library.make("hodgkin_huxley"))
    box = find_box(field).shown(field)
    assert box["v"][0] < -150 and box["v"][1] > 120
    assert box["m"] == box["h"] == box["n"] == (0.0, 1.0)
    field = VectorField.of(library.make("fitzhugh_nagumo"))
    assert not find_box(field).gates.any(), "w is linear in itself and yet no gate"
    field = VectorField.of(library.make("lif"))
    assert find_box(field).shown(field)["v"][1] == -50.0, "the flow of a neuron with a reset ends at the threshold"


def test_a_box_can_be_given():
    neuron = library.make("inap_ik")
    only = fixed_points(neuron, box={"v": (-60 * mV, "-50 mV")})
    assert [point.kind for point in only] == ["saddle"] and only.box["v"] == pytest.approx((-60.0, -50.0))
    assert len(fixed_points(neuron, box={"n": (0.0, 0.01)})) == 2
    none = fixed_points(neuron, box={"v": (0.0, 10.0)}, throw=False)
    assert len(none) == 0 and "no equilibrium in the box" in none.status and "0 mV to 10 mV" in none.status


def test_a_box_that_nobody_asked_for_is_widened():
    (point,) = fixed_points(Neuron("dv/dt = (5000*mV - v)/(10*ms) : volt"), box=None)
    assert point.state["v"] == pytest.approx(5000.0)
    (far,) = fixed_points(Neuron("dx/dt = (R*I - x)/ms : 1\nR : 1 = 1e3\nI : 1 = 3"))
    assert far.state["x"] == pytest.approx(3000.0)
    assert far.state["x"] <= fixed_points(Neuron("dx/dt = (3000 - x)/ms : 1")).box["x"][1]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"box": {"V": (0, 1)}}, "no state 'V'"),
        ({"box": {"v": 3}}, "needs two bounds"),
        ({"box": {"v": (3, 1)}}, "lower bound"),
        ({"box": {"v": ("1 nS", "2 nS")}}, "voltage"),
        ({"J": 3}, "no parameter 'J'"),
        ({"I": "3 mV"}, "current"),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ModelError, match=words):
        fixed_points(library.make("hodgkin_huxley"), **arguments)
    with pytest.raises(ModelError, match=words):
        fixed_points(VectorField.of(library.make("hodgkin_huxley")), **arguments)


def test_summary_and_access():
    points = fixed_points(library.make("inap_ik"))
    assert len(list(points)) == len(points) == 3 and points[1].kind == "saddle"
    text = points.summary()
    assert text.count("\n") == 4 and "3 equilibria" in text and "v from -240 mV" in text
    assert "roots of the equation of v" in text
    assert str(points) == text and len(repr(points)) < 200


MOVING = """
dv/dt = (I - v)/(10*ms) : 1
dtheta/dt = (1 + a*v - theta)/(50*ms) : 1 = 1
I : 1 = 0.5
a : 1 = 0.2
"""


def test_an_equilibrium_above_a_moving_threshold_is_none():
    """v = I and theta = 1 + I/5: the neuron can rest there up to I = 1.25."""
    neuron = Neuron(MOVING, threshold="v > theta", reset="v = 0\ntheta += 0.2")
    (rest,) = fixed_points(neuron, I=1.2499)
    assert rest.stable and rest.state["theta"] == pytest.approx(1.24998, rel=1e-12)
    with pytest.raises(ModelError, match="above the threshold, where the neuron fires, is left out"):
        fixed_points(neuron, I=1.2501)
    nothing = fixed_points(neuron, I=1.2501, throw=False)
    assert len(nothing) == 0 and "could rest" in nothing.status
    assert len(fixed_points(Neuron(MOVING, threshold="v > theta"), I=2)) == 1  # a spike that resets nothing


def test_of_two_equilibria_the_one_above_a_moving_threshold_is_left_out():
    """v**2 + I - 0 = 0 at -1 and 1; theta = 0.5 + v/5 is -+ 0.2 beside its rest."""
    text = "dv/dt = (v**2 + I)/ms : 1\ndtheta/dt = (0.5 + 0.2*v - theta)/ms : 1\nI : 1 = -1"
    found = fixed_points(Neuron(text, threshold="v > theta", reset="v = -2"))
    assert [point.state["v"] for point in found] == [-1.0] and "left out" in found.status


@pytest.mark.parametrize(
    "term, root",
    [
        ("maximum(v, 0)**3", 0.6823278038280193),  # v**3 + v = 1
        ("(v**2 if v > 0 else 0)", (np.sqrt(5) - 1) / 2),
        ("v*abs(v)", (np.sqrt(5) - 1) / 2),
        ("maximum(v*w, 0)**2", None),
        ("clip(v, 0, 1)**2*(3 - 2*clip(v, 0, 1))", 0.5),
        ("(a*v if v > 0 else b*v)", 0.5),
    ],
)
def test_pieces_that_meet_smoothly_are_accepted(term, root):
    text = f"dv/dt = (1 - v - {term})/ms : 1\ndw/dt = (v - w)/ms : 1\na : 1 = 1\nb : 1 = 1"
    found = fixed_points(Neuron(text))
    assert root is None or [point.state["v"] for point in found] == [pytest.approx(root, rel=1e-12)]


def test_a_quantity_with_a_kink_may_be_used_smoothly():
    (point,) = fixed_points(Neuron("dv/dt = (1 - v - r**2)/ms : 1\nr = maximum(v, 0) : 1"))
    assert point.state["v"] == pytest.approx((np.sqrt(5) - 1) / 2, rel=1e-12)


@pytest.mark.parametrize(
    "term",
    [
        "maximum(v, 0)", "abs(v)", "(1e-3 if v > 0 else 0)", "(1.001*v if v > 0 else v)", "floor(v)", "clip(v, 0, 1)",
        "v % 2", "(1 if v > 1e6 else 0)", "(v**2 if v > 0 and v < 5 else 0)",
    ],
)  # fmt: skip
def test_pieces_that_do_not_are_refused(term):
    with pytest.raises(ModelError, match=r"the equation of 'v' \(line 1\) has a jump or a kink"):
        fixed_points(Neuron(f"dv/dt = (1 - v - {term})/ms : 1"))
