"""Populations, projections and inputs: what they hold, what they refuse, and the distributions behind drawn values."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from scipy import stats

from rheobase import library
from rheobase.errors import ModelError
from rheobase.model.connect import (
    AllToAll,
    Bernoulli,
    Explicit,
    FixedIndegree,
    FixedTotalNumber,
    OneToOne,
    expected_synapses,
)
from rheobase.model.distribution import Lognormal, Normal, Uniform, distribution_internal, moments
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.synapse import Synapse
from rheobase.units import Hz, UnitError, kHz, ms, mV, nS, pA, second, volt

LIF = library.lif()
EXC, INH = Population(LIF, 80, "E"), Population(LIF, 20, "I")


def network(*parts, populations=(EXC, INH)) -> Network:
    projections = [part for part in parts if isinstance(part, Projection)]
    return Network(populations, projections, [part for part in parts if not isinstance(part, Projection)])


def projection(pre="E", post="I", connect=None, weight=1 * mV, delay=1 * ms, **options) -> Projection:
    return Projection(pre, post, FixedIndegree(3) if connect is None else connect, weight, delay, **options)


def message_of(make) -> str:
    with pytest.raises(ModelError) as error:
        make()
    return str(error.value)


def test_a_network_knows_its_parts():
    net = network(
        projection(), projection("I", EXC), PoissonInput("E", 5 * Hz, 1 * mV, n=10), CurrentInput(INH, 3 * pA)
    )
    assert net.size == 100
    assert net.synapses == 3 * 20 + 3 * 80
    assert net["I"].n == 20
    assert [(p.pre, p.post) for p in net.projections_into("E")] == [("I", "E")]
    assert [type(x).__name__ for x in net.inputs_of("I")] == ["CurrentInput"]
    summary = net.summary()
    assert "100 neurons, about 300 synapses" in summary
    assert "E: 80 neurons" in summary
    assert "E -> I: FixedIndegree(k = 3), 1 mV, after 1 ms, delta on v" in summary


def test_numbers_are_in_internal_units():
    """mV, ms, pA, kHz, whatever they were given in."""
    net = network(
        projection(weight=0.0005 * volt, delay=0.002 * second),
        projection(weight=Normal(0.001 * volt, 100e-6 * volt), delay=Uniform(0.001 * second, 2 * ms)),
        PoissonInput("E", 5 * Hz, 0.1 * mV, n=10),
    )
    first, second_ = net.projections
    assert (first.weight, first.delay) == (pytest.approx(0.5), pytest.approx(2.0))
    assert (second_.weight.mean, second_.weight.sd) == (pytest.approx(1.0), pytest.approx(0.1))
    assert (second_.delay.low, second_.delay.high) == (pytest.approx(1.0), 2.0)
    assert net.inputs[0].rate == pytest.approx(0.005)
    assert PoissonInput("E", 3 * kHz, 1 * mV).n == 1


def test_a_network_can_be_changed_and_pickled():
    """Numbers that are plain already are taken as they are: nothing is converted twice."""
    net = network(
        projection(weight=0.0005 * volt),
        PoissonInput("E", 5 * Hz, 0.1 * mV),
        CurrentInput("E", np.arange(4) * pA, dt=1 * ms),
    )
    again = net.with_(name="again")
    assert again.name == "again"
    assert again.projections[0].weight == net.projections[0].weight == pytest.approx(0.5)
    assert again.inputs[0].rate == net.inputs[0].rate
    assert again.with_(populations=(EXC, Population(LIF, 7, "I"))).synapses == 21
    copy = pickle.loads(pickle.dumps(net))
    assert copy.projections[0].weight == pytest.approx(0.5)
    assert np.array_equal(copy.inputs[1].amplitude, np.arange(4.0))
    assert (
        message_of(lambda: net.with_(projektions=()))
        == "a network has no field 'projektions'; did you mean 'projections'?"
    )


def test_networks_are_frozen_and_keep_their_own_numbers():
    current, weights = np.arange(80.0), np.ones(5)
    net = network(
        CurrentInput("E", current * pA), projection(connect=Explicit(range(5), range(5)), weight=weights * mV),
    )  # fmt: skip
    current[:], weights[:] = -1, -1
    assert net.inputs[0].amplitude[3] == 3
    assert net.projections[0].weight[3] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        net.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        net.projections[0].weight[0] = 5


def test_population_values():
    population = Population(LIF, 3, "A", v=[-60, -61, -62] * mV, tau_m=12 * ms, I=Normal(100 * pA, 10 * pA))
    assert population.value("v").tolist() == [-60, -61, -62]
    assert population.value("tau_m") == 12
    assert population.value("C_m") == 250
    assert population.value("I") == Normal(100.0, 10.0)


def test_a_population_of_squid_axons_can_start_anywhere():
    """The model's own `n` and the population's size are two things."""
    population = Population(library.hodgkin_huxley(), 10, "A", n=Uniform(0, 1))
    assert population.n == 10
    assert population.value("n") == Uniform(0.0, 1.0)


POPULATIONS = [
    (lambda: Population("lif", 3, "A"), "population 'A': the first argument must be a Neuron, not str"),
    (lambda: Population(LIF, 0, "A"), "population 'A': n = 0 must be a whole number, at least 1"),
    (lambda: Population(LIF, 2.5, "A"), "population 'A': n = 2.5 must be a whole number, at least 1"),
    (lambda: Population(LIF, "many", "A"), "population 'A': n = 'many' must be a whole number, at least 1"),
    (lambda: Population(LIF, 3, ""), "a population needs a name, such as 'E'"),
    (
        lambda: Population(LIF, 3, "A", tau=1 * ms),
        "population 'A': tau is neither a parameter nor a state of its neuron; did you mean",
    ),
    (lambda: Population(LIF, 3, "A", tau_m=1 * mV), "population 'A': tau_m has to be a time (ms)"),
    (
        lambda: Population(LIF, 3, "A", v=[1, 2] * mV),
        "population 'A': v has shape (2,); give one value, or an array of 3",
    ),
    (lambda: Population(LIF, 3, "A", v=np.nan * mV), "population 'A': v holds a value that is not finite"),
    (lambda: Network([]), "a network needs at least one population"),
    (lambda: Network([LIF]), "is no Population; wrap a neuron as Population(neuron, n, 'name')"),
    (lambda: Network([EXC, EXC]), "'E'"),
]


@pytest.mark.parametrize(("make", "message"), POPULATIONS)
def test_populations_that_are_refused(make, message: str):
    assert message in message_of(make)


PARTS = [
    (projection("X"), "network 'network' has no population 'X'; there are: E, I"),
    (projection(weight=1 * pA), "projection E -> I: the weight has to be a voltage (mV), but a current (pA) was given"),
    (
        projection(weight=1.5),
        "projection E -> I: the weight has to be a voltage (mV), but the plain number 1.5 was given",
    ),
    (projection(name="feed", weight=1 * pA), "projection feed: the weight has to be a voltage"),
    (projection(delay=0 * ms), "projection E -> I: the delay must be positive (at least one time step)"),
    (projection(delay=1 * mV), "projection E -> I: the delay has to be a time (ms)"),
    (projection(weight=np.inf * mV), "projection E -> I: the weight holds a value that is not finite"),
    (
        projection(weight=[1, 2] * mV),
        "projection E -> I: the weight: an array needs connect=Explicit(pre, post), which says",
    ),
    (
        projection(connect=Explicit([1, 2], [3, 4]), weight=[1, 2, 3] * mV),
        "the weight has shape (3,); give one value, or an array of 2",
    ),
    (projection(connect=Explicit([80], [0])), "projection E -> I: pre has indices outside 0 ... 79"),
    (projection(connect=Explicit([0], [-1])), "projection E -> I: post has indices outside 0 ... 19"),
    (projection(connect=FixedIndegree(-1)), "projection E -> I: k = -1 must be a whole number, zero or more"),
    (projection(connect=FixedIndegree(1.5)), "projection E -> I: k = 1.5 must be a whole number, zero or more"),
    (
        projection(connect=FixedIndegree(81, multapses=False)),
        "81 different sources a target are wanted, but there are 80",
    ),
    (
        projection("E", "E", FixedIndegree(80, autapses=False, multapses=False)),
        "80 different sources a target are wanted, but there are 79",
    ),
    (projection(connect=FixedTotalNumber(-1)), "n = -1 must be a whole number, zero or more"),
    (projection(connect=Bernoulli(1.2)), "the connection probability is 1.2; it must lie between 0 and 1"),
    (projection(connect=Bernoulli(math.nan)), "the connection probability is nan; it must lie between 0 and 1"),
    (projection(connect=OneToOne()), "OneToOne needs populations of one size; these have 80 and 20 neurons"),
    (
        projection(connect="all"),
        "connect='all' is no connectivity rule; use FixedIndegree, FixedTotalNumber, Bernoulli",
    ),
    (
        projection(synapse=Synapse.delta("u")),
        "the delta synapse acts on 'u', but the neuron of 'I' has no state of that name; there are: v",
    ),
    (
        projection(synapse=Synapse.exponential(5 * ms, "v"), weight=1 * pA),
        "the exponential synapse acts on 'v', but the neuron of 'I' has no input parameter",
    ),
    (projection(synapse=Synapse.alpha(5 * ms)), "projection E -> I: the weight has to be a current (pA)"),
    (
        projection(synapse=Synapse.conductance(5 * ms, 0 * mV), weight=1 * pA),
        "projection E -> I: the weight has to be a conductance (nS)",
    ),
    (projection(weight=Normal(1 * pA, 1 * pA)), "mean of projection E -> I: the weight has to be a voltage"),
    (projection(weight=Normal(1 * mV, -1 * mV)), "the standard deviation must not be negative"),
    (projection(weight=Normal(1 * mV, 1 * mV, low=2 * mV, high=1 * mV)), "low must lie below high"),
    (
        projection(weight=Normal(1 * mV, 1 * mV, low=9 * mV)),
        "less than 0.1 % of this normal distribution lies between low and high",
    ),
    (projection(weight=Lognormal(0 * mV, 1 * mV)), "a lognormal value cannot have mean 0; use a constant"),
    (projection(weight=Uniform(2 * mV, 1 * mV)), "low must not lie above high"),
    (PoissonInput("E", 5 * mV, 1 * mV), "PoissonInput of E: the rate has to be a"),
    (
        PoissonInput("E", [1, 2] * Hz, 1 * mV),
        "PoissonInput of E: the rate has shape (2,); give one value, or an array of 80",
    ),
    (PoissonInput("E", 5 * Hz, 1 * mV, n=-1), "PoissonInput of E: n = -1 must be a whole number, zero or more"),
    (PoissonInput("E", 5 * Hz, Normal(1 * mV, 1 * mV)), "PoissonInput of E: the weight must be a constant"),
    (CurrentInput("E", 5 * mV), "CurrentInput of E: the amplitude has to be a current (pA)"),
    (CurrentInput("E", 5 * pA, target="J"), "CurrentInput of E: the neuron has no input parameter 'J'"),
    (
        CurrentInput("E", [1, 2] * pA),
        "CurrentInput of E: the amplitude has shape (2,); give one value, or an array of 80",
    ),
    (CurrentInput("E", [1, 2] * pA, dt=0 * ms), "CurrentInput of E: dt must be a positive time"),
    (
        CurrentInput("E", np.ones((5, 3)) * pA, dt=1 * ms),
        "a time course has shape (steps,) or (steps, 80) and finite values",
    ),
    (CurrentInput("E", [np.nan] * pA, dt=1 * ms), "a time course has shape (steps,) or (steps, 80) and finite values"),
]


@pytest.mark.parametrize(("part", "message"), PARTS)
def test_parts_that_are_refused(part, message: str):
    assert message in message_of(lambda: network(part))


def test_without_autapses_one_neuron_has_no_source():
    alone = (Population(LIF, 1, "E"),)
    for rule in (FixedIndegree(1, autapses=False), FixedTotalNumber(5, autapses=False)):
        assert message_of(lambda rule=rule: network(projection("E", "E", rule), populations=alone)).startswith(
            "projection E -> E: "
        )
    assert network(projection("E", "E", FixedTotalNumber(0, autapses=False)), populations=alone).synapses == 0


@pytest.mark.parametrize(("pre", "post"), [([1], [1, 2]), ([0.5], [1]), ([[1]], [[1]]), (["a"], [1])])
def test_explicit_lists_that_are_refused(pre, post):
    assert message_of(lambda: Explicit(pre, post)).startswith("Explicit: ")


def test_rules_are_values():
    assert Explicit([1, 2], [3, 4]) == Explicit(np.array([1, 2]), (3, 4))
    assert Explicit([1, 2], [3, 4]) != Explicit([1, 2], [4, 3])
    assert FixedIndegree(3) == FixedIndegree(3) != FixedIndegree(3, autapses=False)
    assert Explicit([], []).pre.size == 0


def test_expected_synapses():
    for rule, between, within in (
        (FixedIndegree(7), 7 * 20, 7 * 80),
        (FixedTotalNumber(11), 11, 11),
        (Bernoulli(0.25, autapses=False), 0.25 * 1600, 0.25 * 80 * 79),
        (AllToAll(), 1600, 6400),
        (AllToAll(autapses=False), 1600, 80 * 79),
        (Explicit([0, 0, 0], [1, 1, 2]), 3, 3),
    ):
        assert expected_synapses(rule, 80, 20, False) == pytest.approx(between)
        assert expected_synapses(rule, 80, 80, True) == pytest.approx(within)
    assert expected_synapses(OneToOne(), 80, 80, True) == 80


@pytest.mark.parametrize(
    ("distribution", "exact"),
    [
        (Normal(2 * mV, 0.5 * mV), stats.norm(2, 0.5)),
        (Normal(1 * mV, 2 * mV, low=0 * mV), stats.truncnorm(-0.5, np.inf, 1, 2)),
        (Normal(1 * mV, 2 * mV, high=0 * mV), stats.truncnorm(-np.inf, -0.5, 1, 2)),
        (Normal(-3 * mV, 1 * mV, low=-4 * mV, high=-1 * mV), stats.truncnorm(-1, 2, -3, 1)),
        (Normal(0 * mV, 1 * mV, low=3 * mV), stats.truncnorm(3, np.inf)),
        (Uniform(-1 * mV, 3 * mV), stats.uniform(-1, 4)),
        (Lognormal(2 * mV, 1 * mV), stats.lognorm(np.sqrt(np.log1p(0.25)), scale=2 / np.sqrt(1.25))),
    ],
)
def test_moments_are_those_of_scipy(distribution, exact):
    mean, sd = moments(distribution_internal(distribution, mV.dimension, "weight"))
    assert (mean, sd) == (pytest.approx(exact.mean(), rel=1e-9), pytest.approx(exact.std(), rel=1e-9))


def test_units_of_distributions():
    plain = distribution_internal(Normal(0.001 * volt, 0.5 * mV, low=0 * mV), mV.dimension, "weight")
    assert plain == Normal(pytest.approx(1.0), 0.5, 0.0, None)
    with pytest.raises(UnitError, match="sd of weight has to be a voltage"):
        distribution_internal(Normal(1 * mV, 1 * ms), mV.dimension, "weight")


def test_weights_of_every_synapse():
    """The unit of what the synapse acts on; a conductance is a current over a voltage."""
    given = [
        projection(synapse=Synapse.delta(), weight=2 * mV),
        projection(synapse=Synapse.exponential(5 * ms), weight=2 * pA),
        projection(synapse=Synapse.alpha(5 * ms), weight=2 * pA),
        projection(synapse=Synapse.conductance(5 * ms, -80 * mV), weight=2 * nS),
    ]
    assert [p.weight for p in network(*given).projections] == [2.0] * 4
    assert network(given[3]).projections[0].synapse.reversal == -80
