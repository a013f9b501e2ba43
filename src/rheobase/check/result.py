"""What a comparison found: a row for every population, the leading mode, and the sentences that go with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.check.student import as_normal
from rheobase.check.table import table
from rheobase.check.time_course import TimeCourse
from rheobase.jsonfile import json_text, plain
from rheobase.population import Mode, SteadyState
from rheobase.population.density.density_course import METHODS as DENSITY
from rheobase.population.fluctuations.spectrum import METHODS as LINEAR_RESPONSE
from rheobase.simulation import Recording

#: Below this rate (Hz) a population counts as silent.
NEGLIGIBLE_HZ = 0.01


@dataclass(frozen=True)
class Row:
    """One population. What the theory does not give is nan.

    Attributes
    ----------
    rate_sim_hz, rate_sim_se_hz
        Simulated rate and its standard error.
    cv_sim, cv_theory
        Coefficient of variation of the intervals; the theory's is for white noise.
    rate_theory_hz
        Stationary rate; the mean of the density equation's rate where only that covers the population.
    mu_mv, sigma_mv
        Mean and strength of the input, ``tau dV = (mu - V) dt + sigma sqrt(tau) dW``.
    rate_published_hz
        Rate that others found for this population, where one was given.
    least_hz
        The theory's rate below which a percentage says nothing: less than one spike is expected in the time compared.
    """

    name: str
    size: int
    rate_sim_hz: float
    rate_sim_se_hz: float
    cv_sim: float
    rate_theory_hz: float = math.nan
    cv_theory: float = math.nan
    mu_mv: float = math.nan
    sigma_mv: float = math.nan
    rate_published_hz: float = math.nan
    least_hz: float = NEGLIGIBLE_HZ

    @property
    def difference_se(self) -> float:
        """Simulation less theory, in standard errors."""
        return (self.rate_sim_hz - self.rate_theory_hz) / self.rate_sim_se_hz if self.rate_sim_se_hz > 0 else math.nan

    @property
    def difference_percent(self) -> float:
        """Simulation less theory, in percent of the theory; nan for a rate that is too low for that."""
        if not self.rate_theory_hz >= self.least_hz:
            return math.nan
        return 100 * (self.rate_sim_hz / self.rate_theory_hz - 1)


@dataclass(frozen=True)
class Score:
    """One number of the theory against simulations with independent seeds.

    Attributes
    ----------
    what, populations
        The quantity, and whose it is.
    simulated, se
        Mean over the seeds, and its standard error from their spread.
    theory
        nan where the theory gives none.
    unit, seeds
        Of the numbers, and how many seeds there were.
    """

    what: str
    populations: tuple[str, ...]
    simulated: float
    se: float
    theory: float
    unit: str
    seeds: int

    @property
    def z(self) -> float:
        """Simulation less theory as a value of a standard normal distribution; nan where either is unknown.

        A difference in standard errors from ``n`` seeds has Student's t distribution with ``n - 1`` degrees of
        freedom. This is the normal value that is exceeded as often, so that beyond 2 is one in twenty however few
        the seeds are.
        """
        if not (self.se > 0.0 and math.isfinite(self.theory)):
            return math.nan
        return float(as_normal((self.simulated - self.theory) / self.se, self.seeds - 1))


@dataclass(frozen=True, eq=False)
class Histogram:
    """A normalised histogram of membrane potentials, 1/mV over mV."""

    edges: NDArray[np.float64]
    density: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Density:
    """A stationary density of the membrane potential, 1/mV over mV."""

    voltage: NDArray[np.float64]
    density: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Simulation and theory of one network, side by side.

    Attributes
    ----------
    rows
        One `Row` a population.
    mode
        The leading mode of the theory; None without recurrent connections, or where the theory has no answer.
    frequency_sim_hz, frequency_theory_hz
        Where the spectrum of the activity of all neurons has its highest peak, simulated and predicted; nan without.
    build_s, wall_s
        Seconds on the clock to build the network and to simulate it.
    warnings
        Sentences: conditions of the theory that are broken here, and what it does not cover.
    spectrum, spectrum_theory
        Frequencies (Hz) and power (Hz**2/Hz) of the activity of all neurons; the predicted one is None where the theory
        has none.
    voltages, densities
        Simulated histogram and theoretical density of the membrane potential, by population.
    recording, steady
        The results that the comparison was made of.
    seeds, scores
        Where there were several seeds: these, and rates, power in bands and correlations of spike counts against the
        theory, one `Score` each. ``rows`` and ``spectrum`` are means over the seeds then, standard errors are from the
        seeds, and what else is simulated is from the first.
    time_courses
        By population, the rate in time against the density equation, where that was asked for or an input changes in
        time.
    """

    network: str
    size: int
    duration_ms: float
    transient_ms: float
    dt_ms: float
    seed: int
    rows: tuple[Row, ...]
    mode: Mode | None
    frequency_sim_hz: float
    warnings: tuple[str, ...]
    build_s: float
    wall_s: float
    spectrum: tuple[NDArray[np.float64], NDArray[np.float64]] = field(repr=False)
    voltages: Mapping[str, Histogram] = field(repr=False)
    densities: Mapping[str, Density] = field(repr=False)
    recording: Recording = field(repr=False)
    steady: SteadyState | None = field(repr=False)
    frequency_theory_hz: float = math.nan
    spectrum_theory: tuple[NDArray[np.float64], NDArray[np.float64]] | None = field(default=None, repr=False)
    source: str = field(default="", repr=False)
    seeds: tuple[int, ...] = ()
    scores: tuple[Score, ...] = field(default=(), repr=False)
    time_courses: Mapping[str, TimeCourse] = field(default_factory=dict, repr=False)

    def table(self) -> str:
        """The table of all populations, and a line on the frequency."""
        return table(self)

    @property
    def seeds_told(self) -> str:
        """'seed 1', or 'seeds 1, 2, 3'."""
        return f"seeds {', '.join(map(str, self.seeds))}" if self.seeds else f"seed {self.seed}"

    def summary(self) -> str:
        """Heading, table and warnings."""
        head = (
            f"{self.network}: {self.size:,} neurons, {self.duration_ms:g} ms after {self.transient_ms:g} ms, "
            f"{self.seeds_told}, dt {self.dt_ms:g} ms; built in {self.build_s:.1f} s, simulated in {self.wall_s:.1f} s"
        )
        notes = [fill(warning, 110, initial_indent="- ", subsequent_indent="  ") for warning in self.warnings]
        return "\n".join([head, "", self.table(), *(["", *notes] if notes else [])])

    def plot(self) -> Any:
        """Raster and population rate; rates, membrane potential and spectrum against the theory; rates in time."""
        from rheobase import plot

        return plot.comparison(self)

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain Python values; what the theory does not give is None."""
        rows = [
            {
                "name": row.name,
                "size": row.size,
                "rate_sim_hz": row.rate_sim_hz,
                "rate_sim_se_hz": row.rate_sim_se_hz,
                "cv_sim": row.cv_sim,
                "rate_theory_hz": row.rate_theory_hz,
                "cv_theory": row.cv_theory,
                "difference_se": row.difference_se,
                "difference_percent": row.difference_percent,
                "mu_mv": row.mu_mv,
                "sigma_mv": row.sigma_mv,
                "rate_published_hz": row.rate_published_hz,
            }
            for row in self.rows
        ]
        several = {"seeds": list(self.seeds), "scores": [_plain(score) for score in self.scores]} if self.seeds else {}
        if self.time_courses:
            several["time_courses"] = [course.to_dict() for course in self.time_courses.values()]
        return plain(
            {
                "network": self.network,
                "duration_ms": self.duration_ms,
                "transient_ms": self.transient_ms,
                "dt_ms": self.dt_ms,
                "seed": self.seed,
                "populations": rows,
                "mode": {key: getattr(self.mode, key, None) for key in ("growth_per_s", "frequency_hz")},
                "frequency_sim_hz": self.frequency_sim_hz,
                "frequency_theory_hz": self.frequency_theory_hz,
                "fixed_points": self._fixed_points(),
                "build_s": self.build_s,
                "wall_s": self.wall_s,
                "warnings": list(self.warnings),
                **several,
            }
        )

    def _fixed_points(self) -> list[dict[str, Any]]:
        """All self-consistent states of the theory; the rates of the one that is reported are those of the table."""
        if self.steady is None:
            return []
        return [
            {
                "rates_hz": dict(zip(self.steady.populations, point.rates.tolist(), strict=True)),
                "stable": point.stable,
                "reported": k == self.steady.reported,
            }
            for k, point in enumerate(self.steady.fixed_points)
        ]

    def to_json(self, path: str | Path | None = None) -> str:
        """The numbers as JSON, written to ``path`` if one is given."""
        return json_text(self.to_dict(), path)

    def cite(self) -> str:
        """The papers behind the network and the methods."""
        methods = [] if self.steady is None else [self.steady.cite()]
        methods += ["\n".join(LINEAR_RESPONSE)] if self.scores else []
        methods += ["\n".join(DENSITY)] if self.time_courses else []
        return "\n".join(part for part in (self.source, *methods) if part)


def _plain(score: Score) -> dict[str, Any]:
    return {
        "what": score.what, "populations": list(score.populations), "simulated": score.simulated, "se": score.se,
        "theory": score.theory, "unit": score.unit, "z": score.z,
    }  # fmt: skip
