"""The rhythm of the population activity: the highest peak of its spectrum, simulated and predicted alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase import population
from rheobase.check.measure import SEGMENT_MS, Spectrum
from rheobase.check.result import NEGLIGIBLE_HZ
from rheobase.model.network import Network
from rheobase.population import SteadyState
from rheobase.simulation import Recording

Array = NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 5.0, 500.0  # below, a drift of the rate; above, little but the time step and the delays
_CHANCE = 0.01
_BAND = 0.1
_PROMINENT = 1.5


def dominant_frequency(recording: Recording, start: float, found: Spectrum) -> float:
    """Where the simulated spectrum has its highest peak, Hz; nan if it may be chance."""
    from scipy.stats import gamma

    frequency, power = found
    if not np.any(_inside(frequency)):
        return float("nan")
    n, segments = sum(recording.sizes), _segments(recording.duration - start)
    rate = np.count_nonzero(recording.spikes.time > start) / ((recording.duration - start) * 1e-3 * n)
    usual = float(np.median(power[_inside(frequency)])) * segments / gamma.median(segments)
    return peak_frequency(frequency, power, level=chance_level(max(2 * rate / n, usual), frequency, segments))


def predicted_spectrum(network: Network, steady: SteadyState) -> Spectrum | None:
    """What linear response predicts for the spectrum, where there is a stable state that is not silent; None else."""
    if not np.any([rate >= NEGLIGIBLE_HZ for rate in (*steady.rates, *steady.sources.values())]):
        return None
    frequency = np.arange(1.0, 2 * HIGHEST_HZ)
    power = population.activity_spectrum(network, steady, frequency)
    return (frequency, power) if np.all(np.isfinite(power)) else None


def predicted_frequency(network: Network, steady: SteadyState, predicted: Spectrum | None, duration: float) -> float:
    """The frequency (Hz) to expect: that of a growing mode, else of the highest peak of the predicted spectrum.

    nan where a simulation of this ``duration`` (ms) is as likely as not to show no peak.
    """
    from scipy.stats import gamma

    mode = steady.mode
    if not steady.stable:
        return mode.frequency_hz if mode is not None and mode.frequency_hz > 0 else float("nan")
    if predicted is None:
        return float("nan")
    frequency, power = predicted
    segments, step = _segments(duration), 1e3 / min(SEGMENT_MS, duration)
    tries = np.maximum(1.0, 2 * _BAND * frequency / step)  # simulated values within a tenth of each frequency
    highest = power * gamma.ppf(0.5 ** (1 / tries), segments) / segments  # their median largest one
    floor = max(_poisson_floor(network, steady), float(np.median(power[_inside(frequency)])))
    level = chance_level(floor, np.arange(0.0, HIGHEST_HZ, step), segments)
    return peak_frequency(frequency, power, level=level, seen=highest)


def _poisson_floor(network: Network, steady: SteadyState) -> float:
    """The spectrum (Hz**2/Hz) of as many independent Poisson neurons of the same rates."""
    rates = {**dict(zip(steady.populations, steady.rates, strict=True)), **steady.sources}
    return 2 * sum(network[name].n * float(rate) for name, rate in rates.items()) / network.size**2


def chance_level(floor: float, frequency: Array, segments: int) -> float:
    """What no value of a flat spectrum exceeds with a probability of 99 %.

    The mean of ``segments`` periodograms of a process with the flat spectrum ``floor`` has a gamma distribution at each
    frequency. Independent Poisson neurons have the one-sided spectrum of twice the rate over their number.
    """
    from scipy.stats import gamma

    return floor * float(gamma.isf(_CHANCE / max(1, np.count_nonzero(_inside(frequency))), segments)) / segments


def peak_frequency(frequency: Array, power: Array, *, level: float = 0.0, seen: Array | None = None) -> float:
    """Frequency (Hz) of the highest peak of a spectrum between 5 and 500 Hz; nan without one.

    The spectrum is averaged over a tenth of each frequency to both sides, since a damped rhythm has a broad peak. A
    peak is higher than what lies beside it on either side by half, and ``seen`` (the spectrum itself if left out)
    reaches ``level`` there. Its place is refined with a parabola through the logarithms of three points.
    """
    from scipy.signal import find_peaks

    smooth = np.log(np.maximum(_averaged(frequency, power), np.finfo(float).tiny))
    positive = int(np.searchsorted(frequency, 0.0, side="right"))
    places = positive + find_peaks(smooth[positive:], prominence=np.log(_PROMINENT))[0]
    places = places[_inside(frequency)[places]]
    if places.size == 0:
        return float("nan")
    peak = int(places[np.argmax(smooth[places])])
    near = np.abs(frequency - frequency[peak]) <= _BAND * frequency[peak]
    if np.max((power if seen is None else seen)[near]) < level:
        return float("nan")
    left, centre, right = smooth[peak - 1 : peak + 2]
    curvature = left - 2 * centre + right
    offset = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(frequency[peak] + np.clip(offset, -0.5, 0.5) * (frequency[1] - frequency[0]))


def _averaged(frequency: Array, power: Array) -> Array:
    """The mean over the frequencies within a tenth of each, with weights that fall to zero at its ends.

    The weights keep a sharp line where it is; with equal ones all places within a tenth of it would be as high.
    """
    width = np.maximum(_BAND * frequency, frequency[1] - frequency[0])[:, None]
    weight = np.maximum(0.0, 1.0 - np.abs(frequency[None, :] - frequency[:, None]) / width)
    return (weight @ power) / weight.sum(axis=1)


def _inside(frequency: Array) -> NDArray[np.bool_]:
    return (frequency >= LOWEST_HZ) & (frequency <= HIGHEST_HZ)


def _segments(duration: float) -> int:
    return max(1, int(duration / SEGMENT_MS))
