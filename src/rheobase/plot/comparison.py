"""Theory and simulation of one network in one figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rheobase.plot.correlations import scores
from rheobase.plot.recording import raster, rates, window
from rheobase.plot.style import FAINT, THEORY, colour, style
from rheobase.plot.time_course import rates_in_time

_HIGHEST_HZ = 500.0


def comparison(result: Any) -> Any:
    """Raster and population rate; rates, voltages and spectrum, each against the theory; rates in time where known.

    Parameters
    ----------
    result
        A `Comparison`.
    """
    from matplotlib import pyplot

    with style():
        several, courses = bool(result.scores), result.time_courses
        rows = 6 + 2 * bool(courses) + 2 * several
        figure = pyplot.figure(figsize=(11, 7.5 + (rows - 6)), layout="constrained")
        grid = figure.add_gridspec(rows, 2, width_ratios=(1.45, 1))
        spikes = figure.add_subplot(grid[:4, 0])
        activity = figure.add_subplot(grid[4:6, 0], sharex=spikes)
        start, stop = window(result.recording)
        raster(spikes, result.recording, start, stop)
        rates(activity, result.recording, start, stop)
        _legend_above(activity, _theory_lines(activity, result))
        spikes.tick_params(labelbottom=False)
        activity.set_xlabel("time (ms)")
        _against(figure.add_subplot(grid[:2, 1]), result)
        _voltages(figure.add_subplot(grid[2:4, 1]), result)
        frequencies = figure.add_subplot(grid[4:6, 1])
        _legend_above(frequencies, spectrum(frequencies, result))
        if courses:
            names = [row.name for row in result.rows]
            rates_in_time(figure.add_subplot(grid[6:8, :]), [(names.index(name), x) for name, x in courses.items()])
        if several:
            known = [score for score in result.scores if np.isfinite(score.z)]
            scores(figure.add_subplot(grid[rows - 2 :, :]), known or result.scores)
        figure.suptitle(f"{result.network}, {result.duration_ms:g} ms, {result.seeds_told}", x=0.01, ha="left")
    return figure


def panels(results: Sequence[Any], titles: Sequence[str]) -> Any:
    """Several comparisons side by side: raster, population rate and spectrum of each, with what the theory says."""
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(
            3, len(results), figsize=(4.0 * len(results), 7.2), layout="constrained", squeeze=False,
            height_ratios=(1.6, 1, 1.2),
        )  # fmt: skip
        for column, (result, title) in zip(axes.T, zip(results, titles, strict=True), strict=True):
            last = float(result.recording.duration)
            start = max(0.0, last - 200.0)
            raster(column[0], result.recording, start, last)
            column[0].set_title(title)
            rates(column[1], result.recording, start, last)
            dashed = next(iter(_theory_lines(column[1], result)), "")
            column[1].set(title=f"rate; dashed: {dashed}" if dashed else "rate", xlabel="time (ms)")
            dashed = next((label for label in spectrum(column[2], result) if label.startswith("theory")), "")
            column[2].set_title(f"spectrum; dashed: {dashed}" if dashed else "spectrum")
        for column in axes.T[1:]:
            for panel in column:
                panel.set_ylabel("")
    return figure


def _theory_lines(axes: Any, result: Any) -> dict[str, Any]:
    """The rate that the theory has for each population, where they are few enough to tell apart; handles for a legend:
    the stationary one, or that of the density equation where an input changes in time.
    """
    if result.time_courses and result.steady is None and len(result.rows) <= 3:
        drawn = [axes.plot(x.times, x.rate, color=THEORY, lw=1.1, ls="--")[0] for x in result.time_courses.values()]
        return {"density equation": drawn[0]}
    values = {round(row.rate_theory_hz, 6) for row in result.rows if np.isfinite(row.rate_theory_hz)}
    if not values or len(result.rows) > 3:
        return {}
    lines = [axes.axhline(value, color=THEORY, lw=1.1, ls="--") for value in sorted(values)]
    return {"stationary theory": lines[0]}


def _legend_above(axes: Any, handles: dict[str, Any]) -> None:
    """A legend beside the title, where no curve can be."""
    place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.1}
    if handles:
        axes.legend(list(handles.values()), list(handles), ncols=len(handles), handlelength=1.8, **place)


def _against(axes: Any, result: Any) -> None:
    """Rates: simulated with two standard errors, and the theory as a bar across."""
    theory = published = None
    for place, row in enumerate(result.rows):
        error = np.nan_to_num(2 * row.rate_sim_se_hz)
        axes.errorbar(place, row.rate_sim_hz, error, fmt="o", ms=6, capsize=5, color=colour(place))
        if np.isfinite(row.rate_theory_hz):
            (theory,) = axes.plot([place - 0.3, place + 0.3], [row.rate_theory_hz] * 2, color=THEORY, lw=1.8)
        if np.isfinite(row.rate_published_hz):
            (published,) = axes.plot(place, row.rate_published_hz, "x", color=THEORY, ms=7, mew=1.5)
    top = max(
        np.nan_to_num([row.rate_sim_hz + 2 * row.rate_sim_se_hz, row.rate_theory_hz, row.rate_published_hz]).max()
        for row in result.rows
    )
    axes.set_xticks(range(len(result.rows)), [row.name for row in result.rows])
    axes.set(xlim=(-0.7, len(result.rows) - 0.3), ylim=(0, 1.15 * max(top, 1e-3)), ylabel="rate (Hz)", title="rates")
    simulated = axes.errorbar(np.nan, 0.0, 1.0, fmt="o", ms=6, capsize=5, color=THEORY)
    handles = {"simulation ± 2 SE": simulated, "theory": theory, "published": published}
    _legend_above(axes, {label: handle for label, handle in handles.items() if handle is not None})


def _voltages(axes: Any, result: Any) -> None:
    """Histograms of the simulated membrane potential under the stationary density."""
    handles, few = {}, len(result.voltages) <= 2
    for index, row in enumerate(result.rows):
        histogram = result.voltages.get(row.name)
        if histogram is not None:
            if few:
                axes.stairs(histogram.density, histogram.edges, color=colour(index), fill=True, alpha=0.25)
            handles[row.name] = axes.stairs(
                histogram.density, histogram.edges, baseline=None, color=colour(index), lw=1.1
            )
    drawn: list[Any] = []
    for index, row in enumerate(result.rows):
        density = result.densities.get(row.name)
        # two dashed lines on each other would look like one solid line
        if density is not None and not (few and any(_is_same(density, other) for other in drawn)):
            colour_ = THEORY if few else colour(index)
            axes.plot(density.voltage, density.density, color=colour_, lw=1.1, ls="--")
            drawn.append(density)
    if drawn:
        (handles["theory"],) = axes.plot([], [], color=THEORY, lw=1.1, ls="--")
    axes.set_xlim(*_range_of(result.voltages.values()))
    axes.set(xlabel="membrane potential (mV)", ylabel="density (1/mV)", title="membrane potential")
    axes.set_ylim(bottom=0)
    if handles:
        _legend_above(axes, {label: line for label, line in handles.items() if few or label == "theory"})
        if not few:
            _names(axes, [name for name in handles if name != "theory"], result)
    else:
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", color=FAINT)


def _names(axes: Any, shown: Sequence[str], result: Any) -> None:
    """The populations' names in their colours, one below the other: a key where a legend would not fit."""
    names = [row.name for row in result.rows]
    for line, name in enumerate(shown):
        axes.text(
            0.02, 0.96 - line * min(0.11, 0.92 / len(shown)), name, transform=axes.transAxes, va="top", fontsize=8,
            color=colour(names.index(name)),
        )  # fmt: skip


def _range_of(histograms: Iterable[Any]) -> tuple[float | None, float | None]:
    """The range that most histograms fill: a long tail of one would leave little room for the others."""
    low, high = [], []
    for histogram in histograms:
        below = np.cumsum(histogram.density * np.diff(histogram.edges))
        low.append(histogram.edges[int(np.searchsorted(below, 1e-3 * below[-1]))])
        high.append(histogram.edges[-1])
    if not low:
        return None, None
    margin = 0.03 * (max(high) - float(np.median(low)))
    return float(np.median(low)) - margin, float(max(high)) + margin


def _is_same(density: Any, other: Any) -> bool:
    there = np.interp(other.voltage, density.voltage, density.density, left=0, right=0)
    return bool(np.all(np.abs(there - other.density) < 0.02 * np.max(other.density)))


def spectrum(axes: Any, result: Any) -> dict[str, Any]:
    """Spectrum of the activity of all neurons beside the predicted one, or a growing mode; handles for a legend."""
    frequency, power = result.spectrum
    shown = (frequency > 0) & (frequency <= _HIGHEST_HZ)
    handles = {"simulation": axes.plot(frequency[shown], power[shown], color=colour(0), lw=1.1)[0]}
    handles |= _predicted(axes, result)
    axes.set(xlim=(0, _HIGHEST_HZ), xlabel="frequency (Hz)", ylabel="power (Hz²/Hz)", title="spectrum")
    if np.any(power[shown] > 0):
        axes.set_yscale("log")
    return handles


def _predicted(axes: Any, result: Any) -> dict[str, Any]:
    """What the theory says about the spectrum: its shape in a stable state, the frequency of a mode that grows."""
    if result.spectrum_theory is not None:
        frequency, power = result.spectrum_theory
        shown = (frequency <= _HIGHEST_HZ) & (power > 0)
        return {"theory": axes.plot(frequency[shown], power[shown], color=THEORY, lw=1.2, ls="--")[0]}
    if result.mode is not None and result.mode.growth_per_s > 0 and result.mode.frequency_hz > 0:
        line = axes.axvline(result.mode.frequency_hz, color=THEORY, lw=1.2, ls="--")
        return {f"theory, {result.mode.frequency_hz:.0f} Hz": line}
    return {}
