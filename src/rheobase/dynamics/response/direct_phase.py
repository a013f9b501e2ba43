r"""The phase response measured: the simulated model is pushed at each phase, and the shift of a late spike is read.

Pushes up and down by :math:`\epsilon` and by :math:`\epsilon/2` give

.. math::
    Z_\epsilon = \frac{\Delta(\epsilon) - \Delta(-\epsilon)}{2\epsilon} = Z + O(\epsilon^2),\qquad
    Z \approx \frac{4 Z_{\epsilon/2} - Z_\epsilon}{3}

and :math:`|Z_{\epsilon/2} - Z_\epsilon|` is three times the second-order term that is taken out.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.spiking import spiking
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.dynamics.response.phase_cycle import Followed, PhaseCycle, Smooth
from rheobase.errors import ModelError

if TYPE_CHECKING:
    from rheobase.dynamics.response.phase_response import PhaseResponse

Array = NDArray[np.float64]

_PUSH = 1e-3  # of the range of the voltage, and of the push that would shift a spike by a period
_LEFT = 1e-9  # of a push, when the spike is read
_PERIODS = (4, 400)
_CLOSE = 0.05


def pushed(result: PhaseResponse, size: float | None, throw: bool) -> PhaseResponse:
    """The response by pushes of the voltage, at the phases of the adjoint one.

    Raises
    ------
    ModelError
        With ``throw``, if it is not within a twentieth of the adjoint solution.
    """
    cycle, field = result.cycle, result.cycle.field
    times, states = result.times_ms, result.states / np.array([field.shown(name, 1.0) for name in field.states])
    at = field.states.index(field.voltage)
    if size is None:
        steepest = float(np.max(np.abs(result.adjoint))) * field.shown(field.voltage, 1.0)
        size = _PUSH * min(float(np.ptp(states[:, at])), result.period_ms / steepest)
    if not size > 0.0:
        raise ModelError("the push has to be positive")
    pushes = size * np.array([1.0, -1.0, 0.5, -0.5])
    rows = np.repeat(states, len(pushes), axis=0)
    rows[:, at] += np.tile(pushes, len(times))
    shifts = _advances(cycle, rows, np.repeat(times, len(pushes))).reshape(-1, len(pushes))
    coarse, fine = (shifts[:, 0] - shifts[:, 1]) / (2 * size), (shifts[:, 2] - shifts[:, 3]) / size
    unit = field.shown(field.voltage, 1.0)
    measured, error = (4.0 * fine - coarse) / 3.0 / unit, np.abs(fine - coarse) / unit
    adjoint = result.adjoint
    away = float(np.max(np.abs(measured - adjoint)) / np.max(np.abs(adjoint)))
    shown, name = field.shown(field.voltage, size), field.unit_name(field.voltage)
    status = (
        f"pushes of {shown:.3g}{'' if name == '1' else ' ' + name} at {len(times)} phases of the simulated "
        f"{cycle.what}; {away:.2g} of the maximum is the largest deviation from the adjoint solution"
    )
    if throw and not away < _CLOSE:
        raise ModelError(
            f"{status}; a smaller push may help, or the threshold is grazed; throw=False returns what was measured"
        )
    share = float(np.maximum(-measured, 0.0).sum() / np.abs(measured).sum())
    from rheobase.dynamics.response.phase_response import TYPE_TWO

    return replace(
        result, response=measured, error=error, method="direct", agreement=away, status=status, negative_share=share,
        kind="type II" if share > TYPE_TWO else "type I",
    )  # fmt: skip


def _advances(cycle: PhaseCycle, rows: Array, times: Array) -> Array:
    """By how much (ms) late spikes come earlier than without the push, for states at times after a spike."""
    period = cycle.period
    left = max(cycle.multiplier, 1e-12)
    periods = _PERIODS[1] if left >= 1.0 else math.ceil(math.log(_LEFT) / math.log(left)) + 1
    periods = min(max(periods, _PERIODS[0]), _PERIODS[1])
    field, parameters = _with_threshold(cycle)
    rows, waited = _after_pause(cycle, rows, times)
    run = trajectories(
        field, rows, parameters, duration=(periods + 2) * period, stop_after=periods, rtol=1e-10
    ).require()
    if any(not len(spikes) for spikes in run.spikes):
        raise ModelError("a push ends the firing; the cycle is only barely stable, so choose a smaller push")
    last = np.array([spikes[-1] for spikes in run.spikes])
    late = last + waited - (period - times)
    return -(np.mod(late + 0.5 * period, period) - 0.5 * period)


def _with_threshold(cycle: PhaseCycle) -> tuple[VectorField, Array]:
    """The field and its parameters, with the middle of the oscillation as a threshold where it has none of its own."""
    field = cycle.field
    if not isinstance(cycle, Smooth | Followed) or cycle.crosses:
        return field, field.values
    low, high = cycle.range
    bare = field.neuron.with_(threshold=None, refractory=None)
    known = dict(zip(field.parameters, field.values.tolist(), strict=True))
    leveled = spiking(VectorField(bare, np.array([known[name] for name in bare.parameters])))
    extra = next(name for name in leveled.parameters if name not in known)
    return leveled, leveled.at(**{extra: 0.5 * (low + high)})


def _after_pause(cycle: PhaseCycle, rows: Array, times: Array) -> tuple[Array, Array]:
    """Rows in their refractory time are carried to its end; how long that took, ms."""
    waited = np.where(times < cycle.pause, cycle.pause - times, 0.0)
    held = np.flatnonzero(waited > 0.0)
    if not len(held) or not cycle.moving.any():
        return rows, waited
    from scipy.integrate import solve_ivp

    rows = rows.copy()
    for k in held:
        run = solve_ivp(
            lambda t, x: cycle.moving * cycle.field.rhs(x), (0.0, waited[k]), rows[k], method="DOP853", rtol=1e-12,
            atol=1e-14,
        )  # fmt: skip
        rows[k] = run.y[:, -1]
    return rows, waited
