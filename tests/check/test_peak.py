"""The rhythm of a population is found where there is one, and not found where there is none."""

import numpy as np
import pytest

from rheobase.check.measure import activity_spectrum
from rheobase.check.rhythm import dominant_frequency, peak_frequency
from rheobase.simulation import Recording, Spikes

SIZE, RATE_HZ, DURATION_MS = 2000, 20.0, 2000.0


def recording_of(rate_per_ms, seed: int) -> Recording:
    """Poisson spikes of SIZE neurons whose common rate (1/ms) is a function of time (ms), by thinning."""
    rng = np.random.default_rng(seed)
    highest = 2 * RATE_HZ * 1e-3
    time = np.sort(rng.uniform(0, DURATION_MS, rng.poisson(SIZE * highest * DURATION_MS)))
    time = time[rng.uniform(0, highest, time.size) < rate_per_ms(time)]
    spikes = Spikes(np.zeros(time.size, np.int32), rng.integers(0, SIZE, time.size).astype(np.int32), time)
    return Recording(spikes, ("E",), (SIZE,), DURATION_MS, 0.1, seed)


@pytest.mark.parametrize("frequency", [12.0, 29.0, 124.3, 190.2])
def test_a_modulated_rate_has_its_peak_at_the_modulation(frequency):
    depth = 0.5
    recording = recording_of(
        lambda t: RATE_HZ * 1e-3 * (1 + depth * np.sin(2 * np.pi * frequency * t * 1e-3)), seed=round(frequency)
    )
    found = dominant_frequency(recording, 100.0, activity_spectrum(recording, 100.0))
    # Segments of 250 ms resolve 4 Hz; the average over a tenth to both sides moves a peak by less than that
    assert abs(found - frequency) < 4.0 + 0.1 * frequency


def test_independent_poisson_neurons_have_no_rhythm():
    """The level is passed by chance once in a hundred; more than 3 of 40 has a probability below 1e-3."""
    passed = 0
    for seed in range(40):
        recording = recording_of(lambda t: np.full(t.shape, RATE_HZ * 1e-3), seed)
        passed += np.isfinite(dominant_frequency(recording, 0.0, activity_spectrum(recording, 0.0)))
    assert passed <= 3


def test_the_floor_is_that_of_poisson_neurons():
    recording = recording_of(lambda t: np.full(t.shape, RATE_HZ * 1e-3), 1)
    frequency, power = activity_spectrum(recording, 0.0)
    mean = power[(frequency > 5) & (frequency < 900)].mean()
    independent_values = 2 * 900 * DURATION_MS * 1e-3 / 2
    assert mean == pytest.approx(2 * RATE_HZ / SIZE, rel=4 / np.sqrt(independent_values / 2) + 4 / np.sqrt(8e4))


def test_no_spikes_and_too_few_frequencies_have_no_peak():
    frequency = np.linspace(0, 1000, 251)
    assert np.isnan(peak_frequency(frequency, np.zeros(251)))
    assert np.isnan(peak_frequency(frequency[:3], np.ones(3)))
