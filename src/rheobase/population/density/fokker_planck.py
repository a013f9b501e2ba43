"""`fokker_planck`: the rates of populations in time, from the density of their membrane potentials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network, Population
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read
from rheobase.population.density.fokker_planck_grid import Nodes, nodes_of, width_of
from rheobase.population.density.fokker_planck_input import Outside, channels_of, maps_and_outside
from rheobase.population.density.fokker_planck_run import Run
from rheobase.population.density.fokker_planck_start import (
    STATIONARY,
    Start,
    at_time_zero,
    given,
    of_each,
    rates_from_theory,
    reach,
    stationary_start,
)
from rheobase.population.density.population_activity import PopulationActivity
from rheobase.population.input.statistics import InputMap
from rheobase.units import internal, ms

Array = NDArray[np.float64]

_MOST_STEPS = 100_000_000
_SEEN = 2001  # places in time at which the range of the input is looked at
_QUIET = 0.1  # of the usual variance: a grid for silence is no finer than this asks for


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `fokker_planck`; ``activity`` holds what was computed until then."""

    def __init__(self, activity: PopulationActivity):
        self.activity = activity
        super().__init__(activity.status)


def fokker_planck(
    model: Neuron | Population | Network,
    duration: Any,
    *,
    mu: Any = 0.0,
    sigma: Any = 0.0,
    initial: Any = STATIONARY,
    dt: Any = 0.1 * ms,
    dv: Any = None,
    snapshots: int = 101,
    progress: bool = False,
    **parameters: Any,
) -> PopulationActivity:
    r"""Rates of infinitely large populations in time: the Fokker-Planck equation of their membrane potentials.

    For each population, with ``F(v)/tau_m`` the neuron's own ``dv/dt``,

        dP/dt = -dJ/dv + r(t - t_ref) delta(v - v_reset),    J = (F + mu)/tau_m P - sigma**2/(2 tau_m) dP/dv,

    ``P = 0`` at the threshold, where the flux ``J`` is the rate ``r(t)``. In a network ``mu`` and ``sigma**2`` follow
    the rates: each projection adds ``tau_m K <J> r`` and ``tau_m K <J**2> r``, delayed and filtered by its synapses.
    The equations are solved by conservative finite volumes (`rheobase.numerics.scharfetter_gummel`) and TR-BDF2
    (`rheobase.numerics.fokker_planck`); errors are of second order in ``dv`` and ``dt``, and probability is kept to
    rounding. For leaky neurons with exponential synapses threshold and reset are raised as in `steady_state`, by the
    amount that belongs to the stationary state.

    Parameters
    ----------
    model
        One neuron, a population, or a network; its inputs may be time courses (`CurrentInput` with ``dt``).
    duration
        Time to go.
    mu, sigma
        Mean input and white noise beside what the model has: a value, values evenly spaced from the start to the end
        (linear between), or a function of the time in ms; in the unit of the membrane state, or quantities. For a
        network a mapping, such as ``mu={"E": lambda t: 2.0 * (t > 50)}``. A jump between two steps is exact.
    initial
        ``"stationary"`` for the input at time 0 (in a network the state reached from silence); a voltage, at which all
        neurons are; ``(mean, sd)`` of a normal density; or a function of ``v`` that is proportional to the density. For
        a network also a mapping of these. But for the first, no neuron has fired before time 0.
    dt
        Time step.
    dv
        Distance of nodes where drift and diffusion matter alike; by default a 25th of ``sigma/sqrt(2)``, or of a
        quarter of the distance from reset to threshold. Where the drift is fast nodes are further apart
        (`rheobase.population.density.fokker_planck_grid`).
    snapshots
        At how many times the density is kept, evenly spaced from the start to the end.
    progress
        Show a bar.
    **parameters
        Parameters of the neuron that are changed.

    Returns
    -------
    PopulationActivity

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the model.
    ModelError
        If there is no noise, nothing that confines the density, or a rate that grows beyond all bounds.
    Interrupted
        Ctrl-C; what there is until then is in its ``activity``.

    Examples
    --------
    >>> from rheobase import library, ms
    >>> from rheobase.population.density.fokker_planck import fokker_planck
    >>> step = fokker_planck(library.lif(), 100 * ms, mu=lambda t: 10 + 5 * (t > 50), sigma=4)
    >>> [round(float(step.rate()[k]), 1) for k in (0, 1000)]
    [10.9, 39.7]
    """
    network = _network(model, parameters)
    length, step = _time(duration, "duration"), _time(dt, "dt")
    steps = _whole_steps(length, step)
    kept = _snapshots(snapshots, steps)
    maps, outside = maps_and_outside(network, mu, sigma, steps * step)
    wanted = of_each(maps, initial)
    usual = _usual_rates(maps, outside, wanted)
    nodes = _nodes(network, maps, outside, usual, wanted, steps * step, _width(network, maps, dv))
    start = _start(network, maps, outside, nodes, usual, wanted)
    run = Run(network, maps, outside, channels_of(maps, step), nodes, start, step, steps, kept)
    try:
        run.go(progress)
    except KeyboardInterrupt:
        status = f"interrupted at {run.done * step:g} ms of {steps * step:g} ms"
        raise Interrupted(run.activity(status)) from None
    return run.activity()


def _network(model: Any, parameters: dict[str, Any]) -> Network:
    if isinstance(model, Network):
        if parameters:
            raise ModelError(f"{min(parameters)!r}: change parameters in the network's own populations")
        return model
    if isinstance(model, Population):
        if parameters:
            raise ModelError(f"{min(parameters)!r}: change parameters in the population itself")
        return Network(model, name=model.name)
    if not isinstance(model, Neuron):
        raise ModelError(f"fokker_planck takes a Neuron, a Population or a Network, not {type(model).__name__}")
    changed = model.with_(**parameters) if parameters else model
    return Network(Population(changed, 1, "neuron"), name=model.name or "neuron")


def _time(value: Any, name: str) -> float:
    number = float(internal(value, ms.dimension, name))
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


def _snapshots(number: Any, steps: int) -> NDArray[np.int64]:
    """The steps after which densities are kept."""
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 2:
        raise ModelError(f"snapshots = {number!r} must be a whole number, at least 2")
    return np.unique(np.round(np.linspace(0, steps, min(int(number), steps + 1))).astype(np.int64))


def _width(network: Network, maps: InputMap, dv: Any) -> list[float | None]:
    """``dv`` for each population."""
    if dv is None:
        return [None] * len(maps.names)
    widths = [
        float(read(network[name].neuron, m.voltage, dv)) for name, m in zip(maps.names, maps.membranes, strict=True)
    ]
    if min(widths) <= 0.0:
        raise ModelError("dv must be positive: it is the distance of the nodes")
    return [*widths]


def _usual_rates(maps: InputMap, outside: Outside, wanted: list[Any]) -> Array:
    """Stationary rates (kHz) for the input at time 0."""
    mu, variance = (x[:, 0] for x in outside.at(np.array([0.0])))
    if not maps.channels and not all(isinstance(one, str) for one in wanted):
        return np.zeros(len(maps.names))
    return rates_from_theory(at_time_zero(maps, mu, variance), needed=isinstance(wanted[0], str))


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
    if isinstance(wanted[0], str) and wanted[0] == STATIONARY:
        mu, variance = (x[:, 0] for x in outside.at(np.array([0.0])))
        return stationary_start(at_time_zero(maps, mu, variance), nodes, usual)
    densities = [
        given(network[name].neuron, m, n, one)
        for name, m, n, one in zip(maps.names, maps.membranes, nodes, wanted, strict=True)
    ]
    return Start(tuple(densities), np.zeros(len(nodes)))
