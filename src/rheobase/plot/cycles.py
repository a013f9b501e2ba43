"""Periodic orbits: a branch over its parameter, and one cycle over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import COLOURS, FAINT, style

STABLE, UNSTABLE = "#009E73", "#D55E00"
MARKS = {
    "fold-of-cycles": ("D", "fold of cycles"),
    "period-doubling": ("^", "period doubling"),
    "torus": ("s", "torus"),
    "branch-point": ("X", "branch point"),
    "homoclinic": ("P", "homoclinic orbit"),
    "snic": ("*", "saddle-node on the circle"),
    "hopf-subcritical": ("o", "subcritical Hopf"),
    "hopf-supercritical": ("o", "supercritical Hopf"),
    "hopf-degenerate": ("o", "Hopf"),
}


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
            return axes.figure
        from matplotlib import pyplot

        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
        extremes(left, result, state)
        _frequency(right, result)
        left.legend(loc="best")
    return figure


def extremes(axes: Any, result: Any, state: str, labels: bool = True) -> None:
    """Draw a branch into axes that may show the equilibria already: thick where it is stable, dashed where not."""
    for which, values in (("highest", result.maximum[state]), ("lowest", result.minimum[state])):
        label = labels and which == "highest"
        _curve(axes, result.values, values, result.stable, label)
        _marks(axes, result, values, label)
    axes.set(xlabel=_axis(result.field, result.parameter), ylabel=_axis(result.field, state))


def _frequency(axes: Any, result: Any) -> None:
    _curve(axes, result.values, result.frequency_hz, result.stable, False)
    _marks(axes, result, result.frequency_hz, False)
    axes.set(xlabel=_axis(result.field, result.parameter), ylabel="frequency (Hz)")
    axes.set_ylim(bottom=0)


def _curve(axes: Any, x: Any, y: Any, stable: Any, label: bool) -> None:
    """One line for every stretch; a stretch is stable if both its ends are."""
    attracts = stable[1:] & stable[:-1]
    cuts = np.flatnonzero(np.diff(attracts)) + 1
    named: set[bool] = set()
    for first, last in zip([0, *cuts], [*cuts, len(attracts)], strict=True):
        if last <= first:
            continue
        kind = bool(attracts[first])
        name = ("stable cycles" if kind else "unstable cycles") if label and kind not in named else None
        named.add(kind)
        look: Any = {"color": STABLE, "lw": 2.0} if kind else {"color": UNSTABLE, "lw": 1.2, "ls": (0, (4, 2))}
        axes.plot(x[first : last + 1], y[first : last + 1], label=name, **look)


def _marks(axes: Any, result: Any, y: Any, label: bool) -> None:
    named: set[str] = set()
    for point in (*result.special, *([result.start] if result.start else [])):
        mark, name = MARKS[point.kind]
        axes.plot(
            point.value, y[_place(result, point)], mark, color="black", ms=8 if mark == "*" else 5, mfc="white",
            zorder=5, label=name if label and name not in named else None,
        )  # fmt: skip
        named.add(name)


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
        figure = axes.figure if axes is not None else pyplot.figure(figsize=(4.6, 3.2), layout="constrained")
        axes = axes if axes is not None else figure.add_subplot()
        times, states = result.orbit
        fine = np.linspace(0.0, result.period_ms, 600)
        column = result.field.states.index(state)
        axes.plot(fine, result.at(fine)[:, column], color=COLOURS[0])
        axes.plot(times[:-1:4], states[:-1:4, column], "|", color=FAINT, ms=5)
        axes.set(xlabel="time (ms)", ylabel=_axis(result.field, state), title=str(result).split(",")[0])
    return figure


def _axis(field: Any, name: str) -> str:
    unit = field.unit_name(name)
    return name if unit == "1" else f"{name} ({unit})"
