"""An action potential of a model: evoked from rest by a brief pulse, or taken from its regular firing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.stimulus import at_rest, called, stimulated, with_unit
from rheobase.dynamics.orbits.trajectory import Drive, trajectories
from rheobase.dynamics.response.action_potential import ActionPotential, measured
from rheobase.dynamics.response.refractoriness import refractory_period
from rheobase.dynamics.response.second_pulse import Pulses, first_spike, pulse_width
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

Array = NDArray[np.float64]

_COARSE, _FINE = 4001, 8001
_AROUND = 6.0  # widths of the spike that are sampled finely on either side
_STRENGTH = 1.05  # barely above threshold, so that the voltage rises by itself when the pulse is over
_WEAKER, _GRADED = 0.95, 0.7  # a pulse that is barely below threshold leaves less than this part of a spike


def evoked(
    neuron: Neuron | VectorField,
    rule: Mapping[str, Any],
    I: Any = None,  # noqa: E741
    *,
    input: str | None = None,
    width_ms: Any = 0.1,
    refractory: bool = True,
    level: Any = None,
    **parameters: Any,
) -> ActionPotential:
    """The action potential of a neuron.

    Parameters
    ----------
    neuron
        The model, or its vector field; has a threshold and no reset.
    rule
        Arguments for `measured`.
    I
        Steady input. If the neuron is at rest there, a pulse of 1.05 times the threshold evokes the spike; if it fires,
        a spike of its regular firing is measured.
    input, width_ms
        The input parameter, and the width of the pulse (ms, or a quantity).
    refractory
        Whether to measure the refractory periods, if there is a rest.
    level
        Above which voltage a peak is a spike; by default where the neuron's threshold is passed.
    **parameters
        Parameters that differ from the neuron's.
    """
    field, name = stimulated(neuron, I, input, parameters)
    width_ms = pulse_width(width_ms)
    if field.neuron.has_reset:
        raise ModelError(
            f"{called(field)} is reset at its spikes, so it draws no action potential that could be measured; "
            "refractory_period(neuron) measures its refractory periods"
        )
    if field.neuron.threshold is None:
        raise ModelError(f"{called(field)} has no threshold, so nothing says what a spike is; give it one, or a trace")
    try:
        rest, _ = at_rest(field, name)
    except ModelError:
        return _firing(field, name, rule, level)
    pulses = Pulses(field, name, rest.point, width_ms)
    amplitude = _STRENGTH * pulses.threshold
    begin, end, _ = first_spike(pulses, amplitude)
    width = max(end - begin, width_ms)
    sample = np.unique(
        np.concatenate([
            width_ms + np.linspace(0.0, max(pulses.wait, end), _COARSE),
            np.linspace(max(begin - _AROUND * width, width_ms), end + _AROUND * width, _FINE),
        ])
    )  # fmt: skip
    times, values = pulses.course(np.array([0.0]), np.array([[amplitude]]))
    both = np.concatenate([values, pulses.course(np.array([0.0]), np.array([[_WEAKER * pulses.threshold]]))[1]])
    run = trajectories(
        field, np.tile(rest.point, (2, 1)), duration=float(sample[-1]), sample=sample, drive=Drive(name, times, both),
        rtol=1e-10,
    ).require()  # fmt: skip
    found = _measured(field, run.states, sample, rule, level, float(rest.point[pulses.at]), pulses.level)
    at = with_unit(field, name, float(field.values[field.index(name)]))
    pulse = with_unit(field, name, float(field.values[field.index(name)]) + amplitude)
    status = f"evoked from rest at {at} by {width_ms:g} ms at {pulse}" + _graded(run.states, pulses)
    periods = refractory_period(field, input=name, width_ms=width_ms) if refractory else None
    return replace(found, refractory=periods, status="; ".join(part for part in (status, found.status) if part))


def _graded(states: Any, pulses: Pulses) -> str:
    """A remark where the response to a pulse barely below threshold is nearly as high."""
    spike, weaker = np.max(states[:, pulses.at], axis=1) - pulses.rest[pulses.at]
    if weaker < _GRADED * spike:
        return ""
    return (
        f"; the response is graded, not all or none: a pulse of {_WEAKER:g} times the threshold leads to "
        f"{100.0 * weaker / spike:.0f} % of its height"
    )


def _firing(field: VectorField, name: str, rule: Mapping[str, Any], level: Any) -> ActionPotential:
    """A spike of regular firing; the base line is where the voltage is lowest before it."""
    from rheobase.dynamics.response.phase_cycle import smooth_cycle

    cycle = smooth_cycle(field, name)
    if not cycle.crosses:
        raise ModelError(f"{called(field)} oscillates without passing its threshold, so there is no spike to measure")
    start, _ = cycle.sampled(np.zeros(1))
    turns = np.linspace(0.25, 2.75, 3 * _FINE) * cycle.period
    run = trajectories(field, start, duration=float(turns[-1]), sample=turns, reset=False, rtol=1e-10).require()
    v = float(start[0, field.states.index(field.voltage)])
    found = _measured(field, run.states, turns, {**rule, "which": 0}, level, None, v)
    at = with_unit(field, name, float(field.values[field.index(name)]))
    status = f"one of its regular firing at {at}, every {cycle.period:.6g} ms; no rest, so no refractory periods"
    return replace(found, status="; ".join(part for part in (status, found.status) if part))


def _measured(
    field: VectorField, states: Any, sample: Array, rule: Mapping[str, Any], level: Any, base: float | None, own: float
) -> ActionPotential:
    voltage = field.voltage
    v: NDArray[np.float64] = field.shown(voltage, states[0, field.states.index(voltage)])
    least = field.shown(voltage, own if level is None else float(field.read(voltage, level)))
    bottom = None if base is None else field.shown(voltage, base)
    return measured(sample, v, unit=field.unit_name(voltage), level=least, base=bottom, **rule)
