"""A neuron's right-hand side and its derivatives as functions, for any target."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.cache import load
from rheobase.compile.printer import Target, safe_names, show
from rheobase.compile.share import Program, share
from rheobase.model.algebra import ZERO
from rheobase.model.derivative import differentiate, without
from rheobase.model.errors import ModelError
from rheobase.model.expression import Expression, Name, Number, calls, names, substitute
from rheobase.model.functions import RANDOM
from rheobase.model.neuron import Neuron
from rheobase.model.scope import is_noise

Function = Callable[[Any, Any, float], Any]

# What the names of a running simulation are for an isolated neuron that has never fired.
_ALONE: dict[str, Expression] = {
    "i": Number(0.0), "N": Number(1.0), "lastspike": Number(-math.inf), "not_refractory": Number(1.0),
}  # fmt: skip

_WRAPPERS = {
    "numba": (
        "rhs = njit(forceinline=True, error_model='numpy')(rhs)\n\n\n"
        "@njit(cache=True, error_model='numpy', nogil=True)\ndef vector(state, parameters, t):\n"
        "    return np.array(rhs({arguments}))\n"
    ),
    "numpy": (
        "def vector(state, parameters, t):\n"
        "    with np.errstate(all='ignore'):\n"
        "        results = rhs({arguments})\n"
        "    return np.stack(np.broadcast_arrays(*results, state[0])[:-1])\n"
    ),
    "python": ("def vector(state, parameters, t):\n    return np.array(rhs({arguments}))\n"),
    "jax": (
        "def vector(state, parameters, t):\n"
        "    results = rhs({arguments})\n"
        "    return jnp.stack(jnp.broadcast_arrays(*results, state[0])[:-1])\n"
    ),
}


def right_hand_side(neuron: Neuron, target: str = "numba") -> Function:
    """The time derivatives of a neuron's states, without noise.

    Parameters
    ----------
    neuron
        The model.
    target
        ``python`` (one state, at once), ``numba`` (one state, compiled), ``numpy`` or ``jax`` (one state or many).

    Returns
    -------
    f : callable
        ``f(state, parameters, t)``: ``state`` has the shape (n_states,) or, for NumPy and JAX, (n_states, n_points);
        the parameters stand in the order of ``neuron.parameters`` (see `parameter_vector`); all in internal units
        (mV, ms). The result has the shape of ``state``.

    Raises
    ------
    ModelError
        If the right-hand side draws random numbers or depends on the time step.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> f = right_hand_side(Neuron("dx/dt = -x/(10*ms) : 1"), "numpy")
    >>> f([2.0], [], 0.0)
    array([-0.2])
    """
    definitions, results = _equations(neuron)
    return _function(
        neuron, target, share(definitions, results, _arguments(neuron)), [f"d{v}_dt" for v in neuron.states]
    )


def jacobian(neuron: Neuron, target: str = "numba") -> Function:
    """The derivatives of the right-hand side with respect to the states: ``f(state, parameters, t)[i, j]``.

    The arguments are those of `right_hand_side`, the result has the shape (n_states, n_states) or, for many points,
    (n_states, n_states, n_points).
    """
    return derivative(neuron, 1, target)


def derivative(neuron: Neuron, order: int, target: str = "numba", by: Sequence[str] | None = None) -> Function:
    """All derivatives of an order (1 to 3) of the right-hand side: ``f(state, parameters, t)[i, j, k, ...]``.

    The first index is the equation, the others are the names in ``by``, states or parameters; the tensor is symmetric
    in them. Without ``by`` they are the states. The derivatives are those of the equations' own trees, so they are
    exact.

    Raises
    ------
    ValueError
        For any other order.
    """
    if order not in (1, 2, 3):
        raise ValueError(f"derivatives are there to third order, not {order}")
    variables = neuron.states if by is None else tuple(by)
    n = len(variables)
    definitions, slopes = _derivatives(neuron, order, variables)
    # The first result is the 0 that fills every place where nothing depends on anything.
    index = np.zeros((neuron.n_states, *(n,) * order), dtype=np.intp)
    results: list[Expression] = [ZERO]
    for place in np.ndindex(index.shape):
        slope = slopes[place[0], tuple(sorted(place[1:]))]
        if slope != ZERO and list(place[1:]) == sorted(place[1:]):
            index[place] = len(results)
            results.append(slope)
    for place in np.ndindex(index.shape):
        index[place] = index[(place[0], *sorted(place[1:]))]
    labels = [f"slope_{at}" for at in range(len(results))]
    flat = _function(neuron, target, share(definitions, results, _arguments(neuron)), labels)

    def tensor(state: Any, parameters: Any, t: float = 0.0) -> Any:
        return flat(state, parameters, t)[index]

    return tensor


def parameter_vector(neuron: Neuron) -> NDArray[np.float64]:
    """The parameters as the generated functions take them, in the order of ``neuron.parameters``.

    Raises
    ------
    ModelError
        If one of them differs from neuron to neuron.
    """
    for name, value in neuron.parameters.items():
        if not isinstance(value, float | int):
            raise ModelError(
                f"parameter '{name}' is not one number, so there is no single right-hand side; give it a number"
            )
    return np.array([float(value) for value in neuron.parameters.values()])  # type: ignore[arg-type]


def source_text(neuron: Neuron, target: str = "numba") -> str:
    """The generated source of the right-hand side."""
    definitions, results = _equations(neuron)
    program = share(definitions, results, _arguments(neuron))
    return _source(neuron, target, program, [f"d{v}_dt" for v in neuron.states])


def _equations(neuron: Neuron) -> tuple[dict[str, Expression], list[Expression]]:
    definitions = {e.name: _alone(e.expression) for e in neuron.equations.subexpressions}
    if not neuron.states:
        raise ModelError("the neuron has no differential equation, so it has no right-hand side")
    return definitions, [_alone(e.expression) for e in neuron.equations.differential]


def _alone(expression: Expression | None) -> Expression:
    """The tree of one neuron by itself: without noise, never refractory."""
    assert expression is not None  # a parameter has none; these are states and intermediate quantities
    random = calls(expression) & RANDOM
    if random:
        raise ModelError(
            f"the equations call {sorted(random)[0]}(), so they have no right-hand side without a simulation"
        )
    if "dt" in names(expression):
        raise ModelError("the equations use the time step dt, so they have no right-hand side without a simulation")
    noise = frozenset(name for name in names(expression) if is_noise(name))
    return substitute(without(expression, noise) if noise else expression, _ALONE)


def _derivatives(
    neuron: Neuron, order: int, variables: Sequence[str]
) -> tuple[dict[str, Expression], dict[tuple[int, tuple[int, ...]], Expression]]:
    """Derivatives by forward accumulation: those of intermediate quantities get names of their own.

    ``slopes[i, (j, k)]`` is the derivative of equation i with respect to variables j and k.
    """
    definitions, results = _equations(neuron)
    taken = {*definitions, *_arguments(neuron)}
    level: dict[tuple[str, tuple[int, ...]], Expression] = {(name, ()): tree for name, tree in definitions.items()}
    values: dict[tuple[int, tuple[int, ...]], Expression] = {(i, ()): tree for i, tree in enumerate(results)}
    program = dict(definitions)
    inner: list[dict[str, Expression]] = [{} for _ in variables]  # derivative of each named quantity by each state
    label: dict[tuple[str, tuple[int, ...]], str] = {(name, ()): name for name in definitions}
    for degree in range(1, order + 1):
        next_level: dict[tuple[str, tuple[int, ...]], Expression] = {}
        for (name, place), tree in level.items():
            for j in range(len(variables)):
                key = (name, tuple(sorted((*place, j))))
                if key not in next_level:
                    next_level[key] = differentiate(tree, variables[j], inner[j])
                    if next_level[key] != ZERO:
                        label[key] = _label(name, [variables[at] for at in key[1]], taken)
                        program[label[key]] = next_level[key]
                slope: Expression = Name(label[key]) if key in label else ZERO
                if (name, place) in label:
                    inner[j][label[name, place]] = slope
        level = next_level
        values = {
            (i, (*place, j)): differentiate(tree, variables[j], inner[j])
            for (i, place), tree in values.items()
            for j in range(len(variables))
            if not place or j >= place[-1]
        }
        if degree == order:
            break
    return program, values


def _label(name: str, variables: Sequence[str], taken: set[str]) -> str:
    label = f"{name}_by_{'_'.join(variables)}"
    while label in taken:
        label += "_"
    taken.add(label)
    return label


def _arguments(neuron: Neuron) -> list[str]:
    return [*neuron.states, *neuron.parameters, "t"]


def _target(name: str) -> Target:
    """The table of a target; each is loaded only when it is asked for."""
    if name == "numba":
        from rheobase.compile.numba_printer import NUMBA

        return NUMBA
    if name == "python":
        from rheobase.compile.python_printer import PYTHON

        return PYTHON
    if name == "numpy":
        from rheobase.compile.numpy_printer import NUMPY

        return NUMPY
    if name == "jax":
        from rheobase.compile.jax_printer import JAX

        return JAX
    raise ValueError(f"there is no target '{name}'; there are python, numba, numpy and jax")


def _function(neuron: Neuron, target: str, program: Program, labels: Sequence[str]) -> Function:
    return load(_source(neuron, target, program, labels), name_hint=f"{neuron.name or 'neuron'}_{target}").vector


def _source(neuron: Neuron, target: str, program: Program, labels: Sequence[str]) -> str:
    """``rhs`` takes scalars and returns a tuple; ``vector`` takes and returns arrays."""
    table = _target(target)
    arguments = _arguments(neuron)
    locals_ = [step for step, _ in program.steps]
    spelling = safe_names([*arguments, *locals_], table)
    outputs = safe_names(labels, replace(table, helpers=table.helpers | set(spelling.values())))
    lines = [table.head, "", "", f"def rhs({', '.join(spelling[argument] for argument in arguments)}):"]
    lines += [f"    {spelling[step]} = {show(tree, table, spelling)}" for step, tree in program.steps]
    lines += [
        f"    {outputs[label]} = {show(tree, table, spelling)}"
        for label, tree in zip(labels, program.results, strict=True)
    ]
    shown = ", ".join(outputs[label] for label in labels)
    lines += [f"    return ({shown}{',' if len(labels) == 1 else ''})", "", ""]
    states = [f"state[{at}]" for at in range(neuron.n_states)]
    values = [f"parameters[{at}]" for at in range(len(neuron.parameters))]
    return "\n".join(lines) + _WRAPPERS[target].format(arguments=", ".join([*states, *values, "t"]))
