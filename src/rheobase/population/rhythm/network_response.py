"""`transfer_functions`: how each population of a network follows a modulated input at its working point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.network import Network
from rheobase.population.input.given import given_rates
from rheobase.population.input.statistics import input_map
from rheobase.population.neuron.any_neuron import any_response
from rheobase.population.neuron.frequencies import hertz_row
from rheobase.population.states.steady_state import steady_state

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_SOURCES = (
    "Brunel N, Hakim V (1999), Neural Comput 11:1621; Lindner B, Schimansky-Geier L (2001), Phys Rev Lett 86:2934",
    "Schuecker J, Diesmann M, Helias M (2015), Phys Rev E 92:052119 (coloured noise)",
    "Richardson MJE (2007), Phys Rev E 76:021919 (other neurons than leaky ones)",
)


@dataclass(frozen=True)
class TransferFunctions:
    """Linear response of the populations of a network, shape (populations, frequencies).

    Attributes
    ----------
    populations : tuple of str
    frequencies, rates : ndarray
        Hz.
    by_mu, by_sigma2 : ndarray of complex
        Change of the rate (Hz) per mV of a modulation ``exp(+i 2 pi f t)`` of the mean input, and per mV**2 of one of
        its variance. Synaptic filters and delays are not in them.
    """

    populations: tuple[str, ...]
    frequencies: Array
    rates: Array
    by_mu: Complex
    by_sigma2: Complex

    def plot(self, ax: Any = None) -> Any:
        """Gains against the frequency."""
        from rheobase import plot

        return plot.transfer_functions(self, ax)

    def summary(self) -> str:
        """A line for each population: rate, and how it follows the mean input at the lowest and the best frequency."""
        width = max(10, *(len(name) for name in self.populations))
        gains = np.abs(self.by_mu)
        lines = [f"{'population':<{width}}  rate (Hz)  gain at {self.frequencies[0]:<8.4g} Hz  largest gain (Hz/mV)"]
        for name, rate, gain in zip(self.populations, self.rates, gains, strict=True):
            best = int(np.argmax(gain))
            lines.append(
                f"{name:<{width}}  {rate:9.4g}  {gain[0]:19.4g}  {gain[best]:.4g} at {self.frequencies[best]:.4g} Hz"
            )
        return "\n".join(lines)

    def cite(self) -> str:
        """The publications behind the linear response."""
        return "\n".join(_SOURCES)


def transfer_functions(network: Network, rates: ArrayLike | None, frequencies: ArrayLike) -> TransferFunctions:
    """Transfer functions of all populations at stationary rates.

    Leaky neurons with slow synapses by the bounds that are shifted for coloured noise (Schuecker, Diesmann & Helias
    2015, Phys Rev E 92:052119). At frequency 0 they are the slopes of the stationary rate, refractory time included.
    (A response that leaves the refractory time out of its denominator is too large there, by ``1/(1 - rate t_ref)``.)

    Parameters
    ----------
    network
        One that the theory covers.
    rates
        Hz, one per population, as `rheobase.population.steady_state` gives them, or with their names in a dict; None
        for these.
    frequencies
        Hz; quantities or numbers, zero or positive.

    Raises
    ------
    NotCovered
        If the theory does not cover the network.
    ModelError
        If there is not one rate per population, or the frequencies are not finite or negative.
    """
    maps = input_map(network)
    f = hertz_row(frequencies)
    nu = steady_state(network).rates if rates is None else given_rates(maps.names, rates)
    drive = maps.drive(1e-3 * nu)
    s = np.asarray(2e-3j * np.pi * f, complex)
    inputs = zip(drive.membranes, drive.mu, drive.sigma, drive.shift, strict=True)
    found = [any_response(s, m, float(mu), float(sigma), float(shift)) for m, mu, sigma, shift in inputs]
    by_mu, by_sigma2 = ([1e3 * getattr(part, name) for part in found] for name in ("chi_mu", "chi_sigma2"))
    return TransferFunctions(maps.names, f, nu, np.array(by_mu), np.array(by_sigma2))
