"""Numbers that are no parameters of a neuron: plain ones are in a stated unit, quantities and texts are converted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.units import UNITS, Quantity, Unit, as_quantity, internal


def numbers(value: Any, unit: Unit | str, what: str) -> NDArray[np.float64]:
    """Finite numbers in ``unit``, of any shape.

    Parameters
    ----------
    value
        Plain numbers, taken to be in ``unit``; or a quantity or a text such as "2 s"; or a list of them.
    unit
        The unit or its name.
    what
        What the numbers are, for the message: ``the duration``.

    Raises
    ------
    ModelError
        If they are no finite numbers; a `UnitError` if they are of another dimension.

    Examples
    --------
    >>> float(numbers("2 s", "ms", "the duration")), float(numbers(5, "ms", "the duration"))
    (2000.0, 5.0)
    """
    unit = UNITS[unit] if isinstance(unit, str) else unit
    if isinstance(value, list | tuple) and any(isinstance(part, str) for part in value):
        return np.array([number(part, unit, what) for part in value])
    quantity = None if isinstance(value, bool) else as_quantity(value)
    if isinstance(quantity, Quantity):
        found = np.asarray(internal(quantity, unit.dimension, what), dtype=float) / unit.scale
    elif quantity is None:
        raise ModelError(f"{what} has to be a number in {unit.name}, or a quantity, but {value!r} was given")
    else:
        found = np.asarray(quantity, dtype=float)
    if not np.all(np.isfinite(found)):
        raise ModelError(f"{what} has to be finite, but {value!r} was given")
    return found


def number(value: Any, unit: Unit | str, what: str) -> float:
    """One finite number in ``unit``; otherwise as `numbers`."""
    found = numbers(value, unit, what)
    if found.ndim:
        raise ModelError(f"{what} has to be one number, but {value!r} was given")
    return float(found)
