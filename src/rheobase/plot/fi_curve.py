"""Rate of firing against the input, and the doublet experiment."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import COLOURS, FAINT, THEORY, from_zero, label, style


def fi_curve(result: Any, ax: Any = None) -> Any:
    """Steady rates by every method, and the onset rate.

    Parameters
    ----------
    result
        An `FICurve`.
    ax
        Axes to draw into; a new figure by default.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.6), layout="constrained")
            ax.set_title(result.model)
        order = np.argsort(result.I)
        values = result.I[order]
        if result.onset is not None and np.any(result.onset > 0):
            ax.plot(*broken(values, result.onset[order]), color=FAINT, lw=1.2, label="onset: first interval")
        for method, look in (
            ("cycles", {"color": COLOURS[1], "lw": 3.0, "alpha": 0.55, "label": "cycles"}),
            ("closed form", {"color": THEORY, "lw": 3.0, "alpha": 0.35, "label": "closed form"}),
            ("simulation", {"color": COLOURS[0], "marker": ".", "ms": 4, "lw": 1.0, "label": "simulation"}),
        ):
            if method in result.rates:
                ax.plot(*broken(values, result.rates[method][order]), **look)
        ax.set(xlabel=label(result.input, result.unit), ylabel="rate (Hz)")
        from_zero(ax)
        ax.legend(loc="best")
    return ax.figure


def broken(values: Any, rates: Any) -> tuple[Any, Any]:
    """No line joins an input at which it is silent with one at which it fires: what lies between is not known."""
    jumps = np.nonzero((rates[1:] > 0) != (rates[:-1] > 0))[0] + 1
    return np.insert(values, jumps, np.nan), np.insert(rates, jumps, np.nan)


def doublet(result: Any, ax: Any = None) -> Any:
    """The second pulse that is needed, over the interval between the two.

    Parameters
    ----------
    result
        A `Doublet`.
    ax
        Axes to draw into; a new figure by default.
    """
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.2), layout="constrained")
            ax.set_title("integrator" if result.best_ms is None else "resonator")
        ax.axhline(1.0, color=FAINT, lw=0.8, ls="--")
        ax.plot(result.interval_ms, result.needed, color=COLOURS[0])
        if result.best_ms is not None:
            ax.axvline(result.best_ms, color=COLOURS[1], lw=1.0)
            ax.annotate(f"{result.best_ms:.3g} ms", (result.best_ms, 0.02), (4, 0), xycoords=("data", "axes fraction"),
                        textcoords="offset points", color=COLOURS[1])  # fmt: skip
        ax.set(xlabel="interval between two pulses (ms)", ylabel="second pulse needed / single pulse")
        from_zero(ax)
    return ax.figure
