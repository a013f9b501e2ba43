"""Bifurcations in two parameters: closed forms, published points, and Newton's method in 30 digits."""

import mpmath
import numpy as np
import pytest

from rheobase import ModelError, Neuron, library
from rheobase.dynamics.cycles.continuation import cycles_from_orbit
from rheobase.dynamics.equilibria.continuation import continuation
from rheobase.dynamics.equilibria.fixed_points import fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint
from rheobase.dynamics.two_parameters.continue_point import continue_point


def neuron(*lines, **values):
    """A neuron from right-hand sides (1/ms) and numbers."""
    text = [f"d{line.split(' = ')[0]}/dt = ({line.split(' = ')[1]})/ms : 1" for line in lines]
    return Neuron("\n".join([*text, *(f"{name} : 1 = {value!r}" for name, value in values.items())]))


def point(model, kind, state, parameter):
    """A bifurcation whose place is known."""
    field = VectorField.of(model)
    x = np.array(state, dtype=float)
    value = float(field.values[field.index(parameter)])
    return SpecialPoint(
        kind, parameter, value, dict(zip(field.states, state, strict=True)), field=field, point=x, internal=value
    )


WIDE = {"b1": (-4, 4), "b2": (-3, 3)}
TAKENS = ("x = y", "y = b1 + b2*x + x**2 - x*y")
BAUTIN = (
    "x = b1*x - y + b2*x*(x**2 + y**2) - x*(x**2 + y**2)**2",
    "y = b1*y + x + b2*y*(x**2 + y**2) - y*(x**2 + y**2)**2",
)
FOLD_HOPF = (
    "w = b1 + w**2 - (x**2 + y**2)",
    "x = b2*x - 2*y + 0.5*w*x + w**2*x",
    "y = b2*y + 2*x + 0.5*w*y + w**2*y",
)
DOUBLE_HOPF = (
    "x = b1*x - y - x*(x**2 + y**2) - 0.3*x*(u**2 + z**2)",
    "y = b1*y + x - y*(x**2 + y**2) - 0.3*y*(u**2 + z**2)",
    "u = b2*u - 1.7*z - u*(u**2 + z**2) - 2*u*(x**2 + y**2)",
    "z = b2*z + 1.7*u - z*(u**2 + z**2) - 2*z*(x**2 + y**2)",
)


def kinds(curve):
    return [special.kind for special in curve.special]


def test_cusp_normal_form():
    """x' = b1 + b2 x - x**3: saddle-nodes at b2 = 3 x**2, b1 = -2 x**3; cubic coefficient -1."""
    curve = continue_point(point(neuron("x = b1 + b2*x - x**3", b1=-2.0, b2=3.0), "saddle-node", [1.0], "b1"),
                           ("b1", "b2"), bounds={"b2": (-1, 9)})  # fmt: skip
    x = curve.states["x"]
    assert np.abs(curve.values["b2"] - 3 * x**2).max() < 1e-12
    assert np.abs(curve.values["b1"] + 2 * x**3).max() < 1e-11
    assert kinds(curve) == ["cusp"]
    assert curve.special[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert curve.special[0].coefficient == pytest.approx(-1.0)
    assert x.min() == pytest.approx(-np.sqrt(3)) and x.max() == pytest.approx(np.sqrt(3))  # both bounds are reached
    assert curve.status.count("b2 reaches its bound 9") == 2


@pytest.mark.parametrize(
    "kind, state, b1, b2", [("saddle-node", [-0.5, 0], 0.25, 1.0), ("hopf-subcritical", [0, 0], 0.0, -1.0)]
)
def test_bogdanov_takens_normal_form_is_on_both_curves(kind, state, b1, b2):
    """Saddle-nodes at b1 = b2**2/4, Hopf points at b1 = 0 > b2 with the frequency sqrt(-b2); a b = -1."""
    curve = continue_point(point(neuron(*TAKENS, b1=b1, b2=b2), kind, state, "b1"), ("b1", "b2"), bounds=WIDE)
    assert kinds(curve) == ["bogdanov-takens"]
    found = curve.special[0]
    assert found.values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert found.coefficient == pytest.approx(-1.0)
    assert "stable" in found.note and "unstable" not in found.note
    if kind == "saddle-node":
        assert np.abs(curve.values["b1"] - curve.values["b2"] ** 2 / 4).max() < 1e-12
        assert curve.values["b2"].min() == pytest.approx(-3) and curve.values["b2"].max() == pytest.approx(3)
    else:
        expected = 1e3 * np.sqrt(np.maximum(-curve.values["b2"], 0)) / (2 * np.pi)
        assert np.abs(curve.frequency_hz - expected).max() < 1e-6
        assert np.abs(curve.values["b1"]).max() < 1e-12
        assert np.nanmax(curve.l1) < 0  # supercritical, as the sign of a b says
        assert "Bogdanov-Takens" in curve.status and "neutral saddle" in curve.status


def test_bautin_normal_form_and_its_folds_of_cycles():
    """r' = b1 r + b2 r**3 - r**5: l1 has the sign of b2; folds of cycles at b1 = -b2**2/4, r**2 = b2/2."""
    hopf = continue_point(
        point(neuron(*BAUTIN, b1=0.0, b2=1.0), "hopf-subcritical", [0, 0], "b1"), ("b1", "b2"), bounds=WIDE
    )
    assert kinds(hopf) == ["bautin"]
    assert hopf.special[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert hopf.special[0].frequency_hz == pytest.approx(1e3 / (2 * np.pi))
    away = np.abs(hopf.values["b2"]) > 1e-9
    assert np.all(np.sign(hopf.l1[away]) == np.sign(hopf.values["b2"][away]))
    t = np.linspace(0, 20, 400)
    model = neuron(*BAUTIN, b1=-0.15, b2=1.0)
    r = np.sqrt((1 + np.sqrt(1 - 4 * 0.15)) / 2)
    cycles = cycles_from_orbit(
        model, "b1", t, np.stack([r * np.cos(t), r * np.sin(t)], axis=1), -0.15, bounds=(-1, 0.1)
    )
    folds = continue_point(cycles.folds[0], ("b1", "b2"), bounds=WIDE)
    assert np.abs(folds.values["b1"] + folds.values["b2"] ** 2 / 4).max() < 1e-9
    assert np.abs(folds.extent["x"] - 2 * np.sqrt(folds.values["b2"] / 2)).max() < 0.01  # between nodes of the mesh
    assert kinds(folds) == ["bautin"]
    assert folds.special[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert "shrinks to an equilibrium in a Bautin point" in folds.status


def test_cusp_of_cycles():
    """r' = r (b1 + b2 s - s**3) with s = r**2 - 1: folds of cycles are the saddle-nodes of the cusp's normal form."""
    s = "(x**2 + y**2 - 1)"
    model = neuron(f"x = x*(b1 + b2*{s} - {s}**3) - 3*y", f"y = y*(b1 + b2*{s} - {s}**3) + 3*x", b1=0.0, b2=0.3)
    t = np.linspace(0, 8, 400)
    r = np.sqrt(1 + np.sqrt(0.3))
    cycles = cycles_from_orbit(
        model, "b1", t, np.stack([r * np.cos(3 * t), r * np.sin(3 * t)], axis=1), 0.0, bounds=(-0.5, 0.5)
    )
    folds = continue_point(cycles.folds[0], ("b1", "b2"), bounds={"b1": (-2, 2), "b2": (-0.2, 0.5)})
    assert np.abs(27 * folds.values["b1"] ** 2 - 4 * folds.values["b2"] ** 3).max() < 1e-9
    assert kinds(folds) == ["cusp"]
    assert folds.special[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-8)
    assert folds.special[0].period_ms == pytest.approx(2 * np.pi / 3)
    assert folds.status.count("b2 reaches its bound 0.5") == 2


def test_fold_hopf_normal_form_is_on_both_curves():
    """Saddle-nodes at b1 = 0, Hopf points at b1 = -w**2, b2 = -w/2 - w**2, where l1 is zero at w = -1/4."""
    folds = continue_point(
        point(neuron(*FOLD_HOPF, b1=0.0, b2=1.0), "saddle-node", [0, 0, 0], "b1"), ("b1", "b2"), bounds=WIDE
    )
    assert kinds(folds) == ["fold-hopf"]
    assert folds.special[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert folds.special[0].frequency_hz == pytest.approx(1e3 / np.pi)
    hopf = continue_point(
        point(neuron(*FOLD_HOPF, b1=-1.0, b2=-0.5), "hopf-subcritical", [-1, 0, 0], "b1"), ("b1", "b2"), bounds=WIDE
    )
    w = hopf.states["w"]
    assert np.abs(hopf.values["b1"] + w**2).max() < 1e-12
    assert np.abs(hopf.values["b2"] + 0.5 * w + w**2).max() < 1e-12
    assert w.min() < -1.9 and w.max() > 0.9  # through the fold-Hopf point to the other side
    assert sorted(kinds(hopf)) == ["bautin", "fold-hopf"]
    assert hopf.of_kind("fold-hopf")[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert hopf.of_kind("bautin")[0].values == pytest.approx({"b1": -0.0625, "b2": 0.0625}, rel=1e-9)


def test_double_hopf_normal_form():
    curve = continue_point(
        point(neuron(*DOUBLE_HOPF, b1=0.0, b2=-0.5), "hopf-supercritical", [0] * 4, "b1"), ("b1", "b2"), bounds=WIDE
    )
    assert kinds(curve) == ["hopf-hopf"]
    assert curve.special[0].values == pytest.approx({"b1": 0.0, "b2": 0.0}, abs=1e-12)
    assert curve.special[0].frequency_hz == pytest.approx(1e3 / (2 * np.pi))
    assert f"{1.7e3 / (2 * np.pi):.6g} Hz" in curve.special[0].note
    assert np.abs(curve.values["b1"]).max() < 1e-12


def test_a_neutral_saddle_is_no_point_of_codimension_two():
    """A saddle-node of three variables whose other eigenvalues, 1 + b2 and -1, become opposite at b2 = 0."""
    model = neuron("x = b1 + x**2", "y = (1 + b2)*y", "z = -z", b1=0.0, b2=-0.5)
    curve = continue_point(
        point(model, "saddle-node", [0, 0, 0], "b1"), ("b1", "b2"), bounds={"b1": (-1, 1), "b2": (-0.8, 1)}
    )
    assert kinds(curve) == []


def gates(v):
    """Opening and closing rates of Hodgkin and Huxley's gates, in 30 digits."""
    am, an = 0.1 * (v + 40) / (1 - mpmath.exp(-(v + 40) / 10)), 0.01 * (v + 55) / (1 - mpmath.exp(-(v + 55) / 10))
    bm, bn = 4 * mpmath.exp(-(v + 65) / 18), 0.125 * mpmath.exp(-(v + 65) / 80)
    ah, bh = 0.07 * mpmath.exp(-(v + 65) / 20), 1 / (1 + mpmath.exp(-(v + 35) / 10))
    return (am, bm), (ah, bh), (an, bn)


def takens_conditions(v, g_k, e_k):
    """The two lowest coefficients of the characteristic polynomial, an arrowhead matrix; and the input current."""
    (am, bm), (ah, bh), (an, bn) = gates(v)
    m, h, n = am / (am + bm), ah / (ah + bh), an / (an + bn)
    top = -(120 * m**3 * h + g_k * n**4 + mpmath.mpf("0.3"))
    row = (-360 * m**2 * h * (v - 50), -120 * m**3 * (v - 50), -4 * g_k * n**3 * (v - e_k))
    rates = [a + b for a, b in ((am, bm), (ah, bh), (an, bn))]
    slopes = [mpmath.diff(lambda u, k=k: gates(u)[k][0] / sum(gates(u)[k]), v) * rates[k] for k in range(3)]
    product = mpmath.fprod(rates)
    zeroth = top + sum(row[k] * slopes[k] / rates[k] for k in range(3))
    first = 1 + sum(row[k] * slopes[k] / rates[k] ** 2 for k in range(3))
    current = 120 * m**3 * h * (v - 50) + g_k * n**4 * (v - e_k) + mpmath.mpf("0.3") * (v + mpmath.mpf("54.387"))
    return zeroth * product, first * product, current


@pytest.fixture(scope="module")
def squid():
    return continuation(library.hodgkin_huxley(), "I", (0, 160)).hopf[0]


@pytest.mark.parametrize("other, start", [("E_K", (-61, -59.5)), ("g_K", (-64.5, 2.6))])
def test_bogdanov_takens_point_of_the_squid_axon_in_30_digits(squid, other, start):
    curve = continue_point(squid, ("I", other))
    found = curve.of_kind("bogdanov-takens")
    assert len(found) == 1 and found[0].residual < 1e-9
    with mpmath.workdps(30):

        def conditions(v, p):
            return takens_conditions(v, *((36, p) if other == "E_K" else (p, -77)))[:2]

        v, p = mpmath.findroot(conditions, start)
        current = takens_conditions(v, *((36, p) if other == "E_K" else (p, -77)))[2]
    assert found[0].values[other] == pytest.approx(float(p), rel=1e-9)
    assert found[0].values["I"] == pytest.approx(float(current), rel=1e-9)
    if other == "E_K":
        assert found[0].values == pytest.approx({"I": -6.58352878654, "E_K": -59.6142019522}, rel=1e-9)
    end = int(np.nanargmin(curve.frequency_hz))
    assert end in (0, len(curve) - 1) and curve.frequency_hz[end] == 0.0
    assert "neutral saddle" in curve.ends[0 if end == 0 else 1]


def test_both_hopf_points_of_the_squid_axon_are_on_one_curve(squid):
    """The curve in (I, g_K) goes back to g_K = 36 at the second Hopf point; l1 changes its sign at Bautin points."""
    curve = continue_point(squid, ("I", "g_K"))
    g, current = curve.values["g_K"], curve.values["I"]
    at = np.flatnonzero(np.diff(np.sign(g - 36)))
    crossing = [
        np.interp(0.0, *zip(*sorted(((g[k] - 36, current[k]), (g[k + 1] - 36, current[k + 1]))), strict=True))
        for k in at
    ]
    # the chord of a step of 0.05 units misses the curve by about its square
    assert np.min(np.abs(np.array(crossing) - 154.52243366581)) < 0.5
    assert np.min(np.abs(np.array(crossing) - 9.7754379953931)) < 0.05
    changes = np.count_nonzero(np.diff(np.sign(curve.l1[np.isfinite(curve.l1)])))
    assert changes == len(curve.of_kind("bautin")) == 2


def test_two_folds_of_cycles_of_the_squid_axon_meet_in_a_cusp(squid):
    """From the first fold at E_K = -77 mV around a cusp to the second one, both of the reference."""
    first = squid.cycles(bounds=(7.8, 9.8)).folds[0]
    assert first.value == pytest.approx(7.8423471202, rel=1e-6)
    curve = continue_point(first, ("I", "E_K"), bounds={"E_K": (-90, -77)})
    assert kinds(curve) == ["cusp"]
    ends = sorted((curve.values["I"][k], curve.period_ms[k]) for k in (0, -1))
    assert ends[0] == pytest.approx((7.8423471202, 16.713797), rel=1e-6)
    assert ends[1] == pytest.approx((7.9177854943, 20.707294), rel=1e-6)
    assert curve.values["E_K"][[0, -1]] == pytest.approx([-77, -77], rel=1e-12)


def test_fold_of_cycles_elsewhere_is_found_there_by_the_branch_of_cycles():
    """The curve of folds ends at g_Ca = 4.5 mS/cm2 where the branch of cycles of that neuron has its fold."""

    def fold(g_ca):
        hopf = continuation(library.morris_lecar("hopf", g_Ca=f"{g_ca} mS/cm**2"), "I", (150, 250)).hopf[-1]
        return hopf.cycles(bounds=(150, 250)).folds[0]

    curve = continue_point(fold(4.4), ("I", "g_Ca"), bounds={"g_Ca": (4.4, 4.5)})
    end = int(np.argmax(curve.values["g_Ca"]))
    there = fold(4.5)
    assert curve.values["g_Ca"][end] == pytest.approx(4.5, rel=1e-12)
    assert curve.values["I"][end] == pytest.approx(there.value, rel=1e-7)
    assert curve.period_ms[end] == pytest.approx(there.period_ms, rel=1e-6)


@pytest.fixture(scope="module")
def persistent():
    return next(p for p in continuation(library.inap_ik(), "I", (0, 20)).special if p.kind == "saddle-node")


def test_cusp_and_bogdanov_takens_point_of_the_reference(persistent):
    curve = continue_point(persistent, ("I", "V_n"))
    assert sorted(kinds(curve)) == ["bogdanov-takens", "cusp"]
    assert curve.of_kind("cusp")[0].values == pytest.approx({"I": 8.560258531983, "V_n": -38.26474084819}, rel=1e-9)
    found = curve.of_kind("bogdanov-takens")[0]
    assert found.values == pytest.approx({"I": 7.748705435274, "V_n": -37.61184545367}, rel=1e-9)
    assert found.residual < 1e-9


def test_order_of_the_parameters_does_not_matter(persistent):
    one = continue_point(persistent, ("I", "V_n"))
    other = continue_point(persistent, ("V_n", "I"))
    assert sorted(kinds(one)) == sorted(kinds(other))
    for kind in ("cusp", "bogdanov-takens"):
        assert other.of_kind(kind)[0].values == pytest.approx(dict(one.of_kind(kind)[0].values), rel=1e-10)


def test_a_codimension_two_point_can_be_continued(persistent):
    """From the Bogdanov-Takens point: the curve of saddle-nodes again, with the point itself on it."""
    takens = continue_point(persistent, ("I", "V_n")).of_kind("bogdanov-takens")[0]
    again = continue_point(takens, ("I", "V_n"))
    assert sorted(kinds(again)) == ["bogdanov-takens", "cusp"]


def morris_lecar_steady(v, v3, g_ca=4):
    """Steady input current, and trace of the Jacobian, of the SNIC set."""
    m = (1 + mpmath.tanh((v + mpmath.mpf("1.2")) / 18)) / 2
    n = (1 + mpmath.tanh((v - v3) / mpmath.mpf("17.4"))) / 2
    return 2 * (v + 60) + g_ca * m * (v - 120) + 8 * n * (v + 84)


def morris_lecar_trace(v, v3):
    m = lambda u: (1 + mpmath.tanh((u + mpmath.mpf("1.2")) / 18)) / 2  # noqa: E731
    n = (1 + mpmath.tanh((v - v3) / mpmath.mpf("17.4"))) / 2
    own = -(2 + 4 * mpmath.diff(lambda u: m(u) * (u - 120), v) + 8 * n) / 20
    return own - mpmath.mpf("0.067") * mpmath.cosh((v - v3) / mpmath.mpf("34.8"))


def test_morris_lecar_against_newton_in_30_digits():
    diagram = continuation(library.morris_lecar("snic"), "I", (0, 120))
    start = next(p for p in diagram.special if p.kind == "saddle-node")
    curve = continue_point(start, ("I", "V_3"), bounds={"V_3": (0, 30)})
    with mpmath.workdps(30):
        slope = lambda v, v3: mpmath.diff(lambda u: morris_lecar_steady(u, v3), v)  # noqa: E731
        bend = lambda v, v3: mpmath.diff(lambda u: morris_lecar_steady(u, v3), v, 2)  # noqa: E731
        cusp = mpmath.findroot(lambda v, v3: (slope(v, v3), bend(v, v3)), (-19, 4.3))
        takens = mpmath.findroot(lambda v, v3: (slope(v, v3), morris_lecar_trace(v, v3)), (-24, 5.1))
        expected = {
            kind: {"I": float(morris_lecar_steady(*at)), "V_3": float(at[1])}
            for kind, at in (("cusp", cusp), ("bogdanov-takens", takens))
        }
    assert sorted(kinds(curve)) == ["bogdanov-takens", "cusp"]
    for kind, values in expected.items():
        assert curve.of_kind(kind)[0].values == pytest.approx(values, rel=1e-9)


def test_time_scale_and_names_of_the_states_do_not_matter():
    """The Bogdanov-Takens normal form ten times faster, states exchanged and stretched."""
    slow = continue_point(
        point(neuron(*TAKENS, b1=0.25, b2=1.0), "saddle-node", [-0.5, 0], "b1"), ("b1", "b2"), bounds=WIDE
    )
    model = neuron("q = 10*(b1 + b2*p/100 + p**2/1e4 - p*q/100)", "p = 1000*q", b1=0.25, b2=1.0)
    fast = continue_point(point(model, "saddle-node", [0, -50], "b1"), ("b1", "b2"), bounds=WIDE)
    assert kinds(fast) == kinds(slow)
    assert fast.special[0].values == pytest.approx(dict(slow.special[0].values), abs=1e-9)
    assert np.abs(fast.values["b1"] - fast.values["b2"] ** 2 / 4).max() < 1e-9


@pytest.mark.parametrize(
    "kind, parameters, options, message",
    [
        ("saddle-node", ("b1", "b3"), {}, "no parameter 'b3'"),
        ("saddle-node", ("b1", "b1"), {}, "'b1' was given twice"),
        ("saddle-node", ("b1", "x"), {}, "'x' is a state"),
        ("saddle-node", "b1", {}, "two parameters are needed"),
        ("saddle-node", ("b1", "b2"), {"bounds": {"b2": (1.5, 3)}}, "starts at b2 = 1"),
        ("saddle-node", ("b1", "b2"), {"bounds": {"b2": (3, -3)}}, "lower bound of 'b2'"),
        ("saddle-node", ("b1", "b2"), {"bounds": {"b2": 3}}, "needs two"),
        ("saddle-node", ("b1", "b2"), {"bounds": {"b3": (0, 1)}}, "'b3' is not varied"),
        ("saddle-node", ("b1", "b2"), {"bounds": (0, 1)}, "name their parameters"),
        ("branch-point", ("b1", "b2"), {}, "branch point cannot be continued.*symmetry"),
        ("homoclinic", ("b1", "b2"), {}, "homoclinic orbit cannot be continued"),
        ("snic", ("b1", "b2"), {}, "continue the saddle-node"),
        ("fold-of-cycles", ("b1", "b2"), {}, "does not carry its cycle"),
        ("hopf-subcritical", ("b1", "b2"), {}, "no curve of Hopf points goes through this point"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence(kind, parameters, options, message):
    special = point(neuron(*TAKENS, b1=0.25, b2=1.0), kind, [-0.5, 0], "b1")
    with pytest.raises(ModelError, match=message):
        continue_point(special, parameters, **options)


def test_something_that_is_no_special_point():
    with pytest.raises(ModelError, match=r"takes a special point, such as diagram.hopf\[0\].*float was given"):
        continue_point(3.0, ("b1", "b2"))  # type: ignore[arg-type]


def test_a_curve_that_is_cut_short_says_so():
    special = point(neuron(*TAKENS, b1=0.25, b2=1.0), "saddle-node", [-0.5, 0], "b1")
    with pytest.raises(ModelError, match=r"5 points were not enough.*throw=False"):
        continue_point(special, ("b1", "b2"), most=5)
    part = continue_point(special, ("b1", "b2"), most=5, throw=False)
    assert len(part) == 9 and not part.complete and "5 points were not enough" in part.status


def test_summary_plot_and_plain_numbers(squid):
    curve = continue_point(squid, ("I", "E_K"))
    text = curve.summary()
    assert "Hopf points, I from" in text and "Bogdanov-Takens point at I = -6.5835" in text and "mV" in text
    plain = curve.to_dict()
    assert plain["special"][0]["kind"] in ("bogdanov-takens", "bautin")
    assert None in plain["l1"] and len(plain["values"]["I"]) == len(curve)
    assert len(curve.cite()) == 3
    assert str(curve) == curve.summary() and len(repr(curve)) < 400
    assert all(type(point.residual) is float for point in curve.special)
    axes = curve.plot().axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("I (µA/cm²)", "E_K (mV)")


def test_folds_of_cycles_end_on_a_homoclinic_orbit_of_a_neutral_saddle():
    model = library.make("morris_lecar", V_3="11 mV", V_4="17.4 mV", phi=0.23)
    (fold,) = continuation(model, "I", (-100, 300)).hopf[0].cycles().folds
    curve = continue_point(fold, ("I", "V_3"), bounds={"V_3": (10.5, 20)})
    assert curve.complete and "homoclinic orbit" in curve.status and len(curve.period_ms) < 60
    at = int(np.argmax(curve.period_ms))
    there = model.with_(V_3=f"{curve.values['V_3'][at]} mV")
    (saddle,) = fixed_points(there, I=f"{curve.values['I'][at]} uA/cm**2").saddles
    low, high = sorted(saddle.eigenvalues.real)
    assert abs(low + high) < 0.1 * high and high * curve.period_ms[at] > 16
