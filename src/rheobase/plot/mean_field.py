"""The exact mean field of quadratic neurons: rates over time, diagrams in one parameter and in two."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, fresh, from_zero, style

_MARKS = {"saddle-node": "o", "Hopf": "s", "branch point": "D", "cusp": "^", "Bogdanov-Takens": "v"}


def _axes(ax: Any, title: str) -> Any:
    from matplotlib import pyplot

    if ax is None:
        _, ax = pyplot.subplots(figsize=(5.2, 3.6), layout="constrained")
        ax.set_title(title)
    return ax


def run(result: Any, ax: Any = None, title: str = "exact mean field", rests: Any = ()) -> Any:
    """Rates against time, and the states at ``rests`` beside them: dashed, dotted where they are unstable."""
    with style():
        ax = _axes(ax, title)
        for k, (name, rates) in enumerate(zip(result.populations, result.rates, strict=True)):
            ax.plot(result.t, rates, color=colour(k), label=name if len(result.populations) > 1 else "rate")
            for rest in rests:
                ax.axhline(rest.rates[k], color=colour(k), lw=0.9, ls="--" if rest.stable else ":")
        for stable, line, text in ((True, "--", "at rest, stable"), (False, ":", "at rest, unstable")):
            if any(rest.stable == stable for rest in rests):
                ax.plot([], [], line, color=FAINT, lw=0.9, label=text)
        ax.set(xlabel="time (ms)", ylabel="rate (Hz)")
        from_zero(ax)
        if len(rests):  # lines all across: there is no room for a legend among them
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
        elif len(result.populations) > 1:
            ax.legend(loc="best")
    return ax.figure


def diagram(result: Any, ax: Any = None) -> Any:
    """Rates of the equilibria against a parameter; unstable parts are dashed."""
    with style():
        ax = _axes(ax, "equilibria of the exact mean field")
        for branch in result.branches:
            for k, name in enumerate(result.populations):
                for held, line in ((branch.stable, "-"), (~branch.stable, "--")):
                    shown = held | np.append(held[1:], False) | np.append(False, held[:-1])
                    rates = np.where(shown if line == "--" else held, branch.rates[:, k], np.nan)
                    text = fresh(ax, name) if line == "-" and len(result.populations) > 1 else None
                    ax.plot(branch.values, rates, line, color=colour(k), label=text)
        _mark(ax, result.points, lambda point: (point.parameters[result.parameter], point.rates[0]))
        ax.set(xlabel=result.parameter, ylabel="rate (Hz)")
        from_zero(ax)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="best")
    return ax.figure


def phase_diagram(result: Any, ax: Any = None) -> Any:
    """Lines of saddle-nodes and Hopf points in the plane of two parameters."""
    with style():
        ax = _axes(ax, "bifurcations of the exact mean field")
        for line in result.lines:
            ax.plot(*line.points.T, color=colour(line.kind == "Hopf"), label=fresh(ax, line.kind))
        _mark(ax, result.points, lambda point: (point.parameters[result.x], point.parameters[result.y]))
        ax.set(xlabel=result.x, ylabel=result.y, xlim=result.over_x, ylim=result.over_y)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="best")
    return ax.figure


def _mark(ax: Any, points: Any, where: Any) -> None:
    for point in points:
        text = fresh(ax, point.kind)
        ax.plot(*where(point), _MARKS[point.kind], color="black", mfc=FAINT, ms=6, ls="none", label=text)
