"""Spike trains of many leaky neurons with a weak sine, beside the linear response."""

import numpy as np
import pytest

from rheobase import Neuron, Population, ms, simulate
from rheobase.population.neuron.stochastic_resonance import stochastic_resonance

MU, FREQUENCY, EPS, DT = 0.8, 0.1, 0.05, 0.02  # per ms, tau = 1 ms
N, PERIODS = 2000, 20
TEXT = "dv/dt = (mu + eps*cos(2*pi*f*t) - v)/tau_m + sigma*xi/tau_m**0.5 : 1"
NEURON = Neuron(
    TEXT + "\nf : kHz = 0.1*kHz\ntau_m : ms = 1*ms", threshold="v > 1", reset="v = 0",
    mu=MU, eps=0.0, sigma=0.1,
)  # fmt: skip
#: A threshold that is tested once a step is crossed as if it were higher by this times ``sigma sqrt(dt/tau)``
#: (Broadie, Glasserman & Kou 1997, Math Finance 7:325): -zeta(1/2)/sqrt(2 pi).
LATE = 0.5825971579390107


def line_and_background(sigma: float, eps: float, seed: int) -> tuple[float, float, float]:
    """Amplitude of the rate at the signal's frequency, its standard error, and the spectrum of single trains there.

    Without the signal the Fourier sums of single trains are independent, with mean square ``S T``.
    """
    duration = (PERIODS + 3) / FREQUENCY
    recording = simulate(Population(NEURON, N, "cells", sigma=sigma, eps=eps), duration * ms, dt=DT * ms, seed=seed)
    late = recording.spikes.time > 3 / FREQUENCY
    waves = np.exp(-2j * np.pi * FREQUENCY * recording.spikes.time[late])
    sums = np.bincount(recording.spikes.neuron[late], waves.real, N) + 1j * np.bincount(
        recording.spikes.neuron[late], waves.imag, N
    )
    span = PERIODS / FREQUENCY
    background = float(np.mean(np.abs(sums - sums.mean()) ** 2) / span) * N / (N - 1)
    line = 2.0 * abs(sums.mean()) / span
    return line, 2.0 * np.sqrt(0.5 * background / (N * span)), background


DIFFUSION = (0.003, 0.008, 0.03)


@pytest.fixture(scope="module")
def measured():
    """For each noise: gain without its error of second order in eps, its standard error, and the background."""
    found = {}
    for diffusion in DIFFUSION:
        sigma = float(np.sqrt(2.0 * diffusion))
        half, whole = (line_and_background(sigma, eps, 2) for eps in (0.5 * EPS, EPS))
        gain = (8.0 * half[0] - whole[0]) / (3.0 * EPS)
        error = float(np.hypot(8.0 * half[1], whole[1])) / (3.0 * EPS)
        found[diffusion] = gain, error, line_and_background(sigma, 0.0, 1)[2]
    return found


@pytest.mark.parametrize("diffusion", DIFFUSION)
def test_signal_and_background(measured, diffusion):
    """Within four standard errors; that of the background is ``1/sqrt(N)`` of itself."""
    sigma, shifted = (
        float(np.sqrt(2.0 * diffusion)),
        Neuron("dv/dt = -v/tau_m : 1", threshold="v > th", reset="v = 0", tau_m=1 * ms, th=1.0),
    )
    around = sigma * np.array([0.99, 1.0, 1.01])
    theory = stochastic_resonance(shifted, MU, 1e3 * FREQUENCY, around, th=1.0 + LATE * sigma * np.sqrt(DT))
    gain, error, background = measured[diffusion]
    assert abs(gain - 1e-3 * theory.gain[1]) < 4.0 * error
    assert abs(background - 1e-3 * theory.background[1]) < 4.0 * background / np.sqrt(N)


def test_the_best_noise_is_best(measured):
    """Beside the predicted optimum the ratio is smaller, by more than twice the standard error of the difference."""
    ratio = {d: gain**2 / (2.0 * background) for d, (gain, _, background) in measured.items()}
    error = {d: ratio[d] * np.hypot(2.0 * e / gain, N**-0.5) for d, (gain, e, _) in measured.items()}
    for other in (0.003, 0.03):
        assert ratio[0.008] - ratio[other] > 2.0 * np.hypot(error[0.008], error[other])
