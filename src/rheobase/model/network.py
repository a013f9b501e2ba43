"""Populations, the projections between them, and what drives them: one frozen object for simulation and theory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rheobase.model.connect import Connectivity, Explicit, check_connectivity, expected_synapses, whole
from rheobase.model.distribution import Distribution, Lognormal, Lorentzian, Normal, Uniform
from rheobase.model.errors import ModelError
from rheobase.model.gap_junction import GapJunction, check_gap_junction, couples
from rheobase.model.population import Population, Value, nearest, value_internal
from rheobase.model.synapse import Synapse
from rheobase.units import Dimension, Hz, internal, ms

__all__ = ["CurrentInput", "GapJunction", "Network", "PoissonInput", "Population", "Projection", "nearest"]


@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses from one population to another.

    Parameters
    ----------
    pre, post
        Populations, or their names.
    connect
        Connectivity rule, such as ``FixedIndegree(1000)``.
    weight
        Constant, distribution, or (with `Explicit`) one value a synapse; in the unit that the synapse acts on.
    delay
        Constant, distribution, or (with `Explicit`) one value a synapse; a time, at least one step of the simulation.
        Drawn values that are negative are drawn again, and those shorter than a step become one step.
    synapse
        What a spike does, `Synapse.delta()` by default.
    """

    pre: Any
    post: Any
    connect: Connectivity
    weight: Any
    delay: Any
    synapse: Synapse = field(default_factory=Synapse.delta)
    name: str = ""
    is_checked: bool = field(default=False, repr=False)


@dataclass(frozen=True, eq=False)
class PoissonInput:
    """``n`` independent Poisson sources of rate ``rate`` for every neuron of a population, summed."""

    population: Any
    rate: Any
    weight: Any
    n: int = 1
    synapse: Synapse = field(default_factory=Synapse.delta)
    name: str = ""
    is_checked: bool = field(default=False, repr=False)


@dataclass(frozen=True, eq=False)
class CurrentInput:
    """A current added to the input parameter ``target`` of a population's neurons.

    Parameters
    ----------
    amplitude
        One value; an array of one value a neuron; or, where ``dt`` is given, a time course of step ``dt``
        (shape ``(steps,)`` or ``(steps, neurons)``), zero after its end.
    """

    population: Any
    amplitude: Any
    dt: Any = None
    target: str = "I"
    name: str = ""
    is_checked: bool = field(default=False, repr=False)


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Network:
    """The one object that `simulate`, `population.steady_state` and `compare` look at. Checked when it is made.

    Raises
    ------
    ModelError
        A name that is used twice or not known, a weight of the wrong unit, a rule that cannot be carried out.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    inputs: tuple[PoissonInput | CurrentInput, ...]
    name: str
    source: str
    gap_junctions: tuple[GapJunction, ...]

    def __init__(
        self,
        populations: Iterable[Population] | Population,
        projections: Iterable[Projection] = (),
        inputs: Iterable[PoissonInput | CurrentInput] = (),
        name: str = "network",
        source: str = "",
        gap_junctions: Iterable[GapJunction] = (),
    ) -> None:
        members = (populations,) if isinstance(populations, Population) else tuple(populations)
        _check_populations(members)
        object.__setattr__(self, "populations", members)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "projections", tuple(self._projection(p) for p in projections))
        object.__setattr__(self, "inputs", tuple(self._input(x) for x in inputs))
        object.__setattr__(self, "gap_junctions", tuple(self._gap_junction(x) for x in gap_junctions))

    @property
    def size(self) -> int:
        """Number of neurons."""
        return sum(population.n for population in self.populations)

    @property
    def synapses(self) -> float:
        """Number of synapses to expect."""
        return sum(
            expected_synapses(p.connect, self[p.pre].n, self[p.post].n, p.pre == p.post) for p in self.projections
        )

    def __getitem__(self, name: str) -> Population:
        for population in self.populations:
            if population.name == name:
                return population
        names = [population.name for population in self.populations]
        raise ModelError(f"network {self.name!r} has no population {name!r}{nearest(name, names)}")

    def projections_into(self, name: str) -> tuple[Projection, ...]:
        """The projections whose targets are the neurons of population ``name``."""
        return tuple(projection for projection in self.projections if projection.post == name)

    def inputs_of(self, name: str) -> tuple[PoissonInput | CurrentInput, ...]:
        """The inputs that drive population ``name``."""
        return tuple(item for item in self.inputs if item.population == name)

    def gap_junctions_of(self, name: str) -> tuple[GapJunction, ...]:
        """The gap junctions of the neurons of population ``name``."""
        return tuple(junction for junction in self.gap_junctions if couples(junction, name))

    def with_(self, **changes: Any) -> Network:
        """The same network with other ``populations``, ``projections``, ``inputs``, ``gap_junctions``, ``name`` ..."""
        fields = ("populations", "projections", "inputs", "name", "source", "gap_junctions")
        unknown = sorted(set(changes) - set(fields))
        if unknown:
            raise ModelError(f"a network has no field {unknown[0]!r}{nearest(unknown[0], fields)}")
        return Network(**{key: changes.get(key, getattr(self, key)) for key in fields})

    def to_toml(self, path: str | Path | None = None) -> str:
        """The network as the text of a TOML file, written to ``path`` if one is given."""
        from rheobase.model import toml

        text = toml.network_text(self)
        if path is not None:
            toml.write_network(self, path)
        return text

    @staticmethod
    def from_toml(path: str | Path) -> Network:
        """Read a network file."""
        from rheobase.model import toml

        return toml.read_network(path)

    def summary(self) -> str:
        """Size, populations, projections and inputs, a line each."""
        from rheobase.model.show_network import network_lines

        first, *others = network_lines(self)
        return "\n".join([f"{self.name}: {first}", *others])

    def __repr__(self) -> str:
        return f"Network({self.name!r}: {self.size:,} neurons, about {self.synapses:,.0f} synapses)"

    def __eq__(self, other: object) -> bool:
        """Whether two networks say the same, whatever objects they are made of."""
        return isinstance(other, Network) and (self is other or self.to_toml() == other.to_toml())

    def __hash__(self) -> int:
        return hash((self.name, self.size))

    def cite(self) -> str:
        """Where the network comes from."""
        return self.source or "no source given"

    def _projection(self, given: Projection) -> Projection:
        pre, post = _name_of(given.pre), _name_of(given.post)
        where = f"projection {given.name or f'{pre} -> {post}'}"
        source, target = self[pre], self[post]
        check_connectivity(given.connect, source.n, target.n, pre == post, where)
        one_each = given.connect.pre.size if isinstance(given.connect, Explicit) else None
        weight = _weight(given, target, where, one_each)
        delay = _per_synapse(given.delay, ms.dimension, f"{where}: the delay", one_each, given.is_checked)
        if isinstance(delay, Normal) and delay.low is None:
            delay = replace(delay, low=0.0)
        if not isinstance(delay, Normal | Lognormal | Uniform) and np.any(np.asarray(delay) <= 0):
            raise ModelError(f"{where}: the delay must be positive (at least one time step)")
        return replace(given, pre=pre, post=post, weight=weight, delay=delay, is_checked=True)

    def _gap_junction(self, given: GapJunction) -> GapJunction:
        if not isinstance(given, GapJunction):
            raise ModelError(f"{given!r} is no GapJunction; write GapJunction(pre, post, AllToAll(), 1*nS)")
        return check_gap_junction(given, self[_name_of(given.pre)], self[_name_of(given.post)])

    def _input(self, given: PoissonInput | CurrentInput) -> PoissonInput | CurrentInput:
        population = self[_name_of(given.population)]
        where = f"{type(given).__name__} of {population.name}"
        if isinstance(given, CurrentInput):
            return _current(given, population, where)
        rate = value_internal(given.rate, Hz.dimension, f"{where}: the rate", population.n, given.is_checked)
        if isinstance(rate, Distribution) or np.any(np.asarray(rate) < 0):
            raise ModelError(f"{where}: the rate must be a constant or an array of one value a neuron, zero or more")
        n = whole(given.n)
        if n is None or n < 0:
            raise ModelError(f"{where}: n = {given.n!r} must be a whole number, zero or more")
        weight = _weight(given, population, where, None)
        if not isinstance(weight, float):
            raise ModelError(f"{where}: the weight must be a constant")
        return replace(given, population=population.name, rate=rate, weight=weight, n=n, is_checked=True)


def _check_populations(members: tuple[Population, ...]) -> None:
    if not members:
        raise ModelError("a network needs at least one population")
    for member in members:
        if not isinstance(member, Population):
            raise ModelError(f"{member!r} is no Population; wrap a neuron as Population(neuron, n, 'name')")
    names = [member.name for member in members]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ModelError(f"two populations are called {min(twice)!r}; give each its own name")


def _name_of(population: Population | str) -> str:
    return population.name if isinstance(population, Population) else population


def _weight(given: Projection | PoissonInput, target: Population, where: str, one_each: int | None) -> Value:
    neuron, synapse, acted_on = target.neuron, given.synapse, given.synapse.target
    if synapse.kind == "delta":
        known, role = neuron.states, "state"
    else:
        known, role = tuple(neuron.parameters), "input parameter"
    if acted_on not in known:
        raise ModelError(
            f"{where}: the {synapse.kind} synapse acts on {acted_on!r}, but the neuron of {target.name!r} has no "
            f"{role} of that name{nearest(acted_on, known)}. {_port_hint(synapse)}"
        )
    dimension = synapse.weight_dimension(neuron.equations.dimension_of(acted_on))
    return _per_synapse(given.weight, dimension, f"{where}: the weight", one_each, given.is_checked)


def _port_hint(synapse: Synapse) -> str:
    if synapse.kind == "delta":
        return "Name a state with Synapse.delta(target=...)."
    return "Declare one, such as 'I : pA = 0*pA', add it to dv/dt, and name it with target=..."


def _per_synapse(value: Any, dimension: Dimension, where: str, one_each: int | None, plain_ok: bool) -> Value:
    if isinstance(value, Lorentzian):
        raise ModelError(f"{where} has no mean as a Lorentzian; take Normal, Lognormal or Uniform")
    checked = value_internal(value, dimension, where, one_each, plain_ok)
    if isinstance(checked, np.ndarray) and one_each is None:
        raise ModelError(
            f"{where}: an array needs connect=Explicit(pre, post), which says which synapse each value is for"
        )
    return checked


def _current(given: CurrentInput, population: Population, where: str) -> CurrentInput:
    neuron = population.neuron
    if given.target not in neuron.parameters:
        known = tuple(neuron.parameters)
        raise ModelError(f"{where}: the neuron has no input parameter {given.target!r}{nearest(given.target, known)}")
    dimension = neuron.equations.dimension_of(given.target)
    if given.dt is None:
        amplitude = value_internal(
            given.amplitude, dimension, f"{where}: the amplitude", population.n, given.is_checked
        )
        return replace(given, population=population.name, amplitude=amplitude, is_checked=True)
    if given.is_checked:
        return given
    step = float(internal(given.dt, ms.dimension, f"{where}: dt"))
    course = np.asarray(internal(given.amplitude, dimension, f"{where}: the amplitude"), dtype=float)
    if not (step > 0 and math.isfinite(step)):
        raise ModelError(f"{where}: dt must be a positive time")
    if (
        course.ndim not in (1, 2)
        or (course.ndim == 2 and course.shape[1] != population.n)
        or not np.all(np.isfinite(course))
    ):
        raise ModelError(f"{where}: a time course has shape (steps,) or (steps, {population.n}) and finite values")
    return replace(given, population=population.name, amplitude=course.copy(), dt=step, is_checked=True)
