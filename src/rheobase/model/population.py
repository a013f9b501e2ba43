"""Neurons of one kind, and the values that a person gives for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from rheobase.model.connect import whole
from rheobase.model.distribution import Distribution, distribution_internal
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import Dimension, Quantity, internal

Value = float | np.ndarray | Distribution


@dataclass(frozen=True, init=False, eq=False)
class Population:
    """``n`` neurons of one model.

    Parameters
    ----------
    neuron
        The model.
    n
        Number of neurons.
    name
        How projections and results call the population. Given by place, ``Population(neuron, 1000, "E")``, size and
        name leave the words ``n`` and ``name`` to the model's own variables.
    **values
        Parameters or start values that differ from the model's: a quantity, an array with one value a neuron, or a
        distribution (`Normal`, `Lognormal`, `Uniform`, `Lorentzian`).
    """

    neuron: Neuron
    n: int
    name: str
    values: MappingProxyType[str, Value]

    def __init__(self, neuron: Neuron, /, *size_and_name: Any, **values: Any) -> None:
        n, name = _size_and_name(size_and_name, values)
        if not isinstance(neuron, Neuron):
            raise ModelError(f"population {name!r}: the first argument must be a Neuron, not {type(neuron).__name__}")
        size = whole(n)
        if size is None or size < 1:
            raise ModelError(f"population {name!r}: n = {n!r} must be a whole number, at least 1")
        if not isinstance(name, str) or not name:
            raise ModelError("a population needs a name, such as 'E'")
        checked = {key: _population_value(neuron, size, name, key, value) for key, value in values.items()}
        object.__setattr__(self, "neuron", neuron)
        object.__setattr__(self, "n", size)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", MappingProxyType(checked))
        _require_one_each(self)

    def with_(self, **changes: Any) -> Population:
        """The same population with another ``neuron``, ``n`` or ``name``, or with other values."""
        given = {key: self._quantity(key) for key in self.values}
        place = {key: changes.pop(key, getattr(self, key)) for key in ("neuron", "n", "name")}
        return Population(place["neuron"], place["n"], place["name"], **{**given, **changes})

    def _quantity(self, key: str) -> Any:
        """An own value as it could be given again."""
        value, dimension = self.values[key], self.neuron.equations.dimension_of(key)
        if not isinstance(value, Distribution):
            return Quantity(value, dimension)
        parts = {part: None if x is None else Quantity(x, dimension) for part, x in vars(value).items()}
        return type(value)(**parts)

    def __getstate__(self) -> dict[str, Any]:
        return {"neuron": self.neuron, "n": self.n, "name": self.name, "values": dict(self.values)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, values=MappingProxyType(state["values"]))

    def value(self, key: str) -> Value:
        """A parameter or start value of this population, internal units."""
        if key in self.values:
            return self.values[key]
        neuron = self._specialised
        return neuron.initial[key] if key in neuron.states else neuron.parameters[key]

    @cached_property
    def _specialised(self) -> Neuron:
        """The neuron with this population's values, so that defaults that depend on them follow."""
        constant = (key for key, value in self.values.items() if not isinstance(value, Distribution))
        return self.neuron.with_(**{key: self._quantity(key) for key in constant})


def _size_and_name(given: tuple[Any, ...], values: dict[str, Any]) -> tuple[Any, Any]:
    """``n`` and ``name``, by place or by name; by place they leave these names to the model (the gate ``n``, say)."""
    if len(given) > 2:
        raise ModelError("a population takes a neuron, its size n, and its name; values are given by name")
    left = [key for key in ("n", "name")[len(given) :] if key not in values]
    if left:
        raise ModelError(f"a population needs {' and '.join(left)}: Population(neuron, 1000, 'E')")
    found = [*given, *(values.pop(key) for key in ("n", "name")[len(given) :])]
    return found[0], found[1]


def _require_one_each(population: Population) -> None:
    """Arrays among the neuron's own values have one entry a neuron of the population."""
    for key, value in {**population.neuron.parameters, **population.neuron.initial}.items():
        if key in population.values or not isinstance(value, np.ndarray) or not value.ndim:
            continue
        if value.shape != (population.n,):
            raise ModelError(
                f"population {population.name!r}: {key} has {value.size} values for {population.n} neurons; "
                f"give one value, or an array of {population.n}"
            )


def _population_value(neuron: Neuron, n: int, population: str, key: str, value: Any) -> Value:
    where = f"population {population!r}: {key}"
    known = [*neuron.parameters, *neuron.states]
    if key not in known:
        raise ModelError(f"{where} is neither a parameter nor a state of its neuron{nearest(key, known)}")
    return value_internal(value, neuron.equations.dimension_of(key), where, n)


def value_internal(value: Any, dimension: Dimension, where: str, n: int | None = None, plain_ok: bool = False) -> Value:
    """A constant, array of ``n`` or distribution as plain numbers; anything not finite or of another shape is refused.

    ``plain_ok`` takes plain numbers as internal units: they come from a network that has been checked before.
    """
    if isinstance(value, Distribution):
        return value if plain_ok and _is_plain(value) else distribution_internal(value, dimension, where)
    taken_as_is = plain_ok and isinstance(value, float | np.ndarray)
    plain = np.asarray(value if taken_as_is else internal(value, dimension, where), dtype=float)
    if not np.all(np.isfinite(plain)):
        raise ModelError(f"{where} holds a value that is not finite")
    if plain.ndim == 0:
        return float(plain)
    if n is not None and plain.shape != (n,):
        raise ModelError(f"{where} has shape {plain.shape}; give one value, or an array of {n}")
    plain = plain.copy()
    plain.setflags(write=False)
    return plain


def _is_plain(distribution: Distribution) -> bool:
    return all(part is None or isinstance(part, float) for part in vars(distribution).values())


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them if they are few."""
    known = list(known)
    same = [other for other in known if other.lower() == str(name).lower()]
    close = same or difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are: {', '.join(known)}" if 0 < len(known) <= 12 else ""
