"""What the synapses of a network give its neurons while the rates change: delays and filters beside the static maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.population.input.free_membrane import colour
from rheobase.population.input.input_map import InputMap
from rheobase.population.neuron.any_neuron import rates
from rheobase.population.neuron.lif import ALPHA

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One channel: the state that it passes on, its delay (ms), and what a unit of the rate (kHz) adds to ``mu``,
    ``sigma**2`` and the coloured variance of its target.
    """

    source: int
    post: int
    delay: float
    mean: float
    variance: float
    coloured: float


@dataclass(frozen=True)
class SynapticDrive:
    """The channels of a network as terms, and the filters between the rates and them.

    The states are the rates and then the filters, each a pair of the state that it follows and its time constant; an
    alpha function is two of them in a row.
    """

    maps: InputMap
    terms: tuple[Term, ...]
    filters: tuple[tuple[int, float], ...]

    @staticmethod
    def of(maps: InputMap) -> SynapticDrive:
        filters: list[tuple[int, float]] = []
        terms = []
        for c in maps.channels:
            source = c.pre
            for _ in range(c.poles):
                if (source, c.tau_s) not in filters:
                    filters.append((source, c.tau_s))
                source = len(maps.names) + filters.index((source, c.tau_s))
            tau_m = maps.membranes[c.post].tau_m
            part = tau_m * c.in_degree
            coloured = part * c.square * colour(tau_m, c.tau_s, c.poles)
            terms.append(Term(source, c.post, c.delay.mean, part * c.jump, part * c.square, coloured))
        return SynapticDrive(maps, tuple(terms), tuple(filters))

    def origin(self, k: int) -> int:
        """The population behind filter number ``k``."""
        source = self.filters[k][0]
        return source if source < len(self.maps.names) else self.origin(source - len(self.maps.names))

    def statistics(self, values: Sequence[float]) -> tuple[Array, Array, Array]:
        """``mu``, ``sigma`` and the shift of the bounds, from the rate (kHz) that each term passes on."""
        mu, variance, coloured = self.maps.mean_0.copy(), self.maps.variance_0.copy(), self.maps.coloured_0.copy()
        for term, value in zip(self.terms, values, strict=True):
            mu[term.post] += term.mean * value
            variance[term.post] += term.variance * value
            coloured[term.post] += term.coloured * value
        share = np.divide(coloured, variance, out=np.zeros_like(variance), where=variance > 0.0)
        return mu, np.sqrt(np.maximum(variance, 0.0)), 0.5 * ALPHA * share

    def slopes(self, at: Array) -> Array:
        """By how much the stationary rate of each term's target changes with the rate that it passes on."""
        mu, sigma, shift = self.statistics([at[self._population(term)] for term in self.terms])
        out = rates(self.maps.membranes, mu, sigma, shift)
        found = []
        for term in self.terms:
            k = term.post
            slope = out.d_mu[k] * term.mean
            if sigma[k] > 0.0:
                slope += out.d_sigma[k] / (2.0 * sigma[k]) * term.variance
                if self.maps.membranes[k].drift is None:  # the shift moves the bounds as -sigma*shift in mu would
                    moved = (0.5 * ALPHA * term.coloured - shift[k] * term.variance) / sigma[k] ** 2
                    slope -= sigma[k] * out.d_mu[k] * moved
            found.append(slope)
        return np.array(found)

    def _population(self, term: Term) -> int:
        n = len(self.maps.names)
        return term.source if term.source < n else self.origin(term.source - n)
