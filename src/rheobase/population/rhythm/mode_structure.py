r"""Which populations take part in a mode, and which connections make it.

A mode ``s`` solves ``(1 - M(s)) u = 0`` (see `rheobase.population.rhythm.modes`): ``u`` says with which size and phase
each population's rate takes part. If the connections ``j -> i`` become ``1 + a`` times as many at the same rates,
``M_ij`` grows by ``a M_ij``, and the mode moves by

    ds/da = - v_i* M_ij u_j / (v* M'(s) u),       v* (1 - M(s)) = 0

The numerator over ``v* u`` is the sensitivity measure of Bos, Diesmann & Helias (2016, PLoS Comput Biol 12:e1005132,
eq. 9), the change of the eigenvalue of ``M`` that is one; the denominator turns it into one of growth and frequency.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.population.rhythm.modes import Linearised, Mode

Complex = NDArray[np.complex128]

_CIRCLE = np.exp(0.5j * np.pi * np.arange(4))
_RADIUS = 3e-5  # of 1/tau_m: the derivative's error is the square of it, its rounding 1e-16 over it


@dataclass(frozen=True)
class NetworkMode:
    """A mode with what it is made of.

    Attributes
    ----------
    growth_per_s, frequency_hz : float
        It grows like ``exp(growth_per_s * t)``; the frequency is 0 for one that does not oscillate.
    composition : ndarray of complex (n,)
        Size and phase with which the rate of each population takes part, largest 1. A negative phase lags.
    sensitivity : ndarray of complex (n, n)
        1/s; row target, column source. By how much growth (real part) and angular frequency (imaginary part) change
        for a relative change of the number of synapses from source to target, at the same working point: the mean
        and the variance of every input stay as they are, and so do the rates.
    eigenvalue_sensitivity : ndarray of complex (n, n)
        The same for the eigenvalue of the loop that is 1 at the mode: the measure of Bos et al. (2016). Zero for a mode
        that no connection carries.
    """

    growth_per_s: float
    frequency_hz: float
    composition: Complex
    sensitivity: Complex
    eigenvalue_sensitivity: Complex

    @property
    def sentence(self) -> str:
        """For people: 'grows at 51.5/s and oscillates at 190.2 Hz'."""
        return Mode(self.growth_per_s, self.frequency_hz).sentence


def with_structure(linear: Linearised, mode: Mode) -> NetworkMode:
    """A mode of a linearised network with its populations and connections."""
    s = 1e-3 * complex(mode.growth_per_s, 2.0 * np.pi * mode.frequency_hz)
    radius = _RADIUS / linear.slowest_membrane
    values = linear.matrix(np.asarray(np.append(s + radius * _CIRCLE, s), complex))
    slope = np.tensordot(1.0 / _CIRCLE, values[:-1], 1) / (4.0 * radius)
    at = values[-1]
    left, _, right = np.linalg.svd(at)
    v, u = left[:, -1].conj(), right[-1].conj()
    u = u / u[np.argmax(np.abs(u))]
    own = linear.own(np.array([s]))[0]
    numerators = v[:, None] * (np.diag(own) - at) * u
    moved = numerators / (v @ slope @ u)  # the matrix is 1 - M: its slope is -M'
    carried = complex(np.sum(v * own * u))
    eigenvalue = numerators / carried if abs(carried) > 1e-10 * np.linalg.norm(own) else np.zeros_like(numerators)
    shown = (_real_if(value, mode) for value in (u, 1e3 * moved, eigenvalue))
    return NetworkMode(mode.growth_per_s, mode.frequency_hz, *shown)


def _real_if(values: Complex, mode: Mode) -> Complex:
    return np.asarray(values.real + 0j if mode.frequency_hz == 0.0 else values, complex)
