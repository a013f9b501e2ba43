"""Brunel (2000), model A, in Rheobase."""

from __future__ import annotations

from dataclasses import replace

from common import Brunel, arguments
from rheobase_run import measure

from rheobase import Network, Normal, Uniform, library, ms, mV


def randomised(network: Network, numbers: Brunel) -> Network:
    """The network with a weight and a delay of its own for each synapse."""
    delay = Uniform(numbers.delay_low * ms, numbers.delay_high * ms)
    projections = []
    for projection in network.projections:
        mean = projection.weight * mV
        weight = Normal(mean, numbers.weight_spread * abs(projection.weight) * mV)
        projections.append(replace(projection, weight=weight, delay=delay, is_checked=False))
    return network.with_(projections=projections)


def main() -> None:
    options = arguments(__doc__ or "")
    network = library.brunel2000(g=options.g, eta=options.eta)
    measure(randomised(network, Brunel()) if options.random_weights else network, options)


if __name__ == "__main__":
    main()
