"""What a name means in an equation: a variable of the model, the time, a unit, a constant, or nothing at all."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from rheobase.model.functions import FUNCTIONS, SPELLINGS
from rheobase.units import CONSTANTS, DIMENSIONLESS, SYMBOLS, TIME, UNITS, Dimension
from rheobase.units.reading import nearest_unit


@dataclass(frozen=True)
class Kind:
    """What sort of value an expression has.

    ``wild`` is that of the literals 0 and inf, which fit every dimension; ``boolean`` that of a condition.
    """

    dimension: Dimension = DIMENSIONLESS
    wild: bool = False
    boolean: bool = False


NUMBER = Kind()
WILD = Kind(wild=True)
BOOLEAN = Kind(boolean=True)
NOISE = Kind(TIME**-0.5)

SPECIAL: dict[str, Kind] = {
    "t": Kind(TIME),
    "dt": Kind(TIME),
    "i": NUMBER,
    "N": NUMBER,
    "lastspike": Kind(TIME),
    "not_refractory": BOOLEAN,
}
"""Names that mean the same in every model: the time, the time step, the number of this neuron and of all in its
population, the time of its last spike, and whether it may spike."""


def is_noise(name: str) -> bool:
    """White noise: ``xi``, or ``xi_name`` for several independent ones."""
    return name == "xi" or (name.startswith("xi_") and len(name) > 3)


def is_special(name: str) -> bool:
    return name in SPECIAL or is_noise(name)


@dataclass(frozen=True)
class Scope:
    """The names that an expression may use; those of the model go before units and constants of the same name."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def kind(self, name: str) -> Kind | None:
        """The kind of a variable; None for units, constants and unknown names."""
        if name in self.kinds:
            return self.kinds[name]
        if name in SPECIAL:
            return SPECIAL[name]
        return NOISE if is_noise(name) else None

    def constant(self, name: str) -> tuple[float, Dimension] | None:
        """Value (internal units) and dimension of a unit or constant that no variable hides."""
        if name in UNITS:
            return UNITS[name].scale, UNITS[name].dimension
        if name in CONSTANTS:
            return float(CONSTANTS[name].value), CONSTANTS[name].dimension
        return None

    def hint(self, name: str) -> str:
        """What to do about an unknown name."""
        if name in FUNCTIONS:
            return f"'{name}' is a function: write {name}(...)"
        if name in SYMBOLS:
            return f"the unit is written '{SYMBOLS[name].name}'"
        near = (
            nearest(name, [*self.kinds, *SPECIAL, "xi"])
            or nearest_unit(name, list(UNITS))
            or nearest(name, list(CONSTANTS))
        )
        if near:
            return f"did you mean '{near}'?"
        return f"declare it in a line of its own, '{name} : unit', or give its value, Neuron(..., {name}=...)"

    def function_hint(self, name: str) -> str:
        """What to do about an unknown function."""
        if name in SPELLINGS:
            return f"write {SPELLINGS[name]}"
        if self.kind(name) is not None or self.constant(name) is not None:
            return f"'{name}' is not a function; a product is written '{name}*(...)'"
        known = [function for function in FUNCTIONS if function != "exprel_k"]
        near = nearest(name, known)
        return f"did you mean '{near}'?" if near else f"there are {', '.join(sorted(known))}"


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that ``name`` most likely stands for: the same but for case, else one that differs little."""
    if not name or len(name) > 40:
        return None
    same = [other for other in known if other.lower() == name.lower()]
    if same:
        return same[0]
    bare = name.replace("_", "").lower()
    loose = [other for other in known if other.replace("_", "").lower() == bare]
    if loose:
        return loose[0]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.72 if len(name) > 3 else 0.65)
    return close[0] if close else None
