"""The plane of two variables with all that the flow does in it, and the line of a model with one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.plot.style import FAINT, label, printed, style

Array = NDArray[np.float64]

#: Grounds of the basins: light enough to read every line on.
_GROUNDS = ("#E4EDF6", "#FBE9DC", "#E1F1EA", "#F5E6F0", "#F3EFD8", "#E9E9E9")
_X, _Y, _MANIFOLD, _CYCLE, _ORBIT, _EDGE = "#0072B2", "#D55E00", "#7A5195", "#00795A", "#5A5A5A", "#B22222"
_ARROW = "#AEB4BA"
_SIDE_BY_SIDE = 1.9
_WAYS = 5


def phase_portrait(result: Any, ax: Any = None) -> Any:
    """Basins as ground, the vector field, nullclines, separatrices, orbits, limit cycles and equilibria.

    Parameters
    ----------
    result
        A `PhasePortrait`, or anything with its attributes, in shown units.
    ax
        Axes to draw into; a figure of its own by default.
    """
    with style():
        figure, axes, alone = _axes(ax, (7.4, 4.6))
        handles = _ground(axes, result)
        _field(axes, result)
        handles |= _nullclines(axes, result)
        handles |= _orbits(axes, result)
        handles |= _manifolds(axes, result)
        handles |= _cycles(axes, result)
        handles |= _edges(axes, result)
        handles |= _equilibria(axes, result.equilibria, result.x, result.y)
        axes.set(xlim=result.limits[result.x], ylim=result.limits[result.y])
        axes.set(xlabel=label(result.x, result.units[0]), ylabel=label(result.y, result.units[1]))
        if alone:
            title(axes, result.title)
        _legend(axes, handles, alone)
    return figure


def phase_line(result: Any, ax: Any = None) -> Any:
    """The rate of change against the variable, with equilibria by their kind and the way the flow goes.

    Parameters
    ----------
    result
        A `PhaseLine`, or anything with its attributes, in shown units.
    ax
        Axes to draw into; a figure of its own by default.
    """
    with style():
        figure, axes, alone = _axes(ax, (6.6, 3.8))
        unit = "1/ms" if result.unit == "1" else f"{result.unit}/ms"
        axes.axhline(0.0, color=FAINT, lw=0.8, zorder=1)
        handles = {f"d{result.x}/dt": axes.plot(result.values, result.rates, color=_X, lw=1.8, zorder=3)[0]}
        low, high = _range_of_rates(result)
        axes.set(xlim=(result.values[0], result.values[-1]), ylim=(low, high))
        _ways(axes, result)
        for name, place in (("threshold", result.threshold), ("reset", result.reset)):
            if place is not None and result.values[0] <= place <= result.values[-1]:
                line = axes.axvline(place, color=_EDGE, lw=1.2, ls="--" if name == "threshold" else ":", zorder=2)
                handles[name] = line
        handles |= _equilibria(axes, result.equilibria, result.x, None)
        axes.set(xlabel=label(result.x, result.unit), ylabel=label(f"d{result.x}/dt", unit))
        if alone:
            title(axes, result.title)
        _legend(axes, handles, alone)
    return figure


def _axes(ax: Any, size: tuple[float, float]) -> tuple[Any, Any, bool]:
    if ax is not None:
        return ax.figure, ax, False
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=size, layout="constrained")
    return figure, axes, True


def title(axes: Any, text: str) -> None:
    """The name in the first line, what the other variables do in the second, smaller where it is long."""
    name, _, rest = printed(text).partition(": ")
    axes.set_title(f"{name}\n{rest}" if rest else name, fontsize=10.5 if len(rest) < 60 else 9.0)


def _legend(axes: Any, handles: dict[str, Any], alone: bool) -> None:
    """Beside the axes of a figure of its own; within given axes, small."""
    if not handles:
        return
    if alone:
        axes.legend(handles.values(), handles.keys(), loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    else:
        axes.legend(handles.values(), handles.keys(), fontsize=7, frameon=True, framealpha=0.85, edgecolor="none")


def _ground(axes: Any, result: Any) -> dict[str, Any]:
    """The basins, where there is more than one."""
    found = result.basins
    if found is None or len(found.names) < 2:
        return {}
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    colours = [_GROUNDS[at % len(_GROUNDS)] for at in range(len(found.names))]
    (left, right), (bottom, top) = result.limits[result.x], result.limits[result.y]
    axes.imshow(
        found.labels, origin="lower", extent=(left, right, bottom, top), aspect="auto", interpolation="nearest",
        cmap=ListedColormap(colours), vmin=-0.5, vmax=len(colours) - 0.5, zorder=0,
    )  # fmt: skip
    return {
        f"to: {name}": Patch(facecolor=tone, edgecolor="#C8C8C8", lw=0.5)
        for name, tone in zip(found.names, colours, strict=True)
    }


def _field(axes: Any, result: Any) -> None:
    """Arrows of the flow: their direction on the page, and a length that only hints at the speed."""
    width, height = (np.ptp(result.limits[name]) for name in (result.x, result.y))
    across, up = result.flow.dx / width, result.flow.dy / height
    speed = np.hypot(across, up)
    with np.errstate(all="ignore"):
        length = 0.35 + 0.65 * (speed / np.nanmax(speed)) ** 0.25
        across, up = across / speed * length, up / speed * length
    axes.quiver(
        result.flow.x, result.flow.y, across, up, color=_ARROW, angles="uv", pivot="mid", scale=34, width=0.0022,
        headwidth=4, headlength=4.5, headaxislength=4, zorder=1,
    )  # fmt: skip


def _nullclines(axes: Any, result: Any) -> dict[str, Any]:
    handles = {}
    for (name, nullcline), colour in zip(result.nullclines.items(), (_X, _Y), strict=True):
        for branch in nullcline.branches:
            handles[f"d{name}/dt = 0"] = axes.plot(*branch, color=colour, lw=1.9, zorder=4)[0]
    return handles


def _orbits(axes: Any, result: Any) -> dict[str, Any]:
    handles = {}
    for orbit in result.orbits:
        handles["orbits"] = axes.plot(*orbit.points, color=_ORBIT, lw=0.9, zorder=5)[0]
        axes.plot(*orbit.points[:, :1], "o", color=_ORBIT, ms=2.6, zorder=5)
        _arrow(axes, orbit.points, result, _ORBIT, 5)
        for before, after in orbit.resets:
            handles["spikes and resets"] = axes.plot(
                (before[0], after[0]), (before[1], after[1]), color=_ORBIT, lw=0.6, ls=(0, (4, 3)), zorder=3
            )[0]
    return handles


def _manifolds(axes: Any, result: Any) -> dict[str, Any]:
    handles = {}
    for manifold in result.manifolds:
        stable = manifold.kind == "stable"
        name = "separatrix (stable manifold)" if stable else "unstable manifold"
        dashes = "-" if stable else (0, (5, 2))
        handles[name] = axes.plot(*manifold.points, color=_MANIFOLD, lw=1.7 if stable else 1.2, ls=dashes, zorder=6)[0]
        _arrow(axes, manifold.points[:, ::-1] if stable else manifold.points, result, _MANIFOLD, 6)
    return handles


def _cycles(axes: Any, result: Any) -> dict[str, Any]:
    handles = {}
    for cycle in result.cycles:
        name = f"{'stable' if cycle.stable else 'unstable'} limit cycle"
        dashes = "-" if cycle.stable else (0, (3, 1.5))
        handles[name] = axes.plot(*cycle.points, color=_CYCLE, lw=2.3, ls=dashes, zorder=7)[0]
        if cycle.stable:
            _arrow(axes, cycle.points, result, _CYCLE, 7)
    return handles


def _arrow(axes: Any, points: Array, result: Any, colour: str, order: int) -> None:
    """A head halfway along what is seen of a curve, if enough is seen."""
    limits = np.array([result.limits[result.x], result.limits[result.y]])
    at = (points - limits[:, :1]) / np.ptp(limits, axis=1, keepdims=True)
    seen = np.all((at > 0.0) & (at < 1.0), axis=0)
    steps = np.hypot(*np.diff(at, axis=1))
    steps = np.where(seen[1:] & seen[:-1] & np.isfinite(steps), steps, 0.0)
    length = np.cumsum(steps)
    if not length.size or length[-1] < 0.08:
        return
    middle = int(np.searchsorted(length, 0.5 * min(length[-1], _SIDE_BY_SIDE)))
    first = middle
    while first > 0 and length[middle] - length[first] < 0.012 and steps[first] > 0:
        first -= 1
    start, end = points[:, first], points[:, min(middle + 1, points.shape[1] - 1)]
    if not np.all(np.isfinite([start, end])):
        return
    axes.annotate(
        "", xy=tuple(end), xytext=tuple(start), zorder=order,
        arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 0.0, "mutation_scale": 11, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _edges(axes: Any, result: Any) -> dict[str, Any]:
    """Threshold and reset, across the axis of the voltage."""
    draw = axes.axvline if result.threshold_of == result.x else axes.axhline
    low, high = result.limits.get(result.threshold_of, (0.0, 0.0))
    places = {"threshold": (result.threshold, "--"), "reset": (result.reset, ":")}
    return {
        name: draw(place, color=_EDGE, lw=1.2, ls=dashes, zorder=3)
        for name, (place, dashes) in places.items()
        if place is not None and low < place < high
    }


def _equilibria(axes: Any, points: Sequence[Any], x: str, y: str | None) -> dict[str, Any]:
    """Filled: stable; open: unstable; half: saddle. Circles are nodes, squares foci."""
    handles = {}
    for point in points:
        height = 0.0 if y is None else point.state[y]
        handles[point.kind] = axes.plot([point.state[x]], [height], ls="none", zorder=9, **_marker(point))[0]
    return handles


def _marker(point: Any) -> dict[str, Any]:
    base = {"ms": 8, "mec": "black", "mew": 1.3, "mfc": "black" if point.stable else "white"}
    if point.kind == "saddle":
        return base | {"marker": "D", "ms": 7, "fillstyle": "left", "mfc": "black", "markerfacecoloralt": "white"}
    if point.kind in ("saddle-node", "non-hyperbolic"):
        return base | {"marker": "o", "fillstyle": "left", "mfc": "black", "markerfacecoloralt": "white"}
    if point.kind == "centre":
        return base | {"marker": "o", "mfc": "#9A9A9A"}
    return base | {"marker": "s" if "focus" in point.kind else "o", "ms": 7 if "focus" in point.kind else 8}


def _range_of_rates(result: Any) -> tuple[float, float]:
    """The rates between and around the equilibria; a steep flank is cut off."""
    finite = result.rates[np.isfinite(result.rates)]
    low, high = np.percentile(finite, [3, 97])
    places = [point.state[result.x] for point in result.equilibria]
    if len(places) > 1:
        inner = (result.values >= min(places)) & (result.values <= max(places))
        turns = result.rates[inner & np.isfinite(result.rates)]
        size = 1.8 * float(np.max(np.abs(turns), initial=0.0))
        if size > 0:
            low, high = max(low, -size), min(high, size)
    room = 0.12 * (high - low) if high > low else 1.0
    return min(low, 0.0) - room, max(high, 0.0) + room


def _ways(axes: Any, result: Any) -> None:
    """Heads on the line, between the equilibria, that say which way the flow goes."""
    places = sorted(point.state[result.x] for point in result.equilibria)
    low, high = result.values[0], result.values[-1]
    bounds = [low, *(place for place in places if low < place < high), high]
    for left, right in pairwise(bounds):
        count = max(1, round(_WAYS * (right - left) / (high - low)))
        for place in left + (right - left) * (np.arange(count) + 0.5) / count:
            rate = np.interp(place, result.values, result.rates)
            if rate:
                size = 6 if right - left > 0.08 * (high - low) else 3.5
                axes.plot([place], [0.0], marker=">" if rate > 0 else "<", color=_ORBIT, ms=size, ls="none", zorder=4)
