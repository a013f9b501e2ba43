"""First passage through a threshold under any drift, against closed forms and quadrature at high precision."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.numerics.first_passage import TOO_LONG, UNCONFINED, Interval, noiseless_time, passages, stationary
from rheobase.numerics.piecewise import Piecewise
from rheobase.numerics.radau import radau
from rheobase.numerics.siegert import log_siegert


def leak(v):
    return -v


def test_the_method_integrates_polynomials_and_damps_what_is_stiff():
    method = radau(12)
    for power in range(12):
        assert method.matrix @ method.nodes**power == pytest.approx(
            method.nodes ** (power + 1) / (power + 1), abs=1e-15
        )
    assert method.weights @ method.nodes**22 == pytest.approx(1 / 23, rel=1e-13)
    stiff = np.linalg.solve(np.eye(12) + 1e8 * method.matrix, np.ones(12))  # y' = -1e8 y, one step of length 1
    assert abs(stiff[-1]) < 1e-6
    x = np.append(0.0, method.nodes)
    assert method.mirror @ x**9 == pytest.approx((1.0 - method.nodes) ** 9, abs=1e-13)


def test_pieces_follow_a_spike_current_a_kink_and_a_zero_far_below_the_largest_value():
    def steep(v):
        return -(v + 65.0) + 3.5 * np.exp((v + 60.0) / 3.5)

    v = np.linspace(-200.0, -20.0, 5001)
    assert Piecewise.of(steep, [-200.0, -68.0, -20.0])(v) == pytest.approx(steep(v), rel=1e-13, abs=1e-11)
    assert Piecewise.of(np.abs, [-1.0, 2.0])(v / 200.0) == pytest.approx(np.abs(v / 200.0), abs=1e-13)
    near = np.linspace(-3.0, 3.0, 101)
    assert Piecewise.of(np.square, [-1e4, 1e4])(near) == pytest.approx(near**2, abs=1e-14 * 25.0)
    with pytest.raises(ArithmeticError, match="no finite value at"):
        Piecewise.of(lambda v: np.where(v < 0.0, np.inf, v), [-1.0, 1.0])


@given(st.floats(-15.0, 8.0), st.floats(0.05, 6.0))
@settings(deadline=None, max_examples=60)
def test_the_leaky_neuron_is_siegert_s(y_r, width):
    found = passages(Interval(leak, y_r, y_r + width), np.zeros(1), np.array([0.5]))
    # rounding: a passage of exp(a) is the sum of about a panels
    assert found.log_time[0] == pytest.approx(float(log_siegert(y_r, y_r + width)), abs=1e-12 * (1.0 + abs(y_r) ** 2))
    assert found.error[0] <= 1e-11 * max(1.0, abs(found.log_time[0]))


@mpmath.workdps(20)
def exponential(mu, sigma, v_th=-20.0):
    """Mean passage time of the EIF neuron with Delta_T 3.48, V_T -59.9, E_L -65, V_r -68 by nested quadrature."""
    delta, diffusion = mpmath.mpf("3.48"), mpmath.mpf(sigma) ** 2 / 2
    rest, onset, reset = mpmath.mpf(-65), mpmath.mpf("-59.9"), mpmath.mpf(-68)

    def potential(v):
        return (-((v - rest) ** 2) / 2 + delta**2 * mpmath.exp((v - onset) / delta) + mu * v) / diffusion

    def slope(v):
        rise = potential(v)
        steps = [0, 1e-4, 0.01, 0.1, 1, 5, 10, 20, 60]
        return mpmath.quad(lambda y: mpmath.exp(potential(v - y) - rise), steps, maxdegree=3) / diffusion

    return float(mpmath.quad(slope, [reset, -60, -54, -50, -46, -42, -36, -30, v_th], maxdegree=3))


def test_the_exponential_neuron_against_nested_quadrature():
    interval = Interval(lambda v: -(v + 65.0) + 3.48 * np.exp((v + 59.9) / 3.48), -68.0, -20.0)
    found = passages(interval, np.array([20.0]), np.array([12.5]))
    assert np.exp(found.log_time[0]) == pytest.approx(exponential(20, 5), rel=1e-9)
    assert found.error[0] < 1e-11


@pytest.mark.parametrize("beta, diffusion", [(0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, 0.1), (10.0, 0.01)])
def test_the_quadratic_neuron_is_airy_s(beta, diffusion):
    """1/r = pi**2 D**(-1/3) [Ai(z)**2 + Bi(z)**2], z = -beta/D**(2/3); beyond 1e5 it takes 1e-5 at each end."""
    z = -mpmath.mpf(beta) / mpmath.mpf(diffusion) ** (mpmath.mpf(2) / 3)
    exact = mpmath.pi**2 / mpmath.cbrt(diffusion) * (mpmath.airyai(z) ** 2 + mpmath.airybi(z) ** 2)
    found = passages(Interval(np.square, -1e5, 1e5), np.array([beta]), np.array([diffusion]))
    assert np.exp(found.log_time[0]) + 2e-5 == pytest.approx(float(exact), rel=2e-12)


def test_drift_without_leak_is_inverse_gaussian():
    found = passages(Interval(np.zeros_like, 0.0, 3.0), np.array([0.5, 2.0]), np.array([0.2, 0.2]))
    assert np.exp(found.log_time) == pytest.approx([6.0, 1.5], rel=1e-12)
    assert found.cv == pytest.approx(np.sqrt(2 * 0.2 / (3.0 * np.array([0.5, 2.0]))), rel=1e-12)


def test_what_has_no_passage_says_why_and_spoils_nothing_else():
    found = passages(Interval(np.zeros_like, 0.0, 1.0), np.array([np.nan, 1.0, 0.0]), np.full(3, 0.1))
    assert found.fault.tolist() == [TOO_LONG, 0, UNCONFINED]
    assert np.isnan(found.log_time[[0, 2]]).all() and found.log_time[1] == pytest.approx(0.0, abs=1e-12)
    deep = passages(Interval(leak, 0.0, 1.0), np.array([-30.0]), np.array([0.1]))
    assert deep.log_time[0] == pytest.approx(float(log_siegert(30.0 / 0.2**0.5, 31.0 / 0.2**0.5)), rel=1e-12)


def test_without_noise():
    time, slope = noiseless_time(Interval(leak, 0.0, 1.0), 1.5)
    assert time == pytest.approx(np.log(3.0), rel=1e-13) and slope == pytest.approx(1 / 1.5 - 2.0, rel=1e-12)
    assert noiseless_time(Interval(leak, 0.0, 1.0), 0.9)[0] == np.inf
    assert noiseless_time(Interval(np.square, -1e4, 1e4), 1.0)[0] == pytest.approx(np.pi - 2e-4, abs=1e-11)


def test_density_is_normalised_and_gains_are_derivatives():
    interval = Interval(lambda v: -v + 2.0 * np.exp((v - 15.0) / 2.0), 8.0, 40.0)
    state = stationary(interval, 12.0, 10.0)
    log_rate = -state.log_time
    widths = np.diff(state.points)[:, None] * radau(12).weights
    assert np.sum(widths * state.density(log_rate)) == pytest.approx(1.0, rel=1e-12)
    _, gains, by_diffusion = state.gains(log_rate)
    h = 1e-4
    means = passages(interval, 12.0 + np.array([-h, h]), np.full(2, 10.0)).log_time
    spreads = passages(interval, np.full(2, 12.0), 10.0 + np.array([-h, h])).log_time
    assert gains.sum() == pytest.approx((means[0] - means[1]) / (2 * h), rel=1e-7)  # central: h**2, 1e-12/h
    assert by_diffusion == pytest.approx((spreads[0] - spreads[1]) / (2 * h), rel=1e-6)


@pytest.mark.parametrize(
    "mean, diffusion, rate, at_1, at_10",
    [
        (0.8, 0.1, 0.37151924912821, 0.398316716823 + 0.319051050255j, 0.106889364411 + 0.108680775072j),
        (0.8, 0.01, 0.076041749602231, 0.258608903206 + 0.302546792998j, 0.0688706888276 + 0.0791093054406j),
        (1.5, 0.1, 1.0210353549741, 0.978578337838 + 0.292587520066j, 0.291444404517 + 0.243047100117j),
    ],
)
def test_response_of_the_leaky_neuron(mean, diffusion, rate, at_1, at_10):
    """Parabolic cylinder functions at high precision; their convention is exp(-i w t)."""
    s = 2j * np.pi * np.array([1.0, 10.0])
    state = stationary(Interval(leak, 0.0, 1.0), mean, diffusion, fastest=float(abs(s[1])))
    assert np.exp(-state.log_time) == pytest.approx(rate, rel=1e-12)
    found = state.response(s, -state.log_time)
    assert np.conj(found[:, 0] / found[:, 2]) == pytest.approx([at_1, at_10], abs=2e-12)
