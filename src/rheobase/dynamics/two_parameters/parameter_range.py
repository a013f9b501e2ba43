"""How far, and in which steps, two parameters are varied when the user does not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.model.network import nearest
from rheobase.units import CURRENT, DIMENSIONLESS, VOLTAGE, Dimension

Vector = NDArray[np.float64]

_VOLTAGE_MV = 20.0
_WINDOW_MV = 60.0
_FAR = 20.0
# What may well be negative: potentials, currents, currents per area, plain numbers. All else (conductances,
# capacitances, times, slopes ...) keeps its sign.
_SIGNED = (VOLTAGE, CURRENT, DIMENSIONLESS, CURRENT / (Dimension.of(length=2)))


def find_ranges(
    field: VectorField, names: tuple[str, str], found_in: str, given: Mapping[str, Any] | None
) -> dict[str, tuple[float, float]]:
    """Bounds of both parameters in internal units; those ``given`` by the user win.

    Raises
    ------
    ModelError
        For a name that is not varied, for bounds that are none, and if the starting point is not inside.
    """
    given = _mapping(names, given)
    x = field.start
    ranges = {}
    for name in names:
        value = float(field.values[field.index(name)])
        scale = parameter_scale(field, x, state_scale(field, x), name)
        ranges[name] = _bounds(field, name, given[name]) if name in given else _usual(field, name, scale, found_in)
        low, high = ranges[name]
        if not low <= value <= high:
            shown = ", ".join(f"{field.shown(name, at):.6g}" for at in (low, high))
            unit = "" if field.unit_name(name) == "1" else f" {field.unit_name(name)}"
            raise ModelError(
                f"bounds: the curve starts at {name} = {field.shown(name, value):.6g}{unit}, which is not within "
                f"({shown})"
            )
    return ranges


def _mapping(names: tuple[str, str], given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ModelError(f"bounds have to name their parameters, such as {{'{names[1]}': (low, high)}}")
    for name in given:
        if name not in names:
            raise ModelError(
                f"bounds: '{name}' is not varied{nearest(name, names) or f'; {names[0]} and {names[1]} are'}"
            )
    return dict(given)


def _bounds(field: VectorField, name: str, bounds: Any) -> tuple[float, float]:
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise ModelError(f"bounds: '{name}' needs two, such as {{'{name}': (low, high)}}") from None
    low, high = float(field.read(name, low)), float(field.read(name, high))
    if not low < high:
        raise ModelError(f"bounds: the lower bound of '{name}' has to be below the upper one, but they are {bounds}")
    return low, high


def _usual(field: VectorField, name: str, scale: float, found_in: str) -> tuple[float, float]:
    value = float(field.values[field.index(name)])
    dimension = field.neuron.equations.dimension_of(name)
    if dimension not in _SIGNED and value != 0.0:
        low, high = sorted((value / 100.0, 3.0 * value))
        return low, high
    floor = _WINDOW_MV if dimension == VOLTAGE else 2.0 * scale
    reach = _FAR * scale if name == found_in or value == 0.0 else max(2.0 * abs(value), floor)
    return value - reach, value + reach


def state_scale(field: VectorField, x: Vector) -> Vector:
    """A typical change of each state: 20 mV, a fifth of what a gate can do, or the size of its value."""
    from rheobase.dynamics.equilibria.box import find_box

    box = find_box(field)
    volts = np.array([field.neuron.equations.dimension_of(state) == VOLTAGE for state in field.states])
    return np.where(volts, _VOLTAGE_MV, np.where(box.gates, 0.2, np.maximum(np.abs(x), 1.0)))


def parameter_scale(field: VectorField, x: Vector, scale: Vector, name: str) -> float:
    """A typical change of a parameter: its value, unless that is far smaller or larger than what moves the flow.

    What moves it is the change that acts as strongly on some equation as a typical change of a state does, at the point
    or beside it: some parameters have no effect on an equilibrium, such as a time constant.
    """
    around = x[:, None] + scale[:, None] * np.hstack([np.zeros((len(x), 1)), np.eye(len(x)), -np.eye(len(x))])
    with np.errstate(all="ignore"):
        slopes = np.nanmax(np.abs(field.by_parameter(around, name)), axis=1) / scale
        terms = np.max(np.abs(field.jacobian(x)) * scale / scale[:, None], axis=1)
        moves = np.where(slopes > 0.0, terms / slopes, np.inf)
    value = abs(float(field.values[field.index(name)]))
    strong = float(np.min(moves[moves > 0.0], initial=np.inf))
    return float(np.clip(value, 0.05 * strong, strong)) if np.isfinite(strong) else value or 1.0
