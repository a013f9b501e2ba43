r"""How many modes of a network grow, without finding them: Nyquist's criterion.

``f(s) = det(1 - M(s))`` has no poles to the right of the imaginary axis, since neurons without recurrence settle. The
number of its zeros there is the number of times that it winds around zero along the border of the half-plane; half of
them along the border's upper half: from 0 up the imaginary axis, and, if the loop is still strong at the highest
frequency looked at (1 kHz), on to the right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.population.rhythm.modes import HIGHEST, Linearised, rightmost

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_POINTS = 500
_ROUNDS = 60
_TURN = 0.8
_WEAK = 0.9


def unstable_modes(linear: Linearised) -> int:
    """How many modes below 1 kHz grow, each of a complex pair counted.

    Raises
    ------
    ArithmeticError
        If a mode neither grows nor decays, to rounding.
    """
    up = np.asarray(1j * np.linspace(0.0, HIGHEST, _POINTS), complex)
    turned, end = _turned(linear, up)
    if np.max(np.abs(1.0 - end)) >= _WEAK:
        right = rightmost(linear, 1.0 / linear.slowest_membrane)
        more, end = _turned(linear, np.asarray(up[-1] + np.linspace(0.0, right, 200), complex))
        turned += more
    return round((float(np.angle(np.prod(end))) - turned) / np.pi)


def _turned(linear: Linearised, path: Complex) -> tuple[float, Complex]:
    """By how much ``f`` turns along a path, points added where it turns fast; and its factors at the end."""
    factors = _factors(linear, path)
    for _ in range(_ROUNDS):
        values = np.prod(factors, axis=1)
        turns = np.angle(values[1:] * np.exp(-1j * np.angle(values[:-1])))
        fast = np.flatnonzero(np.abs(turns) > _TURN)
        if fast.size == 0:
            return float(np.sum(turns)), factors[-1]
        middle = 0.5 * (path[fast] + path[fast + 1])
        if not np.all(np.isfinite(values)) or np.any((middle == path[fast]) | (middle == path[fast + 1])):
            break
        path = np.insert(path, fast + 1, middle)
        factors = np.insert(factors, fast + 1, _factors(linear, middle), axis=0)
    raise ArithmeticError("a mode neither grows nor decays, to rounding")


def _factors(linear: Linearised, path: Complex) -> Complex:
    """One minus the eigenvalues of the loop."""
    return np.asarray(1.0 - np.linalg.eigvals(linear.loop(path)), complex)
