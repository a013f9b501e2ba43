"""Periodic orbits: a branch over its parameter, and one cycle over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.curve import FINE, smooth
from rheobase.plot.diagram import mark
from rheobase.plot.style import COLOURS, FAINT, fresh, from_zero, label, printed, style

STABLE, UNSTABLE = "#009E73", "#D55E00"


def branch(result: Any, state: str, axes: Any = None) -> Any:
    """Highest and lowest value of a state over the parameter, and (on a new figure) the frequency.

    Parameters
    ----------
    result
        A `CycleBranch`.
    state
        Name of the state.
    axes
        Existing axes for the extremes; None makes a figure with the frequency beside them.
    """
    with style():
        if axes is not None:
            extremes(axes, result, state)
            if axes.get_legend() is not None:
                axes.legend(loc="best")  # of a diagram that was drawn before
            return axes.figure
        from matplotlib import pyplot

        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
        extremes(left, result, state)
        _frequency(right, result)
        left.legend(loc="best")
    return figure


def extremes(axes: Any, result: Any, state: str) -> None:
    """Draw a branch into axes that may show the equilibria already: thick where it is stable, dashed where not."""
    for values in (result.maximum[state], result.minimum[state]):
        _curve(axes, result.values, values, result.stable)
        _marks(axes, result, values)
    _name(axes, result, label(state, result.field.unit_name(state)))


def _frequency(axes: Any, result: Any) -> None:
    _curve(axes, result.values, result.frequency_hz, result.stable)
    _marks(axes, result, result.frequency_hz)
    _name(axes, result, "frequency (Hz)")
    from_zero(axes)


def _name(axes: Any, result: Any, ylabel: str) -> None:
    axes.set(xlabel=label(result.parameter, result.field.unit_name(result.parameter)), ylabel=ylabel)


def _curve(axes: Any, x: Any, y: Any, stable: Any) -> None:
    """One line for every stretch; a stretch is stable if both its ends are."""
    attracts = stable[1:] & stable[:-1]
    cuts = np.flatnonzero(np.diff(attracts)) + 1
    fine_x, fine_y = smooth(x, y)
    for first, last in zip([0, *cuts], [*cuts, len(attracts)], strict=True):
        if last <= first:
            continue
        kind = bool(attracts[first])
        look: Any = {"color": STABLE, "lw": 2.0} if kind else {"color": UNSTABLE, "lw": 1.2, "ls": (0, (4, 2))}
        part = slice(FINE * first, FINE * last + 1)
        name = fresh(axes, "stable cycles" if kind else "unstable cycles")
        axes.plot(fine_x[part], fine_y[part], label=name, zorder=3, **look)


def _marks(axes: Any, result: Any, y: Any) -> None:
    for point in (*result.special, *([result.start] if result.start else [])):
        mark(axes, point.kind, point.value, y[_place(result, point)])


def _place(result: Any, point: Any) -> int:
    """The point of the branch that a special point is, or lies next to."""
    span = float(np.ptp(result.values)) or 1.0
    if point is result.start:
        return 0
    away = np.abs(result.values - point.value) / span
    if point.period_ms is None:
        return int(np.argmax(np.where(away < np.min(away) + 1e-3, result.period_ms, 0.0)))
    return int(np.argmin(away + np.abs(result.period_ms / point.period_ms - 1.0)))


def cycle(result: Any, state: str, axes: Any = None) -> Any:
    """One state over one period."""
    from matplotlib import pyplot

    with style():
        alone = axes is None
        axes = axes if axes is not None else pyplot.subplots(figsize=(4.6, 3.2), layout="constrained")[1]
        times, states = result.orbit
        fine = np.linspace(0.0, result.period_ms, 600)
        column = result.field.states.index(state)
        axes.plot(fine, result.at(fine)[:, column], color=COLOURS[0])
        axes.plot(times[:-1:4], states[:-1:4, column], "|", color=FAINT, ms=5)
        axes.set(xlabel="time (ms)", ylabel=label(state, result.field.unit_name(state)))
        if alone:
            axes.set_title(printed(str(result).split(",")[0]))
    return axes.figure
