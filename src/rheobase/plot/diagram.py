"""Bifurcation diagrams: equilibria over a parameter, solid where they attract, and the points where that changes."""

from __future__ import annotations

from typing import Any

from rheobase.plot.style import COLOURS, FAINT, style

_STABLE, _UNSTABLE = "#000000", FAINT

#: Marker, filled or not, and colour of each kind of special point; filled means that what is born there is stable.
MARKS = {
    "saddle-node": ("D", True, COLOURS[1], "saddle-node"),
    "hopf-subcritical": ("o", False, COLOURS[0], "Hopf, subcritical"),
    "hopf-supercritical": ("o", True, COLOURS[0], "Hopf, supercritical"),
    "hopf-degenerate": ("X", True, COLOURS[0], "Hopf, degenerate"),
    "branch-point": ("s", True, COLOURS[2], "branch point"),
    "cusp": ("^", True, COLOURS[1], "cusp"),
}


def bifurcation_diagram(diagram: Any, state: str, ax: Any = None) -> Any:
    """Branches of equilibria over the parameter, with their special points.

    Parameters
    ----------
    diagram
        A `BifurcationDiagram`, or anything with ``parameter``, ``unit``, ``branches`` (each with ``values``, ``states``
        and ``pieces()``), ``special`` (each with ``kind``, ``value`` and ``state``) and ``field.unit_name(name)``.
    state
        Which state to show.
    ax
        Where to draw; by default in a new figure.

    Returns
    -------
    figure
        The figure that was drawn in.
    """
    from matplotlib import pyplot

    with style():
        axes = ax if ax is not None else pyplot.subplots(figsize=(5.6, 3.8), layout="constrained")[1]
        branches(axes, diagram.branches, state)
        special(axes, diagram.special, state)
        axes.set(xlabel=_label(diagram, diagram.parameter), ylabel=_label(diagram, state), xlim=diagram.over)
        if ax is None:
            name = diagram.field.neuron.name
            axes.set_title(f"{name}: equilibria" if name else "equilibria")
        axes.legend(loc="best")
    return axes.figure


def branches(axes: Any, found: Any, state: str) -> None:
    """Lines: solid where the equilibrium attracts, dashed where it does not."""
    labelled = set()
    for branch in found:
        for piece, stable in branch.pieces():
            label = "stable" if stable else "unstable"
            axes.plot(
                branch.values[piece], branch.states[state][piece], "-" if stable else "--",
                color=_STABLE if stable else _UNSTABLE, lw=1.8 if stable else 1.4, zorder=2,
                label=None if label in labelled else label,
            )  # fmt: skip
            labelled.add(label)


def special(axes: Any, found: Any, state: str) -> None:
    """Markers, each kind in the legend once."""
    labelled = set()
    for point in found:
        if point.kind not in MARKS:
            continue
        marker, filled, colour, label = MARKS[point.kind]
        axes.plot(
            [point.value], [point.state[state]], marker, color=colour, ms=6.5, mew=1.6, zorder=4, ls="none",
            mfc=colour if filled else "white", label=None if label in labelled else label, clip_on=False,
        )  # fmt: skip
        labelled.add(label)


def _label(diagram: Any, name: str) -> str:
    unit = diagram.field.unit_name(name)
    return name if unit == "1" else f"{name} ({unit})"
