"""Signal-to-noise ratio against the noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, from_zero, label, style


def stochastic_resonance(result: Any, ax: Any = None) -> Any:
    """The signal-to-noise ratio against the noise on a logarithmic axis, with its optimum."""
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.6), layout="constrained")
            ax.set_title(f"a weak signal of {result.frequency:.4g} Hz")
        ax.semilogx(result.sigma, result.snr, color=colour(0))
        if np.isfinite(result.best_sigma):
            ax.axvline(result.best_sigma, color=FAINT, lw=0.8)
            ax.plot(result.best_sigma, result.best_snr, "o", color=colour(1), ms=5)
        unit = "Hz" if result.unit == "1" else f"Hz/{result.unit}**2"
        ax.set(xlabel=label("noise σ", result.unit), ylabel=label("SNR/ε²", unit))
        from_zero(ax)
    return ax.figure
