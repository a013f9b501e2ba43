"""What `compare` measures in a recording, beyond rates: the activity of the whole network, and membrane potentials."""

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

SEGMENT_MS = 250.0  # of the activity, for its spectrum
BIN_MS = 0.5
_TRACED, _BINS = 50, 80


def activity_spectrum(recording: Recording, start: float) -> Spectrum:
    """Frequencies (Hz) and power (Hz**2/Hz) of the rate of all neurons together, from ``start`` (ms) on."""
    bin_ms = recording.dt * max(1, round(BIN_MS / recording.dt))
    total = sum(
        size * recording.population_rate(name, bin_ms, start)[1]
        for name, size in zip(recording.populations, recording.sizes, strict=True)
    )
    frequency, power = spectrum(np.asarray(total) / sum(recording.sizes), bin_ms, SEGMENT_MS)
    return np.asarray(frequency, np.float64), np.asarray(power, np.float64)


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
