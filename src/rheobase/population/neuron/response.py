"""`response`: how the rate of a neuron in white noise follows a small modulation of its input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown_unit
from rheobase.population.neuron.any_neuron import any_response
from rheobase.population.neuron.frequencies import hertz_row
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.population.neuron.noise_input import one_input
from rheobase.population.neuron.transfer import transfer

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class FrequencyResponse:
    """Linear response of a neuron's rate; modulations are ``exp(+i 2 pi f t)``, so that a lag has a negative phase.

    Attributes
    ----------
    frequencies : ndarray
        Hz.
    by_mu, by_sigma2 : ndarray of complex
        Change of the rate (Hz) per unit of a modulation of ``mu`` and of ``sigma**2``.
    rate : float
        Stationary rate, Hz.
    status : str
        A sentence.
    """

    neuron: Neuron
    mu: float
    sigma: float
    frequencies: Array
    by_mu: Complex
    by_sigma2: Complex
    rate: float
    tau_m: float
    status: str
    membrane: Membrane = field(repr=False, compare=False)

    @property
    def unit(self) -> str:
        """The unit of ``mu`` and ``sigma``; 1 for plain numbers."""
        return shown_unit(self.neuron, self.membrane.voltage).name

    @property
    def by_sigma(self) -> Complex:
        """Change of the rate (Hz) per unit of a modulation of ``sigma``."""
        return 2.0 * self.sigma * self.by_sigma2

    def summary(self) -> str:
        """Gain and phase at up to twelve frequencies, and the status."""
        some = np.unique(np.linspace(0, self.frequencies.size - 1, 12).astype(int))
        lines = [f"{'f (Hz)':>10} {f'gain (Hz/{self.unit})':>16} {'phase (deg)':>12}"]
        for k in some:
            value = self.by_mu[k]
            lines.append(f"{self.frequencies[k]:10.4g} {abs(value):16.6g} {np.degrees(np.angle(value)):12.4g}")
        return "\n".join([*lines, self.status])

    def plot(self, ax: Any = None) -> Any:
        """Gain and phase against the frequency; with ``ax``, the gain alone."""
        from rheobase import plot

        return plot.frequency_response(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        leaky = (
            "Brunel N, Hakim V (1999), Neural Comput 11:1621\n"
            "Lindner B, Schimansky-Geier L (2001), Phys Rev Lett 86:2934"
        )
        return leaky if self.membrane.drift is None else "Richardson MJE (2007), Phys Rev E 76:021919"


def response(neuron: Neuron, mu: Any, sigma: Any, frequencies: ArrayLike, **parameters: Any) -> FrequencyResponse:
    r"""Linear response of a neuron's rate to a modulated mean and a modulated variance of its input.

    Around ``tau_m dv = (F(v) + mu) dt + sigma sqrt(tau_m) dW``, ``mu + eps exp(i w t)`` gives the rate ``r + eps chi(w)
    exp(i w t)``, and likewise for ``sigma**2``. The leaky neuron is solved by parabolic cylinder functions, any other
    by the bounded solution ``u`` of ``D u'' + (F + mu)/tau_m u' = i w u`` and the stationary density ``P``:
    ``chi = integral of u' P dv / (tau_m (u(v_th) - exp(-i w t_ref) u(v_reset)))``. ``chi(0)`` is the slope of
    `transfer`; at high frequency ``abs(chi)`` falls like ``1/sqrt(w)`` (leaky), ``1/w`` (exponential) or ``1/w**2``
    (quadratic spike onset; Fourcaud-Trocme et al. 2003, J Neurosci 23:11628).

    Parameters
    ----------
    neuron, **parameters
        As in `transfer`.
    mu, sigma
        One mean input and one noise strength (positive, with the neuron's own noise): quantities, or numbers in the
        unit of the membrane state.
    frequencies
        Hz; quantities or numbers, zero or positive.

    Raises
    ------
    NotCovered
        As in `transfer`.
    ModelError
        Without noise; for frequencies that are negative or not finite.

    Examples
    --------
    >>> from rheobase import library, population
    >>> found = population.response(library.lif(), 14, 4, [0, 10, 100])
    >>> bool(abs(found.by_mu[2]) < abs(found.by_mu[0]))
    True
    """
    m = membrane_of(neuron, **parameters)
    mean, total, scale = one_input(neuron, m, mu, sigma)
    if total == 0.0:
        raise ModelError("there is no noise, and so no linear response: give a sigma above 0")
    f = hertz_row(frequencies)
    found = any_response(np.asarray(2e-3j * np.pi * f, complex), m, mean, total)
    state = transfer(neuron, mean / scale, np.sqrt(max(total**2 - m.tau_m * m.noise**2, 0.0)) / scale, **parameters)
    return FrequencyResponse(
        neuron=neuron, mu=mean / scale, sigma=total / scale, frequencies=f, by_mu=1e3 * scale * found.chi_mu,
        by_sigma2=1e3 * scale**2 * found.chi_sigma2, rate=float(state.rate), tau_m=m.tau_m, status=state.status,
        membrane=m,
    )  # fmt: skip
