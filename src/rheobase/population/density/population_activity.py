"""What `fokker_planck` leaves: the rates of populations in time, and how their membrane potentials are distributed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.population.density.density_course import DensityCourse

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False, kw_only=True)
class PopulationActivity(DensityCourse):
    """Result of `fokker_planck`.

    Attributes
    ----------
    populations : tuple of str
    times : ndarray (steps + 1,)
        ms.
    rates : ndarray (populations, steps + 1)
        Hz: the probability flux through the threshold.
    refractory : ndarray (populations, steps + 1)
        Fraction of the neurons that are refractory.
    probability : ndarray (populations, steps + 1)
        Neurons below threshold and refractory ones together: 1.
    mu, sigma : ndarray (populations, steps + 1)
        Mean and noise strength of the input, in the unit of the membrane state.
    snapshots : ndarray
        Times (ms) of the densities.
    voltages, densities : tuple of ndarray
        For each population the nodes ``v`` and the density at the snapshots, (snapshots, nodes); in its unit of ``v``
        and per that unit.
    units : tuple of str
        Names of these units; 1 for plain numbers.
    dt : float
        Time step, ms.
    status : str
        A sentence.
    """

    rates: Array

    def __repr__(self) -> str:
        return f"PopulationActivity({self.name!r}: {self.times[-1]:g} ms, {', '.join(self.populations)})"

    def rate(self, population: str | None = None) -> Array:
        """Rate (Hz) of one population at `times`; the name may be left out where there is only one."""
        return self.rates[self._number(population)]

    def summary(self) -> str:
        """A line for each population (rate at the end, its range, refractory fraction) and the status."""
        width = max(10, *(len(name) for name in self.populations))
        lines = [f"{'population':<{width}}  last (Hz)  least (Hz)   most (Hz)  refractory"]
        for k, name in enumerate(self.populations):
            r = self.rates[k]
            lines.append(
                f"{name:<{width}}  {r[-1]:9.4g}  {r.min():10.4g}  {r.max():10.4g}  {self.refractory[k, -1]:10.3g}"
            )
        return "\n".join([*lines, self.status])

    def plot(self, population: str | None = None, ax: Any = None) -> Any:
        """Rates of all populations in time, and the density of one of them (the first by default) below.

        With axes ``ax`` of your own, only the rates are drawn: of that population, or of all.
        """
        from rheobase import plot

        shown = None if population is None else self._number(population)
        return plot.population_activity(self, shown, ax)

    def to_xarray(self) -> Any:
        """Rates, refractory fractions and input as an xarray Dataset; needs ``pip install rheobase[xarray]``."""
        values = {
            "rates": (self.rates, "Hz"),
            "refractory": (self.refractory, "1"),
            "probability": (self.probability, "1"),
        }
        return self._dataset(self.times, values)
