"""What is to be solved for densities in time, from what the caller says: the network, its input, nodes and a start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network, Population, nearest
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read
from rheobase.population.density.fokker_planck_grid import Nodes, nodes_of, width_of
from rheobase.population.density.fokker_planck_input import Outside, maps_and_outside
from rheobase.population.density.fokker_planck_start import (
    Start,
    at_time_zero,
    given,
    is_stationary,
    of_each,
    rates_from_theory,
    reach,
    stationary_start,
)
from rheobase.population.input.statistics import InputMap
from rheobase.units import internal, ms

Array = NDArray[np.float64]

_OPTIONS = ("mu", "sigma", "initial", "dt", "dv", "snapshots", "progress", "n", "seed")
_MOST_STEPS = 100_000_000
_SEEN = 2001  # places in time at which the range of the input is looked at
_QUIET = 0.1  # of the usual variance: a grid for silence is no finer than this asks for


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `fokker_planck` or `mesoscopic`; ``activity`` holds what was computed until then."""

    def __init__(self, activity: Any):
        self.activity = activity
        super().__init__(activity.status)


@dataclass(frozen=True, eq=False)
class Problem:
    """Densities of a network's populations in time.

    Attributes
    ----------
    network, maps, outside, nodes, start
        What there is, what the populations receive, where the density is known, and how it begins.
    dt, steps
        Time step (ms), and how many of them.
    kept
        Steps after which densities are kept.
    """

    network: Network
    maps: InputMap
    outside: Outside
    nodes: tuple[Nodes, ...]
    start: Start
    dt: float
    steps: int
    kept: NDArray[np.int64]


def problem(
    network: Network, duration: Any, mu: Any, sigma: Any, initial: Any, dt: Any, dv: Any, snapshots: Any
) -> Problem:
    """The problem that a call of `fokker_planck` poses; the parameters are described there."""
    length, step = _time(duration, "duration"), _time(dt, "dt")
    steps = _whole_steps(length, step)
    kept = _snapshots(snapshots, steps)
    maps, outside = maps_and_outside(network, mu, sigma, steps * step)
    _require_memory(maps, step)
    wanted = of_each(maps, initial)
    usual = _usual_rates(maps, outside, wanted)
    nodes = _nodes(network, maps, outside, usual, wanted, steps * step, _width(network, maps, dv))
    start = _start(network, maps, outside, nodes, usual, wanted)
    return Problem(network, maps, outside, nodes, start, step, steps, kept)


def network_of(model: Any, parameters: dict[str, Any], n: int = 1, who: str = "fokker_planck") -> Network:
    """A neuron or a population as a network."""
    if isinstance(model, Network):
        if parameters:
            raise ModelError(f"change parameters in the network's own populations; {_no_option(parameters)}")
        return model
    if isinstance(model, Population):
        if parameters:
            raise ModelError(f"change parameters in the population itself; {_no_option(parameters)}")
        return Network(model, name=model.name)
    if not isinstance(model, Neuron):
        raise ModelError(f"{who} takes a Neuron, a Population or a Network, not {type(model).__name__}")
    changed = model.with_(**parameters) if parameters else model
    return Network(Population(changed, n, "neuron"), name=model.name or "neuron")


def _no_option(given: dict[str, Any]) -> str:
    name = min(given)
    return f"there is no option {name!r}{nearest(name, _OPTIONS)}"


def _time(value: Any, name: str) -> float:
    found = internal(value, ms.dimension, name)
    if np.ndim(found) > 0:
        raise ModelError(f"{name} must be one time, not {np.size(found)} of them")
    number = float(found)
    if not (number > 0.0 and np.isfinite(number)):
        raise ModelError(f"{name} = {number:g} ms must be a positive time")
    return number


def _whole_steps(duration: float, dt: float) -> int:
    steps = round(duration / dt)
    if steps < 1:
        raise ModelError(f"a duration of {duration:g} ms is shorter than the time step of {dt:g} ms")
    if steps > _MOST_STEPS:
        raise ModelError(f"{duration:g} ms in steps of {dt:g} ms are {steps:.3g} steps; give a longer dt")
    return steps


def _require_memory(maps: InputMap, dt: float) -> None:
    """Refuse refractory times of so many steps that what is refractory would not fit into memory."""
    longest = float(maps.column("t_ref").max())
    if longest > _MOST_STEPS * dt:
        raise ModelError(
            f"a refractory time of {longest:g} ms in steps of {dt:g} ms is {longest / dt:.3g} steps; give a longer dt"
        )


def _snapshots(number: Any, steps: int) -> NDArray[np.int64]:
    """The steps after which densities are kept."""
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 2:
        raise ModelError(f"snapshots = {number!r} must be a whole number, at least 2")
    return np.unique(np.round(np.linspace(0, steps, min(int(number), steps + 1))).astype(np.int64))


def _width(network: Network, maps: InputMap, dv: Any) -> list[float | None]:
    """``dv`` for each population."""
    if dv is None:
        return [None] * len(maps.names)
    if isinstance(dv, list | tuple) or np.ndim(getattr(dv, "value", dv)) > 0:
        raise ModelError("dv must be one distance, the same for all populations")
    widths = [
        float(read(network[name].neuron, m.voltage, dv)) for name, m in zip(maps.names, maps.membranes, strict=True)
    ]
    if min(widths) <= 0.0:
        raise ModelError("dv must be positive: it is the distance of the nodes")
    return [*widths]


def _usual_rates(maps: InputMap, outside: Outside, wanted: list[Any]) -> Array:
    """Stationary rates (kHz) for the input at time 0."""
    mu, variance = (x[:, 0] for x in outside.at(np.array([0.0])))
    settled = is_stationary(wanted[0])
    if not maps.channels and not settled:
        return np.zeros(len(maps.names))
    return rates_from_theory(at_time_zero(maps, mu, variance), needed=settled)


def _nodes(
    network: Network,
    maps: InputMap,
    outside: Outside,
    usual: Array,
    wanted: list[Any],
    duration: float,
    dv: list[float | None],
) -> tuple[Nodes, ...]:
    """Nodes that serve the input over the whole time, as far as it is known before."""
    mu, variance = outside.at(np.linspace(0.0, duration * (1 - 1e-9), _SEEN))
    inside = maps.variance @ usual
    low_mu = mu.min(axis=1) + np.minimum(maps.mean, 0.0) @ usual
    wide = variance.max(axis=1) + inside
    narrow = np.maximum(variance.min(axis=1), _QUIET * (variance.min(axis=1) + inside))
    raised = _raised(maps, outside, usual)
    found = []
    for k, (name, m) in enumerate(zip(maps.names, maps.membranes, strict=True)):
        if not narrow[k] > 0.0:
            raise ModelError(
                f"population '{name}' has no noise (sigma = 0), so that its density does not spread: give it sigma, a "
                "PoissonInput, or noise of its own; without noise use simulate(...)"
            )
        diffusion = narrow[k] / (2.0 * m.tau_m)
        low = reach(network[name].neuron, m, wanted[k], width_of(m, diffusion))
        found.append(
            nodes_of(
                m, low_mu[k] / m.tau_m, wide[k] / (2.0 * m.tau_m), diffusion, dv=dv[k], low=low, raised=float(raised[k])
            )
        )
    return tuple(found)


def _raised(maps: InputMap, outside: Outside, usual: Array) -> Array:
    """What threshold and reset are raised by for coloured noise, mV; known for the leaky neuron only."""
    mu, variance = (x[:, 0] for x in outside.at(np.array([0.0])))
    drive = at_time_zero(maps, mu, variance).drive(usual)
    leaky = np.array([m.drift is None for m in maps.membranes])
    return np.where(leaky, drive.sigma * drive.shift, 0.0)


def _start(
    network: Network, maps: InputMap, outside: Outside, nodes: tuple[Nodes, ...], usual: Array, wanted: list[Any]
) -> Start:
    if is_stationary(wanted[0]):
        mu, variance = (x[:, 0] for x in outside.at(np.array([0.0])))
        return stationary_start(at_time_zero(maps, mu, variance), nodes, usual)
    densities = [
        given(network[name].neuron, m, n, one)
        for name, m, n, one in zip(maps.names, maps.membranes, nodes, wanted, strict=True)
    ]
    return Start(tuple(densities), np.zeros(len(nodes)))
