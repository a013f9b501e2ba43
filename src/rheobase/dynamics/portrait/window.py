"""The part of a plane that a phase portrait shows, and what lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.portrait.section import Section

Array = NDArray[np.float64]
Limits = tuple[tuple[float, float], tuple[float, float]]

_MARGIN = 0.25


@dataclass(frozen=True, eq=False)
class Window:
    """Limits of x and y in internal units.

    ``threshold`` is the value of the voltage at which a reset acts, None where there is none or it is no plain bound.
    """

    section: Section
    limits: Limits
    threshold: float | None = None

    @cached_property
    def low(self) -> Array:
        return np.array([low for low, _ in self.limits])

    @cached_property
    def span(self) -> Array:
        return np.array([high - low for low, high in self.limits])

    @cached_property
    def below(self) -> Array:
        """The width of the part of the window that lies below the threshold."""
        span = self.span.copy()
        for at, name in enumerate((self.section.x, self.section.y)):
            if self.threshold is not None and name == self.section.field.voltage:
                span[at] = np.clip(self.threshold - self.low[at], 0.0, span[at])
        return span

    @cached_property
    def scale(self) -> Array:
        """The width of every state of the model: of the window for x and y; the others are not measured."""
        scale = np.full(self.section.field.n, np.inf)
        scale[self.section.pair] = self.span
        return scale

    @cached_property
    def _voltage(self) -> int:
        return self.section.field.states.index(self.section.field.voltage)

    def outside(self, state: Array) -> float:
        """Positive for a state that lies out of the window by more than a quarter of its size."""
        return float(np.max(np.abs((state[self.section.pair] - self.low) / self.span - 0.5))) - 0.5 - _MARGIN

    def above(self, state: Array) -> float:
        """Positive for a state beyond the threshold."""
        return -1.0 if self.threshold is None else float(state[self._voltage]) - self.threshold

    def distance(self, state: Array, other: Array) -> float:
        """How far two states are from each other in the plane, as a fraction of the window."""
        return float(np.max(np.abs((state - other)[self.section.pair] / self.span)))

    def distances(self, states: Array, other: Array) -> Array:
        """`distance` of many states (n, k) from one."""
        pair = self.section.pair
        return np.max(np.abs((states[pair] - other[pair][:, None]) / self.span[:, None]), axis=0)

    def to_curve(self, state: Array, curve: Array) -> float:
        """How far a state is from a polygon (n, k) in the plane, as a fraction of the window."""
        pair = self.section.pair
        corners = (curve[pair].T - state[pair]) / self.span
        sides = np.diff(corners, axis=0)
        length = np.maximum((sides**2).sum(axis=1), 1e-300)
        along = np.clip(-(corners[:-1] * sides).sum(axis=1) / length, 0.0, 1.0)
        return float(np.hypot(*(corners[:-1] + along[:, None] * sides).T).min())

    def grid(self, size: int) -> Array:
        """The middles (2, size * size) of the cells of a grid, row by row with x running fastest."""
        middles = (np.arange(size) + 0.5) / size
        x, y = np.meshgrid(*(low + span * middles for low, span in zip(self.low, self.span, strict=True)))
        return np.stack([x.ravel(), y.ravel()])
