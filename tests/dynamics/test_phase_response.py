"""Phase responses: closed forms with and without resets, the adjoint equation against pushes, and consistency."""

import math

import numpy as np
import pytest

from rheobase import ModelError, Neuron, library
from rheobase.dynamics.response.phase_response import TYPE_TWO, phase_response

THETA = Neuron(
    "dv/dt = (v**2 + I)/tau : 1 \n tau : ms = 10*ms \n I : 1 = 0.25 \n top : 1 = 2000", threshold="v > top",
    reset="v = -top",
)  # fmt: skip
# z' = (1 + i b) z - (1 + i c) |z|**2 z
HOPF = Neuron(
    "dx/dt = (x - b*y - (x**2 + y**2)*(x - c*y))/ms : 1 \n dy/dt = (y + b*x - (x**2 + y**2)*(y + c*x))/ms : 1 \n"
    "b : 1 = 3 \n c : 1 = 0.5",
    x=0.7,
    y=0.1,
)


def test_lif_in_closed_form():
    """Z = tau/(v_inf - v_reset) exp((t - t_ref)/tau) after the refractory time, and what it begins with during it."""
    found = phase_response(library.make("lif"), 500)
    v_inf, t = -65 + 500 * 10 / 250, found.times_ms
    assert found.period_ms == pytest.approx(2 + 10 * math.log((v_inf + 65) / (v_inf + 50)), rel=1e-12)
    assert found.response == pytest.approx(10 / (v_inf + 65) * np.exp(np.maximum(t - 2, 0) / 10), rel=1e-9)
    assert (found.kind, found.negative_share, found.unit) == ("type I", 0.0, "ms/mV")
    assert np.all(found.input_response[t < 2] == 0.0)  # the voltage stands still
    assert found.input_response[t > 2] == pytest.approx(found.response[t > 2] / 250, rel=1e-12)


def test_theta_neuron_in_closed_form():
    """Z = tau/(2 I) (1 - cos theta); a top at 2000 instead of infinity takes 2 tau/2000 off the period, a part of
    1e-3/pi, and so moves the curve by at most 2 pi times that, of its amplitude."""
    found = phase_response(THETA)
    tau, eta = 10.0, 0.25
    short = 2 * math.atan(2000 / math.sqrt(eta)) / math.pi
    assert found.period_ms == pytest.approx(math.pi * tau / math.sqrt(eta) * short, rel=1e-10)
    v = math.sqrt(eta) * np.tan(math.sqrt(eta) / tau * (found.times_ms - 0.5 * found.period_ms))
    assert found.response == pytest.approx(tau / (v**2 + eta), rel=1e-8)
    canonical = tau / (2 * eta) * (1 - np.cos(2 * np.pi * found.phase))
    assert np.max(np.abs(found.response - canonical)) < 2e-3 * canonical.max()
    assert found.kind == "type I"


def test_hopf_normal_form_in_closed_form():
    """With z = r exp(i phi) the phase theta = phi - c log r turns at b - c, so grad theta = (-sin phi - c cos phi,
    cos phi - c sin phi) on the cycle r = 1, and Z in time is that over b - c."""
    found = phase_response(HOPF)
    x, y = found.states.T
    assert x**2 + y**2 == pytest.approx(1.0, abs=1e-9)
    assert found.period_ms == pytest.approx(2 * math.pi / 2.5, rel=1e-11)
    assert found.Z[:, 0] == pytest.approx((-y - 0.5 * x) / 2.5, abs=1e-9)
    assert found.Z[:, 1] == pytest.approx((x - 0.5 * y) / 2.5, abs=1e-9)
    assert found.negative_share == pytest.approx(0.5, abs=1e-6)
    assert found.kind == "type II"
    assert found.multiplier == pytest.approx(math.exp(-2 * found.period_ms), rel=1e-6)


def test_the_border_between_the_types():
    """The share of 1/2 - cos, by quadrature."""
    theta = 2 * np.pi * (np.arange(200_000) + 0.5) / 200_000
    curve = 0.5 - np.cos(theta)
    assert np.maximum(-curve, 0).sum() / np.abs(curve).sum() == pytest.approx(TYPE_TWO, abs=1e-8)


@pytest.mark.parametrize(
    ("name", "preset", "current", "kind"),
    [
        ("hodgkin_huxley", {}, 10, "type II"),
        ("morris_lecar", {}, 95, "type II"),
        ("morris_lecar", {"preset": "snic"}, 42, "type I"),
        ("wang_buzsaki", {}, 1, "type I"),
        ("izhikevich2003", {}, 10, "type I"),
        ("adex", {}, 700, "type I"),
    ],
)
def test_adjoint_against_pushes(name, preset, current, kind):
    """Pushes of two sizes: their difference is three times the second-order term taken out, so what is left, of fourth
    order, is below it; and spikes are timed to 1e-9 of a period, which is 1e-6 of what a push of 1e-3 shifts."""
    found = phase_response(library.make(name, **preset), current, method="direct", phases=16)
    away = np.abs(found.response - found.adjoint)
    assert np.all(away <= found.error + 1e-6 * np.abs(found.adjoint).max())
    assert found.agreement < 1e-5
    assert found.normalisation < 1e-6
    assert (found.kind, found.method) == (kind, "direct")


@pytest.mark.parametrize(
    ("name", "current"), [("hodgkin_huxley", 10), ("wang_buzsaki", 1), ("lif", 500), ("adex", 700), ("eif", 0.8)]
)
def test_mean_response_is_the_slope_of_the_period(name, current):
    """dT/dI = -(integral of Z df/dI) against periods at I +- h, whose central difference errs in order h**2. The mean
    over 1000 midpoints of a curve with a jump or a steep end errs by less than 1e-4."""
    neuron, h = library.make(name), 1e-3 * current
    found = phase_response(neuron, current, phases=1000)
    ends = [phase_response(neuron, current + sign * h, phases=2).period_ms for sign in (-1, 1)]
    assert found.period_slope == pytest.approx((ends[1] - ends[0]) / (2 * h), rel=1e-3)
    assert found.rate_slope == pytest.approx(-1e3 * found.period_slope / found.period_ms**2)


def test_slower_time_and_other_units_scale_the_response():
    """Ten times slower, and in volt: Z in ms/mV is ten times larger, the shape the same."""
    text = "dv/dt = (I - g*(v - E_L) - u)/C : {unit} \n du/dt = (b*(v - E_L) - u)/tau : pA \n I : pA = 700*pA \n"
    text += "g : nS = 10*nS \n b : nS = 2*nS \n E_L : mV = -70*mV \n C : pF = {C}*pF \n tau : ms = {tau}*ms"
    fast, slow = (
        phase_response(
            Neuron(text.format(unit=unit, C=C, tau=tau), threshold="v > -50*mV", reset="v = -60*mV; u += 20*pA"),
            phases=12,
        )
        for unit, C, tau in (("mV", 100, 50), ("volt", 1000, 500))
    )
    assert fast.unit == slow.unit == "ms/mV"
    assert slow.period_ms == pytest.approx(10 * fast.period_ms, rel=1e-9)
    assert slow.response == pytest.approx(10 * fast.response, rel=1e-7)
    assert slow.in_turns == pytest.approx(fast.in_turns, rel=1e-7)


def test_spike_is_at_phase_zero_where_the_threshold_is_passed():
    """Near phase 0 the voltage rises through the threshold of 0 mV."""
    found = phase_response(library.make("hodgkin_huxley"), 10, phases=2000)
    v = found.states[:, 0]
    assert v[0] > 0 > v[-1]
    assert v[0] < 5 and v[-1] > -5


def test_a_stable_cycle_beside_a_stable_rest_is_found_by_a_push():
    """Hodgkin and Huxley's neuron at 6.5 has both; the period is the reference's."""
    found = phase_response(library.make("hodgkin_huxley"), 6.5)
    assert found.period_ms == pytest.approx(18.1628949793, rel=1e-9)


def test_a_neuron_without_threshold_or_parameters():
    found = phase_response(
        Neuron("dx/dt = (x - y - x*(x**2 + y**2))/ms : 1 \n dy/dt = (y + x - y*(x**2 + y**2))/ms : 1", x=0.5),
        method="direct", phases=8,
    )  # fmt: skip
    assert found.response == pytest.approx(-found.states[:, 1], abs=1e-6)
    assert found.input is None and found.period_slope is None


def test_start_values_in_a_spike():
    """Far above the threshold, where rates are those of a spike; v without start values begins there, at 0 mV."""
    found = phase_response(library.eif(v="0 mV", t_ref="0 ms"), 0.8, phases=40)
    v = found.states[:, 0]
    assert found.response == pytest.approx(1 / (0.1 * (-65 - v + 3.48 * np.exp((v + 59.9) / 3.48)) + 0.8), rel=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: phase_response(library.make("hodgkin_huxley"), 0), "does not fire periodically at I = 0 uA/cm"),
        (lambda: phase_response(library.make("lif"), 0), "does not fire periodically at I = 0 pA"),
        (lambda: phase_response(library.make("lif"), 500, method="guess"), "there is no method 'guess'"),
        (lambda: phase_response(library.lif(v_reset="-40 mV", t_ref="0 ms"), 500), "fires without end at one time"),
        (lambda: phase_response(library.make("lif"), 500, phases=1), "whole number of at least 2"),
        (
            lambda: phase_response(library.make("izhikevich2003", preset="chattering"), 10),
            "does not fire with equal intervals",
        ),
        (lambda: phase_response(library.make("lif"), 500, method="direct", push=0), "has to be positive"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_plot_has_units():
    from matplotlib import pyplot

    figure = phase_response(library.make("lif"), 500, method="direct", phases=8).plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["advance of the next spike (ms/mV)", "v (mV)"]
    pyplot.close(figure)


@pytest.mark.parametrize(("name", "current"), [("hodgkin_huxley", 10), ("wang_buzsaki", 1)])
def test_collocation_and_integration_agree(name, current):
    """Two adjoint solutions that share no code: on the mesh of the cycle, and backward along the integrated orbit."""
    from rheobase.dynamics.field import VectorField
    from rheobase.dynamics.orbits import settled
    from rheobase.dynamics.response import phase_cycle

    field = VectorField.of(library.make(name), I=current)
    found = settled.oscillation(field, "I")[0]
    a, b = phase_cycle._by_collocation(field, "I", found), phase_cycle._by_following(field, "I", found)
    assert a.period == pytest.approx(b.period, rel=1e-10)
    assert a.multiplier == pytest.approx(b.multiplier, abs=1e-8)
    times = a.period * np.linspace(0.0, 0.99, 34)
    (x, Z), (y, W) = a.sampled(times), b.sampled(times)
    assert np.max(np.abs(x - y) / np.ptp(y, axis=0)) < 1e-7
    assert np.max(np.abs(Z - W) / np.max(np.abs(W), axis=0)) < 1e-6


def test_near_a_saddle_node_and_a_homoclinic_orbit():
    """A period that is long against the spike, and a cycle that is only reached from inside."""
    slow = phase_response(library.make("inap_ik"), 4.513, phases=50)
    assert slow.period_ms > 300
    assert (slow.kind, slow.negative_share < 1e-3) == ("type I", True)
    # 1 - cos, and so symmetric with its mean at half of its height
    assert np.mean(slow.response) / np.max(slow.response) == pytest.approx(0.5, abs=0.02)
    inside = phase_response(library.make("inap_ik", preset="homoclinic"), 3.1)
    assert inside.period_ms > 4 and inside.multiplier < 1
