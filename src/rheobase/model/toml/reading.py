"""A network file as a `Network`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from rheobase.errors import ModelError, UnitError
from rheobase.model.connect import (
    AllToAll,
    Bernoulli,
    Connectivity,
    Explicit,
    FixedIndegree,
    FixedTotalNumber,
    OneToOne,
)
from rheobase.model.equations import Equations
from rheobase.model.network import CurrentInput, GapJunction, Network, PoissonInput, Population, Projection, nearest
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import KINDS, Synapse
from rheobase.model.toml.tables import NetworkFileError, Table, load
from rheobase.model.toml.values import read_as, read_value
from rheobase.model.values import dimension_given
from rheobase.units import Hz, ms, mV, parse_quantity

RULES: dict[str, type] = {
    "fixed_indegree": FixedIndegree,
    "fixed_total_number": FixedTotalNumber,
    "bernoulli": Bernoulli,
    "all_to_all": AllToAll,
    "one_to_one": OneToOne,
    "explicit": Explicit,
}
_RULE_KEYS: dict[str, type] = {
    "k": int,
    "n": int,
    "p": float,
    "autapses": bool,
    "multapses": bool,
    "pre": list,
    "post": list,
}
_SYNAPSE_KEYS = {
    "delta": ("target",),
    "exponential": ("target", "tau"),
    "alpha": ("target", "tau"),
    "conductance": ("target", "tau", "E", "voltage"),
}
_TEXTS = ("threshold", "reset", "refractory", "method", "name", "source", "notes")


def read_network(path: str | Path) -> Network:
    """Read a network file.

    Raises
    ------
    NetworkFileError
        With file, line, key and reason.
    """
    file = load(path)
    file.only(("network", "neurons", "population", "projection", "poisson", "current", "gap_junction"))
    head = file.sub("network", {})
    head.only(("name", "source"))
    neurons = {name: read_neuron_table(table, name) for name, table in file.named("neurons").items()}
    if not file.listed("population"):
        file.fail("", "has no [[population]]; a network needs at least one")
    populations = _populations(file.listed("population"), neurons)
    base = Network(populations)
    parts = [(table, _projection(table, base)) for table in file.listed("projection")]
    drives = [(table, _poisson(table, base)) for table in file.listed("poisson")]
    drives += [(table, _current(table, base)) for table in file.listed("current")]
    gaps = [(table, _gap_junction(table, base)) for table in file.listed("gap_junction")]
    for table, part in parts:
        with _reported(table):
            Network(populations, [part])
    for table, part in gaps:
        with _reported(table):
            Network(populations, gap_junctions=[part])
    for table, part in drives:
        with _reported(table):
            Network(populations, [], [part])
    name = head.get("name", str, Path(path).stem)
    return Network(
        populations, [p for _, p in parts], [x for _, x in drives], name, head.get("source", str, ""),
        [x for _, x in gaps],
    )  # fmt: skip


@contextmanager
def _reported(table: Table, key: str = "") -> Iterator[None]:
    """Errors of the model, told with their place in the file."""
    try:
        yield
    except NetworkFileError:
        raise
    except ModelError as error:
        table.fail(key, str(error))


def read_neuron_table(table: Table, name: str) -> Neuron:
    """One table of a neuron: its text, or a name of the library."""
    if "library" in table.data:
        return _from_library(table)
    table.only(("equations", *_TEXTS, "parameters", "initial"))
    texts = {key: table.get(key, str) for key in _TEXTS if key in table.data}
    if "refractory" in texts:
        texts["refractory"] = _time_or_text(texts["refractory"])
    values = _values(table, "parameters") | _values(table, "initial")
    equations = table.get("equations", str)
    with _reported(table, "equations"):
        Equations.parse(equations, {key: dimension_given(value, key) for key, value in values.items()})
    with _reported(table):
        return Neuron(equations, **{"name": name, **texts, **values})


def _time_or_text(text: str) -> Any:
    """``"2 ms"`` as a quantity; the name of a parameter or a condition as it stands."""
    try:
        return parse_quantity(text)
    except UnitError:
        return text


def _from_library(table: Table) -> Neuron:
    from rheobase import library

    table.only(("library", "parameters", "initial"))
    name = table.get("library", str)
    known = [known for known in library.names() if library.entry(known).kind == "neuron"]
    if name not in known:
        table.fail("library", f"there is no neuron {name!r} in the library{nearest(name, known)}")
    with _reported(table, "parameters"):
        neuron = library.make(name, **_values(table, "parameters"))
    initial = _values(table, "initial")
    with _reported(table, "initial"):
        return neuron.with_(**initial) if initial else neuron


def _values(table: Table, key: str) -> dict[str, Any]:
    values = table.sub(key, {})
    return {name: read_value(values, name) for name in values.data}


def _populations(tables: list[Table], neurons: dict[str, Neuron]) -> list[Population]:
    populations: list[Population] = []
    for table in tables:
        table.only(("name", "neuron", "size", "parameters", "initial"))
        name, neuron = table.get("name", str), table.get("neuron", str)
        if neuron not in neurons:
            table.fail("neuron", f"there is no [neurons.{neuron}] in this file{nearest(neuron, neurons)}")
        if name in [population.name for population in populations]:
            table.fail("name", f"two populations are called {name!r}; give each its own name")
        size = table.get("size", int)
        if size < 1:
            table.fail("size", f"must be at least 1, not {size}")
        values = _values(table, "parameters") | _values(table, "initial")
        with _reported(table):
            populations.append(Population(neurons[neuron], size, name, **values))
    return populations


def _member(table: Table, key: str, network: Network) -> Population:
    name = table.get(key, str)
    names = [population.name for population in network.populations]
    if name not in names:
        table.fail(key, f"there is no population {name!r}{nearest(name, names)}")
    return network[name]


def _projection(table: Table, network: Network) -> Projection:
    table.only(("name", "pre", "post", "connect", "weight", "delay", "synapse"))
    pre, post = _member(table, "pre", network), _member(table, "post", network)
    synapse = _synapse(table, post)
    return Projection(
        pre.name,
        post.name,
        _connect(table.sub("connect")),
        _weight(table, synapse, post),
        read_as(table, "delay", ms.dimension),
        synapse,
        table.get("name", str, ""),
    )


def _gap_junction(table: Table, network: Network) -> GapJunction:
    table.only(("name", "pre", "post", "connect", "conductance", "target", "voltage"))
    pre, post = _member(table, "pre", network), _member(table, "post", network)
    target, voltage = table.get("target", str, "I"), table.get("voltage", str, "v")
    for key, name, known in (("target", target, post.neuron.parameters), ("voltage", voltage, post.neuron.states)):
        if name not in known:
            role = "parameter" if key == "target" else "state"
            table.fail(key, f"the neuron of {post.name!r} has no {role} {name!r}{nearest(name, known)}")
    dimension = post.neuron.equations.dimension_of(target) / post.neuron.equations.dimension_of(voltage)
    conductance = read_as(table, "conductance", dimension)
    connect = _connect(table.sub("connect"))
    return GapJunction(pre.name, post.name, connect, conductance, target, voltage, table.get("name", str, ""))


def _connect(table: Table) -> Connectivity:
    rule = table.get("rule", str)
    if rule not in RULES:
        table.fail("rule", f"there is no rule {rule!r}{nearest(rule, RULES)}")
    maker = RULES[rule]
    keys = [field.name for field in fields(maker)]
    table.only(("rule", *keys))
    optional = {"autapses", "multapses"} - set(table.data)
    with _reported(table):
        return maker(**{key: table.get(key, _RULE_KEYS[key]) for key in keys if key not in optional})


def _synapse(table: Table, target: Population) -> Synapse:
    """The synapse of a projection or Poisson input; a state or input parameter that it names must be there."""
    synapse = table.sub("synapse", {})
    kind = synapse.get("kind", str, "delta")
    if kind not in KINDS:
        synapse.fail("kind", f"there is no synapse {kind!r}{nearest(kind, KINDS)}")
    synapse.only(("kind", *_SYNAPSE_KEYS[kind]))
    given = {key: synapse.get(key, str) for key in ("target", "voltage") if key in synapse.data}
    if "tau" in _SYNAPSE_KEYS[kind]:
        given["tau"] = read_as(synapse, "tau", ms.dimension)
    if "E" in _SYNAPSE_KEYS[kind]:
        given["E"] = read_as(synapse, "E", mV.dimension)
    with _reported(synapse):
        made: Synapse = _maker(kind)(**given)
    known = target.neuron.states if kind == "delta" else tuple(target.neuron.parameters)
    if made.target not in known:
        role = "state" if kind == "delta" else "parameter"
        synapse.fail(
            "target", f"the neuron of {target.name!r} has no {role} {made.target!r}{nearest(made.target, known)}"
        )
    return made


def _maker(kind: str) -> Callable[..., Synapse]:
    return getattr(Synapse, kind)


def _weight(table: Table, synapse: Synapse, target: Population) -> Any:
    dimension = synapse.weight_dimension(target.neuron.equations.dimension_of(synapse.target))
    return read_as(table, "weight", dimension)


def _poisson(table: Table, network: Network) -> PoissonInput:
    table.only(("name", "population", "rate", "n", "weight", "synapse"))
    target = _member(table, "population", network)
    synapse = _synapse(table, target)
    return PoissonInput(
        target.name,
        read_as(table, "rate", Hz.dimension),
        _weight(table, synapse, target),
        table.get("n", int, 1),
        synapse,
        table.get("name", str, ""),
    )


def _current(table: Table, network: Network) -> CurrentInput:
    table.only(("name", "population", "amplitude", "dt", "target"))
    member = _member(table, "population", network)
    target = table.get("target", str, "I")
    known = tuple(member.neuron.parameters)
    if target not in known:
        table.fail("target", f"the neuron of {member.name!r} has no parameter {target!r}{nearest(target, known)}")
    amplitude = read_as(table, "amplitude", member.neuron.equations.dimension_of(target))
    dt = read_as(table, "dt", ms.dimension) if "dt" in table.data else None
    return CurrentInput(member.name, amplitude, dt, target, table.get("name", str, ""))
