"""Statistics of spike trains. Times in ms, rates in Hz."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.rate_statistics import WINDOWS, mean_and_error
from rheobase.numerics.rate_statistics import power_spectrum as spectrum

__all__ = ["WINDOWS", "cv", "fano", "intervals", "population_rate", "rate", "spectrum"]


def population_rate(
    times: NDArray[np.floating], n: int, start: float, stop: float, width: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Bin centres (ms) and rate per neuron (Hz); an incomplete last bin is left out.

    A spike at the end of a bin belongs to it: spikes stand at the end of their time step.
    """
    bins = int(np.floor((stop - start) / width + 1e-9))
    place = np.ceil((times - start) / width - 1e-6).astype(np.int64) - 1
    counts = np.bincount(place[(place >= 0) & (place < bins)], minlength=bins)[:bins]
    return start + width * (np.arange(bins) + 0.5), counts * (1e3 / (n * width))


def rate(spikes: Any, n: int, start: float, stop: float) -> tuple[float, float]:
    """Mean rate and its standard error from windows; neighbouring windows' correlation widens it, never narrows it."""
    _, windows = population_rate(spikes.time, n, start, stop, (stop - start) / WINDOWS)
    return mean_and_error(windows)


def _by_neuron(spikes: Any, start: float) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Neurons and times after ``start``, sorted by neuron and then by time."""
    later = spikes.time > start
    neuron, time = spikes.neuron[later], spikes.time[later]
    order = np.argsort(neuron, kind="stable")
    return neuron[order].astype(np.int64), time[order]


def intervals(spikes: Any, start: float) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Interspike intervals (ms) and the neuron of each."""
    neuron, time = _by_neuron(spikes, start)
    same = neuron[1:] == neuron[:-1]
    return neuron[1:][same], np.diff(time)[same]


def cv(spikes: Any, n: int, start: float, stop: float) -> float:
    """Mean over neurons with at least two intervals of their standard deviation over their mean."""
    neuron, interval = intervals(spikes, start)
    count = np.bincount(neuron, minlength=n)
    enough = count >= 2
    if not enough.any():
        return float("nan")
    mean = np.bincount(neuron, interval, minlength=n)[enough] / count[enough]
    deviation = interval - (np.bincount(neuron, interval, minlength=n) / np.maximum(count, 1))[neuron]
    variance = np.bincount(neuron, deviation**2, minlength=n)[enough] / (count[enough] - 1)
    return float(np.mean(np.sqrt(variance) / mean))


def fano(spikes: Any, n: int, start: float, stop: float, window: float) -> float:
    """Mean over neurons that fire of the variance of their window counts over the mean; NaN with less than two
    windows.
    """
    windows = int(np.floor((stop - start) / window + 1e-9))
    if windows < 2:
        return float("nan")
    place = np.ceil((spikes.time - start) / window - 1e-6).astype(np.int64) - 1
    inside = (place >= 0) & (place < windows)
    counts = np.bincount(spikes.neuron[inside].astype(np.int64) * windows + place[inside], minlength=n * windows)
    counts = counts.reshape(n, windows)
    mean = counts.mean(axis=1)
    return float(np.mean(counts.var(axis=1, ddof=1)[mean > 0] / mean[mean > 0])) if (mean > 0).any() else float("nan")
