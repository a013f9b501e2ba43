"""Cortical microcircuit under 1 mm**2 of early sensory cortex: four layers, eight populations."""

from __future__ import annotations

import math
from typing import Any

from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import quantities
from rheobase.library.network_checks import in_degree, simulated_rate, size, synapses, theory_rate
from rheobase.library.neurons.lif import lif
from rheobase.model.connect import FixedTotalNumber
from rheobase.model.distribution import Normal
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.model.synapse import Synapse
from rheobase.units import Hz, ms, mV, pA

SOURCE = "Potjans & Diesmann (2014), Cereb. Cortex 24:785, doi:10.1093/cercor/bhs358"
_BOS = "Bos, Diesmann & Helias (2016), PLoS Comput. Biol. 12:e1005132, doi:10.1371/journal.pcbi.1005132"

POPULATIONS = ("23E", "23I", "4E", "4I", "5E", "5I", "6E", "6I")
SIZES = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
#: External synapses of a neuron.
EXTERNAL = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)
#: Probability that a neuron of the column's population connects to one of the row's.
PROBABILITIES = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443),
)
WEIGHT = 87.8  # pA; a potential of 0.15 mV
RELATIVE_INHIBITION = -4.0
BACKGROUND = 8.0  # Hz, rate of an external source
DELAYS = {"E": 1.5, "I": 0.75}  # ms
SHORTEST_DELAY = 0.1  # ms; the step of the published simulations
TAU_SYN = 0.5  # ms

#: Differences from the paper: external in-degrees, and in-degrees (target, source).
PRESETS: dict[str, dict[str, Any]] = {
    "published": {"external": {}, "in_degrees": {}},
    "bos2016": {"external": {"4E": 1780}, "in_degrees": {("4E", "4I"): 675}},
}


def potjans_diesmann2014(scale: Any = 1.0, *, preset: str = "published", weight_sd: Any = 0.1) -> Network:
    """The microcircuit: 77,169 leaky integrate-and-fire neurons and 0.3 billion current synapses at full scale.

    Two populations of N and M neurons are joined by ``ln(1 - C)/ln(1 - 1/(N M))`` synapses, both ends of each drawn
    uniformly. Weights are normal, 87.8 pA +- 10 % (twice that from 4E to 23E, -4 times that from inhibitory neurons)
    and keep their sign; delays are normal, 1.5 ms and 0.75 ms +- 50 %, and at least 0.1 ms. Each neuron has Poisson
    input of 8 Hz a source. Potentials start at -58 +- 10 mV.

    Parameters
    ----------
    scale
        Fraction of the neurons. In-degrees stay as they are, so that mean and variance of the input do too; neurons
        then share more of it and correlations grow: at 0.1 the rate of 23E is about twice that of the full column.
    preset
        ``published``, or ``bos2016`` with the two changes of Bos et al. (2016) that the stationary theory is usually
        computed with.
    weight_sd
        Standard deviation of a weight, relative to its mean.
    """
    given = quantities({"scale": scale, "weight_sd": weight_sd})
    share, spread = float(given["scale"]), float(given["weight_sd"])
    if not 0 < share <= 1:
        raise ModelError(f"scale = {share:g} must lie above 0 and at most at 1")
    changes = choose(PRESETS, preset, "potjans_diesmann2014")
    external, changed = changes["external"], changes["in_degrees"]
    sizes = [max(1, round(share * n)) for n in SIZES]
    neuron = lif()
    populations = [
        Population(neuron, n, name, v=Normal(-58 * mV, 10 * mV)) for name, n in zip(POPULATIONS, sizes, strict=True)
    ]
    synapse = Synapse.exponential(TAU_SYN * ms)
    projections = [
        _projection(source, target, round(indegree * sizes[row]), spread, synapse)
        for row, target in enumerate(POPULATIONS)
        for column, source in enumerate(POPULATIONS)
        if (indegree := changed.get((target, source), synapse_number(row, column) / SIZES[row])) > 0
    ]
    inputs = [
        PoissonInput(name, BACKGROUND * Hz, WEIGHT * pA, n=external.get(name, k), synapse=synapse)
        for name, k in zip(POPULATIONS, EXTERNAL, strict=True)
    ]
    source = SOURCE if preset == "published" else f"{SOURCE}; {_BOS}"
    return Network(populations, projections, inputs, name="potjans_diesmann2014", source=source)


def synapse_number(row: int, column: int) -> int:
    """Synapses between two populations at full scale (equation 1 of the paper)."""
    pairs = SIZES[row] * SIZES[column]
    return round(math.log1p(-PROBABILITIES[row][column]) / math.log1p(-1 / pairs))


def _projection(source: str, target: str, number: int, spread: float, synapse: Synapse) -> Projection:
    kind = source[-1]
    mean = WEIGHT * (1.0 if kind == "E" else RELATIVE_INHIBITION) * (2.0 if (source, target) == ("4E", "23E") else 1.0)
    sign = {"low": 0 * pA} if kind == "E" else {"high": 0 * pA}
    weight = Normal(mean * pA, abs(mean) * spread * pA, **sign) if spread else mean * pA
    delay = Normal(DELAYS[kind] * ms, 0.5 * DELAYS[kind] * ms, low=SHORTEST_DELAY * ms)
    return Projection(source, target, FixedTotalNumber(number), weight, delay, synapse)


#: Mean rates (Hz) of a full-scale simulation in NEST; published runs differ from each other by up to 10 %.
SIMULATED = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)
_STATIONARY = (0.72219199, 2.68821422, 4.1893135, 5.67129662, 6.55753002, 8.28560849, 1.12850794, 7.67473951)
_BOS_MODEL = {"preset": "bos2016", "weight_sd": 0}
FACTS = (
    Fact("neurons", 77169, "", SOURCE, size, 0),
    # NEST's program takes log(1 - 1/(N M)) as it stands and loses some synapses to round-off
    Fact("synapses", 298_880_968, "", "NEST's implementation", synapses, 5),
    Fact("in-degree from 4I to 4E, rounded", 795, "", _BOS, in_degree("4I", "4E"), 0.5),
    *(
        Fact(f"stationary theoretical rate of {name}", rate, "Hz", "Siegert rates with shifted bounds, independent",
             theory_rate(name), 5e-6, _BOS_MODEL)
        for name, rate in zip(POPULATIONS, _STATIONARY, strict=True)
    ),
    *(
        Fact(f"simulated rate of {name}", rate, "Hz", "full-scale simulation in NEST", simulated_rate(name), 0.1 * rate,
             costly=True)
        for name, rate in zip(POPULATIONS, SIMULATED, strict=True)
    ),
)  # fmt: skip

ENTRY = Entry(
    "potjans_diesmann2014", "network", "cortical microcircuit of 77,169 neurons, eight populations", SOURCE,
    potjans_diesmann2014, FACTS, tuple(PRESETS),
)  # fmt: skip
