"""`steady_states`: every stationary, asynchronous state of a network, with its stability and its leading modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.input.given import require_count
from rheobase.population.input.statistics import InputMap
from rheobase.population.neuron.any_neuron import cvs
from rheobase.population.rhythm.mode_structure import NetworkMode
from rheobase.population.rhythm.stability import CITED, stability_of
from rheobase.population.states.state_search import all_states
from rheobase.population.states.working_point import maps_of

Array = NDArray[np.float64]

_METHODS = (
    "Amit DJ, Brunel N (1997), Cereb Cortex 7:237; Brunel N (2000), J Comput Neurosci 8:183 (self-consistent rates)",
    "Kelley CT, Keyes DE (1998), SIAM J Numer Anal 35:508 (pseudo-transient continuation)",
    "Keller HB (1977), in Applications of Bifurcation Theory, Academic Press (curves of states by arclength)",
)


@dataclass(frozen=True)
class State:
    """One self-consistent state.

    Attributes
    ----------
    rates : ndarray
        Hz, one per population.
    mu, sigma, cv : ndarray
        Mean and noise strength of the input (mV), coefficient of variation in white noise, as in `SteadyState`.
    modes : tuple of NetworkMode
        The fastest growing first.
    unstable : int
        How many modes grow; -1 if they could not be counted.
    status : str
        A sentence.
    """

    rates: Array
    mu: Array
    sigma: Array
    cv: Array
    modes: tuple[NetworkMode, ...]
    unstable: int
    status: str

    @property
    def stable(self) -> bool:
        return self.unstable == 0

    @property
    def mode(self) -> NetworkMode | None:
        """The leading mode."""
        return self.modes[0] if self.modes else None


@dataclass(frozen=True)
class SteadyStates:
    """All states found, that reached from silence first, the others by their mean rate; a sequence of `State`.

    Attributes
    ----------
    populations : tuple of str
    states : tuple of State
    status : str
        A sentence.
    """

    populations: tuple[str, ...]
    states: tuple[State, ...]
    status: str
    maps: InputMap = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.states)

    def __iter__(self) -> Iterator[State]:
        return iter(self.states)

    def __getitem__(self, index: int) -> State:
        return self.states[index]

    @property
    def stable(self) -> tuple[State, ...]:
        """Those at which all modes decay."""
        return tuple(state for state in self.states if state.stable)

    def summary(self) -> str:
        """The rates of every state, and what its leading mode does, in lines."""
        lines = []
        for number, state in enumerate(self.states, 1):
            rates = ", ".join(f"{name} {rate:.4g}" for name, rate in zip(self.populations, state.rates, strict=True))
            lines.append(f"{number}. {rates} Hz. {state.status}")
        return "\n".join([*lines, self.status])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON."""
        return {
            "steady_states": [
                {
                    "rates_hz": dict(zip(self.populations, state.rates.tolist(), strict=True)),
                    "stable": state.stable,
                    "modes": [
                        {"growth_per_s": mode.growth_per_s, "frequency_hz": mode.frequency_hz} for mode in state.modes
                    ],
                    "status": state.status,
                }
                for state in self.states
            ],
            "status": self.status,
        }

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join((*_METHODS, *CITED))

    def plot(self) -> Any:
        """The rates of all states side by side, and their modes."""
        from rheobase.plot.steady import steady_states

        return steady_states(self)


def steady_states(network: Network, *, count: int = 2) -> SteadyStates:
    """Every self-consistent state of a network, whether it is stable, and its leading modes.

    Searched from many starts, and along the curves of states that pass through those found while the strength of
    recurrence changes, and where the flow divides between two of them (`rheobase.population.states.state_search`), so
    that no state hangs on one start. A state that hangs together with none of those found at a recurrence up to four
    times as strong, and lies between no two of them, may be missed.

    Parameters
    ----------
    network
        One that the theory covers.
    count
        How many modes of each state are wanted at least.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    ModelError
        If no self-consistent rates were found, or ``count`` is not positive.
    """
    require_count(count)
    maps = maps_of(network)
    found = all_states(maps)
    if not found:
        raise ModelError(
            "no self-consistent rates were found: the recurrent excitation may outgrow every rate; "
            "give the neurons a refractory time, or weaken the excitatory weights"
        )
    states = tuple(_state(maps, rates, count) for rates in found)
    return SteadyStates(maps.names, states, _status(states), maps)


def _state(maps: InputMap, rates: Array, count: int) -> State:
    drive, around = maps.drive(rates), stability_of(maps, rates, count)
    cv = cvs(drive.membranes, drive.mu, drive.sigma)
    return State(rates * 1e3, drive.mu, drive.sigma, cv, around.modes, around.unstable, around.status)


def _status(states: tuple[State, ...]) -> str:
    stable = sum(state.stable for state in states)
    if len(states) == 1:
        return "One self-consistent state, and it is stable." if stable else "One self-consistent state, not stable."
    kinds = {0: "none of them stable", 1: "one of them stable"}
    ending = ": the network remembers which of them it was put into" if stable > 1 else ""
    return f"{len(states)} self-consistent states, {kinds.get(stable, f'{stable} of them stable')}{ending}."
