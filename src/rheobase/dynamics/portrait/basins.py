"""Basins of attraction: where the orbits of a plane end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.fixed_points import Equilibrium
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.portrait.limit_cycles import Cycle
from rheobase.dynamics.portrait.window import Window

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

#: Ends that are no equilibrium and no cycle of the flow; the numbers of the others are not negative.
FIRES, SPIKES_FIRST, ESCAPES, UNDECIDED = -1, -2, -3, -4
WORDS = {
    FIRES: "fires repetitively",
    SPIKES_FIRST: "fires, then rests",
    ESCAPES: "grows without bound",
    UNDECIDED: "undecided",
}

_AT = 1e-3
_COARSE, _FINER = 36, 3
_MORE = (1.0, 3.0, 10.0)
_TOLERANCE = 1e-6
_STEPS = 20_000  # in the first round; later ones are longer, and have more
_FAR = 30.0  # widths of the window: who needs that many steps and is that far out does not come back


@dataclass(frozen=True, eq=False)
class Basins:
    """Which end every start in a plane has.

    Attributes
    ----------
    x, y
        Starts (m,), in shown units: the middles of the cells of a grid.
    labels
        (m, m) with y as the row: numbers into ``names``.
    names
        What the ends are called.
    """

    x: Array
    y: Array
    labels: Labels
    names: tuple[str, ...]

    @property
    def shares(self) -> dict[str, float]:
        """The part of the window from which each end is reached."""
        return {name: float(np.mean(self.labels == at)) for at, name in enumerate(self.names)}

    def of(self, x: float, y: float) -> str:
        """Where a start goes, in shown units; that of the nearest start of the grid."""
        return self.names[self.labels[np.argmin(np.abs(self.y - y)), np.argmin(np.abs(self.x - x))]]


@dataclass(frozen=True, eq=False)
class Ends:
    """The possible ends of orbits, and how long (ms) it takes to tell them apart."""

    field: VectorField
    points: Sequence[Equilibrium]
    cycles: Sequence[Cycle]
    window: Window
    duration: float

    def of(self, starts: Array) -> tuple[Labels, Array]:
        """The end of each start (n, k), and the last states (n, k).

        The number of an equilibrium, that of a cycle after them, or one of `WORDS`. Those that have not arrived are
        followed for longer.
        """
        labels, finals = np.full(starts.shape[1], UNDECIDED), starts.copy()
        fired = np.zeros(starts.shape[1], dtype=bool)
        for times in _MORE:
            open_ = np.flatnonzero(labels == UNDECIDED)
            if not len(open_):
                break
            labels[open_], finals[:, open_], fired[open_] = self._followed(finals[:, open_], fired[open_], times)
        return labels, finals

    def _followed(
        self, starts: Array, fired: NDArray[np.bool_], times: float
    ) -> tuple[Labels, Array, NDArray[np.bool_]]:
        from rheobase.dynamics.orbits.trajectory import trajectories

        resets, duration = self.field.neuron.has_reset, times * self.duration
        known = np.all(np.isfinite(starts), axis=0)
        labels, finals = np.full(starts.shape[1], UNDECIDED), starts.copy()
        if not known.any():
            return labels, finals, fired
        run = trajectories(
            self.field, starts[:, known].T, duration=duration, rtol=_TOLERANCE, reset=resets, most=int(times * _STEPS)
        )  # fmt: skip
        finals[:, known] = run.final.T
        ends = self._nearest(run.final.T)
        if resets:
            late = [bool(len(times)) and times[-1] > 0.5 * duration for times in run.spikes]
            fired[known] |= np.array([len(times) > 0 for times in run.spikes])
            ends = np.where(late, FIRES, np.where((ends >= 0) & fired[known], SPIKES_FIRST, ends))
        far = np.array([self.window.outside(state) > _FAR for state in run.final])
        labels[known] = np.where(run.failed & (~run.unfinished | far), ESCAPES, ends)
        return labels, finals, fired

    def _nearest(self, states: Array) -> Labels:
        """The stable equilibrium or cycle that a state has reached."""
        ends = np.full(states.shape[1], UNDECIDED)
        for at, point in enumerate(self.points):
            if point.stable:
                ends[self.window.distances(states, point.point) < _AT] = at
        for at, cycle in enumerate(self.cycles):
            if cycle.stable:
                left = np.flatnonzero(ends == UNDECIDED)
                near = [self.window.to_curve(states[:, k], cycle.states) < 3 * _AT for k in left]
                ends[left[np.array(near, dtype=bool)]] = len(self.points) + at
        return ends


def fill(ends: Ends) -> Labels:
    """The ends of a grid of starts: coarse cells everywhere, fine ones where neighbours differ; rows are y."""
    window = ends.window
    coarse = ends.of(window.section.lift(window.grid(_COARSE)))[0].reshape(_COARSE, _COARSE)
    fine = np.repeat(np.repeat(coarse, _FINER, axis=0), _FINER, axis=1)
    padded = np.pad(coarse, 1, mode="edge")
    around = np.stack([padded[i : i + _COARSE, j : j + _COARSE] for i in range(3) for j in range(3)])
    mixed = np.repeat(np.repeat(np.any(around != coarse, axis=0), _FINER, axis=0), _FINER, axis=1)
    if mixed.any():
        starts = window.grid(_COARSE * _FINER)[:, mixed.ravel()]
        fine[mixed] = ends.of(window.section.lift(starts))[0]
    return fine


def basins(ends: Ends, names: Sequence[str]) -> Basins:
    """The basins with the names of equilibria and cycles, in shown units."""
    labels = fill(ends)
    window, section = ends.window, ends.window.section
    middles = (np.arange(len(labels)) + 0.5) / len(labels)
    x, y = (low + span * middles for low, span in zip(window.low, window.span, strict=True))
    used = sorted(set(labels.ravel().tolist()), key=lambda end: (end < 0, abs(end)))
    numbers = np.searchsorted(np.sort(used), labels)
    order = np.array([used.index(end) for end in sorted(used)])
    return Basins(
        x=section.field.shown(section.x, x), y=section.field.shown(section.y, y), labels=order[numbers],
        names=tuple(names[end] if end >= 0 else WORDS[end] for end in used),
    )  # fmt: skip
