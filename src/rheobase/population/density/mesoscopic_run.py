"""One run of populations of finitely many neurons: the arrays, the loop over calls of the kernel, the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.fokker_planck import DONE, LOW, State, held_for, refractory_mass
from rheobase.numerics.mesoscopic import Crowd, Sources, advance, first_carry, first_deviation
from rheobase.population.density.finite_input import Heard, heard
from rheobase.population.density.fokker_planck_grid import padded
from rheobase.population.density.fokker_planck_run import deepened, fault, most_steps, run_to_end, side_by_side, told
from rheobase.population.density.mesoscopic_activity import MesoscopicActivity
from rheobase.population.density.problem import Problem

Array = NDArray[np.float64]

_LEAST = 1e-3  # of the least noise that the nodes are made for: spikes are not heard in every step
_FEW, _ROUNDING = 50, 1e-6


@dataclass(eq=False)
class MesoscopicRun:
    """What a run needs and what it has so far.

    Attributes
    ----------
    what
        The problem.
    seed
        Of the random numbers.
    rates : (populations + sources, offset + steps + 1)
        kHz; the first columns are the rates before time 0. Rates of sources are what is above their mean.
    wanted : (populations, steps)
        kHz: the expected rates.
    sums : (4, populations, steps + 1)
        Mass below threshold, refractory mass, ``mu``, ``sigma**2``.
    done
        Steps behind.
    """

    what: Problem
    seed: int
    done: int = 0
    densities: list[tuple[Array, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        what = self.what
        self.heard: Heard = heard(what.network, what.maps, what.outside, what.dt)
        self.keys = np.uint32(self.seed & 0xFFFFFFFF), np.uint32(self.seed >> 32)
        self.size = np.array([what.network[name].n for name in what.maps.names], float)
        self.nodes, self.grid = what.nodes, padded(what.nodes)
        self.tau = what.maps.column("tau_m")
        self.held = held_for(what.maps.column("t_ref"), what.dt)
        self.least = _LEAST * 2.0 * self.tau * np.array([n.diffusion for n in what.nodes])
        self.offset = self.heard.channels.longest
        self.rates = np.zeros((self.size.size + self.heard.sizes.size, self.offset + what.steps + 1))
        self.rates[: self.size.size, : self.offset + 1] = what.start.rates[:, None]
        self.wanted = np.zeros((self.size.size, what.steps))
        self.sums = np.zeros((4, self.size.size, what.steps + 1))
        self.crowd = self._at_first()
        self._record_start()

    def _at_first(self) -> Crowd:
        """The stationary state or the one given, as ``N`` neurons that were drawn from it have it."""
        what, depth = self.what, int(self.held.steps.max()) + 2
        left = np.repeat((what.start.rates * what.dt)[:, None], depth, axis=1)
        before = [self.rates[pre, 0] for pre in self.heard.channels.pre]
        density = side_by_side(self.grid, what.start.densities)
        state = State(density, left, np.repeat(np.reshape(np.array(before, float), (-1, 1)), 3, 1))
        deviation, surplus = np.zeros(density.shape), np.zeros(left.shape)
        for p in range(self.size.size):
            self._draw(p, density[p], left[p], deviation[p], surplus[p])
        carry = np.array([first_carry(row, *self.keys) for row in range(self.rates.shape[0])])
        return Crowd(state, deviation, surplus, carry)

    def _draw(self, p: int, density: Array, left: Array, deviation: Array, surplus: Array) -> None:
        """The first fluctuation of one population, below the threshold and among the refractory neurons.

        Of those that left ``steps + 1`` steps ago the share ``share`` is still refractory.
        """
        count, steps, share = self.nodes[p].drift.size, int(self.held.steps[p]), float(self.held.share[p])
        ages = np.arange(1, steps + 2)
        weight = np.append(np.ones(steps), share)
        inside = self.grid.volume[p, :count] * density[:count]
        mass = np.concatenate([inside, weight * left[-ages % left.size]])
        inner, outer = np.zeros(count), np.zeros(steps + 1)
        first_deviation(float(mass.sum()), mass, self.size[p], inner, outer, *self.keys, p)
        deviation[:count] = inner / self.grid.volume[p, :count]
        surplus[-ages % left.size] = np.divide(outer, weight, out=np.zeros(steps + 1), where=weight > 0.0)

    def _record_start(self) -> None:
        mu, variance = (x[:, 0] for x in self.heard.outside.at(np.array([0.0])))
        channels, state = self.heard.channels, self.crowd.expected
        np.add.at(mu, channels.post, channels.mean * state.filters[:, 0])
        possible = variance > _ROUNDING * (variance + self.least)
        possible[channels.post[channels.variance > 0.0]] = True
        if not np.all(possible):
            raise ModelError(_all_alike(self.what.maps.names[int(np.argmin(possible))]))
        np.add.at(variance, channels.post, channels.variance * state.filters[:, 2])
        for p, n in enumerate(self.nodes):
            held = self.held.steps[p], self.held.share[p]
            both = state.density[p] + self.crowd.deviation[p]
            self.sums[0, p, 0] = n.volume @ both[: n.drift.size]
            self.sums[1, p, 0] = refractory_mass(state.left[p], 0, *held) + refractory_mass(
                self.crowd.surplus[p], 0, *held
            )
        self.sums[2, :, 0], self.sums[3, :, 0] = mu, np.maximum(variance, self.least)
        self.keep()

    def keep(self) -> None:
        """The densities as they are now."""
        both = self.crowd.expected.density + self.crowd.deviation
        self.densities.append(tuple(both[p, : n.drift.size].copy() for p, n in enumerate(self.nodes)))

    def go(self, progress: bool) -> None:
        """All steps that are left. What is done stays where it is if this is interrupted."""
        run_to_end(self, self.what, progress)

    def some(self, stop: int, tick: Callable[[float], None]) -> None:
        """As many steps as one call of the kernel makes."""
        dt, steps = self.what.dt, min(stop - self.done, most_steps(self.grid))
        mu, variance = self.heard.outside.in_steps(self.done, steps, dt)
        middles = np.asarray((self.done + np.arange(steps) + 0.5) * dt, float)
        rate = np.array([course.at(middles) for course in self.heard.rates]).reshape(-1, steps)
        sums, wanted = np.zeros((4, self.size.size, steps)), np.zeros((self.size.size, steps))
        made, reason = advance(
            self.grid, self.held, self.heard.channels, self.crowd, self.size, Sources(self.heard.sizes, rate), mu,
            variance, self.least, self.tau, dt, self.done, steps, self.offset, *self.keys, self.rates, wanted, sums,
        )  # fmt: skip
        self.sums[:, :, self.done + 1 : self.done + made + 1] = sums[:, :, :made]
        self.wanted[:, self.done : self.done + made] = wanted[:, :made]
        self.done += made
        tick(made * dt)
        if reason == LOW:
            state = self.crowd.expected
            weight = self.grid.volume[:, 0] * np.abs(state.density[:, 0])
            self.nodes, self.grid, (density, deviation) = deepened(
                self.nodes, self.grid, weight, state.density, self.crowd.deviation
            )
            self.crowd = self.crowd._replace(expected=state._replace(density=density), deviation=deviation)
        elif reason != DONE:
            raise ModelError(fault(reason, self.done * dt, dt))

    def activity(self, status: str = "") -> MesoscopicActivity:
        """What there is so far."""
        end, populations = self.done, self.size.size
        emitted = self.rates[:populations, self.offset + 1 : self.offset + 1 + end]
        return MesoscopicActivity(
            sizes=self.size.astype(np.int64),
            counts=np.rint(emitted * self.size[:, None] * self.what.dt).astype(np.int64),
            expected=self.wanted[:, :end] * 1e3,
            seed=self.seed,
            status=status or self._status(),
            **told(self.what, self.nodes, self.sums[:, :, : end + 1], self.densities),
        )

    def _status(self) -> str:
        lost = float(np.max(np.abs(self.sums[0] + self.sums[1] - 1.0)))
        sentence = (
            f"finished: {self.what.steps:,} steps of {self.what.dt:g} ms on "
            f"{', '.join(str(n.drift.size) for n in self.nodes)} nodes; probability is 1 to {lost:.1g} all the time."
        )
        few = self.size < _FEW
        if np.any(few):
            names = ", ".join(name for name, is_few in zip(self.what.maps.names, few, strict=True) if is_few)
            fired = self.size[few] * 1e3 * self.wanted[few].mean(axis=1)  # Hz
            sentence += (
                f" {names}: fewer than {_FEW} neurons, for which noise that is normal is a rough picture. Means hold; "
                f"spectra and variances hold for what is slower than {float(fired.min()) / (8.0 * np.pi):.2g} Hz, and "
                "above that are those of Poisson spikes."
            )
        if self.heard.late:
            sentence += f" Delays below {self.what.dt:g} ms were taken as {self.what.dt:g} ms."
        return sentence


def _all_alike(name: str) -> str:
    return (
        f"all neurons of population '{name}' hear the same and have no noise (sigma = 0), so that their density does "
        "not spread: give it sigma, a PoissonInput, or noise of its own; without noise use simulate(...)"
    )
