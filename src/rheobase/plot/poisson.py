"""Spike trains, and their statistics beside those of a Poisson process."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.numerics.point_process import histogram_edges
from rheobase.plot.style import COLOURS, THEORY, style

_MOST_ROWS = 60


def trains(result: Any) -> Any:
    """Raster of the first trains, and the rate over time with the one that was asked for.

    Parameters
    ----------
    result
        A `SpikeTrains`.
    """
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    rows = min(result.n, _MOST_ROWS)
    with style():
        figure, (top, bottom) = pyplot.subplots(
            2, 1, figsize=(7.0, 4.0), sharex=True, layout="constrained", height_ratios=(2, 1)
        )
        top.eventplot([result[k] for k in range(rows)], colors=COLOURS[0], linewidths=0.8, linelengths=0.8)
        top.set(ylabel="train", ylim=(-0.7, rows - 0.3))
        top.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        bins = int(np.clip(result.times.size / 40, 5, 100))
        counts, edges = np.histogram(result.times, np.linspace(0.0, result.duration, bins + 1))
        bottom.stairs(1e3 * counts / (result.n * np.diff(edges)), edges, color=COLOURS[0], label="measured")
        grid = np.linspace(0.0, result.duration, 801)
        label = "asked for" + (" (not refractory)" if result.refractory else "")
        bottom.plot(grid, 1e3 * result.rate.at(grid), color=THEORY, lw=1.0, label=label)
        if result.refractory and result.rate.is_constant and result.dt is None:
            bottom.axhline(result.theory.rate, color=THEORY, lw=1.0, ls="--", label="expected")
        bottom.set(xlabel="time (ms)", ylabel="rate (Hz)", xlim=(0.0, result.duration))
        bottom.set_ylim(bottom=0.0)
        figure.legend(*bottom.get_legend_handles_labels(), loc="outside upper right", ncols=3)
    return figure


def statistics(result: Any) -> Any:
    """Counts, intervals and autocorrelation; black is the Poisson process.

    Parameters
    ----------
    result
        A `Statistics` of spike trains.
    """
    from matplotlib import pyplot

    with style():
        figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(10.5, 3.2), layout="constrained")
        _counts(left, result)
        _intervals(middle, result)
        right.axhline(1.0, color=THEORY, lw=1.0)
        right.errorbar(
            result.lags, result.correlation, result.correlation_error, fmt="o", ms=3, lw=0.8, color=COLOURS[0]
        )
        right.set(xlabel="lag (mean intervals)", ylabel="spikes after a spike,\nrelative to Poisson")
        right.set_ylim(bottom=0.0)
        right.set_title("autocorrelation")
    return figure


def _counts(axes: Any, result: Any) -> None:
    wanted = result.expected > 1e-3 * result.expected.max()
    shown = wanted | (result.observed > 0)
    axes.bar(result.counts[shown], result.observed[shown], width=0.9, color=COLOURS[4], label="measured")
    marker = "o-" if shown.sum() < 25 else "-"
    axes.plot(result.counts[shown], result.expected[shown], marker, ms=3, lw=1.0, color=THEORY, label="Poisson")
    axes.set(
        xlabel="spikes in a window", ylabel="windows", title=f"counts: Fano {result.fano:.3f}, {_p(result.count_p)}"
    )
    axes.legend(loc="best")


def _intervals(axes: Any, result: Any) -> None:
    edges = histogram_edges(6.0, 48, result.bin)
    density = np.histogram(result.intervals, edges)[0] / (result.intervals.size * np.diff(edges))
    axes.stairs(np.where(density > 0, density, np.nan), edges, color=COLOURS[0])
    axes.plot(edges, np.exp(-edges), color=THEORY, lw=1.0)
    axes.set(xlabel="interval (mean intervals)", ylabel="density", yscale="log")
    axes.set_title(f"intervals: CV {result.cv:.3f}, {_p(result.interval_p)}")


def _p(value: float) -> str:
    return "p < 1e-9" if value < 1e-9 else f"p = {value:.2g}"
