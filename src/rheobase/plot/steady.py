"""The stationary state that the theory predicts, and the modes around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, style


def steady_state(result: Any) -> Any:
    """Rates of the populations, mean and width of their input, and the leading modes.

    Parameters
    ----------
    result
        A `SteadyState`, or anything with ``populations``, ``rates`` (Hz), ``mu``, ``sigma`` (mV) and ``modes``
        (each with ``growth_per_s`` and ``frequency_hz``).
    """
    from matplotlib import pyplot

    with style():
        figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(9.5, 3.2), layout="constrained")
        _bars(left, result)
        _inputs(middle, result)
        modes(right, result.modes)
    return figure


def _bars(axes: Any, result: Any) -> None:
    places = np.arange(len(result.populations))
    axes.bar(places, result.rates, color=[colour(index) for index in places], width=0.65)
    axes.set_xticks(places, result.populations)
    axes.set(xlabel="population", ylabel="rate (Hz)", title="stationary rates")


def _inputs(axes: Any, result: Any) -> None:
    places = np.arange(len(result.populations))
    for place, mu, sigma in zip(places, result.mu, result.sigma, strict=True):
        axes.errorbar(place, mu, sigma, fmt="o", color=colour(place), capsize=4)
    axes.set_xticks(places, result.populations)
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.set(xlabel="population", ylabel="mean input ± σ (mV)", title="input")


def modes(axes: Any, found: Any) -> None:
    """Growth against frequency; what stands right of the line grows."""
    growth = np.array([mode.growth_per_s for mode in found])
    frequency = np.array([abs(mode.frequency_hz) for mode in found])
    axes.axvline(0, color=FAINT, lw=0.8)
    axes.scatter(growth, frequency, s=28, color=[("#D55E00" if value > 0 else "#0072B2") for value in growth])
    axes.set(xlabel="growth (1/s)", ylabel="frequency (Hz)", title="modes; right of the line they grow")
    axes.set_ylim(bottom=0)
