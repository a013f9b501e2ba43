r"""A network linearised around stationary rates: what makes its modes, at complex frequencies ``s``.

    M_ij(s) = sum over projections j -> i of  <exp(-s d)> tau_m K [<J> H_mu(s) chi_mu,i(s) + <J**2> H_sigma(s)
    chi_sigma2,i(s)]

with delays ``d``, the filters ``H`` of the synapses, and the transfer functions ``chi`` of the populations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.population.input.delay import DelayDistribution
from rheobase.population.input.input_map import Channel, Drive, InputMap
from rheobase.population.neuron.lif_response import mean_filter, variance_filter
from rheobase.population.rhythm.fitted import Fits, Region, fitted
from rheobase.population.rhythm.own_response import Part, Parts, Responses, audible, silent

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

HIGHEST = 2.0 * np.pi  # 1 kHz: the theory of a delta-coupled network has modes at every multiple of 1/delay beyond
_DEEPEST = 4.0


@dataclass(frozen=True, eq=False)
class Linearised:
    """A network around a stationary state.

    Attributes
    ----------
    maps, drive
        The network, frozen at the state, and what its populations receive there.
    parts
        Their responses: computed, or those of a fit (see `near`).
    poles
        Those of the responses of a fit, above the real axis and on it, where modes are searched; None if unknown.
    """

    maps: InputMap
    drive: Drive
    parts: Parts
    poles: Complex | None = None

    def characteristic(self, s: Complex) -> Complex:
        """``det(1 - M(s))`` times every population's own denominator: analytic up to a positive factor, zero at the
        modes. (Modes that do not pass through a synapse are among them, such as the difference of two populations of
        the same neurons with the same input.)
        """
        return np.asarray(np.linalg.det(self.matrix(s)), complex)

    def strength(self, s: Complex) -> Array:
        """Largest absolute eigenvalue of ``M(s)``: where it is below one there is no mode."""
        return np.asarray(np.max(np.abs(np.linalg.eigvals(self.loop(s))), axis=-1), float)

    def matrix(self, s: Complex) -> Complex:
        """``1 - M(s)`` with each row times its population's denominator, shape (s, n, n)."""
        parts = self._audible(s)
        own = _denominators(parts)
        return own[:, :, None] * np.eye(own.shape[1]) - _numerators(s, parts, self._inner, own.shape[1])

    def own(self, s: Complex) -> Complex:
        """These denominators, shape (s, n)."""
        return _denominators(self._audible(s))

    def loop(self, s: Complex) -> Complex:
        """``M(s)``, shape (s, n, n)."""
        parts = self.parts(s)
        return _numerators(s, parts, self._inner, len(parts)) / _denominators(parts)[:, :, None]

    def inflow(self, s: Complex) -> Complex:
        """The same matrix from the Poisson sources to the populations."""
        parts = self.parts(s)
        return _numerators(s, parts, self._outer, len(self.maps.sources)) / _denominators(parts)[:, :, None]

    def intervals(self, s: Complex) -> Complex:
        """Laplace transform of the density of each population's intervals at unmodulated input, shape (s, n)."""
        return np.stack([part.interval for part in self.parts(s)], axis=1)

    @cached_property
    def slowest_membrane(self) -> float:
        """Longest ``tau_m``, ms."""
        return float(np.max(self.maps.column("tau_m")))

    @cached_property
    def deepest(self) -> float:
        """The fastest decay (1/ms) down to which modes are searched, and the parts analytic."""
        slowest_synapse = max((c.tau_s for c in self.maps.channels), default=0.0)
        return min(_DEEPEST / self.slowest_membrane, 0.9 / max(slowest_synapse, 1e-9))

    @cached_property
    def dear(self) -> bool:
        """Whether the responses cost so much that a fit pays off at a few hundred frequencies."""
        return any(m.drift is not None for m in self.maps.membranes)

    @cached_property
    def near(self) -> Linearised:
        """The same with responses that are fitted where modes are searched, and cost little; itself if they cannot."""

        if self.poles is not None:
            return self

        def weak(fits: Fits, s: Complex) -> bool:
            return bool(np.all(self._with(fits).strength(s) < 1.0))

        region = Region(self.deepest, HIGHEST, 1.0 / self.slowest_membrane)
        found = fitted(Responses.of(self.maps, self.drive), self._heard, region, weak)
        return self if found is None else self._with(found)

    def _with(self, fits: Fits) -> Linearised:
        return Linearised(self.maps, self.drive, fits, fits.poles)

    @cached_property
    def _heard(self) -> NDArray[np.bool_]:
        return audible(self.maps, self.drive)

    def _audible(self, s: Complex) -> list[Part]:
        """For the count of modes, in which a silent population does not respond."""
        return [part if heard else silent(s) for part, heard in zip(self.parts(s), self._heard, strict=True)]

    @cached_property
    def _inner(self) -> list[_Bundle]:
        return _bundles(self.maps, self.maps.channels, len(self.maps.names))

    @cached_property
    def _outer(self) -> list[_Bundle]:
        return _bundles(self.maps, self.maps.afferents, len(self.maps.sources))


def linearise(maps: InputMap, rates: Array) -> Linearised:
    """The network around stationary rates (kHz)."""
    maps = maps.frozen(rates)
    drive = maps.drive(rates)
    return Linearised(maps, drive, Responses.of(maps, drive))


@dataclass(frozen=True, eq=False)
class _Bundle:
    """All channels with one delay and one filter: what a unit of each presynaptic rate does in all."""

    delay: DelayDistribution
    tau_s: float
    poles: int
    mean: Array
    variance: Array
    leak: Array


def _bundles(maps: InputMap, channels: tuple[Channel, ...], n_pre: int) -> list[_Bundle]:
    found: dict[tuple, _Bundle] = {}
    for c in channels:
        zero = (np.zeros((len(maps.names), n_pre)) for _ in range(3))
        bundle = found.setdefault((c.delay.key, c.tau_s, c.poles), _Bundle(c.delay, c.tau_s, c.poles, *zero))
        part = c.in_degree * maps.membranes[c.post].tau_m
        bundle.mean[c.post, c.pre] += part * c.jump
        bundle.variance[c.post, c.pre] += part * c.square
        bundle.leak[c.post, c.pre] += c.in_degree * c.leak
    return list(found.values())


def _denominators(parts: list[Part]) -> Complex:
    return np.stack([part.denominator for part in parts], axis=1)


def _numerators(s: Complex, parts: list[Part], bundles: list[_Bundle], n_pre: int) -> Complex:
    """What modulated presynaptic rates do to the populations, shape (s, n, n_pre), before the denominators."""
    by_mean, by_variance, by_leak = (
        np.stack([getattr(part, name) for part in parts], axis=1)[:, :, None] for name in ("mean", "variance", "leak")
    )
    matrix = np.zeros((s.size, len(parts), n_pre), complex)
    for bundle in bundles:
        delayed = bundle.delay.transform(s)
        mean = delayed * mean_filter(s, bundle.tau_s, bundle.poles)
        variance = delayed * variance_filter(s, bundle.tau_s, bundle.poles)
        matrix += mean[:, None, None] * (bundle.mean * by_mean) + variance[:, None, None] * (
            bundle.variance * by_variance
        )
        if np.any(bundle.leak):
            matrix += mean[:, None, None] * (bundle.leak * by_leak)
    return matrix
