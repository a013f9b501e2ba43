"""`simulate`: a model or a network, for a time, on some threads."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np

from rheobase.errors import ModelError
from rheobase.model.network import Network, Population, nearest
from rheobase.model.neuron import Neuron
from rheobase.progress import Progress
from rheobase.simulation.connections import Connections, connect_slice
from rheobase.simulation.driver import driver
from rheobase.simulation.junctions import arguments, link_of, modules, sites_of
from rheobase.simulation.memory import FREE_BLOCK, LONGEST_BLOCK, require_memory
from rheobase.simulation.plan import PopulationPlan, plan_population
from rheobase.simulation.recording import Recording, Spikes
from rheobase.simulation.run import Run, steps_a_call
from rheobase.simulation.slices import Group, Slice, Wanted, bounds_of, connections_bytes, make_slice
from rheobase.units import Dimension, internal, ms, natural_unit

_MOST_STEPS = 2**31 - 1
PRECISIONS = ("float64", "float32")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a simulation; ``recording`` holds what was simulated until then."""

    def __init__(self, recording: Recording):
        self.recording = recording
        super().__init__(recording.status)


def simulate(
    model: Neuron | Population | Network,
    duration: Any,
    *,
    dt: Any = 0.1 * ms,
    seed: int = 0,
    threads: int | None = None,
    record: Any = None,
    progress: bool = False,
    method: str | None = None,
    precision: str = "float64",
) -> Recording:
    """Simulate a neuron or a network.

    In each step from t to t + dt the equations are integrated, the events that arrive are added, the threshold is
    tested at t + dt, and neurons above it are reset. A spike stands at the end of its step. It arrives a delay later.
    Refractory times and delays count in whole steps, rounded to the nearest. While a neuron is refractory, events that
    would jump a state marked ``(unless refractory)`` are lost. The current through gap junctions is constant over a
    step, at the mean that the coupled potentials are about to have (see `rheobase.simulation.exchange`).

    Parameters
    ----------
    model
        A network, a population, or a neuron: population ``neuron`` of one, or of as many as its array values have.
    duration
        Simulated time.
    dt
        Time step.
    seed
        The same seed gives the same connections, inputs and spikes on any number of threads.
    threads
        All cores by default, at most one a thousand neurons; one where there are gap junctions.
    record
        Traces: ``"v"`` or ``["v", "w"]`` for all neurons of a lone population; ``{"E": "v"}``, ``{"E": {"v": [0,
        1]}}``.
    progress
        Show a bar with simulated time, real-time factor and time left.
    method
        Integrator of all populations, instead of the neurons' own (``auto``).
    precision
        Of the states: ``float64`` or ``float32``.

    Returns
    -------
    Recording

    Raises
    ------
    ModelError
        The model cannot be simulated as asked for; `DoesNotFit` if there is not enough memory.
    Diverged
        A state became infinite or not a number.
    Interrupted
        Ctrl-C; what was simulated is in its ``recording``.

    Examples
    --------
    >>> import rheobase as rb
    >>> cell = rb.library.lif(I=500 * rb.pA)
    >>> rb.simulate(cell, 100 * rb.ms).train().size > 0
    True
    """
    network = as_network(model)
    step = _positive(dt, "dt")
    steps = _whole_steps(_positive(duration, "duration"), step)
    workers = _threads(threads, network)
    seed = _seed(seed)
    if precision not in PRECISIONS:
        raise ModelError(f"precision = {precision!r}; it is one of {', '.join(PRECISIONS)}")
    began = time.perf_counter()
    wanted = _wanted(network, record)
    _require_delays(network, step)
    require_memory(network, workers, step, steps, len(wanted))
    plans = [plan_population(network, k, step, seed, method, precision) for k in range(len(network.populations))]
    groups = _groups(plans)
    kernels = [group.plans[0].build.load() for group in groups]
    real = np.dtype(precision).type
    slices, wires, block = _build(network, groups, wanted, workers, step, seed, real, progress)
    drive, gaps = _coupled(network, kernels, slices[0], seed, step)
    bar = Progress(steps * step, network.name, progress)
    run = Run(network, drive, slices, wires, seed, step, steps, block, np.zeros((steps, len(wanted))), bar.tick, gaps)
    built = time.perf_counter()
    try:
        run.go()
    except KeyboardInterrupt:
        done = min(run.done)
        status = f"interrupted at {done * step:g} ms of {steps * step:g} ms"
        raise Interrupted(_recording(run, plans, wanted, began, built, done, status)) from None
    finally:
        bar.close()
    return _recording(run, plans, wanted, began, built, steps, "finished")


def as_network(model: Neuron | Population | Network) -> Network:
    """A network as it is; a lone neuron or population as a network of one population."""
    if isinstance(model, Network):
        return model
    if isinstance(model, Population):
        return Network(model, name=model.name)
    if isinstance(model, Neuron):
        values = (*model.parameters.values(), *model.initial.values())
        sizes = {value.size for value in values if isinstance(value, np.ndarray) and value.ndim}
        return Network(Population(model, max(sizes, default=1), "neuron"), name=model.name or "neuron")
    raise ModelError(f"simulate takes a Neuron, a Population or a Network, not {type(model).__name__}")


def _positive(value: Any, name: str) -> float:
    number = float(internal(value, ms.dimension, name))
    if not (number > 0 and np.isfinite(number)):
        raise ModelError(f"{name} = {number:g} ms must be a positive time")
    return number


def _whole_steps(duration: float, dt: float) -> int:
    steps = round(duration / dt)
    if steps > _MOST_STEPS:
        raise ModelError(
            f"{duration:g} ms in steps of {dt:g} ms are {steps:.3g} steps; at most {_MOST_STEPS:.3g} can be counted"
        )
    if steps < 1:
        raise ModelError(f"a duration of {duration:g} ms is shorter than the time step of {dt:g} ms")
    return steps


def _require_delays(network: Network, dt: float) -> None:
    """Delays that are given as numbers must not be shorter than a step; those that are drawn become one step."""
    for projection in network.projections:
        if isinstance(projection.delay, float | np.ndarray):
            shortest = float(np.min(projection.delay, initial=np.inf))
            if shortest < dt * (1 - 1e-9):
                raise ModelError(
                    f"projection {projection.pre} -> {projection.post} has a delay of {shortest:g} ms, shorter than "
                    f"the time step of {dt:g} ms; use a smaller dt"
                )


def _coupled(
    network: Network, kernels: Sequence[ModuleType], own: Slice, seed: int, dt: float
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The driver, and what it takes besides where there are gap junctions."""
    if not network.gap_junctions:
        return driver(kernels), ()
    sites = sites_of(network, own)
    drive = driver(kernels, [(site.group, module) for site, module in zip(sites, modules(sites), strict=True)])
    return drive, (arguments(sites, link_of(network, sites, seed, dt)),)


def _threads(threads: int | None, network: Network) -> int:
    if network.gap_junctions:  # all coupled neurons meet in every step
        return 1
    if threads is None:
        return max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
                          network.size // 1000))  # fmt: skip
    if not _is_whole(threads) or threads < 1:
        raise ModelError(f"threads = {threads} must be a whole number, at least 1")
    return min(int(threads), network.size)


def _seed(seed: int) -> int:
    if not _is_whole(seed) or not 0 <= seed < 2**63:
        raise ModelError(f"seed = {seed} must be a whole number from 0 to 2**63 - 1")
    return int(seed)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _groups(plans: Sequence[PopulationPlan]) -> tuple[Group, ...]:
    """Populations whose kernels have the same text run in one call."""
    alike: dict[str, list[PopulationPlan]] = {}
    for plan in plans:
        alike.setdefault(plan.build.source, []).append(plan)
    return tuple(Group(tuple(members)) for members in alike.values())


def _build(
    network: Network,
    groups: Sequence[Group],
    wanted: Sequence[Wanted],
    workers: int,
    dt: float,
    seed: int,
    real: Any,
    progress: bool,
) -> tuple[list[Slice], list[Connections], int]:
    """Slices and connections, each made by a thread of its own, and the length of a block."""
    bounds = [bounds_of(network, part, workers) for part in range(workers)]

    stopped = threading.Event()

    def tick(synapses: float) -> None:
        if stopped.is_set():
            raise InterruptedError
        bar.tick(synapses)

    def wire(part: int) -> Connections:
        ring = make_slice(network, groups, (), bounds[part], dt, 1, real).ring_of
        return connect_slice(network, seed, dt, bounds[part], ring, tick)

    bar = Progress(network.synapses, f"{network.name}: synapses", progress, in_time=False)
    try:
        with ThreadPoolExecutor(workers) as pool:
            try:
                wires = list(pool.map(wire, range(workers)))
            except BaseException:
                stopped.set()
                raise
    finally:
        bar.close()
    shortest = min((w.shortest for w in wires if w.shortest), default=FREE_BLOCK)
    block = 1 if network.gap_junctions else min(shortest, LONGEST_BLOCK)
    call = steps_a_call(block, network.size)
    slices = [make_slice(network, groups, wanted, bounds[part], dt, call, real) for part in range(workers)]
    return slices, wires, block


def _wanted(network: Network, record: Any) -> list[Wanted]:
    """The traces asked for, each with a column of its own."""
    if record is None:
        return []
    first, *others = network.populations
    if not isinstance(record, Mapping) and others:
        raise ModelError("record: say which population, such as record={'E': 'v'}")
    asked = record if isinstance(record, Mapping) else {first.name: record}
    found: list[Wanted] = []
    for name, variables in asked.items():
        population = network[name]
        number = network.populations.index(population)
        for variable, neurons in _variables(variables, population).items():
            if variable not in population.neuron.states:
                known = population.neuron.states
                raise ModelError(f"record: {variable!r} is no state of population {name!r}{nearest(variable, known)}")
            state = population.neuron.states.index(variable)
            found += [Wanted(number, variable, state, int(neuron), len(found) + k) for k, neuron in enumerate(neurons)]
    return found


def _variables(variables: Any, population: Population) -> dict[str, np.ndarray]:
    if isinstance(variables, str):
        variables = [variables]
    if not isinstance(variables, Mapping):
        if not isinstance(variables, Sequence):
            raise ModelError(f"record: {variables!r} is no name of a state, such as 'v' or ['v', 'w']")
        variables = dict.fromkeys(variables, None)
    chosen = {}
    for variable, neurons in variables.items():
        indices = np.arange(population.n) if neurons is None else np.atleast_1d(np.asarray(neurons))
        if not np.issubdtype(indices.dtype, np.integer) or ((indices < 0) | (indices >= population.n)).any():
            raise ModelError(
                f"record: neurons of population {population.name!r} are whole numbers from 0 to {population.n - 1}"
            )
        chosen[variable] = indices
    return chosen


def _recording(
    run: Run,
    plans: Sequence[PopulationPlan],
    wanted: Sequence[Wanted],
    began: float,
    built: float,
    steps: int,
    status: str,
) -> Recording:
    network = run.network
    columns = [block for found in run.found for block in found]
    spikes = np.concatenate(columns, axis=1) if columns else np.empty((3, 0), np.int32)
    spikes = spikes[:, spikes[0] <= steps]
    spikes = spikes[:, np.lexsort((spikes[2], spikes[1], spikes[0]))]
    traces, traced = _traces(run, wanted, steps)
    units = {
        p: {v: _internal_unit(network[p].neuron.equations.dimension_of(v)) for v in of} for p, of in traces.items()
    }
    return Recording(
        spikes=Spikes(spikes[1].copy(), spikes[2].copy(), spikes[0] * run.dt),
        populations=tuple(p.name for p in network.populations),
        sizes=tuple(p.n for p in network.populations),
        duration=steps * run.dt,
        dt=run.dt,
        seed=run.seed,
        threads=len(run.slices),
        traces=traces,
        traced=traced,
        units=units,
        status=status,
        wall=time.perf_counter() - built,
        build=built - began,
        synapses=sum(w.targets.size for w in run.connections),
        memory=sum(connections_bytes(w) for w in run.connections),
        methods={plan.population.name: f"{plan.choice.method}: {plan.choice.reason}" for plan in plans},
        name=network.name,
    )


def _internal_unit(dimension: Dimension) -> str:
    """Name of the package's own unit of this dimension, such as mV; 1 for plain numbers."""
    if dimension.is_dimensionless:
        return "1"
    usual = natural_unit(dimension)
    return usual.name if usual.scale == 1 else dimension.internal_name


def _traces(run: Run, wanted: Sequence[Wanted], steps: int) -> tuple[dict[str, Any], dict[str, Any]]:
    traces: dict[str, Any] = {}
    traced: dict[str, Any] = {}
    for number, variable in dict.fromkeys((w.population, w.variable) for w in wanted):
        name = run.network.populations[number].name
        mine = [w for w in wanted if (w.population, w.variable) == (number, variable)]
        traces.setdefault(name, {})[variable] = run.traces[:steps, [w.column for w in mine]]
        traced.setdefault(name, {})[variable] = np.array([w.neuron for w in mine], np.int64)
    return traces, traced
