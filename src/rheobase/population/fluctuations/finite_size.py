r"""Fluctuations of a network of finitely many neurons around its stationary state, by linear response.

The activity of a population is what its ``N`` neurons would do at constant input, plus their response to the others:
``a = a_0 + M a``. The first part has the spectrum ``D = S/N`` of independent renewal processes, so that

    C(omega) = P D P^H,      P = (1 - M)^-1,      S_i = rate_i (1 - |rho_i|**2)/|1 - rho_i|**2,

with ``M(i omega)`` of `rheobase.population.rhythm.modes` and ``rho`` the transform of the density of the intervals
(Lindner, Doiron & Longtin 2005, Phys Rev E 72:061919; Trousdale, Hu, Shea-Brown & Josic 2012, PLoS Comput Biol
8:e1002408; Helias, Tetzlaff & Diesmann 2014, PLoS Comput Biol 10:e1003428; Bos, Diesmann & Helias 2016). Populations of
Poisson processes stand after the others, with rows of ``M`` that are zero and ``S = rate``. Spectra are two-sided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.numerics.spline_table import spline_table
from rheobase.population.input.delay import DelayDistribution, delay_distribution
from rheobase.population.neuron.renewal import renewal_spectrum
from rheobase.population.rhythm.modes import Linearised, linearise
from rheobase.population.states.steady_state import SteadyState

_UNIT_HZ = 20.0  # the scale of asinh(f/unit), in which the tables are even
_FIRST_POINTS, _TABLE_ERROR = 40, 1e-4

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_OMEGA_PER_HZ = 2e-3 * np.pi  # 1/ms
_SILENT_HZ = 1e-12  # a spike in thirty thousand years: below, the response to others is lost in rounding
_SLOW = 5e-3  # of the rate: below, 1 - rho cancels, and the spectrum is a parabola up to the fourth power of this


@dataclass(frozen=True)
class Fluctuations:
    """The populations of a network, its Poisson sources after them, linearised around a stationary state.

    Attributes
    ----------
    names : tuple of str
    sizes, rates : ndarray (m,)
        Neurons, and their rate in Hz; below 1e-12 Hz it counts as 0.
    state
        The stationary state.
    """

    names: tuple[str, ...]
    sizes: Array
    rates: Array
    state: SteadyState

    @classmethod
    def of(cls, network: Network, state: SteadyState) -> Fluctuations:
        """Around a state of this network that is stable, of neurons that have noise.

        Raises
        ------
        ModelError
            If linear response does not exist there.
        """
        names = (*state.populations, *state.sources)
        reason = without_response(state)
        if reason:
            raise ModelError(reason)
        rates = np.array([*state.rates, *state.sources.values()], float)
        heard = np.where(rates < _SILENT_HZ, 0.0, rates)
        return cls(names, np.array([network[name].n for name in names], float), heard, state)

    @property
    def white(self) -> Array:
        """What the spectra tend to at high frequency: ``rate/N`` (Hz)."""
        return self.rates / self.sizes

    @cached_property
    def linear(self) -> Linearised:
        return linearise(self.state.maps, self.state.rates * 1e-3)

    def loop(self, frequency: Array) -> Complex:
        """``M`` at frequencies (Hz), shape (f, m, m)."""
        s = np.asarray(1j * _OMEGA_PER_HZ * frequency, complex)
        n, m = len(self.state.populations), len(self.names)
        matrix = np.zeros((s.size, m, m), complex)
        matrix[:, :n, :n] = self.linear.loop(s)
        if m > n:
            matrix[:, :n, n:] = self.linear.inflow(s)
        matrix[:, self.rates == 0.0] = 0.0
        return matrix

    def own(self, frequency: Array) -> Array:
        """``D``: the spectra (Hz) that the populations' activities had if no neuron heard another, shape (f, m)."""
        n = len(self.state.populations)
        spectra = np.tile(self.white, (frequency.size, 1))
        spectra[:, :n] = _renewal(self.linear, self.rates[:n] * 1e-3, _OMEGA_PER_HZ * frequency) * 1e3 / self.sizes[:n]
        spectra[:, self.rates == 0.0] = 0.0
        return spectra

    def tabulated(self, highest: float) -> Tabulated:
        """The same up to a frequency (Hz), for many frequencies: what is dear in ``M`` and ``D`` by a spline."""
        return Tabulated.of(self, highest)

    def cross(self, frequency: Array, loop: Complex | None = None, own: Array | None = None) -> Complex:
        """``C``: the cross-spectra (Hz) of the activities, shape (f, m, m)."""
        loop = self.loop(frequency) if loop is None else loop
        own = self.own(frequency) if own is None else own
        through = np.linalg.inv(np.eye(len(self.names)) - loop)
        return np.asarray((through * own[:, None, :]) @ np.conj(np.swapaxes(through, 1, 2)), complex)


@dataclass(frozen=True)
class Tabulated:
    """``M`` and ``D`` as splines of the frequency. The delays, with which ``M`` turns fast, are multiplied on."""

    fluctuations: Fluctuations
    delays: tuple[DelayDistribution, ...]
    spline: Callable[[Array], NDArray[Any]]

    @classmethod
    def of(cls, f: Fluctuations, highest: float) -> Tabulated:
        maps, rates = f.state.maps, f.state.rates * 1e-3
        delays = tuple({c.delay.key: c.delay for c in (*maps.channels, *maps.afferents)}.values())
        frozen = replace(f.state, maps=maps.frozen(rates))
        groups = [Fluctuations(f.names, f.sizes, f.rates, _undelayed(frozen, delay)) for delay in delays]
        m = len(f.names)

        def dear(x: Array) -> Complex:
            frequency = _UNIT_HZ * np.sinh(x)
            loops = [group.loop(frequency).reshape(x.size, m * m) for group in groups]
            return np.concatenate([*loops, f.own(frequency) - f.white + 0j], axis=1).astype(complex)

        ends = np.linspace(0.0, np.arcsinh(highest / _UNIT_HZ), _FIRST_POINTS)
        floor = np.concatenate([np.zeros(len(groups) * m * m), f.white])  # D - white is rounding where rates are low
        return cls(f, delays, spline_table(dear, ends, _TABLE_ERROR, floor))

    def __call__(self, frequency: Array) -> tuple[Complex, Array]:
        """``M`` and ``D`` at frequencies (Hz)."""
        m, s = len(self.fluctuations.names), np.asarray(1j * _OMEGA_PER_HZ * frequency, complex)
        values = self.spline(np.arcsinh(frequency / _UNIT_HZ))
        loop = np.zeros((s.size, m, m), complex)
        for k, delay in enumerate(self.delays):
            part = values[:, k * m * m : (k + 1) * m * m].reshape(s.size, m, m)
            loop += delay.transform(s)[:, None, None] * part
        return loop, np.real(values[:, len(self.delays) * m * m :]) + self.fluctuations.white


def _undelayed(state: SteadyState, delay: DelayDistribution) -> SteadyState:
    """The state with only those projections that have a certain delay, as if they had none."""
    none = delay_distribution(0.0)
    channels, afferents = (
        tuple(replace(c, delay=none) for c in group if c.delay.key == delay.key)
        for group in (state.maps.channels, state.maps.afferents)
    )
    return replace(state, maps=replace(state.maps, channels=channels, afferents=afferents))


def without_response(state: SteadyState) -> str:
    """Why there is no linear response around a state, in a sentence; empty if there is one."""
    if not state.stable:
        return (
            "linear response does not exist around this state, where fluctuations grow until they are no longer small; "
            f"simulate the network instead. {state.status}"
        )
    noiseless = [
        name
        for name, sigma, rate in zip(state.populations, state.sigma, state.rates, strict=True)
        if sigma == 0.0 and rate > 0.0
    ]
    if noiseless:
        return (
            f"linear response does not exist for {', '.join(noiseless)}, whose neurons fire without any noise; give "
            "them noise, a PoissonInput, or random connections"
        )
    return ""


def _renewal(linear: Linearised, rates: Array, omega: Array) -> Array:
    """Spectra of the populations' neurons (kHz), by a parabola where the formula for them cancels."""
    with np.errstate(divide="ignore", invalid="ignore"):  # at zero; replaced below
        spectra = renewal_spectrum(rates, linear.intervals(np.asarray(1j * omega, complex)))
    for k, rate in enumerate(rates):
        slow = np.abs(omega) < _SLOW * rate
        if np.any(slow):
            near = linear.intervals(np.asarray(1j * _SLOW * rate * np.array([1.0, 2.0]), complex))[:, k]
            first, second = renewal_spectrum(np.full(2, rate), near)
            rise = (second - first) / 3.0
            spectra[slow, k] = first - rise + rise * (omega[slow] / (_SLOW * rate)) ** 2
    return spectra
