"""Values drawn per synapse or per neuron: weights, delays, start values, parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.units import Dimension, internal


def _standard_normal_density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _standard_normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


@dataclass(frozen=True)
class Normal:
    """Normal distribution, drawn again until the value lies in ``[low, high]`` (either may be None).

    Parameters
    ----------
    mean, sd
        Mean and standard deviation of the distribution before truncation, with units.
    low, high
        Bounds with units; None for none.
    """

    mean: Any
    sd: Any
    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class Lognormal:
    """Lognormal distribution with this mean and standard deviation *of the value itself* (not of its logarithm)."""

    mean: Any
    sd: Any


@dataclass(frozen=True)
class Uniform:
    """Uniform distribution on ``[low, high)``."""

    low: Any
    high: Any


@dataclass(frozen=True)
class Lorentzian:
    r"""Lorentzian (Cauchy) distribution, of density :math:`\frac{1}{\pi} \frac{w}{(x - c)^2 + w^2}`; it has no mean.

    Parameters
    ----------
    center, width
        The median, and half the width at half height, with units.

    Examples
    --------
    >>> Lorentzian(-5.0, 1.0).quantiles(3)
    array([-6., -5., -4.])
    """

    center: Any
    width: Any

    def quantiles(self, n: int) -> Any:
        """``n`` values that divide the distribution evenly, in order: at the probabilities ``k/(n + 1)``.

        A population of these values keeps much closer to the limit of many neurons than one of random values.
        """
        return self.center + self.width * np.tan(np.pi * (np.arange(1, n + 1) / (n + 1) - 0.5))


Distribution = Normal | Lognormal | Uniform | Lorentzian


def distribution_internal(distribution: Distribution, dimension: Dimension, what: str) -> Distribution:
    """The distribution with plain numbers in internal units; errors name ``what``."""

    def plain(value: Any, part: str) -> Any:
        return None if value is None else float(internal(value, dimension, f"{part} of {what}"))

    match distribution:
        case Normal(mean, sd, low, high):
            result = Normal(plain(mean, "mean"), plain(sd, "sd"), plain(low, "low"), plain(high, "high"))
            if result.low is not None and result.high is not None and not result.low < result.high:
                raise ModelError(f"{what}: low must lie below high")
        case Lognormal(mean, sd):
            result = Lognormal(plain(mean, "mean"), plain(sd, "sd"))
            if result.mean == 0:
                raise ModelError(f"{what}: a lognormal value cannot have mean 0; use a constant")
        case Uniform(low, high):
            result = Uniform(plain(low, "low"), plain(high, "high"))
            if not result.low <= result.high:
                raise ModelError(f"{what}: low must not lie above high")
        case Lorentzian(center, width):
            result = Lorentzian(plain(center, "center"), plain(width, "width"))
            if result.width < 0:
                raise ModelError(f"{what}: the width must not be negative")
    for part, value in vars(result).items():
        if value is not None and math.isnan(value):
            raise ModelError(f"{what}: {part} is not a number")
        if value is not None and part in ("mean", "sd", "center", "width") and math.isinf(value):
            raise ModelError(f"{what}: {part} is infinite")
    if getattr(result, "sd", 0.0) < 0:
        raise ModelError(f"{what}: the standard deviation must not be negative")
    if isinstance(result, Normal):
        _require_mass(result, what)
    return result


def _require_mass(normal: Normal, what: str) -> None:
    """Redrawing until a value fits must end soon."""
    if normal.sd == 0:
        return
    if truncation_mass(normal) < 1e-3:
        raise ModelError(
            f"{what}: less than 0.1 % of this normal distribution lies between low and high; "
            "move the bounds to the mean"
        )


def truncation_mass(normal: Normal) -> float:
    """Probability that one draw of the untruncated normal lies between the bounds."""
    below = 0.0 if normal.low is None else _standard_normal_cdf((normal.low - normal.mean) / normal.sd)
    above = 1.0 if normal.high is None else _standard_normal_cdf((normal.high - normal.mean) / normal.sd)
    return above - below


def moments(distribution: Distribution) -> tuple[float, float]:
    """Mean and standard deviation of the values as drawn (internal units, after truncation).

    Raises
    ------
    ModelError
        For a `Lorentzian`, which has neither.
    """
    match distribution:
        case Uniform(low, high):
            return (low + high) / 2, (high - low) / math.sqrt(12)
        case Lognormal(mean, sd):
            return mean, sd
        case Lorentzian():
            raise ModelError("a Lorentzian distribution has neither a mean nor a standard deviation")
        case Normal(mean, sd, low, high):
            if sd == 0 or (low is None and high is None):
                return mean, sd
            return _truncated_moments(distribution)


def _truncated_moments(normal: Normal) -> tuple[float, float]:
    """Mean and standard deviation of a truncated normal (Johnson, Kotz & Balakrishnan 1994, section 10.1)."""
    mass = truncation_mass(normal)
    terms = []
    for bound, sign in ((normal.low, 1.0), (normal.high, -1.0)):
        if bound is None:
            continue
        z = (bound - normal.mean) / normal.sd
        terms.append((sign * _standard_normal_density(z) / mass, z))
    shift = sum(density for density, _ in terms)
    variance = 1 + sum(density * z for density, z in terms) - shift**2
    return normal.mean + normal.sd * shift, normal.sd * math.sqrt(max(variance, 0.0))
