"""Where a stimulus enters a neuron, and the rest at which it finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rheobase.dynamics.equilibria.fixed_points import Equilibrium, FixedPoints, fixed_points, vector_field
from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import UNITS, Unit

#: Names for quotients of units, the first that has the same size wins.
_NAMED = ("ohm", "kohm", "Mohm", "Gohm")
_AREAL = ("cm2",)


def stimulated(
    neuron: Neuron | VectorField,
    I: Any,  # noqa: E741
    input: str | None,
    parameters: Mapping[str, Any],
) -> tuple[VectorField, str]:
    """The field of a neuron with its input at ``I`` (None: as it is), and the name of the input.

    Raises
    ------
    ModelError
        If the neuron has no parameter that is known as an input, or not the one that is named.
    """
    field = vector_field(neuron, parameters)
    name = input if input is not None else field.input
    if name is None:
        raise ModelError(
            f"{called(field)} has no parameter with the name of an input, such as I; say which it is with input='...'; "
            f"it has: {', '.join(field.parameters) or 'none'}"
        )
    field.index(name)
    if I is not None and name in parameters:
        raise ModelError(f"the input '{name}' is given twice, as I and as {name}; give it once")
    return (field if I is None else field.with_values(**{name: field.read(name, I)})), name


def called(field: VectorField) -> str:
    """What a sentence calls the neuron."""
    return f"'{field.neuron.name}'" if field.neuron.name else "this neuron"


def with_unit(field: VectorField, name: str, value: float, digits: int = 6) -> str:
    """``I = 5 uA/cm**2``, from an internal value."""
    unit = field.unit_name(name)
    return f"{name} = {field.shown(name, value):.{digits}g}" + ("" if unit == "1" else f" {unit}")


def at_rest(field: VectorField, name: str, near: Mapping[str, Any] | None = None) -> tuple[Equilibrium, str]:
    """The stable equilibrium of a neuron, and a remark if there are others.

    Parameters
    ----------
    field
        The model at its parameters.
    name
        The input, for the error message.
    near
        ``{state: value}``: of several stable equilibria the closest to these values; by default the lowest voltage.

    Raises
    ------
    ModelError
        If none is stable.
    """
    found = fixed_points(field, throw=False)
    stable = found.stable
    if not stable:
        at = with_unit(field, name, float(field.values[field.index(name)]))
        unstable = f"its {len(found)} equilibria are unstable" if len(found) > 1 else "its equilibrium is unstable"
        why = unstable if len(found) else _none_below(field, found) if field.neuron.has_reset else found.status
        raise ModelError(f"{called(field)} has no rest at {at}: {why}; choose an input at which it does not fire")
    if near:
        unknown = [state for state in near if state not in field.states]
        if unknown:
            raise ModelError(f"near: there is no state '{unknown[0]}'; its states are {', '.join(field.states)}")
        wanted = {state: field.shown(state, field.read(state, value)) for state, value in near.items()}
        chosen = min(
            stable, key=lambda point: sum(abs(point.state[s] - v) / (abs(v) + 1e-9) for s, v in wanted.items())
        )
    else:
        chosen = stable[0]
    if len(stable) == 1:
        return chosen, ""
    others = ", ".join(f"{p.state[field.voltage]:.6g}" for p in stable if p is not chosen)
    return chosen, f"another stable equilibrium lies at {field.voltage} = {others}"


def _none_below(field: VectorField, found: FixedPoints) -> str:
    """Why a neuron that is reset has no equilibrium: it lies above the threshold, if anywhere."""
    low, high = (with_unit(field, field.voltage, float(field.read(field.voltage, v)))
                 for v in found.box[field.voltage])  # fmt: skip
    return f"there is no equilibrium from {low} to {high.split(' = ')[1]}, below its threshold"


def quotient(above: Unit, below: Unit) -> tuple[str, float]:
    """The name and the size (internal units) of one unit over another: ohms where it is one, 1 if nothing is left."""
    if above.name == below.name:
        return "1", 1.0
    unit = above / below
    for name in _NAMED:
        if _same(UNITS[name], unit):
            return ("Mohm", UNITS["Mohm"].scale) if name == "Gohm" else (name, unit.scale)  # the field's unit
        for area in _AREAL:
            if _same(UNITS[name] * UNITS[area], unit):
                return f"{name} {area}", unit.scale
    for name in ("ms", "second"):
        if _same(UNITS[name], unit):
            return name, unit.scale
    return (unit.name if above.name != "1" else per(below)), unit.scale


def per(unit: Unit) -> str:
    """One over a unit: ``1/nA``, ``1/(uA/cm**2)``."""
    return f"1/{unit.name}" if unit.name.isalnum() else f"1/({unit.name})"


def _same(a: Unit, b: Unit) -> bool:
    return a.dimension == b.dimension and abs(a.scale / b.scale - 1.0) < 1e-9
