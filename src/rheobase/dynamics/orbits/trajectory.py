"""Orbits of a neuron from many start values and with many parameters at once, spikes and resets included."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError

Array = NDArray[np.float64]

#: Chunks of rows that a thread works on at a time, for each thread; rows differ in their cost.
_CHUNKS = 8
#: Size of a state below which its error is absolute: in internal units, so 0.01 mV, or 1 % of a gate.
_SMALL = 0.01

_SENTENCES = (
    "reached the end",
    "stopped after the spikes that were asked for",
    "grew without bound at {t:.6g} ms; there may be no threshold in its way",
    "took too many steps and was left at {t:.6g} ms; the equations may be stiff",
    "fires without end at {t:.6g} ms: its reset leaves it above the threshold",
    "was interrupted at {t:.6g} ms",
)
_FAILED = frozenset({2, 3, 4})


@dataclass(frozen=True)
class Drive:
    """A parameter that changes in time: linear between given times, constant before and after them.

    Parameters
    ----------
    parameter
        Its name.
    times
        (K,) in ms, not decreasing; the same time twice makes a jump.
    values
        (K,) or, for each row its own, (rows, K), in internal units.
    """

    parameter: str
    times: ArrayLike
    values: ArrayLike


@dataclass(frozen=True, eq=False)
class Trajectories:
    """What `trajectories` found; all in internal units (mV, ms), one entry or row for each orbit.

    Attributes
    ----------
    sample
        Times (T,) of the samples.
    states
        (rows, n, T) at those times, NaN after the end of an orbit; None if there were no samples.
    spikes
        For each row the times of its spikes in ms.
    before, after
        For each row the states (spikes, n) just before and just after each spike.
    final
        (rows, n): the last states.
    ended
        (rows,): how far each row came, in ms.
    status
        A sentence for each row.
    failed
        (rows,): whether a row grew without bound, was too long, or fired without end.
    """

    sample: Array
    states: Array | None
    spikes: tuple[Array, ...]
    before: tuple[Array, ...]
    after: tuple[Array, ...]
    final: Array
    ended: Array
    codes: NDArray[np.int64]

    @cached_property
    def status(self) -> tuple[str, ...]:
        return tuple(_SENTENCES[code].format(t=t) for code, t in zip(self.codes, self.ended, strict=True))

    @cached_property
    def failed(self) -> NDArray[np.bool_]:
        return np.isin(self.codes, list(_FAILED))

    @property
    def unfinished(self) -> NDArray[np.bool_]:
        """Whether a row took too many steps."""
        return self.codes == 3

    def require(self) -> Trajectories:
        """The same, or an error if a row failed.

        Raises
        ------
        ModelError
            With the first row that failed.
        """
        if self.failed.any():
            row = int(np.argmax(self.failed))
            raise ModelError(f"the solution with number {row} {self.status[row]}")
        return self


def trajectories(
    field: VectorField,
    starts: ArrayLike,
    parameters: ArrayLike | None = None,
    *,
    duration: float,
    sample: ArrayLike | None = None,
    drive: Drive | None = None,
    stop_after: int | None = None,
    rtol: float = 1e-8,
    atol: ArrayLike | None = None,
    reset: bool = True,
    backward: bool = False,
    threads: int | None = None,
    most: int = 5_000_000,
) -> Trajectories:
    r"""Integrate :math:`\dot x = f(x, p)` from many start values, by the pair of Dormand & Prince (1980).

    A spike lies where the threshold condition becomes true; it is located to rounding on the solution. Threshold, reset
    and refractory time act as in `rheobase.simulate`, in its limit of a vanishing time step.

    Parameters
    ----------
    field
        The neuron; need not be smooth.
    starts
        (rows, n) or (n,) start values.
    parameters
        (rows, parameters) or (parameters,); those of the field by default. See `VectorField.at`.
    duration
        How long, in ms.
    sample
        (T,) times, not decreasing, at which the states are wanted.
    drive
        One parameter that changes in time.
    stop_after
        End a row after this many spikes.
    rtol, atol
        Error of each step relative to a state, and absolute, one for all or one a state (default: ``rtol/100``).
    reset
        False: the flow alone, without spikes, resets and refractoriness.
    backward
        Against the arrow of time, which means the flow alone; times count up all the same.
    threads
        All cores by default. The result does not depend on it.
    most
        Steps that a row may take.

    Raises
    ------
    ModelError
        If the model draws random numbers or the arguments do not fit it. A row that fails is no error: see
        `Trajectories.require`.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> lif = Neuron("dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0")
    >>> spikes = trajectories(VectorField.of(lif), [0.0], duration=20.0).spikes[0]
    >>> bool(abs(spikes - 10*np.log(2)*np.array([1, 2])).max() < 1e-7)
    True
    """
    if not (np.isfinite(duration) and duration >= 0):
        raise ModelError(f"the duration has to be finite and not negative, but {duration:g} ms was given")
    starts = np.atleast_2d(np.asarray(starts, dtype=float))
    given = np.atleast_2d(np.asarray(field.values if parameters is None else parameters, dtype=float))
    rows = max(len(starts), len(given))
    task = _Task(
        field=field,
        starts=_rows(starts, rows, field.n, "start values"),
        parameters=_rows(given, rows, len(field.parameters), "parameters"),
        duration=float(duration),
        sample=_times(sample, "sample times"),
        drive=drive,
        events=bool(reset and not backward and field.neuron.threshold is not None),
        stop_after=-1 if stop_after is None else max(1, int(stop_after)),
        sign=-1.0 if backward else 1.0,
        rtol=float(rtol),
        atol=np.full(field.n, rtol * _SMALL) if atol is None else np.full(field.n, atol, dtype=float),
        most=int(most),
    )
    return task.run(threads)


def _rows(values: Array, rows: int, width: int, what: str) -> Array:
    if values.ndim != 2 or values.shape[1] != width or len(values) not in (1, rows):
        raise ModelError(f"the {what} have the shape {values.shape}, but ({rows}, {width}) or ({width},) is needed")
    return np.array(np.broadcast_to(values, (rows, width)), order="C")


def _times(given: ArrayLike | None, what: str) -> Array:
    times = np.zeros(0) if given is None else np.array(given, dtype=float)
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(np.diff(times) < 0):
        raise ModelError(f"the {what} have to be a row of finite numbers that do not decrease")
    return times


@dataclass(frozen=True, eq=False)
class _Task:
    """The arguments, checked; `run` shares the rows out to threads."""

    field: VectorField
    starts: Array
    parameters: Array
    duration: float
    sample: Array
    drive: Drive | None
    events: bool
    stop_after: int
    sign: float
    rtol: float
    atol: Array
    most: int

    def run(self, threads: int | None) -> Trajectories:
        rows, n = self.starts.shape
        kept = np.full((rows, n, self.sample.size), np.nan)
        halt = np.zeros(1, np.int64)
        final, ended = np.empty((rows, n)), np.zeros(rows)
        codes, counts = np.full(rows, 5, np.int64), np.zeros(rows, np.int64)
        work = self._worker(kept, halt, final, ended, codes, counts)
        found = _shared_out(work, rows, threads or cores(), halt)
        times, before, after = (np.concatenate([part[k] for part in found]) if found else np.empty(0) for k in range(3))
        cuts = np.cumsum(counts)[:-1]
        return Trajectories(
            sample=self.sample,
            states=kept if self.sample.size else None,
            spikes=tuple(np.split(times, cuts)),
            before=tuple(np.split(before.reshape(-1, n), cuts)),
            after=tuple(np.split(after.reshape(-1, n), cuts)),
            final=final,
            ended=ended,
            codes=codes,
        )

    def _worker(
        self, kept: Array, halt: Any, final: Array, ended: Array, codes: Any, counts: Any
    ) -> Callable[..., Any]:
        """The kernel with everything but the rows."""
        from rheobase.compile.orbit import orbit_kernel

        kernel = orbit_kernel(self.field.neuron, self.field.stiff)
        driven, breaks, levels = self._driven()
        n = self.field.n

        def work(low: int, high: int) -> Any:
            scratch = (np.empty(n), np.empty(n), np.empty(n), np.empty((7, n)), np.empty(self.parameters.shape[1]))
            return kernel(
                low, high, self.starts, self.parameters, self.duration, self.sample, kept, driven, breaks, levels,
                int(self.events), self.stop_after, self.sign, self.rtol, self.atol, self.most, halt, final, ended,
                codes, counts, *scratch, np.zeros(3),
            )  # fmt: skip

        return work

    def _driven(self) -> tuple[int, Array, Array]:
        if self.drive is None:
            return -1, np.empty(0), np.empty((1, 0))
        times = _times(self.drive.times, "times of the drive")
        levels = np.array(np.atleast_2d(np.asarray(self.drive.values)), dtype=float, order="C")
        if not times.size or levels.shape[1] != times.size or len(levels) not in (1, len(self.starts)):
            raise ModelError(
                f"the drive has {times.size} times and values of the shape {levels.shape}; give one value for each time"
            )
        return self.field.index(self.drive.parameter), times, levels


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shared_out(work: Callable[[int, int], Any], rows: int, threads: int, halt: Any) -> list[Any]:
    """The results of all chunks of rows, in order. Ctrl-C ends the threads at their next step."""
    size = max(1, -(-rows // (_CHUNKS * threads)))
    bounds = [(low, min(rows, low + size)) for low in range(0, rows, size)]
    if threads == 1 or len(bounds) < 2:
        bounds = [(0, rows)]
    with ThreadPoolExecutor(min(threads, len(bounds))) as pool:
        futures = [pool.submit(work, *bound) for bound in bounds]
        try:
            for done in _as_interruptible(futures):
                done.result()
        except BaseException:
            halt[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _as_interruptible(futures: list[Future[Any]]) -> Iterator[Future[Any]]:
    """Wait in short pieces, so that Ctrl-C is heard."""
    for future in futures:
        while not future.done():
            wait([future], timeout=0.1)
        yield future
