"""The return map of a reset, its attractor against a parameter, and a firing pattern."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import COLOURS, FAINT, THEORY, label, printed, style

_LONGEST_COBWEB = 60


def reset_map(result: Any) -> Any:
    """The map with its diagonal, fixed points and attractor; the interval to the next spike below it.

    Parameters
    ----------
    result
        A `ResetMap` with one free state, or anything with its attributes.
    """
    from matplotlib import pyplot

    if len(result.free) != 1:
        return _constant(result)
    name, unit = result.free[0], result.units[0]
    with style():
        figure, (upper, lower) = pyplot.subplots(
            2, 1, figsize=(5.2, 6.8), layout="constrained", sharex=True, height_ratios=(2.6, 1)
        )
        _map(upper, result)
        w, interval = _broken(result, result.interval)
        lower.plot(w, interval, color=COLOURS[0])
        lower.set_yscale("log")
        lower.yaxis.set_minor_formatter("")
        upper.set(ylabel=label(f"{name} after the next spike", unit), title=_title(result))
        lower.set(xlabel=label(f"{name} just after a spike", unit), ylabel="next spike after (ms)")
    return figure


def _title(result: Any) -> str:
    given = f" at {result.input:g} {printed(result.input_unit)}" if result.input is not None else ""
    return f"{result.name}{given}: {result.attractor.kind}"


def _map(axes: Any, result: Any) -> None:
    w, image = _broken(result, result.image)
    low, high = float(result.w[0]), float(result.w[-1])
    axes.plot([low, high], [low, high], color=FAINT, lw=0.8, label="next = this")
    axes.plot(w, image, color=COLOURS[0], label="map")
    if result.turning is not None:
        axes.axvline(result.turning, color=FAINT, lw=0.8, ls=":", label="voltage stands still at the reset")
    _cobweb(axes, result.attractor)
    for stable, face in ((True, THEORY), (False, "white")):
        places = [p.state[result.free[0]] for p in result.fixed_points if p.stable is stable]
        if places:
            name = f"{'' if stable else 'un'}stable regular firing"
            axes.plot(places, places, "o", ms=7, mfc=face, mec=THEORY, ls="none", label=name, zorder=4)
    axes.legend(loc="best", fontsize=8)


def _cobweb(axes: Any, attractor: Any) -> None:
    """The attractor as a path between map and diagonal."""
    if not len(attractor.points):
        return
    points = attractor.points[:_LONGEST_COBWEB, 0]
    if attractor.kind in ("bursting", "cycle"):
        points = np.append(points, points[0])
    if len(points) > 1:
        x, y = np.repeat(points, 2)[:-1], np.repeat(points, 2)[1:]
        faint = 0.4 if attractor.kind in ("chaos", "irregular") else 1.0
        axes.plot(x, y, color=COLOURS[1], lw=0.9, alpha=faint, label=attractor.kind)


def _broken(result: Any, values: Any) -> tuple[Any, Any]:
    """The curve interrupted at its jumps."""
    w, values = np.asarray(result.w), np.asarray(values)
    at = np.searchsorted(w, result.jumps)
    return np.insert(w, at, np.nan), np.insert(values, at, np.nan)


def _constant(result: Any) -> Any:
    """A map without one free state has no graph; the intervals of the attractor instead."""
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(5.2, 3.2), layout="constrained")
        intervals = result.attractor.intervals_ms
        axes.plot(np.arange(1, len(intervals) + 1), intervals, "o", color=COLOURS[0])
        axes.set(xlabel="number of the interval", ylabel="duration (ms)", title=_title(result))
        axes.set_xticks(np.arange(1, len(intervals) + 1))
        axes.set_ylim(bottom=0.0)
    return figure


def orbit_diagram(result: Any) -> Any:
    """After-spike states and the Lyapunov exponent against a parameter.

    Parameters
    ----------
    result
        An `OrbitDiagram`, or anything with its attributes.
    """
    from matplotlib import pyplot

    with style():
        figure, (upper, lower) = pyplot.subplots(
            2, 1, figsize=(7.0, 5.6), layout="constrained", sharex=True, height_ratios=(2.4, 1)
        )
        x = np.repeat(result.values, result.points.shape[1])
        upper.plot(x, result.points.ravel(), ".", ms=1.5, mew=0, color=COLOURS[0], alpha=0.7)
        upper.set(ylabel=label(f"{result.state} just after a spike", result.state_unit), title=result.name)
        lower.axhline(0.0, color=FAINT, lw=0.8)
        lower.plot(result.values, result.exponent, color=FAINT, lw=0.8)
        for where, colour, what in ((result.chaotic, COLOURS[1], "chaos"), (result.period > 0, COLOURS[0], "cycle")):
            lower.plot(result.values[where], result.exponent[where], ".", ms=4, color=colour, label=what)
        finite = result.exponent[np.isfinite(result.exponent)]
        if finite.size:
            lower.set_ylim(max(float(finite.min()), -2.0) - 0.1, float(finite.max()) + 0.1)
        lower.legend(loc="upper right", bbox_to_anchor=(1.0, 1.25), fontsize=8, ncols=2)
        lower.set(xlabel=label(result.parameter, result.unit), ylabel="Lyapunov exponent\nper spike")
    return figure


def firing_pattern(result: Any) -> Any:
    """Voltage, input and the intervals between spikes.

    Parameters
    ----------
    result
        A `FiringPattern`, or anything with its attributes.
    """
    from matplotlib import pyplot

    intervals, course = result.features.intervals_ms, result.protocol
    heights = (2.4, 0.8, 1.2)[: 2 + (len(intervals) > 0)]
    with style():
        figure, panels = pyplot.subplots(
            len(heights), 1, figsize=(7.0, 1.2 * sum(heights)), layout="constrained", sharex=True, height_ratios=heights
        )
        panels[0].plot(result.times_ms, result.voltage, color=COLOURS[0], lw=0.9)
        panels[0].set(ylabel=label("voltage", result.voltage_unit), title=f"{result.name}: {result.label}")
        if course.parameter:
            times = np.concatenate([[result.times_ms[0]], course.times_ms - course.onset_ms, [result.times_ms[-1]]])
            values = np.concatenate([course.values[:1], course.values, course.values[-1:]])
            order = np.argsort(times, kind="stable")
            panels[1].plot(times[order], values[order], color=COLOURS[1])
        panels[1].set(ylabel=f"{course.parameter or 'input'}\n({printed(course.unit)})")
        if len(intervals):
            panels[2].plot(result.spikes_ms[1:], intervals, ".", color=COLOURS[2])
            panels[2].set(ylabel="interval (ms)")
            panels[2].set_ylim(bottom=0.0)
        panels[-1].set(xlabel="time (ms)")
    return figure
