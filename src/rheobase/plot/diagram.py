"""Bifurcation diagrams: equilibria over a parameter, solid where they attract, and the points where that changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.curve import FINE, smooth
from rheobase.plot.style import COLOURS, FAINT, THEORY, fresh, label, style

_STABLE, _UNSTABLE = "#000000", FAINT
_SAME = 1e-6  # of the size of the drawing

#: Marker, filled or not, colour and name of each kind of special point, of equilibria and of cycles. Of Hopf points
#: those are filled at which stable cycles are born.
MARKS = {
    "saddle-node": ("D", True, COLOURS[1], "saddle-node"),
    "hopf-subcritical": ("o", False, COLOURS[0], "Hopf, subcritical"),
    "hopf-supercritical": ("o", True, COLOURS[0], "Hopf, supercritical"),
    "hopf-degenerate": ("X", True, COLOURS[0], "Hopf, degenerate"),
    "branch-point": ("s", True, COLOURS[2], "branch point"),
    "cusp": ("^", True, COLOURS[1], "cusp"),
    "fold-of-cycles": ("D", False, THEORY, "fold of cycles"),
    "period-doubling": ("^", False, THEORY, "period doubling"),
    "torus": ("p", False, THEORY, "torus"),
    "homoclinic": ("P", False, THEORY, "homoclinic orbit"),
    "snic": ("*", False, THEORY, "saddle-node on the circle"),
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
        unit = diagram.field.unit_name
        axes.set(xlabel=label(diagram.parameter, unit(diagram.parameter)), ylabel=label(state, unit(state)))
        axes.set_xlim(diagram.over)
        if ax is None:
            name = diagram.field.neuron.name
            axes.set_title(f"{name}: equilibria" if name else "equilibria")
        axes.legend(loc="best")
    return axes.figure


def branches(axes: Any, found: Any, state: str) -> None:
    """Lines: solid where the equilibrium attracts, dashed where it does not."""
    for branch in found:
        values, states = smooth(branch.values, branch.states[state])
        for piece, stable in branch.pieces():
            fine = slice(FINE * piece.start, FINE * (piece.stop - 1) + 1)
            axes.plot(
                values[fine], states[fine], "-" if stable else "--",
                color=_STABLE if stable else _UNSTABLE, lw=1.8 if stable else 1.4, zorder=2,
                label=fresh(axes, "stable" if stable else "unstable"),
            )  # fmt: skip


def special(axes: Any, found: Any, state: str) -> None:
    """Markers, each kind in the legend once."""
    for point in found:
        if point.kind in MARKS:
            mark(axes, point.kind, point.value, point.state[state])


def mark(axes: Any, kind: str, x: float, y: float) -> None:
    """One special point, unless the axes show it already: diagrams and branches of cycles share their Hopf points."""
    marker, filled, colour, name = MARKS[kind]
    size = np.maximum(axes.dataLim.size, 1e-300) if np.all(np.isfinite(axes.dataLim.size)) else np.ones(2)
    for line in axes.lines:
        if line.get_gid() == kind and np.all(np.abs(line.get_xydata()[0] - (x, y)) < _SAME * size):
            return
    axes.plot(
        [x], [y], marker, color=colour, ms=10 if marker == "*" else 6.5, mew=1.6 if filled else 1.3, zorder=5,
        mfc=colour if filled else "white", ls="none", label=fresh(axes, name), gid=kind,
    )  # fmt: skip
