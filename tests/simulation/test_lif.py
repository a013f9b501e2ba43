"""LIF neurons with constant current: every spike where the closed form puts it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rheobase import library
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import simulate
from rheobase.units import Mohm, ms, mV, pA, pF

DT, STEPS = 0.1, 3000


def closed_form(
    tau: float, reach: float, drive: float, refractory: int, dt: float = DT, steps: int = STEPS
) -> np.ndarray:
    """Numbers of the steps at whose end a neuron fires that climbs to ``drive`` and fires above ``reach``.

    From rest it needs -tau ln(1 - reach/drive); it is seen at the next grid point, and then stands still.
    """
    climb = math.floor(-tau / dt * math.log1p(-reach / drive)) + 1
    return np.arange(climb, steps + 1, climb + refractory)


def random_lif(seed: int, n: int = 1000) -> dict[str, np.ndarray]:
    """Parameters above rheobase whose first crossing is not on a grid point within rounding."""
    generator = np.random.default_rng(seed)
    tau, capacity = generator.uniform(2, 40, 2 * n), generator.uniform(20, 500, 2 * n)
    reach = generator.uniform(3, 30, 2 * n)
    current = reach * capacity / tau * (1 + 10 ** generator.uniform(-3, 1, 2 * n))
    refractory = generator.integers(0, 60, 2 * n)
    time = -tau / DT * np.log1p(-reach * capacity / tau / current)
    clear = np.flatnonzero(np.abs(time - np.round(time)) > 1e-9 * time)[:n]
    assert clear.size == n
    values = {"tau_m": tau, "C_m": capacity, "v_th": reach, "I": current, "refractory": refractory}
    return {name: value[clear] for name, value in values.items()}


@pytest.fixture(scope="module")
def thousand():
    p = random_lif(1)
    neuron = library.lif(E_L=0 * mV, v_reset=0 * mV, v=0 * mV)
    population = Population(
        neuron, 1000, "A", tau_m=p["tau_m"] * ms, C_m=p["C_m"] * pF, v_th=p["v_th"] * mV, I=p["I"] * pA,
        t_ref=p["refractory"] * DT * ms,
    )  # fmt: skip
    return p, simulate(population, STEPS * DT * ms, dt=DT * ms, threads=2)


def test_a_thousand_neurons(thousand):
    p, recording = thousand
    steps = np.rint(recording.spikes.time / DT).astype(int)
    assert np.abs(recording.spikes.time - DT * steps).max() < 1e-9
    compared = 0
    for k in range(1000):
        drive = p["tau_m"][k] / p["C_m"][k] * p["I"][k]
        expected = closed_form(p["tau_m"][k], p["v_th"][k], drive, p["refractory"][k])
        assert np.array_equal(steps[recording.spikes.neuron == k], expected), k
        compared += expected.size
    assert compared > 15_000


def test_a_lone_neuron_is_the_same_neuron(thousand):
    """Constant parameters go another way into the kernel than arrays do."""
    p, recording = thousand
    for k in (0, 17, 511, 512, 999):
        neuron = library.lif(
            E_L=0 * mV, v_reset=0 * mV, v=0 * mV, v_th=p["v_th"][k] * mV, tau_m=p["tau_m"][k] * ms,
            C_m=p["C_m"][k] * pF, I=p["I"][k] * pA, t_ref=p["refractory"][k] * DT * ms,
        )  # fmt: skip
        alone = simulate(neuron, STEPS * DT * ms, dt=DT * ms)
        assert np.array_equal(alone.train(), recording.train("A", k))
        assert "linear below threshold" in alone.methods["neuron"]


@pytest.mark.parametrize("dt", [0.01, 0.1, 0.5, 2.0])
def test_reference_neuron(dt: float):
    """S1: first spike at 4.700036 ms and period 6.700036 ms, each rounded up to the grid."""
    neuron = library.lif(I=1000 * pA)
    first = math.ceil(4.700036292457356 / dt)
    expected = dt * np.arange(first, round(100 / dt) + 1, first + round(2 / dt))
    assert simulate(neuron, 100 * ms, dt=dt * ms).train() == pytest.approx(expected, rel=1e-12)


def test_below_rheobase_nothing_happens():
    neuron = library.lif(I=374.999 * pA)
    recording = simulate(neuron, 1000 * ms, record="v")
    assert len(recording.spikes) == 0
    assert recording.traces["neuron"]["v"][-1, 0] == pytest.approx(-65 + 374.999 / 25, rel=1e-13)


@pytest.mark.parametrize(("refractory", "steps"), [(0.0, 0), (0.06, 1), (0.1, 1), (1.24, 12), (1.26, 13)])
def test_refractory_time_is_rounded_to_steps(refractory: float, steps: int):
    neuron = library.lif(I=1000 * pA, t_ref=refractory * ms)
    train = simulate(neuron, 50 * ms).train()
    assert np.diff(train) == pytest.approx(0.1 * (48 + steps), rel=1e-9)


def test_refractory_time_below_half_a_step_is_left_out_with_a_warning():
    neuron = library.lif(I=1000 * pA, t_ref=0.04 * ms)
    with pytest.warns(RuntimeWarning, match=r"a refractory time of 0\.04 ms is less than half a time step of 0\.1 ms"):
        train = simulate(neuron, 50 * ms).train()
    assert np.diff(train) == pytest.approx(0.1 * 48, rel=1e-9)


def test_refractory_time_that_is_computed_at_the_spike():
    """Reset lines act one after the other, and then the pause is taken: each is 1 ms longer than the one before."""
    neuron = Neuron(
        """dv/dt = (30*mV - v)/tau : mV (unless refractory)
        dpause/dt = 0*pause/ms : ms = 1*ms
        dw/dt = 0*w/ms : mV = 2*mV""",
        threshold="v > 15*mV",
        reset="w *= 3; w -= 1*mV; v = 5*mV - 5*w; v += 5*w - 5*mV; pause += 1*ms",
        refractory="pause",
        tau=10 * ms,
    )
    recording = simulate(neuron, 200 * ms, record=["v", "w"])
    train = recording.train()
    climb = math.floor(10 * math.log(2) / DT) + 1
    expected = np.cumsum([climb] + [climb + 10 * (2 + k) for k in range(train.size - 1)])
    assert train.size > 8
    assert train == pytest.approx(DT * expected, rel=1e-12)
    w = recording.traces["neuron"]["w"][:, 0]
    assert w[expected[:4] - 2].tolist() == [2, 5, 14, 41]  # the step before the spike still has the old value
    assert w[expected[:4] - 1].tolist() == [5, 14, 41, 122]
    assert (recording.traces["neuron"]["v"][expected - 1] == 0).all()


PORT = Neuron("dv/dt = (-v + R*I)/tau : mV \n I : pA = 0*pA", R=100 * Mohm, tau=10 * ms, name="port")


def test_time_course_is_held_over_its_steps_and_ends_in_zero():
    """One course for all neurons, one each; a course of another step than the simulation's; constants add."""
    generator = np.random.default_rng(3)
    common, own = generator.uniform(0, 200, 30), generator.uniform(0, 200, (17, 5))
    network = Network(
        Population(PORT, 5, "A"),
        (),
        [
            CurrentInput("A", common * pA, dt=0.3 * ms),
            CurrentInput("A", own * pA, dt=1 * ms),
            CurrentInput("A", np.arange(5) * pA),
        ],
    )
    v, decay = np.zeros(5), math.exp(-0.01)
    trace = simulate(network, 30 * ms, record="v").traces["A"]["v"]
    for step in range(300):
        current = np.arange(5) + (common[step // 3] if step < 90 else 0) + (own[step // 10] if step < 170 else 0)
        v = 0.1 * current + (v - 0.1 * current) * decay
        assert trace[step] == pytest.approx(v, rel=1e-11, abs=1e-12), step
