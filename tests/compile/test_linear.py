"""The propagator of linear equations against closed forms and against independent quadrature, at any time step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.compile.cell import build_cell
from rheobase.compile.linear import coefficients, structure_of
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.numerics.flow import flow
from rheobase.units import Mohm, ms, mV, pA


def propagators(A, dt):
    return flow(A, np.zeros_like(A), dt)[:2]


def step_covariance(A, B, dt):
    return flow(A, B @ np.swapaxes(B, -1, -2), dt)[2]


TAU = 10.0  # ms
LIF = Neuron(
    "dv/dt = (E_L - v + R*I)/tau_m : mV (unless refractory) \n I : pA = 0*pA",
    threshold="v > 15*mV", reset="v = 0*mV", refractory=2 * ms, E_L=0 * mV, R=40 * Mohm, tau_m=TAU * ms,
)  # fmt: skip
#: From a thousandth of the membrane time constant to ten of them.
STEPS = [0.001 * TAU, 0.01 * TAU, 0.1 * TAU, 0.37 * TAU, TAU, 3 * TAU, 10 * TAU]


class Linear:
    """A cell's coefficients, applied in plain Python."""

    def __init__(self, neuron: Neuron, synapses=(), courses=(), **values):
        self.cell = build_cell(neuron, tuple(synapses), courses)
        self.structure = structure_of(self.cell)
        self.values = {**neuron.parameters, **self.cell.synaptic, **values}

    def at(self, dt: float):
        return coefficients(self.cell, self.structure, self.values, dt)

    def advance(self, state: dict, dt: float, refractory: bool = False, **inputs):
        """One step; ``inputs`` are courses and standard normals."""
        numbers = self.at(dt)
        following = {}
        for x in self.structure.states:
            if refractory and x in self.structure.frozen:
                following[x] = state[x]
                continue
            second = refractory and self.structure.differs(x)
            terms = self.structure.terms(x, refractory=second)
            following[x] = sum(
                numbers[name] * ({**state, **inputs}.get(factor, 0.0) if factor else 1.0) for name, factor in terms
            )
        return following


@pytest.mark.parametrize("dt", STEPS)
def test_lif_with_constant_current(dt: float):
    cell = Linear(LIF, I=300.0)
    v, v0, target = -4.0, -4.0, 300.0 * 0.04
    for n in range(1, 6):
        v = cell.advance({"v": v}, dt)["v"]
        assert v == pytest.approx(target + (v0 - target) * math.exp(-n * dt / TAU), rel=1e-12, abs=1e-12)


def psp_exponential(t: float, tau_s: float, tau_m: float = TAU) -> float:
    """v(t) for tau_m dv/dt = -v + s, s = exp(-t/tau_s), v(0) = 0."""
    if tau_s == tau_m:
        return t / tau_m * math.exp(-t / tau_m)
    return tau_s / (tau_s - tau_m) * math.exp(-t / tau_m) * math.expm1(t * (tau_s - tau_m) / (tau_m * tau_s))


def psp_alpha(t: float, tau_s: float, tau_m: float = TAU) -> float:
    """v(t) for tau_m dv/dt = -v + s, s = t/tau_s exp(1 - t/tau_s), v(0) = 0."""
    x = t * (1 / tau_m - 1 / tau_s)
    if tau_s == tau_m:
        integral = t * t / 2
    elif abs(x) < 0.05:  # the closed form cancels there; a series of the integral of u exp(a u)
        integral = t * t * sum(x**k / (math.factorial(k) * (k + 2)) for k in range(20))
    else:
        integral = t * t * ((x - 1) * math.exp(x) + 1) / x**2
    return math.e / (tau_s * tau_m) * math.exp(-t / tau_m) * integral


@pytest.mark.parametrize("tau_s", [0.3, 2.0, TAU, TAU * (1 + 1e-9), 35.0])
@pytest.mark.parametrize("dt", STEPS)
def test_lif_behind_an_exponential_current(dt: float, tau_s: float):
    cell = Linear(LIF, [Synapse.exponential(tau_s * ms)])
    state = {"v": 3.0, "rb_s0": 250.0}
    for n in range(1, 6):
        t = n * dt
        state = cell.advance(state, dt)
        assert state["rb_s0"] == pytest.approx(250.0 * math.exp(-t / tau_s), rel=1e-12)
        expected = 3.0 * math.exp(-t / TAU) + 10.0 * psp_exponential(t, tau_s)
        assert state["v"] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("tau_s", [0.5, 2.0, TAU, 35.0])
@pytest.mark.parametrize("dt", STEPS)
def test_lif_behind_an_alpha_current(dt: float, tau_s: float):
    """An event of weight w lifts the rising state by e*w, so that the current peaks at w after tau_s."""
    cell = Linear(LIF, [Synapse.alpha(tau_s * ms)])
    state = {"v": 0.0, "rb_s0": 0.0, "rb_x0": 250.0 * math.e}
    for n in range(1, 6):
        t = n * dt
        state = cell.advance(state, dt)
        assert state["rb_s0"] == pytest.approx(250.0 * t / tau_s * math.exp(1 - t / tau_s), rel=1e-12, abs=1e-290)
        assert state["v"] == pytest.approx(10.0 * psp_alpha(t, tau_s), rel=1e-12, abs=1e-12)


ADAPTING = Neuron(
    """dv/dt = (-v - R*w + drive)/tau_m : mV
    dw/dt = (a*v - w)/tau_w : pA
    drive : mV = 12*mV
    a : pA/mV = 4*pA/mV""",
    R=40 * Mohm, tau_m=TAU * ms, tau_w=100 * ms,
)  # fmt: skip


@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize("a", [4.0, 500.0])  # real and complex eigenvalues
def test_linear_adaptation(dt: float, a: float):
    """Two dimensions: eigenvalues in closed form."""
    cell = Linear(ADAPTING, a=a)
    matrix = np.array([[-1 / TAU, -0.04 / TAU], [a / 100, -1 / 100]])
    root = np.sqrt(complex((matrix[0, 0] - matrix[1, 1]) ** 2 / 4 + matrix[0, 1] * matrix[1, 0]))
    middle = (matrix[0, 0] + matrix[1, 1]) / 2
    rest = np.linalg.solve(matrix, [-12.0 / TAU, 0.0])
    start = np.array([20.0, -30.0])
    state = dict(zip(("v", "w"), start, strict=True))
    for n in range(1, 6):
        t = n * dt
        state = cell.advance(state, dt)
        shape = np.cosh(root * t) * np.eye(2) + np.sinh(root * t) / root * (matrix - middle * np.eye(2))
        expected = rest + (np.exp(middle * t) * shape).real @ (start - rest)
        assert [state["v"], state["w"]] == pytest.approx(expected, rel=1e-11, abs=1e-11)


def test_synaptic_current_goes_on_while_the_membrane_stands_still():
    cell = Linear(LIF, [Synapse.exponential(5 * ms)], I=100.0)
    state = cell.advance({"v": 1.25, "rb_s0": 80.0}, 1.0, refractory=True)
    assert state == {"v": 1.25, "rb_s0": pytest.approx(80 * math.exp(-0.2), rel=1e-13)}


def test_a_state_that_follows_the_membrane_sees_it_stand_still():
    neuron = Neuron(
        "dv/dt = (drive - v)/tau : mV (unless refractory) \n dw/dt = (v - w)/tau : mV \n drive : mV = 20*mV",
        threshold="v > 10*mV", reset="v = 0*mV", refractory=3 * ms, tau=TAU * ms,
    )  # fmt: skip
    held = Linear(neuron).advance({"v": 8.0, "w": 2.0}, 4.0, refractory=True)
    assert held["v"] == 8.0
    assert held["w"] == pytest.approx(8 + (2 - 8) * math.exp(-0.4), rel=1e-13)
    moving = Linear(neuron).advance({"v": 8.0, "w": 2.0}, 4.0)
    assert moving["w"] == pytest.approx(20 + (2 - 20 + (8 - 20) * 0.4) * math.exp(-0.4), rel=1e-12)


def test_a_time_course_is_held_over_the_step():
    cell = Linear(LIF, courses=("I",))
    step = cell.advance({"v": 1.0}, 5.0, rb_course_I=200.0)["v"]
    assert step == pytest.approx(8.0 + (1.0 - 8.0) * math.exp(-0.5), rel=1e-13)


def test_one_set_of_coefficients_a_neuron():
    """Parameters that are arrays give arrays, each entry as if it were alone; tau_s = tau_m among them."""
    tau = np.array([3.0, 10.0, 10.0, 40.0])
    together = Linear(LIF, [Synapse.exponential(10 * ms)], tau_m=tau, I=50.0).at(0.7)
    for k, value in enumerate(tau):
        alone = Linear(LIF, [Synapse.exponential(10 * ms)], tau_m=float(value), I=50.0).at(0.7)
        for name, number in alone.items():
            assert np.broadcast_to(together[name], (4,))[k] == pytest.approx(number, rel=1e-13), name


NOISY = Neuron("dv/dt = -v/tau_m + sigma*sqrt(2/tau_m)*xi : mV", sigma=3 * mV, tau_m=TAU * ms)


@pytest.mark.parametrize("dt", STEPS)
def test_ornstein_uhlenbeck(dt: float):
    """Exact: decay exp(-dt/tau), variance sigma**2 (1 - exp(-2 dt/tau))."""
    numbers = Linear(NOISY).at(dt)
    assert numbers["rb_P_v_v"] == pytest.approx(math.exp(-dt / TAU), rel=1e-13)
    assert numbers["rb_L_v_0"] == pytest.approx(3 * math.sqrt(-math.expm1(-2 * dt / TAU)), rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.floats(1e-3, 5.0))
def test_noise_gathered_in_a_step_is_the_integral_of_its_definition(seed: int, k: int, dt: float):
    """Covariance and integral against Gauss-Legendre quadrature; two half steps are a whole one."""
    from scipy.linalg import expm

    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(k, k)) - 1.5 * np.eye(k)
    noise = generator.normal(size=(k, 2))
    nodes, weights = np.polynomial.legendre.leggauss(40)
    grid = 0.5 * dt * (nodes + 1)
    flows = expm(matrix * grid[:, None, None])
    integral = np.einsum("s,sij->ij", 0.5 * dt * weights, flows)
    expected = np.einsum("s,sij,sik->jk", 0.5 * dt * weights, *[np.swapaxes(flows @ noise, 1, 2)] * 2)
    scale = max(1.0, np.abs(expected).max(), np.abs(integral).max())
    assert np.abs(step_covariance(matrix[None], noise[None], dt)[0] - expected).max() < 1e-10 * scale
    forward, held = propagators(matrix[None], dt)
    assert np.abs(held[0] - integral).max() < 1e-11 * scale
    half, _ = propagators(matrix[None], dt / 2)
    assert np.abs(half[0] @ half[0] - forward[0]).max() < 1e-11 * max(1.0, np.abs(forward).max())


def test_noise_through_a_filter():
    """White noise into x, x into v: the root reproduces the covariance of both, including their correlation."""
    neuron = Neuron(
        "dv/dt = (x - v)/tau : mV \n dx/dt = -x/tau_x + s*xi/ms**0.5 : mV", tau=TAU * ms, tau_x=3 * ms, s=2 * mV
    )
    linear = Linear(neuron)
    numbers = linear.at(1.3)
    names = linear.structure.states
    root = np.array([[numbers.get(f"rb_L_{x}_{k}", 0.0) for k in range(2)] for x in names])
    matrix = np.array([[-1 / TAU, 1 / TAU], [0, -1 / 3]])
    noise = np.array([[0.0], [2.0]])
    assert root @ root.T == pytest.approx(step_covariance(matrix[None], noise[None], 1.3)[0], rel=1e-9, abs=1e-12)
    assert root[0, 1] == 0


@pytest.mark.parametrize("dt", [3.0, 10.0, 100.0])
def test_noise_through_a_filter_much_faster_than_the_step(dt: float):
    """Variances and covariance of x and v in closed form, for tau_x = 0.3 ms."""
    a, b = 1 / TAU, 1 / 0.3
    matrix, noise = np.array([[[-a, a], [0.0, -b]]]), np.array([[[0.0], [2.0]]])

    def held(rate: float) -> float:
        return -math.expm1(-rate * dt) / rate

    # x(s) = 2 exp(-b s), v(s) = 2 a/(b - a) (exp(-a s) - exp(-b s)) are the answers to an impulse
    k = 2 * a / (b - a)
    xx, xv = 4 * held(2 * b), 2 * k * (held(a + b) - held(2 * b))
    vv = k**2 * (held(2 * a) - 2 * held(a + b) + held(2 * b))
    assert step_covariance(matrix, noise, dt)[0] == pytest.approx(np.array([[vv, xv], [xv, xx]]), rel=1e-11)


def test_no_noise_while_the_membrane_stands_still():
    neuron = Neuron(
        "dv/dt = -v/tau + s*xi/ms**0.5 : mV (unless refractory) \n dy/dt = (v - y)/tau : mV",
        threshold="v > 5*mV", reset="v = 0*mV", refractory=2 * ms, tau=TAU * ms, s=2 * mV,
    )  # fmt: skip
    linear = Linear(neuron)
    normals = {name: 1.7 for name in linear.structure.normals}
    held = linear.advance({"v": 1.0, "y": 3.0}, 2.0, refractory=True, **normals)
    assert held == {"v": 1.0, "y": pytest.approx(1 + 2 * math.exp(-0.2), rel=1e-13)}


def test_states_that_do_not_meet_cost_nothing():
    """The pattern has no coefficient from a state that cannot be reached."""
    neuron = Neuron("dv/dt = (x - v)/tau : mV \n dx/dt = -x/tau : mV \n dz/dt = -z/tau : mV", tau=TAU * ms)
    structure = structure_of(build_cell(neuron))
    assert set(structure.coefficients) == {"rb_P_v_v", "rb_P_v_x", "rb_P_x_x", "rb_P_z_z"}


def test_a_perfect_integrator():
    neuron = Neuron("dv/dt = I/C : mV \n I : pA = 0*pA", C=100 * pA * ms / mV)
    assert Linear(neuron, I=50.0).advance({"v": 1.0}, 4.0)["v"] == pytest.approx(3.0, rel=1e-14)
