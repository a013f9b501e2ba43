"""Rates in time: the simulation's in bins with two standard errors, and the density equation's over them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, THEORY, colour, from_zero, style

_FEW = 2


def time_course(result: Any, ax: Any = None) -> Any:
    """Both rates, and the z-scores below.

    Parameters
    ----------
    result
        A `TimeCourse`.
    ax
        Axes to draw the rates into; a new figure with the z-scores by default.
    """
    from matplotlib import pyplot

    with style():
        if ax is not None:
            rates_in_time(ax, [(0, result)])
            return ax.figure
        figure, (above, below) = pyplot.subplots(
            2, 1, figsize=(7.5, 4.6), sharex=True, height_ratios=(2.2, 1), layout="constrained"
        )
        rates_in_time(above, [(0, result)])
        above.set_xlabel("")
        below.plot(result.centres, result.z, ".", color=colour(0), ms=4)
        for level in (-1.96, 1.96):
            below.axhline(level, color=FAINT, lw=0.8, ls="--")
        below.axhline(0, color=FAINT, lw=0.8)
        below.set(xlabel="time (ms)", ylabel="z", title="simulation less theory; dashed: 95 % of chance")
    return figure


def rates_in_time(axes: Any, found: Iterable[tuple[int, Any]]) -> None:
    """Several time courses, each with the number of its population, which gives the colour."""
    courses = list(found)
    handles: dict[str, Any] = {}
    for number, course in courses:
        low, high = course.measured - 2 * course.se, course.measured + 2 * course.se
        axes.stairs(high, course.edges, baseline=low, fill=True, color=colour(number), alpha=0.25, lw=0)
        line = axes.stairs(course.measured, course.edges, baseline=None, color=colour(number), lw=1.0)
        handles[course.population if len(courses) > 1 else "simulation ± 2 SE"] = line
    for number, course in courses:
        drawn = THEORY if len(courses) <= _FEW else colour(number)
        axes.plot(course.times, course.rate, color=drawn, lw=1.2, ls="--")
    handles["theory"] = axes.plot([], [], color=THEORY, lw=1.2, ls="--")[0]
    first = courses[0][1]
    axes.set(xlim=(first.edges[0], first.edges[-1]), xlabel="time (ms)", ylabel="rate (Hz)", title="rate in time")
    if any(np.any(course.measured > 0) or np.any(course.rate > 0) for _, course in courses):
        from_zero(axes)
    axes.legend(
        list(handles.values()), list(handles), ncols=len(handles), handlelength=1.8, loc="lower right",
        bbox_to_anchor=(1, 1), borderaxespad=0.1,
    )  # fmt: skip
