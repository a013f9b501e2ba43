"""Spectra of populations, and correlations between neurons, as linear response has them."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np

from rheobase.errors import ModelError
from rheobase.plot.style import FAINT, THEORY, colour, style

_MOST_PAIRS = 8


def population_spectra(result: Any, ax: Any = None) -> Any:
    """Power spectra of the populations, and coherences of pairs.

    Parameters
    ----------
    result
        A `PopulationSpectra`.
    ax
        Axes to draw the power spectra into; a new figure by default.
    """
    from matplotlib import pyplot

    with style():
        if ax is not None:
            _power(ax, result)
            return ax.figure
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.0, 3.4), layout="constrained")
        _power(left, result)
        _coherence(right, result)
    return figure


def _power(axes: Any, result: Any) -> None:
    for k, name in enumerate(result.populations):
        if result.rates[k] > 0.0:
            axes.plot(result.frequencies, result.power[:, k], color=colour(k), label=name)
            axes.axhline(result.rates[k] / result.sizes[k], color=colour(k), lw=0.8, ls=":")
    axes.set(xlabel="frequency (Hz)", ylabel="power (Hz²/Hz)", title="spectra; dotted: independent Poisson neurons")
    if axes.lines:
        axes.set_yscale("log")
        axes.legend(loc="best")


def _coherence(axes: Any, result: Any) -> None:
    names = [name for name, rate in zip(result.populations, result.rates, strict=True) if rate > 0.0]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    for k, (a, b) in enumerate(pairs[:_MOST_PAIRS]):
        axes.plot(result.frequencies, result.coherence(a, b), color=colour(k), label=f"{a}, {b}")
    more = f", first {_MOST_PAIRS} of {len(pairs)} pairs" if len(pairs) > _MOST_PAIRS else ""
    axes.set(ylim=(0, 1.02), xlabel="frequency (Hz)", ylabel="coherence", title=f"coherence{more}")
    if pairs:
        axes.legend(loc="best")


def correlations(result: Any, ax: Any = None) -> Any:
    """Coefficients of pairs, the parts of their covariance, and the covariance against the lag.

    Parameters
    ----------
    result
        A `Correlations`.
    ax
        Axes to draw the covariance against the lag into; a new figure by default.
    """
    from matplotlib import pyplot

    pairs = result.pairs[:_MOST_PAIRS]
    with style():
        if ax is not None:
            _lags(ax, result, pairs)
            return ax.figure
        figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(11.0, 3.4), layout="constrained")
        _coefficients(left, result, pairs)
        _parts(middle, result, pairs)
        _lags(right, result, pairs)
    return figure


def _named(result: Any, pairs: Any) -> list[str]:
    return [f"{result.populations[i]}, {result.populations[j]}" for i, j in pairs]


def _coefficients(axes: Any, result: Any, pairs: Any) -> None:
    places = np.arange(len(pairs))
    values = [result.coefficient[i, j] for i, j in pairs]
    axes.bar(places, values, color=[colour(k) for k in places], width=0.65)
    axes.axhline(0, color=FAINT, lw=0.8)
    axes.set_xticks(places, _named(result, pairs))
    axes.set(ylabel="correlation coefficient", title=f"spike counts in {result.window:g} ms")


def _parts(axes: Any, result: Any, pairs: Any) -> None:
    places = np.arange(len(pairs))
    parts = {
        "shared inputs": result.shared,
        "presynaptic": result.presynaptic,
        "own spikes": result.own_spikes,
        "sum": result.shared + result.presynaptic + result.own_spikes,
    }
    for k, (name, values) in enumerate(parts.items()):
        heights = [values[i, j] for i, j in pairs]
        axes.bar(places + 0.2 * (k - 1.5), heights, width=0.2, color=colour(k), label=name)
    axes.axhline(0, color=FAINT, lw=0.8)
    axes.set_xticks(places, _named(result, pairs))
    axes.set(ylabel="covariance (Hz)", title="long windows, by origin")
    axes.legend(loc="best")


def _lags(axes: Any, result: Any, pairs: Any) -> None:
    try:
        found = result.covariogram
    except ModelError as reason:
        axes.text(0.5, 0.5, fill(str(reason), 40), transform=axes.transAxes, ha="center", va="center", color=FAINT)
        return
    for k, ((i, j), name) in enumerate(zip(pairs, _named(result, pairs), strict=True)):
        axes.plot(found.lags, found.covariance[:, i, j], color=colour(k), label=name)
    axes.axhline(0, color=FAINT, lw=0.8)
    axes.set(xlabel="lag of the first (ms)", ylabel="covariance (Hz²)", title=f"in bins of {found.bin:g} ms")
    if pairs:
        axes.legend(loc="best")


def scores(axes: Any, found: Any) -> None:
    """z-scores of a comparison, one point each, in a column for every quantity; between the lines is 95 % of chance.

    Parameters
    ----------
    axes
        Where to draw.
    found
        Those of a `Comparison` of several seeds: each with ``what``, ``populations`` and ``z``.
    """
    names = list(dict.fromkeys(score.what for score in found))
    populations = list(dict.fromkeys(score.populations for score in found if len(score.populations) == 1))
    for score in found:
        if np.isfinite(score.z):
            spread = populations.index(score.populations) if score.populations in populations else len(populations)
            place = names.index(score.what) + 0.5 * (spread + 1) / (len(populations) + 2) - 0.25
            single = score.populations in populations
            axes.plot(place, score.z, "o" if single else "d", color=colour(spread) if single else THEORY, ms=6)
    for level in (-1.96, 1.96):
        axes.axhline(level, color=FAINT, lw=0.8, ls="--")
    axes.axhline(0, color=FAINT, lw=0.8)
    axes.set_xticks(range(len(names)), [name.replace(", ", "\n") for name in names])
    axes.set(xlim=(-0.6, len(names) - 0.4), ylabel="z", title="simulation less theory; dashed: 95 % of chance")
