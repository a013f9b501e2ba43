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
_PIXELS = 400  # each way
_ROOM = 0.05  # of the plane around a label in usual letters
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
    """Colours of the plane, and each label once, where its region is widest; the labels."""
    from matplotlib.colors import ListedColormap

    kinds = list(dict.fromkeys(label for column in result.labels for label in column))
    mixed = [kind for kind in kinds if kind not in _REGIONS]
    fills = [_REGIONS.get(kind) or _MIXED[mixed.index(kind) % len(_MIXED)] for kind in kinds]
    labels = np.array([[kinds.index(label) for label in column] for column in result.labels])
    image = regions(result.x, result.y, labels, [line.values for line in result.lines])
    ax.imshow(
        image.T, origin="lower", extent=(*result.x[[0, -1]], *result.y[[0, -1]]), aspect="auto",
        interpolation="nearest", cmap=ListedColormap(fills), vmin=-0.5, vmax=len(kinds) - 0.5, zorder=0,
    )  # fmt: skip
    for number, kind in enumerate(kinds):
        across, upright, room = _widest(image == number)
        ax.text(
            across, upright, kind.replace(" + ", "\n+ "), transform=ax.transAxes, ha="center", va="center",
            fontsize=9.0 if room > _ROOM else 7.5,
            bbox={"facecolor": "white", "alpha": 0.6, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    return kinds


def regions(x: Any, y: Any, labels: Any, lines: Any) -> Any:
    """The label of each pixel of the plane: that of the nearest place of the grid which no line divides from it.

    Parameters
    ----------
    x, y
        The grid.
    labels : ndarray of int (x, y)
    lines
        Each an array (points, 2).

    Returns
    -------
    ndarray of int (pixels, pixels)
        Across, upright.
    """
    from scipy.ndimage import distance_transform_edt, label
    from scipy.spatial import KDTree

    low, size = np.array([x[0], y[0]]), np.array([np.ptp(x), np.ptp(y)])
    free = np.ones((_PIXELS, _PIXELS), bool)
    for line in lines:
        free[tuple(_drawn((line - low) / size * _PIXELS).T)] = False
    pieces = np.empty(free.shape, np.int32)
    label(free, output=pieces)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    steps = _PIXELS / (np.array(labels.shape) - 1)  # pixels between places of the grid, each way
    at = (grid - low) / size * _PIXELS
    piece = pieces[tuple(np.minimum(at.astype(int), _PIXELS - 1).T)]
    image = np.full(free.shape, -1)
    for number in np.unique(piece[piece > 0]):
        own, inside = piece == number, np.argwhere(pieces == number)
        nearest = KDTree(at[own] / steps).query((inside + 0.5) / steps)[1]
        image[tuple(inside.T)] = labels.ravel()[own][nearest]
    # the lines themselves, and what they enclose between the places of the grid
    nearest = np.asarray(distance_transform_edt(image < 0, return_distances=False, return_indices=True))
    return image[tuple(nearest)]


def _drawn(line: Any) -> Any:
    """The pixels of a line, without gaps through which one could pass sideways or upright."""
    steps = np.maximum(np.ceil(2.0 * np.abs(np.diff(line, axis=0)).max(axis=1)), 1).astype(int)
    fine = np.concatenate([np.linspace(a, b, n + 1) for a, b, n in zip(line[:-1], line[1:], steps, strict=True)])
    pixels = np.floor(fine).astype(int)
    return np.unique(pixels[np.all((pixels >= 0) & (pixels < _PIXELS), axis=1)], axis=0)


def _widest(own: Any) -> tuple[float, float, float]:
    """The place of a region that is farthest from its border, as fractions of the axes, and how far that is."""
    from scipy.ndimage import distance_transform_edt

    room = np.asarray(distance_transform_edt(np.pad(own, 1)))[1:-1, 1:-1]
    best = np.argwhere(room > 0.98 * room.max())
    across, upright = best[np.argmin(np.linalg.norm(best - best.mean(axis=0), axis=1))]
    return (across + 0.5) / _PIXELS, (upright + 0.5) / _PIXELS, float(room.max()) / _PIXELS


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
