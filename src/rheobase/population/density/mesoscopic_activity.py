"""What `mesoscopic` leaves: the activities of populations of finitely many neurons, and what is measured in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.rate_statistics import WINDOWS, mean_and_error, power_spectrum
from rheobase.population.density.density_course import DensityCourse
from rheobase.units import internal, ms

Array = NDArray[np.float64]

_FINITE = (
    "Dean DS (1996), J Phys A 29:L613 (the density of independent diffusing particles)",
    "van Kampen NG (2007), Stochastic Processes in Physics and Chemistry, 3rd ed (noise of finitely many particles)",
    "Brunel N, Hakim V (1999), Neural Comput 11:1621 (finite-size noise of the activity)",
    "Mattia M, Del Giudice P (2002), Phys Rev E 66:051917 (finite-size noise of the spikes in a population density)",
    "Schwalger T, Deger M, Gerstner W (2017), PLoS Comput Biol 13:e1005507 (mesoscopic populations)",
)


@dataclass(frozen=True, repr=False, kw_only=True)
class MesoscopicActivity(DensityCourse):
    """Result of `mesoscopic`. Steps go from one of `times` to the next.

    Attributes
    ----------
    populations : tuple of str
    sizes : ndarray (populations,)
        Neurons.
    times : ndarray (steps + 1,)
        ms.
    counts : ndarray of int (populations, steps)
        Spikes of the population in each step.
    expected : ndarray (populations, steps)
        Hz: the rate in each step of infinitely many neurons that hear what these populations hear.
    refractory : ndarray (populations, steps + 1)
        Fraction of the neurons that are refractory.
    probability : ndarray (populations, steps + 1)
        Neurons below threshold and refractory ones together: 1.
    mu, sigma : ndarray (populations, steps + 1)
        Mean and noise strength of the input, in the unit of the membrane state. ``mu`` fluctuates with the activities;
        ``sigma`` is the noise that each neuron hears alone.
    snapshots : ndarray
        Times (ms) of the densities.
    voltages, densities : tuple of ndarray
        For each population the nodes ``v`` and the density of its neurons at the snapshots, (snapshots, nodes); it
        fluctuates, and may be below zero where few neurons are.
    units : tuple of str
        Names of the units of ``v``; 1 for plain numbers.
    dt : float
        Time step, ms.
    seed : int
    status : str
        A sentence.
    """

    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]
    expected: Array
    seed: int

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n:,} {name}" for name, n in zip(self.populations, self.sizes, strict=True))
        return f"MesoscopicActivity({self.name!r}: {self.times[-1]:g} ms, {sizes})"

    @property
    def rates(self) -> Array:
        """Activity (Hz) in each step, spikes per neuron and time, (populations, steps)."""
        return self.counts * (1e3 / (self.sizes[:, None] * self.dt))

    def rate(self, population: str | None = None) -> Array:
        """Activity (Hz) of one population in each step; the name may be left out where there is only one."""
        return self.rates[self._number(population)]

    def mean_rates(self, start: Any = 0.0) -> dict[str, tuple[float, float]]:
        """Mean rate (Hz) of each population from ``start`` (ms) on and its standard error, from ten windows."""
        first, k = self._step(start), self.times.size - 1
        width = (k - first) // WINDOWS
        if width < 1:
            raise ModelError(f"from start = {start} on there are fewer than {WINDOWS} steps; simulate for longer")
        rows = self.rates[:, k - WINDOWS * width :].reshape(len(self.populations), WINDOWS, width).mean(axis=2)
        return {name: mean_and_error(row) for name, row in zip(self.populations, rows, strict=True)}

    def population_rate(
        self, population: str | None = None, bin: Any = 1.0, start: Any = 0.0
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Centres of bins (ms) and rate of the population in them (Hz); an incomplete last bin is left out."""
        first, width = self._step(start), self._width(bin, "bin")
        rate = self.rate(population)[first:]
        bins = rate.size // width
        if bins < 1:
            raise ModelError(f"bin = {width * self.dt:g} ms is longer than the time from start on")
        centres = self.times[first] + width * self.dt * (np.arange(bins) + 0.5)
        return centres, rate[: bins * width].reshape(bins, width).mean(axis=1)

    def rate_sd(self, population: str | None = None, window: Any = 100.0, start: Any = 0.0) -> float:
        """Standard deviation (Hz) of the rate between windows (ms), as that of `correlations`."""
        _, rate = self.population_rate(population, window, start)
        if rate.size < 2:
            raise ModelError("a standard deviation takes two windows: simulate for longer, or take shorter windows")
        return float(np.std(rate, ddof=1))

    def spectrum(
        self, population: str | None = None, bin: Any = 1.0, start: Any = 0.0, segment: Any = 250.0
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Frequencies (Hz) and one-sided power spectral density (Hz**2/Hz) of the population rate.

        Welch's method, segments in ms, as a recording's spectrum. Bins much shorter than the periods looked at give
        `PopulationSpectra.one_sided`; near ``1/(2 bin)`` what is above is folded in.
        """
        _, rate = self.population_rate(population, bin, start)
        width = self._width(bin, "bin") * self.dt
        return power_spectrum(rate, width, self._width(segment, "segment") * self.dt)

    def _step(self, start: Any) -> int:
        begin = _milliseconds(start, "start")
        if not 0.0 <= begin < self.times[-1]:
            raise ModelError(f"start = {begin:g} ms lies outside the simulated {self.times[-1]:g} ms")
        return int(np.ceil(begin / self.dt - 1e-6))

    def _width(self, value: Any, name: str) -> int:
        """A time in whole steps."""
        width = _milliseconds(value, name)
        steps = np.rint(width / self.dt) if np.isfinite(width) else 0
        if not (0.0 < width <= self.times[-1] * (1.0 + 1e-9)) or steps < 1:
            raise ModelError(
                f"{name} = {width:g} ms must be at least a step ({self.dt:g} ms) and at most the simulated "
                f"{self.times[-1]:g} ms"
            )
        if abs(width / self.dt - steps) > 1e-6:
            raise ModelError(f"{name} = {width:g} ms must be a whole number of steps of {self.dt:g} ms")
        return int(steps)

    def summary(self) -> str:
        """A line for each population (neurons, mean rate, its standard deviation between steps) and the status."""
        width = max(10, *(len(name) for name in self.populations))
        lines = [f"{'population':<{width}}  {'neurons':>9}  mean (Hz)  sd in a step (Hz)  refractory"]
        for k, name in enumerate(self.populations):
            r = self.rates[k]
            lines.append(
                f"{name:<{width}}  {self.sizes[k]:>9,}  {r.mean():9.4g}  {r.std():17.4g}  "
                f"{self.refractory[k].mean():10.3g}"
            )
        return "\n".join([*lines, self.status])

    def plot(self, population: str | None = None, ax: Any = None) -> Any:
        """Activities in bins of 1 ms or more with the expected rates, and one population's density below.

        With axes ``ax`` of your own, only the rates are drawn: of that population, or of all.
        """
        from rheobase import plot

        shown = None if population is None else self._number(population)
        return plot.mesoscopic_activity(self, shown, ax)

    def to_xarray(self) -> Any:
        """Activities, expected rates, refractory fractions as an xarray Dataset; needs ``pip install
        rheobase[xarray]``.
        """
        values = {
            "counts": (self.counts, "1"),
            "rates": (self.rates, "Hz"),
            "expected": (self.expected, "Hz"),
            "refractory": (self.refractory[:, 1:], "1"),
        }
        return self._dataset(self.times[1:], values, seed=self.seed)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join((super().cite(), *_FINITE))


def _milliseconds(value: Any, name: str) -> float:
    """A time; plain numbers are in ms, as in a recording."""
    if isinstance(value, int | float | np.number):
        return float(value)
    return float(internal(value, ms.dimension, name))
