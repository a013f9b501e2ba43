r"""What delayed and filtered rates make of the mean and the variance of an input, step by step.

A channel hears ``x(t) = <r(t - d)>``, the rate of its source a delay ago, averaged over its delays; rates are linear
between the ends of steps. A synapse of time constant ``tau_s`` makes of it

    tau_s y' = x - y                                              for the mean,
    tau_s u' = x - u,   (tau_s/2) w' = u - w                      for the noise intensity,

solved exactly for an ``x`` (and a ``u``) that is linear in a step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


class Channels(NamedTuple):
    """Connections between populations.

    Attributes
    ----------
    post, pre : (channels,)
        Populations.
    mean, variance : (channels,)
        What a unit of rate adds to mean and variance of the input.
    tau_s : (channels,)
        0 for an instantaneous synapse.
    start : (channels + 1,)
        Where the lags of each channel begin in ``lag`` (steps) and ``weight``.
    """

    post: Whole
    pre: Whole
    mean: Array
    variance: Array
    tau_s: Array
    start: Whole
    lag: Whole
    weight: Array

    @property
    def longest(self) -> int:
        """The longest lag, in steps."""
        return int(np.max(self.lag, initial=0))

    @property
    def immediate(self) -> bool:
        """Whether a rate acts within its own step."""
        return bool(np.any(self.lag == 0))


def lags_of(delays: Array, weights: Array, dt: float) -> tuple[Whole, Array]:
    """Lags in steps and their weights; a delay between two steps is shared by both, in proportion."""
    steps = np.asarray(delays, float) / dt
    nearest = np.round(steps)
    steps = np.where(np.abs(steps - nearest) < 1e-9 * np.maximum(nearest, 1.0), nearest, steps)
    whole = np.floor(steps).astype(np.int64)
    rest = steps - whole
    shares = np.bincount(whole, weights * (1.0 - rest), minlength=int(whole.max()) + 2)
    shares[: int(whole.max()) + 2] += np.bincount(whole + 1, weights * rest, minlength=shares.size)
    used = np.flatnonzero(shares).astype(np.int64)
    return used, np.asarray(shares[used], float)


@kernel
def heard(channels, channel, rates, column):
    """``x`` at the end of the step that ends at a column of ``rates``."""
    total = 0.0
    source = rates[channels.pre[channel]]
    for k in range(channels.start[channel], channels.start[channel + 1]):
        total += channels.weight[k] * source[column - channels.lag[k]]
    return total


@kernel
def _filtered(y, x0, slope, t, tau):
    """``y`` a time later, for an input ``x0 + slope t``."""
    return x0 + slope * (t - tau) + (y - x0 + slope * tau) * np.exp(-t / tau)


@kernel
def listen(channels, state, rates, column, dt, middle, mean, variance, after):
    """Add every channel's part to mean and variance at the start, at ``middle dt`` and at the end of a step.

    Parameters
    ----------
    channels
        `Channels`.
    state, after : (channels, 3)
        ``y, u, w`` at the start; and, written, at the end.
    rates : (populations, columns)
        The step goes from ``column`` to the next one.
    mean, variance : (populations, 3)
        Added to.
    """
    for c in range(channels.post.size):
        x0, x1 = heard(channels, c, rates, column), heard(channels, c, rates, column + 1)
        slope, tau, post = (x1 - x0) / dt, channels.tau_s[c], channels.post[c]
        if tau == 0.0:
            for k, t in ((0, 0.0), (1, middle * dt), (2, dt)):
                mean[post, k] += channels.mean[c] * (x0 + slope * t)
                variance[post, k] += channels.variance[c] * (x0 + slope * t)
            continue
        y, u, w = state[c, 0], state[c, 1], state[c, 2]
        u_end = _filtered(u, x0, slope, dt, tau)
        u_slope = (u_end - u) / dt
        for k, t in ((0, 0.0), (1, middle * dt), (2, dt)):
            mean[post, k] += channels.mean[c] * _filtered(y, x0, slope, t, tau)
            variance[post, k] += channels.variance[c] * _filtered(w, u, u_slope, t, 0.5 * tau)
        after[c, 0], after[c, 1] = _filtered(y, x0, slope, dt, tau), u_end
        after[c, 2] = _filtered(w, u, u_slope, dt, 0.5 * tau)
