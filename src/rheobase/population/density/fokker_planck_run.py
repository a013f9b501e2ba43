"""One run of the Fokker-Planck equations: the arrays, the loop over calls of the kernel, the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.model.shown_units import shown, shown_unit
from rheobase.numerics.delayed_input import Channels, heard
from rheobase.numerics.fokker_planck import CAUGHT, LOST, LOW, SILENT, Held, State, advance, held_for, refractory_mass
from rheobase.numerics.scharfetter_gummel import exchange
from rheobase.population.density.fokker_planck_grid import Nodes, padded
from rheobase.population.density.fokker_planck_input import Outside
from rheobase.population.density.fokker_planck_start import Start
from rheobase.population.density.population_activity import PopulationActivity
from rheobase.population.input.statistics import InputMap
from rheobase.progress import Progress

Array = NDArray[np.float64]

_NODE_STEPS, _MOST_STEPS = 2_000_000, 4096  # between two returns to Python
_ROUNDING = 1e-9


@dataclass(eq=False)
class Run:
    """What a run needs and what it has so far.

    Attributes
    ----------
    kept
        Steps after which densities are kept.
    rates : (populations, offset + steps + 1)
        kHz; the first columns are the rates before time 0.
    sums : (4, populations, steps + 1)
        Mass below threshold, refractory mass, ``mu``, ``sigma**2``.
    done
        Steps behind.
    """

    network: Network
    maps: InputMap
    outside: Outside
    channels: Channels
    nodes: tuple[Nodes, ...]
    start: Start
    dt: float
    steps: int
    kept: NDArray[np.int64]
    done: int = 0
    densities: list[tuple[Array, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        populations = len(self.nodes)
        self.tau = self.maps.column("tau_m")
        self.held: Held = held_for(self.maps.column("t_ref"), self.dt)
        self.offset = self.channels.longest + 1
        self.rates = np.zeros((populations, self.offset + self.steps + 1))
        self.rates[:, : self.offset + 1] = self.start.rates[:, None]
        self.sums = np.zeros((4, populations, self.steps + 1))
        depth = int(self.held.steps.max()) + 2
        left = np.repeat((self.start.rates * self.dt)[:, None], depth, axis=1)
        heard_before = [heard(self.channels, c, self.rates, self.offset) for c in range(self.channels.post.size)]
        self.grid = padded(self.nodes)
        self.state = State(
            self._side_by_side(self.start.densities), left, np.repeat(np.reshape(heard_before, (-1, 1)), 3, 1)
        )
        self._at_first()

    def _side_by_side(self, densities: tuple[Array, ...]) -> Array:
        out = np.zeros(self.grid.volume.shape)
        for row, density in zip(out, densities, strict=True):
            row[: density.size] = density
        return out

    def _at_first(self) -> None:
        """Everything that is recorded, at time 0."""
        mu, variance = (x[:, 0] for x in self.outside.at(np.array([0.0])))
        for c in range(self.channels.post.size):
            mu[self.channels.post[c]] += self.channels.mean[c] * self.state.filters[c, 0]
            variance[self.channels.post[c]] += self.channels.variance[c] * self.state.filters[c, 2]
        for p, n in enumerate(self.nodes):
            count = n.drift.size
            up, down = np.empty(count), np.empty(count)
            if variance[p] > 0.0:
                m = self.tau[p]
                exchange(np.diff(n.v), n.drift, n.bend, count, mu[p] / m, 0.5 * variance[p] / m, up, down)
                self.rates[p, self.offset] = up[-1] * self.state.density[p, count - 1]
            self.sums[0, p, 0] = n.volume @ self.state.density[p, :count]
            self.sums[1, p, 0] = refractory_mass(self.state.left[p], 0, self.held.steps[p], self.held.share[p])
        self.sums[2, :, 0], self.sums[3, :, 0] = mu, variance
        self._keep()

    def _keep(self) -> None:
        self.densities.append(tuple(self.state.density[p, : n.drift.size].copy() for p, n in enumerate(self.nodes)))

    def go(self, progress: bool) -> None:
        """All steps that are left. What is done stays where it is if this is interrupted."""
        bar = Progress(self.steps * self.dt, self.network.name, progress)
        try:
            for stop in self.kept[1:]:
                while self.done < stop:
                    self._some(int(stop), bar.tick)
                self._keep()
        finally:
            bar.close()

    def _some(self, stop: int, tick: Callable[[float], None]) -> None:
        most = int(np.clip(_NODE_STEPS // int(self.grid.count.sum()), 1, _MOST_STEPS))
        steps = min(stop - self.done, most)
        mu, variance = self.outside.in_steps(self.done, steps, self.dt)
        sums = np.zeros((4, len(self.nodes), steps))
        made, reason = advance(
            self.grid, self.held, self.channels, self.state, mu, variance, self.tau, self.dt, self.done, steps,
            self.offset, self.channels.immediate, self.rates, sums,
        )  # fmt: skip
        self.sums[:, :, self.done + 1 : self.done + made + 1] = sums[:, :, :made]
        self.done += made
        tick(made * self.dt)
        if reason == LOW:
            self._deepen()
        elif reason in (SILENT, LOST, CAUGHT):
            raise ModelError(self._fault(reason))

    def _deepen(self) -> None:
        """Nodes below, where there is density at the lowest one; it grows with what inhibition the rates bring."""
        before = self.nodes
        weight = self.grid.volume[:, 0] * np.abs(self.state.density[:, 0])
        self.nodes = tuple(n.deeper() if w > 0.1 * weight.max() else n for n, w in zip(before, weight, strict=True))
        densities = tuple(
            np.append(np.zeros(new.drift.size - old.drift.size), self.state.density[p, : old.drift.size])
            for p, (old, new) in enumerate(zip(before, self.nodes, strict=True))
        )
        self.grid = padded(self.nodes)
        for p, (old, new) in enumerate(zip(before, self.nodes, strict=True)):
            added = new.drift.size - old.drift.size
            if added:  # the lowest node had half the width: keep its mass
                densities[p][added] *= old.volume[0] / new.volume[added]
        self.state = State(self._side_by_side(densities), self.state.left, self.state.filters)

    def _fault(self, reason: int) -> str:
        at = f"at {self.done * self.dt:g} ms"
        if reason == SILENT:
            return (
                f"a population has no noise {at} (sigma = 0), so that its density does not spread: give it sigma, a "
                "PoissonInput, or noise of its own; without noise use simulate(...)"
            )
        if reason == CAUGHT:
            return (
                f"rates that act on one another without delay do not settle {at}: give the projections a delay, or "
                f"take a smaller step, such as dt={self.dt / 4:g}*ms"
            )
        return (
            f"a rate runs away {at}: recurrent excitation may outgrow every rate; give the neurons a "
            f"refractory time or weaken the weights, or try a smaller step, such as dt={self.dt / 4:g}*ms"
        )

    def activity(self, status: str = "") -> PopulationActivity:
        """What there is so far."""
        end = self.done + 1
        names = self.maps.names
        kept = self.kept[: len(self.densities)]
        scales = [(self.network[name].neuron, m.voltage) for name, m in zip(names, self.maps.membranes, strict=True)]
        mu, sigma = self.sums[2, :, :end], np.sqrt(np.maximum(self.sums[3, :, :end], 0.0))
        return PopulationActivity(
            populations=names,
            times=np.asarray(np.arange(end) * self.dt, float),
            rates=self.rates[:, self.offset : self.offset + end] * 1e3,
            refractory=self.sums[1, :, :end],
            probability=self.sums[0, :, :end] + self.sums[1, :, :end],
            mu=np.stack([shown(*scale, row) for scale, row in zip(scales, mu, strict=True)]),
            sigma=np.stack([shown(*scale, row) for scale, row in zip(scales, sigma, strict=True)]),
            snapshots=np.asarray(kept * self.dt, float),
            voltages=tuple(shown(*scale, n.v) for scale, n in zip(scales, self.nodes, strict=True)),
            densities=tuple(self._density(p) * shown_unit(*scale).scale for p, scale in enumerate(scales)),
            units=tuple(shown_unit(*scale).name for scale in scales),
            dt=self.dt,
            status=status or self._status(),
            name=self.network.name,
            coloured=any(n.interval.threshold != m.v_th for n, m in zip(self.nodes, self.maps.membranes, strict=True)),
        )  # fmt: skip

    def _density(self, p: int) -> Array:
        """(snapshots, nodes + 1), zero at the threshold and where there were no nodes yet."""
        nodes = self.nodes[p].drift.size
        rows = [np.concatenate([np.zeros(nodes - d[p].size), d[p], [0.0]]) for d in self.densities]
        return np.array(rows)

    def _status(self) -> str:
        total = self.sums[0] + self.sums[1]
        counts = ", ".join(f"{n.drift.size}" for n in self.nodes)
        lost = float(np.max(np.abs(total - 1.0)))
        sentence = (
            f"finished: {self.steps:,} steps of {self.dt:g} ms on {counts} nodes; probability is 1 to {lost:.1g} all "
            "the time."
        )
        least = float(self.rates[:, self.offset :].min())
        most = float(self.rates[:, self.offset :].max())
        if least < -_ROUNDING * most:
            sentence += f" Some rates are below zero, by {-1e3 * least:.2g} Hz at most: take a smaller dt."
        return sentence
