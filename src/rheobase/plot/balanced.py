"""The balanced state, and how self-consistent rates approach it as the number of synapses grows."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, THEORY, colour, style


def balanced_state(result: Any) -> Any:
    """Rates to both orders, and the excitation that inhibition has to cancel beside the mean input that is left.

    Parameters
    ----------
    result
        A `BalancedState`.
    """
    from matplotlib import pyplot

    places = np.arange(len(result.populations))
    with style():
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(8.2, 3.4), layout="constrained")
        left.axhline(0, color=FAINT, lw=0.8)
        left.plot(places - 0.08, result.rates, "o", color=colour(0), label="balanced")
        left.plot(places + 0.08, result.next_order, "s", color=colour(1), label="next order in 1/√K")
        left.set(ylabel="rate (Hz)", title="rates")
        left.margins(y=0.12)
        right.bar(places - 0.2, result.excitation, 0.4, color=colour(0), label="excitation")
        right.bar(places + 0.2, result.needed, 0.4, color=colour(1), label="left after inhibition")
        right.axhline(0, color=FAINT, lw=0.8)
        right.set(ylabel="mean input (mV)", title="inputs")
        for axes in (left, right):
            axes.set_xticks(places, result.populations)
            axes.set(xlabel="population", xlim=(-0.6, places.size - 0.4))
        for axes in (left, right):
            axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.2), ncols=2)
    return figure


def balance_scan(result: Any) -> Any:
    """Rates against the number of synapses, and their distance to the balanced ones with its power law.

    Parameters
    ----------
    result
        A `BalanceScan`.
    """
    from matplotlib import pyplot

    with style():
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(8.2, 3.4), layout="constrained")
        for k, name in enumerate(result.balanced.populations):
            left.axhline(result.balanced.rates[k], color=colour(k), lw=0.9, ls="--")
            left.plot(result.factors, result.rates[:, k], "o-", color=colour(k), label=name)
            right.plot(result.factors, np.abs(result.distance[:, k]), "o-", color=colour(k), label=name)
        ends = result.factors[[0, -1]]
        start = np.nanmax(np.abs(result.distance[0])) if np.isfinite(result.distance[0]).any() else 1.0
        right.plot(ends, 2.0 * start * np.sqrt(ends[0] / ends), color=THEORY, lw=0.9, label="$K^{-1/2}$")
        left.set(xscale="log", xlabel="synapses, relative", ylabel="rate (Hz)", title="dashed: balanced")
        right.set(xscale="log", yscale="log", xlabel="synapses, relative", ylabel="distance to balanced (Hz)")
        right.legend(loc="best")
    return figure
