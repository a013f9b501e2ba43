"""The simulated rate of a population in time against the Fokker-Planck equation."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.population.density.fokker_planck import fokker_planck
from rheobase.simulation import simulate
from rheobase.units import kHz, ms, mV, pA

N, DT, DURATION, JUMP = 8000, 0.1, 120.0, 0.2
#: A simulation looks at its threshold once a step. To first order in the root of the step that is a threshold further
#: up by this times the noise of a step (Broadie, Glasserman & Kou 1997, Math Finance 7:325: -zeta(1/2)/sqrt(2 pi)).
SELDOM = 0.5825971579390107
TIMES = np.arange(round(DURATION / DT)) * DT
COURSES = {
    "step": np.where(TIMES < 60.0, 0.0, 120.0),
    "sine": 80.0 * np.sin(2 * np.pi * 0.04 * TIMES),
}


def network(v_th, course, coupled):
    """Noise of 34 and 28 events a ms; a hundred inhibitory synapses of their own, where they are coupled."""
    cell = library.lif(v_th=v_th * mV)
    inputs = [PoissonInput("E", 34 * kHz, JUMP * mV), PoissonInput("E", 28 * kHz, -JUMP * mV)]
    loop = [Projection("E", "E", FixedIndegree(100), -0.1 * mV, 2 * ms)] if coupled else []
    return Network(Population(cell, N, "E"), loop, [*inputs, CurrentInput("E", course * pA, DT * ms)])


@pytest.mark.parametrize(("course", "coupled"), [("step", False), ("sine", False), ("step", True)])
def test_the_simulated_rate_follows(course, coupled):
    """Counts in bins of 2 ms scatter about the expected ones as those of independent spikes, or less: chi-squared.

    With an expected 400 spikes in a bin, errors of the diffusion approximation below 2 % add less than 0.2 to a term.
    """
    found = simulate(network(-50.0, COURSES[course], coupled), DURATION * ms, seed=3, dt=DT * ms)
    step_noise = np.sqrt((34 + 28) * JUMP**2 * DT)
    theory = network(-50.0 + SELDOM * step_noise, COURSES[course], coupled)
    expected = fokker_planck(theory, DURATION * ms, initial="-65 mV", dt=DT * ms)
    width = 2.0
    _, rate = found.population_rate("E", bin=width)
    counts = rate * N * width * 1e-3
    per_bin = round(width / DT)
    ends = expected.rate()[: rate.size * per_bin + 1]
    mean = 0.5 * (ends[:-1] + ends[1:]).reshape(-1, per_bin).mean(axis=1) * N * width * 1e-3
    busy = mean > 20
    terms = (counts[busy] - mean[busy]) ** 2 / mean[busy]
    assert busy.sum() > 40 and mean.max() > 500
    assert terms.sum() / busy.sum() < 1.2 + 4.0 * np.sqrt(2.0 / busy.sum())
    assert counts.sum() == pytest.approx(mean.sum(), rel=0.01 + 4.0 / np.sqrt(mean.sum()))
