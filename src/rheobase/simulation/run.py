"""The loop over blocks: every thread takes its own neurons through a block, then delivers all spikes to its own neurons.

A block is as long as the shortest delay, so within it no spike of the block can arrive. Spike lists are double-buffered:
one meeting of the threads a block is enough.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.model.network import Network
from rheobase.simulation.connections import Connections, key_words
from rheobase.simulation.deliver import deliver, keep_spikes
from rheobase.simulation.slices import GroupSlice, Slice

#: A state is looked at for divergence about every so many steps.
_LOOK_EVERY = 100


class Diverged(ModelError, ArithmeticError):
    """A state became infinite or not a number. Has ``variable``, ``population``, ``neuron``, ``time`` (ms)."""

    def __init__(self, variable: str, population: str, neuron: int, time_: float, dt: float):
        self.variable, self.population, self.neuron, self.time = variable, population, neuron, time_
        super().__init__(
            f"{variable!r} of neuron {neuron} of population {population!r} is no longer finite at about {time_:g} ms. "
            f"Try a smaller step, such as dt={dt / 4:g}*ms, or another method; if it stays, the equations themselves grow "
            "without bound: is there a threshold and a reset?"
        )


@dataclass
class Run:
    """What the threads share.

    Attributes
    ----------
    spikes, counts
        (2, slices, block, width) neuron indices and (2, slices, block, populations) how many; the first axis alternates.
    """

    network: Network
    slices: list[Slice]
    connections: list[Connections]
    seed: int
    dt: float
    steps: int
    block: int
    traces: NDArray[np.float64]
    tick: Callable[[int], None]
    done: int = 0
    error: BaseException | None = None
    rings: list[NDArray[np.float32]] = field(default_factory=list)
    found: list[list[NDArray[np.int32]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.slices)
        slots = max(c.longest for c in self.connections) + self.block
        self.rings = [np.zeros((slots, max(s.width, 1)), np.float32) for s in self.slices]
        self.found = [[] for _ in self.slices]
        width = max(int(s.list_start[-1]) + last - first for s in self.slices for first, last in [list(s.bounds.values())[-1]])
        self.spikes = np.zeros((2, n, self.block, width), np.int32)
        self.counts = np.zeros((2, n, self.block, len(self.network.populations)), np.int64)
        self.offsets = np.array([s.list_start for s in self.slices], np.int64)
        self.meeting = threading.Barrier(n)

    def go(self) -> None:
        """Run all steps; raises what a thread raised. The calling thread works on the first slice."""
        helpers = [threading.Thread(target=self._guarded, args=(part,), daemon=True) for part in range(1, len(self.slices))]
        for helper in helpers:
            helper.start()
        try:
            self._work(0)
        except threading.BrokenBarrierError:
            pass
        except BaseException as error:
            self.error = self.error or error
            self.meeting.abort()
        for helper in helpers:
            helper.join()
        if self.error is not None:
            raise self.error

    def _guarded(self, part: int) -> None:
        try:
            self._work(part)
        except threading.BrokenBarrierError:
            pass
        except BaseException as error:
            self.error = self.error or error
            self.meeting.abort()

    def _work(self, part: int) -> None:
        own, wires, ring = self.slices[part], self.connections[part], self.rings[part]
        key0, key1 = key_words(self.seed)
        look = _LOOK_EVERY
        for number, first in enumerate(range(0, self.steps, self.block)):
            n = min(self.block, self.steps - first)
            parity = number & 1
            spikes, counts = self.spikes[parity], self.counts[parity]
            counts[part] = 0
            for group in own.groups:
                self._advance(group, ring, first, n, key0, key1, spikes[part], counts[part])
            if len(self.slices) > 1:
                self.meeting.wait()
            if len(wires.table):
                deliver(
                    ring, first, n, spikes, counts, self.offsets, wires.table, wires.constant, wires.rows, wires.targets,
                    wires.weights, wires.delays,
                )  # fmt: skip
            self._keep(part, first, n, spikes[part], counts[part])
            look -= n
            if look <= 0 or first + n == self.steps:
                look = _LOOK_EVERY
                self._require_finite(own, first + n)
            if part == 0:
                self.done = first + n
                self.tick(n)

    def _advance(self, group: GroupSlice, ring, first, n, key0, key1, spikes, counts) -> None:
        self._fill_courses(group, first, n)
        group.group.advance(
            group.parts, first, n, self.dt, key0, key1, group.state, group.flag, group.scalars, group.arrays, ring,
            group.ring_start, *group.poisson, group.events, group.draws, group.courses, spikes, counts, group.record_at,
            group.record_from, group.record,
        )  # fmt: skip
        if group.columns.size:
            self.traces[first : first + n, group.columns] = group.record[:n]

    def _fill_courses(self, group: GroupSlice, first: int, n: int) -> None:
        """Time courses of this block: the value at the beginning of each step."""
        if not group.courses.size:
            return
        times = (first + np.arange(n)) * self.dt
        group.courses[:] = 0
        for plan, (_, begin, size, first_neuron, _) in zip(group.group.plans, group.parts, strict=True):
            for row, (port, _) in zip(group.courses, plan.cell.courses, strict=True):
                for current in plan.courses[port]:
                    course = current.amplitude
                    at = np.floor(times / current.dt + 1e-9).astype(np.int64)
                    inside = at < course.shape[0]
                    values = course[np.minimum(at, course.shape[0] - 1)] * inside.reshape(-1, *[1] * (course.ndim - 1))
                    part = values[:, first_neuron : first_neuron + size] if course.ndim == 2 else values[:, None]
                    row[:n, begin : begin + size] += part

    def _keep(self, part: int, first: int, n: int, spikes, counts) -> None:
        """Copy this block's spikes as columns (step, population, neuron)."""
        kept = np.empty((3, int(counts[:n].sum())), np.int32)
        if kept.size:
            keep_spikes(kept, first, n, spikes, counts, self.offsets[part])
            self.found[part].append(kept)

    def _require_finite(self, own: Slice, step: int) -> None:
        for group in own.groups:
            if np.isfinite(group.state).all():
                continue
            variable, place = (int(x) for x in np.argwhere(~np.isfinite(group.state))[0])
            row = int(np.searchsorted(group.parts[:, 1], place, side="right")) - 1
            population, begin, _, first, _ = (int(x) for x in group.parts[row])
            name = self.network.populations[population].name
            raise Diverged(group.group.states[variable], name, place - begin + first, step * self.dt, self.dt)

