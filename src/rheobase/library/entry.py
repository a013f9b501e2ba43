"""What the library knows of a model: where it comes from, how to make it, and the facts that it must fulfil."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rheobase.errors import ModelError
from rheobase.units import parse_unit


@dataclass(frozen=True)
class Fact:
    """A number known independently of this package, and how to find it from the model.

    Parameters
    ----------
    what
        The quantity, in words.
    value
        What it must be: a closed form, a published number, or the result of an independent program.
    unit
        The unit of ``value``.
    source
        Where the number comes from.
    check
        Finds the number from the model, in internal units.
    tolerance
        Largest admissible distance from ``value``, in its unit: the precision with which it is known.
    model
        Parameters with which the model is made for this fact, such as a preset.
    costly
        Whether finding it takes minutes; the tests leave such facts to the benchmarks.
    """

    what: str
    value: float
    unit: str
    source: str
    check: Callable[[Any], float]
    tolerance: float
    model: Mapping[str, Any] | None = None
    costly: bool = False

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" for name, value in (self.model or {}).items())
        number = f"{self.value:g} {self.unit}".strip()
        return f"{self.what}{f' ({given})' if given else ''}: {number} [{self.source}]"

    def found(self, make: Callable[..., Any]) -> float:
        """The number as the model that ``make`` makes has it, in `unit`."""
        scale = parse_unit(self.unit).scale if self.unit else 1.0
        return float(self.check(_made(make, tuple((self.model or {}).items())))) / scale


@lru_cache(maxsize=8)
def _made(make: Callable[..., Any], parameters: tuple[tuple[str, Any], ...]) -> Any:
    """The model; facts about the same one share it, and what has been computed from it."""
    return make(**dict(parameters))


@dataclass(frozen=True)
class Entry:
    """A model of the library.

    Parameters
    ----------
    name
        Its name in `rheobase.library`.
    kind
        ``neuron`` or ``network``.
    title
        One line.
    source
        The publication.
    make
        Makes the model; keywords change its parameters.
    facts
        What the tests hold it to.
    presets
        Named parameter sets that ``make(preset=...)`` takes.
    """

    name: str
    kind: str
    title: str
    source: str
    make: Callable[..., Any]
    facts: tuple[Fact, ...] = ()
    presets: tuple[str, ...] = ()


def choose(presets: Mapping[str, Mapping[str, Any]], preset: str, model: str) -> Mapping[str, Any]:
    """The parameters of a preset.

    Raises
    ------
    ModelError
        If there is none of this name.
    """
    if preset not in presets:
        raise ModelError(f"{model} has no preset {preset!r}; it has: {', '.join(presets)}")
    return presets[preset]
