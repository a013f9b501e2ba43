"""The return map of a reset, its attractor against a parameter, and a firing pattern."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import COLOURS, FAINT, THEORY, label, printed, style

_LONGEST_COBWEB = 60
_SHOWN = 12  # intervals of a figure, at least


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
        _logarithmic(lower, result.interval)
        upper.set(ylabel=label(f"{name} after the next spike", unit), title=_title(result))
        lower.set(xlabel=label(f"{name} just after a spike", unit), ylabel="next spike after (ms)")
    return figure


def _title(result: Any) -> str:
    unit = "" if result.input_unit == "1" else f" {printed(result.input_unit)}"
    given = f" at {result.input:g}{unit}" if result.input is not None else ""
    return f"{result.name or 'neuron'}{given}: {result.attractor.kind}"


def _logarithmic(axes: Any, values: Any) -> None:
    """A logarithmic axis with numbers that can be read, also where it spans less than a decade."""
    values = np.asarray(values)[np.isfinite(values)]
    if not values.size or not values.min() > 0.0 or values.max() < 4.0 * values.min():
        axes.set_ylim(bottom=0.0)
        return
    axes.set_yscale("log")
    low, high = float(values.min()), float(values.max())
    steps = (1, 2, 5) if high < 300.0 * low else (1,)
    tens = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [step * 10.0**ten for ten in tens for step in steps]
    ticks = [tick for tick in ticks if 0.95 * low <= tick <= 1.05 * high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


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
    """A map without one free state has no graph; the attractor instead: its intervals, and its states after spikes."""
    from matplotlib import pyplot

    attractor, several = result.attractor, len(result.free) > 1
    with style():
        figure, panels = pyplot.subplots(
            1, 1 + several, figsize=(8.4 if several else 5.2, 3.4), layout="constrained", squeeze=False
        )
        axes = panels[0, 0]
        intervals = _repeated(attractor.intervals_ms, attractor.period)
        axes.plot(np.arange(1, len(intervals) + 1), intervals, "o", ms=4, color=COLOURS[0])
        axes.set(xlabel="number of the interval", ylabel="interval (ms)", title=_title(result))
        axes.set_ylim(0.0, 1.15 * float(np.max(intervals, initial=1e-9)))
        if several:
            _after(panels[0, 1], result)
    return figure


def _repeated(intervals: Any, period: int) -> Any:
    """Some periods of a cycle, so that it can be seen to repeat itself; of what does not, the beginning."""
    if not period:
        return intervals[: 2 * _LONGEST_COBWEB]
    return np.tile(intervals, max(1, -(-_SHOWN // period)))


def _after(axes: Any, result: Any) -> None:
    """The first two free states just after the spikes."""
    points = result.attractor.points
    if len(points):
        axes.plot(points[:, 0], points[:, 1], "o", ms=4, color=COLOURS[1], label=result.attractor.kind)
    for stable, face in ((True, THEORY), (False, "white")):
        places = [[p.state[name] for name in result.free[:2]] for p in result.fixed_points if p.stable is stable]
        if places:
            name = f"{'' if stable else 'un'}stable regular firing"
            axes.plot(
                *np.transpose(places), "o", ms=9, mfc="none" if stable else face, mec=THEORY, ls="none", label=name
            )
    axes.set(**{
        f"{axis}label": label(f"{name} just after a spike", unit)
        for axis, name, unit in zip("xy", result.free, result.units, strict=False)
    })  # fmt: skip
    low, high = axes.dataLim.min, axes.dataLim.max
    if np.all(np.isfinite(low)):
        middle, room = 0.5 * (low + high), np.maximum(0.6 * (high - low), 0.1 * np.maximum(np.abs(low), 1e-6))
        axes.set(xlim=middle[0] + room[0] * np.array([-1, 1]), ylim=middle[1] + room[1] * np.array([-1, 1]))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best", fontsize=8)


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
        upper.set(ylabel=label(f"{result.state} just after a spike", result.state_unit), title=result.name or "neuron")
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


def _input_label(course: Any) -> str:
    name = f"input {course.parameter}".rstrip()
    return name if course.unit in ("", "1") else f"{name}\n({printed(course.unit)})"


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
        panels[0].set(ylabel=label("voltage", result.voltage_unit), title=f"{result.name or 'neuron'}: {result.label}")
        if course.parameter:
            times = np.concatenate([[result.times_ms[0]], course.times_ms - course.onset_ms, [result.times_ms[-1]]])
            values = np.concatenate([course.values[:1], course.values, course.values[-1:]])
            order = np.argsort(times, kind="stable")
            panels[1].plot(times[order], values[order], color=COLOURS[1])
        panels[1].set(ylabel=_input_label(course))
        if len(intervals):
            panels[2].plot(result.spikes_ms[1:], intervals, ".", color=COLOURS[2])
            panels[2].set(ylabel="interval (ms)")
            panels[2].set_ylim(bottom=0.0)
        panels[-1].set(xlabel="time (ms)")
    return figure
