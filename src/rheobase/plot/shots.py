"""Rates in shot noise, and what the diffusion approximation is off by."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, THEORY, colour, style

_MARKS = {"exact": "o", "expansion": "s"}


def shot_noise(result: Any, ax: Any = None) -> Any:
    """The rate in shot noise beside that in white noise of the same mean and variance.

    Parameters
    ----------
    result
        A `ShotNoiseRate`.
    ax
        Axes to draw into; a new figure by default.
    """
    with style():
        ax = _axes(ax, "rate in shot noise", 1.9)
        rows = ("white noise of the\nsame mean and variance", f"shot noise\n({result.method})")
        for place, value in enumerate((result.diffusion, result.rate)):
            ax.plot([0, value], [place, place], color=FAINT, lw=1.0)
            ax.plot(value, place, "o", color=colour(place))
            ax.annotate(f"{value:.4g} Hz", (value, place), xytext=(8, 0), textcoords="offset points", va="center")
        ax.set_yticks(range(2), rows)
        ax.set(xlabel="rate (Hz)", ylim=(-0.5, 1.5))
        ax.set_xlim(0, 1.4 * max(result.rate, result.diffusion) or 1.0)
    return ax.figure


def kramers_moyal(result: Any, ax: Any = None) -> Any:
    """The rate to each order of the expansion.

    Parameters
    ----------
    result
        A `KramersMoyal`.
    ax
        Axes to draw into; a new figure by default.
    """
    with style():
        ax = _axes(ax, "expansion in the size of the jumps")
        ax.plot(result.orders, result.rates, "o-", color=colour(0))
        ax.set_xticks(result.orders, [f"{n}\n(diffusion)" if n == 2 else str(n) for n in result.orders])
        ax.set(xlabel="order", ylabel="rate (Hz)")
        ax.margins(0.15)
    return ax.figure


def diffusion_error(result: Any, ax: Any = None) -> Any:
    """The error of the diffusion approximation in each population, its inputs held and in the network.

    Parameters
    ----------
    result
        A `DiffusionError`.
    ax
        Axes to draw into; a new figure by default.
    """
    places = np.arange(len(result.populations))
    with style():
        ax = _axes(ax, "diffusion approximation against shot noise", 1.7 + 0.32 * places.size)
        ax.axvline(0, color=FAINT, lw=0.8)
        known = np.isfinite(result.alone)
        for method, mark in _MARKS.items():
            own = known & (np.array(result.methods) == method)
            if own.any():
                width = 100 * result.accuracy[own]
                text = f"inputs held, {method}"
                ax.errorbar(
                    100 * result.alone[own], places[own] - 0.12, xerr=width, fmt=mark, color=colour(0), label=text
                )
        together = np.isfinite(result.together)
        if together.any():
            ax.plot(
                100 * result.together[together], places[together] + 0.12, "D", color=colour(1), label="in the network"
            )
        for place in places[~known]:
            ax.text(0, place, " not known", color=THEORY, va="center")
        ax.set_yticks(places, result.populations)
        ax.set(xlabel="error of the rate (%)", ylabel="population", ylim=(places.size - 0.5, -0.5))
        ax.margins(x=0.12)
        if ax.get_legend_handles_labels()[0]:
            # beside the axes, since the points may stand anywhere in them
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    return ax.figure


def _axes(ax: Any, title: str, height: float = 3.4) -> Any:
    from matplotlib import pyplot

    if ax is None:
        _, ax = pyplot.subplots(figsize=(5.6, height), layout="constrained")
        ax.set_title(title)
    return ax
