"""The activity of populations in time, over the density of a membrane potential."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rheobase.plot.style import colour, from_zero, label, style


def population_activity(result: Any, shown: int | None = None, ax: Any = None) -> Any:
    """Rates of all populations above, the density of one below.

    Parameters
    ----------
    result
        A `PopulationActivity`.
    shown
        Number of the population whose density is drawn; the first by default.
    ax
        Axes to draw the rates into, of ``shown`` only if that is given; a new figure with the density by default.
    """
    return rates_over_density(result, shown, ax, _rates)


def rates_over_density(
    result: Any, shown: int | None, ax: Any, rates: Callable[[Any, Any, Sequence[int]], None]
) -> Any:
    """What ``rates`` draws of all populations above the density of one; with ``ax``, what it draws there."""
    from matplotlib import pyplot

    everyone = range(len(result.populations))
    with style():
        if ax is not None:
            rates(ax, result, everyone if shown is None else [shown])
            ax.set_xlabel("time (ms)")
            if len(ax.get_legend_handles_labels()[0]) > 1:
                ax.legend(loc="best")
            return ax.figure
        figure, (above, below) = pyplot.subplots(
            2, 1, figsize=(7.0, 5.0), sharex=True, height_ratios=(1, 1.3), layout="constrained"
        )
        rates(above, result, everyone)
        if len(above.get_legend_handles_labels()[0]) > 1:
            figure.legend(*above.get_legend_handles_labels(), loc="outside upper right", ncols=4)
        _density(figure, below, result, shown or 0)
        below.set_xlim(result.times[0], result.times[-1])
    return figure


def _rates(axes: Any, result: Any, numbers: Sequence[int]) -> None:
    for k in numbers:
        axes.plot(result.times, result.rates[k], color=colour(k), label=result.populations[k])
    axes.set(ylabel="rate (Hz)", title=result.name or "population activity")
    from_zero(axes)


def _density(figure: Any, axes: Any, result: Any, shown: int) -> None:
    """The density of one population in time, in grey."""
    v, values, unit = result.voltages[shown], result.densities[shown], result.units[shown]
    whose = f" of {result.populations[shown]}" if len(result.populations) > 1 else ""
    axes.set(xlabel="time (ms)", ylabel=label(f"membrane potential{whose}", unit))
    if result.snapshots.size < 2:
        return
    inside = values.max(axis=0) > 1e-3 * values.max()  # neither tails nor the upstroke of spikes
    rows = slice(int(np.argmax(inside)), int(inside.size - np.argmax(inside[::-1])))
    highest = float(np.quantile(values.max(axis=1), 0.9))  # a point-like start is not to hide what follows
    mesh = axes.pcolormesh(
        result.snapshots, v[rows], values.T[rows], cmap="Greys", vmin=0.0, vmax=highest, shading="nearest",
        rasterized=True,
    )  # fmt: skip
    bar = figure.colorbar(mesh, ax=axes)
    bar.set_label("density" if unit == "1" else f"density (1/{unit})")
