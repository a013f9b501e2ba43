"""The stationary rate of a neuron in noise against its input."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import colour, from_zero, label, style


def transfer(result: Any, ax: Any = None) -> Any:
    """The rate against the mean input, a curve for each noise strength.

    Parameters
    ----------
    result
        A `StationaryRate`.
    ax
        Axes to draw into; a new figure by default.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.6), layout="constrained")
            ax.set_title(result.neuron.name or "neuron")
        mu, sigma, rate = (np.ravel(x) for x in (result.mu, result.sigma, result.rate))
        for k, strength in enumerate(np.unique(sigma)):
            own = np.flatnonzero(sigma == strength)
            own = own[np.argsort(mu[own], kind="stable")]
            text = f"σ = {strength:.3g}" + ("" if result.unit == "1" else f" {result.unit}")
            ax.plot(mu[own], rate[own], color=colour(k), marker="." if own.size < 12 else "", label=text)
        ax.set(xlabel=label("mean input μ", result.unit), ylabel="rate (Hz)")
        from_zero(ax)
        if np.unique(sigma).size <= 8:
            ax.legend(loc="best")
    return ax.figure
