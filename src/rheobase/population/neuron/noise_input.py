"""What a user gives as mean input and noise strength: quantities, or numbers in the unit of the membrane state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read, shown_unit
from rheobase.population.neuron.membrane import Membrane

Array = NDArray[np.float64]

_NEGATIVE = "sigma must not be negative: it is the strength of the noise; 0 means none"


def inputs(neuron: Neuron, voltage: str, mu: Any, sigma: Any) -> tuple[tuple[int, ...], Array, Array]:
    """Both as flat arrays of one length (internal units), and their shape.

    Raises
    ------
    ModelError
        If they do not broadcast, or ``sigma`` is negative.
    """
    shape, mean, spread = _flat(neuron, voltage, mu, sigma)
    if np.any(spread < 0.0):
        raise ModelError(_NEGATIVE)
    return shape, mean, spread


def inputs_one_by_one(neuron: Neuron, voltage: str, mu: Any, sigma: Any) -> tuple[tuple[int, ...], Array, Array]:
    """The same, but that a bad element does not spoil the others: where ``sigma`` is negative it is nan.

    Raises
    ------
    ModelError
        If they do not broadcast, or there is no element that could be used.
    """
    shape, mean, spread = _flat(neuron, voltage, mu, sigma)
    if mean.size and np.all(spread < 0.0):
        raise ModelError(_NEGATIVE)
    spread = np.where(spread < 0.0, np.nan, spread)
    if mean.size and not np.any(np.isfinite(mean + spread)):
        raise ModelError("mu and sigma must be finite numbers, and here no element is")
    return shape, mean, spread


def _flat(neuron: Neuron, voltage: str, mu: Any, sigma: Any) -> tuple[tuple[int, ...], Array, Array]:
    found = [_read(neuron, voltage, value) for value in (mu, sigma)]
    try:
        mean, spread = np.broadcast_arrays(*found)
    except ValueError:
        shapes = " and ".join(str(x.shape) for x in found)
        raise ModelError(f"mu and sigma have shapes {shapes}, which do not broadcast; give them one shape") from None
    return mean.shape, mean.ravel().astype(float), spread.ravel().astype(float)


def one_input(neuron: Neuron, m: Membrane, mu: Any, sigma: Any) -> tuple[float, float, float]:
    """One mean and one noise strength with the neuron's own noise (internal units), and the unit's size.

    Raises
    ------
    ModelError
        If there are several, or one is not finite.
    """
    shape, mean, spread = inputs(neuron, m.voltage, mu, sigma)
    if shape not in ((), (1,)):
        raise ModelError(f"give one mu and one sigma, not {mean.size}")
    if not np.isfinite(mean[0] + spread[0]):
        raise ModelError(f"mu and sigma must be finite, not {mean[0]:g} and {spread[0]:g}")
    total = float(np.hypot(spread[0], np.sqrt(m.tau_m) * m.noise))
    return float(mean[0]), total, shown_unit(neuron, m.voltage).scale


def _read(neuron: Neuron, voltage: str, value: Any) -> Array:
    parts = value if isinstance(value, list | tuple) else [value]
    if all(isinstance(part, int | float | np.number | np.ndarray) for part in parts):
        return np.asarray(value, float) * shown_unit(neuron, voltage).scale
    return np.asarray(read(neuron, voltage, value), float)
