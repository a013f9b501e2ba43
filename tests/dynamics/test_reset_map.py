"""The return map of a reset, against closed forms, other integrators and known maps."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from rheobase import library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.resets.map_orbits import (
    burst_border,
    cycle_length,
    exponent,
    multipliers,
    slopes,
    spikes_per_burst,
)
from rheobase.dynamics.resets.reset_map import reset_map
from rheobase.dynamics.resets.spike_section import Section
from rheobase.errors import ModelError
from rheobase.library.trajectory import spike_times
from rheobase.model.neuron import Neuron

#: A clock with a memory that does not act on it: the map is w exp(-T/tau_w) + b.
CLOCK = """dv/dt = rate : 1 (unless refractory)
dw/dt = -w/tau_w : pA{flag}
rate : 1/ms = 0.1/ms
tau_w : ms = 30*ms
b : pA = 5*pA"""


def clock(flag: str = "", **options) -> Neuron:
    return Neuron(CLOCK.format(flag=flag), threshold="v > 1", reset="v = 0; w += b", name="clock", **options)


@pytest.mark.parametrize(
    ("flag", "refractory", "period", "decaying"),
    [("", None, 10.0, 10.0), ("", "4*ms", 14.0, 14.0), (" (unless refractory)", "4*ms", 14.0, 10.0)],
)
def test_clock(flag: str, refractory: str | None, period: float, decaying: float):
    """Slope, fixed point and period in closed form; memory decays in the refractory time unless it is held."""
    found = reset_map(clock(flag, refractory=refractory))
    decay = np.exp(-decaying / 30.0)
    (point,) = found.fixed_points
    assert point.state["w"] == pytest.approx(5.0 / (1.0 - decay), rel=1e-9)
    assert point.slope == pytest.approx(decay, rel=1e-6)
    assert point.period_ms == pytest.approx(period, rel=1e-9)
    np.testing.assert_allclose(found.image, found.w * decay + 5.0, rtol=1e-8)
    np.testing.assert_allclose(found.interval, period, rtol=1e-9)
    assert found.attractor.kind == "regular"
    assert found.attractor.points[0, 0] == pytest.approx(point.state["w"], rel=1e-9)
    assert found.attractor.share == 1.0


def test_units_of_the_memory():
    nano = clock().with_(equations=CLOCK.format(flag="").replace("w/tau_w : pA", "w/tau_w : nA"))
    (point,) = reset_map(nano).fixed_points
    assert reset_map(nano).units == ("nA",)
    assert point.state["w"] == pytest.approx(0.005 / (1.0 - np.exp(-1.0 / 3.0)), rel=1e-9)


def two_memories() -> Neuron:
    text = CLOCK.format(flag="") + "\ndz/dt = -z/(7*ms) : 1"
    return Neuron(text, threshold="v > 1", reset="v = 0; w += b; z += 1")


def test_two_memories():
    """Two free states: the map is a plane, its multipliers are the two decays."""
    found = reset_map(two_memories())
    (point,) = found.fixed_points
    assert found.free == ("w", "z")
    assert point.multipliers == pytest.approx((np.exp(-10 / 30), np.exp(-10 / 7)), rel=1e-6)
    assert point.state["z"] == pytest.approx(1 / (1 - np.exp(-10 / 7)), rel=1e-8)
    assert not found.w.size


def test_a_reset_by_a_jump_still_forgets_the_voltage():
    """At the threshold v is 1 whatever it was before, so 'v -= 1' is a reset to 0."""
    found = reset_map(clock().with_(reset="v -= 1; w += b"))
    assert found.free == ("w",)
    assert found.fixed_points[0].period_ms == pytest.approx(10.0, rel=1e-9)


def test_a_threshold_that_adapts():
    """Threshold and memory in one: v reaches th where 30 (1 - exp(-(T - 2)/10)) - 15 = A exp(-T/100)."""
    text = """dv/dt = (30*mV - 65*mV - v)/(10*ms) : mV = -65*mV (unless refractory)
    dth/dt = (-50*mV - th)/(100*ms) : mV = -50*mV"""
    found = reset_map(Neuron(text, threshold="v > th", reset="v = -65*mV; th += 5*mV", refractory="2*ms"))

    def gap(period):
        height = 30 * (1 - np.exp(-(period - 2) / 10)) - 15
        return height - (height + 5) * np.exp(-period / 100)

    (point,) = found.fixed_points
    assert point.period_ms == pytest.approx(brentq(gap, 20, 40, xtol=1e-13), rel=1e-9)
    assert found.free == ("th",)


def test_models_without_memory_have_a_period_only():
    found = reset_map(library.lif(), 1000)
    assert found.free == ()
    assert found.fixed_points[0].period_ms == pytest.approx(2.0 - 10.0 * np.log(1.0 - 375.0 / 1000.0), rel=1e-9)
    assert found.attractor.period_ms == pytest.approx(found.fixed_points[0].period_ms, rel=1e-9)
    below = reset_map(library.lif(), 374)
    assert below.fixed_points == ()
    assert below.attractor.kind == "rest"


def _liouville(neuron: Neuron, w: float, current: float) -> tuple[float, float]:
    """Slope and interval of a planar map: ratio of the speeds through the sections times exp(int div f dt)."""
    field = VectorField.of(neuron, smooth=False).with_values(I=current)
    peak, start = field.values[field.index("v_peak")], Section.of(field).starts(np.array([[w]]), field.values)[0]

    def rhs(t, y):
        return [*field.rhs(y[:2]), np.trace(field.jacobian(y[:2]))]

    def spike(t, y):
        return y[0] - peak

    spike.terminal = True
    run = solve_ivp(rhs, (0, 1000), [*start, 0.0], method="DOP853", rtol=1e-11, atol=1e-11, events=spike)
    end = run.y_events[0][0]
    return float(field.rhs(start)[0] / field.rhs(end[:2])[0] * np.exp(end[2])), float(run.t_events[0][0])


@pytest.mark.parametrize(
    ("neuron", "current", "stable"),
    [
        (library.izhikevich2003("fast_spiking"), 10.0, True),
        (library.izhikevich2003("thalamocortical"), 10.0, True),
        (library.izhikevich2007(), 100.0, True),
        (library.adex("tonic", v_peak="-40 mV"), 500.0, True),
        (library.adex("delayed_regular_bursting", v_peak="-40 mV"), 110.0, False),
    ],
)
def test_slope_of_a_fixed_point_by_liouville(neuron: Neuron, current: float, stable: bool):
    (point,) = reset_map(neuron, current).fixed_points
    slope, interval = _liouville(neuron, next(iter(point.state.values())), current)
    assert point.stable is stable
    assert point.slope == pytest.approx(slope, rel=2e-5)
    assert point.period_ms == pytest.approx(interval, rel=1e-8)


def test_turning_point_is_the_maximum():
    """There the reset lies on the nullcline of the voltage: 0.04 c**2 + 5 c + 140 - u + I = 0."""
    found = reset_map(library.izhikevich2003("regular_spiking"), 10)
    assert found.turning == pytest.approx(0.04 * 65**2 - 5 * 65 + 140 + 10, abs=1e-9)
    assert found.w[np.nanargmax(found.image)] == pytest.approx(found.turning, abs=0.2)


@pytest.mark.parametrize(
    ("neuron", "current", "sizes"),
    [
        (library.adex("regular_bursting"), "210 pA", (2,)),
        (library.adex("delayed_regular_bursting"), "110 pA", (4,)),
        (library.izhikevich2003("chattering"), "10 mV/ms", (5,)),
    ],
)
def test_bursts_are_cycles_of_the_map(neuron: Neuron, current: str, sizes: tuple[int, ...]):
    """Against the spike times of an independent integration."""
    found = reset_map(neuron, current)
    assert found.attractor.kind == "bursting"
    assert found.attractor.spikes_per_burst == sizes
    assert abs(found.attractor.multipliers[0]) < 1
    assert all(not point.stable for point in found.fixed_points)
    peak = {"v_peak": "-20 mV"} if neuron.name == "adex" else {}  # LSODA cannot follow the upstroke much further
    late = np.diff(spike_times(neuron, 600.0, {"I": current, **peak}))[-3 * sum(sizes) :]
    cycle = np.sort(late[-sum(sizes) :])
    np.testing.assert_allclose(np.sort(found.attractor.intervals_ms), cycle, rtol=1e-3)


def test_chaos_and_a_window_of_order_in_it():
    """The map of Naud's irregular neuron: chaotic at 155 pA; at the paper's 160 pA a stable cycle of ten spikes."""
    neuron = library.adex("irregular")
    wild, window = reset_map(neuron, 155, points=17), reset_map(neuron, 160, points=17)
    assert wild.chaotic
    assert wild.attractor.exponent is not None
    assert wild.attractor.exponent.value > 0.2 + 3 * wild.attractor.exponent.error
    assert window.attractor.kind == "cycle"
    assert window.attractor.period == 10
    assert abs(window.attractor.multipliers[0]) < 1


def test_period_adding_route():
    """Regular firing, period doubling, chaos, then bursts of 3, 4 and 5 as the reset is raised."""
    start = reset_map(library.adex("irregular"), 160, points=9)
    found = start.orbit_diagram("v_reset", (-49, -46.3), points=28, keep=96)
    assert found.period[0] == 1
    assert 2 in found.period
    assert found.chaotic.any()
    sizes = found.spikes_per_burst[found.spikes_per_burst > 1]
    assert {3, 4, 5} <= set(sizes.tolist())
    assert np.all(np.diff(sizes[sizes > 2]) >= 0)
    cycles = found.period > 0
    assert np.all(found.exponent[cycles] < 0.05)
    assert f"chaos at {found.chaotic.sum()}" in found.status


def test_where_no_spike_follows():
    """The transient neuron: above a value of w rest is reached; the end is a border of the basin of rest."""
    found = reset_map(library.adex("transient"), 180)
    assert found.attractor.kind == "rest"
    assert found.fixed_points == ()
    (end,) = found.ends
    field = VectorField.of(library.adex("transient"), smooth=False).with_values(I=180.0)
    around = Section.of(field).images(np.array([[end - 1e-6], [end + 1e-6]]), field.values, 1e5)
    assert np.isfinite(around.intervals[0])
    assert around.rests.tolist() == [False, True]


def test_firing_and_rest_side_by_side():
    found = reset_map(library.izhikevich2003("resonator", c="-60 mV", d="0 mV/ms"), 0.24)
    assert {attractor.kind for attractor in found.attractors} == {"regular", "rest"}
    assert found.bistable
    assert sum(attractor.share for attractor in found.attractors) == pytest.approx(1.0)
    assert "from other states" in found.status


@pytest.mark.parametrize(("r", "length", "multiplier"), [(2.8, 1, -0.8), (3.2, 2, 0.16)])
def test_cycles_of_the_logistic_map(r: float, length: int, multiplier: float):
    """The multiplier of its 2-cycle is 4 + 2 r - r**2."""
    orbit = [0.3]
    for _ in range(600):
        orbit.append(r * orbit[-1] * (1 - orbit[-1]))
    points = np.array(orbit[300:])[:, None]
    assert cycle_length(points, np.ones(1)) == length
    matrices = slopes(lambda x: r * x * (1 - x), points[:length], np.ones(1))
    assert multipliers(matrices)[0] == pytest.approx(multiplier, abs=1e-8)


@pytest.mark.parametrize(("r", "length"), [(2.97, 1), (2.98, 1), (3.02, 2), (3.44, 2), (3.46, 4)])
def test_slow_alternation_is_not_yet_a_longer_cycle(r: float, length: int):
    """Period doublings at 3 and 1 + sqrt 6; beside them the orbit needs hundreds of steps to settle."""
    orbit = [0.4]
    for _ in range(359):
        orbit.append(r * orbit[-1] * (1 - orbit[-1]))
    assert cycle_length(np.array(orbit[200:])[:, None], np.ones(1), tol=1e-4) == length


def test_lyapunov_exponents_of_known_maps():
    """ln 2 for the logistic map with r = 4; 0.41922 for the Henon map (Sprott 2003)."""
    x, orbit = 0.3123, []
    for _ in range(4000):
        x = 4.0 * x * (1.0 - x)
        orbit.append(x)
    found = exponent(slopes(lambda x: 4 * x * (1 - x), np.array(orbit)[:, None], np.ones(1), fine=False))
    assert found.positive
    assert abs(found.value - np.log(2.0)) < 3 * found.error + 1e-4
    state, path = np.array([0.1, 0.1]), []
    for _ in range(4000):
        state = np.array([1 - 1.4 * state[0] ** 2 + state[1], 0.3 * state[0]])
        path.append(state)
    henon = lambda z: np.column_stack([1 - 1.4 * z[:, 0] ** 2 + z[:, 1], 0.3 * z[:, 0]])  # noqa: E731
    found = exponent(slopes(henon, np.array(path), np.ones(2)))
    assert abs(found.value - 0.41922) < 4 * found.error


def test_bursts_in_intervals():
    assert spikes_per_burst(np.array([3.0, 4.0, 50.0, 3.0, 50.0])) == (3, 2)
    assert spikes_per_burst(np.array([10.0, 11.0, 12.0])) == ()
    assert spikes_per_burst(np.array([10.0])) == ()
    assert burst_border(np.array([1.0, 4.0])) == pytest.approx(2.0)


def test_slopes_beside_a_jump_and_where_it_is_steep():
    """A step of the differences that reaches over a jump would see a slope of thousands."""
    jump = lambda x: 0.5 * x + 3.0 * (x > 0.5)  # noqa: E731
    assert slopes(jump, np.array([[0.5 - 2e-5], [0.5 + 3e-6]]), np.ones(1), fine=False).ravel() == pytest.approx(0.5)
    steep = lambda x: np.tanh(1e3 * (x - 0.5))  # noqa: E731
    assert slopes(steep, np.array([[0.5]]), np.ones(1), fine=False).ravel() == pytest.approx(1e3, rel=1e-3)


def test_no_attracting_cycle_grows():
    """Here one of seven states lies beside a cliff of the map; its slope there is -9e-4."""
    found = reset_map(library.adex("irregular"), 160, points=9).orbit_diagram(
        "v_reset", ("-45.48993288590604 mV", "-45.48 mV"), points=2, keep=48
    )
    assert found.period[0] == 7
    assert np.all(found.exponent[found.period > 0] < 0.0)
    assert "bursts of 7 spikes" in found.summary() and str(found) == found.status


ABOVE = "dv/dt = (I - v)/(10*ms) : 1 (unless refractory)\ndw/dt = -w/(50*ms) : 1\nI : 1 = 2\ndrive : 1 = 0"


def test_a_reset_above_the_threshold():
    """With a refractory time of 4 ms it fires every 4 ms, and w settles to 1/(1 - exp(-4/50)); without, at once."""
    neuron = Neuron(ABOVE, threshold="v > 1", reset="v = 1.5; w += 1", refractory="4*ms")
    found = reset_map(neuron, points=9)
    assert found.attractor.kind == "regular" and found.attractor.period_ms == pytest.approx(4.0, rel=1e-9)
    assert found.attractor.points[0, 0] == pytest.approx(1 / (1 - np.exp(-4 / 50)), rel=1e-9)
    assert "slope 0.9231" in found.summary() and " 1," not in found.summary()
    endless = reset_map(neuron.with_(refractory=None), points=9)
    assert endless.attractor.kind == "lost"
    assert "its reset leaves it above the threshold" in endless.status


def test_the_input_can_be_named():
    neuron = library.adex("tonic", I="500 pA")
    found = reset_map(neuron, "50 pA", input="b", points=9)
    assert (found.input, found.input_unit) == (50.0, "pA")
    assert found.attractor.period_ms == reset_map(neuron, b="50 pA", points=9).attractor.period_ms


def test_refusals():
    with pytest.raises(ModelError, match=r"has no reset, so it has no return map of a reset; .* cycles"):
        reset_map(library.hodgkin_huxley(), 10)
    with pytest.raises(ModelError, match="has no parameter 'v_rest'"):
        reset_map(library.adex(), 500, v_rest="-50 mV")
    with pytest.raises(ModelError, match="the range of w is empty: 10 to 5"):
        reset_map(library.adex("tonic"), 500, range=(10, 5))
    with pytest.raises(ModelError, match="no input parameter such as 'I'"):
        reset_map(clock(), 5)
    with pytest.raises(ModelError, match="a spike leaves 0 free"):
        reset_map(library.lif(), 1000).orbit_diagram("I", (400, 1000))
    with pytest.raises(ModelError, match="the range of v_reset is empty"):
        reset_map(library.adex("tonic"), 500, points=9).orbit_diagram("v_reset", (-40, -50))
    with pytest.raises(ModelError, match="has no parameter 'v_rest'"):
        reset_map(library.adex("tonic"), 500, points=9).orbit_diagram("v_rest", (-50, -40))
    with pytest.raises(ModelError, match="points has to be a whole number of at least 2"):
        reset_map(library.adex("tonic"), 500, points=9).orbit_diagram("v_reset", (-50, -40), points=1)
    with pytest.raises(ModelError, match=r"the range of w has to be a pair \(low, high\)"):
        reset_map(library.adex("tonic"), 500, range=(10,))
    with pytest.raises(ModelError, match="points has to be a whole number of at least 2"):
        reset_map(library.adex("tonic"), 500, points=-3)


def test_a_range_can_be_given():
    found = reset_map(library.adex("tonic"), 500, range=("20 pA", "60 pA"), points=9)
    assert (found.w[0], found.w[-1]) == (20.0, 60.0)
    assert len(found.fixed_points) == 1


def test_figures_name_their_axes():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = reset_map(library.adex("delayed_regular_bursting"), 110)
    for figure in (found.plot(), found.orbit_diagram("I", (100, 120), points=12, keep=48).plot()):
        assert all(axes.get_ylabel() for axes in figure.axes)
        assert figure.axes[-1].get_xlabel()
        pyplot.close(figure)
    assert "bursts of 4 spikes" in found.summary()


def test_figures_of_maps_without_a_graph():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    intervals, after = reset_map(two_memories()).plot().axes
    assert intervals.get_title(loc="left") == "neuron: regular"
    assert len(intervals.lines[0].get_xdata()) == 12
    assert (after.get_xlabel(), after.get_ylabel()) == ("w just after a spike (pA)", "z just after a spike")
    low, high = after.get_xlim()
    assert high - low > 0.1 * high
    pyplot.close("all")


def test_numbers_of_a_logarithmic_axis_can_be_read():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = reset_map(library.adex("irregular"), 160, points=33).plot()
    assert len([tick for tick in figure.axes[1].get_yticklabels() if tick.get_text()]) >= 3
    pyplot.close(figure)
