"""Phase portraits against systems whose nullclines, separatrices, cycles and basins are known."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot

from rheobase import ModelError, Neuron, library
from rheobase.dynamics.equilibria.fixed_points import fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.path import path
from rheobase.dynamics.portrait.basins import ESCAPES, Ends
from rheobase.dynamics.portrait.frozen import frozen
from rheobase.dynamics.portrait.limit_cycles import unstable_cycles
from rheobase.dynamics.portrait.nullclines import nullclines
from rheobase.dynamics.portrait.phase_portrait import phase_portrait
from rheobase.dynamics.portrait.section import Section
from rheobase.dynamics.portrait.separatrix import branches
from rheobase.dynamics.portrait.window import Window
from rheobase.numerics.level_curve import level_curve

EPS = np.finfo(float).eps


def plane(text, limits, **values):
    """The section of a model with two states, and limits."""
    neuron = text if isinstance(text, Neuron) else Neuron(text)
    field = VectorField.of(neuron, **values)
    return Section(field, *field.states), limits


def worst(section, limits, found):
    """The largest distance of a point from its nullcline, as a fraction of the window, over all nullclines."""
    distances = [0.0]
    span = np.array([np.ptp(limits[0]), np.ptp(limits[1])])[:, None]
    for row, group in enumerate(found):
        for branch in group:
            slope = np.abs(section.slopes(branch)[row] * span).sum(axis=0)
            distances.append(float(np.max(np.abs(section.values(branch)[row]) / slope)))
    return max(distances)


CONDUCTANCE = [
    ("inap_ik", "homoclinic", "n", ((-90.0, 20.0), (-0.1, 1.0)), {"I": 4}),
    ("morris_lecar", "snic", "n", ((-80.0, 60.0), (-0.1, 1.0)), {"I": 35}),
    ("adex", None, "w", ((-80.0, 20.0), (-100.0, 500.0)), {}),
    ("izhikevich2003", None, "u", ((-90.0, 30.0), (-30.0, 20.0)), {"I": 3}),
]


@pytest.mark.parametrize(("name", "preset", "y", "limits", "values"), CONDUCTANCE)
def test_nullclines_are_zeros_to_rounding(name, preset, y, limits, values):
    """A point is off by the rounding of its own coordinates, a few units of 1e-16 of the window."""
    section, limits = plane(library.make(name, **({"preset": preset} if preset else {})), limits, **values)
    found = nullclines(section, limits)
    assert all(found)
    assert worst(section, limits, found) < 10 * EPS
    for branch in (*found[0], *found[1]):
        steps = np.abs(np.diff(branch, axis=1)) / np.array([[np.ptp(limits[0])], [np.ptp(limits[1])]])
        assert steps.max() < 0.05  # no jump from branch to branch


def test_cubic_nullcline_of_fitzhugh_and_nagumo():
    section, limits = plane(library.fitzhugh_nagumo(), ((-2.5, 2.5), (-1.0, 1.0)), I=0.3)
    (cubic,), (line,) = nullclines(section, limits)
    v, w = cubic
    assert np.abs(w - (v - v**3 / 3 + 0.3)).max() < 8 * EPS
    assert np.abs(0.8 * line[1] - line[0] - 0.7).max() < 8 * EPS
    assert (cubic[1, 0], cubic[1, -1]) == pytest.approx((1.0, -1.0), abs=1e-12)  # cut exactly at the window's edge


def test_a_pole_parts_a_nullcline():
    """The potassium gate at which the voltage stands still has a pole at the reversal potential of potassium."""
    section, limits = plane(library.inap_ik(), ((-120.0, 20.0), (-3.0, 3.0)))
    voltage, _ = nullclines(section, limits)
    assert len(voltage) == 2
    sides = sorted((branch[0].min(), branch[0].max()) for branch in voltage)
    assert sides[0][1] < -90.0 < sides[1][0]
    assert {round(float(np.abs(branch[1]).max()), 9) for branch in voltage} == {3.0}


def test_straight_lines_of_lotka_and_volterra():
    """x (1 - y): the line x = 0 is a zero of a(x) + b(x) y that no formula y = -a/b gives."""
    section, limits = plane("dx/dt = x*(1 - y)/ms : 1\ndy/dt = y*(x - 1)/ms : 1", ((-0.5, 3.0), (-0.5, 3.0)))
    first, second = nullclines(section, limits)
    shape = sorted([float(np.ptp(branch[0])) < 1e-12, float(np.ptp(branch[1])) < 1e-12] for branch in first)
    assert shape == [[False, True], [True, False]]
    assert worst(section, limits, (first, second)) < 10 * EPS
    assert {round(float(branch[1].mean()), 12) for branch in second if np.ptp(branch[1]) < 1e-12} == {0.0}


def test_nullclines_that_are_no_graphs():
    """A circle and a cross: found by marching squares, moved onto the curve by Newton's method."""
    section, limits = plane(
        "dx/dt = (x**2 + y**2 - 1)/ms : 1\ndy/dt = (x**2 - y**2)/ms : 1", ((-1.5, 1.6), (-1.7, 1.5))
    )
    (circle,), cross = nullclines(section, limits)
    assert np.abs(np.hypot(*circle) - 1.0).max() < 4 * EPS
    assert np.array_equal(circle[:, 0], circle[:, -1])
    turned = np.unwrap(np.arctan2(circle[1], circle[0]))
    assert abs(turned[-1] - turned[0]) == pytest.approx(2 * np.pi)
    assert all(np.abs(np.abs(part[0]) - np.abs(part[1])).max() < 4 * EPS for part in cross)


def test_a_sign_change_at_infinity_is_no_zero():
    curve = level_curve(
        lambda p: p[1] - 1 / p[0], lambda p: np.stack([1 / p[0] ** 2, np.ones_like(p[0])]), ((-2.1, 2.0), (-2.0, 2.1))
    )
    assert len(curve) == 2
    assert all(np.abs(part[0] * part[1] - 1.0).max() < 8 * EPS for part in curve)


def test_steady_section_has_the_equilibria_of_the_whole_model():
    """With m and h at their steady state, the two nullclines cross where all four equations are zero."""
    field = VectorField.of(library.hodgkin_huxley(), I=10)
    section = Section(field, "v", "n")
    limits = ((-80.0, 20.0), (0.0, 1.0))
    found = nullclines(section, limits)
    assert worst(section, limits, found) < 20 * EPS
    (rest,) = fixed_points(field)
    assert np.abs(section.values(rest.point[section.pair][:, None])).max() < 1e-12
    lifted = section.lift(np.array([[-40.0, -60.0], [0.5, 0.3]]))
    assert np.abs(field.rhs(lifted)[section.others]).max() < 1e-15
    h = 1e-5
    for axis in range(2):
        step = np.zeros((2, 1))
        step[axis] = h
        points = np.array([[-40.0, -60.0], [0.5, 0.3]])
        slope = (section.values(points + step) - section.values(points - step)) / (2 * h)
        assert section.slopes(points)[:, axis] == pytest.approx(slope, rel=1e-6, abs=1e-6)


def saddle_branches(text, limits=((-1.0, 1.0), (-1.0, 1.0))):
    section, limits = plane(text, limits)
    return branches(tuple(fixed_points(section.field)), (), Window(section, limits))


def test_manifolds_of_a_linear_saddle_are_its_eigenlines():
    """x' = x + 2 y, y' = -y: along (1, 0) outwards, along (1, -1) inwards."""
    found = saddle_branches("dx/dt = (x + 2*y)/ms : 1\ndy/dt = -y/ms : 1")
    assert [branch.kind for branch in found] == ["unstable", "unstable", "stable", "stable"]
    for branch in found:
        x, y = branch.states
        assert np.abs(y if branch.kind == "unstable" else x + y).max() < 1e-12
        assert np.abs(branch.states[:, -1]).max() == pytest.approx(1.5, abs=1e-12)  # a quarter beyond the window
        assert branch.end == "window"
    assert {int(np.sign(branch.states[0, -1])) for branch in found if branch.kind == "unstable"} == {-1, 1}


def test_a_curved_manifold():
    """x' = x, y' = x**2 - y has the unstable manifold y = x**2/3; the integration is good to 1e-10 of a step."""
    for branch in saddle_branches("dx/dt = x/ms : 1\ndy/dt = (x**2 - y)/ms : 1"):
        x, y = branch.states
        assert np.abs(y - x**2 / 3 if branch.kind == "unstable" else x).max() < 1e-9


def test_separatrix_of_a_pendulum():
    """Without friction the energy y**2/2 - cos x is that of the saddle, 1, all along its manifolds."""
    section, limits = plane("dx/dt = y/ms : 1\ndy/dt = -sin(x)/ms : 1", ((1.0, 5.0), (-2.5, 2.5)))
    points = tuple(fixed_points(section.field, box={"x": (3, 3.3), "y": (-1, 1)}))
    for branch in branches(points, (), Window(section, limits)):
        x, y = branch.states
        assert np.abs(0.5 * y**2 - np.cos(x) - 1.0).max() < 1e-8
        assert branch.end == "window"


TURNING = """
dx/dt = (-y + x*(1 - r)*(4 - r)*s)/ms : 1 = 0.5
dy/dt = (x + y*(1 - r)*(4 - r)*s)/ms : 1
r = x**2 + y**2 : 1
s : 1 = -0.1
"""


def test_unstable_cycle_of_a_plane():
    """Radius 1 is unstable and radius 2 stable, or the other way round, both with the period 2 pi."""
    section, limits = plane(TURNING, ((-3.0, 3.0), (-3.0, 3.0)))
    points = tuple(fixed_points(section.field, box={"x": (-1, 1), "y": (-1, 1)}))
    assert [point.kind for point in points] == ["stable focus"]
    (cycle,) = unstable_cycles(section.field, points, (), 30.0, Window(section, limits))
    assert not cycle.stable
    assert cycle.period_ms == pytest.approx(2 * np.pi, rel=1e-9)
    assert np.abs(np.hypot(*cycle.states) - 1.0).max() < 1e-6  # the curve between its points is the interpolant


def test_an_orbit_ends_where_it_is_told_to_even_next_to_infinity():
    """x' = x**2 from 1 is 1/(1 - t): at 1e12 what is left is 1e-12, of which a clock near 1 resolves 1e-4."""
    field = VectorField.of(Neuron("dx/dt = x**2/ms : 1"))
    found = path(field, np.array([1.0]), 5.0, {"far": lambda x: x[0] - 1e12})
    assert found.end == "far"
    assert found.states[0, -1] == pytest.approx(1e12, rel=3e-4)
    assert found.times[-1] == pytest.approx(1.0, abs=1e-9)


def test_frozen_states_are_parameters():
    fast = frozen(library.adex(), {"w": 100.0})
    assert fast.states == ("v",)
    assert fast.parameters["w"] == 100.0
    assert [line.name for line in fast.reset] == ["v"]
    whole, part = VectorField.of(library.adex()), VectorField.of(fast)
    assert part.rhs([-50.0])[0] == whole.rhs([-50.0, 100.0])[0]
    text = "dv/dt = (E_L - v)/tau : volt (unless refractory) = -60*mV # leak\nE_L, W : volt\ntau : second"
    held = frozen(Neuron(text, E_L="-60 mV", W="0 mV", tau="10 ms", v="-61 mV"), {"v": -55.0})
    assert held.states == () and held.parameters["v"] == -55.0


BISTABLE = "dx/dt = (x - x**3)/ms : 1 = 0.5\ndy/dt = (x**2 - y)/ms : 1"


def test_a_basin_boundary_that_is_known():
    """x' = x - x**3: the separatrix of the saddle at 0 is x = 0, whatever y does."""
    portrait = phase_portrait(Neuron(BISTABLE), limits={"x": (-1.5, 1.4), "y": (-1, 2)})
    assert [point.kind for point in portrait.equilibria] == ["stable node", "saddle", "stable node"]
    for manifold in portrait.separatrices:
        assert np.abs(manifold.points[0]).max() < 1e-12
    found = portrait.basins
    right = np.broadcast_to(found.x > 0, found.labels.shape)
    left, other = (found.names.index(f"stable node at x = {place}") for place in ("-1", "1"))
    assert np.array_equal(found.labels, np.where(right, other, left))
    assert found.of(0.3, 1.0) == "stable node at x = 1"
    ends = {manifold.end for manifold in portrait.manifolds if manifold.kind == "unstable"}
    assert ends == {"goes to equilibrium 1", "goes to equilibrium 3"}
    assert portrait.cycles == ()
    for orbit in portrait.orbits:
        assert np.sign(orbit.points[0, 0]) * orbit.points[:, -1][0] == pytest.approx(1.0, abs=5e-3)


@pytest.fixture(scope="module")
def homoclinic():
    return phase_portrait(library.inap_ik("homoclinic"), I=4)


def test_bistable_neuron(homoclinic):
    """Persistent sodium and potassium between its homoclinic orbit at 3.09 and its saddle-node at 4.51."""
    assert [point.kind for point in homoclinic.equilibria] == ["stable node", "saddle", "unstable focus"]
    (cycle,) = homoclinic.cycles
    assert cycle.stable
    rest, firing = homoclinic.basins.names
    assert rest.startswith("stable node at v = -62.59") and firing.startswith("limit cycle")
    assert homoclinic.basins.of(-25.0, 0.4) == firing
    assert homoclinic.basins.of(-62.0, 0.0) == rest
    assert {manifold.end for manifold in homoclinic.manifolds if manifold.kind == "unstable"} == {
        "goes to limit cycle 1",
        "goes to equilibrium 1",
    }


def test_the_separatrix_parts_the_basins(homoclinic):
    """On both sides of it, two cells of the grid of basins away, starts end differently."""
    width, height = (np.ptp(homoclinic.limits[name]) for name in ("v", "n"))
    cell = max(1 / len(homoclinic.basins.x), 1 / len(homoclinic.basins.y))
    seen = 0
    for manifold in homoclinic.separatrices:
        v, n = manifold.points[:, 1:]
        inside = (v > -60) & (v < -20) & (n > 0.1) & (n < 0.75)
        for k in np.flatnonzero(inside)[:-1:5]:
            along = np.array([(v[k + 1] - v[k]) / width, (n[k + 1] - n[k]) / height])
            across = 3 * cell * np.array([-along[1], along[0]]) / np.hypot(*along)
            sides = [homoclinic.basins.of(v[k] + s * across[0] * width, n[k] + s * across[1] * height) for s in (1, -1)]
            seen += 1
            assert len(set(sides)) == 2
    assert seen > 3


def test_a_neuron_with_a_reset():
    """At rest below threshold, and a spike from the right of the separatrix; w jumps by b, v goes to v_reset."""
    portrait = phase_portrait(library.adex(), trajectories=[(-35, 0), {"v": "-60 mV", "w": 0}])
    assert [point.kind for point in portrait.equilibria] == ["stable node", "saddle"]
    assert (portrait.threshold, portrait.reset) == pytest.approx((20.0, -70.6))
    fires, rests = portrait.orbits
    assert len(fires.spikes) == len(fires.resets) >= 1 and len(rests.spikes) == 0
    (before, after) = fires.resets[0]
    assert before[0] == pytest.approx(20.0, abs=1e-6) and after[0] == pytest.approx(-70.6)
    assert after[1] - before[1] == pytest.approx(80.5)
    assert fires.points[:, -1] == pytest.approx([-70.6, 0.0], abs=0.5)
    assert set(portrait.basins.names) == {"stable node at v = -70.6 mV", "fires, then rests"}
    separatrix = np.concatenate([manifold.points for manifold in portrait.separatrices], axis=1)
    for w in (0.0, 50.0, 150.0):
        edge = separatrix[0, np.argmin(np.abs(separatrix[1] - w))]
        assert portrait.basins.of(edge - 3, w) == "stable node at v = -70.6 mV"
        assert portrait.basins.of(edge + 3, w) == "fires, then rests"
    assert "reaches the threshold" in portrait.summary()


def test_slice_and_projection_say_which():
    whole = phase_portrait(library.hodgkin_huxley(), "v", "n", I=10, basins=False, trajectories=1)
    assert "m, h at steady state, orbits projected" in whole.title
    (cycle,) = whole.cycles
    assert cycle.period_ms == pytest.approx(14.6362099898, rel=1e-7)
    assert set(cycle.states) == {"v", "m", "h", "n"}
    held = phase_portrait(library.hodgkin_huxley(), "v", "n", slice={"m": 0.05, "h": 0.6}, basins=False, trajectories=0)
    assert "slice at m = 0.05, h = 0.6" in held.title and "slice at m = 0.05" in held.summary()
    assert len(held.equilibria) == 1 and held.equilibria[0].field.states == ("v", "n")


def test_phase_line():
    """x' = b + x**2 - 0.25: two equilibria that are -0.5 and 0.5, the right one the threshold."""
    line = phase_portrait(Neuron("dx/dt = (x**2 - 0.25)/ms : 1"))
    assert [(point.kind, point.state["x"]) for point in line.equilibria] == [
        ("stable node", pytest.approx(-0.5)),
        ("unstable node", pytest.approx(0.5)),
    ]
    assert list(line.basins.items()) == [(pytest.approx(-0.5), (-np.inf, pytest.approx(0.5)))]
    assert "from below 0.5 it goes to x = -0.5" in line.summary()
    assert line.rates == pytest.approx(line.values**2 - 0.25, abs=1e-12)
    assert line.values[0] < -0.5 and line.values[-1] > 0.5
    lif = phase_portrait(library.lif(), I="100 pA")
    assert (lif.threshold, lif.reset) == pytest.approx((-50.0, -65.0))
    assert list(lif.basins.items()) == [(pytest.approx(-61.0), (-np.inf, pytest.approx(-50.0)))]
    fast = phase_portrait(library.adex(), slice={"w": "0 pA"})
    assert fast.title.endswith("slice at w = 0 pA") and len(fast.equilibria) == 2


def test_units_do_not_matter():
    """The same plane in millivolt and in microvolt: limits and points differ by the factor and nothing else."""
    text = "dx/dt = (y - x)/ms : {u} = 1*mV\ndy/dt = -y/(3*ms) : {u}"
    bare_flow = {"trajectories": 0, "basins": False}
    milli = phase_portrait(Neuron(text.format(u="mV")), limits={"x": ("-5 mV", 5), "y": (-5, 5)}, **bare_flow)
    limits = {"x": ("-5 mV", 5000), "y": (-5000, "5 mV")}
    micro = phase_portrait(Neuron(text.format(u="uV")), limits=limits, **bare_flow)
    assert milli.units == ("mV", "mV") and micro.units == ("uV", "uV")
    assert np.asarray(micro.limits["x"]) == pytest.approx(1000 * np.asarray(milli.limits["x"]))
    assert micro.nullclines["x"].points == pytest.approx(1000 * milli.nullclines["x"].points)
    assert micro.flow.dx == pytest.approx(1000 * milli.flow.dx)


def test_figures(homoclinic):
    """Every branch is a line of its own, axes have units, and given axes are drawn into."""
    figure = homoclinic.plot()
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("v (mV)", "n")
    named = {text.get_text() for text in axes.get_legend().get_texts()}
    assert {"dv/dt = 0", "dn/dt = 0", "separatrix (stable manifold)", "saddle", "stable limit cycle"} <= named
    assert "_" in homoclinic.title and homoclinic.title in repr(homoclinic) and len(repr(homoclinic)) < 300
    assert axes.get_title(loc="left") == homoclinic.title
    pyplot.close(figure)
    figure, axes = pyplot.subplots()
    assert phase_portrait(library.inap()).plot(axes) is figure
    assert axes.get_ylabel() == "dv/dt (mV/ms)"
    pyplot.close(figure)


TWO = "dx/dt = (y - x)/ms : 1\ndy/dt = -y/ms : 1"
REFUSED = [
    (TWO, {"x": "z"}, "there is no state 'z' to be shown"),
    (TWO, {"x": "x", "y": "x"}, "needs two different states, but x and y are both 'x'"),
    (TWO, {"limits": {"x": (1, 1)}}, "the range of 'x' is empty: 1 is not below 1"),
    (TWO, {"limits": {"x": 3}}, "'x' needs two numbers"),
    (TWO, {"limits": {"z": (0, 1)}}, "'z' is not shown"),
    (TWO, {"limits": ((0, 1), (0, 1))}, "limits are given by name"),
    (TWO, {"slice": {"z": 1}}, "there is no state 'z'"),
    (TWO, {"slice": {"x": 1, "y": 1}}, "leave at least one out"),
    (TWO, {"slice": {"y": 1}, "y": "y"}, "only 'x' moves"),
    (TWO, {"trajectories": [3]}, "a start of a trajectory is"),
    (TWO, {"trajectories": -1}, "a number of orbits"),
    ("dx/dt = -x/ms : 1", {"y": "w"}, "only 'x' moves, so there is no plane"),
    ("dx/dt = -x/ms : 1", {"x": "w"}, "there is no state 'w'"),
    ("dx/dt = log(-1 - x**2)/ms : 1\ndy/dt = -y/ms : 1", {"limits": {"x": (0, 1), "y": (0, 1)}}, "no finite value"),
    ("dx/dt = -x/ms : 1\ndy/dt = abs(x)/ms : 1", {}, "kink"),
]


@pytest.mark.parametrize(("text", "options", "message"), REFUSED)
def test_bad_input_is_refused_with_a_sentence(text, options, message):
    with pytest.raises(ModelError) as error:
        phase_portrait(Neuron(text), **options)
    assert message in str(error.value)


def test_a_stable_manifold_does_not_come_from_what_attracts():
    """Hindmarsh and Rose's neuron bursts: in projection the manifold of its saddle passes over the cycle."""
    text = (
        "dx/dt = (y - x**3 + 3*x**2 + 2 - z)/ms : 1\ndy/dt = (1 - 5*x**2 - y)/ms : 1\n"
        "dz/dt = 0.006*(4*(x + 1.6) - z)/ms : 1"
    )
    portrait = phase_portrait(Neuron(text), "x", "z", basins=False, trajectories=0)
    ends = [manifold.end for manifold in portrait.manifolds if manifold.kind == "stable"]
    assert len(portrait.cycles) == 1 and len(ends) == 2 and not any("limit cycle" in end for end in ends)


def test_orbits_that_escape_ever_more_stiffly_are_let_go():
    """Beside the loop of a saddle orbits run off along y = x, along which x grows like exp(t) and so does the rate."""
    text = "dx/dt = y/ms : 1\ndy/dt = (-x + 0.1*y - x**2 + x*y)/ms : 1"
    field = VectorField.of(Neuron(text))
    window = Window(Section(field, "x", "y"), ((-3.0, 2.0), (-2.0, 2.0)))
    starts = np.array([[-2.5, -1.0], [-2.0, -1.5], [-2.9, 0.0]]).T
    labels, _ = Ends(field, tuple(fixed_points(field)), (), window, 60.0).of(starts)
    assert set(labels.tolist()) == {ESCAPES}
