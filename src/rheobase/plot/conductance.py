"""Ion channels over the membrane potential, and potentials along a cable."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, style


def gating(result: Any) -> Any:
    """Steady states and time constants of a channel's gates.

    Parameters
    ----------
    result
        A `Gating`.
    """
    from matplotlib import pyplot

    with style():
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(8.4, 3.3), layout="constrained")
        for k, (gate, inf) in enumerate(result.inf.items()):
            power = result.powers[gate]
            left.plot(result.v, inf, color=colour(k), label=f"{gate}" + (f" (power {power})" if power > 1 else ""))
        if sum(result.powers.values()) > 1:
            label = f"all gates together, up to {100 * result.open.max():.2g} %"
            left.plot(result.v, result.open, color=FAINT, ls="--", label=label)
        if not result.inf:
            left.plot(result.v, result.open, color=FAINT, label="no gates: always open")
        left.set(xlabel="v (mV)", ylabel="open share in the long run", ylim=(-0.02, 1.02), title=_title(result))
        _time_constants(right, result)
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _title(result: Any) -> str:
    warm = "" if result.temperature is None else f", {result.temperature:g} °C"
    return f"{result.channel}{warm}"


def _time_constants(axes: Any, result: Any) -> None:
    if not result.tau:
        axes.text(0.5, 0.5, "no gate with a time constant", ha="center", va="center", color=FAINT)
        axes.set_axis_off()
        return
    names = list(result.inf)
    for gate, tau in result.tau.items():
        axes.plot(result.v, tau, color=colour(names.index(gate)))
    largest = [float(np.max(tau)) for tau in result.tau.values()]
    if max(largest) > 20.0 * min(largest):
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0.0)
    axes.set(xlabel="v (mV)", ylabel="time constant (ms)")


def cable_steady(x: Any, curves: Any, unit: str = "µm") -> Any:
    """The potential along a cable, a labelled curve each: ``{label: values}`` in mV."""
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(5.2, 3.4), layout="constrained")
        for k, (label, values) in enumerate(curves.items()):
            axes.plot(x, values, color=colour(k), label=label)
        axes.set(xlabel=f"position ({unit})", ylabel="depolarisation (mV)")
        if min(float(np.min(values)) for values in curves.values()) < 0.0:
            axes.set_ylim(top=0.0)
        else:
            axes.set_ylim(bottom=0.0)
        axes.legend(loc="best")
    return figure
