r"""How many modes of a network grow, without finding them: Nyquist's criterion.

``f(s) = det(1 - M(s))`` has no poles to the right of the imaginary axis, since neurons without recurrence settle. The
number of its zeros there is the number of times that it winds around zero along the border of the half-plane; half of
them along the border's upper half: from 0 up the imaginary axis, and, if the loop is still strong at the highest
frequency looked at (1 kHz), on to the right. Beyond, the eigenvalues of ``M`` are below one, and each factor of ``f``
goes to one without leaving its half-plane.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.winding import turn
from rheobase.population.rhythm.linearised import HIGHEST, Linearised
from rheobase.population.rhythm.modes import rightmost

Complex = NDArray[np.complex128]

_POINTS = 200
_WEAK = 0.9


def unstable_modes(linear: Linearised) -> int:
    """How many modes below 1 kHz grow, each of a complex pair counted.

    Raises
    ------
    ArithmeticError
        If a mode neither grows nor decays, to rounding.
    """
    own = linear.near if linear.dear else linear

    def determinant(s: Complex) -> Complex:
        loop = own.loop(s)
        return np.asarray(np.linalg.det(np.eye(loop.shape[-1]) - loop), complex)

    end = complex(0.0, HIGHEST)
    try:
        turned = turn(determinant, np.asarray(1j * np.linspace(0.0, HIGHEST, _POINTS), complex))
        if own.strength(np.array([end]))[0] >= _WEAK:
            right = rightmost(own, 1.0 / linear.slowest_membrane)
            turned += turn(determinant, np.asarray(end + np.linspace(0.0, right, _POINTS // 2), complex))
            end += right
    except ArithmeticError:
        raise ArithmeticError("a mode neither grows nor decays, to rounding") from None
    factors = 1.0 - np.linalg.eigvals(own.loop(np.array([end]))[0])
    return round((float(np.sum(np.angle(factors))) - turned) / np.pi)
