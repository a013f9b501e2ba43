"""What is refused, in which words, and how runs end early."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from importlib import import_module

import numpy as np
import pytest

from rheobase import library
from rheobase.errors import ModelError
from rheobase.model.connect import AllToAll, FixedIndegree, OneToOne
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.progress import Progress
from rheobase.simulation import DoesNotFit, run, simulate
from rheobase.simulation.simulate import Interrupted
from rheobase.units import Hz, ms, mV, pA

LIF = library.lif()
PAIR = Network([Population(LIF, 3, "E"), Population(LIF, 2, "I")], name="pair")

REFUSED = [
    (dict(duration=10), "duration has to be a time (ms), but the plain number 10 was given; write for example 10*ms"),
    (dict(duration=0 * ms), "duration = 0 ms must be a positive time"),
    (dict(duration=-5 * ms), "duration = -5 ms must be a positive time"),
    (dict(duration=np.inf * ms), "duration = inf ms must be a positive time"),
    (dict(duration=1 * mV), "duration has to be a time (ms), but a voltage (mV) was given"),
    (dict(duration=0.01 * ms), "a duration of 0.01 ms is shorter than the time step of 0.1 ms"),
    (dict(dt=0 * ms), "dt = 0 ms must be a positive time"),
    (dict(dt=np.nan * ms), "dt = nan ms must be a positive time"),
    (dict(threads=0), "threads = 0 must be a whole number, at least 1"),
    (dict(threads=1.5), "threads = 1.5 must be a whole number, at least 1"),
    (dict(threads=True), "threads = True must be a whole number, at least 1"),
    (dict(threads="two"), "must be a whole number, at least 1"),
    (dict(seed=-1), "seed = -1 must be a whole number from 0 to 2**63 - 1"),
    (dict(seed=2**63), "must be a whole number from 0 to 2**63 - 1"),
    (dict(seed=0.5), "seed = 0.5 must be a whole number"),
    (dict(seed=None), "must be a whole number from 0 to 2**63 - 1"),
    (dict(precision="float16"), "precision = 'float16'; it is one of float64, float32"),
    (dict(method="rk5"), "there is no integration method 'rk5'; there are: auto, exact, exponential_euler"),
    (dict(record="v"), "record: say which population, such as record={'E': 'v'}"),
    (dict(record={"X": "v"}), "network 'pair' has no population 'X'; there are: E, I"),
    (dict(record={"E": "w"}), "record: 'w' is no state of population 'E'; there are: v"),
    (dict(record={"E": {"v": [0, 3]}}), "record: neurons of population 'E' are whole numbers from 0 to 2"),
    (dict(record={"E": {"v": [-1]}}), "record: neurons of population 'E' are whole numbers from 0 to 2"),
    (dict(record={"E": {"v": [0.5]}}), "record: neurons of population 'E' are whole numbers from 0 to 2"),
    (dict(record={"E": 5}), "record"),
    (dict(record=5), "record"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED, ids=lambda value: "" if isinstance(value, str) else str(value)
)
def test_arguments(arguments: dict, message: str):
    given = {"duration": 10 * ms, **arguments}
    with pytest.raises(ModelError) as error:
        simulate(PAIR, given.pop("duration"), **given)
    assert message in str(error.value)


@pytest.mark.parametrize("model", ["lif", None, 3, [LIF]])
def test_models(model):
    with pytest.raises(ModelError) as error:
        simulate(model, 10 * ms)
    assert str(error.value) == f"simulate takes a Neuron, a Population or a Network, not {type(model).__name__}"


def test_a_network_that_does_not_fit_is_refused_at_once():
    """10**11 synapses of 4 byte: counted, not tried."""
    network = Network(
        Population(LIF, 10**6, "E"), [Projection("E", "E", FixedIndegree(10**5), 0.1 * mV, 1.5 * ms)], name="cortex"
    )
    began = time.perf_counter()
    with pytest.raises(DoesNotFit) as error:
        simulate(network, 1000 * ms)
    assert time.perf_counter() - began < 1
    message = str(error.value)
    assert message.startswith("network 'cortex' needs about 40")
    assert "GB (100,000,000,000 synapses), and" in message
    assert "Use fewer neurons or synapses, weights and delays that are constant" in message
    assert isinstance(error.value, MemoryError)


@pytest.mark.parametrize(
    "network",
    [
        Network(Population(LIF, 10**7, "E"), [Projection("E", "E", OneToOne(), 0.1 * mV, 10_000 * ms)]),
        Network(Population(LIF, 10**6, "E"), [Projection("E", "E", AllToAll(), 0.1 * mV, 1 * ms)]),
    ],
    ids=["long delays", "all to all"],
)
def test_long_delays_and_dense_connections_count(network: Network):
    with pytest.raises(DoesNotFit, match="GB"):
        simulate(network, 10 * ms)


def test_traces_count():
    """A million neurons for ten seconds would be 800 GB."""
    with pytest.raises(DoesNotFit, match="record fewer traces"):
        simulate(Population(LIF, 20_000, "E"), 10_000_000 * ms, record="v")


class _Impatient(Progress):
    """Stands for a user who presses Ctrl-C when half of the time is simulated."""

    def tick(self, more: float) -> None:
        super().tick(more)
        if self.in_time and self.done >= 200:
            raise KeyboardInterrupt


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupted_run_keeps_what_it_has(threads: int, monkeypatch):
    network = Population(library.lif(I=600 * pA), 40, "E", v=np.linspace(-80, -50, 40) * mV)
    whole = simulate(network, 400 * ms, threads=threads)
    monkeypatch.setattr(import_module("rheobase.simulation.simulate"), "Progress", _Impatient)
    monkeypatch.setattr(run, "_NEURON_STEPS", 4_000)
    with pytest.raises(Interrupted) as error:
        simulate(network, 400 * ms, threads=threads)
    part = error.value.recording
    assert isinstance(error.value, KeyboardInterrupt)
    assert 190 <= part.duration < 300  # a thread may be a block behind the one that was interrupted
    assert part.status == f"interrupted at {part.duration:g} ms of 400 ms"
    begin = whole.spikes.time <= part.duration + 1e-9
    assert np.array_equal(part.spikes.time, whole.spikes.time[begin])
    assert np.array_equal(part.spikes.neuron, whole.spikes.neuron[begin])
    assert part.rates()["E"][0] > 0
    assert whole.status == "finished"


NETWORK_ERRORS = [
    (lambda: Projection("E", "E", OneToOne(), 1 * pA, 1 * ms), "projection E -> E: the weight"),
    (lambda: Projection("E", "X", OneToOne(), 1 * mV, 1 * ms), "network 'network' has no population 'X'"),
    (lambda: Projection("E", "E", OneToOne(), 1 * mV, 0 * ms), "the delay must be positive (at least one time step)"),
    (
        lambda: PoissonInput("E", -1 * Hz, 1 * mV),
        "the rate must be a constant or an array of one value a neuron, zero or more",
    ),
    (lambda: CurrentInput("E", 1 * pA, target="J"), "the neuron has no input parameter 'J'"),
]


@pytest.mark.parametrize(("part", "message"), NETWORK_ERRORS)
def test_networks_are_checked_before_they_are_simulated(part, message: str):
    made = part()
    parts = {"projections" if isinstance(made, Projection) else "inputs": [made]}
    with pytest.raises(ModelError) as error:
        simulate(Network(Population(LIF, 3, "E"), **parts), 1 * ms)
    assert message in str(error.value)


class _Swallowing(Progress):
    """Stands for the compiler, which calls back into Python and loses what is raised there."""

    def tick(self, more: float) -> None:
        super().tick(more)
        if self.in_time:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


def test_ctrl_c_is_heard_even_where_an_exception_is_lost(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(import_module("rheobase.simulation.simulate"), "Progress", _Swallowing)
    with pytest.raises(Interrupted):
        simulate(library.lif(I=600 * pA), 5000 * ms)
    assert signal.getsignal(signal.SIGINT) is before
