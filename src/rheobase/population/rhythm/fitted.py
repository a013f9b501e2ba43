r"""The responses of populations as rational functions, fitted where modes are searched: good to about eleven digits.

The transfer functions have no branch points, only poles: the modes of the population by itself. So a rational function
of modest degree represents them, fitted to samples on the border of a rectangle. What makes it safe to count zeros
with it: it is compared with samples that the fit has not seen, between those it has seen and inside. A function that is
small on a border is small inside, but for poles; so function minus fit has none, but such as hardly any input excites.
Each pole of the fit is a zero of the computed denominator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.rational import Rational, rational
from rheobase.population.rhythm.own_response import Part, Responses, silent

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_TOLERANCE, _ACCEPTED = 1e-11, 1e-9
_POINTS = 20  # a side, to begin with
_INSIDE = np.array([0.0, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7])
_NUDGES = (0.083, 0.137, 0.291)
_NEAR = 1e-4  # how far a pole may be from the zero of the denominator that it stands for, in units of 1/tau_m
_WIDEST = 1024.0


@dataclass(frozen=True)
class Region:
    """Where modes are searched: growth above ``-deepest`` and angular frequencies to ``highest`` (1/ms).

    ``scale``, 1/tau_m, is the unit by which borders are moved.
    """

    deepest: float
    highest: float
    scale: float

    def border(self, right: float, nudge: float) -> Complex:
        """The upper half of a rectangle's border around it, from the right of the real axis to the left; few points,
        dense at corners.
        """
        left, top = -self.deepest - nudge * self.scale, self.highest + (0.1 + nudge) * self.scale
        corners = np.array([right, complex(right, top), complex(left, top), left])
        shares = 0.5 - 0.5 * np.cos(np.pi * np.arange(_POINTS) / _POINTS)
        sides = [a + (b - a) * shares for a, b in pairwise(corners)]
        return np.append(np.concatenate(sides), corners[-1])


@dataclass(frozen=True, eq=False)
class Fit:
    """The response of one population: transfer functions (those ``used``, others are 0), their poles in the region."""

    functions: Rational
    used: NDArray[np.bool_]
    poles: Complex

    def __call__(self, s: Complex) -> Part:
        """With the product of the distances from the poles for a denominator."""
        below = np.prod(s[:, None] - self.poles, axis=1) if self.poles.size else np.ones_like(s)
        values = np.zeros((3, s.size), complex)
        values[self.used] = (self.functions(s) * below[:, None]).T
        return Part(values[0], values[1], values[2], below, np.full_like(s, np.nan))


@dataclass(frozen=True, eq=False)
class Fits:
    """Fits of all populations, None for one that does not respond; alike ones share theirs."""

    populations: tuple[Fit | None, ...]

    def __call__(self, s: Complex) -> list[Part]:
        values = {id(fit): silent(s) if fit is None else fit(s) for fit in self.populations}
        return [values[id(fit)] for fit in self.populations]

    @property
    def poles(self) -> Complex:
        """Of all populations, above the real axis and on it."""
        each = [fit.poles for fit in self.populations if fit is not None]
        found: Complex = np.concatenate([np.zeros(0, np.complex128), *each])
        return found[found.imag >= 0.0]


def fitted(
    own: Responses, heard: NDArray[np.bool_], region: Region, weak: Callable[[Fits, Complex], bool]
) -> Fits | None:
    """Fits to the populations' ``own`` responses, over as much of the right half-plane as the loop is not ``weak`` in.

    Populations that are not ``heard`` do not respond. None where no fit passes its checks.
    """
    right = region.scale
    while right <= _WIDEST * region.scale:
        found: dict[int, Fit | None] = {}
        for k in set(own.same):
            found[k] = _fit(lambda s, k=k: own.one(k, s), region, right) if heard[k] else None
            if heard[k] and found[k] is None:
                return None
        fits = Fits(tuple(found[k] for k in own.same))
        if weak(fits, np.asarray(right + 1j * np.linspace(0.0, region.highest, 200), complex)):
            return fits
        right *= 4.0
    return None


def _fit(function: Callable[[Complex], Part], region: Region, right: float) -> Fit | None:
    """A fit that passes its checks; another border where a pole is too near to one."""
    used = np.any(function(np.asarray(1j * region.highest * _INSIDE, complex)).functions != 0.0, axis=0)
    if not used.any():
        return None

    def values(s: Complex) -> Complex:
        return function(s).functions[:, used]

    for nudge in _NUDGES:
        border = region.border(right, nudge)

        def genuine(poles: Complex, border: Complex = border) -> NDArray[np.bool_]:
            inside = _inside(poles, border)
            found = np.ones(poles.size, bool)
            found[inside] = _zeros(function, poles[inside], region.scale)
            return found

        found = rational(values, border, _TOLERANCE, accepted=_ACCEPTED, genuine=genuine)
        if found is not None and _agree(found, values, region):
            poles = found.poles()
            return Fit(found, used, poles[_inside(poles, border)])
    return None


def _zeros(function: Callable[[Complex], Part], poles: Complex, scale: float) -> NDArray[np.bool_]:
    """Whether the computed denominator is zero at each pole: whether Newton's method would not move it."""
    h = 1e-5 * scale
    at, up, down = function(np.concatenate([poles, poles + h, poles - h])).denominator.reshape(3, poles.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.abs(2.0 * h * at / (up - down)) < _NEAR * scale


def _agree(fit: Rational, values: Callable[[Complex], Complex], region: Region) -> bool:
    """Whether the fit is right inside the region, too, at frequencies of every size."""
    s = np.asarray(1j * region.highest * _INSIDE, complex)
    expected = values(s)
    return bool(np.all(np.abs(fit(s) - expected) <= 10.0 * _ACCEPTED * np.abs(expected).max(axis=0)))


def _inside(poles: Complex, border: Complex) -> NDArray[np.bool_]:
    left, right, top = border.real.min(), border.real.max(), border.imag.max()
    return (poles.real > left) & (poles.real < right) & (np.abs(poles.imag) < top)
