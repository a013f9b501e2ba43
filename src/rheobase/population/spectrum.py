r"""The spectrum of the population activity that linear response predicts for a network of finitely many neurons.

A population's activity is what its neurons would do at constant input, plus their response to the activity of others:
``a = a_0 + M a``, so

    S(omega) = (1 - M)^-1 diag(C_i/N_i) (1 - M)^-H,      C_i = rate_i (1 - |rho_i|**2)/|1 - rho_i|**2,

with ``M(i omega)`` of `rheobase.population.modes` and ``C`` the spectrum of a renewal process whose intervals have the
density with transform ``rho``: that of LIF neurons in white noise (Brunel & Hakim 1999, who take it for Poisson;
Lindner, Doiron & Longtin 2005, Phys Rev E 72:061919; Helias, Tetzlaff & Diesmann 2014, PLoS Comput Biol 10:e1003428).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.network import Network
from rheobase.population.modes import Linearised, linearise
from rheobase.population.steady_state import SteadyState

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_OMEGA_PER_HZ = 2e-3 * np.pi  # 1/ms


def activity_spectrum(network: Network, state: SteadyState, frequency: ArrayLike) -> Array:
    """One-sided spectrum (Hz**2/Hz) of the rate of all neurons of a network together, around its stationary state.

    Parameters
    ----------
    network
        The network.
    state
        Its stationary state, from `rheobase.population.steady_state`.
    frequency : array_like
        Hz, positive.

    Returns
    -------
    ndarray
        nan where the state is unstable, or where neurons fire without any noise: there is no linear response then.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population import activity_spectrum, steady_state
    >>> network = library.brunel2000(g=5, eta=2)
    >>> activity_spectrum(network, steady_state(network), [50.0, 120.0])  # doctest: +SKIP
    """
    frequency = np.asarray(frequency, float)
    if not state.stable or np.any((state.sigma == 0.0) & (state.rates > 0.0)):
        return np.full(frequency.shape, np.nan)
    s = np.asarray(1j * _OMEGA_PER_HZ * frequency.ravel(), complex)
    linear = linearise(state.maps, state.rates * 1e-3)
    size = np.array([network[name].n for name in (*state.populations, *state.sources)], float)
    given = np.array([*state.sources.values()], float)
    renewal = renewal_spectrum(state.rates, linear.intervals(s))
    power = np.concatenate([renewal, np.broadcast_to(given, (s.size, given.size))], axis=1)
    seen = np.abs(_shares(linear, s, size / np.sum(size)))
    return (2.0 * np.sum(seen**2 * power / size, axis=1)).reshape(frequency.shape)


def renewal_spectrum(rate: Array, interval: Complex) -> Array:
    """Two-sided spectrum of renewal processes (in the rate's unit), from their intervals' transform at ``i omega``."""
    return rate * (1.0 - np.abs(interval) ** 2) / np.abs(1.0 - interval) ** 2


def _shares(linear: Linearised, s: Complex, weight: Array) -> Complex:
    """How much of each population's own fluctuation, its effect on the others included, shows in the weighted sum."""
    n = linear.loop(s[:1]).shape[1]
    open_loop = np.eye(n) - linear.loop(s)
    seen = np.linalg.solve(np.swapaxes(open_loop, 1, 2), np.broadcast_to(weight[:n, None], (s.size, n, 1)))[:, :, 0]
    through = weight[n:] + np.einsum("sn,snk->sk", seen, linear.inflow(s))
    return np.asarray(np.concatenate([seen, through], axis=1), complex)
