r"""Conductance synapses by the effective time constant: a membrane whose leak, mean and noise depend on the rates.

A conductance of mean ``G_k`` (in units of the leak it adds to ``dv/dt``, 1/ms) and reversal ``E_k`` gives

    1/tau_eff = 1/tau_m + sum G_k,      Vbar = tau_eff [v_rest/tau_m + sum G_k E_k + currents],
    sigma**2 = tau_eff sum R_k <a_k**2> (E_k - Vbar)**2,

with ``R`` spikes a ms that each add ``a`` to the leak in all (``a = g tau_s/C``): the driving force of the
*fluctuations* is frozen at the mean ``Vbar`` of the free membrane (Burkitt 2001, Biol Cybern 85:247; Shelley et al.
2002, J Comput Neurosci 13:93; Richardson 2004, Phys Rev E 69:051918, eqs. 22-26; Richardson & Gerstner 2005, Neural
Comput 17:923). Left out is the multiplicative part of the noise, smaller by ``sigma/(E - Vbar)``.

A neuron with a nonlinear drift gets ``-L (v - Vbar)`` added to it, ``L = sum G``; there ``Vbar`` is that of the
membrane linearised at its rest without input, so that what is reported as its ``mu`` counts from ``Vbar``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.population.input.channel import Channel
from rheobase.population.neuron.drift import Drift, Loaded
from rheobase.population.neuron.membrane import Membrane, NotCovered

Array = NDArray[np.float64]

_NEAR = 1e-5  # step of the slope at rest, in units of the distance from reset to threshold


@dataclass(frozen=True)
class Linear:
    """A membrane near its rest: the rest (mV), and the time constant of small deviations (ms)."""

    rest: float
    tau: float


@dataclass(frozen=True)
class Held:
    """A membrane under constant conductances: itself, its free mean (mV), its linear time constant (ms), and the leak
    that the conductances add (1/ms).
    """

    membrane: Membrane
    voltage: float
    tau: float
    leak: float


def held(m: Membrane, current: float, heard: Sequence[tuple[Channel, float]]) -> Held:
    """A membrane at these rates.

    Parameters
    ----------
    m
        The membrane by itself.
    current
        What currents of any kind add to ``dv/dt`` on average, mV/ms.
    heard
        Its channels, each with its presynaptic rate (kHz).
    """
    near = linear(m)
    gates = [(c.leak * c.in_degree * rate, c.reversal) for c, rate in heard if c.reversal is not None]
    leak = sum(gate for gate, _ in gates)
    if not 1.0 / near.tau + leak > 0.0:
        raise NotCovered(
            "the mean of a conductance is so negative that nothing is left of the leak; conductances have positive "
            "weights, and inhibit by their reversal potential"
        )
    force = sum(gate * (reversal - near.rest) for gate, reversal in gates)
    tau = 1.0 / (1.0 / near.tau + leak)
    voltage = near.rest + tau * (current + force)
    drift = None if m.drift is None else Loaded(m.interval, leak, voltage)
    loaded = replace(m, tau_m=1.0 / (1.0 / m.tau_m + leak), drift=drift)
    return Held(loaded, voltage, tau, leak)


@lru_cache(maxsize=64)
def _linear_of(drift: Drift | Loaded, reset: float, threshold: float) -> Linear | None:
    return rest_of(drift, reset, threshold)


def rest_of(drift: Callable[[Any], Any], reset: float, threshold: float) -> Linear | None:
    """The lowest stable rest below the threshold of ``dv/dt = drift(v)``; None if there is none."""
    span = threshold - reset
    v = np.linspace(reset - 4.0 * span, threshold, 4001)
    with np.errstate(all="ignore"):
        f = drift(v)
    falls = np.flatnonzero((f[:-1] > 0.0) & (f[1:] <= 0.0))
    if not falls.size:
        return None
    low, high = float(v[falls[0]]), float(v[falls[0] + 1])
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(drift(middle)) > 0.0 else (low, middle)
    rest, h = 0.5 * (low + high), _NEAR * span
    slope = float(drift(rest + h) - drift(rest - h)) / (2.0 * h)
    return Linear(rest, -1.0 / slope) if slope < 0.0 else None


def linear(m: Membrane) -> Linear:
    """The membrane near its rest without input: itself, for a leaky one.

    Raises
    ------
    NotCovered
        If it has no rest.
    """
    if m.drift is None:
        return Linear(m.v_rest, m.tau_m)
    found = _linear_of(m.drift, m.v_reset, m.v_th)
    if found is None:
        raise NotCovered(
            "conductance synapses need a membrane that rests without input, at whose mean voltage the driving force "
            "is taken; this one has no rest below its threshold. Use current synapses, or simulate it"
        )
    return found
