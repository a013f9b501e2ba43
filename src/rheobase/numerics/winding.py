r"""By how much the argument of an analytic function changes along a path, no zero beside the path overlooked.

Between two points the change is only known up to a multiple of ``2 pi``. Two zeros close to the path, one after the
other, turn the function by nearly ``2 pi``, which looks like nothing. A zero at a distance ``x`` shows in ``f'/f``,
which has a part ``1/(s - zero)`` of size ``1/x``. So points are added until each step is short against ``|f/f'|`` at
both of its ends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
Function = Callable[[Complex], Complex]

_LONGEST = 1.0  # a step in units of abs(f/f')
_LARGEST_TURN = 0.9
_PROBE = 1e-6  # distance of the difference for f', in units of the path's size
_MOST = 60_000


def turn(function: Function, path: Complex) -> float:
    """Change of ``arg f`` along a path through the points ``path``, others are put between them.

    Parameters
    ----------
    function
        Analytic around the path, without zeros on it; takes and returns arrays.

    Raises
    ------
    ArithmeticError
        If a zero lies on the path, or so close to it that points to rounding do not tell on which side.
    """
    probe = _PROBE * float(np.max(np.abs(path - path[0])))
    values, rates = _with_rates(function, path, probe)
    while True:
        if not np.all(np.isfinite(values)) or path.size > _MOST:
            raise ArithmeticError("a zero lies on the path, or the function is not finite there")
        turns = np.angle(values[1:] * np.exp(-1j * np.angle(values[:-1])))
        length = np.abs(np.diff(path))
        far = (np.maximum(rates[1:], rates[:-1]) * length > _LONGEST) & (length > 2.0 * probe)
        add = np.flatnonzero(far | (np.abs(turns) > _LARGEST_TURN))
        if add.size == 0:
            return float(np.sum(turns))
        middle = 0.5 * (path[add] + path[add + 1])
        if np.any((middle == path[add]) | (middle == path[add + 1])):
            raise ArithmeticError("a zero lies on the path")
        more, faster = _with_rates(function, middle, probe)
        path, values = np.insert(path, add + 1, middle), np.insert(values, add + 1, more)
        rates = np.insert(rates, add + 1, faster)


def _with_rates(function: Function, s: Complex, probe: float) -> tuple[Complex, NDArray[np.float64]]:
    """``f`` and ``abs(f'/f)``."""
    values = function(np.concatenate([s, s + probe])).reshape(2, s.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.abs(values[1] / values[0] - 1.0) / probe
    return values[0], np.where(np.isfinite(rates), rates, np.inf)
