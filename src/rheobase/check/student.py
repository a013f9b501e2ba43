"""Differences in units of an estimated standard error, as values of a standard normal distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Degrees of freedom of an error that is known.
CERTAIN = 1e9
_LEAST = 1e-300


def as_normal(ratio: ArrayLike, freedom: ArrayLike) -> NDArray[np.float64]:
    """The normal values that are exceeded as often as these values of Student's t with ``freedom`` degrees.

    So beyond 2 is one in twenty, however few the degrees of freedom of the standard error are.
    """
    from scipy.stats import norm, t

    values = np.asarray(ratio, float)
    beyond = np.maximum(t.sf(np.abs(values), freedom), _LEAST)
    return np.asarray(np.copysign(norm.isf(beyond), values), float)
