"""The door of the lenses on a neuron: results are numbers in the units that the equations declare, and so are plain
numbers given.

A declared unit that is a bare SI name (``volt``, ``amp``) only says the dimension; such names are shown in the field's
own units (mV, pA).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.model.network import nearest
from rheobase.model.neuron import Neuron
from rheobase.units import Quantity, Unit, internal, natural_unit, parse_quantity

_BARE = frozenset({"volt", "amp", "ampere", "siemens", "farad", "second", "hertz", "Hz", "ohm", "metre", "meter"})


def shown_unit(neuron: Neuron, name: str) -> Unit:
    """The unit in which a state or parameter is shown."""
    if name in neuron.equations and neuron.equations[name].unit.name not in _BARE:
        return neuron.equations[name].unit
    return natural_unit(neuron.equations.dimension_of(name))


def shown(neuron: Neuron, name: str, values: Any) -> Any:
    """Internal numbers in the unit of `shown_unit`."""
    scaled = np.asarray(values, dtype=float) / shown_unit(neuron, name).scale
    return float(scaled) if scaled.ndim == 0 else scaled


def read(neuron: Neuron, name: str, value: Any) -> Any:
    """A user's value in internal units: a quantity, a text such as "10 mV", or numbers in the unit of `shown_unit`.

    Raises
    ------
    UnitError
        If it has another dimension.
    ModelError
        If it is not finite.
    """
    if name not in neuron.states and name not in neuron.parameters:
        raise ModelError(
            f"there is no state or parameter '{name}'{nearest(name, [*neuron.states, *neuron.parameters])}"
        )
    unit = shown_unit(neuron, name)
    if isinstance(value, list | tuple):
        return np.array([read(neuron, name, part) for part in value])
    if isinstance(value, str):
        value = parse_quantity(value)
    if isinstance(value, Unit):
        value = Quantity(value.scale, value.dimension, value)
    if isinstance(value, int | float | np.ndarray | np.number):
        value = np.asarray(value, dtype=float) * unit.scale
        number = value if value.ndim else float(value)
    else:
        number = internal(value, unit.dimension, name)
    if not np.all(np.isfinite(number)):
        raise ModelError(f"{name} has to be finite, but {value} was given")
    return number
