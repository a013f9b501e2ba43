"""Poisson spike trains: constant or changing rates, a refractory time, and the naive scheme for comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.poisson.rate import Rate, read_rate, time_of
from rheobase.poisson.theory import Theory, theory

if TYPE_CHECKING:
    from rheobase.poisson.statistics import Statistics

SCHEMES = ("exact", "bernoulli")
#: Random numbers for all trains together: they are held at once, some 25 bytes each.
_MOST = 2e8


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """Spike trains; ``trains[k]`` are the times of train k in ms.

    Attributes
    ----------
    times
        All spike times, ms, train after train.
    starts
        Where each train begins in ``times``; one entry more than there are trains.
    duration
        ms.
    rate
        The rate that was asked for (of a neuron that is not refractory).
    refractory
        ms.
    dt
        Bin of the naive scheme, ms; None for the exact one.
    """

    times: NDArray[np.float64]
    starts: NDArray[np.int64]
    duration: float
    rate: Rate = field(repr=False)
    refractory: float
    dt: float | None
    seed: int

    @property
    def n(self) -> int:
        """Number of trains."""
        return self.starts.size - 1

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, train: int) -> NDArray[np.float64]:
        if not -self.n <= train < self.n:
            raise IndexError(f"there are trains 0 to {self.n - 1}, not {train}")
        train %= self.n
        return self.times[self.starts[train] : self.starts[train + 1]]

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        return (self[train] for train in range(self.n))

    @property
    def trains(self) -> NDArray[np.int64]:
        """The number of the train for each of ``times``."""
        return np.repeat(np.arange(self.n), np.diff(self.starts))

    def counts(self, window: Any = None) -> NDArray[np.int64]:
        """Spikes in windows: shape (trains, windows); one window over the whole duration by default."""
        width = self.duration if window is None else time_of(window, "window")
        windows = int(self.duration / width + 1e-9)
        if windows < 1:
            raise ModelError(f"a window of {width:g} ms is longer than the trains, {self.duration:g} ms")
        place = np.floor(self.times / width + 1e-12).astype(np.int64)
        inside = place < windows
        flat = np.bincount(self.trains[inside] * windows + place[inside], minlength=self.n * windows)
        return flat.reshape(self.n, windows)

    def intervals(self) -> NDArray[np.float64]:
        """All intervals between two spikes of a train, ms."""
        return np.concatenate([np.diff(train) for train in self]) if self.n else np.empty(0)

    @property
    def theory(self) -> Theory:
        """Rate, CV and Fano factor in closed form.

        Raises
        ------
        ModelError
            For a rate that changes together with a refractory time: there is none.
        """
        if not self.rate.is_constant and (self.refractory or self.dt is not None):
            raise ModelError("there is no closed form for a rate that changes with a refractory time or in bins")
        return theory(self.rate.mean, self.refractory, None if self.dt is None else self.rate.mean * self.dt)

    def statistics(self) -> Statistics:
        """Counts, intervals and correlations against those of a Poisson process; see `statistics`."""
        from rheobase.poisson.statistics import statistics

        return statistics(self)

    def plot(self) -> Any:
        """Raster and rate as a figure."""
        from rheobase.plot.poisson import trains

        return trains(self)

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """How many spikes there are, and what to expect."""
        mean = self.times.size / (self.n * self.duration) * 1e3
        words = f"{self.n:,} trains of {self.duration:g} ms, {self.times.size:,} spikes, {mean:.4g} Hz each"
        try:
            return f"{words}. {self.theory.sentence[0].upper()}{self.theory.sentence[1:]}."
        except ModelError:
            return words

    def __repr__(self) -> str:
        return f"SpikeTrains({self.n} trains of {self.duration:g} ms, {self.times.size} spikes)"


def spike_trains(
    rate: Any,
    duration: Any,
    *,
    n: int = 1,
    refractory: Any = None,
    scheme: str = "exact",
    dt: Any = None,
    bound: Any = None,
    seed: int = 0,
) -> SpikeTrains:
    """Spike trains of independent Poisson neurons.

    The exact scheme sums exponential intervals. Where the rate changes, candidates are drawn at a rate that bounds it
    and each is kept with probability ``rate/bound`` (Lewis & Shedler 1979, "thinning"). The scheme ``bernoulli`` draws
    once in each bin ``dt``, with probability ``r dt``, as many first programs do: it is an approximation for
    ``r dt << 1``, and no scheme at all beyond 1.

    Parameters
    ----------
    rate
        In Hz or with a unit: a number; an array with one value for each ``dt``; or a function of time in ms that takes
        and gives arrays.
    duration
        In ms or with a unit.
    n
        Number of trains.
    refractory
        After a spike there is none for so long; ``rate`` is that of a neuron that is not refractory, so the mean rate
        is ``r/(1 + r refractory)``.
    scheme
        ``exact`` or ``bernoulli``.
    dt
        The bin of ``bernoulli``; the step of a rate given as an array.
    bound
        A rate that a function never exceeds. By default it is found on a grid of 20,001 times, and raised if a
        candidate finds the function above it; give it for a function with a peak that is narrower.
    seed
        The same seed gives the same trains; train k is the same however many others there are, and goes on where a
        shorter one ends.

    References
    ----------
    Lewis & Shedler (1979), Nav. Res. Logist. 26:403, doi:10.1002/nav.3800260304; Dayan & Abbott (2001), Theoretical
    Neuroscience, section 1.4.

    Examples
    --------
    >>> from rheobase import poisson
    >>> trains = poisson.spike_trains(lambda t: 20 + 15 * np.sin(0.01 * t), 1000, n=50)  # doctest: +SKIP
    """
    length = time_of(duration, "duration")
    if scheme not in SCHEMES:
        raise ModelError(f"scheme = {scheme!r} has to be one of {', '.join(SCHEMES)}")
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ModelError(f"n = {n!r} has to be a whole number, at least 1")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise ModelError(f"seed = {seed!r} must be a whole number from 0 to 2**63 - 1")
    dead = 0.0 if refractory is None or refractory == 0 else time_of(refractory, "refractory")
    wanted = read_rate(rate, length, dt, bound)
    _check_size(int(n) * (length / time_of(dt, "dt") if scheme == "bernoulli" and dt else wanted.bound * length))
    if scheme == "bernoulli":
        times, starts, width = _bernoulli(wanted, length, dt, int(n), int(seed))
    else:
        times, starts = _exact(wanted, length, int(n), int(seed), fixed=bound is not None)
        width = None
    if dead:
        from rheobase.numerics.point_process import apart, select

        times, starts = select(times, starts, apart(times, starts, dead))
    return SpikeTrains(times, starts, length, wanted, dead, width, int(seed))


def _check_size(draws: float) -> None:
    if draws > _MOST:
        raise ModelError(
            f"these trains take about {draws:.2g} random numbers, more than the {_MOST:g} that are held at once; take "
            "fewer trains at a time, each lot with another seed, or a shorter duration"
        )


def _exact(rate: Rate, duration: float, n: int, seed: int, fixed: bool) -> tuple[Any, Any]:
    """Candidates at the bound, thinned; a bound that turns out too low is raised, and all is drawn again."""
    from rheobase.numerics.point_process import poisson, select

    bound = rate.bound
    while True:
        times, starts, uniform = poisson(bound, duration, n, seed)
        if rate.is_constant:
            return times, starts
        at = rate.at(times)
        highest = float(at.max(initial=0.0))
        if highest <= bound:
            return select(times, starts, uniform * bound < at)
        if fixed:
            raise ModelError(
                f"rate(t) reaches {1e3 * highest:g} Hz, above bound = {1e3 * bound:g} Hz; give a larger one"
            )
        bound = 2.0 * highest


def _bernoulli(rate: Rate, duration: float, dt: Any, n: int, seed: int) -> tuple[Any, Any, float]:
    from rheobase.numerics.point_process import bernoulli

    if dt is None:
        raise ModelError("scheme='bernoulli' needs the width of its bins: dt=1*ms")
    width = time_of(dt, "dt")
    bins = int(duration / width + 1e-9)
    if bins < 1:
        raise ModelError(f"a bin of {width:g} ms is longer than the trains, {duration:g} ms")
    centres = np.asarray((np.arange(bins) + 0.5) * width, dtype=np.float64)
    probability = np.asarray(rate.at(centres) * width, dtype=np.float64)
    highest = float(probability.max())
    if highest >= 1.0:
        raise ModelError(
            f"r dt reaches {highest:.3g}, but it is a probability here and has to stay below 1 (far below, to be "
            f"right); use dt < {width / highest:.3g} ms, or scheme='exact', which has no bins"
        )
    places, starts = bernoulli(probability, n, seed)
    return centres[places], starts, width
