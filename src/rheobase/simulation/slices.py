"""The arrays of one thread: its slice of every population, and the input in front of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.kernel import CHUNK
from rheobase.errors import ModelError
from rheobase.model.network import Network
from rheobase.numerics.random import COMPARE_UP_TO, GUIDE_SIZE, poisson_table
from rheobase.simulation.connections import Connections
from rheobase.simulation.plan import PopulationPlan

#: Largest mean count of one step that can be drawn with a rate of its own for each neuron.
LARGEST_MEAN_EACH = 600.0
#: Largest mean count of one step; counts are kept in 16 bits.
LARGEST_MEAN = 30000.0


@dataclass(frozen=True)
class Group:
    """Populations that share a kernel; their neurons stand one after the other."""

    plans: tuple[PopulationPlan, ...]

    @property
    def receptors(self) -> int:
        return len(self.plans[0].cell.receptors)


@dataclass(frozen=True)
class Wanted:
    """A trace to record: ``column`` gets what row ``state`` holds of a population's neuron."""

    population: int
    variable: str
    state: int
    neuron: int
    column: int


class Constant(NamedTuple):
    """What a kernel is given that stays the same from block to block, in the order of `CONSTANT_ARGUMENTS`."""

    parts: NDArray[np.int64]
    state: NDArray[Any]
    flag: NDArray[np.int32]
    scalars: NDArray[Any]
    arrays: NDArray[Any]
    ring_start: int
    modes: NDArray[np.int64]
    thresholds: NDArray[np.int32]
    lengths: NDArray[np.int64]
    guides: NDArray[np.int32]
    shifts: NDArray[np.int64]
    means: NDArray[np.float64]
    events: NDArray[np.int16]
    draws: NDArray[Any]
    courses: NDArray[Any]
    record_at: NDArray[np.int64]
    record_from: NDArray[np.int64]


@dataclass(frozen=True)
class GroupSlice:
    """A group's neurons that one thread owns."""

    group: Group
    constant: Constant


@dataclass(frozen=True)
class Slice:
    """All that one thread owns.

    Attributes
    ----------
    bounds
        First and last neuron of each population.
    list_start
        Where each population's spike list begins in a row of the spike buffer.
    ring_of
        Where each projection's input starts in the ring.
    """

    bounds: Mapping[str, tuple[int, int]]
    list_start: NDArray[np.int64]
    groups: tuple[GroupSlice, ...]
    width: int
    ring_of: Mapping[int, int]


def bounds_of(network: Network, part: int, parts: int) -> dict[str, tuple[int, int]]:
    """The neurons of each population that thread ``part`` owns."""
    return {p.name: (p.n * part // parts, p.n * (part + 1) // parts) for p in network.populations}


def make_slice(
    network: Network, groups: Sequence[Group], wanted: Sequence[Wanted], bounds: Mapping[str, tuple[int, int]], dt:
    float, call_steps: int, real: Any,
) -> Slice:  # fmt: skip
    """Allocate and initialise a thread's arrays (connections and ring are made apart)."""
    sizes = [last - first for first, last in bounds.values()]
    list_start = np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int64)
    made, ring_of, width = [], {}, 0
    for group in groups:
        made.append(_group_slice(group, wanted, bounds, list_start, width, dt, call_steps, real))
        constant = made[-1].constant
        ring_of |= _ring_of(network, group, constant.parts, width)
        width += group.receptors * constant.state.shape[1]
    return Slice(bounds, list_start, tuple(made), width, ring_of)


def _ring_of(network: Network, group: Group, parts: NDArray[np.int64], start: int) -> dict[int, int]:
    """Where the input of each projection onto this group's populations begins."""
    n_local = int(parts[:, 2].sum())
    found = {}
    for plan, part in zip(group.plans, parts, strict=True):
        for number, projection in enumerate(network.projections):
            if projection.post == plan.population.name:
                receptor = plan.synapses.index(projection.synapse)
                found[number] = start + receptor * n_local + int(part[1])
    return found


def _group_slice(
    group: Group, wanted: Sequence[Wanted], bounds: Mapping[str, tuple[int, int]], list_start: NDArray[np.int64],
    width: int, dt: float, call_steps: int, real: Any,
) -> GroupSlice:  # fmt: skip
    spans = [bounds[plan.population.name] for plan in group.plans]
    begins = np.concatenate([[0], np.cumsum([last - first for first, last in spans])])
    parts = np.array(
        [(plan.number, begin, last - first, first, list_start[plan.number])
         for plan, begin, (first, last) in zip(group.plans, begins, spans, strict=False)],
        dtype=np.int64,
    )  # fmt: skip
    n_local = int(begins[-1])
    layout = group.plans[0].build.layout
    state = _rows([plan.start for plan in group.plans], layout.signature.states, spans, n_local, real)
    arrays = _rows([plan.values for plan in group.plans], layout.arrays, spans, n_local, real)
    scalars = np.array([[plan.values[name] for name in layout.scalars] for plan in group.plans], dtype=real)
    signature = layout.signature
    n_events, n_draws, n_courses = len(signature.counts), len(signature.draws), len(signature.courses)
    constant = (
        parts, state, np.zeros(n_local if signature.flagged else 0, np.int32),
        scalars.reshape(len(group.plans), len(layout.scalars)), arrays, width, *_poisson(group, spans, n_local, dt),
        np.zeros((n_events, 4, n_local), np.int16), np.zeros((n_draws, 4, n_local), real),
        np.zeros((n_courses, call_steps, n_local), real), *_records(group, wanted, parts),
    )  # fmt: skip
    return GroupSlice(group, Constant._make(constant))


def _rows(
    values: Sequence[Mapping[str, Any]], names: Sequence[str], spans: Sequence[tuple[int, int]], n_local: int, real: Any
) -> NDArray[Any]:
    """One row a name, the populations' neurons side by side."""
    rows = np.empty((len(names), n_local), real)
    for row, name in zip(rows, names, strict=True):
        begin = 0
        for value, (first, last) in zip(values, spans, strict=True):
            given = value[name]
            row[begin : begin + last - first] = given[first:last] if np.ndim(given) else given
            begin += last - first
    return rows


def _poisson(group: Group, spans: Sequence[tuple[int, int]], n_local: int, dt: float) -> tuple[NDArray[Any], ...]:
    """Modes, thresholds, lengths, guides, shifts (parts, inputs) and means (inputs, neurons) for the kernel."""
    n_parts, n_inputs = len(group.plans), len(group.plans[0].poisson)
    modes, lengths, shifts = (np.zeros((n_parts, n_inputs), np.int64) for _ in range(3))
    guides = np.zeros((n_parts, n_inputs, GUIDE_SIZE), np.int32)
    means = np.zeros((n_inputs, n_local if _any_each(group) else 0))
    tables: dict[tuple[int, int], NDArray[np.int32]] = {}
    begin = 0
    for part, (plan, (first, last)) in enumerate(zip(group.plans, spans, strict=True)):
        for j, source in enumerate(plan.poisson):
            mean = np.asarray(source.rate) * (source.n * dt)
            _require_countable(mean, plan)
            if mean.ndim:
                modes[part, j] = 3
                means[j, begin : begin + last - first] = mean[first:last]
            elif mean > 0:
                modes[part, j] = 1 if mean <= COMPARE_UP_TO else 2
                tables[part, j], guides[part, j], shifts[part, j] = poisson_table(float(mean))
                lengths[part, j] = tables[part, j].size
        begin += last - first
    thresholds = np.full((n_parts, n_inputs, int(lengths.max(initial=1))), np.iinfo(np.int32).max, np.int32)
    for (part, j), table in tables.items():
        thresholds[part, j, : table.size] = table
    if not means.size:
        means = np.zeros((max(n_inputs, 1), 1))
    return modes, thresholds, lengths, guides, shifts, means


def _require_countable(mean: NDArray[np.float64], plan: PopulationPlan) -> None:
    largest, most = float(mean.max(initial=0.0)), LARGEST_MEAN_EACH if mean.ndim else LARGEST_MEAN
    if largest > most:
        raise ModelError(
            f"the Poisson input of population {plan.population.name!r} has {largest:.3g} events in a time step; up "
            f"to {most:g} can be drawn. Use a smaller dt, or replace it by its mean and white noise (xi)"
        )


def _any_each(group: Group) -> bool:
    return any(np.ndim(source.rate) for plan in group.plans for source in plan.poisson)


def _records(
    group: Group, wanted: Sequence[Wanted], parts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Traces of this slice sorted by chunk, as rows (state, place, column), and where each chunk's begin."""
    found: list[tuple[int, int, int, int]] = []
    chunk = 0
    for number, begin, size, first, _ in parts:
        for trace in wanted:
            if trace.population == number and first <= trace.neuron < first + size:
                place = int(begin + trace.neuron - first)
                at = chunk + (trace.neuron - int(first)) // CHUNK
                found.append((at, trace.state, place, trace.column))
        chunk += -(-int(size) // CHUNK)
    found.sort()
    at = np.array([entry[1:] for entry in found], np.int64).reshape(-1, 3)
    chunks = np.array([entry[0] for entry in found], np.int64)
    return at, np.searchsorted(chunks, np.arange(chunk + 1)).astype(np.int64)


def connections_bytes(connections: Connections) -> int:
    """Memory that the connections take."""
    arrays = (connections.rows, connections.targets, connections.weights, connections.delays)
    return sum(array.nbytes for array in arrays)
