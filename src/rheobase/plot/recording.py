"""Spikes: a raster over the rate of the populations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.plot.style import FAINT, colour, label, style

_ROWS = 160
_LEAST_ROWS = 8
_WINDOW_MS = 300.0
_FEW = 30
_PANELS, _LINES = 3, 4


def recording(
    result: Any,
    *,
    start: float | None = None,
    stop: float | None = None,
    bin: float | None = None,
    units: Mapping[str, str] | None = None,
) -> Any:
    """Raster of a sample of neurons, the rate of each population below it, and the traces where some were recorded.

    Parameters
    ----------
    result
        A `Recording`, or anything with ``spikes`` (population, neuron, time), ``populations``, ``sizes``, ``duration``.
    start, stop
        What to show, ms; the last 300 ms by default.
    bin
        Bin of the rates, ms; 1 ms unless there are many populations.
    units
        Names of the units of the recorded variables, for those whose unit ``result.units[population][variable]`` does
        not name; without either the axis says that it is the package's internal unit.
    """
    from matplotlib import pyplot

    shown = window(result, start, stop)
    traces = [(name, variable) for name, variables in getattr(result, "traces", {}).items() for variable in variables]
    drawn = _panels(result, traces[:_PANELS])
    with style():
        figure, axes = pyplot.subplots(
            len(drawn), 1, figsize=(7.5, 1.0 + 1.5 * sum(drawn.values())), sharex=True,
            height_ratios=list(drawn.values()), layout="constrained", squeeze=False,
        )  # fmt: skip
        panels = dict(zip(drawn, axes[:, 0], strict=True))
        if "raster" in panels:
            raster(panels["raster"], result, *shown)
        if "rates" in panels:
            rates(panels["rates"], result, *shown, bin)
        for name, variable in traces[:_PANELS]:
            unit = _unit_of(result, name, variable, units or {})
            _trace(panels[name, variable], result, name, variable, shown, unit)
        axes[-1, 0].set_xlabel("time (ms)")
    return figure


def _panels(result: Any, traces: Sequence[tuple[str, str]]) -> dict[Any, float]:
    """What is drawn, from top to bottom, and how high: without a spike there are only traces, if any."""
    traced = {trace: 1.2 for trace in traces}
    single = sum(result.sizes) == 1
    if traces and len(result.spikes) == 0:
        return traced
    return {"raster": 0.4 if single else 2.0} | ({} if single else {"rates": 1.0}) | traced


def _unit_of(result: Any, name: str, variable: str, given: Mapping[str, str]) -> str:
    """The unit of a trace: as given, else as the recording knows it."""
    known = getattr(result, "units", {}).get(name, {})
    return given.get(variable) or known.get(variable) or "internal unit"


def _trace(axes: Any, result: Any, name: str, variable: str, shown: tuple[float, float], unit: str) -> None:
    """A recorded variable of a few neurons."""
    inside = (result.times >= shown[0]) & (result.times <= shown[1])
    values = result.traces[name][variable][inside, :_LINES]
    base = list(result.populations).index(name)
    for column in range(values.shape[1]):
        axes.plot(result.times[inside], values[:, column], color=colour(base + column), lw=1.0)
    axes.set(xlim=shown, ylabel=label(variable, unit), title=f"{variable} of {name}" if sum(result.sizes) > 1 else "")


def window(result: Any, start: float | None = None, stop: float | None = None) -> tuple[float, float]:
    """The part of a recording that is shown: the last 300 ms unless said otherwise."""
    last = float(result.duration) if stop is None else stop
    return (max(0.0, last - _WINDOW_MS) if start is None else start), last


def raster(axes: Any, result: Any, start: float, stop: float) -> None:
    """A dot a spike, for a sample of neurons of every population; large populations get more rows."""
    rows = _rows(result.sizes)
    population, neuron, time = _between(result, start, stop)
    top, ticks = 0, []
    few = sum(rows) <= _FEW
    mark = {
        "ls": "",
        "marker": "|" if few else ".",
        "ms": 120 / max(8, sum(rows)) if few else 2.6,
        "mew": 1.2 if few else 0,
    }
    for index, (name, shown) in enumerate(zip(result.populations, rows, strict=True)):
        chosen = (population == index) & (neuron < shown)
        axes.plot(time[chosen], top + neuron[chosen] + 0.5, color=colour(index), rasterized=True, **mark)
        ticks.append((top + shown / 2, name))
        top += shown
        if top < sum(rows):
            axes.axhline(top, color="#CCCCCC", lw=0.6)
    axes.set_yticks([place for place, _ in ticks], [name for _, name in ticks])
    for tick, index in zip(axes.get_yticklabels(), range(len(ticks)), strict=True):
        tick.set_color(colour(index))
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(start, stop), ylim=(top, 0), ylabel="population")
    if len(result.spikes) == 0:
        axes.text(0.5, 0.5, "no spikes", transform=axes.transAxes, ha="center", va="center", color=FAINT)
    axes.set_title(f"spikes of {top:,} of {sum(result.sizes):,} neurons" if top < sum(result.sizes) else "spikes")


def rates(axes: Any, result: Any, start: float, stop: float, bin: float | None = None) -> None:
    """The rate of every population, averaged over its neurons and over bins (ms); wider ones where there are many."""
    bin = bin or (1.0 if len(result.sizes) <= 4 else 5.0)
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
