"""From ``NAME_OR_FILE`` and ``-p NAME=VALUE`` to a model."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rheobase import library
from rheobase.errors import ModelError
from rheobase.library.given import quantities
from rheobase.model import toml
from rheobase.model.network import Network, nearest
from rheobase.model.neuron import Neuron

_TEXTS = frozenset({"threshold", "reset", "refractory", "method", "name", "source", "notes"})
_SIMULATED = "simulated rate of "  # what a fact of the library calls the rate of a population in someone's simulation


def find(name: str, parameters: Iterable[tuple[str, Any]] = ()) -> Neuron | Network:
    """The model of this name, or the neuron or network in this file.

    Raises
    ------
    ModelError
        If there is none, or a parameter does not fit.
    """
    given = dict(parameters)
    if is_file(name):
        if toml.is_neuron_file(name):
            return Neuron.from_toml(name).with_(**quantities(given))
        if given:
            raise ModelError(f"-p is for models of the library; change {next(iter(given))} in {name} itself")
        return Network.from_toml(name)
    entry = entry_of(name)
    _check_parameters(entry, given)
    return entry.make(**given)


def is_file(name: str) -> bool:
    """Whether the user means a file rather than a name of the library."""
    return name not in library.names() and (
        name.endswith(".toml") or "/" in name or "\\" in name or Path(name).is_file()
    )


def entry_of(name: str) -> Any:
    """The library's entry of this name; unknown names are refused with the nearest one."""
    known = library.names()
    if name not in known:
        hint = nearest(name, known)
        raise ModelError(
            f"the library has no {name!r}{hint or '; rheobase list names them'} (a file must end in .toml)"
        )
    return library.entry(name)


def published_rates(name: str, parameters: Iterable[tuple[str, Any]]) -> Mapping[str, float]:
    """Rates (Hz) that others found for a network of the library as it was published; none if it is changed."""
    if is_file(name) or dict(parameters):
        return {}
    return {
        fact.what.removeprefix(_SIMULATED): fact.value
        for fact in entry_of(name).facts
        if fact.what.startswith(_SIMULATED) and fact.unit == "Hz" and not fact.model
    }


def state_to_record(model: Neuron | Network) -> str | None:
    """The membrane potential of a single neuron, or the first of its states; None for networks."""
    from rheobase.check.measure import voltage_of

    if isinstance(model, Network):
        return None
    return voltage_of(model) or next(iter(model.states), None)


def _check_words(entry: Any, given: dict[str, Any]) -> None:
    """A word is no quantity: where a model has presets, one of them is likely meant."""
    for name, value in given.items():
        if isinstance(value, str) and value.isidentifier() and name not in _TEXTS and entry.presets:
            raise ModelError(
                f"{name}={value} is no quantity and no preset of {entry.name}; its presets are chosen by "
                f"-p preset={entry.presets[0]}; there are: {', '.join(entry.presets)}"
            )


def _check_parameters(entry: Any, given: dict[str, Any]) -> None:
    signature = inspect.signature(entry.make).parameters.values()
    known = [parameter.name for parameter in signature]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature):
        _check_words(entry, {name: value for name, value in given.items() if name not in known})
        return  # the model itself knows its parameters and refuses others
    for name in given:
        if name not in known:
            raise ModelError(f"{entry.name} has no parameter {name!r}; it has: {', '.join(known) or 'none'}")
