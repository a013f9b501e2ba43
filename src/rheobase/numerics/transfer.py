r"""The response of a linear system to a small oscillation, :math:`\dot x = J x + b\,u`, seen in one of its states.

.. math::
    Z(\omega) = -e^T (J - i\omega)^{-1} b,\qquad \frac{dZ}{d\omega} = -i\, e^T (J - i\omega)^{-2} b

Arrays only. Rates and angular frequencies are per unit of time, whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.numerics.bracket import root

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

#: The grid on which extrema are bracketed: this far beyond the slowest and the fastest rate, this many points.
_BEYOND, _POINTS = 1e3, 800
#: Around an eigenvalue: its imaginary part plus these multiples of its real part.
_AROUND = np.concatenate([-np.geomspace(30.0, 0.03, 40), [0.0], np.geomspace(0.03, 30.0, 40)])


@dataclass(frozen=True, eq=False)
class Transfer:
    """A linear system with one input and one output.

    Attributes
    ----------
    jacobian
        (n, n).
    drive
        (n,): what the input does to the states.
    row
        The state that is looked at.
    """

    jacobian: Array
    drive: Array
    row: int

    @cached_property
    def rates(self) -> Complex:
        """The eigenvalues."""
        return np.linalg.eigvals(self.jacobian).astype(complex)

    def __call__(self, omega: ArrayLike) -> Complex:
        """Z at angular frequencies, in their shape."""
        return self.both(omega)[0]

    def both(self, omega: ArrayLike) -> tuple[Complex, Complex]:
        """Z and its derivative by the angular frequency."""
        states = self.states(omega)
        omega = np.asarray(omega, dtype=float)
        slopes = np.linalg.solve(self._shifted(omega), 1j * states[..., None])[..., 0]
        return states[..., self.row], slopes[..., self.row].astype(complex)

    def states(self, omega: ArrayLike) -> Complex:
        """The amplitudes of all states for an input of amplitude 1, (..., n)."""
        omega = np.asarray(omega, dtype=float)
        right = np.broadcast_to(-self.drive.astype(complex)[:, None], (*omega.shape, len(self.drive), 1))
        return np.linalg.solve(self._shifted(omega), right)[..., 0].astype(complex)

    def _shifted(self, omega: Array) -> Complex:
        return self.jacobian - 1j * omega[..., None, None] * np.eye(len(self.drive))

    def slope(self, omega: ArrayLike) -> Array:
        """The derivative of ``|Z|**2`` by the angular frequency."""
        value, change = self.both(omega)
        return 2.0 * np.real(np.conj(value) * change)

    @cached_property
    def grid(self) -> Array:
        """Angular frequencies, dense where the response may be sharp."""
        size = np.abs(self.rates)
        low, high = size[size > 0.0].min(initial=np.inf) / _BEYOND, size.max() * _BEYOND
        turning = self.rates[self.rates.imag > 0.0]
        near = (turning.imag[:, None] + np.abs(turning.real)[:, None] * _AROUND).ravel()
        grid = np.concatenate([np.geomspace(low, high, _POINTS), near])
        return np.unique(grid[(grid >= low) & (grid <= high)])

    @cached_property
    def peaks(self) -> Array:
        """The angular frequencies > 0 at which ``|Z|`` has a maximum, to rounding, in rising order."""
        slope = self.slope(self.grid)
        falls = np.flatnonzero((slope[:-1] > 0.0) & (slope[1:] <= 0.0))
        return np.array([self._between(lambda w: float(self.slope(w)), k, slope) for k in falls])

    def crossings(self, level: float) -> Array:
        """The angular frequencies at which ``|Z|`` has a value."""
        height = np.abs(self(self.grid)) - level
        return self._roots(lambda w: float(np.abs(self(w))) - level, height)

    @cached_property
    def in_phase(self) -> Array:
        """The angular frequencies > 0 at which the output neither leads nor lags."""
        height = self(self.grid)
        found = self._roots(lambda w: float(self(w).imag), height.imag)
        return found[self(found).real > 0.0] if found.size else found

    def _roots(self, function: Callable[[float], float], values: Array) -> Array:
        signs = np.sign(values)
        places = np.flatnonzero(signs[:-1] * signs[1:] < 0.0)
        return np.array([self._between(function, k, values) for k in places])

    def _between(self, function: Callable[[float], float], k: Any, values: Array) -> float:
        a, b = self.grid[k], self.grid[k + 1]
        return root(function, float(a), float(b), float(values[k]), float(values[k + 1]))
