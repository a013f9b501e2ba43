"""What a simulation leaves: spikes, traces, and the statistics that users of this field compute from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.simulation import statistics


@dataclass(frozen=True, repr=False)
class Spikes:
    """Spikes in order of time: number of the population, neuron within it, time in ms."""

    population: NDArray[np.int32]
    neuron: NDArray[np.int32]
    time: NDArray[np.floating]

    def __len__(self) -> int:
        return self.time.size

    def __repr__(self) -> str:
        return f"Spikes({len(self):,})"

    def of(self, population: int) -> Spikes:
        """The spikes of one population."""
        mine = self.population == population
        return Spikes(self.population[mine], self.neuron[mine], self.time[mine])


@dataclass(frozen=True, repr=False)
class Recording:
    """Result of `simulate`.

    Attributes
    ----------
    spikes
        All spikes.
    traces
        ``traces[population][variable]``, shape (steps, neurons), at `times`, in internal units, which ``units`` names;
        ``traced`` says which neurons.
    duration, dt
        In ms. ``duration`` is what was simulated, also where the run was interrupted.
    status
        How the run ended, in a sentence.
    wall, build
        Seconds of the simulation and of building it.
    synapses, memory
        Number of synapses, and bytes that the connections take.
    methods
        Integrator of each population and why.
    """

    spikes: Spikes
    populations: tuple[str, ...]
    sizes: tuple[int, ...]
    duration: float
    dt: float
    seed: int
    threads: int = 1
    traces: Mapping[str, Mapping[str, NDArray[np.floating]]] = field(default_factory=dict)
    traced: Mapping[str, Mapping[str, NDArray[np.int64]]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    status: str = ""
    wall: float = 0.0
    build: float = 0.0
    synapses: int = 0
    memory: int = 0
    methods: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def __repr__(self) -> str:
        populations = ", ".join(self.populations)
        return f"Recording({self.name!r}: {self.duration:g} ms, {populations}; {len(self.spikes):,} spikes)"

    @property
    def times(self) -> NDArray[np.floating]:
        """Times of the traces, ms."""
        return self.dt * np.arange(1, round(self.duration / self.dt) + 1)

    def number(self, population: str | None) -> int:
        """Number of a population; None means the only one."""
        if population is None and len(self.populations) == 1:
            return 0
        if population not in self.populations:
            raise ModelError(f"there is no population {population!r}; there are: {', '.join(self.populations)}")
        return self.populations.index(population)

    def train(self, population: str | None = None, neuron: int = 0) -> NDArray[np.floating]:
        """Spike times (ms) of one neuron."""
        number = self.number(population)
        if not 0 <= neuron < self.sizes[number]:
            raise ModelError(
                f"there is no neuron {neuron}; population {self.populations[number]!r} has {self.sizes[number]}"
            )
        mine = (self.spikes.population == number) & (self.spikes.neuron == neuron)
        return self.spikes.time[mine]

    def rates(self, start: Any = 0.0) -> dict[str, tuple[float, float]]:
        r"""Mean rate (Hz) of each population and its standard error.

        The time from ``start`` (ms) on is cut into ten windows; the standard error is that of their mean, corrected
        for the correlation of neighbours. It thus contains the fluctuations that the neurons share.
        """
        return self._each(statistics.rate, start)

    def cv(self, start: Any = 0.0) -> dict[str, float]:
        """Mean coefficient of variation of the interspike intervals, of neurons with at least three spikes; NaN
        without.
        """
        return self._each(statistics.cv, start)

    def fano(self, start: Any = 0.0, window: Any = 100.0) -> dict[str, float]:
        """Variance over mean of spike counts in windows (ms) that do not overlap, averaged over neurons."""
        return self._each(statistics.fano, start, window=self._window(window, "window"))

    def population_rate(
        self, population: str | None = None, bin: Any = 1.0, start: Any = 0.0
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Centres of bins (ms) and rate of the population in them (Hz)."""
        number = self.number(population)
        times = self.spikes.time[self.spikes.population == number]
        width, begin = self._window(bin, "bin"), self._begin(start)
        return statistics.population_rate(times, self.sizes[number], begin, self.duration, width)

    def spectrum(
        self, population: str | None = None, bin: Any = 1.0, start: Any = 0.0, segment: Any = 250.0
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Frequencies (Hz) and power spectral density (Hz**2/Hz) of the population rate; Welch's method, segments in
        ms.
        """
        _, rate = self.population_rate(population, bin, start)
        return statistics.spectrum(rate, _milliseconds(bin), self._window(segment, "segment"))

    def _each(self, measure: Any, start: Any, **options: Any) -> dict[str, Any]:
        begin = self._begin(start)
        return {
            name: measure(self.spikes.of(number), self.sizes[number], begin, self.duration, **options)
            for number, name in enumerate(self.populations)
        }

    def _begin(self, start: Any) -> float:
        begin = _milliseconds(start)
        if not 0 <= begin < self.duration:
            raise ModelError(f"start = {begin:g} ms lies outside the simulated {self.duration:g} ms")
        return begin

    def _window(self, width: Any, name: str) -> float:
        milliseconds = _milliseconds(width)
        if not 0 < milliseconds <= self.duration:
            raise ModelError(
                f"{name} = {milliseconds:g} ms must be positive and at most the simulated {self.duration:g} ms"
            )
        return milliseconds

    def plot(self) -> Any:
        """Raster and population rate, as a matplotlib figure."""
        from rheobase import plot

        return plot.recording(self)

    def summary(self) -> str:
        """A few lines: what ran, how fast, rates and irregularity."""
        lines = [f"{self.name}: {self.duration:g} ms in {self.wall:.3g} s on {self.threads} thread(s). {self.status}"]
        rates, cv = self.rates(), self.cv()
        for name, size in zip(self.populations, self.sizes, strict=True):
            rate, error = rates[name]
            lines.append(
                f"  {name}: {size:,} neurons, {rate:.4g} +- {error:.2g} Hz, CV {cv[name]:.3g}; "
                f"{self.methods.get(name, '')}"
            )
        return "\n".join(lines)

    def to_xarray(self) -> Any:
        """The traces as an xarray Dataset; needs ``pip install rheobase[xarray]``."""
        try:
            import xarray
        except ImportError:
            raise ModelError("to_xarray needs xarray; install it with: pip install 'rheobase[xarray]'") from None
        data = {
            f"{p}_{v}": xarray.DataArray(
                values,
                dims=("time", f"{p}_{v}_neuron"),
                coords={"time": self.times, f"{p}_{v}_neuron": self.traced[p][v]},
                attrs={"units": self.units[p][v]},
            )
            for p, variables in self.traces.items()
            for v, values in variables.items()
        }
        return xarray.Dataset(data, attrs={"duration_ms": self.duration, "dt_ms": self.dt, "seed": self.seed})

    def save(self, path: str | Path) -> None:
        """Write everything to a NumPy ``.npz`` file, whole or not at all."""
        from rheobase.files import replacing

        facts = {key: getattr(self, key) for key in _FACTS}
        arrays = {"population": self.spikes.population, "neuron": self.spikes.neuron, "time": self.spikes.time}
        for group, tables in (("trace", self.traces), ("traced", self.traced)):
            arrays |= {f"{group}/{p}/{v}": values for p, variables in tables.items() for v, values in variables.items()}
        with replacing(Path(path)) as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, facts=np.array(json.dumps(facts)), **arrays)  # pyright: ignore[reportArgumentType]

    @staticmethod
    def load(path: str | Path) -> Recording:
        """Read what `save` wrote."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = dict(stored)
            facts = json.loads(str(arrays.pop("facts")))
        except (KeyError, ValueError, TypeError, AttributeError, EOFError, OSError, BadZipFile) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ModelError(f"{path} is no recording that rheobase has saved") from None
        tables: dict[str, dict[str, dict[str, Any]]] = {"trace": {}, "traced": {}}
        for key, values in arrays.items():
            if "/" in key:
                group, population, variable = key.split("/", 2)
                tables[group].setdefault(population, {})[variable] = values
        spikes = Spikes(arrays["population"], arrays["neuron"], arrays["time"])
        facts["populations"], facts["sizes"] = tuple(facts["populations"]), tuple(facts["sizes"])
        return Recording(spikes=spikes, traces=tables["trace"], traced=tables["traced"], **facts)


_FACTS = (
    "populations", "sizes", "duration", "dt", "seed", "threads", "status", "wall", "build", "synapses", "memory",
    "methods", "name", "units",
)  # fmt: skip


def _milliseconds(value: Any) -> float:
    """A time as a quantity, or a plain number of ms."""
    from rheobase.units import internal, ms

    return float(value) if isinstance(value, int | float) else float(internal(value, ms.dimension, "a time"))
