"""What is to be computed for each population: its cell, its numbers, its kernel. Nothing here is large."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.build import Build, build_kernel
from rheobase.compile.cell import Cell, build_cell
from rheobase.compile.linear import coefficients, inlined
from rheobase.compile.stability import require_stable_euler
from rheobase.errors import ModelError
from rheobase.model.derivative import differentiate
from rheobase.model.distribution import Distribution, Lognormal, Lorentzian, Normal, Uniform
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import names
from rheobase.model.methods import Choice, choose
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population
from rheobase.model.synapse import Synapse

Value = float | NDArray[np.float64]
#: The neuron's last spike at the start: long ago.
NEVER = -1e7


@dataclass(frozen=True)
class PopulationPlan:
    """One population's part in a simulation.

    Attributes
    ----------
    synapses
        Different synapses onto the population; a synapse's place is its receptor's number.
    values
        Every value that the kernel takes, a float or one a neuron.
    start
        Start value of every state of the kernel.
    """

    number: int
    population: Population
    synapses: tuple[Synapse, ...]
    poisson: tuple[PoissonInput, ...]
    courses: Mapping[str, tuple[CurrentInput, ...]]
    cell: Cell
    choice: Choice
    values: Mapping[str, Value]
    build: Build
    start: Mapping[str, Value]


def plan_population(
    network: Network, number: int, dt: float, seed: int, method: str | None, real: str
) -> PopulationPlan:
    """Build the cell of population ``number``, choose its integrator, and gather its numbers."""
    population = network.populations[number]
    inputs = network.inputs_of(population.name)
    poisson = tuple(x for x in inputs if isinstance(x, PoissonInput))
    currents = tuple(x for x in inputs if isinstance(x, CurrentInput))
    courses: dict[str, tuple[CurrentInput, ...]] = {}
    for current in currents:
        if current.dt is not None:
            courses[current.target] = (*courses.get(current.target, ()), current)
    for junction in network.gap_junctions_of(population.name):
        courses.setdefault(junction.target, ())
    acting = [projection.synapse for projection in network.projections_into(population.name)]
    synapses = tuple(dict.fromkeys([*acting, *(x.synapse for x in poisson)]))
    cell = build_cell(population.neuron, synapses, tuple(courses))
    choice = choose(cell.system, method or population.neuron.method)
    values = _parameters(population, number, currents, cell, seed)
    start = {state: _start(population, number, cell, state, seed) for state in (*cell.states, "lastspike")}
    if choice.method == "euler":
        _require_stable(cell, values, start, dt)
    weights = {
        f"rb_weight{j}": float(x.weight) * (math.e if x.synapse.kind == "alpha" else 1.0) for j, x in enumerate(poisson)
    }
    receptors = tuple(synapses.index(x.synapse) for x in poisson)
    build = build_kernel(cell, choice.method, receptors, real, population.neuron.name)
    if build.writer.refractory_kind == "steps":
        values["rb_refractory_steps"] = _refractory_steps(cell, values, dt)
    if build.writer.structure is not None:
        used = set().union(*(names(tree) for tree in inlined(cell).values()))
        known = {**values, "i": np.arange(population.n, dtype=float), "dt": dt}
        linear = {name: value for name, value in known.items() if name in used}
        values |= coefficients(cell, build.writer.structure, linear, dt)
    values |= weights
    build = build.with_arrays(tuple(name for name in build.layout.signature.values if np.ndim(values[name])))
    return PopulationPlan(number, population, synapses, poisson, courses, cell, choice, values, build, start)


def _parameters(
    population: Population, number: int, currents: tuple[CurrentInput, ...], cell: Cell, seed: int
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for place, (given, name) in enumerate(zip(population.neuron.parameters, cell.parameters, strict=False)):
        values[name] = draw(population.value(given), population.n, seed, number, place)
    safe = dict(zip(population.neuron.parameters, cell.parameters, strict=False))
    for current in currents:
        if current.dt is None:
            values[safe[current.target]] = values[safe[current.target]] + current.amplitude
    return values | dict(cell.synaptic) | {"N": float(population.n)}


def _start(population: Population, number: int, cell: Cell, state: str, seed: int) -> Value:
    own = dict(zip(cell.states, population.neuron.states, strict=False))
    if state == "lastspike":
        return NEVER
    if state not in own:
        return 0.0
    return draw(population.value(own[state]), population.n, seed, number, 500 + cell.states.index(state))


def draw(value: Any, n: int, seed: int, number: int, place: int) -> Value:
    """A constant, an array as it is, or ``n`` values of a distribution from a stream of their own."""
    if not isinstance(value, Distribution):
        return value if np.ndim(value) else float(value)
    generator = np.random.Generator(np.random.Philox(key=[seed & (2**64 - 1), 10**6 + 1000 * number + place]))
    match value:
        case Uniform(low, high):
            return generator.uniform(low, high, n)
        case Lorentzian(center, width):
            return center + width * generator.standard_cauchy(n)
        case Lognormal(mean, sd):
            variance = math.log1p((sd / mean) ** 2)
            return math.copysign(1, mean) * generator.lognormal(
                math.log(abs(mean)) - variance / 2, math.sqrt(variance), n
            )
    return _normal(value, n, generator)


def _normal(value: Normal, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Values outside the bounds are drawn again."""
    low, high = (-math.inf if value.low is None else value.low), (math.inf if value.high is None else value.high)
    drawn = generator.normal(value.mean, value.sd, n)
    while (outside := (drawn < low) | (drawn > high)).any():
        drawn[outside] = generator.normal(value.mean, value.sd, int(outside.sum()))
    return drawn


def _refractory_steps(cell: Cell, values: Mapping[str, Value], dt: float) -> Value:
    assert cell.refractory is not None
    time = np.asarray(evaluate(cell.refractory, values), dtype=float)
    steps = np.floor(time / dt + 0.5 + 1e-9)
    if not (np.isfinite(time).all() and (time >= 0).all()):
        raise ModelError("the refractory time must be a time, zero or longer")
    if ((steps == 0) & (time > 0)).any():
        shortest = float(time[time > 0].min())
        warnings.warn(
            f"a refractory time of {shortest:g} ms is less than half a time step of {dt:g} ms and is left out; "
            "use a smaller dt",
            RuntimeWarning,
            stacklevel=2,
        )
    return steps if steps.ndim else float(steps)


def _require_stable(cell: Cell, values: Mapping[str, Value], start: Mapping[str, Value], dt: float) -> None:
    """Test explicit Euler on the equations linearised at the start."""
    at = {name: float(np.mean(value)) for name, value in {**values, **start}.items()}
    at |= dict.fromkeys(cell.draws, 0.0) | dict.fromkeys((name for _, name in cell.courses), 0.0)
    at |= {"t": 0.0, "dt": dt, "i": 0.0, "not_refractory": 1.0}
    equations = inlined(cell)
    jacobian = np.array(
        [[float(evaluate(differentiate(tree, x), at)) for x in cell.states] for tree in equations.values()]
    )
    require_stable_euler(jacobian, dt, cell.states)
