"""What linear response says about correlations between neurons: the result of `correlations`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.population.fluctuations.finite_size import Fluctuations
from rheobase.population.fluctuations.spectrum import METHODS
from rheobase.population.fluctuations.window_covariances import covariances, duration, in_windows, pairs
from rheobase.units import ms

Array = NDArray[np.float64]

_PAPERS = (
    "Ginzburg I, Sompolinsky H (1994), Phys Rev E 50:3171 (correlations of order 1/N)",
    "Trousdale J, Hu Y, Shea-Brown E, Josic K (2012), PLoS Comput Biol 8:e1002408 (linear response of networks)",
    "Tetzlaff T, Helias M, Einevoll GT, Diesmann M (2012), PLoS Comput Biol 8:e1002596 (decorrelation by inhibition)",
)
_MOST_LAGS = 2001


@dataclass(frozen=True, eq=False)
class Covariogram:
    """Mean covariance of the rates of two different neurons against the lag.

    Attributes
    ----------
    populations : tuple of str
    lags : ndarray (l,)
        ms; by how much the first neuron is later.
    covariance : ndarray (l, m, m)
        Hz**2, of spikes counted in bins of ``bin`` ms.
    error : float
        Estimated numerical error, Hz**2, of the activities' covariances.
    """

    populations: tuple[str, ...]
    lags: Array
    covariance: Array
    bin: float
    error: float


@dataclass(frozen=True, eq=False)
class Correlations:
    """How the neurons of a network fluctuate together. Matrices have a row and a column for each population.

    Attributes
    ----------
    network : str
    populations : tuple of str
        Those that are Poisson processes stand last.
    sizes, rates : ndarray (m,)
        Neurons, and their rate (Hz).
    window : float
        ms; spikes are counted in windows that long.
    count_covariance, coefficient : ndarray (m, m)
        Of the spike counts of two different neurons in a window: their mean covariance, and that over the mean
        variance. nan within a population of one neuron, which has no pairs; 0 for one that is silent.
    integrated : ndarray (m, m)
        Covariance per time in long windows, Hz: the integral of the covariance over all lags.
    shared, presynaptic, own_spikes : ndarray (m, m)
        The three parts of ``integrated`` (within a population, times ``1 - 1/N``): shared inputs, correlated
        presynaptic neurons, effects of the two neurons' own spikes.
    fano : ndarray (m,)
        Variance over mean of a neuron's count in a window, as a renewal process.
    population_fano : ndarray (m,)
        The same of the count of all spikes of the population.
    rate_sd : ndarray (m,)
        Standard deviation of the population's rate in a window, Hz.
    shared_partners : ndarray (m, m)
        Neurons of the network that two neurons both get input from, on average, where connections are drawn at random.
    shared_fraction : ndarray (m, m)
        That over the geometric mean of their in-degrees.
    error : float
        Estimated numerical error of the counts' covariances, relative to the largest variance.
    status : str
        A sentence.
    """

    network: str
    populations: tuple[str, ...]
    sizes: Array
    rates: Array
    window: float
    count_covariance: Array
    coefficient: Array
    integrated: Array
    shared: Array
    presynaptic: Array
    own_spikes: Array
    fano: Array
    population_fano: Array
    rate_sd: Array
    shared_partners: Array
    shared_fraction: Array
    error: float
    status: str
    fluctuations: Fluctuations = field(repr=False, compare=False)

    @cached_property
    def covariogram(self) -> Covariogram:
        """The covariance against the lag, up to 30 ms in bins of 1 ms; `against_lag` gives others."""
        return self.against_lag()

    def against_lag(self, longest: Any = 30.0 * ms, bin: Any = 1.0 * ms) -> Covariogram:
        """The covariance of two different neurons' rates against the lag between them.

        Parameters
        ----------
        longest, bin
            The largest lag, and in what bins the spikes are counted.

        Raises
        ------
        ModelError
            If a time is not positive, or there are more than 2,001 lags.
        """
        far, narrow = duration(longest, "longest"), duration(bin, "bin")
        steps = np.floor(far / narrow + 1e-9)
        if 2.0 * steps + 1.0 > _MOST_LAGS:
            raise ModelError(
                f"{far:g} ms in bins of {narrow:g} ms are too many lags; take a longer bin or a shorter longest"
            )
        lags = narrow * np.arange(-steps, steps + 1.0)
        found = in_windows(self.fluctuations, narrow, lags)
        values = pairs(self.fluctuations, *covariances(self.fluctuations, found.values, narrow, lags))
        return Covariogram(self.populations, lags, values, narrow, found.error)

    def of(self, a: str, b: str) -> float:
        """Correlation coefficient of the counts of a neuron of ``a`` and another of ``b``."""
        for name in (a, b):
            if name not in self.populations:
                raise ModelError(f"there is no population {name!r}; there are: {', '.join(self.populations)}")
        return float(self.coefficient[self.populations.index(a), self.populations.index(b)])

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of populations that have pairs of different neurons, each once."""
        m = len(self.populations)
        return tuple((i, j) for i in range(m) for j in range(i, m) if i != j or self.sizes[i] > 1)

    def summary(self) -> str:
        """A line for each pair of populations and for each population."""
        head = f"{self.network}: correlations of spike counts in {self.window:g} ms"
        lines = [head, f"{'pair':<14} {'coefficient':>12} {'long windows, Hz':>17} = shared + presynaptic + own spikes"]
        for i, j in self.pairs:
            parts = " ".join(f"{x[i, j]:+.3g}" for x in (self.shared, self.presynaptic, self.own_spikes))
            name = f"{self.populations[i]}, {self.populations[j]}"
            lines.append(f"{name:<14} {self.coefficient[i, j]:12.3g} {self.integrated[i, j]:17.3g} = {parts}")
        for k, name in enumerate(self.populations):
            lines.append(
                f"{name}: {self.rates[k]:.4g} Hz +- {self.rate_sd[k]:.3g} Hz between windows; Fano factor "
                f"{self.fano[k]:.3g} of a neuron, {self.population_fano[k]:.3g} of the population"
            )
        return "\n".join([*lines, self.status])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON; what does not exist is None."""
        names = self.populations
        return {
            "network": self.network,
            "window_ms": self.window,
            "populations": [
                {
                    "name": name, "size": int(self.sizes[k]), "rate_hz": float(self.rates[k]),
                    "fano": float(self.fano[k]), "population_fano": float(self.population_fano[k]),
                    "rate_sd_hz": float(self.rate_sd[k]),
                }
                for k, name in enumerate(names)
            ],
            "pairs": [
                {
                    "populations": [names[i], names[j]],
                    "coefficient": float(self.coefficient[i, j]),
                    "count_covariance": float(self.count_covariance[i, j]),
                    "integrated_hz": float(self.integrated[i, j]),
                    "shared_hz": float(self.shared[i, j]),
                    "presynaptic_hz": float(self.presynaptic[i, j]),
                    "own_spikes_hz": float(self.own_spikes[i, j]),
                    "shared_fraction": float(self.shared_fraction[i, j]),
                }
                for i, j in self.pairs
            ],
            "error": self.error,
            "status": self.status,
        }  # fmt: skip

    def plot(self, ax: Any = None) -> Any:
        """Coefficients, their parts and the covariance against the lag; with ``ax``, the last alone."""
        from rheobase import plot

        return plot.correlations(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join([*_PAPERS, *METHODS, self.fluctuations.state.cite()])
