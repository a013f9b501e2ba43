"""Frequencies as a user gives them: plain numbers in Hz, or quantities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.units import Hz, UnitError, internal

Array = NDArray[np.float64]


def hertz_row(value: Any) -> Array:
    """As a flat array in Hz.

    Raises
    ------
    ModelError
        If they are not one row of finite numbers, none negative.
    UnitError
        If they are quantities, but no frequencies.
    """
    found = np.atleast_1d(hertz(value))
    if found.ndim > 1 or found.size == 0:
        raise ModelError("frequencies must be one row of numbers in Hz, at least one")
    return found


def hertz(value: Any) -> Array:
    """The same in its own shape."""
    if isinstance(value, list | tuple) and any(isinstance(part, str) for part in value):
        return np.array([hertz(part) for part in value])
    try:
        found = np.asarray(value, float)
    except (TypeError, ValueError):
        try:
            found = np.asarray(internal(value, Hz.dimension, "frequencies"), float) * 1e3
        except UnitError as reason:
            raise UnitError(f"frequencies: {reason}") from None
    if not np.all(np.isfinite(found)) or np.any(found < 0.0):
        raise ModelError("frequencies must be one row of numbers in Hz, finite and not negative")
    return found
