"""Points that fill a cube evenly, the same ones each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def even_points(dimensions: int, count: int, first: int = 1) -> NDArray[np.float64]:
    r"""(dimensions, count) numbers in 0..1: the additive recurrence :math:`x_k = k\,\alpha \bmod 1`.

    With :math:`\alpha_i = g^{-i}` and g the root of :math:`g^{d+1} = g + 1`, the golden ratio for d = 1 (Roberts 2018,
    "The unreasonable effectiveness of quasirandom sequences").

    >>> even_points(1, 3).round(3)
    array([[0.118, 0.736, 0.354]])
    """
    ratio = 2.0
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1)
    return (0.5 + steps[:, None] * np.arange(first, first + count)) % 1.0
