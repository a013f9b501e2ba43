"""What a user adds to the input of rate equations while they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError

Array = NDArray[np.float64]


def added_drive(drive: Any, n: int) -> Callable[[float], Array] | None:
    """A user's function of the time (ms) as one that gives one number a population; None if there is none.

    Raises
    ------
    ModelError
        If it is no function, or its value at time 0 is neither a number nor one a population. The function that is
        returned raises too where a value is not finite.
    """
    if drive is None:
        return None
    if not callable(drive):
        raise ModelError(f"drive is a function of the time in ms, such as lambda t: 0.5, not {drive!r}")

    def added(t: float) -> Array:
        value = drive(t)
        try:
            found = np.broadcast_to(np.asarray(value, float), n)
        except (TypeError, ValueError):
            raise ModelError(f"drive({t:g}) has to be a number, or one for each of {n} population(s)") from None
        if not np.all(np.isfinite(found)):
            raise ModelError(f"drive({t:g}) has to be finite, but is {value}")
        return found

    added(0.0)
    return added
