"""The rate of a population in time: what the density equation predicts beside what the simulation counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.check.student import CERTAIN, as_normal

Array = NDArray[np.float64]

#: Chance that a true theory is called wrong, for each of the two tests.
CHANCE = 1e-3
LEFT_OUT = (
    "With one seed the error is that of independent neurons; where they are connected they fluctuate together, and "
    "several seeds tell how much."
)


@dataclass(frozen=True, eq=False)
class TimeCourse:
    r"""Theory against simulation, bin by bin.

    In a bin with the expected number of spikes ``E``, of all neurons and seeds, the count has the standard error
    ``sqrt(F E)``; ``F`` comes from independent replicas (`rheobase.check.dispersion`): the seeds, or with one seed the
    neurons. For a true theory each ``z`` is normal, and ``chi_squared``, the sum of their squares, is ``bins`` on
    average with the standard deviation ``spread``, which allows for correlations between bins.

    Attributes
    ----------
    population : str
    edges : ndarray (bins + 1,)
        ms. Bins are joined where few spikes are expected, so that each expects 50.
    predicted, measured, se, z : ndarray (bins,)
        Rates (Hz), the standard error of the measured one, and the difference as a normal value.
    times, rate : ndarray
        The predicted rate (Hz) at every step (ms).
    chi_squared, spread : float
    seeds : int
    shared : bool
        Whether the neurons may fluctuate together in a way that ``se`` does not contain: one seed, and connections.
    mean_se : float
        Standard error (Hz) of the measured rate averaged over the time.
    raised : float
        How much further up the theory's threshold lies (in the unit of the state): a simulation that tests it once a
        step crosses later.
    """

    population: str
    edges: Array = field(repr=False)
    predicted: Array = field(repr=False)
    measured: Array = field(repr=False)
    se: Array = field(repr=False)
    z: Array = field(repr=False)
    times: Array = field(repr=False)
    rate: Array = field(repr=False)
    chi_squared: float
    spread: float
    seeds: int
    shared: bool
    mean_se: float
    raised: float = 0.0

    @property
    def bins(self) -> int:
        return self.z.size

    @property
    def centres(self) -> Array:
        """Middles of the bins, ms."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    @property
    def mean(self) -> float:
        """The predicted rate (Hz), averaged over the time."""
        return float(np.average(self.predicted, weights=np.diff(self.edges)))

    @property
    def mean_difference(self) -> float:
        """By how much the measured mean rate is above the predicted one, as a share of that; nan where that is 0."""
        measured = float(np.average(self.measured, weights=np.diff(self.edges)))
        return measured / self.mean - 1.0 if self.mean > 0.0 else math.nan

    @property
    def mean_z(self) -> float:
        """The same as a normal value. A shift that is too small to be seen in single bins may be seen here."""
        if not self.mean_se > 0.0:
            return math.nan
        freedom = self.seeds - 1 if self.seeds > 1 else CERTAIN
        return float(as_normal(self.mean_difference * self.mean / self.mean_se, freedom))

    @property
    def p_value(self) -> float:
        """Chance of so large a ``chi_squared`` if the theory is true, by a gamma distribution of its first two moments
        (Satterthwaite 1946).
        """
        from scipy.stats import gamma

        scale = self.spread**2 / self.bins
        return float(gamma.sf(self.chi_squared, self.bins / scale, scale=scale))

    @property
    def largest(self) -> tuple[float, float]:
        """The ``z`` of the largest size, and the middle of its bin (ms)."""
        k = int(np.argmax(np.abs(self.z)))
        return float(self.z[k]), float(self.centres[k])

    @property
    def largest_by_chance(self) -> float:
        """What the largest ``|z|`` exceeds for a true theory once in a thousand times."""
        from scipy.stats import norm

        return float(norm.isf(0.5 * -math.expm1(math.log1p(-CHANCE) / self.bins)))

    @property
    def resolution(self) -> float:
        """The usual standard error of a bin, as a share of the rate predicted there."""
        return float(np.median(self.se / np.maximum(self.predicted, np.finfo(float).tiny)))

    @property
    def off(self) -> float:
        """Root mean square difference of the rates over their mean, less what is chance."""
        width = np.diff(self.edges)
        square = np.average((self.measured - self.predicted) ** 2 - self.se**2, weights=width)
        scale = float(np.average(np.maximum(self.predicted, self.measured), weights=width))
        return math.sqrt(max(float(square), 0.0)) / scale if scale > 0.0 else 0.0

    @property
    def follows(self) -> bool:
        """Whether ``chi_squared`` and the largest ``z`` are within chance, each at one in a thousand.

        The mean is told beside it (`mean_z`): over a long time and many seeds it shows errors of a part in a thousand,
        such as that of the diffusion approximation.
        """
        return self.p_value > CHANCE and abs(self.largest[0]) <= self.largest_by_chance

    @property
    def verdict(self) -> str:
        """A sentence; another, if the error leaves out what the neurons share."""
        return f"{self.finding} {LEFT_OUT}" if self.shared else self.finding

    @property
    def finding(self) -> str:
        """The sentence alone."""
        z, when = self.largest
        said = "differs from the theory"
        if self.follows:
            said = f"follows the theory, as far as bins of +- {_percent(self.resolution)} can tell"
        bins = f"{self.bins} bin{'' if self.bins == 1 else 's'}"
        sentence = (
            f"The rate of {self.population} {said}: chi-squared {self.chi_squared:.0f} in {bins} "
            f"({self.bins} +- {self.spread:.0f} by chance), largest z {z:+.1f} at {when:.4g} ms"
        )
        if math.isfinite(self.mean_difference):
            sentence += f"; on average {_percent(self.mean_difference, '+')} (z {self.mean_z:+.1f})"
        if self.follows:
            return sentence + "."
        return f"{sentence}; beyond chance it is off by {_percent(self.off)} of its mean (root mean square)."

    def summary(self) -> str:
        """The verdict."""
        return self.verdict

    def plot(self, ax: Any = None) -> Any:
        """Both rates in time with two standard errors, and the z-scores below; into axes of your own the rates only."""
        from rheobase.plot.time_course import time_course

        return time_course(self, ax)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        z, when = self.largest
        arrays = {"edges_ms": self.edges, "predicted_hz": self.predicted, "measured_hz": self.measured,
                  "se_hz": self.se, "z": self.z}  # fmt: skip
        return {
            "population": self.population, "follows": self.follows, "verdict": self.verdict,
            "mean_difference": self.mean_difference, "mean_z": self.mean_z,
            "chi_squared": self.chi_squared, "bins": self.bins, "spread": self.spread, "p_value": self.p_value,
            "largest_z": z, "largest_z_at_ms": when, "off": self.off, "seeds": self.seeds,
            "threshold_raised": self.raised, **{name: values.tolist() for name, values in arrays.items()},
        }  # fmt: skip


def _percent(share: float, sign: str = "") -> str:
    """Two digits of a percentage, all of those before the point."""
    value = 100.0 * share
    return f"{value:{sign}.0f} %" if abs(value) >= 10.0 else f"{value:{sign}.2g} %"
