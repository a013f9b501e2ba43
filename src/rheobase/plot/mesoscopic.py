"""Activities of populations of finitely many neurons, over the density of a membrane potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rheobase.plot.fokker_planck import rates_over_density
from rheobase.plot.style import THEORY, colour, from_zero

_BIN, _MOST_BINS = 1.0, 250  # ms


def mesoscopic_activity(result: Any, shown: int | None = None, ax: Any = None) -> Any:
    """Activities in bins of 1 ms or more with the expected rates above, the density of one population below.

    Parameters
    ----------
    result
        A `MesoscopicActivity`.
    shown
        Number of the population whose density is drawn; the first by default.
    ax
        Axes to draw the rates into, of ``shown`` only if that is given; a new figure with the density by default.
    """
    return rates_over_density(result, shown, ax, _rates)


def _rates(axes: Any, result: Any, numbers: Sequence[int]) -> None:
    steps = result.counts.shape[1]
    width = int(np.clip(round(max(_BIN, result.times[-1] / _MOST_BINS) / result.dt), 1, max(steps, 1)))
    bins = steps // width
    edges = result.times[: bins * width + 1 : width]
    for k in numbers:
        rates, expected = (
            row[k, : bins * width].reshape(bins, width).mean(axis=1) for row in (result.rates, result.expected)
        )
        label = f"{result.populations[k]}, N = {result.sizes[k]:,}"
        axes.stairs(rates, edges, color=colour(k), label=label, linewidth=1.0)
        label = "expected in this input" if k == numbers[-1] else None
        middles = 0.5 * (edges[1:] + edges[:-1])
        axes.plot(middles, expected, color=THEORY, linewidth=0.8, linestyle="--", label=label, zorder=3)
    axes.set(ylabel="rate (Hz)", title=result.name or "population activity")
    from_zero(axes)
