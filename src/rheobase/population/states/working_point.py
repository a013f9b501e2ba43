"""The stationary rates alone, in milliseconds: for scans, fits and starts of longer work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.input.statistics import InputMap, input_map
from rheobase.population.states.fixed_points import settle
from rheobase.population.states.state_search import all_states

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WorkingPoint:
    """Self-consistent rates (Hz), and mean and noise strength (mV) of what the populations receive.

    ``shift`` is that of the scaled bounds for coloured noise. Whether the state is stable, and whether it is the only
    one, is what `steady_states` finds out.
    """

    populations: tuple[str, ...]
    rates: Array
    mu: Array
    sigma: Array
    shift: Array


def working_point(network: Network) -> WorkingPoint:
    """The self-consistent state that a silent network goes to, nothing else; if it goes to none, that of lowest rates.

    Solves ``rate = Phi(mu(rate), sigma(rate))`` by pseudo-transient continuation from silence (Kelley & Keyes 1998,
    SIAM J Numer Anal 35:508). A network is read once; networks are values, so that this is safe.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    ModelError
        If the rates do not settle; `steady_states` searches from many starts.
    """
    maps = maps_of(network)
    rates = settle(maps, np.zeros(len(maps.names)))
    if rates is None:
        rates = min(all_states(maps), key=np.mean, default=None)
    if rates is None:
        raise ModelError(f"the rates of network {network.name!r} do not settle, from silence or from anywhere else")
    drive = maps.drive(rates)
    return WorkingPoint(maps.names, rates * 1e3, drive.mu, drive.sigma, drive.shift)


class _Same:
    """A network as a key by what it is, not by what it says: comparing texts would take longer than the work."""

    def __init__(self, network: Network):
        self.network = network

    def __hash__(self) -> int:
        return id(self.network)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.network is other.network


def maps_of(network: Network) -> InputMap:
    """`input_map`, read once for each network object."""
    return _maps_of(_Same(network))


@lru_cache(maxsize=16)
def _maps_of(key: _Same) -> InputMap:
    return input_map(key.network)
