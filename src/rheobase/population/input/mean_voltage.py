"""The mean voltage of a neuron that fires, and for how much of the time it is not refractory. Internal units."""

from __future__ import annotations

import numpy as np

from rheobase.numerics.quadrature import composite
from rheobase.numerics.radau import radau
from rheobase.numerics.threshold_integration import STAGES
from rheobase.population.input.conductance import rest_of
from rheobase.population.neuron.any_neuron import log_rate_of, white
from rheobase.population.neuron.membrane import Membrane


def voltage_integral(m: Membrane, mu: float, sigma: float, rate: float) -> float:
    """``integral of v P(v) dv`` over the neurons that are not refractory, mV.

    For a leaky membrane the balance of ``v`` gives ``(v_rest + mu)(1 - rate t_ref) - rate tau_m (v_th - v_reset)``,
    whatever the noise.

    Parameters
    ----------
    m
        The membrane.
    mu, sigma
        Its input, mV.
    rate
        What it fires at, kHz.
    """
    if m.drift is None:
        return (m.v_rest + mu) * (1.0 - rate * m.t_ref) - rate * m.tau_m * (m.v_th - m.v_reset)
    if sigma > 0.0:
        state = white(m, mu, sigma)
        if state is not None:
            weights = np.diff(state.points)[:, None] * radau(STAGES).weights
            return float(np.sum(weights * state.density(log_rate_of(m, state)) * state.places))
    return _noiseless(m, mu, rate)


def _noiseless(m: Membrane, mu: float, rate: float) -> float:
    def drift(v):
        return m.interval.drift(v) + mu / m.tau_m

    if rate > 0.0:
        nodes, weights = composite(200, 8)
        v = m.v_reset + (m.v_th - m.v_reset) * nodes
        return float(rate * (m.v_th - m.v_reset) * np.sum(weights * v / drift(v)))
    rest = rest_of(drift, m.v_reset, m.v_th)
    return m.v_reset if rest is None else rest.rest
