"""Which populations the theory covers: Poisson processes as sources, and what hears nothing of the rest."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.connect import Bernoulli, FixedIndegree
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import covered, input_statistics, missing, steady_state, validity
from rheobase.population.input.sources import poisson_rate
from rheobase.units import Hz, ms, mV, pA

LIF = Neuron(
    "dv/dt = (I - v)/tau_m : mV (unless refractory)\nI : mV = 0*mV",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    tau_m=20 * ms,
)


@pytest.mark.parametrize(
    ("text", "threshold", "rate"),
    [
        ("rate : Hz = 30*Hz", "rand() < rate*dt", 0.03),
        ("rate : Hz = 30*Hz", "dt*rate*2 >= rand()", 0.06),
        ("p : Hz = 10*Hz\nrate = 3*p : Hz", "rand() <= rate*dt", 0.03),
        ("rate : Hz = 30*Hz", "rand() < rate*dt + 0.1", None),
        ("rate : Hz = 30*Hz", "rand() < (rate*dt)**2", None),
        ("rate : Hz = 30*Hz", "rand() > rate*dt", None),
        ("dx/dt = rate : 1\nrate : Hz = 30*Hz", "rand() < rate*dt", None),
    ],
)
def test_a_poisson_process_is_recognised_from_its_threshold(text, threshold, rate):
    found = poisson_rate(Population(Neuron(text, threshold=threshold), 3, "P"))
    assert found is None if rate is None else found == pytest.approx(rate, rel=1e-14)


def test_a_rate_that_something_drives_is_not_given():
    network = Network(Population(library.poisson(), 3, "P"), inputs=[CurrentInput("P", 5 * Hz, target="rate")])
    assert len(missing(network)) == 1
    assert covered(network) is None


def test_poisson_neurons_are_the_same_as_a_poisson_input():
    synapse = Synapse.exponential(2 * ms)
    sources = Population(library.poisson(rate=12 * Hz), 20000, "P")
    neurons = Network(
        [sources, Population(LIF, 100, "E")], [Projection("P", "E", FixedIndegree(1000), 1.2 * mV, 1 * ms, synapse)]
    )
    inputs = Network(Population(LIF, 100, "E"), inputs=[PoissonInput("E", 12 * Hz, 1.2 * mV, n=1000, synapse=synapse)])
    assert missing(neurons) == []
    one, other = steady_state(neurons), steady_state(inputs)
    assert one.populations == ("E",) and one.sources == pytest.approx({"P": 12.0})
    assert one.rates == pytest.approx(other.rates, rel=1e-12)
    assert (one.sigma, one.shift) == (pytest.approx(other.sigma), pytest.approx(other.shift))
    assert [s.split(":")[0] for s in validity(neurons, one)] == [s.split(":")[0] for s in validity(inputs, other)]


def test_what_poisson_neurons_share_is_said():
    projection = Projection("P", "E", Bernoulli(0.5), 0.1 * mV, 1 * ms)
    network = Network([Population(library.poisson(), 2000, "P"), Population(LIF, 100, "E")], [projection])
    mu, sigma = input_statistics(network, [0.0])
    assert mu == pytest.approx([20 * 1000 * 0.1 * 0.01], rel=1e-12)
    sentences = validity(network, steady_state(network))
    assert any(s.startswith("Dense connections: the in-degree is 50 % (P to E)") for s in sentences)
    # Bernoulli: the in-degree has the variance 2000/4, and 20 ms * 0.01/ms * 0.1 mV a synapse
    spread = np.sqrt(500) * 0.02 / sigma[0]
    assert any(s.startswith("Unlike neurons") and f"{spread:.3g} (E)" in s for s in sentences)


def test_poisson_neurons_alone_have_no_theory():
    network = Network(Population(library.poisson(), 10, "P"))
    with pytest.raises(ModelError, match="all populations are Poisson processes"):
        steady_state(network)


def test_a_population_keeps_its_theory_if_it_hears_nothing_of_the_rest():
    """A -> adex -> B -> C, and A -> D: the theory holds for A and D, and they have the rates of A and D alone."""
    exponential = Synapse.exponential(5 * ms)
    populations = [Population(LIF, 100, name) for name in "ABCD"] + [Population(library.adex(), 100, "X")]
    projections = [
        Projection("A", "X", FixedIndegree(10), 5 * pA, 1 * ms, exponential),
        Projection("X", "B", FixedIndegree(10), 0.1 * mV, 1 * ms),
        Projection("B", "C", FixedIndegree(10), 0.1 * mV, 1 * ms),
        Projection("A", "D", FixedIndegree(10), 0.1 * mV, 1 * ms),
    ]
    inputs = [PoissonInput(name, 10 * Hz, 0.1 * mV, n=1000) for name in "ABCD"]
    network = Network(populations, projections, inputs)
    part = covered(network)
    assert [population.name for population in part.populations] == ["A", "D"]
    assert [(p.pre, p.post) for p in part.projections] == [("A", "D")]
    alone = Network(populations[0], [], inputs[:1])
    assert steady_state(part).rates[0] == pytest.approx(steady_state(alone).rates[0], rel=1e-12)
    assert covered(alone) is alone
