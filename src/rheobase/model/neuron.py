"""A neuron: equations, what happens at a spike, and numbers for its parameters."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from rheobase.model.distribution import Distribution
from rheobase.model.equations import Equations
from rheobase.model.errors import ModelError
from rheobase.model.expression import Expression, Number, names
from rheobase.model.scope import is_special
from rheobase.model.shape import System, is_affine, is_smooth
from rheobase.model.statements import Assignment, parse_refractory, parse_reset, parse_threshold
from rheobase.model.values import Given, dimension_given, parameter_values, start_values
from rheobase.units import TIME, Dimension, Quantity, UnitError, as_quantity, internal

_OPTIONS = ("equations", "threshold", "reset", "refractory", "method", "name", "source", "notes")


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Neuron:
    r"""A neuron, written as equations with units.

    Parameters
    ----------
    equations
        Text, one line per equation: ``dv/dt = ... : unit``, ``name = ... : unit``, ``name : unit = default``.
    threshold
        The condition for a spike, such as ``v > v_th``; None for a neuron that never spikes.
    reset
        Statements that act at a spike, such as ``v = v_reset; w += b``.
    refractory
        How long after a spike there is no other: a time, the name of a parameter, or a condition. Meanwhile the
        equations with the flag ``(unless refractory)`` stand still.
    method
        How the equations are integrated; ``auto`` leaves the choice to the simulation.
    name, source, notes
        What the model is called, the publication it comes from, and remarks.
    **values
        Parameters, and start values of states.

    Raises
    ------
    EquationError
        For a mistake in a text, with line and caret.
    UnitError
        For a value of the wrong dimension.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> from rheobase.units import mV, ms
    >>> lif = Neuron("dv/dt = (E_L - v)/tau_m : volt (unless refractory)", threshold="v > -50*mV", reset="v = E_L",
    ...              refractory=2*ms, E_L=-70*mV, tau_m=20*ms, v=-70*mV)
    >>> lif.parameters["tau_m"]
    20.0
    """

    equations: Equations
    threshold: Expression | None
    reset: tuple[Assignment, ...]
    refractory: Expression | None
    parameters: Mapping[str, Given]
    initial: Mapping[str, Given]
    method: str
    name: str
    source: str
    notes: str
    texts: Mapping[str, str]
    _given: Mapping[str, Any]

    def __init__(
        self,
        equations: str | Equations,
        *,
        threshold: str | None = None,
        reset: str | None = None,
        refractory: Any = None,
        method: str = "auto",
        name: str = "",
        source: str = "",
        notes: str = "",
        **values: Any,
    ):
        given = {"equations": equations, "threshold": threshold, "reset": reset, "refractory": refractory,
                 "method": method, "name": name, "source": source, "notes": notes, **values}  # fmt: skip
        try:
            self._build(given, values)
        except RecursionError:
            raise ModelError("this model is nested too deeply to be read; split its expressions") from None

    def _build(self, given: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        texts = {part: _text(given[part], part) for part in ("threshold", "reset", "refractory")}
        equations = _equations(given["equations"], values)
        threshold = parse_threshold(texts["threshold"], equations) if texts["threshold"].strip() else None
        reset = parse_reset(texts["reset"], equations)
        refractory = _refractory(given["refractory"], texts["refractory"], equations)
        _require_used(equations, threshold, reset, refractory, values)
        parameters = parameter_values(equations, values)
        put = {
            "equations": equations, "threshold": threshold, "reset": reset, "refractory": refractory,
            "parameters": MappingProxyType(parameters),
            "initial": MappingProxyType(start_values(equations, values, parameters)),
            "texts": MappingProxyType({part: text for part, text in texts.items() if text.strip()}),
            "_given": dict(given),
        }  # fmt: skip
        for part in ("method", "name", "source", "notes"):
            put[part] = str(given[part])
        for key, value in put.items():
            object.__setattr__(self, key, value)

    def with_(self, **changes: Any) -> Neuron:
        """The same neuron with other parameters, start values, threshold, reset, refractory time, method or name.

        >>> from rheobase.model.neuron import Neuron
        >>> from rheobase.units import ms
        >>> Neuron("dx/dt = -x/tau : 1 \\n tau : second", tau=5*ms).with_(tau=8*ms).parameters["tau"]
        8.0
        """
        given = {**self._given, **changes}
        texts = " ".join(
            str(getattr(given[part], "text", given[part])) for part in ("equations", "threshold", "reset", "refractory")
        )
        words = set(re.findall(r"[A-Za-z_]\w*", texts))
        # a value that only the old threshold or reset used goes with it
        gone = [name for name, _ in self.equations.extra if name not in words and name not in changes]
        return Neuron(**{name: value for name, value in given.items() if name not in gone})

    @property
    def states(self) -> tuple[str, ...]:
        """The variables that have a differential equation."""
        return self.equations.states

    @property
    def n_states(self) -> int:
        return len(self.states)

    @property
    def has_reset(self) -> bool:
        """Whether a spike changes the state by statements."""
        return bool(self.reset)

    @property
    def noise(self) -> tuple[str, ...]:
        """The white-noise variables in use."""
        return self.equations.noise

    @cached_property
    def is_smooth(self) -> bool:
        """Whether the equations have derivatives everywhere: no condition, abs, clip and so on of a state."""
        return is_smooth(self.equations)

    @cached_property
    def is_linear_below_threshold(self) -> bool:
        """Whether all differential equations are linear in the states, with constant coefficients and constant input.

        Such a model can be integrated exactly. Noise may enter if its strength is constant.
        """
        return is_affine(System.of(self.equations))

    def cite(self) -> str:
        """The publication that the model comes from."""
        return self.source

    def summary(self) -> str:
        """States, parameters, threshold and reset in a few lines."""
        from rheobase.model.show import summary

        return summary(self)

    def latex(self) -> str:
        r"""The equations as a LaTeX ``aligned`` environment."""
        from rheobase.model.latex import latex

        return latex(self)

    def to_toml(self, path: str | Path | None = None) -> str:
        """The neuron as the text of a neuron file, written to ``path`` if one is given."""
        from rheobase.model import toml

        if path is not None:
            toml.write_neuron(self, path)
        return toml.neuron_text(self)

    @staticmethod
    def from_toml(path: str | Path) -> Neuron:
        """Read a neuron file: a table ``[neuron]`` with ``equations``, ``threshold``, ``parameters`` and so on.

        Raises
        ------
        ModelError
            With file, line, key and reason.
        """
        from rheobase.model import toml

        return toml.read_neuron(path)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        name = f"'{self.name}', " if self.name else ""
        values = len(self.parameters)
        return (
            f"Neuron({name}states: {', '.join(self.states) or 'none'}; {values} parameter{'' if values == 1 else 's'})"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Neuron):
            return NotImplemented
        same = (self._identity() == other._identity()) and self.parameters.keys() == other.parameters.keys()
        return same and all(
            _alike(mine[key], theirs[key])
            for mine, theirs in ((self.parameters, other.parameters), (self.initial, other.initial))
            for key in mine
        )

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[Any, ...]:
        return (self.equations, self.threshold, self.reset, self.refractory, self.method, self.name, self.source)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_again, (dict(self._given),))


def _again(given: dict[str, Any]) -> Neuron:
    return Neuron(**given)


def _alike(left: Given, right: Given) -> bool:
    if isinstance(left, Distribution) or isinstance(right, Distribution):
        return bool(left == right)
    return bool(np.array_equal(left, right))


def _text(value: Any, part: str) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        return value
    if part == "refractory":
        quantity = as_quantity(value)
        if isinstance(quantity, Quantity) and np.ndim(quantity.value) == 0:
            return f"{float(quantity.to(quantity.unit)):.17g}*{quantity.unit.name}"
        return f"{float(internal(value, TIME, 'refractory')):.17g}"
    raise ModelError(f"{part} has to be a text, but {type(value).__name__} was given")


def _equations(equations: Any, values: Mapping[str, Any]) -> Equations:
    if isinstance(equations, Equations):
        equations = equations.text
    if not isinstance(equations, str):
        raise ModelError(f"equations have to be a text, but {type(equations).__name__} was given")
    return Equations.parse(equations, {name: _dimension(value, name) for name, value in values.items()})


def _dimension(value: Any, name: str) -> Dimension:
    try:
        return dimension_given(value, name)
    except UnitError as error:
        near = difflib.get_close_matches(name, _OPTIONS, n=1)
        raise UnitError(f"{name}: {error}" + (f"; did you mean '{near[0]}'?" if near else "")) from None


def _refractory(value: Any, text: str, equations: Equations) -> Expression | None:
    if not text.strip():
        return None
    if isinstance(value, str):
        return parse_refractory(text, equations)
    return Number(float(internal(value, TIME, "refractory")))


def _require_used(
    equations: Equations,
    threshold: Expression | None,
    reset: tuple[Assignment, ...],
    refractory: Expression | None,
    values: Mapping[str, Any],
) -> None:
    """A value that nothing uses is most likely a misspelt name."""
    trees = [e.expression for e in equations.equations] + [e.default for e in equations.equations]
    trees += [threshold, refractory, *(line.expression for line in reset)]
    used = {name for tree in trees if tree is not None for name in names(tree)}
    known = {e.name for e in equations.equations if e.kind != "subexpression"}
    for name in values:
        if is_special(name):
            raise ModelError(f"'{name}' has a meaning of its own in every model and cannot be given a value")
        if name in known or (name in used and name not in equations):
            continue
        if name in equations:
            raise ModelError(f"'{name}' is an intermediate quantity; its value follows from its equation")
        near = difflib.get_close_matches(name, [*known, *_OPTIONS], n=1, cutoff=0.7)
        hint = f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(sorted(known)) or 'none'}"
        raise ModelError(f"no equation uses a parameter '{name}'{hint}")
