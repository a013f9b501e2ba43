"""Brunel (2000), model B: reduces to model A; its characteristic equation solved from the formulas; simulated."""

import mpmath
import numpy as np
import pytest
from matplotlib import pyplot

from rheobase import check, library
from rheobase.model.errors import ModelError
from rheobase.population import modes, phase_diagram, stability, steady_state, steady_states
from rheobase.units import UnitError, ms, second

DEGREES = (1000, 250)
THETA, V_RESET, T_REF = 20, 10, 2
OWN = {"g": 5.75, "g_I": 5.25, "eta": 2.25, "eta_I": 1.875, "J_I": "0.125 mV", "tau_I": "16 ms", "delay_IE": "1.75 ms",
       "delay_II": "1.25 ms"}  # fmt: skip
KINDS = ((0.1, 5.75, 2.25, 20, (1.5, 1.5)), (0.125, 5.25, 1.875, 16, (1.75, 1.25)))  # J, g, eta, tau, delays


def inputs(rates):
    """Mean and noise strength of both kinds of neurons (Brunel 2000, model B)."""
    found = []
    for jump, g, eta, tau, _ in KINDS:
        outside = mpmath.mpf(eta) * THETA / tau / jump
        mean = tau * jump * (outside + DEGREES[0] * rates[0] - DEGREES[1] * g * rates[1])
        variance = tau * jump**2 * (outside + DEGREES[0] * rates[0] + DEGREES[1] * g**2 * rates[1])
        found.append((mean, mpmath.sqrt(variance)))
    return found


def drift(*rates):
    """Siegert's rate minus the rate."""
    found = []
    for rate, (mu, sigma), (*_, tau, _) in zip(rates, inputs(rates), KINDS, strict=True):
        bounds = mpmath.linspace((V_RESET - mu) / sigma, (THETA - mu) / sigma, 5)
        area = mpmath.quad(lambda x: mpmath.exp(x * x) * mpmath.erfc(-x), bounds)
        found.append(1 / (T_REF + tau * mpmath.sqrt(mpmath.pi) * area) - rate)
    return found


def responses(s, rate, mu, sigma, tau):
    """By a modulated mean and a modulated variance (Lindner & Schimansky-Geier 2001), by Hermite functions."""
    lam, y_r, y_theta = s * tau, (V_RESET - mu) / sigma, (THETA - mu) / sigma

    def u(y):
        return mpmath.hermite(-lam, -y)

    def slope(y):
        return 2 * lam * mpmath.hermite(-lam - 1, -y)

    def bend(y):
        return 2 * y * slope(y) + 2 * lam * u(y)

    whole = u(y_theta) - mpmath.exp(-s * T_REF) * u(y_r)
    by_mean = rate / (sigma * (1 + lam)) * (slope(y_theta) - slope(y_r)) / whole
    return by_mean, rate / (2 * sigma**2 * (2 + lam)) * (bend(y_theta) - bend(y_r)) / whole


def determinant(s, rates):
    """Of one minus the loop."""
    loop = mpmath.matrix(2, 2)
    for k, ((jump, g, _, tau, delays), (mu, sigma)) in enumerate(zip(KINDS, inputs(rates), strict=True)):
        by_mean, by_variance = responses(s, rates[k], mu, sigma, tau)
        for j, weight in enumerate((jump, -g * jump)):
            gain = weight * by_mean + weight**2 * by_variance
            loop[k, j] = tau * DEGREES[j] * mpmath.exp(-s * delays[j]) * gain
    return mpmath.det(mpmath.eye(2) - loop)


def test_rates_and_leading_mode_from_the_formulas():
    state = steady_state(library.brunel2000_b(**OWN))
    mode = state.modes[0]
    with mpmath.workdps(16):
        rates = mpmath.findroot(drift, tuple(float(f"{rate:.2e}") * 1e-3 for rate in state.rates))
        guess = mpmath.mpc(float(f"{mode.growth_per_s:.2e}"), 2 * mpmath.pi * float(f"{mode.frequency_hz:.3e}"))
        s = mpmath.findroot(lambda s: determinant(s, rates), guess * mpmath.mpf("1e-3"))
    assert state.rates == pytest.approx([1e3 * float(rate) for rate in rates], rel=1e-11)
    assert mode.growth_per_s == pytest.approx(1e3 * float(s.real), abs=1e-7)
    assert mode.frequency_hz == pytest.approx(1e3 * float(s.imag / (2 * mpmath.pi)), abs=1e-7)


@pytest.mark.parametrize("point", [(5.0, 2.0), (6.0, 4.0), (4.5, 0.9), (3.0, 2.0)])
def test_without_values_of_its_own_it_is_model_a(point):
    one, other = (steady_states(make(*point)) for make in (library.brunel2000_b, library.brunel2000))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.rates, b.rates)
        assert [(m.growth_per_s, m.frequency_hz) for m in a.modes] == [
            (m.growth_per_s, m.frequency_hz) for m in b.modes
        ]


def test_its_phase_diagram_without_values_of_its_own_is_model_as():
    one, other = (
        phase_diagram(make, "g", "eta", (4.8, 6.0), (3.0, 5.0), points=2).to_dict()
        for make in (library.brunel2000_b, library.brunel2000)
    )
    assert one["lines"] and one == other


@pytest.fixture(scope="module")
def diagram():
    fixed = {"g_I": 5.5, "eta_I": 2.0, "J_I": "0.11 mV", "tau_I": "15 ms"}
    return phase_diagram(library.brunel2000_b, "g", "eta", (5.0, 6.5), (2.0, 3.0), points=3, fixed=fixed)


def test_on_its_lines_a_mode_neither_grows_nor_decays(diagram):
    hopf = [line for line in diagram.lines if line.kind == "hopf"]
    assert hopf
    for line in hopf:
        for k in np.linspace(0, len(line.values) - 1, 3).astype(int):
            found = modes(diagram.family.network(line.values[k]), line.rates[k], count=3)
            apart = [abs(complex(m.growth_per_s, m.frequency_hz - line.frequency_hz[k])) for m in found]
            assert min(apart) < 1e-6


def test_labels_agree_with_stability(diagram):
    for column in diagram.points:
        for point in column:
            found = [stability(diagram.family.network(point.values), state.rates).unstable for state in point.states]
            assert found == [state.unstable for state in point.states]
            assert any(found) == point.label.startswith(("SI", "SR"))


def test_a_parameter_with_a_unit_that_model_a_does_not_have():
    """The membrane of the inhibitory neurons: its line ends where the growth is zero, and has the unit given."""
    fixed = {"g": 6.0, "g_I": 5.5, "eta_I": 2.0, "J_I": "0.11 mV"}
    found = phase_diagram(
        library.brunel2000_b, "tau_I", "eta", ("12 ms", "20 ms"), (2.0, 3.0), points=(3, 2), fixed=fixed
    )
    assert found.units == ("ms", "1")
    np.testing.assert_allclose(found.x, [12, 16, 20])
    network = library.brunel2000_b(**fixed, tau_I=16 * ms, eta=3.0)
    np.testing.assert_array_equal(found.points[1][1].states[0].rates, steady_states(network)[0].rates)
    for crossing in found.crossings(tau_I="16 ms"):
        network = library.brunel2000_b(**fixed, tau_I=16 * ms, eta=crossing.values[0, 1])
        frequencies = [m.frequency_hz for m in modes(network, crossing.rates[0], count=3) if abs(m.growth_per_s) < 1e-6]
        assert frequencies == pytest.approx([crossing.frequency_hz[0]], abs=1e-6)
    assert found.label(16 * ms, 3.0) == found.points[1][1].label
    figure = found.plot()
    assert figure.axes[0].get_xlabel() == "tau_I (ms)"
    pyplot.close(figure)
    assert found.crossings(tau_I="16 ms")


def test_the_simulation_oscillates_where_the_diagram_says_so(diagram):
    """Near its onset, where the rhythm is nearly linear."""
    assert diagram.label(6.0, 2.5).startswith("SI")
    found = check.compare(diagram.family.network((6.0, 2.5)), 0.4 * second, seed=1)
    assert found.frequency_sim_hz == pytest.approx(150.8528, rel=0.05)


def test_what_is_refused():
    with pytest.raises(ModelError, match="brunel2000_b needs a positive J"):
        library.brunel2000_b(J_I="-0.1 mV")
    with pytest.raises(ModelError, match="delay_EI"):
        library.brunel2000_b(delay_EI="1.5 mV")
    with pytest.raises(UnitError, match="tau_I"):
        phase_diagram(library.brunel2000_b, "tau_I", "eta", ("5 ms", 20), (2, 3))
