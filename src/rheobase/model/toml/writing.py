"""A `Network` as the text of a network file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from rheobase.files import replacing
from rheobase.model.connect import Explicit
from rheobase.model.expression import Number
from rheobase.model.network import CurrentInput, GapJunction, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.show_network import gap_dimension
from rheobase.model.synapse import Synapse
from rheobase.model.toml.reading import RULES
from rheobase.model.toml.values import write_value
from rheobase.units import Hz, ms, mV

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_network(network: Network, path: str | Path) -> None:
    """Write a network file. A file that is there is replaced at once or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(network_text(network), encoding="utf-8", newline="\n")


def network_text(network: Network) -> str:
    """The network as TOML; `read_network` makes an equal network of it, every number to the last bit."""
    called = _neuron_names(network)
    blocks = [_block("[network]", {"name": network.name, "source": network.source or None})]
    seen: set[str] = set()
    for population in network.populations:
        name = called[id(population.neuron)]
        if name not in seen:
            blocks += neuron_blocks(f"neurons.{_key(name)}", population.neuron)
        seen.add(name)
    blocks += [_block("[[population]]", _population(p, called[id(p.neuron)])) for p in network.populations]
    blocks += [_block("[[projection]]", _projection(p, network)) for p in network.projections]
    blocks += [_block("[[gap_junction]]", _gap_junction(x, network)) for x in network.gap_junctions]
    for item in network.inputs:
        poisson = isinstance(item, PoissonInput)
        blocks.append(_block("[[poisson]]" if poisson else "[[current]]", _input(item, network)))
    return "\n".join(blocks)


def _neuron_names(network: Network) -> dict[int, str]:
    """A name for every neuron object: its own, made unique."""
    called: dict[int, str] = {}
    for population in network.populations:
        neuron = population.neuron
        if id(neuron) in called:
            continue
        name = base = neuron.name or population.name
        number = 2
        while name in called.values():
            name, number = f"{base}_{number}", number + 1
        called[id(neuron)] = name
    return called


def neuron_blocks(header: str, neuron: Neuron) -> list[str]:
    """The neuron, and its values in tables of their own: they may be many."""
    tables = {
        "parameters": _values(neuron, _as_given(neuron, neuron.parameters)),
        "initial": _values(neuron, _as_given(neuron, neuron.initial)),
    }
    blocks = [_block(f"[{header}]", _neuron(neuron))]
    return blocks + [_block(f"[{header}.{key}]", values) for key, values in tables.items() if values]


def _neuron(neuron: Neuron) -> dict[str, Any]:
    texts = neuron.texts
    return {
        "name": neuron.name,  # also if it is empty: a neuron without one is called like its table
        "source": neuron.source or None,
        "notes": neuron.notes or None,
        "equations": neuron.equations.text,
        "threshold": texts.get("threshold"),
        "reset": texts.get("reset"),
        "refractory": _refractory(neuron),
        "method": None if neuron.method == "auto" else neuron.method,
    }


def _refractory(neuron: Neuron) -> str | None:
    if isinstance(neuron.refractory, Number):
        return write_value(neuron.refractory.value, ms.dimension)
    return neuron.texts.get("refractory")


def _as_given(neuron: Neuron, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the equation text does not give by itself: a default may depend on what a population changes."""
    return {key: value for key, value in values.items() if key in neuron._given}


def _values(neuron: Neuron, values: Mapping[str, Any]) -> dict[str, Any] | None:
    return {key: write_value(value, neuron.equations.dimension_of(key)) for key, value in values.items()} or None


def _population(population: Population, neuron: str) -> dict[str, Any]:
    states = population.neuron.states
    parameters = {key: value for key, value in population.values.items() if key not in states}
    initial = {key: value for key, value in population.values.items() if key in states}
    return {
        "name": population.name,
        "neuron": neuron,
        "size": population.n,
        "parameters": _values(population.neuron, parameters),
        "initial": _values(population.neuron, initial),
    }


def _projection(projection: Projection, network: Network) -> dict[str, Any]:
    return {
        "name": projection.name or None,
        "pre": projection.pre,
        "post": projection.post,
        "connect": _connect(projection.connect),
        "weight": _weight(projection.weight, projection.synapse, network[projection.post]),
        "delay": write_value(projection.delay, ms.dimension),
        "synapse": _synapse(projection.synapse),
    }


def _gap_junction(junction: GapJunction, network: Network) -> dict[str, Any]:
    return {
        "name": junction.name or None,
        "pre": junction.pre,
        "post": junction.post,
        "connect": _connect(junction.connect),
        "conductance": write_value(junction.conductance, gap_dimension(junction, network)),
        "target": junction.target,
        "voltage": junction.voltage,
    }


def _connect(rule: Any) -> dict[str, Any]:
    name = next(name for name, maker in RULES.items() if isinstance(rule, maker))
    if isinstance(rule, Explicit):
        return {"rule": name, "pre": rule.pre.tolist(), "post": rule.post.tolist()}
    return {"rule": name, **{field.name: getattr(rule, field.name) for field in fields(rule)}}


def _weight(weight: Any, synapse: Synapse, target: Population) -> Any:
    return write_value(weight, synapse.weight_dimension(target.neuron.equations.dimension_of(synapse.target)))


def _synapse(synapse: Synapse) -> dict[str, Any]:
    conductance = synapse.kind == "conductance"
    return {
        "kind": synapse.kind,
        "target": synapse.target,
        **({} if synapse.tau is None else {"tau": write_value(synapse.tau, ms.dimension)}),
        **({"E": write_value(synapse.reversal, mV.dimension), "voltage": synapse.voltage} if conductance else {}),
    }


def _input(item: PoissonInput | CurrentInput, network: Network) -> dict[str, Any]:
    target = network[item.population]
    common = {"name": item.name or None, "population": item.population}
    if isinstance(item, PoissonInput):
        return {
            **common,
            "n": item.n,
            "rate": write_value(item.rate, Hz.dimension),
            "weight": _weight(item.weight, item.synapse, target),
            "synapse": _synapse(item.synapse),
        }
    dimension = target.neuron.equations.dimension_of(item.target)
    return {
        **common,
        "target": item.target,
        "amplitude": write_value(item.amplitude, dimension),
        "dt": None if item.dt is None else write_value(item.dt, ms.dimension),
    }


def _block(header: str, entries: Mapping[str, Any]) -> str:
    lines = (f"{_key(key)} = {_toml(value)}" for key, value in entries.items() if value is not None)
    return "\n".join([header, *lines, ""])


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'''\n{value}'''" if _reads_well_in_lines(value) else _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_items(value)) + "]"
    return repr(value)


def _items(values: list[Any]) -> Iterator[str]:
    return (_toml(value) for value in values)


def _reads_well_in_lines(text: str) -> bool:
    """Several lines, nothing that a literal string of TOML cannot hold."""
    return (
        "\n" in text
        and "'''" not in text
        and not text.endswith("'")
        and all(c.isprintable() or c in "\n\t" for c in text)
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
