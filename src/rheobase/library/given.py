"""Parameters as users give them to a model of the library: quantities, numbers, or texts such as ``"20 ms"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rheobase.model.neuron import Neuron
from rheobase.units import parse_quantity

_TEXTS = frozenset({"equations", "threshold", "reset", "refractory", "method", "name", "source", "notes"})


def quantities(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts read as quantities; everything else as it is.

    Raises
    ------
    UnitError
        If a text is no quantity.
    """
    return {
        name: parse_quantity(value) if isinstance(value, str) and name not in _TEXTS else value
        for name, value in values.items()
    }


def neuron(equations: str, *changes: Mapping[str, Any], **fixed: Any) -> Neuron:
    """A neuron from its text; later changes win over earlier ones, and all win over what is fixed."""
    merged = dict(fixed)
    for change in changes:
        merged |= quantities(change)
    return Neuron(equations, **merged)
