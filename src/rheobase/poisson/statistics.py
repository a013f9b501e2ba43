"""How Poisson are these trains? Counts, intervals and correlations with their standard errors and p-values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.numerics.point_process import histogram_edges

if TYPE_CHECKING:
    from rheobase.poisson.trains import SpikeTrains

Array = NDArray[np.float64]
_FEWEST_COUNTS, _LARGEST_COUNT, _LEAST_EXPECTED, _FEWEST_SPIKES = 50, 50.0, 5.0, 10
_LAGS, _REACH = 40, 4.0


@dataclass(frozen=True, eq=False)
class Statistics:
    r"""A measurement of spike trains in *operational time*, in which a Poisson process has rate 1.

    Operational time is the expected number of spikes until then, :math:`\Lambda(t) = \int_0^t r\,ds` (Brown et al.
    2002), so that one set of tests serves constant and changing rates. The trains are put one behind the other: that
    leaves a Poisson process one, without the bias of intervals that the end of a train cuts off.

    Attributes
    ----------
    rate, rate_error
        Mean over trains and time, Hz, and its standard error.
    fano, fano_error
        Variance over mean of the counts; the error is that of Poisson counts, sqrt(2/(n - 1)).
    cv, cv_error
        Of the intervals; the error is that of exponential intervals, 1/sqrt(n).
    counts, observed, expected
        0, 1, 2 ... spikes; how many windows had so many, and how many are expected.
    count_p
        Chi-square test of the counts against the Poisson distribution with the asked-for mean.
    intervals, interval_p
        Intervals in units of the mean, and the Kolmogorov-Smirnov test against the exponential distribution.
    lags, correlation, correlation_error
        Autocorrelation: spikes at a lag after a spike, relative to what a Poisson process of the measured rate has; the
        lag is in expected intervals.
    bin
        The bin of the naive scheme in expected intervals, for a constant rate; None for trains in continuous time.
    """

    rate: float
    rate_error: float
    fano: float
    fano_error: float
    cv: float
    cv_error: float
    counts: NDArray[np.int64]
    observed: Array
    expected: Array
    count_p: float
    intervals: Array
    interval_p: float
    lags: Array
    correlation: Array
    correlation_error: Array
    bin: float | None
    status: str

    def plot(self) -> Any:
        """Counts, intervals and autocorrelation beside those of a Poisson process."""
        from rheobase.plot.poisson import statistics as draw

        return draw(self)

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """The numbers, a line each."""
        return "\n".join(
            [
                self.status,
                f"  rate {self.rate:.5g} +- {self.rate_error:.2g} Hz",
                f"  Fano factor {self.fano:.4g} +- {self.fano_error:.2g}, counts against Poisson: {_p(self.count_p)}",
                f"  CV {self.cv:.4g} +- {self.cv_error:.2g}, intervals against exponential: {_p(self.interval_p)}",
            ]
        )


def statistics(trains: SpikeTrains) -> Statistics:
    """Measure spike trains against a Poisson process of the rate that was asked for.

    References
    ----------
    Brown, Barbieri, Ventura, Kass & Frank (2002), Neural Comput. 14:325, doi:10.1162/08997660252741149 (rescaling);
    Dayan & Abbott (2001), Theoretical Neuroscience, section 1.4.

    Raises
    ------
    ModelError
        If there are too few spikes.
    """
    if trains.times.size < _FEWEST_SPIKES:
        raise ModelError(f"{trains.times.size} spikes are too few for statistics; use a longer duration or more trains")
    total = float(trains.rate.integral[-1])
    operational = trains.rate.expected(trains.times) + total * trains.trains
    counts, mean = _window_counts(operational, total, trains.n)
    numbers, observed, expected, count_p = _count_test(counts, mean)
    gaps = np.diff(operational)
    spikes, fano = trains.times.size, float(np.var(counts, ddof=1) / np.mean(counts))
    rate = 1e3 * spikes / (trains.n * trains.duration)
    width = trains.rate.mean * trains.dt if trains.dt is not None and trains.rate.is_constant else None
    lags, correlation, error = _correlation(operational, total * trains.n, histogram_edges(_REACH, _LAGS, width))
    cv, interval_p = float(np.std(gaps, ddof=1) / np.mean(gaps)), _exponential_p(gaps)
    return Statistics(
        rate, rate / math.sqrt(spikes), fano, math.sqrt(2.0 / (counts.size - 1)), cv, 1.0 / math.sqrt(gaps.size),
        numbers, observed, expected, count_p, gaps / np.mean(gaps), interval_p, lags, correlation, error, width,
        _sentence(spikes, count_p, interval_p, fano),
    )  # fmt: skip


def _window_counts(operational: Array, total: float, n: int) -> tuple[NDArray[np.int64], float]:
    """Counts in windows of one expected count; a train has one window, or several if it is long or there are few."""
    each = max(1, -(-_FEWEST_COUNTS // n), math.ceil(total / _LARGEST_COUNT))
    mean = total / each
    place = np.minimum((operational / mean).astype(np.int64), n * each - 1)
    return np.bincount(place, minlength=n * each), mean


def _count_test(counts: NDArray[np.int64], mean: float) -> tuple[NDArray[np.int64], Array, Array, float]:
    """Observed and expected numbers of windows, and the chi-square test over bins with enough of them."""
    from scipy.stats import chi2, poisson

    top = int(max(counts.max(), poisson.ppf(1 - 1e-6, mean)))
    numbers = np.arange(top + 1)
    observed = np.bincount(counts, minlength=top + 1).astype(float)
    expected = counts.size * np.asarray(poisson.pmf(numbers, mean))
    expected_all = np.append(expected, counts.size * float(poisson.sf(top, mean)))
    merged_observed, merged_expected = _merge(np.append(observed, 0.0), expected_all)
    if merged_expected.size < 2:
        return numbers, observed, expected, math.nan
    value = float(np.sum((merged_observed - merged_expected) ** 2 / merged_expected))
    return numbers, observed, expected, float(chi2.sf(value, merged_expected.size - 1))


def _merge(observed: Array, expected: Array) -> tuple[Array, Array]:
    """Neighbouring bins put together until five are expected in each."""
    merged: list[list[float]] = [[0.0, 0.0]]
    for seen, wanted in zip(observed, expected, strict=True):
        if merged[-1][1] >= _LEAST_EXPECTED:
            merged.append([0.0, 0.0])
        merged[-1][0] += seen
        merged[-1][1] += wanted
    if len(merged) > 1 and merged[-1][1] < _LEAST_EXPECTED:
        last = merged.pop()
        merged[-1] = [merged[-1][0] + last[0], merged[-1][1] + last[1]]
    table = np.array(merged)
    return table[:, 0], table[:, 1]


def _exponential_p(gaps: Array) -> float:
    """Kolmogorov-Smirnov test against unit exponential intervals."""
    from scipy.stats import kstest

    return float(kstest(gaps, "expon").pvalue)  # pyright: ignore[reportAttributeAccessIssue]


def _correlation(times: Array, total: float, edges: Array) -> tuple[Array, Array, Array]:
    """Pairs of spikes by their distance, over what as many independent spikes have."""
    found = np.zeros(edges.size - 1)
    for order in range(1, times.size):
        distance = times[order:] - times[:-order]
        near = distance[distance < edges[-1]]
        if not near.size:
            break
        found += np.histogram(near, edges)[0]
    middle = 0.5 * (edges[1:] + edges[:-1])
    pairs = (total - middle) * np.diff(edges) * (times.size / total) ** 2
    return middle, found / pairs, 1.0 / np.sqrt(pairs)


def _sentence(spikes: int, count_p: float, interval_p: float, fano: float) -> str:
    smallest = min(p for p in (count_p, interval_p) if not math.isnan(p))
    if smallest >= 0.01:
        return f"{spikes:,} spikes that cannot be told from a Poisson process"
    kind = "less" if fano < 1 else "more"
    verdict = f"{spikes:,} spikes that are not from this Poisson process ({_p(smallest)})"
    return f"{verdict}: counts vary {kind} than they should"


def _p(value: float) -> str:
    """A p-value in words; beyond some point only that it is small."""
    return "p < 1e-9" if value < 1e-9 else f"p = {value:.2g}"
