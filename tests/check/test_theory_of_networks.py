"""Simulated networks do what the theory says: rates of neurons that are not leaky integrate-and-fire, and rhythms."""

import numpy as np
import pytest

from rheobase import (
    FixedIndegree,
    Hz,
    Network,
    Neuron,
    PoissonInput,
    Population,
    Projection,
    library,
    ms,
    mV,
    population,
    simulate,
)
from rheobase.check.measure import activity_spectrum
from rheobase.check.rhythm import dominant_frequency, predicted_frequency, predicted_spectrum
from rheobase.check.timestep import rates_on_the_grid

DT = 0.05  # ms
TRANSIENT = 200.0  # ms
WITHIN = 0.05  # what a predicted frequency may be off by


def driven(populations, projections, inputs):
    """A network of (source, target, in-degree, weight, delay); each input is (target, rate, jump), 1,000 trains."""
    return Network(
        populations,
        [Projection(source, target, FixedIndegree(n), w, delay) for source, target, n, w, delay in projections],
        [PoissonInput(target, rate * Hz, jump, n=1000) for target, rate, jump in inputs],
    )


def sparse(neuron, jump, external, rates, unit=mV):
    """2,000 excitatory and 500 inhibitory neurons with 160 + 40 random synapses each, inhibition five times as strong.

    Most of the noise comes from outside, from a thousand excitatory and a thousand inhibitory Poisson trains for each
    neuron, and is white, as the theory has it.
    """
    return driven(
        [Population(neuron, 2000, "E"), Population(neuron, 500, "I")],
        [
            (source, target, degree, weight * unit, 1.5 * ms)
            for source, degree, weight in (("E", 160, jump), ("I", 40, -5 * jump))
            for target in ("E", "I")
        ],
        [
            (target, rate, sign * external * unit)
            for target in ("E", "I")
            for rate, sign in zip(rates, (1, -1), strict=True)
        ],
    )


QUARTIC = Neuron(
    "dv/dt = (-v + v**4/(8000*mV**3))/tau_m : mV (unless refractory)",
    threshold="v > 60*mV",
    reset="v = -5*mV",
    refractory=2 * ms,
    tau_m=15 * ms,
)


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(sparse(library.eif(), 0.2, 0.2, (16.5, 16)), id="exponential"),
        pytest.param(sparse(library.qif(eta=0.3, v_peak=30), 0.02, 0.03, (16, 16), unit=1), id="quadratic"),
        pytest.param(sparse(QUARTIC, 0.2, 0.2, (20, 16)), id="of a user"),
    ],
)
def test_rates_of_neurons_that_are_not_leaky_integrate_and_fire(network):
    """They agree up to chance, to what is known of the error of the diffusion approximation, and to the time step.

    The time step does little: at the threshold the drift is so strong that every neuron passes, and a spike stands
    half a step late on average. The asynchronous states are stable; their leading modes decay within 40 ms.
    """
    steady = population.steady_state(network)
    assert steady.stable and steady.mode.growth_per_s < -25
    shots = population.diffusion_error(network, steady)
    grid = np.abs(rates_on_the_grid(steady, DT) / steady.rates - 1) + 1e-3 * steady.rates * DT / 2
    known = shots.accuracy + grid
    assert np.all(known < 0.004) and np.all(np.abs(shots.together) < 0.01)
    recording = simulate(network, 1700 * ms, dt=DT * ms, seed=1)
    simulated, error = np.array(list(recording.rates(TRANSIENT).values())).T
    assert np.all(error < 0.04 * steady.rates)
    assert np.all(np.abs(simulated - shots.corrected) < 4 * error + known * steady.rates)


def rhythm(network, duration):
    """The theory, and the frequency (Hz) of the activity: predicted, and simulated for ``duration`` (ms)."""
    steady = population.steady_state(network)
    predicted = predicted_frequency(network, steady, predicted_spectrum(network, steady), duration)
    recording = simulate(network, (TRANSIENT + duration) * ms, seed=1)
    return steady, predicted, dominant_frequency(recording, TRANSIENT, activity_spectrum(recording, TRANSIENT))


@pytest.mark.parametrize(("g", "eta"), [(5, 5), (6, 4)])
def test_frequency_of_fast_oscillations(g, eta):
    """Brunel (2000), beyond the line where the asynchronous state loses its stability: near 200 Hz."""
    steady, predicted, simulated = rhythm(library.brunel2000(g=g, eta=eta), 500)
    assert not steady.stable and 180 < predicted < 210
    assert simulated == pytest.approx(predicted, rel=WITHIN)


def test_frequency_of_a_slow_oscillation():
    """Excitation that calls inhibition, with delays of 3 ms and little recurrent noise, close to the Hopf bifurcation.

    On the stable side, where fluctuations keep the rhythm going at an amplitude that leaves it linear.
    """
    cell = library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV)
    network = driven(
        [Population(cell, 8000, "E"), Population(cell, 2000, "I")],
        [("E", "I", 400, 0.1 * mV, 3 * ms), ("I", "E", 100, -0.4 * mV, 3 * ms)],
        [  # sigma 5 mV, means 20 and 8 mV
            ("E", 12.0, 0.25 * mV), ("E", 8.0, -0.25 * mV), ("I", 10.8, 0.25 * mV), ("I", 9.2, -0.25 * mV),
        ],
    )  # fmt: skip
    steady, predicted, simulated = rhythm(network, 4000)
    assert steady.stable and -20 < steady.mode.growth_per_s < 0
    assert 35 < predicted < 40
    assert simulated == pytest.approx(predicted, rel=WITHIN)
