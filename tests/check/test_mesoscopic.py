"""Simulated networks of a thousand neurons against the mesoscopic equations, where linear response is not enough."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.connect import AllToAll, FixedIndegree
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.population import mesoscopic, spectra
from rheobase.simulation import simulate
from rheobase.units import kHz, ms, mV

N, DT, JUMP = 1000, 0.05, 0.1
RULES = {"all to all": (AllToAll(), N), "sparse": (FixedIndegree(100), 100)}
#: See `tests/check/test_fokker_planck.py`: a threshold that is looked at once a step is as if it were higher.
SELDOM = 0.5825971579390107
SIMULATED, MESOSCOPIC, SEGMENT = 8000.0, 4000.0, 500.0
STEPS = 0.05  # what the simulation's spectra change by, about, with half the time step
HARMONIC = (300, 450)


def network(rule, degree, raised):
    """Inhibition that makes a rhythm of 200 Hz."""
    cell = library.lif(tau_m=20 * ms, E_L=0 * mV, v_th=(20 + raised) * mV, v_reset=10 * mV, t_ref=2 * ms)
    inputs = [PoissonInput("I", 20 * kHz, JUMP * mV), PoissonInput("I", 4 * kHz, -JUMP * mV)]
    loop = [Projection("I", "I", rule, -8.0 / degree * mV, 2 * ms)]
    return Network(Population(cell, N, "I"), loop, inputs, name="rhythm")


@pytest.mark.parametrize("name", RULES)
def test_the_rhythm_of_a_thousand_neurons(name):
    """Mean rate, and spectra by Welch's method: 1.9 times as many independent values as there are without overlap of
    the Hann windows, over 1.5 since neighbours are alike. Linear response misses a third at twice the frequency.
    """
    rule, degree = RULES[name]
    step_noise = np.sqrt(24.0 * JUMP**2 * DT)
    model = network(rule, degree, SELDOM * step_noise)
    found = mesoscopic(model, MESOSCOPIC * ms, dt=0.1 * ms, dv=0.1, seed=1, snapshots=2)
    seen = simulate(network(rule, degree, 0.0), SIMULATED * ms, dt=DT * ms, seed=4)
    (mean, error), (other, noise) = found.mean_rates(200)["I"], seen.rates(200)["I"]
    assert mean == pytest.approx(other, abs=4.0 * np.hypot(error, noise) + 2e-3 * other)
    f, power = found.spectrum(start=200, segment=SEGMENT)
    _, simulated = seen.spectrum(start=200, segment=SEGMENT)
    linear = spectra(model, None, f).one_sided[:, 0]
    for low, high in ((20, 100), (100, 180), (180, 220), (220, 300), HARMONIC):
        inside = (f >= low) & (f < high)
        values = inside.sum() * 1.9 / 1.5 / SEGMENT
        error = np.sqrt(1.0 / (values * SIMULATED) + 1.0 / (values * MESOSCOPIC))
        ratio = power[inside].mean() / simulated[inside].mean()
        assert ratio == pytest.approx(1.0, abs=4.0 * error + STEPS), (low, high)
        if (low, high) == HARMONIC:
            assert linear[inside].mean() < 0.75 * min(power[inside].mean(), simulated[inside].mean())
