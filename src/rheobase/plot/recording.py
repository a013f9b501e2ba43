"""Spikes: a raster over the rate of the populations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.plot.style import colour, style

_ROWS = 120
_LEAST_ROWS = 8
_WINDOW_MS = 300.0


def recording(result: Any, *, start: float | None = None, stop: float | None = None, bin: float = 1.0) -> Any:
    """Raster of a sample of neurons, and the rate of each population below it.

    Parameters
    ----------
    result
        A `Recording`, or anything with ``spikes`` (population, neuron, time), ``populations``, ``sizes``, ``duration``.
    start, stop
        What to show, ms; the last 300 ms by default.
    bin
        Bin of the rates, ms.
    """
    from matplotlib import pyplot

    with style():
        figure, (upper, lower) = pyplot.subplots(
            2, 1, figsize=(7.5, 5.5), sharex=True, height_ratios=(2, 1), layout="constrained"
        )
        raster(upper, result, *window(result, start, stop))
        rates(lower, result, *window(result, start, stop), bin)
        lower.set_xlabel("time (ms)")
    return figure


def window(result: Any, start: float | None = None, stop: float | None = None) -> tuple[float, float]:
    """The part of a recording that is shown: the last 300 ms unless said otherwise."""
    last = float(result.duration) if stop is None else stop
    return (max(0.0, last - _WINDOW_MS) if start is None else start), last


def raster(axes: Any, result: Any, start: float, stop: float) -> None:
    """A dot a spike, for a sample of neurons of every population; large populations get more rows."""
    rows = _rows(result.sizes)
    population, neuron, time = _between(result, start, stop)
    top, ticks = 0, []
    for index, (name, shown) in enumerate(zip(result.populations, rows, strict=True)):
        chosen = (population == index) & (neuron < shown)
        axes.plot(time[chosen], top + neuron[chosen] + 0.5, ".", ms=2.6, mew=0, color=colour(index), rasterized=True)
        ticks.append((top + shown / 2, name))
        top += shown
        if top < sum(rows):
            axes.axhline(top, color="#CCCCCC", lw=0.6)
    axes.set_yticks([place for place, _ in ticks], [name for _, name in ticks])
    for label, index in zip(axes.get_yticklabels(), range(len(ticks)), strict=True):
        label.set_color(colour(index))
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(start, stop), ylim=(top, 0), ylabel="population")
    axes.set_title(f"spikes of {top:,} of {sum(result.sizes):,} neurons" if top < sum(result.sizes) else "spikes")


def rates(axes: Any, result: Any, start: float, stop: float, bin: float = 1.0) -> None:
    """The rate of every population, averaged over its neurons and over bins."""
    population, _, time = _between(result, start, stop)
    count = max(1, round((stop - start) / bin))
    for index, size in enumerate(result.sizes):
        spikes, edges = np.histogram(time[population == index], count, (start, stop))
        axes.stairs(spikes / (size * np.diff(edges) * 1e-3), edges, baseline=None, color=colour(index), lw=1.1)
    axes.set(xlim=(start, stop), ylabel="rate (Hz)")
    axes.set_ylim(bottom=0)
    axes.set_title(f"population rate in bins of {bin:g} ms")


def _between(result: Any, start: float, stop: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    spikes = result.spikes
    chosen = slice(*np.searchsorted(spikes.time, (start, stop)))
    return spikes.population[chosen], spikes.neuron[chosen], spikes.time[chosen]


def _rows(sizes: Any) -> list[int]:
    """How many neurons of each population are shown: in proportion, but some of each."""
    total = sum(sizes)
    least = min(_LEAST_ROWS, _ROWS // len(sizes))
    return [min(size, max(least, round(_ROWS * size / total))) for size in sizes]
