"""Whether neurons fire on, watched no longer than it takes to know: each row by itself, and most of them early."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.spiking import Firing, fire, firing, polish
from rheobase.dynamics.orbits.trajectory import Trajectories

Array = NDArray[np.float64]

#: The first look: this part of the time, and at most so many spikes.
_PART, _FEW = 0.25, 16
#: Distances relative to the size of a state: of states after spikes that are the same, of those that are near enough to
#: look at their limit, of a state from the cycle that it converges on, and from an equilibrium that holds it.
_SAME, _NEAR, _LIMIT, _AT_REST = 1e-6, 1e-3, 1e-4, 3e-4
_SMALL = 1e-2


def watch(
    field: VectorField,
    starts: ArrayLike,
    *,
    duration: float,
    parameter: str,
    values: Array,
    enough: int,
    **options: Any,
) -> Firing:
    """`firing` within ``duration`` ms, or until ``enough`` spikes, for each value of a parameter.

    Rows whose first few spikes have converged on a periodic orbit fire on, and rows that have reached a stable
    equilibrium do not; only the others are followed to the end.
    """
    begin = np.broadcast_to(np.asarray(starts, dtype=float), (len(values), field.n))
    if field.neuron.threshold is None:
        return _followed(field, begin, duration, parameter, values, enough, options)[1]
    few = min(_FEW, enough)
    run, found = _followed(field, begin, _PART * duration, parameter, values, few, options)
    turns = np.array([spikes_a_turn(after) for after in run.after])
    merged = {part.name: getattr(found, part.name).copy() for part in fields(Firing)}
    for row in np.flatnonzero(found.sustained & (turns > 0)):  # the last turn, a whole burst, has converged furthest
        merged["period"][row] = period_of(run.spikes[row], run.after[row]) / turns[row]
    known = run.failed | (found.count >= enough) | (found.sustained & (turns > 0))
    for row in np.flatnonzero(~known & ~found.sustained):
        known[row] = rests(field, field.at(**{parameter: float(values[row])}), run.final[row])
    open_rows = np.flatnonzero(~known)
    if not open_rows.size:
        return Firing(**merged)
    later = _followed(field, begin[open_rows], duration, parameter, values[open_rows], enough, options)[1]
    for name, column in merged.items():
        column[open_rows] = getattr(later, name)
    return Firing(**merged)


def _followed(
    field: VectorField, begin: Array, duration: float, parameter: str, values: Array, enough: int, options: Any
) -> tuple[Trajectories, Firing]:
    run = fire(field, begin, duration=duration, parameter=parameter, values=values, stop_after=enough, **options)
    return run, firing(run, duration, stop_after=enough)


def spikes_a_turn(after: Array) -> int:
    """How many spikes the cycle has on which states (spikes, n) after spikes converge; 0 if they do not.

    With d the distance between states a period apart and r the ratio of the last two such distances, the limit is
    d r/(1 - r) away. Passing the ghost of a cycle that is lost by a small distance m, where d >= m + x^2 and
    1 - r = 2|x|, that stays above sqrt(m): a ghost is taken for a cycle only where m is some 1e-6 or less.
    """
    if len(after) < 4:
        return 0
    states = after / np.maximum(np.abs(after).max(axis=0), _SMALL)
    for turn in range(1, (len(after) - 1) // 3 + 1):
        moved = np.abs(states[turn:] - states[:-turn]).max(axis=1)
        several = max(turn, 2)  # a single pair may be close by chance
        near, far = (float(part.max()) for part in (moved[-several:], moved[-several - turn : -turn]))
        if max(near, far) < _SAME or (near < min(far, _NEAR) and near * near / (far - near) < _LIMIT):
            return turn
    return 0


def period_of(times: Array, after: Array) -> float:
    """The period (ms) of late firing, that of a whole burst where bursts recur; at least three spikes."""
    turn = spikes_a_turn(after)
    return float(times[-1] - times[-1 - turn]) if turn else float(np.median(np.diff(times[len(times) // 2 :])))


def rests(field: VectorField, p: Array, state: Array) -> bool:
    """Whether a state lies within the immediate neighbourhood of a stable equilibrium."""
    if not np.all(np.isfinite(state)):
        return False
    x = polish(field, p, state)
    if x is None or np.any(np.abs(x - state) > _AT_REST * np.maximum(np.abs(x), _SMALL)):
        return False
    return bool(np.linalg.eigvals(field.jacobian(x, p)).real.max() < 0)
