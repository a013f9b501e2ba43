"""States of a family of networks: over one parameter, and the regions and lines in the plane of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, label, style

_LINES = {"hopf": ("#D55E00", "-", "Hopf: an oscillation begins"), "fold": ("#0072B2", "--", "fold: two states meet")}
_REGIONS = {
    "AI": "#FFFFFF", "Q": "#E8E8E8", "SI fast": "#FCE0CC", "SI slow": "#D9ECD9", "SR": "#D6E6F5", "?": "#F7F0B0",
}  # fmt: skip
_NAMES = {
    "AI": "asynchronous irregular", "SR": "synchronous regular", "SI fast": "synchronous irregular, fast",
    "SI slow": "synchronous irregular, slow", "Q": "almost quiescent",
}  # fmt: skip
_MIXED = ("#EADCF0", "#D9E8E6", "#F0E6D2", "#E2E2F2", "#F2DDE2", "#DDEBD0")


def branch(result: Any, population: int, ax: Any = None) -> Any:
    """The rate of one population over the parameter; stable states solid, others dashed.

    Parameters
    ----------
    result
        A `Branch`, or anything with ``parameter``, ``unit``, ``populations`` and ``parts`` (each with ``values``,
        ``rates``, ``unstable`` and ``points``).
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
        ax.set(xlabel=label(result.parameter, result.unit), ylabel=f"rate of {result.populations[population]} (Hz)")
        _legend(ax)
    return ax.figure


def phase_diagram(result: Any, ax: Any = None) -> Any:
    """Regions with their labels, Hopf lines and fold lines.

    Parameters
    ----------
    result
        A `PhaseDiagram`, or anything with ``names``, ``units``, ``x``, ``y``, ``labels``, ``beside`` and ``lines``
        (each with ``kind`` and ``values``).
    ax
        Axes to draw into.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            ax = pyplot.subplots(figsize=(6.4, 5.4), layout="constrained")[1]
        xlabel, ylabel = (label(name, unit) for name, unit in zip(result.names, result.units, strict=True))
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.set_xlim(result.x[0], result.x[-1]) if len(result.x) > 1 else None
        ax.set_ylim(result.y[0], result.y[-1])
        shown = _regions(ax, result) if len(result.x) > 1 else []
        for line in result.lines:
            ink, dash, name = _LINES[line.kind]
            ax.plot(line.values[:, 0], line.values[:, 1], dash, color=ink, label=name)
        bands = dict(zip(reversed(result.beside), reversed(result.lines), strict=True))
        narrow = [name for name in bands if name and name not in shown]
        for name in narrow:
            _name_band(ax, bands[name], name)
        _explained(ax, shown, narrow)
    return ax.figure


def _regions(ax: Any, result: Any) -> list[str]:
    """Colours around the places of the grid, and each label once, where its region is widest; the labels."""
    from matplotlib.colors import ListedColormap

    kinds = list(dict.fromkeys(label for column in result.labels for label in column))
    mixed = [kind for kind in kinds if kind not in _REGIONS]
    fills = [_REGIONS.get(kind) or _MIXED[mixed.index(kind) % len(_MIXED)] for kind in kinds]
    index = np.array([[kinds.index(label) for label in column] for column in result.labels])
    ax.pcolormesh(
        result.x, result.y, index.T, cmap=ListedColormap(fills), vmin=-0.5, vmax=len(kinds) - 0.5, shading="nearest"
    )
    for number, kind in enumerate(kinds):
        column, row, room = _widest(index == number)
        x, y = _inward(result.x, column), _inward(result.y, row)
        size = 9.0 if room > 1.0 else 7.5
        ax.text(x, y, kind.replace(" + ", "\n+ "), ha="center", va="center", fontsize=size, clip_on=True,
                bbox={"facecolor": "white", "alpha": 0.6, "edgecolor": "none", "pad": 1.0})  # fmt: skip
    return kinds


def _widest(own: Any) -> tuple[int, int, float]:
    """The place of a region that is farthest from its border, and how far, in steps of the grid.

    The border of the plane counts as one, a little farther off.
    """
    places = np.argwhere(own)
    others = np.argwhere(~own)
    shape = np.array(own.shape)
    room = np.min(np.minimum(places, shape - 1 - places), axis=1) + 0.6
    if len(others):
        room = np.minimum(room, np.min(np.linalg.norm(places[:, None] - others[None], axis=2), axis=1))
    centre = np.linalg.norm(places - places.mean(axis=0), axis=1)
    best = int(np.argmax(room - 1e-3 * centre))
    return int(places[best, 0]), int(places[best, 1]), float(room[best])


def _inward(values: Any, k: int) -> float:
    """The middle of what is seen of the stretch around a place: half of it lies outside at a border."""
    step = values[1] - values[0]
    return float(values[k] + (0.25 * step if k == 0 else -0.25 * step if k == len(values) - 1 else 0.0))


def _name_band(ax: Any, line: Any, name: str) -> None:
    """The name of what lies beside a line, with an arrow to its middle."""
    middle = line.values[len(line.values) // 2]
    x, y = ax.transAxes.inverted().transform(ax.transData.transform(middle))
    aside = (x + (0.14 if x < 0.5 else -0.14), y + (0.14 if y < 0.5 else -0.14))
    ax.annotate(
        name, middle, aside, textcoords="axes fraction", ha="center", va="center", fontsize=9,
        arrowprops={"arrowstyle": "->", "color": FAINT, "lw": 0.8},
    )  # fmt: skip


def _explained(ax: Any, shown: list[str], narrow: list[str]) -> None:
    """A legend below: the lines, and the names of the states that are shown."""
    from matplotlib.patches import Patch

    handles, texts = ax.get_legend_handles_labels()
    entries = dict(zip(texts, handles, strict=True))
    single = dict.fromkeys(part for kind in (*shown, *narrow) for part in kind.split(" + ") if part in _NAMES)
    for part in single:
        fill = _REGIONS[part] if part in shown else "none"
        entries[f"{part}: {_NAMES[part]}"] = Patch(facecolor=fill, edgecolor="#BBBBBB" if part in shown else "none")
    if entries:
        ax.legend(
            entries.values(), entries.keys(), loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=2, handlelength=1.6
        )


def _legend(ax: Any, **place: Any) -> None:
    handles, texts = ax.get_legend_handles_labels()
    unique = dict(zip(texts, handles, strict=True))
    ax.legend(unique.values(), unique.keys(), **place)
