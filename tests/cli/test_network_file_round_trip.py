"""A network that is written and read again is the same network, every number to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase import (
    AllToAll,
    Bernoulli,
    CurrentInput,
    Explicit,
    FixedIndegree,
    FixedTotalNumber,
    Lognormal,
    Network,
    Neuron,
    Normal,
    OneToOne,
    PoissonInput,
    Population,
    Projection,
    Synapse,
    Uniform,
)
from rheobase.model.toml import network_text
from rheobase.units import Hz, cm, kHz, mM, ms, mV, nS, pA, uA

TEXT = """
dv/dt = (E_L - v + R*I)/tau_m : mV (unless refractory)
dw/dt = -w/tau_w : 1
I : pA = 0*pA
R : Gohm = 0.1*Gohm
E_L : mV = 0*mV
tau_m : ms = 20*ms
tau_w : second
j : uA/cm**2
c : mM
"""
FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
POSITIVE = st.floats(1e-6, 1e6)


def neuron(**values):
    given = {"tau_w": 100 * ms, "j": 1 * uA / cm**2, "c": 2 * mM} | values
    return Neuron(TEXT, threshold="v > 20*mV", reset="v = 10*mV; w += 0.1", refractory=0.3 * ms, name="lif", **given)


def again(network, folder):
    path = folder / "network.toml"
    network.to_toml(path)
    return Network.from_toml(path)


def same_value(left, right):
    return np.array_equal(left, right) if isinstance(left, np.ndarray) else left == right


def assert_same(left, right):
    assert (left.name, left.source) == (right.name, right.source)
    for mine, theirs in zip(left.populations, right.populations, strict=True):
        assert (mine.name, mine.n, mine.neuron) == (theirs.name, theirs.n, theirs.neuron)
        assert mine.values.keys() == theirs.values.keys()
        assert all(same_value(mine.values[key], theirs.values[key]) for key in mine.values)
    for mine, theirs in zip(left.projections, right.projections, strict=True):
        assert (mine.pre, mine.post, mine.connect, mine.synapse) == (
            theirs.pre,
            theirs.post,
            theirs.connect,
            theirs.synapse,
        )
        assert same_value(mine.weight, theirs.weight) and same_value(mine.delay, theirs.delay)
    for mine, theirs in zip(left.inputs, right.inputs, strict=True):
        assert type(mine) is type(theirs)
        fields = ("population", "rate", "weight", "n", "synapse", "amplitude", "dt", "target")
        assert all(same_value(getattr(mine, key, None), getattr(theirs, key, None)) for key in fields)
    assert network_text(left) == network_text(right)


def test_every_part_of_a_network(tmp_path):
    first, second = neuron(v=Normal(3.3 * mV, 1 / 3 * mV)), neuron(tau_m=10 * ms, j=0.1 * uA / cm**2)
    exponential = Synapse.exponential(0.5 * ms)
    network = Network(
        [
            Population(first, 10, "E", w=np.arange(10) / 3),
            Population(second, 10, "I it's", E_L=Uniform(-1 * mV, 1 * mV)),
            Population(first, 3, 'a "third"', tau_m=7 * ms),
        ],
        [
            Projection("E", "I it's", FixedIndegree(3, multapses=False), 0.1 * mV, 1.5 * ms),
            Projection("E", "E", FixedTotalNumber(30), 0.3 * pA, 1.5 * ms, exponential),
            Projection("I it's", "E", Explicit([0, 1], [2, 3]), [1 / 3, 0.2] * mV, [1.0, 2.0] * ms),
            Projection(
                "E", "E", Bernoulli(0.1, autapses=False), Normal(87.8 * pA, 8.78 * pA, low=0 * pA), 1 * ms, exponential
            ),
            Projection("E", "E", AllToAll(), 0.1 * pA, Lognormal(1.5 * ms, 0.75 * ms), Synapse.alpha(1.1 * ms)),
            Projection("E", "I it's", OneToOne(), 0.1 * nS, 0.7 * ms, Synapse.conductance(5 * ms, -70.1 * mV)),
            Projection("E", "E", AllToAll(), 0.1, 0.7 * ms, Synapse.delta("w")),
        ],
        [
            PoissonInput("E", 8 / 3 * Hz, 0.1 * mV, n=1000),
            PoissonInput("E", np.linspace(0, 1, 10) * kHz, 0.1 * mV),
            CurrentInput("E", np.linspace(0, 1, 40).reshape(4, 10) * pA, dt=0.1 * ms),
            CurrentInput("I it's", 1 / 7 * pA),
        ],
        name="all at once",
        source="here\nand there",
    )
    assert_same(network, again(network, tmp_path))


@settings(max_examples=60, deadline=None)
@given(FINITE, POSITIVE, POSITIVE, FINITE, st.text(max_size=12))
def test_every_float_to_the_last_bit(tmp_path_factory, weight, delay, rate, start, source):
    cell = neuron(v=start * mV, tau_m=delay * ms, j=weight * uA / cm**2)
    network = Network(
        [Population(cell, 2, "E")],
        [Projection("E", "E", AllToAll(), weight * mV, delay * ms)],
        [PoissonInput("E", rate * Hz, weight * mV)],
        source=source.replace("\r", ""),
    )
    assert_same(network, again(network, tmp_path_factory.mktemp("network")))


def full_disk(*_):
    raise OSError("no space left")


def test_a_file_is_replaced_whole(tmp_path, monkeypatch):
    network = Network([Population(neuron(), 1, "E")])
    path = tmp_path / "network.toml"
    path.write_text("the old file")
    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="no space left"):
        network.to_toml(path)
    assert path.read_text() == "the old file"
    assert [item.name for item in tmp_path.iterdir()] == ["network.toml"]


def test_a_default_follows_a_population_before_and_after(tmp_path):
    """``v`` starts at E_L by default; a value that was given stays, even where it equals the default."""
    text = "dv/dt = (E_L - v)/tau : mV = E_L \n E_L : mV = -65*mV \n tau : ms = 10*ms"
    following, fixed = Neuron(text, name="following"), Neuron(text, name="fixed", v=-65 * mV)
    network = Network([Population(following, 1, "A", E_L=-70 * mV), Population(fixed, 1, "B", E_L=-70 * mV)])
    for found in (network, again(network, tmp_path)):
        assert (found["A"].value("v"), found["B"].value("v")) == (-70.0, -65.0)


def test_a_neuron_without_a_name_stays_without_one(tmp_path):
    nameless = Neuron("dv/dt = -v/tau : mV", tau=10 * ms)
    network = Network([Population(nameless, 1, "A"), Population(nameless.with_(tau=5 * ms), 1, "B")])
    once = again(network, tmp_path)
    assert_same(network, once)
    assert [population.neuron.name for population in once.populations] == ["", ""]
    assert network_text(again(once, tmp_path)) == network_text(network)
