"""One page on a neuron: phase portrait, bifurcation diagram with cycles, f-I curve, and its answer to a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot import cycles, diagram, phase_portrait
from rheobase.plot.style import COLOURS, FAINT, from_zero, label, printed, style

_INTERVALS = 15


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
    phase_portrait.title(axes, result.portrait.title)
    if axes.get_legend() is not None:
        axes.get_legend().set(visible=False)  # the colours are explained where the portrait stands alone


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
    axes.legend(loc="best", fontsize=7.5)


def _heights(result: Any, state: str) -> tuple[float, float]:
    """The states that matter: those of cycles, and of equilibria from rest to where the last point of interest is."""
    parts = [branch.states[state] for branch in result.diagram.branches]
    parts += [found for branch in result.cycles for found in (branch.minimum[state], branch.maximum[state])]
    inside = np.concatenate(parts)
    if result.cycles:
        cycle = np.concatenate([found for b in result.cycles for found in (b.minimum[state], b.maximum[state])])
        size = np.ptp(cycle)
        inside = inside[(inside > cycle.min() - size) & (inside < cycle.max() + size)]
    room = 0.06 * float(np.ptp(inside)) or 1.0
    return float(inside.min()) - room, float(inside.max()) + room


def _rates(axes: Any, result: Any) -> None:
    if result.fi is None:
        _missing(axes, "no f-I curve: it does not fire at any input tried")
        return
    axes.plot(result.fi.I, result.fi.onset, color=COLOURS[4], lw=1.2, label="one over the first interval")
    if result.fi.below is not None and np.any(result.fi.below > 0):
        shown = np.where(result.fi.below > 0, result.fi.below, np.nan)
        axes.plot(result.fi.I, shown, ":", color=COLOURS[0], label="oscillates below the threshold")
    axes.plot(result.fi.I, result.fi.steady, "o-", color=COLOURS[0], ms=3, label="steady rate")
    axes.set(xlabel=_input(result), ylabel="rate (Hz)", title="f-I curve")
    from_zero(axes)
    if result.character.rheobase is not None:
        axes.axvline(result.character.rheobase, color=FAINT, lw=1, ls=":", label="rheobase")
    axes.legend(loc="best")


def _trace(axes: Any, result: Any) -> None:
    found = result.pattern
    if found is None:
        _missing(axes, "no trace: it does not fire at any input tried")
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


def _missing(axes: Any, sentence: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, sentence, ha="center", va="center", color=FAINT, transform=axes.transAxes)


def _input(result: Any) -> str:
    return label(result.parameter, result.unit)


def _named(result: Any, state: str) -> str:
    return label(state, result.field.unit_name(state))
