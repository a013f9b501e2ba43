"""What `compare` measures in a recording, beyond rates: the rhythm of the whole network, and membrane potentials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.check.result import Histogram
from rheobase.model.expression import Number, names
from rheobase.model.network import Network, Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import Recording
from rheobase.simulation.statistics import spectrum
from rheobase.units import VOLTAGE

Spectrum = tuple[NDArray[np.float64], NDArray[np.float64]]

_BIN_MS, _SEGMENT_MS = 0.5, 250.0
_TRACED, _BINS = 50, 80
_LOWEST_HZ = 5.0
_CHANCE, _BAND = 0.01, 0.1


def activity_spectrum(recording: Recording, start: float) -> Spectrum:
    """Frequencies (Hz) and power (Hz**2/Hz) of the rate of all neurons together, from ``start`` (ms) on."""
    bin_ms = recording.dt * max(1, round(_BIN_MS / recording.dt))
    total = sum(
        size * recording.population_rate(name, bin_ms, start)[1]
        for name, size in zip(recording.populations, recording.sizes, strict=True)
    )
    frequency, power = spectrum(np.asarray(total) / sum(recording.sizes), bin_ms, _SEGMENT_MS)
    return np.asarray(frequency, np.float64), np.asarray(power, np.float64)


def dominant_frequency(recording: Recording, start: float, found: Spectrum) -> float:
    """Where the spectrum has its peak, Hz; nan if it may be chance."""
    span = (recording.duration - start) * 1e-3
    rate = np.count_nonzero(recording.spikes.time > start) / (span * sum(recording.sizes))
    segments = max(1, int(span * 1e3 / _SEGMENT_MS))
    return peak_frequency(*found, floor=2 * rate / sum(recording.sizes), segments=segments)


def peak_frequency(
    frequency: NDArray[np.float64],
    power: NDArray[np.float64],
    *,
    floor: float,
    segments: int,
    lowest: float = _LOWEST_HZ,
) -> float:
    """Frequency (Hz) at which a one-sided spectrum has its peak; nan if what is there may be chance.

    Independent Poisson neurons have the flat spectrum ``floor``, twice the rate over their number. The mean of
    ``segments`` periodograms then has a gamma distribution at each frequency, and with a probability of 99 % no value
    exceeds the level that is asked of a peak here. The spectrum is averaged over a tenth of each frequency to both
    sides, since a damped rhythm has a broad peak; its place is refined with a parabola through the logarithms of three
    points. Frequencies below ``lowest`` are left out: a drift of the rate is no rhythm.
    """
    from scipy.stats import gamma

    inside = np.flatnonzero((frequency >= lowest) & (frequency < frequency[-1]))
    if inside.size < 3 or not np.any(power[inside] > 0):
        return float("nan")
    if power[inside].max() < floor * gamma.isf(_CHANCE / inside.size, segments) / segments:
        return float("nan")
    smooth = _averaged(frequency, power)
    peak = int(inside[np.argmax(smooth[inside])])
    left, centre, right = np.log(np.maximum(smooth[peak - 1 : peak + 2], np.finfo(float).tiny))
    curvature = left - 2 * centre + right
    offset = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(frequency[peak] + np.clip(offset, -0.5, 0.5) * (frequency[1] - frequency[0]))


def _averaged(frequency: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the frequencies within a tenth of each."""
    sums = np.concatenate(([0.0], np.cumsum(power)))
    first = np.searchsorted(frequency, (1 - _BAND) * frequency, side="left")
    after = np.searchsorted(frequency, (1 + _BAND) * frequency, side="right")
    return (sums[after] - sums[first]) / (after - first)


def voltages_to_record(network: Network) -> dict[str, dict[str, NDArray[np.int64]]]:
    """The membrane potential of fifty neurons of every population that has one."""
    chosen = {population.name: (population, voltage_of(population.neuron)) for population in network.populations}
    return {
        name: {voltage: np.arange(min(_TRACED, population.n))}
        for name, (population, voltage) in chosen.items()
        if voltage is not None
    }


def voltage_of(neuron: Neuron) -> str | None:
    """The state that is a voltage: the one of the threshold if there are several; None without."""
    states = [state for state in neuron.states if neuron.equations.dimension_of(state) == VOLTAGE]
    tested = names(neuron.threshold) if neuron.threshold is not None else frozenset()
    return next((state for state in states if state in tested), states[0] if states else None)


def voltage_histogram(recording: Recording, network: Network, name: str, start: float) -> Histogram:
    """Density of the recorded membrane potentials of ``name`` from ``start`` (ms) on.

    Neurons that are held at the reset are left out of the bins but not of the norm, as in the stationary density of the
    theory: both integrate to the part of the neurons that is not refractory.
    """
    (values,) = recording.traces[name].values()
    samples = values[recording.times > start].ravel()
    held = _held_at(network[name])
    free = samples if held is None else samples[samples != held]
    if free.size == 0:
        return Histogram(np.array([0.0, 1.0]), np.zeros(1))
    low, high = np.quantile(free, (0.0005, 1.0))
    if high - low < 1e-6 * (1.0 + abs(low)):  # all at one value
        low, high = low - 0.5, low + 0.5
    counts, edges = np.histogram(free, _BINS, (low, high))
    return Histogram(edges, counts / (samples.size * np.diff(edges)))


def _held_at(population: Population) -> float | None:
    """The potential at which refractory neurons stand; None where there is no such single value."""
    neuron, voltage = population.neuron, voltage_of(population.neuron)
    if neuron.refractory is None:
        return None
    for line in neuron.reset:
        if line.name == voltage and line.op == "=":
            if isinstance(line.expression, Number):
                return line.expression.value
            name = getattr(line.expression, "id", "")
            value = population.value(name) if name in neuron.parameters else None
            return value if isinstance(value, float) else None
    return None
