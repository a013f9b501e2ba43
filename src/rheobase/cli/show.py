"""Models and recordings as pages of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rheobase.model.distribution import Distribution
from rheobase.model.network import Network
from rheobase.model.neuron import Neuron
from rheobase.units import Dimension, Quantity


def neuron_page(neuron: Neuron, name: str = "") -> str:
    """Title, equations, events, parameters with units, source and tested facts of a neuron."""
    texts = neuron.texts
    events = [f"{key}: {texts[key].strip()}" for key in ("threshold", "reset", "refractory") if texts.get(key)]
    lines = [*_heading(name or neuron.name or "neuron"), "", *_indented(neuron.equations.text)]
    lines += ["", *_indented("\n".join(events))] if events else []
    lines += ["", "parameters", *_value_lines(neuron, neuron.parameters)]
    start = {key: value for key, value in neuron.initial.items() if np.any(np.asarray(value) != 0)}
    lines += ["", "start values", *_value_lines(neuron, start)] if start else []
    return "\n".join([*lines, *_ending(name, neuron.source)])


def network_page(network: Network, name: str = "") -> str:
    """Populations, projections, inputs and source of a network, and the neurons it is made of."""
    lines = [*_heading(name or network.name), "", network.summary()]
    seen: set[int] = set()
    for population in network.populations:
        if id(population.neuron) not in seen:
            lines += ["", f"neuron of {population.name}", *_indented(population.neuron.equations.text)]
        seen.add(id(population.neuron))
    return "\n".join([*lines, *_ending(name, network.source)])


def recording_page(recording: Any) -> str:
    """What a simulation gave, as a table."""
    rates = recording.rates()
    cv = recording.cv()
    lines = [f"{recording.duration:g} ms simulated in {recording.wall:.2f} s", ""]
    lines.append(f"{'population':<14}{'size':>9}{'rate, Hz':>12}{'+-':>9}{'CV':>8}")
    for index, (name, size) in enumerate(zip(recording.populations, recording.sizes, strict=True)):
        rate, error = rates[name]
        lines.append(f"{name:<14}{size:>9,}{rate:>12.3f}{error:>9.3f}{_number(_of(cv, name, index)):>8}")
    return "\n".join(lines)


def _of(values: Any, name: str, index: int) -> float:
    return float(values[name] if isinstance(values, Mapping) else values[index])


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _heading(name: str) -> list[str]:
    from rheobase import library

    if name not in library.names():
        return [name]
    return [f"{name}: {library.entry(name).title}"]


def _ending(name: str, source: str) -> list[str]:
    from rheobase import library

    lines = ["", f"source: {source}"] if source else []
    if name in library.names():
        facts = library.entry(name).facts
        lines += ["", "facts that the tests hold it to", *(f"  {fact}" for fact in _facts(facts))] if facts else []
    return lines


def _facts(facts: Any) -> list[str]:
    return (
        [f"{key}: {value}" for key, value in facts.items()] if isinstance(facts, Mapping) else [str(f) for f in facts]
    )


def _indented(text: str) -> list[str]:
    return [f"  {line.strip()}" for line in text.strip().splitlines()]


def _value_lines(neuron: Neuron, values: Mapping[str, Any]) -> list[str]:
    if not values:
        return ["  none"]
    width = max(len(name) for name in values)
    return [f"  {key:{width}} = {shown(value, neuron.equations.dimension_of(key))}" for key, value in values.items()]


def shown(value: Any, dimension: Dimension) -> str:
    """An internal value with its usual unit."""
    if isinstance(value, Distribution):
        parts = (f"{key}={shown(part, dimension)}" for key, part in vars(value).items() if part is not None)
        return f"{type(value).__name__}({', '.join(parts)})"
    return repr(Quantity(value, dimension))
