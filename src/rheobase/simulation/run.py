"""One run: the arrays that the threads share, and what each thread does between two looks at the clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.model.network import Network
from rheobase.simulation.connections import Connections, key_words
from rheobase.simulation.driver import ADVANCE, LOST
from rheobase.simulation.meeting import SPINS, pause, progress_lines
from rheobase.simulation.slices import Slice

#: Neuron steps between two returns to Python, and the number of steps at most.
_NEURON_STEPS, _MOST_STEPS = 4_000_000, 4096
#: Room for spikes between two returns to Python, in blocks of spikes from every neuron.
_ROOM = 4


class Diverged(ModelError, ArithmeticError):
    """A state became infinite or not a number. Has ``variable``, ``population``, ``neuron``, ``time`` (ms)."""

    def __init__(self, variable: str, population: str, neuron: int, time: float, dt: float):
        self.variable, self.population, self.neuron, self.time = variable, population, neuron, time
        shown = repr(variable) if variable.isidentifier() else variable
        super().__init__(
            f"{shown} of neuron {neuron} of population {population!r} is no longer finite at about {time:g} ms. "
            f"Try a smaller step, such as dt={dt / 4:g}*ms, or another method; if it stays, the equations themselves "
            "grow without bound: is there a threshold and a reset?"
        )


class _Stopped(Exception):
    """Another thread has failed or was interrupted."""


def steps_a_call(block: int, n: int) -> int:
    """Steps between two returns to Python, whole blocks: some hundredths of a second."""
    steps = max(1, min(_MOST_STEPS, _NEURON_STEPS // n))
    return block * max(1, steps // block)


@dataclass
class Run:
    """What the threads share.

    Attributes
    ----------
    spikes, counts
        (2, slices, block, width) neuron indices and (2, slices, block, populations) how many. The first axis alternates
        from block to block, so that a thread can go on while another still reads.
    done, found
        Steps that each slice has behind it, and its spikes as columns (step, population, neuron).
    gaps
        What the driver of a network with gap junctions takes besides, as a tuple of one; else empty.
    """

    network: Network
    drive: Callable[..., Any]
    slices: list[Slice]
    connections: list[Connections]
    seed: int
    dt: float
    steps: int
    block: int
    traces: NDArray[np.floating]
    tick: Callable[[float], None]
    gaps: tuple[Any, ...] = ()
    done: list[int] = field(default_factory=list)
    stopped: bool = False
    interrupted: bool = False
    error: BaseException | None = None
    found: list[list[NDArray[np.int32]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.slices)
        slots = max(c.longest for c in self.connections) + self.block
        self.rings = [np.zeros((slots, max(s.width, 1)), np.float32) for s in self.slices]
        self.found, self.done = [[] for _ in self.slices], [0] * len(self.slices)
        self.width = max(sum(last - first for first, last in s.bounds.values()) for s in self.slices)
        self.spikes = np.zeros((2, n, self.block, self.width), np.int32)
        self.counts = np.zeros((2, n, self.block, len(self.network.populations)), np.int64)
        self.offsets = np.array([s.list_start for s in self.slices], np.int64)
        self.progress = progress_lines(n)

    def go(self) -> None:
        """Run all steps; raises what a thread raised. The calling thread works on the first slice."""
        with self._heard_interrupt():
            self._go()

    @contextmanager
    def _heard_interrupt(self) -> Iterator[None]:
        """Remember Ctrl-C: the compiler calls back into Python, and an exception raised there is lost."""
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
            yield
            return

        def note(number: int, frame: Any) -> None:
            self.interrupted = True
            signal.default_int_handler(number, frame)

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _go(self) -> None:
        helpers = [
            threading.Thread(target=self._guarded, args=(part,), daemon=True) for part in range(1, len(self.slices))
        ]
        for helper in helpers:
            helper.start()
        self._guarded(0)
        while any(helper.is_alive() for helper in helpers):
            try:
                for helper in helpers:
                    helper.join()
            except KeyboardInterrupt as interrupt:
                self.error, self.stopped = self.error or interrupt, True
        if self.error is not None:
            raise self.error

    def _guarded(self, part: int) -> None:
        try:
            self._work(part)
        except _Stopped:
            pass
        except BaseException as error:
            self.error = self.error or error
            self.stopped = True

    def _work(self, part: int) -> None:
        own, c = self.slices[part], self.connections[part]
        groups = tuple(tuple(group.constant) for group in own.groups)
        wires = (c.table, c.constant, c.rows, c.targets, c.weights, c.delays)
        clock = (self.steps, self.block, self.dt, *key_words(self.seed))
        kept = np.empty((3, _ROOM * self.block * self.width), np.int32)
        number, stage, tries, stop, courses_from = 0, ADVANCE, 0, 0, 0
        blocks, call = -(-self.steps // self.block), steps_a_call(self.block, self.network.size) // self.block
        while number < blocks:
            if number == stop:
                stop, courses_from = min(blocks, number + call), number * self.block
                self._fill_courses(own, number, stop)
            began = number
            number, stage, n_kept = self.drive(
                groups, wires, clock, stage, number, stop, part, len(self.slices), self.progress, SPINS, self.spikes,
                self.counts, self.offsets, self.rings[part], kept, self.traces, courses_from,
                *self.gaps,
            )  # fmt: skip
            if n_kept:
                self.found[part].append(kept[:, :n_kept].copy())
            if self.interrupted and part == 0:
                raise KeyboardInterrupt
            if stage == LOST:
                self._raise_diverged(own, min((number + 1) * self.block, self.steps))
            if self.stopped:
                raise _Stopped
            tries = tries + 1 if number == began else 0
            if tries:
                pause(tries)
            else:
                self._report(part, number)

    def _report(self, part: int, number: int) -> None:
        before, self.done[part] = self.done[part], min(number * self.block, self.steps)
        if part == 0:
            self.tick((self.done[part] - before) * self.dt)

    def _fill_courses(self, own: Slice, number: int, stop: int) -> None:
        """Input time courses of the next blocks: the value at the beginning of each step."""
        times = np.arange(number * self.block, min(stop * self.block, self.steps)) * self.dt
        for group in own.groups:
            constant = group.constant
            if not constant.courses.size:
                continue
            constant.courses[:] = 0
            for plan, (_, begin, size, first, _) in zip(group.group.plans, constant.parts, strict=True):
                for row, (port, _) in zip(constant.courses, plan.cell.courses, strict=True):
                    for current in plan.courses[port]:
                        values = _course_at(current.amplitude, current.dt, times)
                        row[: times.size, begin : begin + size] += (
                            values[:, first : first + size] if values.shape[1] > 1 else values
                        )

    def _raise_diverged(self, own: Slice, step: int) -> None:
        for group in own.groups:
            state, parts = group.constant.state, group.constant.parts
            lost = np.argwhere(~np.isfinite(state))
            if not lost.size:
                continue
            row, place = (int(x) for x in lost[0])
            part = parts[int(np.searchsorted(parts[:, 1], place, side="right")) - 1]
            population, begin, _, first, _ = (int(x) for x in part)
            neuron = self.network.populations[population].neuron
            variable = neuron.states[row] if row < neuron.n_states else "a synaptic variable"
            name = self.network.populations[population].name
            raise Diverged(variable, name, place - begin + first, step * self.dt, self.dt)


def _course_at(course: NDArray[np.floating], dt: float, times: NDArray[np.floating]) -> NDArray[np.floating]:
    """Values of a time course, shape (times, 1) or (times, neurons); 0 after its end."""
    at = np.floor(times / dt + 1e-9).astype(np.int64)
    columns = course.reshape(course.shape[0], -1)
    return columns[np.minimum(at, course.shape[0] - 1)] * (at < course.shape[0])[:, None]
