"""States of a family of networks: over one parameter, and the regions and lines in the plane of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, style

_LINES = {"hopf": ("#D55E00", "-", "Hopf: an oscillation begins"), "fold": ("#0072B2", "--", "fold: two states meet")}
_REGIONS = {
    "AI": "#FFFFFF", "Q": "#E8E8E8", "SI fast": "#FCE0CC", "SI slow": "#D9ECD9", "SR": "#D6E6F5", "?": "#F7F0B0",
}  # fmt: skip
_MIXED = ("#EADCF0", "#D9E8E6", "#F0E6D2", "#E2E2F2", "#F2DDE2", "#DDEBD0")


def branch(result: Any, population: int, ax: Any = None) -> Any:
    """The rate of one population over the parameter; stable states solid, others dashed.

    Parameters
    ----------
    result
        A `Branch`, or anything with ``parameter``, ``populations`` and ``parts`` (each with ``values``, ``rates``,
        ``unstable`` and ``points``).
    population
        Its index.
    ax
        Axes to draw into.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            ax = pyplot.subplots(figsize=(5.6, 3.8), layout="constrained")[1]
        for part in result.parts:
            rates = part.rates[:, population]
            stable = part.unstable == 0
            ax.plot(part.values, rates, "--", color=FAINT, lw=1.1, label="unstable")
            shown = np.where(stable | np.append(stable[1:], False) | np.append(False, stable[:-1]), rates, np.nan)
            ax.plot(part.values, np.where(stable, rates, np.nan) if not stable.any() else shown, color=colour(0),
                    label="stable")  # fmt: skip
            for point in part.points:
                mark, name = ("s", "fold") if point.kind == "fold" else ("o", "Hopf")
                ax.plot(point.value, point.rates[population], mark, color="black", ms=5, ls="none", label=name)
        ax.set(xlabel=result.parameter, ylabel=f"rate of {result.populations[population]} (Hz)")
        _legend(ax)
    return ax.figure


def phase_diagram(result: Any, ax: Any = None) -> Any:
    """Regions with their labels, Hopf lines and fold lines.

    Parameters
    ----------
    result
        A `PhaseDiagram`, or anything with ``names``, ``x``, ``y``, ``labels`` and ``lines`` (each with ``kind`` and
        ``values``).
    ax
        Axes to draw into.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            ax = pyplot.subplots(figsize=(6.4, 4.6), layout="constrained")[1]
        if len(result.x) > 1:
            _regions(ax, result)
        for line in result.lines:
            ink, dash, name = _LINES[line.kind]
            ax.plot(line.values[:, 0], line.values[:, 1], dash, color=ink, label=name)
        ax.set(xlabel=result.names[0], ylabel=result.names[1])
        ax.set_xlim(result.x[0], result.x[-1]) if len(result.x) > 1 else None
        ax.set_ylim(result.y[0], result.y[-1])
        if result.lines:
            _legend(ax, loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=2)
    return ax.figure


def _regions(ax: Any, result: Any) -> None:
    """Colours around the places of the grid, and each label once, in the middle of its places."""
    from matplotlib.colors import ListedColormap

    kinds = list(dict.fromkeys(label for column in result.labels for label in column))
    mixed = [kind for kind in kinds if kind not in _REGIONS]
    fills = [_REGIONS.get(kind) or _MIXED[mixed.index(kind) % len(_MIXED)] for kind in kinds]
    index = np.array([[kinds.index(label) for label in column] for column in result.labels])
    ax.pcolormesh(
        result.x, result.y, index.T, cmap=ListedColormap(fills), vmin=-0.5, vmax=len(kinds) - 0.5, shading="nearest"
    )
    for number, kind in enumerate(kinds):
        places = np.argwhere(index == number)
        middle = places[np.argmin(np.sum((places - places.mean(axis=0)) ** 2, axis=1))]
        ax.text(result.x[middle[0]], result.y[middle[1]], kind, ha="center", va="center", fontsize=9)


def _legend(ax: Any, **place: Any) -> None:
    handles, texts = ax.get_legend_handles_labels()
    unique = dict(zip(texts, handles, strict=True))
    ax.legend(unique.values(), unique.keys(), **place)
