r"""Correlations between the neurons of a finite network, by linear response.

With the cross-spectra ``C`` of the populations' activities and ``D`` of `rheobase.population.fluctuations.finite_size`,
the mean covariance of two *different* neurons is

    c_ij = (C_ij - delta_ij D_i)/(1 - delta_ij/N_i)

at every frequency (Ginzburg & Sompolinsky 1994, Phys Rev E 50:3171; Trousdale et al. 2012; Helias, Tetzlaff & Diesmann
2014). Its numerator is the sum of three parts,

    C - D = M D M^H + M (C - D) M^H + [D (M P)^H + M P D]:

what two neurons share because some of their inputs come from the same neurons (of ``K`` inputs each, drawn from ``N``,
they share ``K**2/N``), what comes from correlations between their presynaptic neurons, and what a neuron's own spikes
do to the other. In a network with inhibition the second cancels most of the first (Renart et al. 2010, Science 327:587;
Tetzlaff, Helias, Einevoll & Diesmann 2012, PLoS Comput Biol 8:e1002596).

How it scales: at fixed in-degrees ``K`` and weights, ``M`` does not depend on ``N``, and every covariance is
proportional to ``1/N``, exactly up to the ``1/(1 - 1/N)`` within a population. At fixed ``K/N`` with weights of
``1/sqrt(K)`` the shared part ``K**2 J**2/N`` stays and the sum still falls as ``1/N``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import Network
from rheobase.population.fluctuations.correlation_result import Correlations, Covariogram
from rheobase.population.fluctuations.finite_size import Fluctuations
from rheobase.population.fluctuations.window_covariances import covariances, duration, in_windows, pairs
from rheobase.population.input.input_map import InputMap
from rheobase.population.states.given_state import given_state
from rheobase.population.states.steady_state import SteadyState
from rheobase.units import ms

__all__ = ["Correlations", "Covariogram", "correlations"]

Array = NDArray[np.float64]


def correlations(network: Network, state: SteadyState | None = None, *, window: Any = 100.0 * ms) -> Correlations:
    """Pairwise correlations between a network's neurons, and variances of its populations, by linear response.

    Parameters
    ----------
    network
        A network that the theory covers.
    state
        Its stationary state; None computes it.
    window
        In which spikes are counted.

    Raises
    ------
    ModelError
        If the state is unstable, neurons fire without noise, or the window is not a positive time.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population import correlations
    >>> found = correlations(library.brunel2000(g=6, eta=1.5))  # doctest: +SKIP
    >>> print(found.summary())  # doctest: +SKIP
    """
    wide = duration(window, "window")
    f = Fluctuations.of(network, given_state(network, state))
    counted = in_windows(f, wide, np.zeros(1))
    together, alone = (x[0] for x in covariances(f, counted.values, wide, np.zeros(1)))
    seconds = 1e-3 * wide
    mean, single = f.rates * seconds, np.maximum(alone, 0.0) * f.sizes * seconds**2  # of a neuron's count
    pair = pairs(f, together, alone) * seconds**2
    partners, fraction = _shared_partners(f)
    parts, total = _parts(f)
    return Correlations(
        network=network.name, populations=f.names, sizes=f.sizes, rates=f.rates, window=wide,
        count_covariance=pair, coefficient=_over(pair, np.sqrt(np.outer(single, single))), integrated=total,
        shared=parts[0], presynaptic=parts[1], own_spikes=parts[2], fano=_over(single, mean),
        population_fano=_over(np.diagonal(together) * seconds**2 * f.sizes, f.rates * seconds),
        rate_sd=np.sqrt(np.maximum(np.diagonal(together), 0.0)), shared_partners=partners, shared_fraction=fraction,
        error=float(counted.error / max(np.max(f.white) / seconds, 1e-300)), status=_status(f), fluctuations=f,
    )  # fmt: skip


def _parts(f: Fluctuations) -> tuple[tuple[Array, Array, Array], Array]:
    """The integrated covariance in three parts, and their sum for two different neurons."""
    zero = np.zeros(1)
    loop, own = f.loop(zero)[0].real, f.own(zero)[0]
    through = np.linalg.inv(np.eye(len(own)) - loop)
    coupled = (through * own) @ through.T
    heard = loop @ through * own
    shared = (loop * own) @ loop.T
    rest = loop @ (coupled - np.diag(own)) @ loop.T
    return (shared, rest, heard + heard.T), pairs(f, coupled, own)


def _shared_partners(f: Fluctuations) -> tuple[Array, Array]:
    """Presynaptic neurons that two neurons share: ``sum over sources of K K'/N``, and their part of the inputs."""
    degrees = _in_degrees(f.state.maps, len(f.names))
    partners = (degrees / f.sizes) @ degrees.T
    total = degrees.sum(axis=1)
    return partners, _over(partners, np.sqrt(np.outer(total, total)))


def _in_degrees(maps: InputMap, m: int) -> Array:
    """Inputs of a neuron (rows) from each population."""
    degrees = np.zeros((m, m))
    for c in maps.channels:
        degrees[c.post, c.pre] += c.in_degree
    for c in maps.afferents:
        degrees[c.post, len(maps.names) + c.pre] += c.in_degree
    return degrees


def _over(a: Array, b: Array) -> Array:
    """``a/b``, and 0 where there is nothing to divide by: a silent population, one without inputs."""
    return np.divide(a, b, out=np.where(np.isnan(a), np.nan, 0.0), where=b > 0.0)


def _status(f: Fluctuations) -> str:
    silent = [name for name, rate in zip(f.names, f.rates, strict=True) if not rate > 0.0]
    said = [f"Silent, and so without correlations: {', '.join(silent)}."] if silent else []
    mode = f.state.mode
    if mode is not None:
        said.append(f"Linear response; the leading mode {mode.sentence}.")
    return " ".join(said) or "Linear response."
