"""Rate equations, linear response and simulation of one network in one figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.recording import rates
from rheobase.plot.style import FAINT, colour, from_zero, style


def reductions(result: Any) -> Any:
    """Above the rates over time, by the rate equations and simulated; below the leading growth rates.

    Parameters
    ----------
    result
        A `Reductions`.
    """
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(1, 3, figsize=(11, 3.4), layout="constrained", width_ratios=(1.3, 1.3, 1))
        stop = float(result.run.t[-1])
        start = max(result.start_ms, stop - 300.0)
        for k, name in enumerate(result.populations):
            axes[0].plot(result.run.t, result.run.rates[k], color=colour(k), label=name)
            axes[1].axhline(result.rates[k], color=colour(k), lw=0.9, ls="--")
        axes[0].set(xlim=(start, stop), xlabel="time (ms)", ylabel="rate (Hz)", title="rate equations")
        from_zero(axes[0])
        axes[0].legend(loc="best")
        rates(axes[1], result.recording, start, stop, result.bin_ms)
        axes[1].set(xlabel="time (ms)", title="simulation; dashed: at rest")
        _modes(axes[2], result)
    return figure


def _modes(axes: Any, result: Any) -> None:
    """Growth against frequency; what stands right of the line grows."""
    axes.axvline(0, color=FAINT, lw=0.8)
    found = (("rate equations", result.rate_growth, "o"), ("spiking network", result.spiking_growth, "s"))
    for k, (name, value, mark) in enumerate(found):
        if value is not None:
            axes.plot(value.real, abs(value.imag) / (2 * np.pi), mark, color=colour(k), label=name)
    axes.margins(0.15)
    axes.set(xlabel="growth (1/s)", ylabel="frequency (Hz)", title="leading modes")
    axes.set_ylim(bottom=0)
    handles, labels = axes.get_legend_handles_labels()
    if handles:  # below, since the marks of a legend among so few points would be taken for points
        axes.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, handletextpad=0.2)
