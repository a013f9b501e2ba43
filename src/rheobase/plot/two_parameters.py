"""Bifurcations in the plane of two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, label, style

_COLOURS = {"saddle-node": "#0072B2", "hopf": "#D55E00", "fold-of-cycles": "#009E73"}
_LABELS = {"saddle-node": "saddle-nodes", "hopf": "Hopf points", "fold-of-cycles": "folds of cycles"}
_MARKS = {
    "bogdanov-takens": ("BT", "s", "Bogdanov-Takens"),
    "cusp": ("CP", "^", "cusp"),
    "bautin": ("GH", "o", "Bautin (generalised Hopf)"),
    "fold-hopf": ("ZH", "D", "fold-Hopf"),
    "hopf-hopf": ("HH", "P", "double Hopf"),
}


def two_parameters(curves: Sequence[Any], ax: Any = None) -> Any:
    """Curves of saddle-nodes, Hopf points and folds of cycles with their points of codimension 2.

    Hopf points that are subcritical are drawn with dashes.

    Parameters
    ----------
    curves
        `TwoParameterCurve`s of the same two parameters, or anything with ``kind``, ``names``, ``values``, ``l1``,
        ``special`` (each with ``kind`` and ``values``), ``field`` and ``unit_name(name)``.
    ax
        Axes to draw into.
    """
    from matplotlib import pyplot

    with style():
        beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if ax is None else {"loc": "best"}
        if ax is None:
            ax = pyplot.subplots(figsize=(7.2, 4.0), layout="constrained")[1]
        first, second = curves[0].names
        for curve in curves:
            _line(ax, curve, first, second)
        for curve in curves:
            _points(ax, curve, first, second)
        for curve in curves:
            _start(ax, curve, first, second)
        ax.set(xlabel=label(first, curves[0].unit_name(first)), ylabel=label(second, curves[0].unit_name(second)))
        handles, texts = ax.get_legend_handles_labels()
        unique = dict(zip(texts, handles, strict=True))
        ax.legend(unique.values(), unique.keys(), **beside)
    return ax.figure


def _start(ax: Any, curve: Any, first: str, second: str) -> None:
    """Where the point was that the curve was continued from."""
    field = curve.field
    place = [field.shown(name, field.values[field.index(name)]) for name in (first, second)]
    ax.plot(*place, "o", mfc="white", mec=FAINT, ms=5, ls="none", label="continued from here", zorder=4)


def _line(ax: Any, curve: Any, first: str, second: str) -> None:
    x, y = np.asarray(curve.values[first]), np.asarray(curve.values[second])
    colour = _COLOURS[curve.kind]
    if curve.l1 is None:
        ax.plot(x, y, color=colour, label=_LABELS[curve.kind])
        return
    l1 = np.where(np.isfinite(curve.l1), curve.l1, 0.0)
    for sign, dash, text in ((-1, "-", "supercritical"), (1, (0, (4, 2)), "subcritical")):
        inside = sign * l1 > 0.0
        # one point more at each end, so that the two parts meet
        shown = inside | np.roll(inside, 1) & (np.arange(len(x)) > 0)
        if inside.any():
            part = np.where(shown, x, np.nan), np.where(shown, y, np.nan)
            ax.plot(*part, color=colour, linestyle=dash, label=f"Hopf points, {text}")


def _points(ax: Any, curve: Any, first: str, second: str) -> None:
    for point in curve.special:
        short, marker, name = _MARKS[point.kind]
        if point.kind == "cusp" and curve.kind == "fold-of-cycles":
            short, marker, name = "CPC", "v", "cusp of cycles"
        place = point.values[first], point.values[second]
        ax.plot(*place, marker, color="black", ms=5, ls="none", label=f"{short}: {name}", zorder=5)
        ax.annotate(short, place, xytext=(5, 4), textcoords="offset points", fontsize=8)
