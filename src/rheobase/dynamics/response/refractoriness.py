"""Absolute and relative refractory period, by the classical experiment with two brief pulses.

The first pulse makes the neuron fire from rest; the second follows after an interval. In the absolute refractory period
no pulse makes a second spike; in the relative one a strong pulse does, but a normal one does not.

Reference
---------
Hodgkin AL, Huxley AF (1952), A quantitative description of membrane current, J Physiol 117:500, p. 531 f.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.numbers import number
from rheobase.dynamics.orbits.stimulus import at_rest, called, stimulated
from rheobase.dynamics.response.second_pulse import Pulses, first_spike, pulse_width
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import UNITLESS

Array = NDArray[np.float64]

_INTERVALS, _AMPLITUDES, _FINER, _HALVINGS = 40, 33, 16, 14
_SOONEST = 1e-3


@dataclass(frozen=True, eq=False)
class RefractoryPeriod:
    """What `refractory_period` found.

    Attributes
    ----------
    absolute_ms
        The shortest interval after which a pulse of any strength makes a second spike.
    relative_ms
        The shortest one after which a normal pulse does, and until which the neuron is relatively refractory.
    intervals_ms, strength
        How strong the second pulse has to be at intervals from the absolute refractory period on, in units of the
        threshold from rest; NaN where the strongest one fails.
    normal, strongest
        Strength of the normal and of the strongest pulse in units of the threshold.
    threshold
        Of a pulse from rest, in the shown unit of the input.
    width_ms
        Of the pulses.
    status
        A sentence.
    """

    absolute_ms: float
    relative_ms: float
    intervals_ms: Array
    strength: Array
    normal: float
    strongest: float
    threshold: float
    unit: str
    width_ms: float
    status: str

    @property
    def sentence(self) -> str:
        return f"absolute refractory period {self.absolute_ms:.4g} ms, relative until {self.relative_ms:.4g} ms"

    def __str__(self) -> str:
        return self.sentence

    def plot(self) -> Any:
        """Strength of the second pulse over the interval."""
        from rheobase.plot.response import refractory_period as draw

        return draw(self)


def refractory_period(
    neuron: Neuron | VectorField,
    I: Any = None,  # noqa: E741
    *,
    input: str | None = None,
    width_ms: Any = 0.1,
    normal: float = 1.5,
    strongest: float = 20.0,
    **parameters: Any,
) -> RefractoryPeriod:
    """Absolute and relative refractory period of a neuron at rest, by two brief pulses of its input.

    Intervals go from the first spike, where the threshold is passed, to the end of the second pulse. A second spike is
    a voltage that goes on rising when that pulse is over, to above the threshold; of a neuron with a reset, another
    reset.

    Parameters
    ----------
    neuron
        The model, or its vector field; has a threshold.
    I
        Steady input, at which it is at rest.
    input
        The input parameter; by default the one called I or so.
    width_ms
        Of the pulses, ms or a quantity.
    normal, strongest
        Strengths in units of the smallest pulse that makes a spike from rest.
    **parameters
        Parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        If the neuron has no rest or no threshold, or a pulse does not make it fire.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> lif = Neuron("dv/dt = I - v/(10*ms) : 1 (unless refractory) \\n I : 1/ms = 0/ms", threshold="v > 1",
    ...              reset="v = 0", refractory="3*ms")
    >>> round(refractory_period(lif, width_ms=0.01).absolute_ms, 2)
    3.0
    """
    field, name = stimulated(neuron, I, input, parameters)
    if field.neuron.threshold is None:
        raise ModelError(
            f"{called(field)} has no threshold, so nothing says what a spike is; give it one, such as "
            "threshold='v > 0*mV'"
        )
    width_ms = pulse_width(width_ms)
    normal, strongest = number(normal, UNITLESS, "normal"), number(strongest, UNITLESS, "strongest")
    if not 1.0 < normal <= strongest:
        raise ModelError(f"normal has to be above 1 and strongest not below it, but they are {normal:g}, {strongest:g}")
    rest, remark = at_rest(field, name)
    pulses = Pulses(field, name, rest.point, width_ms)
    first = normal * pulses.threshold
    fired, below, count = first_spike(pulses, first)
    begin = max(below - fired, width_ms, 2.0 * width_ms - fired)

    def tried(interval: float, strengths: Array) -> NDArray[np.bool_]:
        return pulses.fires(np.array([first, fired + interval - width_ms]), strengths * pulses.threshold, count)

    strengths = np.append(np.geomspace(0.3, strongest, _AMPLITUDES), normal)
    intervals = np.linspace(begin + _SOONEST * width_ms, begin + pulses.wait, _INTERVALS)
    table = np.array([tried(interval, strengths) for interval in intervals])
    absolute = _shortest(intervals, np.any(table, axis=1), lambda x: bool(tried(x, strengths).any()))
    relative = _shortest(intervals, table[:, -1], lambda x: bool(tried(x, np.array([normal]))[0]), absolute)
    later = _after(absolute, intervals)
    needed = np.array([_strength(tried(x, strengths[:-1]), strengths[:-1], x, tried) for x in later])
    width = f"{width_ms:g} ms"
    soon = "" if absolute > intervals[0] else "; there is a second spike at the shortest interval that they can have"
    return RefractoryPeriod(
        absolute_ms=absolute, relative_ms=relative, intervals_ms=later, strength=needed, normal=normal,
        strongest=strongest, threshold=field.shown(name, pulses.threshold), unit=field.unit_name(name),
        width_ms=width_ms,
        status=f"two pulses of {width} at rest; a normal one has {normal:g} times the threshold, the strongest "
        f"{strongest:g} times{soon}" + (f"; {remark}" if remark else ""),
    )  # fmt: skip


def _shortest(intervals: Array, fires: Any, again: Callable[[float], bool], least: float = 0.0) -> float:
    """The shortest interval with a spike, by halving below the first of those tried; infinite if there is none."""
    allowed = np.flatnonzero(fires & (intervals >= least))
    if not len(allowed):
        return float("inf")
    k = int(allowed[0])
    low, high = max(float(intervals[k - 1]) if k else least, least), float(intervals[k])
    if k == 0 and least == 0.0:
        return high
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if again(middle) else (middle, high)
    return high


def _after(absolute: float, intervals: Array) -> Array:
    """Intervals that are dense after the absolute refractory period."""
    if not np.isfinite(absolute):
        return intervals
    span = float(intervals[-1] - absolute)
    return absolute + np.append(0.0, span * np.geomspace(5e-3, 1.0, _INTERVALS - 1))


def _strength(
    fires: NDArray[np.bool_], strengths: Array, interval: float, tried: Callable[[float, Array], NDArray[np.bool_]]
) -> float:
    """The weakest pulse that makes a second spike, to a percent."""
    if not fires.any():
        return float("nan")
    k = int(np.argmax(fires))
    if k == 0:
        return float(strengths[0])
    between = np.linspace(strengths[k - 1], strengths[k], _FINER)
    again = np.append(tried(interval, between[1:-1]), True)
    return float(between[1 + int(np.argmax(again))])
