"""Models and recordings as pages of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rheobase.model.network import Network
from rheobase.model.neuron import Neuron
from rheobase.model.show_network import network_lines, shown


def neuron_page(neuron: Neuron, name: str = "") -> str:
    """Title, equations, events, parameters with units, source and tested facts of a neuron."""
    return "\n".join(
        [*_heading(name or neuron.name or "neuron"), *_neuron_lines(neuron), *_ending(name, neuron.source)]
    )


def _neuron_lines(neuron: Neuron) -> list[str]:
    texts = neuron.texts
    events = [f"{key}: {texts[key].strip()}" for key in ("threshold", "reset", "refractory") if texts.get(key)]
    lines = ["", *_indented(neuron.equations.text)]
    lines += ["", *_indented("\n".join(events))] if events else []
    lines += ["", "parameters", *_value_lines(neuron, neuron.parameters)]
    start = {key: value for key, value in neuron.initial.items() if np.any(np.asarray(value) != 0)}
    lines += ["", "start values", *_value_lines(neuron, start)] if start else []
    return [*lines, "", f"notes: {neuron.notes}"] if neuron.notes else lines


def network_page(network: Network, name: str = "") -> str:
    """Populations, projections, inputs and source of a network, and the neurons it is made of."""
    lines = [*_heading(name or network.name), "", *network_lines(network)]
    seen: list[Neuron] = []
    for population in network.populations:
        if not any(population.neuron is neuron for neuron in seen):
            seen.append(population.neuron)
            users = ", ".join(p.name for p in network.populations if p.neuron is population.neuron)
            lines += ["", f"neuron of {users}", *_neuron_lines(population.neuron)]
    return "\n".join([*lines, *_ending(name, network.source)])


def recording_page(recording: Any) -> str:
    """What a simulation gave, as a table."""
    rates, cv = recording.rates(), recording.cv()
    lines = [f"{recording.name}: {recording.duration:g} ms, seed {recording.seed}, dt {recording.dt:g} ms"]
    lines[0] += f"; built in {recording.build:.1f} s, simulated in {recording.wall:.1f} s"
    lines += ["", f"{'population':<14}{'neurons':>9}{'rate, Hz':>12}{'+-':>9}{'CV':>8}"]
    for name, size in zip(recording.populations, recording.sizes, strict=True):
        rate, error = rates[name]
        lines.append(f"{name:<14}{size:>9,}{rate:>12.3f}{error:>9.3f}{_number(cv[name]):>8}")
    for name, variables in recording.traces.items():
        for variable, values in variables.items():
            unit = "" if recording.units[name][variable] == "1" else f" {recording.units[name][variable]}"
            lines += ["", f"{variable} of {name}: {values[-1].mean():.4g}{unit} at the end, between "
                          f"{values.min():.4g} and {values.max():.4g}{unit}"]  # fmt: skip
    methods = [f"{name}: {method}" for name, method in recording.methods.items()]
    return "\n".join([*lines, "", *methods])


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
        facts, presets = library.entry(name).facts, library.entry(name).presets
        lines += ["", f"presets, such as -p preset={presets[0]}: {', '.join(presets)}"] if presets else []
        lines += ["", "facts that the tests hold it to", *(f"  {fact}" for fact in facts)] if facts else []
    return lines


def _indented(text: str) -> list[str]:
    return [f"  {line.strip()}" for line in text.strip().splitlines()]


def _value_lines(neuron: Neuron, values: Mapping[str, Any]) -> list[str]:
    if not values:
        return ["  none"]
    width = max(len(name) for name in values)
    return [f"  {key:{width}} = {shown(value, neuron.equations.dimension_of(key))}" for key, value in values.items()]
