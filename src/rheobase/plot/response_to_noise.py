"""Linear response of a neuron in noise, and its interspike intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import COLOURS, FAINT, colour, from_zero, printed, style


def frequency_response(result: Any, ax: Any = None) -> Any:
    """Gain and phase of a `FrequencyResponse` against the frequency; with ``ax``, the gain alone."""
    from matplotlib import pyplot

    with style():
        axes = (
            [ax] if ax is not None else pyplot.subplots(2, 1, figsize=(5.2, 4.8), sharex=True, layout="constrained")[1]
        )
        positive = result.frequencies > 0.0
        f, per = result.frequencies[positive], "" if result.unit == "1" else f"/{printed(result.unit)}"
        for k, (value, text) in enumerate(((result.by_mu, "mean"), (result.by_sigma, "noise strength σ"))):
            axes[0].loglog(f, np.abs(value[positive]), color=COLOURS[k], label=f"of the {text}")
            if ax is None:
                axes[1].semilogx(f, np.degrees(np.unwrap(np.angle(value[positive]))), color=COLOURS[k])
        axes[0].set_ylabel(f"gain (Hz{per})")
        axes[0].legend(title="modulation", loc="best")
        if ax is None:
            axes[0].set_title(result.neuron.name or "neuron")
            axes[1].set_ylabel("phase (degrees)")
            axes[1].axhline(-90.0, color=FAINT, lw=0.8, ls="--")
        axes[-1].set_xlabel("frequency (Hz)")
    return axes[0].figure


def intervals(result: Any, ax: Any = None) -> Any:
    """The density of `Intervals`, with the exponential of the same mean beside it."""
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.4), layout="constrained")
            ax.set_title(f"{result.neuron.name or 'neuron'}: CV {result.cv:.3g}")
        t = np.linspace(0.0, result.mean + 4.0 * result.std, 400)
        ax.plot(t, result.density(t), color=COLOURS[0], label="intervals")
        ax.plot(t, np.exp(-t / result.mean) / result.mean, color=FAINT, lw=1.0, ls="--", label="Poisson process")
        ax.axvline(result.mean, color=COLOURS[1], lw=0.8)
        ax.set(xlabel="interval (ms)", ylabel="density (1/ms)")
        from_zero(ax)
        ax.legend(loc="best")
    return ax.figure


def transfer_functions(result: Any, ax: Any = None) -> Any:
    """Gains of all populations of `TransferFunctions` against the frequency."""
    from matplotlib import pyplot

    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(5.2, 3.6), layout="constrained")
        positive = result.frequencies > 0.0
        for k, name in enumerate(result.populations):
            ax.loglog(result.frequencies[positive], np.abs(result.by_mu[k, positive]), color=colour(k), label=name)
        ax.set(xlabel="frequency (Hz)", ylabel="gain (Hz/mV)")
        ax.legend(loc="best", ncols=2 if len(result.populations) > 4 else 1)
    return ax.figure
