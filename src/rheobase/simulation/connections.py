"""The outgoing connections of one slice of a network, all projections in a few flat arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import (
    AllToAll,
    Bernoulli,
    Connectivity,
    Explicit,
    FixedIndegree,
    FixedTotalNumber,
    OneToOne,
    expected_synapses,
)
from rheobase.model.distribution import Distribution, Lognormal, Normal, Uniform
from rheobase.model.network import Network, Projection
from rheobase.simulation import wiring
from rheobase.simulation.wiring import Drawn, Rule

Tick = Callable[[float], None]
_NONE_INT = np.empty(0, np.int64)
_NONE_FLOAT = np.empty(0, np.float64)
#: Synapses that are drawn between two looks at the clock.
_PIECE = 2_000_000
#: A normal made of 32-bit words stays within this many standard deviations.
_LARGEST_NORMAL = 6.8


@dataclass(frozen=True)
class Connections:
    """See `rheobase.simulation.deliver` for the arrays. ``shortest`` and ``longest`` delay in steps; 0 if there is
    none.
    """

    table: NDArray[np.int64]
    constant: NDArray[np.float32]
    rows: NDArray[np.int64]
    targets: NDArray[np.unsignedinteger]
    weights: NDArray[np.float32]
    delays: NDArray[np.unsignedinteger]
    shortest: int
    longest: int


@dataclass(frozen=True)
class _Bundle:
    """One projection's synapses onto one slice: how they are drawn, and the start of each source's row."""

    rule: Rule
    weight: Drawn
    delay: Drawn
    first: int
    last: int
    source: int
    start: NDArray[np.int64]

    @property
    def size(self) -> int:
        return int(self.start[-1])


def connect_slice(
    network: Network, seed: int, dt: float, bounds: Mapping[str, tuple[int, int]], ring: Mapping[int, int],
    tick: Tick = lambda done: None,
) -> Connections:  # fmt: skip
    """Draw the connections onto the neurons ``bounds[population] = (first, last)`` of every population.

    ``ring[number]`` says where the input of projection ``number`` starts in the ring of this slice; ``tick`` hears
    how many synapses are in place, and may raise to end it.
    """
    bundles = [_bundle(network, number, seed, bounds, tick) for number in range(len(network.projections))]
    table = _table(bundles, ring, dt)
    drawn_weights = sum(b.size for b in bundles if b.weight.kind != wiring.CONSTANT)
    drawn_delays = sum(b.size for b in bundles if b.delay.kind != wiring.CONSTANT)
    widest = max((b.last - b.first for b in bundles), default=1)
    longest = max((_longest_delay(b.delay, dt) for b in bundles), default=0)
    targets = np.empty(sum(b.size for b in bundles), np.uint16 if widest <= 2**16 else np.uint32)
    weights = np.empty(drawn_weights, np.float32)
    delays = np.empty(drawn_delays, np.uint8 if longest < 2**8 else np.uint16 if longest < 2**16 else np.uint32)
    spans = []
    for number, (bundle, row) in enumerate(zip(bundles, table, strict=True)):
        pieces = _pieces(network, number, bundle.first, bundle.last)
        spans.append(_place(bundle, row, pieces, (targets, weights, delays), dt, tick))
    used = [span for span, bundle in zip(spans, bundles, strict=True) if bundle.size]
    return Connections(
        table=table,
        constant=np.array([b.weight.a if b.weight.kind == wiring.CONSTANT else 0.0 for b in bundles], np.float32),
        rows=np.concatenate([b.start for b in bundles]) if bundles else _NONE_INT,
        targets=targets,
        weights=weights,
        delays=delays,
        shortest=min((low for low, _ in used), default=0),
        longest=max((high for _, high in used), default=0),
    )


def _bundle(network: Network, number: int, seed: int, bounds: Mapping[str, tuple[int, int]], tick: Tick) -> _Bundle:
    projection = network.projections[number]
    rule, order = rule_of(network, number, seed)
    first, last = bounds[projection.post]
    start = np.zeros(rule.n_pre + 1, np.int64)
    scratch = _scratch(rule)
    for begin, end in _pieces(network, number, first, last):
        wiring.count_by_source(start, rule, begin, end, *scratch)
        tick(0)
    np.cumsum(start, out=start)
    source = [population.name for population in network.populations].index(projection.pre)
    gain = math.e if projection.synapse.kind == "alpha" else 1.0
    return _Bundle(
        rule, drawn(projection.weight, gain, order), drawn(projection.delay, 1.0, order), first, last, source, start
    )


def _scratch(rule: Rule) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Room for the sources of one target, and marks for draws without repetition (used once: marks must start at 0)."""
    longest_list = int(np.max(np.diff(rule.listed_start))) if rule.listed_start.size > 1 else 0
    room = max(rule.n_pre, int(rule.in_degree.max()), longest_list, 1) + 4
    return np.empty(room, np.int64), np.zeros(rule.n_pre if not rule.multapses else 1, np.int64)


def rule_of(network: Network, number: int, seed: int) -> tuple[Rule, NDArray[np.int64]]:
    """The kernel's form of a projection's rule, and the order in which values listed per synapse are to be taken."""
    projection = network.projections[number]
    n_pre, n_post = network[projection.pre].n, network[projection.post].n
    return rule_for(projection.connect, n_pre, n_post, projection.pre == projection.post, number, seed)


def rule_for(
    rule: Connectivity, n_pre: int, n_post: int, same: bool, number: int, seed: int
) -> tuple[Rule, NDArray[np.int64]]:
    """`rule_of` for populations of these sizes; ``number`` tells the random draws of two rules apart."""
    kind, in_degree, p, listed, listed_start, order = (
        wiring.IN_DEGREE,
        np.zeros(1, np.int64),
        0.0,
        _NONE_INT,
        _NONE_INT,
        _NONE_INT,
    )
    match rule:
        case FixedIndegree(k=k):
            in_degree = np.array([k], np.int64)
        case FixedTotalNumber(n=n):
            in_degree = _in_degrees(n, n_post, seed, number)
        case Bernoulli(p=p):
            kind = wiring.BERNOULLI
        case AllToAll():
            kind = wiring.ALL
        case OneToOne():
            kind = wiring.ONE
        case Explicit(pre=pre, post=post):
            kind = wiring.LISTED
            order = np.argsort(post, kind="stable")
            listed = pre[order]
            listed_start = np.searchsorted(post[order], np.arange(n_post + 1)).astype(np.int64)
    avoid_self = same and not getattr(rule, "autapses", True)
    multapses = getattr(rule, "multapses", True)
    key0, key1 = key_words(seed)
    drawn_rule = Rule(kind, in_degree, float(p), listed, listed_start, n_pre, avoid_self, multapses, number, key0, key1)
    return drawn_rule, order


def key_words(seed: int) -> tuple[np.uint32, np.uint32]:
    """A seed of up to 64 bits as the two words of the random key."""
    return np.uint32(seed & 0xFFFFFFFF), np.uint32((seed >> 32) & 0xFFFFFFFF)


def _in_degrees(n: int, n_post: int, seed: int, number: int) -> NDArray[np.int64]:
    """How many of ``n`` synapses with uniform targets fall on each target: a multinomial draw."""
    generator = np.random.Generator(np.random.Philox(key=[seed & (2**64 - 1), number]))
    return generator.multinomial(n, np.full(n_post, 1.0 / n_post)).astype(np.int64)


def drawn(value: float | np.ndarray | Distribution, gain: float, order: NDArray[np.int64]) -> Drawn:
    """The kernel's form of a weight or delay, times ``gain``; a constant is its ``a``."""
    match value:
        case Normal(mean, sd, low, high):
            bounds = (-math.inf if low is None else low * gain, math.inf if high is None else high * gain)
            return Drawn(wiring.NORMAL, mean * gain, sd * gain, *bounds, 1.0, _NONE_FLOAT)
        case Lognormal(mean, sd):
            variance = math.log1p((sd / mean) ** 2)
            location = math.log(abs(mean) * gain) - variance / 2
            return Drawn(
                wiring.LOGNORMAL, location, math.sqrt(variance), 0.0, 0.0, math.copysign(1.0, mean), _NONE_FLOAT
            )
        case Uniform(low, high):
            return Drawn(wiring.UNIFORM, low * gain, high * gain, 0.0, 0.0, 1.0, _NONE_FLOAT)
        case np.ndarray():
            return Drawn(wiring.ARRAY, 0.0, 0.0, 0.0, 0.0, 1.0, value[order] * gain)
    assert isinstance(value, float | int)  # a Lorentzian has no variance, and synapses refuse it
    return Drawn(wiring.CONSTANT, float(value) * gain, 0.0, 0.0, 0.0, 1.0, _NONE_FLOAT)


def _longest_delay(delay: Drawn, dt: float) -> int:
    """Upper bound of a delay in steps."""
    match delay.kind:
        case wiring.NORMAL:
            longest = min(delay.high, delay.a + _LARGEST_NORMAL * delay.b)
        case wiring.LOGNORMAL:
            longest = math.exp(delay.a + _LARGEST_NORMAL * delay.b)
        case wiring.UNIFORM:
            longest = delay.b
        case wiring.ARRAY:
            longest = float(delay.listed.max(initial=0.0))
        case _:
            longest = delay.a
    return steps_of(longest, dt)


def steps_of(delay: float, dt: float) -> int:
    """A delay in whole steps, at least one."""
    return max(1, math.floor(delay / dt + 0.5 + 1e-9))  # 0.35 ms over 0.1 ms is 3.5, not a hair less


def _table(bundles: list[_Bundle], ring: Mapping[int, int], dt: float) -> NDArray[np.int64]:
    """The projection table that `rheobase.simulation.deliver` reads."""
    table = np.zeros((len(bundles), 8), np.int64)
    row = synapse = weight = delay = 0
    for number, bundle in enumerate(bundles):
        has_weights, has_delays = bundle.weight.kind != wiring.CONSTANT, bundle.delay.kind != wiring.CONSTANT
        steps = 0 if has_delays else steps_of(bundle.delay.a, dt)
        table[number] = (
            bundle.source, row, synapse, ring[number], bundle.last - bundle.first, steps,
            weight if has_weights else -1, delay if has_delays else -1,
        )  # fmt: skip
        row += bundle.start.size
        synapse += bundle.size
        weight += bundle.size if has_weights else 0
        delay += bundle.size if has_delays else 0
    return table


def _pieces(network: Network, number: int, first: int, last: int) -> list[tuple[int, int]]:
    """Runs of targets with some million synapses."""
    p = network.projections[number]
    n_pre, n_post = network[p.pre].n, network[p.post].n
    each = expected_synapses(p.connect, n_pre, n_post, p.pre == p.post) / n_post
    step = max(1, int(_PIECE / max(each, 1.0)))
    return [(begin, min(begin + step, last)) for begin in range(first, last, step)]


def _place(
    bundle: _Bundle, row: NDArray[np.int64], pieces: list[tuple[int, int]], arrays: tuple[NDArray, NDArray, NDArray],
    dt: float, tick: Tick,
) -> tuple[int, int]:  # fmt: skip
    """Fill one projection's part of targets, weights and delays; returns its shortest and longest delay in steps."""
    _, _, first, _, _, steps, *others = (int(x) for x in row)
    targets, weights, delays = (
        array[begin : begin + bundle.size] if begin >= 0 else array[:0]
        for array, begin in zip(arrays, (first, *others), strict=True)
    )
    head, scratch, spans = bundle.start[:-1].copy(), _scratch(bundle.rule), []
    for begin, end in pieces:
        spans.append(wiring.place(
            targets, weights, delays, head, bundle.rule, bundle.first, begin, end, *scratch, bundle.weight,
            bundle.delay, dt,
        ))  # fmt: skip
        tick(bundle.size / len(pieces))
    if others[1] < 0:
        return steps, steps
    return min((int(low) for low, _ in spans), default=0), max((int(high) for _, high in spans), default=0)


def longest_steps(projection: Projection, dt: float) -> int:
    """Upper bound of a projection's delays in steps."""
    every = np.arange(np.size(projection.delay))
    return _longest_delay(drawn(projection.delay, 1.0, every), dt)


def synapse_bytes(projection: Projection, widest: int, dt: float) -> int:
    """Memory of one synapse of a projection: target, and weight and delay where they are drawn."""
    size = 2 if widest <= 2**16 else 4
    if not isinstance(projection.weight, float):
        size += 4
    if not isinstance(projection.delay, float):
        longest = longest_steps(projection, dt)
        size += 1 if longest < 2**8 else 2 if longest < 2**16 else 4
    return size
