"""One run of the Fokker-Planck equations: the arrays, the loop over calls of the kernel, the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.shown_units import shown, shown_unit
from rheobase.numerics.delayed_input import Channels, heard
from rheobase.numerics.fokker_planck import CAUGHT, LOST, LOW, SILENT, Held, State, advance, held_for, refractory_mass
from rheobase.numerics.scharfetter_gummel import Grid, exchange
from rheobase.population.density.fokker_planck_grid import Nodes, padded
from rheobase.population.density.population_activity import PopulationActivity
from rheobase.population.density.problem import Problem
from rheobase.progress import Progress

Array = NDArray[np.float64]

_NODE_STEPS, _MOST_STEPS = 2_000_000, 4096  # between two returns to Python
_ROUNDING = 1e-9


@dataclass(eq=False)
class Run:
    """What a run needs and what it has so far.

    Attributes
    ----------
    what
        The problem.
    channels
        Projections between the populations.
    rates : (populations, offset + steps + 1)
        kHz; the first columns are the rates before time 0.
    sums : (4, populations, steps + 1)
        Mass below threshold, refractory mass, ``mu``, ``sigma**2``.
    done
        Steps behind.
    """

    what: Problem
    channels: Channels
    done: int = 0
    densities: list[tuple[Array, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        what, start = self.what, self.what.start
        self.nodes, self.dt = what.nodes, what.dt
        self.tau = what.maps.column("tau_m")
        self.held: Held = held_for(what.maps.column("t_ref"), self.dt)
        self.offset = self.channels.longest + 1
        self.rates = np.zeros((len(self.nodes), self.offset + what.steps + 1))
        self.rates[:, : self.offset + 1] = start.rates[:, None]
        self.sums = np.zeros((4, len(self.nodes), what.steps + 1))
        depth = int(self.held.steps.max()) + 2
        left = np.repeat((start.rates * self.dt)[:, None], depth, axis=1)
        heard_before = [heard(self.channels, c, self.rates, self.offset) for c in range(self.channels.post.size)]
        self.grid = padded(self.nodes)
        filters = np.repeat(np.reshape(heard_before, (-1, 1)), 3, 1)
        self.state = State(side_by_side(self.grid, start.densities), left, filters)
        self._at_first()

    def _at_first(self) -> None:
        """Everything that is recorded, at time 0."""
        mu, variance = (x[:, 0] for x in self.what.outside.at(np.array([0.0])))
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
        self.keep()

    def keep(self) -> None:
        """The densities as they are now."""
        self.densities.append(tuple(self.state.density[p, : n.drift.size].copy() for p, n in enumerate(self.nodes)))

    def go(self, progress: bool) -> None:
        """All steps that are left. What is done stays where it is if this is interrupted."""
        run_to_end(self, self.what, progress)

    def some(self, stop: int, tick: Callable[[float], None]) -> None:
        """As many steps as one call of the kernel makes."""
        steps = min(stop - self.done, most_steps(self.grid))
        mu, variance = self.what.outside.in_steps(self.done, steps, self.dt)
        sums = np.zeros((4, len(self.nodes), steps))
        made, reason = advance(
            self.grid, self.held, self.channels, self.state, mu, variance, self.tau, self.dt, self.done, steps,
            self.offset, self.channels.immediate, self.rates, sums,
        )  # fmt: skip
        self.sums[:, :, self.done + 1 : self.done + made + 1] = sums[:, :, :made]
        self.done += made
        tick(made * self.dt)
        if reason == LOW:
            weight = self.grid.volume[:, 0] * np.abs(self.state.density[:, 0])
            self.nodes, self.grid, (density,) = deepened(self.nodes, self.grid, weight, self.state.density)
            self.state = State(density, self.state.left, self.state.filters)
        elif reason in (SILENT, LOST, CAUGHT):
            raise ModelError(fault(reason, self.done * self.dt, self.dt))

    def activity(self, status: str = "") -> PopulationActivity:
        """What there is so far."""
        end = self.done + 1
        return PopulationActivity(
            rates=self.rates[:, self.offset : self.offset + end] * 1e3,
            status=status or self._status(),
            **told(self.what, self.nodes, self.sums[:, :, :end], self.densities),
        )

    def _status(self) -> str:
        total = self.sums[0] + self.sums[1]
        counts = ", ".join(f"{n.drift.size}" for n in self.nodes)
        lost = float(np.max(np.abs(total - 1.0)))
        sentence = (
            f"finished: {self.what.steps:,} steps of {self.dt:g} ms on {counts} nodes; probability is 1 to {lost:.1g} "
            "all the time."
        )
        least = float(self.rates[:, self.offset :].min())
        most = float(self.rates[:, self.offset :].max())
        if least < -_ROUNDING * most:
            sentence += f" Some rates are below zero, by {-1e3 * least:.2g} Hz at most: take a smaller dt."
        return sentence


def side_by_side(grid: Grid, densities: tuple[Array, ...]) -> Array:
    """The densities of all populations, padded."""
    out = np.zeros(grid.volume.shape)
    for row, density in zip(out, densities, strict=True):
        row[: density.size] = density
    return out


def most_steps(grid: Grid) -> int:
    """How many steps one call of a kernel makes, so that it comes back often enough."""
    return int(np.clip(_NODE_STEPS // int(grid.count.sum()), 1, _MOST_STEPS))


class Goes(Protocol):
    """A run that makes some steps at a time."""

    done: int

    def some(self, stop: int, tick: Callable[[float], None], /) -> None: ...

    def keep(self) -> None: ...


def run_to_end(run: Goes, what: Problem, progress: bool) -> None:
    """All steps that are left, with a bar; densities are kept where they are wanted."""
    bar = Progress(what.steps * what.dt, what.network.name, progress)
    try:
        for stop in what.kept[1:]:
            while run.done < stop:
                run.some(int(stop), bar.tick)
            run.keep()
    finally:
        bar.close()


def deepened(
    before: tuple[Nodes, ...], grid: Grid, weight: Array, *densities: Array
) -> tuple[tuple[Nodes, ...], Grid, tuple[Array, ...]]:
    """Nodes below, where ``weight`` (populations,) is at the lowest one; densities grow with them.

    Inhibition that the rates bring may carry neurons further down than the input that was known before.
    """
    nodes = tuple(n.deeper() if w > 0.1 * weight.max() else n for n, w in zip(before, weight, strict=True))
    wider, found = padded(nodes), []
    for density in densities:
        out = np.zeros(wider.volume.shape)
        for p, (old, new) in enumerate(zip(before, nodes, strict=True)):
            added = new.drift.size - old.drift.size
            out[p, added : new.drift.size] = density[p, : old.drift.size]
            if added:  # the lowest node had half the width: keep its mass
                out[p, added] *= grid.volume[p, 0] / wider.volume[p, added]
        found.append(out)
    return nodes, wider, tuple(found)


def fault(reason: int, time: float, dt: float) -> str:
    """Why a kernel came back before its time (ms), and what to do."""
    at = f"at {time:g} ms"
    if reason == SILENT:
        return (
            f"a population has no noise {at} (sigma = 0), so that its density does not spread: give it sigma, a "
            "PoissonInput, or noise of its own; without noise use simulate(...)"
        )
    if reason == CAUGHT:
        return (
            f"rates that act on one another without delay do not settle {at}: give the projections a delay, or "
            f"take a smaller step, such as dt={dt / 4:g}*ms"
        )
    return (
        f"a rate runs away {at}: recurrent excitation may outgrow every rate, or the neurons fire in volleys shorter "
        "than a step; give them a refractory time or weaken the weights, or try a smaller step, such as "
        f"dt={dt / 4:g}*ms; for volleys that become ever shorter mesoscopic(...) and simulate(...) are the better tools"
    )


def told(what: Problem, nodes: tuple[Nodes, ...], sums: Array, densities: list[tuple[Array, ...]]) -> dict[str, Any]:
    """What all results of densities in time have in common, in the units that the user sees."""
    names, membranes = what.maps.names, what.maps.membranes
    scales = [(what.network[name].neuron, m.voltage) for name, m in zip(names, membranes, strict=True)]
    mu, sigma = sums[2], np.sqrt(np.maximum(sums[3], 0.0))
    return {
        "populations": names,
        "times": np.arange(sums.shape[2]) * what.dt,
        "refractory": sums[1],
        "probability": sums[0] + sums[1],
        "mu": np.stack([shown(*scale, row) for scale, row in zip(scales, mu, strict=True)]),
        "sigma": np.stack([shown(*scale, row) for scale, row in zip(scales, sigma, strict=True)]),
        "snapshots": np.asarray(what.kept[: len(densities)] * what.dt, float),
        "voltages": tuple(shown(*scale, n.v) for scale, n in zip(scales, nodes, strict=True)),
        "densities": tuple(
            _density(n.drift.size, [row[p] for row in densities]) * shown_unit(*scale).scale
            for p, (n, scale) in enumerate(zip(nodes, scales, strict=True))
        ),
        "units": tuple(shown_unit(*scale).name for scale in scales),
        "dt": what.dt,
        "name": what.network.name,
        "coloured": any(n.interval.threshold != m.v_th for n, m in zip(nodes, membranes, strict=True)),
    }


def _density(nodes: int, rows: list[Array]) -> Array:
    """(snapshots, nodes + 1), zero at the threshold and where there were no nodes yet."""
    return np.array([np.concatenate([np.zeros(nodes - row.size), row, [0.0]]) for row in rows])
