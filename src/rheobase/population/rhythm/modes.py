r"""The modes of a network around its stationary state: how fast each grows or decays, and how fast it oscillates.

A perturbation ``exp(s t)`` of the rates sustains itself where ``det(1 - M(s)) = 0``, with

    M_ij(s) = sum over projections j -> i of  <exp(-s d)> tau_m K [<J> H_mu(s) chi_mu,i(s) + <J**2> H_sigma(s)
    chi_sigma2,i(s)],

delays ``d``, the filters ``H`` of the synapses, and the transfer functions of
`rheobase.population.neuron.lif_response` and `rheobase.population.neuron.any_neuron` (Brunel & Hakim 1999; Brunel 2000,
section 4; for several populations Bos, Diesmann & Helias 2016, PLoS Comput Biol 12:e1005132, who leave the modulation
of the variance out). All roots in a rectangle are found, by counting them first. Conductance synapses act on the mean
at the frozen driving force, on the leak, and by way of the mean voltage on the noise: see
`rheobase.population.input.conductance_response`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import Network
from rheobase.numerics.roots import Box, zeros
from rheobase.population.input.conductance_response import leak_numerators, moved_noise
from rheobase.population.input.statistics import Channel, Drive, InputMap, input_map
from rheobase.population.neuron.any_neuron import any_response, rates
from rheobase.population.neuron.lif_response import Response, mean_filter, unmoved, variance_filter

Complex = NDArray[np.complex128]

HIGHEST = 2.0 * np.pi  # 1 kHz: the theory of a delta-coupled network has modes at every multiple of 1/delay beyond
_DEEPEST = 4.0
#: Spikes in a tau_m below which a population counts as silent: no loop is closed by it, and its own modes, those of a
#: membrane that never fires, lie so near to places where its response is zero over zero that they cannot be counted.
_SILENT = 1e-9


@dataclass(frozen=True)
class Mode:
    """One mode of a network.

    Attributes
    ----------
    growth_per_s : float
        It grows like ``exp(growth_per_s * t)``; negative for one that decays.
    frequency_hz : float
        Zero for one that does not oscillate.
    """

    growth_per_s: float
    frequency_hz: float

    @property
    def sentence(self) -> str:
        """For people: 'grows at 51.5/s, 190.2 Hz'."""
        verb = "grows" if self.growth_per_s > 0 else "decays"
        rhythm = f"oscillates at {self.frequency_hz:.4g} Hz" if self.frequency_hz > 0 else "does not oscillate"
        return f"{verb} at {abs(self.growth_per_s):.4g}/s and {rhythm}"


@dataclass(frozen=True)
class Linearised:
    """A network linearised around rates; callable parts for the search of its modes.

    Attributes
    ----------
    characteristic
        ``det(1 - M(s))`` times every population's own denominator, for an array of ``s`` (1/ms): analytic up to a
        positive factor, zero at the modes. (Modes that do not pass through a synapse are among them, such as the
        difference of two populations of the same neurons with the same input.)
    strength
        Largest absolute eigenvalue of ``M(s)``: where it is below one there is no mode.
    matrix
        ``1 - M(s)`` with each row times its population's denominator, shape (s, n, n).
    own
        These denominators, shape (s, n).
    loop, inflow
        ``M(s)``, shape (s, n, n), and the same matrix from the Poisson sources to the populations.
    intervals
        Laplace transform of the density of each population's intervals at unmodulated input, shape (s, n).
    slowest_membrane, deepest
        Longest ``tau_m`` (ms), and the fastest decay (1/ms) down to which the parts are analytic.
    """

    characteristic: Callable[[Complex], Complex]
    strength: Callable[[Complex], NDArray[np.float64]]
    matrix: Callable[[Complex], Complex]
    own: Callable[[Complex], Complex]
    loop: Callable[[Complex], Complex]
    inflow: Callable[[Complex], Complex]
    intervals: Callable[[Complex], Complex]
    slowest_membrane: float
    deepest: float


def modes(network: Network, rates: NDArray[np.float64], *, count: int = 4) -> tuple[Mode, ...]:
    r"""The leading modes of a network around stationary ``rates`` (Hz), the fastest growing first.

    Parameters
    ----------
    network
        One that the theory covers.
    rates
        Stationary rates of the populations, from `rheobase.population.states.steady_state`.
    count
        How many are wanted at least, where there are as many. Searched are modes that decay no faster than
        ``4/tau_m`` of the slowest membrane, up to 1 kHz.

    Returns
    -------
    tuple of Mode
        Complex pairs are listed once. Empty if nothing lies in the region searched, as in a network without recurrence.
    """
    maps = input_map(network)
    return leading_modes(linearise(maps, np.asarray(rates, float) * 1e-3), count)


def linearise(maps: InputMap, rates: NDArray[np.float64]) -> Linearised:
    """The network around stationary rates (kHz)."""
    maps = maps.frozen(rates)
    drive = maps.drive(rates)
    n, n_sources = len(maps.names), len(maps.sources)

    def own(s: Complex) -> Complex:
        return _denominators(_audible(maps, drive, s))

    def transfers(s: Complex, channels: tuple[Channel, ...], n_pre: int) -> Complex:
        parts = _responses(maps, drive, s)
        return _numerators(maps, drive, s, parts, channels, n_pre) / _denominators(parts)[:, :, None]

    def loop(s: Complex) -> Complex:
        return transfers(s, maps.channels, n)

    def inflow(s: Complex) -> Complex:
        return transfers(s, maps.afferents, n_sources)

    def intervals(s: Complex) -> Complex:
        return np.stack([part.interval for part in _responses(maps, drive, s)], axis=1)

    def matrix(s: Complex) -> Complex:
        parts = _audible(maps, drive, s)
        return _denominators(parts)[:, :, None] * np.eye(n) - _numerators(maps, drive, s, parts, maps.channels, n)

    def characteristic(s: Complex) -> Complex:
        return np.linalg.det(matrix(s))

    def strength(s: Complex) -> NDArray[np.float64]:
        return np.max(np.abs(np.linalg.eigvals(loop(s))), axis=-1)

    slowest = float(np.max(maps.column("tau_m")))
    slowest_synapse = max((c.tau_s for c in maps.channels), default=0.0)
    deepest = min(_DEEPEST / slowest, 0.9 / max(slowest_synapse, 1e-9))
    return Linearised(characteristic, strength, matrix, own, loop, inflow, intervals, slowest, deepest)


def _denominators(parts: list[Response]) -> Complex:
    return np.stack([part.denominator for part in parts], axis=1)


def _responses(maps: InputMap, drive: Drive, s: Complex) -> list[Response]:
    """The response of each population; those of alike ones are computed once."""
    mu, sigma, shift = (_thirteen_digits(part) for part in (drive.mu, drive.sigma, drive.shift))
    inputs = list(zip(mu, sigma, shift, strict=True))
    keys = [(given, m.lif, m.drift) for given, m in zip(inputs, maps.membranes, strict=True)]
    different = dict(zip(keys, maps.membranes, strict=True))
    found = {key: any_response(s, m, *key[0]) for key, m in different.items()}
    return [found[key] for key in keys]


def _audible(maps: InputMap, drive: Drive, s: Complex) -> list[Response]:
    """The same for the count of modes, in which a silent population does not respond."""
    nu = rates(maps.membranes, drive.mu, drive.sigma, drive.shift).rate
    silent = nu * maps.column("tau_m") < _SILENT
    parts = _responses(maps, drive, s)
    return [unmoved(s) if quiet else part for quiet, part in zip(silent, parts, strict=True)]


def _thirteen_digits(values: NDArray[np.float64]) -> list[float]:
    """So that populations whose inputs differ by rounding count as alike."""
    return [float(f"{value:.12e}") for value in values]


def _numerators(
    maps: InputMap, drive: Drive, s: Complex, parts: list[Response], channels: tuple[Channel, ...], n_pre: int
) -> Complex:
    """What modulated presynaptic rates do to the populations, shape (s, n, n_pre), before the denominators."""
    matrix = np.zeros((s.size, len(maps.names), n_pre), complex)
    delayed = {key: delay.transform(s) for key, delay in {c.delay.key: c.delay for c in channels}.items()}
    by_mean = [part.mu + moved for part, moved in zip(parts, moved_noise(maps, s, parts), strict=True)]
    by_leak = leak_numerators(maps, drive, s, parts)
    for c in channels:
        mean = mean_filter(s, c.tau_s, c.poles)
        variance = c.square * variance_filter(s, c.tau_s, c.poles) * parts[c.post].sigma2
        gain = maps.membranes[c.post].tau_m * (c.jump * mean * by_mean[c.post] + variance)
        if c.leak != 0.0:
            gain += c.leak * mean * by_leak[c.post]
        matrix[:, c.post, c.pre] += c.in_degree * delayed[c.delay.key] * gain
    return matrix


def leading_modes(linear: Linearised, count: int = 4) -> tuple[Mode, ...]:
    """Search from the right, strip by strip, until ``count`` modes are found or the region ends."""
    scale = 1.0 / linear.slowest_membrane
    right, found = rightmost(linear, scale), []
    edges = [right, *(-x for x in (*np.arange(1e-4 * scale, linear.deepest, scale), linear.deepest))]
    for high, low in pairwise(edges):
        found += _zeros_of_strip(linear, float(low), float(high), scale)
        if len(found) >= count:
            break
    return tuple(sorted(_as_modes(found, scale), key=lambda mode: -mode.growth_per_s))


def _zeros_of_strip(linear: Linearised, low: float, high: float, scale: float) -> list[complex]:
    """The zeros with ``low < growth < high``; a zero on a border is avoided by moving the lower and the outer ones."""
    top = _top(linear, low)
    for nudge in (0.0213, 0.0347, 0.0559):
        try:
            box = Box(low, high, -nudge * scale, top + nudge * scale)
            return zeros(linear.characteristic, box, complex(scale, scale))
        except ArithmeticError as problem:
            reason = problem
            low -= 1e-3 * nudge * scale
    raise ArithmeticError(f"the modes that decay at {-1e3 * high:.3g}/s or faster cannot be counted: {reason}")


def rightmost(linear: Linearised, scale: float) -> float:
    """A growth rate beyond which there is no mode: the loop is weaker than one at every frequency."""
    omega = np.linspace(0.0, HIGHEST, 200)
    growth = scale
    while growth < 1e3 * scale and np.any(linear.strength(_line(growth, omega)) >= 1.0):
        growth *= 2.0
    return growth


def _top(linear: Linearised, growth: float) -> float:
    """A frequency above which there is no mode with at least this growth, or the highest that is searched."""
    omega = np.linspace(0.0, HIGHEST, 400)
    strong = np.flatnonzero(linear.strength(_line(growth, omega)) >= 0.9)
    return float(omega[min(strong[-1] + 2, 399)]) if strong.size else float(omega[8])


def _line(growth: float, omega: NDArray[np.float64]) -> Complex:
    return np.asarray(growth + 1j * omega, complex)


def _as_modes(roots: list[complex], scale: float) -> list[Mode]:
    result: list[Mode] = []
    for root in roots:
        imaginary = 0.0 if abs(root.imag) < 1e-7 * scale else abs(root.imag)
        mode = Mode(1e3 * root.real, 1e3 * imaginary / (2.0 * np.pi))
        if not any(
            np.hypot(mode.growth_per_s - m.growth_per_s, mode.frequency_hz - m.frequency_hz) < 1e-6 for m in result
        ):
            result.append(mode)
    return result
