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
        figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(10.5, 3.2), layout="constrained")
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
    if not found:
        _no_modes(axes)


def steady_states(result: Any) -> Any:
    """The rates of all states side by side, and the modes of each.

    Parameters
    ----------
    result
        A `SteadyStates`, or anything with ``populations`` and ``states`` (each with ``rates``, ``modes``, ``stable``).
    """
    from matplotlib import pyplot

    with style():
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(8.5, 3.2), layout="constrained")
        places, width = np.arange(len(result.populations)), 0.8 / len(result.states)
        for number, state in enumerate(result.states):
            shift = (number - 0.5 * (len(result.states) - 1)) * width
            name = f"state {number + 1}, {'stable' if state.stable else 'unstable'}"
            fill = {} if state.stable else {"hatch": "///", "fill": False, "edgecolor": colour(number)}
            left.bar(places + shift, state.rates, width, color=colour(number), label=name, **fill)
            if state.modes:  # an empty line that is not clipped counts as the figure's corner, and the layout breaks
                growth, frequency = [m.growth_per_s for m in state.modes], [m.frequency_hz for m in state.modes]
                right.plot(growth, frequency, "o" if state.stable else "s", color=colour(number), clip_on=False)
        left.set_xticks(places, result.populations)
        left.set(xlabel="population", ylabel="rate (Hz)", title="self-consistent states")
        left.set_ylim(bottom=0)
        figure.legend(loc="outside lower left", ncols=min(len(result.states), 4))  # no bar is in its way there
        right.axvline(0, color=FAINT, lw=0.8)
        right.set(xlabel="growth (1/s)", ylabel="frequency (Hz)", title="modes; right of the line they grow")
        right.set_ylim(bottom=0)
        if not any(state.modes for state in result.states):
            _no_modes(right)
    return figure


def _no_modes(axes: Any) -> None:
    """An empty panel says why it is."""
    axes.set(xlim=(-1, 1), ylim=(0, 1))
    axes.text(0.5, 0.5, "no modes", transform=axes.transAxes, ha="center", bbox={"color": "white"})


def stability(result: Any) -> Any:
    """Modes, the composition of the leading one, and how its growth depends on each connection.

    Parameters
    ----------
    result
        A `Stability`, or anything with ``populations`` and ``modes`` (each with ``growth_per_s``, ``frequency_hz``,
        ``composition`` and ``sensitivity``).
    """
    from matplotlib import pyplot

    with style():
        figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(10.5, 3.2), layout="constrained")
        modes(left, result.modes)
        if result.modes:
            _composition(middle, result)
            _sensitivity(figure, right, result)
    return figure


def _composition(axes: Any, result: Any) -> None:
    places, parts = np.arange(len(result.populations)), result.modes[0].composition
    axes.bar(places, np.abs(parts), color=[colour(index) for index in places], width=0.65)
    for place, part in zip(places, parts, strict=True):
        axes.annotate(f"{np.degrees(np.angle(part)):.0f}°", (place, abs(part)), ha="center", va="bottom", fontsize=8)
    axes.set_xticks(places, result.populations)
    axes.set(xlabel="population", ylabel="amplitude of the rate", title="leading mode: size and phase")
    axes.set_ylim(0, 1.15)


def _sensitivity(figure: Any, axes: Any, result: Any) -> None:
    values = 0.01 * result.modes[0].sensitivity.real
    largest = float(np.abs(values).max()) or 1.0
    image = axes.imshow(values, cmap="RdBu_r", vmin=-largest, vmax=largest)
    places = np.arange(len(result.populations))
    axes.set_xticks(places, result.populations)
    axes.set_yticks(places, result.populations)
    axes.set(xlabel="from", ylabel="to", title="growth per 1 % more synapses")
    figure.colorbar(image, ax=axes, label="1/s")
