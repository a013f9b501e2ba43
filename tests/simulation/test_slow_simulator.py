"""The engine against a slow simulator, written from the documentation of `simulate`, on random small networks.

Plain loops over neurons and dictionaries of events. In each step: integrate, add the events that arrive, test the
threshold, reset. A spike stands at the end of its step and arrives a delay later, rounded to the nearest step, at
least one. While a neuron is refractory its potential stands still, and jumps of it are lost. Weights are multiples of
1/1024, so that sums in single precision are exact (those of alpha synapses are multiplied by e, hence a tolerance for
the potential).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from rheobase.model.connect import Explicit
from rheobase.model.network import Network, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.simulation import run, simulate
from rheobase.units import Mohm, ms, mV, nS, pA

TAU, R, THETA, RESET, REFRACTORY = 10.0, 0.1, 10.3, -1.7, 1.3
TAU_E, TAU_A, TAU_G, E_G = 4.0, 3.0, 6.0, -12.0

NEURON = Neuron(
    "dv/dt = (-v + R*I)/tau : mV (unless refractory) \n I : pA = 0*pA",
    threshold="v > v_th",
    reset="v = v_reset",
    refractory="t_ref",
    tau=TAU * ms,
    R=R * 1000 * Mohm,
    v_th=THETA * mV,
    v_reset=RESET * mV,
    t_ref=REFRACTORY * ms,
    name="small",
)
STIFF = NEURON.with_(method="exponential_midpoint")
SYNAPSES = {
    "delta": (Synapse.delta("v"), mV),
    "exponential": (Synapse.exponential(TAU_E * ms), pA),
    "alpha": (Synapse.alpha(TAU_A * ms), pA),
    "conductance": (Synapse.conductance(TAU_G * ms, E_G * mV), nS),
}
#: The synapses in front of each population. The first two are integrated exactly, the third by the
#: exponential midpoint rule.
KINDS = {"A": ("delta", "exponential", "alpha"), "B": ("delta", "exponential", "alpha"), "C": ("delta", "conductance")}


@dataclass
class Wiring:
    """Synapses from population ``pre`` to ``post``: (source, target, weight, delay in ms), in the order of the list."""

    pre: str
    post: str
    kind: str
    synapses: list[tuple[int, int, float, float]]
    constant_weight: bool
    constant_delay: bool


@dataclass
class Case:
    sizes: dict[str, int]
    drive: dict[str, list[float]]
    start: dict[str, list[float]]
    wirings: list[Wiring]
    dt: float


@dataclass
class Cell:
    v: float
    drive: float
    still: int = 0
    events: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    s: float = 0.0
    a: float = 0.0
    rise: float = 0.0
    g: float = 0.0


class Slow:
    def __init__(self, case: Case):
        self.case, self.dt = case, case.dt
        self.cells = {
            name: [Cell(v, i) for v, i in zip(case.start[name], case.drive[name], strict=True)] for name in case.sizes
        }
        self.weight = {
            "v": math.exp(-self.dt / TAU),
            "s": self._answer(lambda u: math.exp(-u / TAU_E)),
            "a": self._answer(lambda u: math.exp(-u / TAU_A)),
            "rise": self._answer(lambda u: u / TAU_A * math.exp(-u / TAU_A)),
        }
        self.arrivals: dict[int, list] = defaultdict(list)
        self.spikes: list[tuple[int, str, int]] = []
        self.traces: dict[str, list[list[float]]] = {name: [] for name in case.sizes}

    def _answer(self, current) -> float:
        """Potential after a step behind a current that starts at 1 pA."""
        return quad(lambda u: R / TAU * current(u) * math.exp(-(self.dt - u) / TAU), 0, self.dt, epsrel=1e-13)[0]

    def run(self, steps: int) -> None:
        for step in range(steps):
            for name, cells in self.cells.items():
                for cell in cells:
                    (self._conductance if name == "C" else self._linear)(cell)
            for name, target, kind, weight in self.arrivals.pop(step, ()):
                self._arrive(self.cells[name][target], kind, weight)
            for name, cells in self.cells.items():
                for number, cell in enumerate(cells):
                    self._threshold(name, number, cell, step)
                self.traces[name].append([cell.v for cell in cells])

    def _linear(self, cell: Cell) -> None:
        w = self.weight
        if cell.still == 0:
            rest = R * cell.drive
            cell.v = rest + (cell.v - rest) * w["v"] + cell.s * w["s"] + cell.a * w["a"] + cell.rise * w["rise"]
        cell.s *= math.exp(-self.dt / TAU_E)
        cell.a = (cell.a + cell.rise * self.dt / TAU_A) * math.exp(-self.dt / TAU_A)
        cell.rise *= math.exp(-self.dt / TAU_A)

    def _conductance(self, cell: Cell) -> None:
        """Exponential midpoint: the potential relaxes as it does with the conductance of the middle of the step."""
        if cell.still == 0:
            g = cell.g * math.exp(-0.5 * self.dt / TAU_G)
            slope = (-1 - R * g) / TAU
            f = (-cell.v + R * (cell.drive + g * (E_G - cell.v))) / TAU
            cell.v += f * math.expm1(self.dt * slope) / slope
        cell.g *= math.exp(-self.dt / TAU_G)

    def _arrive(self, cell: Cell, kind: str, weight: float) -> None:
        if kind == "delta":
            cell.v += 0.0 if cell.still else weight
        elif kind == "exponential":
            cell.s += weight
        elif kind == "alpha":
            cell.rise += math.e * weight
        else:
            cell.g += weight

    def _threshold(self, name: str, number: int, cell: Cell, step: int) -> None:
        if cell.still:
            cell.still -= 1
        elif cell.v > THETA:
            cell.v, cell.still = RESET, math.floor(REFRACTORY / self.dt + 0.5)
            self.spikes.append((step + 1, name, number))
            self._send(name, number, step)

    def _send(self, name: str, number: int, step: int) -> None:
        for wiring in self.case.wirings:
            if wiring.pre == name:
                for source, target, weight, delay in wiring.synapses:
                    if source == number:
                        steps = max(1, math.floor(delay / self.dt + 0.5))
                        self.arrivals[step + steps].append((wiring.post, target, wiring.kind, weight))


def network_of(case: Case) -> Network:
    populations = [
        Population(
            STIFF if name == "C" else NEURON,
            n,
            name,
            I=np.array(case.drive[name]) * pA,
            v=np.array(case.start[name]) * mV,
        )
        for name, n in case.sizes.items()
    ]
    projections = []
    for w in case.wirings:
        source, target, weight, delay = (
            (np.array(x) for x in zip(*w.synapses, strict=True)) if w.synapses else ([], [], [], [])
        )
        synapse, unit = SYNAPSES[w.kind]
        weight = weight[0] if w.constant_weight and len(weight) else np.array(weight)
        delay = delay[0] if w.constant_delay and len(delay) else np.array(delay)
        projections.append(Projection(w.pre, w.post, Explicit(source, target), weight * unit, delay * ms, synapse))
    return Network(populations, projections)


LARGEST = {"delta": 6.0, "exponential": 150.0, "alpha": 100.0, "conductance": 12.0}


def random_case(seed: int, sizes: tuple[int, int, int], density: float, shortest: int, longest: int, dt: float) -> Case:
    """Delays between ``shortest`` and ``longest`` steps, not on the grid; some projections constant, some empty."""
    generator = np.random.default_rng(seed)
    named = dict(zip("ABC", sizes, strict=True))
    wirings = []
    for post in named:
        for kind in KINDS[post]:
            for pre in named:
                count = int(generator.poisson(density * named[pre] * named[post]))
                constant = generator.random(2) < 0.4
                weights = np.round(generator.uniform(-0.6, 1, count) * LARGEST[kind] * 1024) / 1024
                if kind == "conductance":
                    weights = np.abs(weights)
                delays = dt * (generator.integers(shortest, longest + 1, count) + generator.uniform(-0.45, 0.45, count))
                delays = np.maximum(delays, dt)
                weights = weights[:1].repeat(count) if constant[0] else weights
                delays = delays[:1].repeat(count) if constant[1] else delays
                pairs = generator.integers(0, [[named[pre]], [named[post]]], (2, count))
                synapses = list(zip(*pairs.tolist(), weights.tolist(), delays.tolist(), strict=True))
                wirings.append(Wiring(pre, post, kind, synapses, *constant.tolist()))
    drive = {name: generator.uniform(60, 180, n).tolist() for name, n in named.items()}
    start = {name: generator.uniform(-5, 10, n).tolist() for name, n in named.items()}
    return Case(named, drive, start, wirings, dt)


def compare(case: Case, steps: int, threads: int) -> int:
    slow = Slow(case)
    slow.run(steps)
    fast = simulate(
        network_of(case), steps * case.dt * ms, dt=case.dt * ms, threads=threads, record=dict.fromkeys("ABC", "v")
    )
    grid = np.rint(fast.spikes.time / case.dt).astype(int)
    got = [(int(s), "ABC"[p], int(n)) for s, p, n in zip(grid, fast.spikes.population, fast.spikes.neuron, strict=True)]
    assert got == slow.spikes
    for name in "ABC":
        assert fast.traces[name]["v"] == pytest.approx(np.array(slow.traces[name]), rel=1e-6, abs=1e-5)
    return len(got)


@settings(max_examples=45, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(*[st.integers(1, 5)] * 3),
    density=st.floats(0.0, 1.0),
    shortest=st.integers(1, 40),
    spread=st.sampled_from([0, 1, 7, 60, 200]),
    dt=st.sampled_from([0.1, 0.25]),
    threads=st.integers(1, 3),
    impatient=st.booleans(),
)
@example(seed=1, sizes=(5, 5, 5), density=1.0, shortest=1, spread=0, dt=0.1, threads=3, impatient=True)
@example(seed=2, sizes=(5, 1, 1), density=1.0, shortest=1, spread=200, dt=0.1, threads=2, impatient=True)
@example(seed=3, sizes=(1, 1, 1), density=1.0, shortest=40, spread=0, dt=0.1, threads=3, impatient=False)
def test_no_event_is_lost_or_doubled(seed, sizes, density, shortest, spread, dt, threads, impatient):
    """Same spikes and potentials, whatever the delays, the number of threads, and how long they wait for each other."""
    case = random_case(seed, sizes, density, shortest, min(shortest + spread, 240), dt)
    with pytest.MonkeyPatch.context() as patch:
        if impatient:
            patch.setattr(run, "SPINS", 1)  # threads go back to Python at almost every meeting
        compare(case, 500, threads)


def test_delays_far_longer_than_a_block_and_than_a_byte():
    """One-step delays beside delays of hundreds of steps, over thousands of steps; activity does not die out."""
    case = random_case(11, (6, 5, 4), 0.5, 1, 700, 0.1)
    counts = [compare(case, 2500, threads) for threads in (1, 2, 3)]
    assert counts[0] > 300


def test_the_slow_simulator_sees_a_single_lost_event():
    """The control: leave one synapse out of one side, and the comparison fails."""
    case = random_case(5, (4, 4, 4), 0.8, 1, 20, 0.1)
    compare(case, 500, 1)
    largest = max(
        (w for w in case.wirings if w.kind == "delta" and not w.constant_weight), key=lambda w: len(w.synapses)
    )
    network = network_of(case)
    largest.synapses.pop()
    with pytest.raises(AssertionError), pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "network_of", lambda case: network)
        compare(case, 500, 1)
