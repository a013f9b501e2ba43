"""S1 and S2 of the reference numbers: spike counts and intervals of models from high-precision integration.

The engine sees a spike at the end of the step in which the threshold was passed: a time is at most one step late, and
an interval differs by less than one step from the true one. Intervals are compared in their mean over the last ten.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from rheobase import library
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import simulate
from rheobase.units import cm, ms, mV, pA, uA

HH_DT = 0.01


@pytest.fixture(scope="module")
def squid():
    currents = np.array([6.5, 10.0, 20.0])
    neuron = library.hodgkin_huxley()
    population = Population(neuron, 3, "A", I=currents * uA / cm**2, v=np.full(3, -65.0) * mV)
    return simulate(population, 1000 * ms, dt=HH_DT * ms, method="rk4")


@pytest.mark.parametrize(("which", "count", "interval"), [(0, 55, 18.1629), (1, 69, 14.63621), (2, 87, 11.5647)])
def test_hodgkin_huxley(squid, which: int, count: int, interval: float):
    train = squid.train("A", which)
    assert train.size == count
    assert (train[-1] - train[-11]) / 10 == pytest.approx(interval, abs=HH_DT / 10 + 1e-4)


IZHIKEVICH = {
    "regular_spiking": (23, 20),
    "intrinsically_bursting": (34, 27),
    "chattering": (87, 43),
    "fast_spiking": (137, 63),
}


def _izhikevich(scheme: str, starts: int) -> Population:
    """All four presets side by side, each from some starts within 1e-10 mV."""
    neurons = [library.izhikevich2003(preset=preset, scheme=scheme) for preset in IZHIKEVICH]
    values = {
        name: np.repeat([float(neuron.parameters[name]) for neuron in neurons], starts) for name in ("a", "b", "c", "d")
    }
    v = -65 + np.tile(2e-12 * np.arange(starts), 4)
    unit = {"a": 1 / ms, "b": 1 / ms, "c": mV, "d": mV / ms}
    given = {name: value * unit[name] for name, value in values.items()}
    return Population(
        neurons[0],
        4 * starts,
        "A",
        v=v * mV,
        u=values["b"] * -65 * mV / ms,
        I=np.full(4 * starts, 10) * mV / ms,
        **given,
    )


def test_izhikevich_2003_as_the_solution_of_its_equations():
    """Counts of LSODA; at dt = 0.002 ms none of them hangs on a spike at the end of the second."""
    recording = simulate(_izhikevich("exact", 1), 1000 * ms, dt=0.002 * ms)
    got = [recording.train("A", k).size for k in range(4)]
    assert got == [exact for exact, _ in IZHIKEVICH.values()]


def test_izhikevich_2003_as_its_program_steps_it():
    """The printed program is a map that amplifies round-off: forty starts within 1e-10 mV span the published counts."""
    recording = simulate(_izhikevich("published", 40), 1000 * ms, dt=1 * ms)
    counts = np.bincount(recording.spikes.neuron, minlength=160).reshape(4, 40)
    for found, (preset, (exact, published)) in zip(counts, IZHIKEVICH.items(), strict=True):
        assert found.min() <= published <= found.max(), preset
        assert found.max() < exact, preset


def test_izhikevich_2007():
    """100 pA from 100 ms on; resets on the grid make the times correct to the first order of the step."""
    dt = 0.002
    network = Network(
        Population(library.izhikevich2007(), 1, "A"),
        (),
        [CurrentInput("A", np.array([0.0] + [100.0] * 10) * pA, dt=100 * ms)],
    )
    train = simulate(network, 1000 * ms, dt=dt * ms).train()
    for time, expected in zip(train, (148.1801, 221.6459, 297.7697), strict=False):
        assert time == pytest.approx(expected, abs=4 * dt)
    assert train[-1] - train[-2] == pytest.approx(76.0350, abs=4 * dt)


#: The cell of the COBAHH benchmark of Brette et al. (2007).
COBAHH = Neuron(
    """dv/dt = (g_L*(E_L - v) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) + I)/C : mV = -65*mV
    dm/dt = a_m*(1 - m) - b_m*m : 1
    dn/dt = a_n*(1 - n) - b_n*n : 1
    dh/dt = a_h*(1 - h) - b_h*h : 1
    a_m = 0.32/mV*(13*mV - v + V_T)/(exp((13*mV - v + V_T)/(4*mV)) - 1)/ms : Hz
    b_m = 0.28/mV*(v - V_T - 40*mV)/(exp((v - V_T - 40*mV)/(5*mV)) - 1)/ms : Hz
    a_h = 0.128*exp((17*mV - v + V_T)/(18*mV))/ms : Hz
    b_h = 4/(1 + exp((40*mV - v + V_T)/(5*mV)))/ms : Hz
    a_n = 0.032/mV*(15*mV - v + V_T)/(exp((15*mV - v + V_T)/(5*mV)) - 1)/ms : Hz
    b_n = 0.5*exp((10*mV - v + V_T)/(40*mV))/ms : Hz
    C : pF = 200*pF
    g_L : nS = 10*nS
    E_L : mV = -60*mV
    E_K : mV = -90*mV
    E_Na : mV = 50*mV
    g_Na : nS = 20000*nS
    g_K : nS = 6000*nS
    V_T : mV = -63*mV
    I : pA = 0*pA""",
    threshold="v > -20*mV", refractory="v > -20*mV", name="cobahh",
)  # fmt: skip


def test_cell_of_the_cobahh_benchmark():
    dt = 0.01
    recording = simulate(Population(COBAHH, 2, "A", I=[100.0, 300.0] * pA), 1000 * ms, dt=dt * ms, method="rk4")
    slow, fast = recording.train("A", 0), recording.train("A", 1)
    assert (slow.size, fast.size) == (32, 59)
    assert (slow[-1] - slow[-11]) / 10 == pytest.approx(31.6541, abs=dt / 10 + 1e-4)
    assert (fast[-1] - fast[-11]) / 10 == pytest.approx(16.9385, abs=dt / 10 + 1e-4)
    assert -1e-4 <= fast[0] - 6.60144 <= dt + 1e-4


def _adex(current: float, duration: float) -> list[float]:
    """Spike times by adaptive integration up to -20 mV; from there the upstroke takes less than 1e-6 ms."""
    p = library.adex().parameters

    def slopes(t, state):
        v, w = state
        spike = p["g_L"] * p["Delta_T"] * np.exp((v - p["V_T"]) / p["Delta_T"])
        return [
            (p["g_L"] * (p["E_L"] - v) + spike - w + current) / p["C_m"],
            (p["a"] * (v - p["E_L"]) - w) / p["tau_w"],
        ]

    def upstroke(t, state):
        return state[0] + 20.0

    upstroke.terminal, upstroke.direction = True, 1.0
    time, state, times = 0.0, [p["E_L"], 0.0], []
    while True:
        found = solve_ivp(slopes, (time, duration), state, method="DOP853", rtol=1e-9, atol=1e-9, events=upstroke)
        if found.status != 1:
            return times
        time, state = found.t[-1], [p["v_reset"], found.y[1, -1] + p["b"]]
        times.append(time)


@pytest.mark.parametrize("dt", [0.02, 0.1])
def test_explosive_spikes(dt: float):
    """The exponential upstroke must not spoil the adaptation: as many spikes as the solution has, each in its place.

    Delays add up from spike to spike, and the adaptation gathers at most dt a (v_peak - E_L)/tau_w too much at each.
    """
    currents = [700.0, 1000.0, 2000.0]
    recording = simulate(Population(library.adex(), 3, "A", I=currents * pA), 300 * ms, dt=dt * ms)
    for k, current in enumerate(currents):
        train, expected = recording.train("A", k), np.array(_adex(current, 300.0))
        assert train.size == expected.size
        assert (np.abs(train - expected) < 2 * dt * np.arange(1, train.size + 1)).all()
