"""A network's stationary state: the one that is given, if it can be that, or computed."""

from __future__ import annotations

from typing import Any

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.states.steady_state import SteadyState, steady_state


def given_state(network: Network, state: Any) -> SteadyState:
    """``state`` if it is a stationary state of this network; None computes it.

    Raises
    ------
    ModelError
        If it is something else, or the state of a network with other populations.
    """
    if state is None or not isinstance(network, Network):
        return steady_state(network)
    if not isinstance(state, SteadyState):
        raise ModelError(
            f"state has to be what population.steady_state(network) returns, or None, not {type(state).__name__}"
        )
    own, others = {p.name for p in network.populations}, {*state.populations, *state.sources}
    if own != others:
        name = sorted(own ^ others)[0]
        which = "the network" if name in others else "the state"
        raise ModelError(f"the state is not one of this network: {which} has no population {name!r}")
    return state
