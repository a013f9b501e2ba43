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

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import Network
from rheobase.numerics.roots import Box, zeros
from rheobase.population.input.input_map import input_map
from rheobase.population.rhythm.linearised import HIGHEST, Linearised, linearise

Complex = NDArray[np.complex128]


_SAME = 1e-6  # in units of 1/tau_m: roots of the fit and of the function that differ by less are the same
_STEPS = 4


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


def leading_modes(linear: Linearised, count: int = 4) -> tuple[Mode, ...]:
    """Search from the right, strip by strip, until ``count`` modes are found or the region ends.

    Counted and found are the zeros of the fitted characteristic function, which are then improved on the computed one;
    if one of them has to move, the fit was none, and the computed function is searched.
    """
    scale = 1.0 / linear.slowest_membrane
    found = _searched(linear.near, count, scale)
    if linear.near is not linear:
        improved = _improved(linear, found, scale)
        found = _searched(linear, count, scale) if improved is None else improved
    return tuple(sorted(_as_modes(found, scale), key=lambda mode: -mode.growth_per_s))


def _searched(linear: Linearised, count: int, scale: float) -> list[complex]:
    right, found = rightmost(linear, scale), []
    edges = [right, *(-x for x in (*np.arange(1e-4 * scale, linear.deepest, scale), linear.deepest))]
    for high, low in pairwise(edges):
        found += _zeros_of_strip(linear, float(low), float(high), scale)
        if len(found) >= count:
            break
    return found


def _improved(linear: Linearised, roots: list[complex], scale: float) -> list[complex] | None:
    """The roots after Newton's method on the computed function; None if one is not where it seemed to be.

    Roots that coincide, where Newton's method is slow and rounding large, stay; as many zeros have to lie there.
    """
    given = np.array(roots, complex)
    alone = np.array([np.sum(np.abs(given - root) < _SAME * scale) == 1 for root in given], bool)
    z, h = given[alone], 1e-5 * scale
    for _ in range(_STEPS if z.size else 0):
        values = linear.characteristic(np.asarray(np.concatenate([z, z + h, z - h]), complex)).reshape(3, z.size)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = 2.0 * h * values[0] / (values[1] - values[2])
        z = z - step
        if not np.all(np.abs(z - given[alone]) < _SAME * scale):
            return None
        if np.all(np.abs(step) < 1e-11 * scale + 1e-14 * np.abs(z)):
            break
    if not all(_multiple(linear, given, root, scale) for root in given[~alone]):
        return None
    given[alone] = z
    return list(given)


def _multiple(linear: Linearised, roots: Complex, root: complex, scale: float) -> bool:
    """Whether the computed function has as many zeros close to ``root`` as there are ``roots``."""
    distance = np.abs(roots - root)
    radius = min(1e-3 * scale, 0.3 * float(np.min(distance[distance >= _SAME * scale], initial=scale)))
    circle = np.asarray(root + radius * np.exp(2j * np.pi * np.linspace(0.0, 1.0, 33)), complex)
    values = linear.characteristic(circle)
    turned = float(np.sum(np.angle(values[1:] / values[:-1])))
    return round(turned / (2.0 * np.pi)) == int(np.sum(distance < radius))


def _zeros_of_strip(linear: Linearised, low: float, high: float, scale: float) -> list[complex]:
    """The zeros with ``low < growth < high``; a zero on a border is avoided by moving the lower and the outer ones."""
    top = _top(linear, low, scale)
    for nudge in (0.0213, 0.0347, 0.0559):
        try:
            box = Box(low, high, -nudge * scale, top + nudge * scale)
            return zeros(linear.characteristic, box, complex(scale, scale), analytic=linear.poles is not None)
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


def _top(linear: Linearised, growth: float, scale: float) -> float:
    """A frequency above which there is no mode with at least this growth, or the highest that is searched.

    Where the loop is weak on the border of a region without poles it is weak inside. A population has modes of its own
    at its poles, and where its response is not known to have none, all frequencies are searched.
    """
    if linear.poles is None:
        return HIGHEST
    omega = np.linspace(0.0, HIGHEST, 400)
    strong = np.flatnonzero(linear.strength(_line(growth, omega)) >= 0.9)
    top = float(omega[min(strong[-1] + 2, 399)]) if strong.size else float(omega[8])
    own = linear.poles.imag[linear.poles.real > growth - 0.1 * scale]
    return float(min(max(top, np.max(own, initial=0.0) + scale), HIGHEST))


def _line(growth: float, omega: NDArray[np.float64]) -> Complex:
    return np.asarray(growth + 1j * omega, complex)


def _as_modes(roots: list[complex], scale: float) -> list[Mode]:
    result: list[Mode] = []
    for root in roots:
        imaginary = 0.0 if abs(root.imag) < 1e-7 * scale else abs(root.imag)
        mode = Mode(1e3 * float(root.real), 1e3 * float(imaginary) / (2.0 * np.pi))
        if not any(
            np.hypot(mode.growth_per_s - m.growth_per_s, mode.frequency_hz - m.frequency_hz) < 1e-6 for m in result
        ):
            result.append(mode)
    return result
