"""`isi`: the intervals between the spikes of a neuron in white noise, and the spectrum of its spike train."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.numerics.laplace import inverse_laplace
from rheobase.population.neuron.any_neuron import any_response
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.population.neuron.noise_input import one_input
from rheobase.population.neuron.renewal import renewal_spectrum
from rheobase.population.neuron.transfer import StationaryRate, transfer
from rheobase.units import Hz, Unit, internal, ms

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_CIRCLE = 64
_SIEGERT = "Siegert AJF (1951), Phys Rev 81:617 (transform of the passage time)"
_INTEGRATION = "Richardson MJE (2007), Phys Rev E 76:021919 (threshold integration)"


@dataclass(frozen=True)
class Intervals:
    """Interspike intervals of a neuron in stationary white noise: a renewal process.

    Attributes
    ----------
    mean, std : float
        Mean and standard deviation of the intervals, ms.
    cv, rate : float
        Coefficient of variation; rate in Hz.
    status : str
        A sentence.
    """

    neuron: Neuron
    mean: float
    std: float
    cv: float
    rate: float
    status: str
    state: StationaryRate = field(repr=False, compare=False)
    noise: tuple[float, float] = field(repr=False)

    def transform(self, s: ArrayLike) -> Complex:
        """``<exp(-s T)>`` of the intervals ``T``, for complex ``s`` in 1/ms."""
        s = np.atleast_1d(np.asarray(s, complex))
        m, (mu, sigma) = self.state.membrane, self.noise
        return any_response(s.ravel(), m, mu, sigma).interval.reshape(s.shape)

    @cached_property
    def cumulants(self) -> Array:
        """The first four cumulants of the intervals (ms, ms**2, ms**3, ms**4), from the transform around ``s = 0``."""
        radius = 0.5 / self.mean
        circle = radius * np.exp(2j * np.pi * np.arange(_CIRCLE) / _CIRCLE)
        series = np.fft.fft(np.log(self.transform(circle))).real / _CIRCLE
        orders = np.arange(1, 5)
        factorial = np.cumprod(orders)
        return (-1.0) ** orders * factorial * series[1:5] / radius**orders

    @property
    def skewness(self) -> float:
        """Third cumulant over ``std**3``; 2 for a Poisson process."""
        return float(self.cumulants[2] / self.cumulants[1] ** 1.5)

    def density(self, t: ArrayLike) -> Array:
        """Probability density (1/ms) of an interval ``t`` (a quantity, or ms), by inversion of the transform."""
        held = _plain(t, ms, "t") - self.state.membrane.t_ref
        value = inverse_laplace(self._passage, held.ravel(), self.mean - self.state.membrane.t_ref)
        return np.maximum(value.reshape(held.shape), 0.0)

    @cached_property
    def _free(self) -> Membrane:
        """The neuron without its refractory time, whose intervals are the passages."""
        return replace(self.state.membrane, t_ref=0.0)

    def _passage(self, s: Complex) -> Complex:
        return any_response(s, self._free, *self.noise).interval

    def spectrum(self, frequencies: ArrayLike) -> Array:
        r"""Two-sided power spectrum (Hz) of the spike train, ``r (1 - |F|**2)/|1 - F|**2`` with ``F`` the transform.

        ``r cv**2`` at frequency 0 and ``r`` at high frequency (Stratonovich 1967). ``frequencies`` are
        quantities, or in Hz.
        """
        f = _plain(frequencies, Hz, "frequencies")
        zero = f == 0.0
        of_intervals = self.transform(2e-3j * np.pi * np.where(zero, 1.0, f)).reshape(f.shape)
        return np.where(zero, self.rate * self.cv**2, renewal_spectrum(np.asarray(self.rate), of_intervals))

    def summary(self) -> str:
        """Mean, standard deviation, CV and skewness of the intervals."""
        return (
            f"intervals {self.mean:.6g} +- {self.std:.6g} ms, CV {self.cv:.4g}, skewness {self.skewness:.4g}; "
            f"rate {self.rate:.6g} Hz. {self.status}"
        )

    def plot(self, ax: Any = None) -> Any:
        """The density of the intervals."""
        from rheobase import plot

        return plot.intervals(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join([_SIEGERT, *([] if self.state.membrane.drift is None else [_INTEGRATION])])


def _plain(value: Any, unit: Unit, name: str) -> Array:
    """Quantities as finite numbers in a unit; numbers as they are."""
    try:
        found = np.asarray(value, float)
    except (TypeError, ValueError):
        found = np.asarray(internal(value, unit.dimension, name), float) / unit.scale
    if not np.all(np.isfinite(found)):
        raise ModelError(f"{name} has to be finite")
    return found


def isi(neuron: Neuron, mu: Any, sigma: Any, **parameters: Any) -> Intervals:
    r"""Interspike intervals of a neuron in white noise, ``tau_m dv = (F(v) + mu) dt + sigma sqrt(tau_m) dW``.

    After each spike the neuron starts afresh, so the intervals are independent: the refractory time and a first
    passage from reset to threshold. The transform of the passage time is ``u(v_reset)/u(v_th)`` with the bounded
    solution of ``D u'' + (F + mu)/tau_m u' = s u`` (Siegert 1951).

    Parameters
    ----------
    neuron, mu, sigma, **parameters
        As in `rheobase.population.neuron.response`.

    Raises
    ------
    NotCovered, ModelError
        As in `rheobase.population.neuron.response`; and if the neuron never fires.

    Examples
    --------
    >>> from rheobase import library, population
    >>> found = population.isi(library.lif(), 12, 4)
    >>> bool(abs(found.spectrum(0) - found.rate*found.cv**2) < 1e-12)
    True
    """
    m = membrane_of(neuron, **parameters)
    mean, total, scale = one_input(neuron, m, mu, sigma)
    if total == 0.0:
        raise ModelError("without noise all intervals are the same: see transfer(neuron, mu, 0)")
    own = m.tau_m * m.noise**2
    state = transfer(neuron, mean / scale, np.sqrt(max(total**2 - own, 0.0)) / scale, **parameters)
    rate, cv = float(state.rate), float(state.cv)
    if not rate > 0.0 and np.isfinite(state.log_rate):
        raise ModelError(
            f"the rate at this input is exp({float(state.log_rate):.6g}) Hz, so low that a mean interval is no number; "
            "transfer(...).log_rate has its logarithm, and the intervals are those of a Poisson process"
        )
    if not rate > 0.0:
        raise ModelError(f"the neuron never fires at this input, so it has no intervals: {state.status}")
    return Intervals(neuron, 1e3 / rate, 1e3 * cv / rate, cv, rate, state.status, state, (mean, total))
