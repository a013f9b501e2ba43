"""Rates in time by the Fokker-Planck equation: against stationary rates, linear response and modes of the theory."""

from itertools import pairwise

import numpy as np
import pytest
from tests.population.conftest import brunel_network

from rheobase import library
from rheobase.model.connect import FixedIndegree
from rheobase.model.distribution import Uniform
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import NotCovered, steady_state, transfer
from rheobase.population.density.fokker_planck import Interrupted, fokker_planck
from rheobase.population.density.fokker_planck_grid import EDGES, width_of
from rheobase.population.neuron.any_neuron import any_response
from rheobase.population.neuron.lif_response import lif_response, variance_filter
from rheobase.population.neuron.membrane import membrane_of
from rheobase.population.rhythm.modes import modes
from rheobase.units import Hz, kHz, ms, mV, pA

#: No library has this one: a spike current of fourth order.
QUARTIC = Neuron(
    "dv/dt = (E - v + (v - E)**4/k**3)/tau_m : mV (unless refractory)", threshold="v > peak", reset="v = low",
    refractory="2*ms", tau_m=10 * ms, E=-65 * mV, k=20 * mV, peak=-5 * mV, low=-60 * mV,
)  # fmt: skip
LIF = library.lif()
CELLS = {
    "lif": (LIF, 12.0, 5.0, 50.0),
    "lif without refractory time": (library.lif(t_ref=0 * ms), 12.0, 5.0, 50.0),
    "eif": (library.eif(), 5.0, 4.0, 50.0),
    "qif": (library.qif(v_peak=30), 0.5, 1.0, 20.0),
    "quartic": (QUARTIC, 8.0, 5.0, 50.0),
}


def default_width(cell, sigma):
    m = membrane_of(cell)
    return float(width_of(m, sigma**2 / (2.0 * m.tau_m))) / EDGES


def conserved(activity):
    return np.max(np.abs(activity.probability - 1.0))


@pytest.mark.parametrize("name", CELLS)
def test_the_stationary_state_is_that_of_transfer(name):
    """The error falls by four, or more, where nodes are twice as dense."""
    cell, mu, sigma, _ = CELLS[name]
    exact = float(transfer(cell, mu, sigma).rate)
    rates = []
    for fineness in (1, 2, 4):
        found = fokker_planck(cell, 20 * ms, mu=mu, sigma=sigma, dv=default_width(cell, sigma) / fineness)
        assert np.ptp(found.rate()) < 1e-10 * exact and conserved(found) < 1e-12
        rates.append(found.rate()[-1])
    errors = np.abs(np.array(rates) / exact - 1.0)
    assert errors[0] < 1e-4 and (errors[:-1] / errors[1:]).min() > 3.3


def test_the_state_is_left_for_the_stationary_one():
    """A step in the mean and one in the noise: long after, rate and density are those of `transfer`."""
    found = fokker_planck(LIF, 150 * ms, mu=lambda t: 10 + 5 * (t > 20), sigma=lambda t: 4 + 2 * (t > 50))
    there = transfer(LIF, 15, 6)
    assert found.rate()[-1] == pytest.approx(float(there.rate), rel=2e-4)
    v, density = found.density()
    assert density[-1] == pytest.approx(there.density(v), abs=3e-4 * density[-1].max())
    assert found.refractory[0, -1] == pytest.approx(float(there.refractory), rel=2e-4)
    assert conserved(found) < 1e-12 and found.rates.min() > 0.0


def modulated(cell, mu, sigma, frequency, what, fineness):
    """Response of the rate (Hz per unit) to a small sine, after what was before has decayed."""
    size, omega, tau = 1e-3 * sigma, 2e-3 * np.pi * frequency, membrane_of(cell).tau_m
    period = 1e3 / frequency
    dt = period / round(period / 0.1 * fineness)
    values = {"mu": mu, "sigma": sigma}
    values[what] = lambda t: {"mu": mu, "sigma": sigma}[what] + size * np.sin(omega * t)
    cycles = int(np.ceil(12 * tau / period)) + 1
    dv = default_width(cell, sigma) / fineness
    found = fokker_planck(cell, cycles * period * ms, dt=dt * ms, dv=dv, **values)
    assert conserved(found) < 1e-12
    last = round(period / dt)
    rate, t = found.rate()[-last:], found.times[-last:]
    return 2j * np.mean((rate - rate.mean()) * np.exp(-1j * omega * t)) / size


@pytest.mark.parametrize("what", ["mu", "sigma"])
@pytest.mark.parametrize("name", CELLS)
def test_the_response_to_a_small_sine_is_the_linear_one(name, what):
    """The exact response is reached in second order. (Of the second-order term of the sine a share of 1e-6 is left.)"""
    cell, mu, sigma, frequency = CELLS[name]
    m, s = membrane_of(cell), np.array([2e-3j * np.pi * frequency])
    constants = dict(zip(("tau_m", "v_th", "v_reset", "t_ref"), m.lif, strict=True))
    exact = lif_response(s, mu, sigma, **constants) if m.drift is None else any_response(s, m, mu, sigma)
    expected = 1e3 * (exact.chi_mu if what == "mu" else 2.0 * sigma * exact.chi_sigma2)[0]
    errors = [abs(modulated(cell, mu, sigma, frequency, what, k) / expected - 1.0) for k in (0.6, 1.2)]
    assert errors[0] < 5e-3 and errors[1] < errors[0] / 3
    if m.drift is None:
        assert errors[0] / errors[1] == pytest.approx(4.0, abs=0.3) and errors[0] < 3e-3


def test_second_order_in_time():
    """A smooth course, delays and a refractory time between two steps: differences of rates fall by four."""
    found = []
    for dt in (0.2, 0.1, 0.05, 0.025):
        run = fokker_planck(LIF, 24 * ms, mu=lambda t: 12 + 4 * np.sin(0.4 * t), sigma=5, dt=dt * ms, t_ref=1.93 * ms)
        found.append(run.rate()[:: round(0.2 / dt)][30:])
    differences = [np.max(np.abs(a - b)) for a, b in pairwise(found)]
    assert differences[0] / differences[1] == pytest.approx(4.0, abs=0.8)
    assert differences[1] / differences[2] == pytest.approx(4.0, abs=0.4)


@pytest.mark.parametrize("t_ref", [0.0, 0.04, 0.1, 2.0, 3.33])
def test_refractory_neurons_come_back(t_ref):
    """At any refractory time, between steps too, the rate settles where the density says: without the spurious step."""
    found = fokker_planck(LIF, 80 * ms, mu=20, sigma=5, t_ref=t_ref * ms, initial="-65 mV")
    exact = float(transfer(LIF, 20, 5, t_ref=t_ref * ms).rate)
    assert found.rate()[-1] == pytest.approx(exact, rel=2e-3)  # what oscillates still; a delay of dt would cost 8e-3
    assert conserved(found) < 1e-12
    assert found.refractory[0, -1] == pytest.approx(1e-3 * t_ref * exact, rel=5e-3, abs=1e-15)


def test_probability_is_kept_where_neurons_are_refractory_for_very_many_steps():
    """Of 200,000 masses a plain sum loses some 1e-12."""
    found = fokker_planck(LIF, 0.5 * ms, mu=20, sigma=3, t_ref=20_000 * ms)
    assert conserved(found) < 1e-14
    assert found.rate()[-1] == pytest.approx(float(transfer(LIF, 20, 3, t_ref=20_000 * ms).rate), rel=1e-6)


def test_without_a_threshold_in_reach_the_membrane_relaxes():
    """From -75 mV: mean E + mu + (v_0 - E - mu) exp(-t/tau), variance sigma^2/2 (1 - exp(-2 t/tau))."""
    found = fokker_planck(LIF, 20 * ms, mu=-10, sigma=2, initial=-65, dt=0.05 * ms)
    decay = np.exp(-found.snapshots / 10.0)
    assert found.mean_voltage() == pytest.approx(-75.0 + 10.0 * decay, abs=2e-3)
    v, density = found.density()
    variance = np.trapezoid(density * v**2, v, axis=1) - found.mean_voltage() ** 2
    assert variance[1:] == pytest.approx(2.0 * (1.0 - decay[1:] ** 2), abs=5e-3)


def test_starts():
    assert fokker_planck(LIF, 1 * ms, sigma=3, initial=(-60, 2)).mean_voltage()[0] == pytest.approx(-60.0, abs=0.02)
    one = fokker_planck(LIF, 5 * ms, mu=10, sigma=3, initial=lambda v: np.exp(-0.5 * ((v + 60) / 2) ** 2))
    two = fokker_planck(LIF, 5 * ms, mu=10, sigma=3, initial=("-60 mV", "2 mV"))
    assert one.rate()[1:] == pytest.approx(two.rate()[1:], rel=1e-3)
    low = fokker_planck(LIF, 5 * ms, mu=lambda t: -60 * (t > 1), sigma=3)
    assert conserved(low) < 1e-12 and low.mean_voltage()[-1] < -80


def test_inputs_of_all_kinds_are_the_same():
    """A current's time course, a function and a row of values; volts and millivolts; a neuron and a population."""
    course = np.repeat([0.0, 100.0], 100)
    noise = PoissonInput("E", 8 * kHz, 0.5 * mV)
    network = Network(Population(LIF, 10, "E"), inputs=[noise, CurrentInput("E", course * pA, 0.1 * ms)])
    plain = Network(Population(LIF, 10, "E"), inputs=[noise])
    gain = 10.0 / 250.0  # tau_m/C_m, mV/pA
    by_current = fokker_planck(network, 20 * ms)
    by_function = fokker_planck(plain, 20 * ms, mu={"E": lambda t: 100 * gain if t >= 10 else 0.0})
    assert by_current.rate() == pytest.approx(by_function.rate(), rel=1e-9)
    sigma = float(steady_state(plain).sigma[0])
    alone = fokker_planck(LIF, 20 * ms, mu=[40.0, 40.0, 40.0], sigma=sigma * mV)
    assert alone.rate() == pytest.approx(fokker_planck(LIF, 20 * ms, mu="0.04 V", sigma=sigma).rate(), rel=1e-9)
    assert alone.rate()[0] == pytest.approx(by_current.rate()[0], rel=1e-3)


def test_a_network_decays_to_its_stationary_state_as_its_leading_mode_does():
    """Brunel's model A (5, 2). Rate, growth and frequency at P6; other modes have gone after 20 ms."""
    network = brunel_network(5.0, 2.0)
    state = steady_state(network)
    kick = {name: lambda t: 0.05 * np.exp(-((t - 5.0) ** 2)) for name in ("E", "I")}
    found = fokker_planck(network, 60 * ms, mu=kick, dv=0.05 * mV, dt=0.05 * ms)
    assert found.rates[:, 0] == pytest.approx(state.rates, rel=1e-4) and conserved(found) < 1e-12
    lag, x = 10, found.rate("E") - found.rate("E")[0]
    x = x[round(35 / 0.05) :]
    forward = np.stack([x[lag : 2 * lag + 200], x[: lag + 200]], axis=1)
    product = np.linalg.lstsq(forward, x[2 * lag : 3 * lag + 200], rcond=None)[0]
    growth = np.log(np.roots([1.0, *-product])[0]) / (lag * 0.05) * 1e3
    assert growth.real == pytest.approx(state.modes[0].growth_per_s, rel=5e-3)
    assert abs(growth.imag) / (2 * np.pi) == pytest.approx(state.modes[0].frequency_hz, rel=1e-3)


def small_network(synapse, delay, weight, jump):
    """One population that hears itself, and a Poisson input."""
    inputs = [PoissonInput("E", 20 * kHz, jump, synapse=synapse)]
    loop = [Projection("E", "E", FixedIndegree(100), weight, delay, synapse)]
    return Network(Population(LIF, 1000, "E"), loop, inputs)


def test_synapses_and_delays_act_as_in_the_modes():
    """A small sine in a network with exponential synapses and a distribution of delays: chi/(1 - loop)."""
    synapse = Synapse.exponential(5 * ms, target="I")
    network = small_network(synapse, Uniform(0 * ms, 4 * ms), -10 * pA, 20 * pA)
    state = steady_state(network)
    omega, size = 2 * np.pi * 0.04, 0.01
    s = np.array([1j * omega])
    found = fokker_planck(network, 200 * ms, mu=lambda t: size * np.sin(omega * t), dt=0.05 * ms, dv=0.05 * mV)
    assert found.coloured and found.rate()[0] == pytest.approx(state.rates[0], rel=3e-4)
    last = round(25 / 0.05)
    rate, t = found.rate()[-last:], found.times[-last:]
    got = 2j * np.mean((rate - rate.mean()) * np.exp(-1j * omega * t)) / size
    m, channel = state.maps.membranes[0], state.maps.channels[0]
    tau_m, v_th, v_reset, t_ref = m.lif
    up = float(state.sigma[0] * state.shift[0])
    chi = lif_response(
        s, float(state.mu[0]) - up, float(state.sigma[0]), tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref
    )
    gain = tau_m * channel.in_degree * channel.delay.transform(s)
    loop = gain * (
        channel.jump * chi.chi_mu / (1 + s * 5.0) + channel.square * chi.chi_sigma2 * variance_filter(s, 5.0)
    )
    assert got == pytest.approx(1e3 * (chi.chi_mu / (1.0 - loop))[0], rel=2e-3)


def test_populations_without_delay_and_split_populations():
    """Feedback within a step is settled; two halves of a population do what the whole does."""
    whole = small_network(Synapse.delta("v"), 0.05 * ms, -0.2 * mV, 0.4 * mV)
    cells = [Population(LIF, 500, name) for name in ("A", "B")]
    loops = [Projection(a, b, FixedIndegree(50), -0.2 * mV, 0.05 * ms) for a in ("A", "B") for b in ("A", "B")]
    halves = Network(cells, loops, [PoissonInput(name, 20 * kHz, 0.4 * mV) for name in ("A", "B")])
    kick = lambda t: 2.0 * (t > 5)  # noqa: E731
    one = fokker_planck(whole, 30 * ms, mu=kick)
    two = fokker_planck(halves, 30 * ms, mu={"A": kick, "B": kick})
    assert two.rates[0] == pytest.approx(one.rates[0], rel=1e-9) and two.rates[1] == pytest.approx(
        one.rates[0], rel=1e-9
    )
    finer = fokker_planck(whole, 30 * ms, mu=kick, dt=0.05 * ms)
    assert one.rate()[100::10] == pytest.approx(finer.rate()[200::20], rel=5e-3)
    assert modes(whole, steady_state(whole).rates) is not None and one.status.startswith("finished")


def test_the_nodes_follow_what_inhibition_brings():
    """A volley of spikes, and then inhibition far below all that the stationary state reaches."""
    network = small_network(Synapse.delta("v"), 1 * ms, -2 * mV, 0.4 * mV)
    still = fokker_planck(network, 20 * ms)
    found = fokker_planck(network, 20 * ms, mu=lambda t: 400.0 * ((t > 5) & (t < 6)))
    assert found.voltages[0][0] < still.voltages[0][0] and conserved(found) < 1e-12
    deep = fokker_planck(network, 20 * ms, mu=lambda t: 400.0 * ((t > 5) & (t < 6)) - 300.0 * (t > 19.9))
    assert deep.voltages[0][0] < still.voltages[0][0]  # as the input at the end is known at the start
    assert found.rate()[:199] == pytest.approx(deep.rate()[:199], abs=1e-4 * found.rate().max())
    v, density = found.density()
    below = np.trapezoid(density[-1], v)
    assert below + found.refractory[0, -1] == pytest.approx(1.0, abs=1e-3)


def test_interrupted_runs_keep_what_is_done(monkeypatch):
    calls = []

    def tick(self, more):
        calls.append(more)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("rheobase.progress.Progress.tick", tick)
    with pytest.raises(Interrupted) as stopped:
        fokker_planck(LIF, 100 * ms, mu=12, sigma=5, snapshots=11)
    activity = stopped.value.activity
    assert activity.times[-1] == pytest.approx(30.0) and activity.rate().size == 301
    assert "interrupted at 30 ms of 100 ms" in str(stopped.value)


def test_results_speak():
    found = fokker_planck(brunel_network(), 5 * ms)
    assert "E" in found.summary() and "probability is 1" in found.summary()
    assert found.to_xarray()["rates"].sel(population="I").size == 51
    assert "Scharfetter" in found.cite() and "brunel2000" in repr(found)
    assert len(found.plot("I").axes) == 3
    with pytest.raises(ModelError, match="no population 'X'"):
        found.rate("X")
    with pytest.raises(ModelError, match="say which population: "):
        found.rate()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "no noise .sigma = 0.*simulate"),
        ({"sigma": -1}, "must not be negative"),
        ({"sigma": lambda t: 5.0 * (t < 3)}, "no noise"),
        ({"sigma": 5, "mu": np.nan}, "mu must be finite"),
        ({"sigma": 5, "initial": "-40 mV"}, "not below the threshold"),
        ({"sigma": 5, "initial": "rest"}, "is not understood; give 'stationary'"),
        ({"sigma": 5, "initial": {"E": -65}}, "no population 'E'"),
        ({"sigma": 5, "initial": lambda v: v}, "not negative"),
        ({"sigma": 5, "dv": -1}, "dv must be positive"),
        ({"sigma": 5, "dv": 1e-6}, "more than 50,000"),
        ({"sigma": 5, "snapshots": 1}, "snapshots = 1"),
        ({"sigma": 5, "duration": -1 * ms}, "must be a positive time"),
        ({"sigma": 5, "duration": 0.01 * ms}, "shorter than the time step"),
        ({"sigma": 5, "duration": [1, 2] * ms}, "duration must be one time, not 2"),
        ({"sigma": 5, "dv": [1, 2]}, "dv must be one distance"),
        ({"sigma": 1e-6, "mu": 1}, "nodes, more than 50,000, since the noise is weak"),
        ({"sigma": 5, "initial": lambda v: "normal"}, "initial: the function must give a density"),
        ({"sigma": 5, "initial": lambda v: v * 1j}, "initial: the function must give a density"),
        ({"sigma": 5, "mu": lambda t: None}, "mu: the function must give one number or quantity for a time, not None"),
        ({"sigma": 5, "mu": lambda t: np.ones((2, 2))}, "mu: the function must give one number"),
        ({"sigma": 5, "t_ref": 1e9 * ms}, r"a refractory time of 1e\+09 ms in steps of 0.1 ms is 1e\+10 steps"),
    ],
)
def test_bad_input_is_told(options, sentence):
    duration = options.pop("duration", 10 * ms)
    with pytest.raises(ModelError, match=sentence):
        fokker_planck(LIF, duration, **options)


def exciting(t_ref):
    """Neurons that excite one another so strongly that they fire in volleys, or without end."""
    recurrent = Projection("A", "A", FixedIndegree(500), 0.5 * mV, 1.5 * ms)
    return Network(
        [Population(library.lif(t_ref=t_ref), 1000, "A")], [recurrent], [PoissonInput("A", 11 * Hz, 0.25 * mV, n=600)]
    )


def test_volleys_shorter_than_a_step_are_told():
    with pytest.raises(ModelError, match="or the neurons fire in volleys shorter than a step"):
        fokker_planck(exciting(2 * ms), 200 * ms)


def test_a_network_that_runs_away_starts_at_a_voltage():
    """The advice of the sentence is one that works: such a network can start somewhere else."""
    network = exciting(0 * ms)
    with pytest.raises(ModelError, match=r"no stationary state to start from.*initial='-60 mV'"):
        fokker_planck(network, 10 * ms)
    found = fokker_planck(network, 5 * ms, initial="-60 mV")
    assert found.rates[0, 0] == 0.0 and conserved(found) < 1e-12


def test_what_is_not_covered_is_told():
    climbing = Neuron("dv/dt = -(v*v)/(10*ms*1*mV) : mV", threshold="v > 10*mV", reset="v = 0*mV")
    with pytest.raises(ModelError, match="nothing pulls 'v' up below the reset"):
        fokker_planck(climbing, 10 * ms, sigma=5)
    with pytest.raises(NotCovered, match="second state"):
        fokker_planck(library.adex(), 10 * ms, sigma=5)
    with pytest.raises(ModelError, match="takes a Neuron"):
        fokker_planck("LIF", 10 * ms)  # pyright: ignore[reportArgumentType]
    wild = small_network(Synapse.delta("v"), 1 * ms, 5 * mV, 0.4 * mV)
    cell = Population(library.lif(t_ref=0 * ms), 1000, "E")
    with pytest.raises(ModelError, match="outgrow every rate"):
        fokker_planck(wild.with_(populations=[cell]), 100 * ms, initial=-60)


@pytest.mark.parametrize(("low", "high"), [(-63.0, -52.0), (-110.0, -52.0)])
def test_a_uniform_start(low, high):
    """The grid reaches down to it; the mean of the density is right to the square of its cells over its width."""
    found = fokker_planck(LIF, 1 * ms, mu=5, sigma=4, initial=Uniform(low, high))
    v, density = found.density()
    volume = np.diff(np.concatenate([[v[0]], 0.5 * (v[1:] + v[:-1])]))
    mean = (density[0, :-1] * volume) @ v[:-1] / (density[0, :-1] @ volume)
    assert found.probability[0, 0] == pytest.approx(1.0, abs=1e-12)
    assert mean == pytest.approx((low + high) / 2, abs=np.diff(v).max() ** 2 / (high - low))
    with pytest.raises(ModelError, match="a uniform density must end above where it begins"):
        fokker_planck(LIF, 1 * ms, sigma=4, initial=Uniform(-60.0, -40.0))
