"""Where the input of each population comes from."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import colour, style


def input_statistics(result: Any, ax: Any = None) -> Any:
    """The share that each source has in the variance of the input, a stacked bar for each population.

    Parameters
    ----------
    result
        An `InputStatistics`.
    ax
        Axes to draw into; a new figure by default.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.6), layout="constrained")
        places = np.arange(len(result.populations))
        sources = list(dict.fromkeys(part.source for own in result.parts for part in own))
        bottom = np.zeros(places.size)
        for k, source in enumerate(sources):
            height = np.array([sum(part.variance for part in own if part.source == source) for own in result.parts])
            ax.bar(places, height, bottom=bottom, color=colour(k), width=0.65, label=source.strip("'"))
            bottom += height
        ax.set_xticks(places, result.populations)
        ax.set(xlabel="population", ylabel="variance of the input, σ² (mV²)")
        if sources:
            ax.legend(loc="best", title="from")
    return ax.figure
