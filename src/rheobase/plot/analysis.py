"""One page on a neuron: phase portrait, bifurcation diagram with cycles, f-I curve, and its answer to a step."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np

from rheobase.plot import cycles, diagram, phase_portrait
from rheobase.plot.fi_curve import broken
from rheobase.plot.style import COLOURS, FAINT, from_zero, label, printed, style

_INTERVALS = 15
_LINES = ("threshold", "reset", "separatrix (stable manifold)", "stable limit cycle", "unstable limit cycle")
#: Of a legend that may come to lie on what is drawn.
_ON_LINES: Any = {"fontsize": 7.5, "frameon": True, "framealpha": 0.7, "edgecolor": "none"}


def analysis(result: Any) -> Any:
    """The figure of an `Analysis`; a part that could not be found leaves a line of text in its place."""
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(2, 2, figsize=(11.0, 7.6), layout="constrained")
        _portrait(axes[0, 0], result)
        _diagram(axes[0, 1], result)
        _rates(axes[1, 0], result)
        _trace(axes[1, 1], result)
        found = result.character
        told = "no class" if found.hodgkin_class is None else f"class {found.hodgkin_class}"
        kind = "resonator" if found.is_resonator else "integrator"
        figure.suptitle(f"{result.model}: {told}, {kind}", x=0.01, ha="left", fontsize=12)
    return figure


def _portrait(axes: Any, result: Any) -> None:
    if result.portrait is None:
        _missing(axes, "no phase portrait")
        return
    result.portrait.plot(axes)
    _, _, rest = result.portrait.title.partition(": ")
    unit = "" if result.unit == "1" else f" {result.unit}"
    phase_portrait.title(axes, f"at {result.parameter} = {result.character.rest_input:.5g}{unit}: {rest}".rstrip(": "))
    _fewer_names(axes)


def _fewer_names(axes: Any) -> None:
    """The legend of a portrait with what its lines are; the marks are explained where the portrait stands alone."""
    found = axes.get_legend()
    if found is None:
        return
    named = {text.get_text(): handle for handle, text in zip(found.legend_handles, found.get_texts(), strict=True)}
    kept = {name: handle for name, handle in named.items() if name.endswith("= 0") or name in _LINES}
    found.remove()
    if kept:
        axes.legend(kept.values(), kept.keys(), loc="best", **_ON_LINES)


def _diagram(axes: Any, result: Any) -> None:
    if result.diagram is None:
        _missing(axes, "no bifurcation diagram: the equations have no derivatives")
        return
    state = result.field.voltage
    diagram.branches(axes, result.diagram.branches, state)
    for branch in result.cycles:
        cycles.extremes(axes, branch, state)
    diagram.special(axes, result.diagram.special, state)
    low, high = _heights(result, state)
    axes.set(xlim=result.over, ylim=(low, high), xlabel=_input(result), ylabel=_named(result, state))
    axes.set_title("equilibria and cycles")
    axes.legend(loc="best", **_ON_LINES)


def _heights(result: Any, state: str) -> tuple[float, float]:
    """The states that matter: those of cycles and of equilibria near them, the rest, and all points with a name."""
    parts = [branch.states[state] for branch in result.diagram.branches]
    parts += [found for branch in result.cycles for found in (branch.minimum[state], branch.maximum[state])]
    inside = np.concatenate(parts)
    if result.cycles:
        cycle = np.concatenate([found for b in result.cycles for found in (b.minimum[state], b.maximum[state])])
        size = np.ptp(cycle)
        inside = inside[(inside > cycle.min() - size) & (inside < cycle.max() + size)]
    named = [point.state[state] for point in result.special]
    named += [] if result.character.rest is None else [result.character.rest[state]]
    inside = np.concatenate([inside, named])
    room = 0.06 * float(np.ptp(inside)) or 1.0
    return float(inside.min()) - room, float(inside.max()) + room


def _rates(axes: Any, result: Any) -> None:
    if result.fi is None:
        _missing(axes, _reason(result, "f-I curve"))
        return
    axes.plot(*broken(result.fi.I, result.fi.onset), color=COLOURS[4], lw=1.2, label="one over the first interval")
    if result.fi.below is not None and np.any(result.fi.below > 0):
        shown = np.where(result.fi.below > 0, result.fi.below, np.nan)
        axes.plot(result.fi.I, shown, ":", color=COLOURS[0], label="oscillates below the threshold")
    axes.plot(*broken(result.fi.I, result.fi.steady), "o-", color=COLOURS[0], ms=3, label="steady rate")
    axes.set(xlabel=_input(result), ylabel="rate (Hz)", title="f-I curve")
    from_zero(axes)
    if result.character.rheobase is not None:
        axes.axvline(result.character.rheobase, color=FAINT, lw=1, ls=":", label="rheobase")
    axes.legend(loc="best")


def _trace(axes: Any, result: Any) -> None:
    found = result.pattern
    if found is None:
        _missing(axes, _reason(result, "firing pattern"))
        return
    axes.plot(found.times_ms, found.voltage, color=COLOURS[0], lw=0.9)
    axes.set_xlim(found.times_ms[0], _seen(found))
    axes.set(xlabel="time (ms)", ylabel=_named(result, result.field.voltage))
    axes.set_title(printed(f"{found.label}: step to {result.step}"))


def _seen(found: Any) -> float:
    """The end of the trace as it is shown: some intervals of a regular train, all of any other."""
    intervals, end = np.diff(found.spikes_ms), float(found.times_ms[-1])
    if intervals.size < 2 * _INTERVALS or np.ptp(intervals[_INTERVALS:]) > 0.02 * intervals[-1]:
        return end
    return min(end, float(found.spikes_ms[0] + _INTERVALS * intervals[-1]))


def _reason(result: Any, part: str) -> str:
    """Why a part is missing: the note that says so, else that there is no firing to show."""
    notes = [note for note in result.notes if note.startswith(f"no {part}")]
    return fill(notes[0], 60) if notes else f"no {part}: it does not fire at any input tried"


def _missing(axes: Any, sentence: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, sentence, ha="center", va="center", color=FAINT, transform=axes.transAxes)


def _input(result: Any) -> str:
    return label(result.parameter, result.unit)


def _named(result: Any, state: str) -> str:
    return label(state, result.field.unit_name(state))
