"""Rates on a staircase of inputs, up and down, beside the inputs where theory has firing begin and end."""

from __future__ import annotations

from typing import Any

from rheobase.plot.style import COLOURS, FAINT, label, style


def staircase(result: Any, ax: Any = None) -> Any:
    """The figure of a `DynamicsCheck`: the gap between the two curves is hysteresis."""
    from matplotlib import pyplot

    with style():
        axes = ax if ax is not None else pyplot.subplots(figsize=(6.4, 3.8), layout="constrained")[1]
        found = result.staircase
        if found is None:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "it does not fire at any input", ha="center", color=FAINT, transform=axes.transAxes)
            return axes.figure
        axes.plot(found.values, found.up, ">-", color=COLOURS[1], ms=4, label="simulated, input rising")
        axes.plot(found.values, found.down, "<-", color=COLOURS[0], ms=4, label="simulated, input falling")
        words = ("begins, predicted", "ends, predicted")
        for value, colour, what in zip(result.edges, (COLOURS[1], COLOURS[0]), words, strict=True):
            if value is not None:
                axes.axvline(value, color=colour, ls=":", lw=1.4, label=f"firing {what}")
        axes.set(xlabel=label(result.parameter, result.unit), ylabel="rate (Hz)")
        if ax is None:
            axes.set_title(result.model)
        axes.legend(loc="best")
    return axes.figure
