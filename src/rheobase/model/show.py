"""A neuron in a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rheobase.model.distribution import Distribution
from rheobase.model.methods import choose
from rheobase.model.shape import System
from rheobase.model.values import Given
from rheobase.units import Quantity, Unit, natural_unit

if TYPE_CHECKING:
    from rheobase.model.neuron import Neuron


def summary(neuron: Neuron) -> str:
    """Name, states with start values, parameters with values and units, what happens at a spike, and the method."""
    return "\n".join(_lines(neuron))


def _lines(neuron: Neuron) -> Iterator[str]:
    equations = neuron.equations
    yield neuron.name or "neuron"
    yield from _block(
        "states", [f"{name} = {_shown(neuron, name, neuron.initial[name])} at start" for name in neuron.states]
    )
    yield from _block("intermediate quantities", [e.name for e in equations.subexpressions])
    yield from _block(
        "parameters", [f"{name} = {_shown(neuron, name, value)}" for name, value in neuron.parameters.items()]
    )
    yield from _block("noise", list(neuron.noise))
    for part, text in neuron.texts.items():
        yield f"{part}: {'; '.join(line.strip() for line in text.strip().splitlines() if line.strip())}"
    choice = choose(System.of(neuron.equations), neuron.method)
    yield f"method: {choice.method}, {choice.reason}"
    if neuron.source:
        yield f"source: {neuron.source}"
    if neuron.notes:
        yield f"notes: {neuron.notes}"


def _block(title: str, entries: list[str]) -> Iterator[str]:
    if entries:
        yield f"{title}: {', '.join(entries)}"


def _shown(neuron: Neuron, name: str, value: Given) -> str:
    if isinstance(value, Distribution):
        return repr(value)
    return repr(
        Quantity(value if np.ndim(value) else float(value), neuron.equations.dimension_of(name), _unit(neuron, name))
    )


def _unit(neuron: Neuron, name: str) -> Unit:
    if name in neuron.equations:
        return neuron.equations[name].unit
    return natural_unit(neuron.equations.dimension_of(name))
