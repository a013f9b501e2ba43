"""How a neuron responds: impedance, phase response, action potential, refractoriness, threshold under ramps."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import COLOURS, FAINT, THEORY, label, printed, style


def impedance(result: Any) -> Any:
    """Magnitude and phase over the frequency, with resonance and band; measured points over the linear curve.

    Parameters
    ----------
    result
        An `Impedance`.
    """
    from matplotlib import pyplot

    with style():
        figure, (top, bottom) = pyplot.subplots(2, 1, figsize=(5.6, 5.0), sharex=True, layout="constrained")
        f = result.frequency_hz
        positive = f[f > 0.0]
        low, high = (positive.min(), positive.max()) if len(positive) > 1 else (0.1 * f[0] + 0.1, 10.0 * f[0] + 10.0)
        fine = np.geomspace(low, high, 600)
        bottom.set(xscale="log", xlim=(low, high))
        linear = result.at(fine)
        top.plot(fine, np.abs(linear), color=THEORY, label="linearisation")
        bottom.plot(fine, np.degrees(np.angle(linear)), color=THEORY)
        if result.method == "zap":
            few = slice(None, None, max(1, len(f) // 40))
            top.plot(f[few], result.magnitude[few], "o", ms=4, color=COLOURS[0], label="chirp, simulated")
            bottom.plot(f[few], result.phase_deg[few], "o", ms=4, color=COLOURS[0])
        _resonance(top, bottom, result)
        top.set(ylabel=label("|Z|", result.unit), title=result.kind)
        top.set_ylim(bottom=0.0)
        bottom.set(xlabel="frequency (Hz)", ylabel="phase of the voltage (degrees)")
        bottom.axhline(0.0, color=FAINT, lw=0.8)
        top.legend(loc="lower left")
    return figure


def _resonance(top: Any, bottom: Any, result: Any) -> None:
    """The maximum and the band in which the response is above 1/sqrt(2) of it."""
    low, high = result.band_hz
    begin, end = top.get_xlim()
    for axes in (top, bottom):
        axes.axvspan(max(low, begin), min(high, end), color=FAINT, alpha=0.13, lw=0)
        axes.set_xlim(begin, end)
    if result.resonance_hz is None:
        top.axhline(abs(result.at_zero), color=FAINT, lw=0.8, ls="--")
        return
    height = abs(result.at_zero) * result.Q
    for axes in (top, bottom):
        axes.axvline(result.resonance_hz, color=COLOURS[1], lw=1.0)
    top.plot([result.resonance_hz], [height], "o", ms=5, color=COLOURS[1])
    text = f"{result.resonance_hz:.4g} Hz, Q {result.Q:.3g}"
    top.text(0.98, 0.95, text, transform=top.transAxes, ha="right", va="top", color=COLOURS[1])


def phase_response(result: Any) -> Any:
    """The response to a push of the voltage over the phase, measured points over the adjoint curve, and the voltage.

    Parameters
    ----------
    result
        A `PhaseResponse`.
    """
    from matplotlib import pyplot

    with style():
        figure, (top, bottom) = pyplot.subplots(
            2, 1, figsize=(5.6, 5.0), sharex=True, height_ratios=(2, 1), layout="constrained"
        )
        phase, curve = result.phase, result.adjoint
        top.axhline(0.0, color=FAINT, lw=0.8)
        top.fill_between(phase, curve, 0.0, where=curve < 0.0, color=COLOURS[1], alpha=0.2, lw=0)
        top.plot(phase, curve, color=THEORY, label="adjoint equation")
        if result.method == "direct":
            top.plot(phase, result.response, "o", ms=4, color=COLOURS[0], label="pushed, simulated")
        top.set(ylabel=label("advance of the next spike", result.unit), title=result.kind)
        top.legend()
        v = result.states[:, result.names.index(result.voltage)]
        bottom.plot(phase, v, color=COLOURS[0])
        unit = result.cycle.field.unit_name(result.voltage)
        bottom.set(
            xlabel=f"phase (part of the period of {result.period_ms:.4g} ms)",
            ylabel=label(result.voltage, unit), xlim=(0, 1),
        )  # fmt: skip
    return figure


def action_potential(result: Any) -> Any:
    """The trace with threshold, peak, half width and trough, and its phase plane; and recovery, if it was measured.

    Parameters
    ----------
    result
        An `ActionPotential`.
    """
    from matplotlib import pyplot

    with style():
        count = 2 if result.refractory is None else 3
        figure, axes = pyplot.subplots(
            1, count, figsize=(4.6 + 3.2 * (count - 1), 3.8), layout="constrained",
            width_ratios=(1.6, *[1] * (count - 1)),
        )  # fmt: skip
        _trace(axes[0], result)
        _plane(axes[1], result)
        if count == 3:
            _recovery(axes[2], result.refractory)
    return figure


def _window(result: Any) -> tuple[float, float]:
    """Times around the spike: a few widths before, and until it has recovered."""
    width = result.half_width_ms or 2.0 * (result.peak_ms - result.threshold_ms)
    ends = [result.recovered_ms, result.trough_ms, result.end_ms]
    end = next((time for time in ends if time is not None), result.times[-1])
    return max(result.times[0], result.threshold_ms - 2.5 * width), min(result.times[-1], end + 2.0 * width)


def _trace(axes: Any, result: Any) -> None:
    low, high = _window(result)
    shown = (result.times >= low) & (result.times <= high)
    axes.plot(result.times[shown], result.v[shown], color=THEORY)
    axes.axhline(result.base, color=FAINT, lw=0.8, ls=":")
    for index, (name, (begin, end)) in enumerate(result.phases.items()):
        axes.axvspan(begin, min(end, high), color=COLOURS[index], alpha=0.13, lw=0, label=name)
    _mark(axes, result.threshold_ms, result.threshold, "threshold", (-6, 4), "right")
    _mark(axes, result.peak_ms, result.peak, "peak", (8, -2), "left")
    if result.half_ms is not None:
        half = 0.5 * (result.threshold + result.peak)
        axes.annotate(
            "", (result.half_ms[1], half), (result.half_ms[0], half), arrowprops={"arrowstyle": "<->", "lw": 1}
        )
        axes.annotate(f"{result.half_width_ms:.3g} ms", (result.half_ms[1], half), (6, -3), textcoords="offset points")
    if result.trough is not None:
        _mark(axes, result.trough_ms, result.trough, "trough", (0, -12), "center")
        axes.margins(y=0.12)
    axes.set(xlabel="time (ms)", ylabel=label("voltage", result.unit), xlim=(low, high))
    axes.legend(loc="upper right", fontsize=8)


def _mark(axes: Any, time: float, v: float, text: str, offset: tuple[int, int], side: str) -> None:
    axes.plot([time], [v], "o", ms=5, color=COLOURS[1])
    axes.annotate(text, (time, v), offset, textcoords="offset points", ha=side, fontsize=9)


def _plane(axes: Any, result: Any) -> None:
    low, high = _window(result)
    shown = (result.times >= low) & (result.times <= high)
    slope = np.gradient(result.v[shown], result.times[shown])
    axes.plot(result.v[shown], slope, color=THEORY)
    axes.axhline(0.0, color=FAINT, lw=0.8)
    axes.plot(
        [result.threshold], [np.interp(result.threshold_ms, result.times[shown], slope)], "o", ms=5, color=COLOURS[1]
    )
    per = "1/ms" if result.unit == "1" else f"{result.unit}/ms"
    axes.set(xlabel=label("voltage", result.unit), ylabel=label("dv/dt", per))


def refractory_period(result: Any) -> Any:
    """The strength that a second pulse needs, over its interval from the first spike.

    Parameters
    ----------
    result
        A `RefractoryPeriod`.
    """
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(4.8, 3.6), layout="constrained")
        _recovery(axes, result)
    return figure


def _recovery(axes: Any, result: Any) -> None:
    good = np.isfinite(result.strength)
    axes.plot(result.intervals_ms[good], result.strength[good], "o-", ms=3.5, color=THEORY)
    axes.axhline(result.normal, color=FAINT, lw=0.8, ls="--")
    high = float(result.intervals_ms[-1])
    ends = (0.0, min(result.absolute_ms, high), min(result.relative_ms, high))
    axes.axvspan(ends[0], ends[1], color=COLOURS[1], alpha=0.2, lw=0, label="absolute")
    axes.axvspan(ends[1], ends[2], color=COLOURS[5], alpha=0.2, lw=0, label="relative")
    axes.set(
        xlabel="interval (ms)", ylabel="second pulse (thresholds)", xlim=(0.0, min(high, 3.0 * ends[2])),
        yscale="log", title="refractory",
    )  # fmt: skip
    ticks = [
        tick for tick in (0.5, 1, 2, 5, 10, 20, 50) if 0.7 * np.nanmin(result.strength) < tick <= 1.5 * result.strongest
    ]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.legend(fontsize=8)


def ramp_threshold(result: Any) -> Any:
    """Voltage and input at the onset of the spike, over the rate of rise; rates that do not make it fire are marked.

    Parameters
    ----------
    result
        A `RampThreshold`.
    """
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(2, 1, figsize=(5.4, 4.8), sharex=True, layout="constrained")
        axes[0].plot(result.rates, result.threshold, "o-", ms=4, color=COLOURS[0])
        axes[1].plot(result.rates, result.current, "o-", ms=4, color=COLOURS[2])
        axes[0].set(ylabel=label(f"{result.voltage} at the onset", result.unit), xscale="log")
        amount = label(f"{result.input} at the onset", result.input_unit)
        axes[1].set(ylabel=amount, xlabel=label("rate of rise", result.rate_unit))
        if result.critical_rate is not None:
            for each in axes:
                each.axvspan(result.rates[0], result.critical_rate, color=FAINT, alpha=0.15, lw=0)
                each.axvline(result.critical_rate, color=COLOURS[1], lw=1.0)
            rate = printed(f"{result.critical_rate:.4g} {result.rate_unit}")
            axes[0].set_title(f"fires only if the input rises faster than {rate}")
    return figure
