r"""The states of a network that hang together: followed while the strength of its recurrent coupling changes.

The self-consistent rates ``rate = Phi(gain * rate)`` of a network whose neurons hear ``gain`` times the spikes form
curves. At ``gain = 0`` there is one state; a curve that folds passes ``gain = 1`` several times, and each time is a
state of the network itself: those between two stable ones, which no iteration reaches, among them (Keller 1977).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.continuation import trace
from rheobase.population.input.statistics import InputMap
from rheobase.population.states.fixed_points import FEW, rates_and_slopes
from rheobase.population.states.leaky_gain import leaky_along_gain

Array = NDArray[np.float64]

_STRONGEST = 4.0
_MOST = 600


def highest_rates(maps: InputMap) -> Array:
    """Rates (kHz) that no neuron exceeds in earnest: one spike a refractory time, or ten a membrane time constant."""
    return 1.0 / np.maximum(maps.column("t_ref"), 0.1 * maps.column("tau_m"))


def along_gain(maps: InputMap, start: Array) -> list[Array]:
    """The states (kHz) at gain 1 on the curve through the state ``start``."""
    if maps.leaky is not None and start.size <= FEW:
        return leaky_along_gain(maps.leaky, start, 0.1 * highest_rates(maps), _STRONGEST, _MOST)
    return any_along_gain(maps, start)


def any_along_gain(maps: InputMap, start: Array) -> list[Array]:
    """The same for any neurons and synapses, and any number of populations."""
    n, top = start.size, highest_rates(maps)

    def residual(u: Array) -> Array:
        return rates_and_slopes(maps, max(u[-1], 0.0) * np.maximum(u[:n], 0.0))[0] - u[:n]

    def jacobian(u: Array) -> Array:
        rates = np.maximum(u[:n], 0.0)
        slopes = rates_and_slopes(maps, max(u[-1], 0.0) * rates)[1]
        return np.column_stack([u[-1] * slopes - np.eye(n), slopes @ rates])

    scale = np.append(0.1 * top, 1.0)
    found = []
    for way in (1.0, -1.0):
        curve = trace(
            residual,
            jacobian,
            np.append(start, 1.0),
            np.append(np.zeros(n), way),
            scale=scale,
            lower=np.append(np.full(n, -np.inf), 0.0),
            upper=np.append(1.5 * top, _STRONGEST),
            tests={"gain": lambda u, _: u[-1] - 1.0},
            largest=0.2,
            most=_MOST,
        )
        found += [np.maximum(event.point[:n], 0.0) for event in curve.events]
    return found
