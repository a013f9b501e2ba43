r"""A plane through the state space: two variables move, and the others follow or there are none.

Every function takes points (2, k) of the plane in internal units, x in the first row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField

Array = NDArray[np.float64]

_STEPS = 60


@dataclass(frozen=True, eq=False)
class Section:
    r"""The two equations of x and y, with the other states at their steady state for this x and y.

    With others :math:`o(x, y)` from :math:`f_o(x, y, o) = 0`, the flow in the plane is :math:`f_x(x, y, o(x, y))` and
    :math:`f_y(x, y, o(x, y))`; its zeros are the equilibria of the whole model.
    """

    field: VectorField
    x: str
    y: str

    @cached_property
    def pair(self) -> list[int]:
        """Where x and y stand among the states."""
        return [self.field.states.index(self.x), self.field.states.index(self.y)]

    @cached_property
    def others(self) -> list[int]:
        """Where the states that follow stand."""
        return [at for at in range(self.field.n) if at not in self.pair]

    def lift(self, points: Array) -> Array:
        """The whole states (n, k); not a number where the others have no steady state that can be found."""
        states = np.empty((self.field.n, points.shape[1]))
        states[self.pair] = points
        if self.others:
            states[self.others] = self.field.start[self.others][:, None]
            self._settle(states)
        return states

    def _settle(self, states: Array) -> None:
        """Newton's method for the others, all points at once; a step that makes things worse is halved."""
        o = self.others
        block = np.ix_(o, o)
        left = self.field.rhs(states)[o]
        size = np.ones(states.shape[1])
        for _ in range(_STEPS):
            slopes = np.moveaxis(self.field.jacobian(states)[block], -1, 0)
            step = _solved(slopes, left.T).T
            trial = states.copy()
            trial[o] -= size * step
            there = self.field.rhs(trial)[o]
            better = np.abs(there).sum(axis=0) <= np.abs(left).sum(axis=0)
            states[:, better], left[:, better] = trial[:, better], there[:, better]
            size = np.where(better, np.minimum(1.0, 2.0 * size), 0.5 * size)
            small = np.all(np.abs(step) <= 1e-14 * (np.abs(states[o]) + 1e-3), axis=0)
            if np.all(small | (size < 1e-6)):
                break
        lost = ~np.all(np.abs(step) <= 1e-9 * (np.abs(states[o]) + 1e-3), axis=0)
        states[np.asarray(o)[:, None], np.flatnonzero(lost)] = np.nan

    def values(self, points: Array) -> Array:
        """The flow (2, k)."""
        return self.field.rhs(self.lift(points))[self.pair]

    def slopes(self, points: Array) -> Array:
        """The Jacobian (2, 2, k) of `values`; that of the others enters by the implicit function theorem."""
        all_ = self.field.jacobian(self.lift(points))
        direct = all_[np.ix_(self.pair, self.pair)]
        if not self.others:
            return direct
        inner = np.moveaxis(all_[np.ix_(self.others, self.others)], -1, 0)
        driven = np.moveaxis(all_[np.ix_(self.others, self.pair)], -1, 0)
        follow = _solved(inner, driven)
        return direct - np.einsum("iok,koj->ijk", all_[np.ix_(self.pair, self.others)], follow)


def _solved(matrices: Array, right: Array) -> Array:
    """Solutions of many small systems; not a number where a matrix is singular or has no numbers."""
    stacked = right if right.ndim == 3 else right[..., None]
    result = np.full(stacked.shape, np.nan)
    good = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
    good[good] = np.abs(np.linalg.det(matrices[good])) > 0.0
    if good.any():
        result[good] = np.linalg.solve(matrices[good], stacked[good])
    return result if right.ndim == 3 else result[..., 0]
