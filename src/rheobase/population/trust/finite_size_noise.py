"""How much the rates of populations of finitely many neurons fluctuate: one number each, for a validity report."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import Network
from rheobase.numerics.quadrature import legendre
from rheobase.population.neuron.renewal import renewal_spectrum
from rheobase.population.rhythm.modes import linearise
from rheobase.population.states.steady_state import SteadyState

Array = NDArray[np.float64]

_HIGHEST = 8.0  # in inverse windows; beyond, the spectrum is that of independent spikes to a per cent of the variance
_PANELS, _NODES = 24, 8


def relative_fluctuation(network: Network, state: SteadyState, window: float) -> Array | None:
    r"""Standard deviation of each population's rate in windows (ms), as a part of the rate.

    ``var = int S(f) sinc(f w)**2 df`` with the spectrum ``S`` of linear response, ``(1 - M)^-1 diag(C/N) (1 - M)^-H``
    (`rheobase.population.fluctuations.spectrum`): the network's own amplification is in it. None where there is no
    linear response.
    """
    rates = state.rates * 1e-3
    if not state.stable or np.any(state.sigma == 0.0) or np.any(rates <= 0.0):
        return None
    frequency, weight = _rule(state, window)
    linear = linearise(state.maps, rates)
    s = np.asarray(2j * np.pi * frequency, complex)
    given = np.array([*state.sources.values()], float) * 1e-3
    size = np.array([network[name].n for name in (*state.populations, *state.sources)], float)
    own = np.concatenate([renewal_spectrum(rates, linear.intervals(s)), np.tile(given, (s.size, 1))], axis=1) / size
    n = rates.size
    through = np.linalg.inv(np.eye(n) - linear.loop(s))
    seen = np.concatenate([through, through @ linear.inflow(s)], axis=2)
    power = np.sum(np.abs(seen) ** 2 * own[:, None, :], axis=2)
    white = rates / size[:n]
    variance = white / window + 2.0 * weight @ ((power - white) * np.sinc(frequency * window)[:, None] ** 2)
    return np.sqrt(np.maximum(variance, 0.0)) / rates


def _rule(state: SteadyState, window: float) -> tuple[Array, Array]:
    """Frequencies (kHz) and weights: panels that are narrow around the peaks of slowly decaying modes."""
    end = _HIGHEST / window
    edges = [*np.linspace(0.0, end, _PANELS + 1)]
    for mode in state.modes:
        width = abs(mode.growth_per_s) * 1e-3 / (2.0 * np.pi)
        steps = width * np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
        edges += [*(mode.frequency_hz * 1e-3 + steps), *(mode.frequency_hz * 1e-3 - steps)]
    points = np.unique(np.clip(edges, 0.0, end))
    nodes, weights = legendre(_NODES)
    half = 0.5 * np.diff(points)
    middle = 0.5 * (points[1:] + points[:-1])
    return (middle[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()
