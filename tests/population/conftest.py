"""Networks that several tests look at, made from equations as a user would make them."""

import itertools

import numpy as np
import pytest

from rheobase.model.connect import FixedIndegree, FixedTotalNumber
from rheobase.model.distribution import Normal
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.units import Hz, ms, mV, pA, pF

COLUMN = ("23E", "23I", "4E", "4I", "5E", "5I", "6E", "6I")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948], float)
PROBABILITIES = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
    ]
)
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])


def brunel_network(g=5.0, eta=2.0, jump=0.1):
    """Brunel (2000), model A."""
    lif = Neuron(
        "dv/dt = -v/tau_m : mV (unless refractory)",
        threshold="v > 20*mV",
        reset="v = 10*mV",
        refractory=2 * ms,
        tau_m=20 * ms,
    )
    populations = [Population(lif, 10000, "E"), Population(lif, 2500, "I")]
    projections = []
    for post in ("E", "I"):
        projections.append(Projection("E", post, FixedIndegree(1000), jump * mV, 1.5 * ms))
        projections.append(Projection("I", post, FixedIndegree(250), -g * jump * mV, 1.5 * ms))
    rate = eta * 20.0 / (1000.0 * jump * 20.0) * 1e3
    inputs = [PoissonInput(name, rate * Hz, jump * mV, n=1000) for name in ("E", "I")]
    return Network(populations, projections, inputs, name="brunel2000")


def column_network(synapses, external):
    """The cortical column of Potjans & Diesmann (2014) with these numbers of synapses, target by source."""
    lif = Neuron(
        "dv/dt = (E_L - v)/tau_m + I/C : mV (unless refractory)\nI : pA = 0*pA",
        threshold="v > -50*mV",
        reset="v = E_L",
        refractory=2 * ms,
        tau_m=10 * ms,
        E_L=-65 * mV,
        C=250 * pF,
    )
    populations = [Population(lif, int(n), name) for n, name in zip(SIZES, COLUMN, strict=True)]
    synapse = Synapse.exponential(0.5 * ms)
    projections = []
    for i, j in itertools.product(range(8), range(8)):
        if synapses[i, j] == 0:
            continue
        weight, delay = (87.8, 1.5) if j % 2 == 0 else (-4 * 87.8, 0.75)
        doubled = 2.0 if (i, j) == (0, 2) else 1.0
        delays = Normal(delay * ms, 0.5 * delay * ms, 0 * ms)
        rule = FixedTotalNumber(int(synapses[i, j]))
        projections.append(Projection(COLUMN[j], COLUMN[i], rule, doubled * weight * pA, delays, synapse))
    inputs = [
        PoissonInput(name, 8 * Hz, 87.8 * pA, n=int(k), synapse=synapse)
        for name, k in zip(COLUMN, external, strict=True)
    ]
    return Network(populations, projections, inputs, name="column")


@pytest.fixture
def brunel():
    return brunel_network


@pytest.fixture
def column():
    return column_network


@pytest.fixture
def column_synapses():
    """From the published probabilities that a pair is connected at least once, drawn with replacement.

    ``log(1 - 1/pairs)`` as it stands, with its rounding error of 1e-8: that is how the published model counts.
    """
    pairs = np.outer(SIZES, SIZES)
    return np.round(np.log(1.0 - PROBABILITIES) / np.log(1.0 - 1.0 / pairs))


@pytest.fixture
def column_external():
    return EXTERNAL.copy()
