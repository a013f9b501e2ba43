"""What counts as a spike, and as firing.

A neuron says what a spike is by its threshold. One that has none is taken to spike where its membrane potential passes
the middle of its oscillation upward, if it oscillates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.dynamics.equilibria.search import polish as newton
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.trajectory import Trajectories, trajectories
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Expression, substitute
from rheobase.model.neuron import Neuron
from rheobase.units import Quantity

Array = NDArray[np.float64]

#: What a neuron without a threshold is given one by.
LEVEL = "v_spike"
#: An oscillation counts as one if it is larger than this part of all voltages seen, and does not fade.
_SMALL, _FADING = 1e-3, 0.98
_SAMPLES = 2000
_UNREACHED = 1e30


def spiking(field: VectorField) -> VectorField:
    """The field with a threshold: its own, or the parameter `LEVEL` that the membrane potential has to pass."""
    neuron = field.neuron
    if neuron.threshold is not None:
        return field
    name = LEVEL
    while name in neuron.equations or name in neuron.parameters:
        name += "_"
    condition = f"{field.voltage} > {name}"
    level = Quantity(_UNREACHED, neuron.equations.dimension_of(field.voltage))
    leveled = neuron.with_(threshold=condition, refractory=condition, **{name: level})
    values = dict(zip(field.parameters, field.values, strict=True)) | {name: _UNREACHED}
    return VectorField(leveled, np.array([values[each] for each in leveled.parameters]))


def crossing(neuron: Neuron, voltage: str, unit: str, level: float) -> Neuron:
    """The neuron with a spike at every upward crossing of a voltage, in its shown unit."""
    condition = f"{voltage} > {level:.10g}" + ("" if unit == "1" else f"*{unit}")
    return neuron.with_(threshold=condition, refractory=condition)


def fire(
    field: VectorField, starts: ArrayLike, *, duration: float, parameter: str, values: ArrayLike, drive: Any = None,
    **options: Any,
) -> Trajectories:  # fmt: skip
    """`trajectories` with one row for each value (internal units) of a parameter, and spikes for every neuron."""
    values = np.atleast_1d(np.asarray(values, dtype=float))
    parameters = np.tile(field.values, (len(values), 1))
    parameters[:, field.index(parameter)] = values
    if field.neuron.threshold is not None:
        return trajectories(field, starts, parameters, duration=duration, drive=drive, **options)
    leveled = spiking(field)
    extra = next(name for name in leveled.parameters if name not in field.parameters)
    order = [[*field.parameters, extra].index(name) for name in leveled.parameters]

    def with_level(levels: Array) -> Array:
        return np.column_stack([parameters, levels])[:, order]

    bare = {name: option for name, option in options.items() if name in ("rtol", "atol", "threads", "most")}
    seen = trajectories(
        leveled, starts, with_level(np.full(len(values), _UNREACHED)), duration=duration, drive=drive,
        sample=_scattered(duration), reset=False, **bare,
    )  # fmt: skip
    assert seen.states is not None
    levels = _levels(seen.states[:, field.states.index(field.voltage)])
    return trajectories(leveled, starts, with_level(levels), duration=duration, drive=drive, **options)


def _scattered(duration: float) -> Array:
    """Times, one drawn in each of many equal parts: none keep step with an oscillation, and miss its peaks."""
    return (np.arange(_SAMPLES) + np.random.default_rng(1).random(_SAMPLES)) * (duration / _SAMPLES)


def _levels(voltage: Array) -> Array:
    """Of each row the middle between its extremes in the last half; out of reach if it does not oscillate."""
    quarter = voltage.shape[1] // 4
    with np.errstate(invalid="ignore"):
        third, last = (
            np.ptp(part, axis=1) for part in (voltage[:, 2 * quarter : 3 * quarter], voltage[:, 3 * quarter :])
        )
        swing = np.nanmax(voltage) - np.nanmin(voltage)
        late = voltage[:, 2 * quarter :]
        middle = 0.5 * (late.max(axis=1) + late.min(axis=1))
        above = late > middle[:, None]
        turns = np.count_nonzero(above[:, 1:] & ~above[:, :-1], axis=1)
        steady = (turns > 1) & (last > _SMALL * swing) & (last > _FADING * third)
        return np.where(steady, middle, _UNREACHED)


@dataclass(frozen=True, eq=False)
class Firing:
    """How rows of spikes go: numbers of spikes, intervals (ms), and whether the firing goes on.

    Attributes
    ----------
    count
        Spikes of each row.
    latency
        Time of the first spike; infinite without one.
    first
        The first interval.
    period
        The mean interval of the late spikes, infinite where the firing has stopped.
    sustained
        Whether it still fires at the end: the silence since the last spike is no longer than late intervals are.
    """

    count: NDArray[np.int64]
    latency: Array
    first: Array
    period: Array
    sustained: NDArray[np.bool_]


def firing(run: Trajectories, duration: float, transient: float | None = None, stop_after: int | None = None) -> Firing:
    """Read `Firing` off trajectories; what comes after ``transient`` (default: half of the duration) is late.

    A row that was ended after ``stop_after`` spikes counts as firing on; the last half of its spikes are late.
    """
    rows = [_row(times, end, duration, transient, stop_after) for times, end in zip(run.spikes, run.ended, strict=True)]
    count = np.array([len(times) for times in run.spikes])
    latency = np.array([times[0] if len(times) else np.inf for times in run.spikes])
    first = np.array([times[1] - times[0] if len(times) > 1 else np.inf for times in run.spikes])
    period = np.array([row for row in rows])
    return Firing(count, latency, first, period, np.isfinite(period))


def _row(times: Array, end: float, duration: float, transient: float | None, stop_after: int | None) -> float:
    """The mean late interval."""
    if stop_after is not None and len(times) >= max(stop_after, 3):
        late = times[len(times) // 2 :]
        return float((late[-1] - late[0]) / (len(late) - 1))
    if end < duration * (1 - 1e-9):
        return np.inf  # it failed
    begin = int(np.searchsorted(times, 0.5 * duration if transient is None else transient))
    late = times[max(begin - 1, 0) :]
    if len(late) < 2 or begin >= len(times):
        return np.inf
    longest = float(np.diff(late).max())
    if duration - times[-1] > 1.5 * longest:
        return np.inf
    late = times[begin:] if len(times) - begin >= 2 else late
    return float((late[-1] - late[0]) / (len(late) - 1))


def rest(field: VectorField, parameter: str, value: float, start: ArrayLike, slowest: float) -> Array | None:
    """The stable equilibrium that the neuron falls to from ``start``, polished by Newton's method; None if it fires or
    settles nowhere within ``slowest`` ms."""
    run = fire(field, np.asarray(start)[None], duration=slowest, parameter=parameter, values=[value], rtol=1e-8)
    if run.failed[0] or firing(run, slowest).sustained[0]:
        return None
    p = field.at(**{parameter: value})
    x = polish(field, p, run.final[0])
    return x if x is not None and np.linalg.eigvals(field.jacobian(x, p)).real.max() < 0 else None


def polish(field: VectorField, p: Array, guess: Array) -> Array | None:
    """Newton's method from a state close to an equilibrium; None if it runs away."""
    start = np.array(guess, dtype=float)
    size = np.maximum(np.abs(start), 1e-2)
    x = newton(field, start, p, size)
    return x if x is not None and np.all(np.abs(x - start) <= 0.3 * size + 0.1 * np.abs(start)) else None


def threshold_gap(field: VectorField) -> Callable[[Array, Array], Array]:
    """How far states (n,) or (n, points) lie above the threshold, by a quantity that is positive where it is passed."""
    from rheobase.compile.orbit import distance

    neuron = field.neuron
    if neuron.threshold is None:
        return lambda x, p: np.full(np.shape(x)[1:], -np.inf)
    tree = distance(neuron.threshold, "threshold")
    definitions: dict[str, Expression] = {}
    for equation in neuron.equations.subexpressions:
        assert equation.expression is not None
        definitions[equation.name] = substitute(equation.expression, definitions)
    tree = substitute(tree, definitions)
    resting = {"t": 0.0, "lastspike": -np.inf, "not_refractory": 1.0, "i": 0.0, "N": 1.0}

    def gap(x: Array, p: Array) -> Array:
        names = dict(zip(field.parameters, p, strict=True)) | dict(zip(field.states, x, strict=True))
        return np.asarray(evaluate(tree, resting | names), dtype=float) + np.zeros(np.shape(x)[1:])

    return gap
