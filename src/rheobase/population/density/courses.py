r"""Time courses that are constant in steps, and what an exponential synapse makes of them, in closed form.

A synapse of time constant ``tau`` turns the rate ``x(t)`` of its source into

    tau y' = x - y                        for the mean,
    tau u' = x - u,   (tau/2) w' = u - w  for the noise intensity,

as between populations (`rheobase.numerics.delayed_input`). In a step in which ``x`` is constant, with ``A`` and ``B``
from its start, ``y = u = x + A exp(-s/tau)`` and ``w = x + 2 A exp(-s/tau) + B exp(-2 s/tau)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Steps:
    """``values[k]`` from ``starts[k]`` (ms) on; the first also before, the last for ever."""

    starts: Array
    values: Array

    def at(self, t: Array) -> Array:
        """The values at these times."""
        return self.values[self._number(t)]

    def filtered(self, tau: float) -> Filtered:
        """Behind a synapse; before the first step everything has settled."""
        fade = np.exp(-np.diff(self.starts) / tau) if tau > 0.0 else np.zeros(self.starts.size - 1)
        single, double = np.zeros(self.values.size), np.zeros(self.values.size)
        for k, e in enumerate(fade):
            jump = self.values[k] - self.values[k + 1]
            single[k + 1] = jump + single[k] * e
            double[k + 1] = jump + 2.0 * single[k] * e + double[k] * e * e - 2.0 * single[k + 1]
        return Filtered(self, tau, single, double)

    def _number(self, t: Array) -> NDArray[np.int64]:
        return np.clip(np.searchsorted(self.starts, t, side="right") - 1, 0, self.values.size - 1)


@dataclass(frozen=True, eq=False)
class Filtered:
    """Steps behind a synapse; ``single`` and ``double`` are ``A`` and ``B`` of each step."""

    steps: Steps
    tau: float
    single: Array
    double: Array

    def mean(self, t: Array) -> Array:
        """``y`` at these times."""
        k, fade = self._since(t)
        return self.steps.values[k] + self.single[k] * fade

    def intensity(self, t: Array) -> Array:
        """``w`` at these times; never negative where the steps are not."""
        k, fade = self._since(t)
        return self.steps.values[k] + (2.0 * self.single[k] + self.double[k] * fade) * fade

    def _since(self, t: Array) -> tuple[NDArray[np.int64], Array]:
        """The step that a time is in, and what is left of what was there at its start."""
        k = self.steps._number(t)
        if not self.tau > 0.0:
            return k, np.zeros(t.shape)
        return k, np.exp(-np.maximum(t - self.steps.starts[k], 0.0) / self.tau)


def summed(parts: list[Steps]) -> Steps:
    """The sum of several courses."""
    starts = np.unique(np.concatenate([part.starts for part in parts]))
    return Steps(starts, np.array([part.at(starts) for part in parts]).sum(axis=0))
