"""Activities of populations of finitely many neurons, over the density of a membrane potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rheobase.plot.fokker_planck import rates_over_density
from rheobase.plot.style import THEORY, colour, from_zero

_BIN = 1.0  # ms


def mesoscopic_activity(result: Any, shown: int | None = None, ax: Any = None) -> Any:
    """Activities in bins of about 1 ms with the expected rates above, the density of one population below.

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
    width = min(max(round(_BIN / result.dt), 1), max(steps, 1))
    bins = steps // width
    edges = result.times[: bins * width + 1 : width]
    for k in numbers:
        values = result.rates[k, : bins * width].reshape(bins, width).mean(axis=1)
        label = f"{result.populations[k]}, N = {result.sizes[k]:,}"
        axes.stairs(values, edges, color=colour(k), label=label, linewidth=1.0)
    for k in numbers:
        middles = 0.5 * (result.times[1:] + result.times[:-1])
        label = "expected in this input" if k == numbers[-1] else None
        axes.plot(middles, result.expected[k], color=THEORY, linewidth=0.8, label=label)
    axes.set(ylabel="rate (Hz)", title=result.name or "population activity")
    from_zero(axes)
