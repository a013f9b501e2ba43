"""Branches of periodic orbits: closed forms, normal forms, published numbers, and what is no special point."""

import math
import warnings

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from rheobase import library
from rheobase.dynamics.cycles.continuation import cycle_at, cycles_from_hopf, cycles_from_orbit
from rheobase.dynamics.equilibria.continuation import continuation
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron


def hopf_at(neuron, parameter, value, state):
    """A Hopf point from its value: the other states follow by Newton's method from the given one."""
    field = VectorField.of(neuron)
    internal = field.read(parameter, value)
    p, x = field.at(**{parameter: internal}), field.start.copy()
    x[0] = state
    others = slice(1, None)
    for _ in range(30 if np.any(field.rhs(x, p)) else 0):
        x[others] -= np.linalg.solve(field.jacobian(x, p)[others, others], field.rhs(x, p)[others])
    for _ in range(10 if np.any(field.rhs(x, p)) else 0):
        x -= np.linalg.solve(field.jacobian(x, p), field.rhs(x, p))
    return SpecialPoint("hopf-degenerate", parameter, value, {}, field=field, point=x, internal=internal)


def simulated(neuron, start, duration, last, **parameters):
    """The end of an orbit, by SciPy."""
    field = VectorField.of(neuron, **parameters)
    t = np.linspace(duration - last, duration, 4000)
    run = solve_ivp(lambda _, x: field.rhs(x), (0, duration), start, rtol=1e-8, atol=1e-10, method="LSODA", t_eval=t)
    return t - t[0], np.stack([field.shown(name, run.y[i]) for i, name in enumerate(field.states)], axis=1)


def kinds(branch):
    return [point.kind for point in branch.special]


@pytest.fixture(scope="module")
def squid():
    return continuation(library.hodgkin_huxley(), "I", (0, 160)).hopf[0].cycles(bounds=(0, 160))


def test_the_squid_axon_has_three_folds_and_ends_at_the_second_hopf_point(squid):
    folds = [(7.8423471202, 16.713797), (7.9177854943, 20.707294), (6.2603212745, 19.8952407)]
    assert [point.value for point in squid.folds] == pytest.approx([value for value, _ in folds], rel=1e-9)
    assert [point.period_ms for point in squid.folds] == pytest.approx([period for _, period in folds], rel=5e-8)
    assert kinds(squid) == [
        "fold-of-cycles", "period-doubling", "period-doubling", "fold-of-cycles", "fold-of-cycles", "hopf-supercritical"
    ]  # fmt: skip
    assert squid.end.value == pytest.approx(154.52243366581, rel=1e-10)
    assert squid.complete and "ends at a Hopf point; I = 154.52243 uA/cm**2" in squid.status
    assert squid.values[0] == pytest.approx(9.7754379953931, rel=1e-10) and len(squid) < 100
    assert squid.period_ms[0] == pytest.approx(1e3 / 93.302, rel=1e-5)


@pytest.mark.parametrize(
    ("current", "period"), [(6.5, 18.1628949793), (10, 14.6362099898), (20, 11.5646974773), (50, 8.5443804113)]
)
def test_periods_of_the_squid_axon(squid, current, period):
    cycles = squid.at(f"{current} uA/cm**2")
    assert len(cycles) == (2 if current == 6.5 else 1)
    attracting = [cycle for cycle in cycles if cycle.stable]
    assert [cycle.value for cycle in attracting] == [pytest.approx(current, rel=1e-14)]
    assert attracting[0].period_ms == pytest.approx(period, rel=1e-11)


def test_the_period_doublings_of_the_squid_axon_are_there(squid):
    """A multiplier of -1 by integrating the variational equation, without collocation."""
    for point in (p for p in squid.special if p.kind == "period-doubling"):
        n, here = 4, point.field

        def extended(_, y, here=here, n=n):
            Phi = y[n:].reshape(n, n)
            return np.concatenate([here.rhs(y[:n]), (here.jacobian(y[:n]) @ Phi).ravel()])

        start = np.concatenate([point.point, np.eye(n).ravel()])
        run = solve_ivp(extended, (0, point.period_ms), start, method="DOP853", rtol=1e-11, atol=1e-13)
        multipliers = np.linalg.eigvals(run.y[n:, -1].reshape(n, n))
        assert np.min(np.abs(multipliers + 1.0)) < 1e-3
        assert np.min(np.abs(multipliers - 1.0)) < 1e-3


def test_multipliers_of_the_squid_axon_multiply_to_liouvilles_number(squid):
    cycle = squid.at(10)[0]
    orbit = cycle.internal
    trace = np.trace(cycle.here.jacobian(orbit.gauss())).reshape(orbit.mesh.N, orbit.mesh.m, 1)
    whole = orbit.period * orbit.mesh.integral(trace)[0]
    assert whole < math.log(1e-60)
    assert np.sum(np.log(np.abs(cycle.multipliers))) == pytest.approx(whole, rel=1e-5)
    assert cycle.trivial == pytest.approx(1.0, abs=1e-8)


# model, preset, Hopf point, its voltage; folds of cycles with periods; the end
BRANCHES = [
    (library.inap_ik, "high_threshold", 200.43949177703, -22.0, [], ("snic", 4.5128676302965)),
    (library.inap_ik, "homoclinic", 54.1880392498, -30.0, [], ("homoclinic", 3.0919470116)),
    (library.inap_ik, "low_threshold", 14.659040024059, -55.0, [], ("hopf-supercritical", 353.55020783692)),
    (library.inap_ik, "subcritical", 48.901606305408, -50.0, [(42.232365292, 6.263913)], ("snic", 76.5997585627)),
    (library.morris_lecar, "hopf", 93.857618373725, -26.0, [(88.293250541, 135.38614), (216.89980139, 77.92905)],
     ("hopf-subcritical", 212.01881610037)),
    (library.morris_lecar, "snic", 97.646163921526, 5.0, [(115.94872149, None)], ("snic", 39.963153092745)),
    (library.morris_lecar, "homoclinic", 36.316217496203, 3.0, [(40.593351958, None)], ("homoclinic", 35.0067341976)),
]  # fmt: skip


@pytest.mark.parametrize(("model", "preset", "start", "v", "folds", "end"), BRANCHES)
def test_branches_of_planar_neurons(model, preset, start, v, folds, end):
    branch = hopf_at(model(preset), "I", start, v)
    branch = cycles_from_hopf(branch.field, "I", branch, bounds=(0, 400))
    assert kinds(branch) == ["fold-of-cycles"] * len(folds) + [end[0]]
    assert [point.value for point in branch.folds] == pytest.approx([value for value, _ in folds], rel=1e-9)
    for point, (_, period) in zip(branch.folds, folds, strict=True):
        assert period is None or point.period_ms == pytest.approx(period, rel=1e-6)
    assert branch.end.value == pytest.approx(end[1], rel=1e-7 if end[0] == "homoclinic" else 1e-9)
    assert branch.end.residual < 1e-6 and branch.complete
    assert np.all(np.abs(np.diff(branch.values)) > 0.0)


def test_periods_of_planar_neurons():
    point = hopf_at(library.inap_ik(), "I", 200.43949177703, -22.0)
    branch = cycles_from_hopf(point.field, "I", point, bounds=(0, 210))
    assert [branch.at(current)[0].period_ms for current in (5, 10)] == pytest.approx(
        [15.1020539518, 7.0735140919], rel=1e-10
    )
    assert branch.at(4.5) == () and branch.at(210) == ()


def test_a_canard_is_passed_and_its_mirror_image_too():
    point = hopf_at(library.fitzhugh_nagumo(), "I", 0.33128133745475, -0.97)
    branch = cycles_from_hopf(point.field, "I", point, bounds=(0, 2))
    assert kinds(branch) == ["fold-of-cycles", "fold-of-cycles", "hopf-subcritical"]
    low, high = (fold.value for fold in branch.folds)
    assert low == pytest.approx(0.3241785234, rel=1e-8)
    # The equations are odd in (v, w) about the middle of the two Hopf points.
    assert low + high == pytest.approx(0.33128133745475 + 1.4187186625453, rel=1e-11)
    assert branch.end.value == pytest.approx(1.4187186625453, rel=1e-11)


def test_a_deep_canard_is_passed():
    """On the way a deviation grows by 1e30 and shrinks again; both folds are exponentially close to the canard."""
    point = hopf_at(library.fitzhugh_nagumo(phi=0.02), "I", 0.30164264546445385, -0.992)
    branch = cycles_from_hopf(point.field, "I", point, bounds=(0, 2))
    assert kinds(branch) == ["fold-of-cycles", "fold-of-cycles", "hopf-subcritical"]
    low, high = (fold.value for fold in branch.folds)
    assert low + high == pytest.approx(1.75, abs=1e-9)
    assert np.max(np.abs(branch.multipliers)) > 1e20
    assert np.all(branch.multipliers.real > 0.0)  # the plane has no others


def test_class_one_neurons_end_on_their_saddle_nodes():
    """Wang-Buzsáki and Connor-Stevens, from simulated orbits, against the saddle-nodes of the equilibria."""
    for model, current, ceiling in ((library.wang_buzsaki(), 1.0, 2), (library.connor_stevens(), 12.0, 20)):
        times, states = simulated(model, VectorField.of(model).start, 300, 100, I=current)
        branch = cycles_from_orbit(model, "I", times, states, current, bounds=(0, ceiling))
        assert kinds(branch) == ["snic"]
        folds = [point.value for point in continuation(model, "I", (0, ceiling)).folds]
        assert np.min(np.abs(np.array(folds) / branch.end.value - 1.0)) < 1e-9
        assert "reaches the end of the range" in branch.status and np.max(branch.values) == ceiling


ring = "dx/dt = (x*g - w*y)/ms : 1\ndy/dt = (w*x + y*g)/ms : 1\nr = x**2 + y**2 : 1\nmu : 1 = 0.5\nw : 1 = 1.5\n"


def circle(radius, turns=2.2, w=1.5):
    t = np.linspace(0.0, turns * 2 * np.pi / w, 800)
    return t, radius * np.stack([np.cos(w * t), np.sin(w * t)], axis=1)


def test_normal_form_of_a_supercritical_hopf_point():
    neuron = Neuron(ring + "g = mu - r : 1")
    point = hopf_at(neuron.with_(mu=0), "mu", 0.0, 0.0)
    branch = cycles_from_hopf(point.field, "mu", point, bounds=(-1, 2))
    assert kinds(branch) == [] and branch.values[-1] == 2.0 and np.all(branch.stable)
    assert branch.maximum["x"] == pytest.approx(np.sqrt(np.maximum(branch.values, 0.0)), abs=1e-6)
    assert branch.period_ms == pytest.approx(2 * np.pi / 1.5, rel=1e-9)
    for mu in (1e-4, 0.3, 2.0):
        (cycle,) = branch.at(mu)
        assert cycle.multipliers[0] == pytest.approx(np.exp(-2.0 * mu * cycle.period_ms), rel=1e-8)
        assert cycle.maximum["y"] == pytest.approx(np.sqrt(mu), rel=1e-5)


def test_normal_form_of_a_fold_of_cycles():
    """r' = r (mu + r^2 - r^4): a fold at mu = -1/4, r^2 = 1/2."""
    neuron = Neuron(ring + "g = mu + r - r**2 : 1")
    point = hopf_at(neuron.with_(mu=0), "mu", 0.0, 0.0)
    branch = cycles_from_hopf(point.field, "mu", point, bounds=(-1, 1))
    assert kinds(branch) == ["fold-of-cycles"]
    (fold,) = branch.folds
    assert fold.value == pytest.approx(-0.25, abs=1e-12)
    assert fold.data.amplitude["x"] == pytest.approx(math.sqrt(2.0), rel=1e-6)
    outer, inner = sorted(branch.at(-0.1), key=lambda cycle: -cycle.amplitude["x"])
    assert (outer.stable, inner.stable) == (True, False)
    assert outer.maximum["x"] ** 2 == pytest.approx(0.5 + math.sqrt(0.15), rel=1e-5)
    assert inner.maximum["x"] ** 2 == pytest.approx(0.5 - math.sqrt(0.15), rel=1e-5)


def test_a_closed_branch_is_followed_once():
    """r^2 = 2 + cos, mu = sin along a closed curve: two folds, at mu = -1 and 1."""
    neuron = Neuron(ring + "g = 1 - mu**2 - (r - 2)**2 : 1")
    branch = cycles_from_orbit(neuron, "mu", *circle(math.sqrt(2 + math.sqrt(0.75))), 0.5, bounds=(-3, 3))
    assert sorted(point.value for point in branch.special) == pytest.approx([-1.0, 1.0], abs=1e-10)
    assert kinds(branch) == ["fold-of-cycles"] * 2 and "closes on itself" in branch.status
    assert len(branch.at(0.2)) == 2


LANGFORD = Neuron(
    "dx/dt = ((z - 0.7)*x - 3.5*y)/ms : 1\ndy/dt = (3.5*x + (z - 0.7)*y)/ms : 1\n"
    "dz/dt = (0.6 + a*z - z**3/3 - (x**2 + y**2)*(1 + 0.25*z))/ms : 1\na : 1 = 0.3"
)


def test_a_torus_where_it_has_to_be_and_nowhere_else():
    """On the cycle z = 0.7 and r are constant; the trace of the 2 x 2 rest is zero at the torus."""
    t = np.linspace(0.0, 4.0, 800)
    radius = math.sqrt((0.6 + 0.7 * 0.3 - 0.7**3 / 3) / 1.175)
    orbit = np.stack([radius * np.cos(3.5 * t), radius * np.sin(3.5 * t), 0.7 + 0 * t], axis=1)
    branch = cycles_from_orbit(LANGFORD, "a", t, orbit, 0.3, bounds=(-1, 1))
    expected = (0.49 + 0.25 * (0.6 - 0.7**3 / 3) / 1.175) / (1.0 - 0.25 * 0.7 / 1.175)
    assert kinds(branch) == ["hopf-supercritical", "torus"]
    assert branch.special[0].value == pytest.approx(-(0.6 - 0.7**3 / 3) / 0.7, rel=1e-10)
    assert branch.special[1].value == pytest.approx(expected, rel=1e-9)


def test_roessler_doubles_its_period():
    neuron = Neuron(
        "dx/dt = (-y - z)/ms : 1\ndy/dt = (x + 0.2*y)/ms : 1\ndz/dt = (0.2 + z*(x - c))/ms : 1\nc : 1 = 2.5"
    )
    branch = cycles_from_orbit(neuron, "c", *simulated(neuron, [1.0, 1.0, 0.0], 300, 30), 2.5, bounds=(1, 4))
    assert kinds(branch) == ["period-doubling"]
    assert branch.special[0].value == pytest.approx(2.832445, abs=1e-6)
    assert branch.special[0].data.multipliers[0] == pytest.approx(-1.0, abs=1e-9)


def test_lorenz_breaks_its_symmetry_and_ends_in_a_double_homoclinic_orbit():
    neuron = Neuron(
        "dx/dt = 10*(y - x)/ms : 1\ndy/dt = (x*(r - z) - y)/ms : 1\ndz/dt = (x*y - 8/3*z)/ms : 1\nr : 1 = 350"
    )
    orbit = simulated(neuron, [1.0, 0.0, 350.0], 100, 3)
    branch = cycles_from_orbit(neuron, "r", *orbit, 350.0, bounds=(5, 400))
    assert kinds(branch) == ["homoclinic", "branch-point"]
    # Sparrow (1982), The Lorenz Equations, Springer: 13.926 and 313.
    assert branch.special[0].value == pytest.approx(13.926557407, rel=1e-6)
    assert branch.special[1].value == pytest.approx(313.0, abs=0.1)


def test_relaxation_oscillations_of_van_der_pol():
    neuron = Neuron("dx/dt = (mu*(x - x**3/3) - y)/ms : 1\ndy/dt = x/ms : 1\nmu : 1 = 1")
    branch = cycles_from_orbit(neuron, "mu", *simulated(neuron, [1.0, 0.0], 60, 16), 1.0, bounds=(0.1, 20))
    assert kinds(branch) == []
    # Taylor series in 30 digits; Clewley et al. and others give the first ten.
    exact = {1.0: 6.6632868593231301897, 5.0: 11.612230667, 10.0: 19.078369566}
    for mu, period in exact.items():
        assert branch.at(mu)[0].period_ms == pytest.approx(period, rel=1e-9)


@pytest.mark.parametrize(("size", "time"), [(1e-3, 1.0), (1e4, 1e-3), (1.0, 1e4)])
def test_units_of_states_and_time_do_not_matter(size, time):
    """FitzHugh-Nagumo with v, w and the time in other units."""
    neuron = Neuron(
        f"dv/dt = {size}*(u - u**3/3 - s + I)/({time}*ms) : 1\nds/dt = 0.08*(u + 0.7 - 0.8*s)/({time}*ms) : 1\n"
        f"u = v/{size} : 1\nI : 1 = 0"
    )
    point = hopf_at(neuron, "I", 0.33128133745475, -0.97 * size)
    branch = cycles_from_hopf(point.field, "I", point, bounds=(0, 0.5))
    assert kinds(branch) == ["fold-of-cycles"]
    assert branch.special[0].value == pytest.approx(0.3241785234, rel=1e-8)
    reference = cycle_at(
        library.fitzhugh_nagumo(), "I", 0.5, *simulated(library.fitzhugh_nagumo(), [0, 0], 400, 90, I=0.5)
    )
    assert branch.at(0.5)[0].period_ms / time == pytest.approx(reference.period_ms, rel=1e-9)


def test_phase_response_of_a_circle():
    """For r' = r (mu - r^2) at radius sqrt(mu): Z = (-sin, cos)/(w r)."""
    cycle = cycle_at(Neuron(ring + "g = mu - r : 1"), "mu", 0.5, *circle(math.sqrt(0.5)))
    response = cycle.adjoint()
    x, y = response.states.T
    exact = np.stack([-y, x], axis=1) / (1.5 * 0.5)
    assert np.max(np.abs(response.Z - exact)) < 1e-6
    assert response.times[-1] == pytest.approx(cycle.period_ms)


def test_phase_response_of_a_neuron_against_a_push():
    """A small push of v in the middle of the cycle, and how much earlier the neuron is after five turns."""
    model = library.morris_lecar()
    point = hopf_at(model, "I", 93.857618373725, -26.0)
    cycle = cycles_from_hopf(point.field, "I", point, bounds=(80, 110)).at(100)
    cycle = next(c for c in cycle if c.stable)
    response = cycle.adjoint()
    index = len(response.times) // 3
    push, here = 1e-3, cycle.here
    x = response.states[index] + [push, 0.0]
    run = solve_ivp(lambda _, x: here.rhs(x), (0, 5 * cycle.period_ms), x, rtol=1e-11, atol=1e-11, method="DOP853")
    after, rate = run.y[:, -1] - response.states[index], here.rhs(response.states[index])
    assert after @ rate / (rate @ rate) == pytest.approx(push * response.Z[index, 0], rel=1e-2)


def test_a_branch_that_is_cut_short_says_so():
    point = hopf_at(library.fitzhugh_nagumo(), "I", 0.33128133745475, -0.97)
    part = cycles_from_hopf(point.field, "I", point, bounds=(0, 2), most=5)
    assert not part.complete and "5 cycles were computed, as many as asked for" in part.status
    short = cycles_from_hopf(point.field, "I", point, bounds=(0, 2), longest_period="30 ms")
    assert "the period exceeds 30 ms" in short.status


def test_what_is_refused():
    ringed = Neuron(ring + "g = mu - r : 1")
    point = hopf_at(ringed.with_(mu=0), "mu", 0.0, 0.0)
    with pytest.raises(ModelError, match="range of mu is empty: 1 is not below -1"):
        cycles_from_hopf(point.field, "mu", point, bounds=(1, -1))
    with pytest.raises(ModelError, match=r"starts at mu = 0, not from 1 to 2"):
        cycles_from_hopf(point.field, "mu", point, bounds=(1, 2))
    with pytest.raises(ModelError, match="no parameter 'nu'"):
        cycles_from_orbit(ringed, "nu", *circle(1.0), 1.0)
    with pytest.raises(ModelError, match="has no full turn in it"):
        cycles_from_orbit(ringed, "mu", *circle(1.0, turns=0.3), 1.0)
    with pytest.raises(ModelError, match=r"shape \(times, 2\)"):
        cycles_from_orbit(ringed, "mu", [0.0, 1.0], [[0.0], [1.0]], 1.0)
    saddle = Neuron("dx/dt = (x + mu)/ms : 1\ndy/dt = -y/ms : 1\nmu : 1 = 0")
    with pytest.raises(ModelError, match="no complex pair"):
        cycles_from_hopf(VectorField.of(saddle), "mu", hopf_at(saddle, "mu", 0.0, 0.0))


def test_figures_have_labels(tmp_path, squid):
    figure = squid.plot()
    left, right = figure.axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("I (µA/cm²)", "v (mV)")
    assert right.get_ylabel() == "frequency (Hz)"
    names = [text.get_text() for text in left.get_legend().get_texts()]
    assert {"stable cycles", "unstable cycles", "fold of cycles", "period doubling"} <= set(names)
    assert squid.at(10)[0].plot(state="n").axes[0].get_ylabel() == "n"
    assert "CycleBranch(" in repr(squid) and len(repr(squid)) < 1000 and str(squid) == squid.summary()
    assert len(repr(squid.at(10)[0])) < 200


def test_a_diagram_and_its_cycles_mark_what_they_share_once(squid):
    from matplotlib import pyplot

    diagram = continuation(library.make("hodgkin_huxley"), "I", (0, 160))
    axes = diagram.plot().axes[0]
    squid.plot(axes)
    places = [line for line in axes.lines if line.get_gid() and line.get_gid().startswith("hopf")]
    assert sorted(line.get_gid() for line in places) == ["hopf-subcritical", "hopf-supercritical"]
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(names) == len(set(names)) and {"stable", "stable cycles", "fold of cycles"} <= set(names)
    axes.set_xlim(5, 12)
    with warnings.catch_warnings(action="error"):  # of a layout in which a mark beyond these limits takes room
        axes.figure.canvas.draw()
    pyplot.close(axes.figure)


def test_a_drawn_branch_is_smooth_and_goes_no_further_than_its_points(squid):
    from rheobase.plot.curve import smooth

    x, y = smooth(squid.values, squid.maximum["v"])
    assert x[::12] == pytest.approx(squid.values, rel=1e-12) and y[::12] == pytest.approx(squid.maximum["v"], rel=1e-12)
    assert (x.min(), x.max()) == pytest.approx((squid.values.min(), squid.values.max()), rel=1e-12)
    angle = np.linspace(0, np.pi, 21)
    assert np.hypot(*smooth(np.cos(angle), np.sin(angle))) == pytest.approx(1.0, abs=2e-3)  # chords: 3.1e-3
