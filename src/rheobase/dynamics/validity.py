"""Which models this lens can look at; the others are refused with the reason and what to do."""

from __future__ import annotations

import numpy as np

from rheobase.model.derivative import differentiate
from rheobase.model.distribution import Distribution
from rheobase.model.equations import Equation, Equations
from rheobase.model.errors import ModelError
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Expression, Name, calls, names, substitute
from rheobase.model.functions import RANDOM
from rheobase.model.network import Network, Population, nearest
from rheobase.model.neuron import Neuron


def unknown_parameter(neuron: Neuron, name: str) -> ModelError:
    """The refusal of a name that is no parameter."""
    called = f"'{neuron.name}'" if neuron.name else "this neuron"
    if name in neuron.states:
        return ModelError(f"'{name}' is a state of {called}, not a parameter; it has: {_listed(neuron)}")
    return ModelError(f"{called} has no parameter '{name}'{nearest(name, neuron.parameters) or _has(neuron)}")


def _has(neuron: Neuron) -> str:
    return f"; it has: {_listed(neuron)}"


def _listed(neuron: Neuron) -> str:
    return ", ".join(neuron.parameters) or "none"


def require_neuron(model: object) -> None:
    """Refuse what is no neuron, with what to do."""
    if isinstance(model, Neuron):
        return
    if isinstance(model, Network | Population):
        raise ModelError(
            "this lens looks at one neuron, not at a network; give it the neuron of a population, such as "
            "network.populations[0].neuron"
        )
    hint = f"; models of the library are made by library.make({model!r})" if isinstance(model, str) else ""
    raise ModelError(f"a Neuron is needed, but {type(model).__name__} was given{hint}")


def require_autonomous(neuron: Neuron) -> None:
    """Refuse equations with time, noise, random numbers or the time step."""
    if not neuron.states:
        raise ModelError("the neuron has no differential equation, so it has no dynamics")
    for equation in _right_hand_sides(neuron.equations):
        used = names(_tree(equation))
        where = f"the equation of '{equation.name}' (line {equation.line})"
        if "t" in used:
            raise ModelError(
                f"{where} contains the time t, so the neuron has no equilibria of its own; write the input as a "
                "parameter, such as 'I : pA', and give its time course to simulate as a CurrentInput"
            )
        if "dt" in used:
            raise ModelError(f"{where} contains the time step dt, so it has no meaning without a simulation")
        random = calls(_tree(equation)) & RANDOM
        if random:
            raise ModelError(f"{where} calls {sorted(random)[0]}(); this lens needs equations without chance")
    _require_quiet(neuron)


def _require_quiet(neuron: Neuron) -> None:
    """Noise is accepted where its strength is zero."""
    loud = [name for name in neuron.noise if _strength(neuron, name)]
    if not loud:
        return
    parts = {
        name for e in _right_hand_sides(neuron.equations) if set(loud) & names(_tree(e)) for name in names(_tree(e))
    }
    knobs = [name for name in neuron.parameters if name in parts and _silences(neuron, name, loud)]
    how = f"switch it off with neuron.with_({knobs[0]}=0)" if knobs else f"drop the term with {loud[0]}"
    raise ModelError(f"this neuron has white noise ({', '.join(loud)}), and this lens looks at it without; {how}")


def _silences(neuron: Neuron, name: str, noise: list[str]) -> bool:
    """Whether a parameter at zero takes all noise away."""
    return not any(_strength(neuron, xi, {name: 0.0}) for xi in noise)


def _strength(neuron: Neuron, noise: str, changes: dict[str, float] | None = None) -> bool:
    """Whether the noise acts on any state, at the start values or a little beside them."""
    inner: dict[str, Expression] = {}
    slopes = []
    definitions: dict[str, Expression] = {}
    for equation in neuron.equations.subexpressions:
        definitions[equation.name] = substitute(_tree(equation), definitions)
        inner[equation.name] = differentiate(definitions[equation.name], noise)
    for equation in neuron.equations.differential:
        slopes.append(differentiate(substitute(_tree(equation), definitions), noise))
    values = {"t": 0.0, "lastspike": -np.inf, "not_refractory": 1.0, "dt": 0.1, "i": 0.0, "N": 1.0}
    values |= {name: _number(value) for name, value in neuron.parameters.items()} | (changes or {})
    values |= dict.fromkeys(neuron.noise, 0.0)
    for shift in (0.0, 0.1, 1.7):
        point = {state: _number(neuron.initial[state]) * (1 + shift) + shift for state in neuron.states}
        if any(np.any(evaluate(slope, {**values, **point})) for slope in slopes):
            return True
    return False


def _number(value: object) -> float:
    return 1.0 if isinstance(value, Distribution) else float(np.mean(np.asarray(value, dtype=float)))


def require_numbers(neuron: Neuron) -> None:
    """Refuse parameters that differ from neuron to neuron."""
    for name, value in neuron.parameters.items():
        if isinstance(value, Distribution) or np.ndim(value):
            raise ModelError(
                f"parameter '{name}' differs from neuron to neuron; give it one number, "
                f"such as neuron.with_({name}=...)"
            )


def _right_hand_sides(equations: Equations) -> tuple[Equation, ...]:
    return (*equations.subexpressions, *equations.differential)


def _tree(equation: Equation) -> Expression:
    return equation.expression if equation.expression is not None else Name(equation.name)
