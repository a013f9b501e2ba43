"""Which integrator, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.cell import Cell
from rheobase.model.errors import ModelError
from rheobase.model.expression import Binary, Expression, names
from rheobase.model.shape import CONSTANT, CURVED, LINEAR, degree

#: Every integrator and what it is.
METHODS = {
    "exact": "the propagator of linear equations, exact at any time step",
    "exponential_euler": "x + f dt exprel(dt df/dx) for each variable; first order, stable for stiff gating variables",
    "rk4": "classical Runge-Kutta of fourth order",
    "heun": "predictor-corrector, second order; with noise it converges to the Stratonovich solution",
    "euler": "explicit Euler(-Maruyama), first order; multiplicative noise in the sense of Ito",
    "two_half_steps": "two Euler half steps of the first variable, then one Euler step of the others (Izhikevich 2003)",
}


@dataclass(frozen=True)
class Choice:
    """An integrator and the reason for it."""

    method: str
    reason: str


def choose(cell: Cell, requested: str = "auto") -> Choice:
    """The integrator for a cell.

    Raises
    ------
    ModelError
        An unknown method, or one that does not fit the equations.
    """
    if requested == "auto":
        return _best(cell)
    if requested not in METHODS:
        raise ModelError(f"there is no integration method {requested!r}; there are: auto, {', '.join(METHODS)}")
    if requested == "exact" and not is_affine(cell):
        raise ModelError(
            "method 'exact' needs equations that are linear in the states; use 'rk4' or 'exponential_euler'"
        )
    if requested == "rk4" and cell.noise:
        raise ModelError("method 'rk4' cannot integrate white noise; use 'heun'")
    if requested in ("exponential_euler",) and cell.noise and not has_additive_noise(cell):
        raise ModelError("method 'exponential_euler' needs noise whose strength is constant; use 'heun'")
    return Choice(requested, "as asked for")


def _best(cell: Cell) -> Choice:
    if is_affine(cell):
        return Choice(
            "exact", "the equations are linear below threshold, so their propagator is exact at any time step"
        )
    additive = has_additive_noise(cell)
    if is_conditionally_linear(cell) and additive:
        return Choice(
            "exponential_euler", "each equation is linear in its own variable, so it can be stiff and stay stable"
        )
    if not cell.noise:
        return Choice("rk4", "the equations are nonlinear and without noise")
    return Choice("heun", "the equations are nonlinear with white noise, read in the sense of Stratonovich")


def _degrees(cell: Cell, moving: tuple[str, ...]) -> dict[str, int]:
    degrees = dict.fromkeys(("t", "lastspike", "not_refractory"), CURVED)
    degrees |= dict.fromkeys((*moving, *cell.draws, *(name for _, name in cell.courses)), LINEAR)
    for name, tree in cell.subexpressions:
        degrees[name] = degree(tree, degrees)
    return degrees


def is_affine(cell: Cell) -> bool:
    """Whether all equations are linear in states, noise and time courses, with constant coefficients."""
    if (set(cell.draws) - set(cell.noise)) & _used_in_equations(cell):
        return False
    degrees = _degrees(cell, cell.states)
    return all(degree(tree, degrees) < CURVED for tree in cell.derivatives.values())


def _used_in_equations(cell: Cell) -> set[str]:
    trees = [*cell.derivatives.values()]
    return set().union(*(names(tree) for tree in (*trees, *(tree for _, tree in cell.needed(trees)))))


def is_conditionally_linear(cell: Cell) -> bool:
    """Whether each equation is linear in its own variable when the others are held."""
    for state, tree in cell.derivatives.items():
        degrees = _degrees(cell, (state,))
        for name in cell.draws:
            degrees[name] = CONSTANT
        if degree(tree, degrees) >= CURVED:
            return False
    return bool(cell.derivatives)


def has_additive_noise(cell: Cell) -> bool:
    """Whether no state multiplies the noise (true without noise)."""
    trees = [*cell.derivatives.values()]
    for name in cell.noise:
        degrees: dict[str, int] = {name: LINEAR} | dict.fromkeys((*cell.states, "t"), CONSTANT)
        moving = dict.fromkeys(cell.states, LINEAR)
        for sub, tree in cell.subexpressions:
            degrees[sub], moving[sub] = degree(tree, degrees), degree(tree, moving)
        for tree in trees:
            if _multiplies(tree, degrees, moving):
                return False
    return True


def _multiplies(tree: Expression, noisy: Mapping[str, int], moving: Mapping[str, int]) -> bool:
    """Whether a product (or any other function) mixes noise with a state."""
    if degree(tree, noisy) == CONSTANT or degree(tree, moving) == CONSTANT:
        return False
    if isinstance(tree, Binary) and tree.op in "+-":
        return _multiplies(tree.left, noisy, moving) or _multiplies(tree.right, noisy, moving)
    return True


def require_stable_euler(jacobian: NDArray[np.float64], dt: float, states: tuple[str, ...]) -> None:
    """Refuse explicit Euler where ``|1 + dt lambda| > 1`` for a decaying mode of the equations.

    Raises
    ------
    ModelError
        Naming a step that works: for a relaxation with time constant tau that is dt <= 2 tau.
    """
    modes = np.linalg.eigvals(jacobian)
    decaying = modes[modes.real < 0]
    if decaying.size == 0 or np.all(np.abs(1 + dt * decaying) <= 1 + 1e-12):
        return
    limit = float(np.min(-2 * decaying.real / np.abs(decaying) ** 2))
    raise ModelError(
        f"explicit Euler is unstable with dt = {dt:g} ms for the equations of {', '.join(states)}: the largest stable "
        f"step is {limit:.4g} ms (twice the shortest time constant). Use dt = {limit / 4:.2g}*ms, or "
        "method='exact' or 'exponential_euler'"
    )
