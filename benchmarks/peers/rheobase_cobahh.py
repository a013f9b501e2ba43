"""COBAHH (benchmark 3 of Brette et al. 2007) in Rheobase."""

from __future__ import annotations

from cobahh import CELL, CONSTANTS, N_E, START_MOMENTS, N, P
from common import arguments
from rheobase_run import measure

from rheobase import Bernoulli, Network, Neuron, Normal, Population, Projection, Synapse, ms, nS, units


def build() -> Network:
    """The network; conductances are states of the cell, raised by delta synapses."""
    constants = {name: value * units.UNITS[unit] for name, (value, unit) in CONSTANTS.items()}
    cell = Neuron(
        CELL, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", name="cobahh", **constants
    )
    start = {
        name: Normal(mean * units.UNITS[unit], deviation * units.UNITS[unit])
        for name, (mean, deviation, unit) in START_MOMENTS.items()
    }
    populations = [Population(cell, N_E, "E", **start), Population(cell, N - N_E, "I", **start)]
    projections = [
        Projection(pre, post, Bernoulli(P), weight * nS, 0.1 * ms, Synapse.delta(target))
        for pre, weight, target in (("E", 6, "ge"), ("I", 67, "gi"))
        for post in ("E", "I")
    ]
    return Network(populations, projections, name="cobahh")


def main() -> None:
    options = arguments(__doc__ or "")
    measure(build(), options)


if __name__ == "__main__":
    main()
