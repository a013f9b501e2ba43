"""Rates and numbers of modes as a user gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError

Array = NDArray[np.float64]


def given_rates(names: tuple[str, ...], rates: Any) -> Array:
    """Rates (Hz), one for each population, from an array or from a mapping with their names.

    Raises
    ------
    ModelError
        If there is not one finite number for each, or one is negative.
    """
    ordered, n = rates, len(names)
    if isinstance(rates, Mapping):
        if set(rates) != set(names):
            raise ModelError(f"rates must have one entry for each of {', '.join(names)}, but has {', '.join(rates)}")
        ordered = [rates[name] for name in names]
    try:
        found = np.asarray(ordered, float)
    except (TypeError, ValueError):
        raise ModelError(f"rates must be {n} numbers (Hz), one each for {', '.join(names)}") from None
    if found.shape != (n,):
        raise ModelError(f"rates must be {n} numbers, one each for {', '.join(names)}; their shape is {found.shape}")
    if not np.all(np.isfinite(found) & (found >= 0.0)):
        raise ModelError(f"rates must be finite and not negative, in Hz, not {found}")
    return found


def require_count(count: Any) -> None:
    """Refuse a number of modes that is none.

    Raises
    ------
    ModelError
        If it is not a whole number, at least 1.
    """
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ModelError(f"count must be a whole number of modes, at least 1, not {count!r}")
