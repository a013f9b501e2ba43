"""`dynamics`: what the equations predict of a neuron, tried by simulation."""

from __future__ import annotations

import sys
from typing import Any

from rheobase.check import predictions
from rheobase.check.bench import Bench
from rheobase.check.staircase import hysteresis, staircase
from rheobase.check.trial import DynamicsCheck, Trial
from rheobase.dynamics.analysis import Analysis
from rheobase.dynamics.orbits.spiking import crossing
from rheobase.dynamics.page import analyse
from rheobase.model.neuron import Neuron
from rheobase.units import Quantity

_TRIALS = {
    "rest": predictions.rest,
    "where the rest is lost": predictions.loss,
    "where firing ends": predictions.stop,
    "periods": predictions.periods,
    "bistability": predictions.bistable,
}


def dynamics(
    neuron: Neuron, *, input: str | None = None, range: Any = None, progress: bool = False, **parameters: Any
) -> DynamicsCheck:
    """Try the predictions of `rheobase.dynamics` on a neuron by `simulate`.

    Tried are the rest, the input at which it is lost, the input at which firing ends, periods, bistability, and the
    hysteresis on a staircase of inputs that rises and falls. Every trial says how large a difference the two methods
    leave open; mostly that is found by measuring twice, with half the time or twice the step.

    Parameters
    ----------
    neuron
        The model, without noise.
    input, range, **parameters
        As for `rheobase.dynamics.analyse`.
    progress
        Tell on stderr what is being done.

    Raises
    ------
    ModelError
        As `rheobase.dynamics.analyse` does.

    Examples
    --------
    >>> from rheobase.library import lif
    >>> dynamics(lif()).agrees
    True
    """
    tell = (lambda words: print(words, file=sys.stderr)) if progress else None
    page = analyse(neuron, input=input, range=range, progress=tell, **parameters)
    return check_analysis(neuron, page, progress=progress)


def check_analysis(neuron: Neuron, page: Analysis, *, progress: bool = False) -> DynamicsCheck:
    """The same for an analysis that is there already."""
    values = dict(zip(page.field.parameters, page.field.values, strict=True))
    bench = Bench(_with_threshold(_with_values(neuron, values), page), page)
    trials: list[Trial] = []
    for words, tried in _TRIALS.items():
        _tell(words, progress)
        trials += tried(bench)
    _tell("a staircase of inputs, up and down", progress)
    steps = staircase(bench)
    trials += hysteresis(bench, steps)
    edges = (page.character.rest_lost_at, page.character.stops_at)
    return DynamicsCheck(
        page.model, page.parameter, page.unit, tuple(trials), steps, edges if bench.fires else (None, None),
        bench.dt,
    )  # fmt: skip


def _tell(words: str, progress: bool) -> None:
    if progress:
        print(f"simulating: {words}", file=sys.stderr)


def _with_values(neuron: Neuron, values: dict[str, float]) -> Neuron:
    """The neuron with the parameters of the analysis, internal units."""
    dimensions = {name: neuron.equations.dimension_of(name) for name in values}
    return neuron.with_(
        **{
            n: float(x) if dimensions[n].is_dimensionless else Quantity(float(x), dimensions[n])
            for n, x in values.items()
        }
    )


def _with_threshold(neuron: Neuron, page: Analysis) -> Neuron:
    """Spikes are upward crossings: of the threshold, or of the middle of the oscillation where there is none."""
    if neuron.threshold is not None and neuron.refractory is None and not neuron.has_reset:
        return neuron.with_(refractory=neuron.texts["threshold"])  # else it would spike at every step above
    level = page.character.spike_level
    if neuron.threshold is not None or level is None:
        return neuron
    return crossing(neuron, page.field.voltage, page.field.unit_name(page.field.voltage), level)
