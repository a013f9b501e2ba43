"""What a channel is given: quantities of the right dimension, charge numbers, names that its texts use."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from rheobase.errors import ModelError
from rheobase.model.errors import Source
from rheobase.model.lines import split
from rheobase.model.parse import parse_expression
from rheobase.model.population import nearest
from rheobase.units import Dimension, Quantity, Unit, as_quantity, describe

NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*", re.ASCII)
CONDUCTANCE = Dimension.of(current=1, voltage=-1)
PER_AREA = Dimension.of(length=-2)
CONCENTRATION = Dimension.of(substance=1, length=-3)
PERMEABILITY = Dimension.of(length=1, time=-1)


def read_quantity(value: Any, what: str, *dimensions: Dimension) -> Quantity | None:
    """A finite quantity of one of these dimensions; None stays None."""
    if value is None:
        return None
    quantity: Any = as_quantity(value)
    if not isinstance(quantity, Quantity) or quantity.dimension not in dimensions:
        wanted = " or ".join(describe(dimension) for dimension in dimensions)
        found = describe(quantity.dimension) if isinstance(quantity, Quantity) else repr(value)
        raise ModelError(f"{what} has to be {wanted}, but {found} was given")
    if getattr(quantity.value, "shape", ()) or not math.isfinite(float(quantity.value)):
        raise ModelError(f"{what} = {value!r} has to be one finite number with its unit")
    return quantity


def read_concentration(value: Any, what: str) -> Quantity | str | None:
    """A concentration, or the name of one."""
    if isinstance(value, str) and NAME.fullmatch(value.strip()):
        return value.strip()
    return read_quantity(value, what, CONCENTRATION)


def read_parameter(value: Any, what: str) -> Quantity | float:
    """One number or quantity."""
    quantity: Any = as_quantity(value)
    number = isinstance(quantity, Quantity | Real) and not isinstance(quantity, Unit)
    if not number or getattr(getattr(quantity, "value", quantity), "shape", ()):
        raise ModelError(f"{what} = {value!r} has to be one number or quantity")
    return quantity if isinstance(quantity, Quantity) else float(quantity)


def read_valence(value: Any, where: str) -> int | None:
    """A charge number; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral) or value == 0:
        raise ModelError(
            f"{where}: valence = {value!r} has to be a whole number other than 0, such as 1 for K, -1 for Cl"
        )
    return int(value)


def read_factor(value: Any, what: str) -> float | None:
    """A positive number; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise ModelError(f"{what} = {value!r} has to be a positive number, such as 3")
    return float(value)


def check_syntax(texts: Mapping[str, str], equations: str, where: str) -> None:
    """That the texts can be read, so that a mistake is told with the channel's name, and not later in a longer text."""
    for part, text in texts.items():
        parse_expression(Source(text, f"{part} of {where}"))
    split(Source(equations, f"the equations of {where}"))


def words(texts: Iterable[str]) -> set[str]:
    """The names that stand in texts."""
    return set(_WORD.findall("\n".join(texts)))


def check_used(parameters: Mapping[str, Any], texts: Iterable[str], options: Iterable[str], where: str) -> None:
    """That every parameter stands in a text: one that does not is a misspelt option or name."""
    found = words(texts)
    for name in parameters:
        if name not in found:
            close = nearest(name, [*options, *sorted(found - parameters.keys())])
            hint = close if "did you mean" in close else "; the texts of its gates do not use it"
            raise ModelError(f"{where} has no {name!r}{hint}")
