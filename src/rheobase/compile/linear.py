r"""The propagator of linear equations.

.. math::
    \dot x = A x + b + D u + B \xi,\qquad x(t+dt) = e^{A dt} x + Q (b + D u) + L n,\quad Q = \int_0^{dt} e^{A s} ds

with input courses ``u`` held over the step, standard normals ``n`` and
:math:`L L^T = \int_0^{dt} e^{As} B B^T e^{A^T s} ds`; see `rheobase.numerics.flow`. While refractory, the rows of
states that stand still are 0, which gives a second set of coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.cell import Cell
from rheobase.errors import ModelError
from rheobase.model.derivative import differentiate, simplify
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Expression, Number, names, substitute
from rheobase.numerics.flow import flow

ACTIVE = "rb_active"


@dataclass(frozen=True)
class Structure:
    """Which coefficients are not 0, read off the equations; their names, and the lines that apply them.

    A name is ``rb_P_x_y`` (propagator), ``rb_K_x`` (constant input), ``rb_G_x_u`` (course), ``rb_L_x_n`` (noise);
    with ``F`` in front of the letter where it holds while refractory.
    """

    states: tuple[str, ...]
    frozen: frozenset[str]
    reach: Mapping[str, frozenset[str]]  # states that influence a state within a step, itself included
    forced: frozenset[str]  # states with constant input of their own
    driven: Mapping[str, frozenset[str]]  # courses that enter a state directly
    noisy: Mapping[str, frozenset[str]]  # noise variables that enter a state directly

    @property
    def normals(self) -> tuple[str, ...]:
        """One standard normal for each state that noise reaches."""
        return tuple(f"rb_normal{k}" for k in range(len(self._reached_by_noise)))

    @property
    def _reached_by_noise(self) -> list[str]:
        return [x for x in self.states if any(self.noisy[y] for y in self.reach[x])]

    def terms(self, x: str, refractory: bool = False) -> list[tuple[str, str]]:
        """Coefficient and factor of every term of the next ``x``; the factor of a constant is empty."""
        f = "F" if refractory else ""
        terms = [(f"rb_{f}P_{x}_{y}", y) for y in self.states if y in self.reach[x]]
        if self.reach[x] & self.forced:
            terms.append((f"rb_{f}K_{x}", ""))
        courses = sorted(set().union(*(self.driven[y] for y in self.reach[x])))
        terms += [(f"rb_{f}G_{x}_{u}", u) for u in courses]
        reached = self._reached_by_noise
        if x in reached:
            terms += [(f"rb_{f}L_{x}_{k}", f"rb_normal{k}") for k in range(reached.index(x) + 1)]
        return terms

    def differs(self, x: str) -> bool:
        """Whether the next ``x`` is another while refractory."""
        return bool(self.reach[x] & self.frozen)

    @property
    def coefficients(self) -> list[str]:
        return list(dict.fromkeys(name for x in self.states for name in self._names(x)))

    def _names(self, x: str) -> list[str]:
        names_ = [name for name, _ in self.terms(x)]
        if self.differs(x) and x not in self.frozen:
            names_ += [name for name, _ in self.terms(x, refractory=True)]
        return names_

    def lines(self, refractory: bool) -> list[str]:
        """Source lines for the next values of all states."""
        lines = []
        for x in self.states:
            value = _total(self.terms(x))
            if refractory and x in self.frozen:
                value = f"select({ACTIVE}, {value}, {x})"
            elif refractory and self.differs(x):
                value = f"select({ACTIVE}, {value}, {_total(self.terms(x, refractory=True))})"
            lines.append(f"rb_next_{x} = {value}")
        return lines + [f"{x} = rb_next_{x}" for x in self.states]


def _total(terms: list[tuple[str, str]]) -> str:
    return " + ".join(f"{name}*{factor}" if factor else name for name, factor in terms)


def structure_of(cell: Cell) -> Structure:
    """The pattern of a linear cell."""
    equations = inlined(cell)
    states = cell.states
    direct = {x: names(tree) for x, tree in equations.items()}
    reach = {x: _reached(x, direct, states) for x in states}
    zero: dict[str, Expression] = {name: Number(0.0) for name in (*states, *cell.noise, *_courses(cell))}
    forced = {x for x, tree in equations.items() if simplify(substitute(tree, zero)) != Number(0.0)}
    return Structure(
        states=states,
        frozen=cell.frozen if cell.refractory is not None else frozenset(),
        reach=reach,
        forced=frozenset(forced),
        driven={x: direct[x] & set(_courses(cell)) for x in states},
        noisy={x: direct[x] & set(cell.noise) for x in states},
    )


def inlined(cell: Cell) -> dict[str, Expression]:
    """The derivatives with all intermediate quantities put in."""
    inner: dict[str, Expression] = {}
    for name, tree in cell.subexpressions:
        inner[name] = substitute(tree, inner)
    return {x: substitute(tree, inner) for x, tree in cell.derivatives.items()}


def _courses(cell: Cell) -> tuple[str, ...]:
    return tuple(name for _, name in cell.courses)


def _reached(x: str, direct: Mapping[str, frozenset[str]], states: tuple[str, ...]) -> frozenset[str]:
    found, stack = {x}, [x]
    while stack:
        for y in direct[stack.pop()] & set(states):
            if y not in found:
                found.add(y)
                stack.append(y)
    return frozenset(found)


def coefficients(cell: Cell, structure: Structure, values: Mapping[str, Any], dt: float) -> dict[str, Any]:
    """Numbers for the coefficient names of `Structure`: floats, or one a neuron where a parameter has one a neuron.

    Parameters
    ----------
    values
        The cell's parameters, internal units; floats or arrays of one length.
    """
    shapes = [np.shape(value) for value in values.values() if np.ndim(value)]
    n = shapes[0][0] if shapes else 1
    with np.errstate(divide="ignore", invalid="ignore"):
        linear = _matrices(cell, values, n)
    if not all(np.isfinite(part).all() for part in (linear.A, linear.b, linear.D, linear.B)):
        raise ModelError(
            f"the equations of {', '.join(cell.states)} have no finite coefficients with these parameters; "
            "is a time constant, capacitance or resistance 0?"
        )
    found: dict[str, Any] = {}
    for f in ("", "F"):
        matrices = _frozen(linear, structure) if f else linear
        found |= _named(structure, matrices, dt, f)
    wanted = {name: found[name] for name in structure.coefficients}
    return {name: value if shapes else float(value[0]) for name, value in wanted.items()}


@dataclass(frozen=True)
class _Matrices:
    """A, b, D, B of every neuron: leading axis n."""

    A: NDArray[np.floating]
    b: NDArray[np.floating]
    D: NDArray[np.floating]
    B: NDArray[np.floating]


def _matrices(cell: Cell, values: Mapping[str, Any], n: int) -> _Matrices:
    equations = inlined(cell)
    zero = dict(values) | dict.fromkeys((*cell.states, *cell.noise, *_courses(cell)), 0.0)

    def column(tree: Expression, by: str) -> NDArray[np.floating]:
        return np.broadcast_to(evaluate(simplify(differentiate(tree, by)), zero), (n,))

    def table(inputs: tuple[str, ...]) -> NDArray[np.floating]:
        result = np.zeros((n, len(equations), len(inputs)))
        for i, tree in enumerate(equations.values()):
            for j, by in enumerate(inputs):
                result[:, i, j] = column(tree, by)
        return result

    constant = np.stack([np.broadcast_to(evaluate(tree, zero), (n,)) for tree in equations.values()], axis=1)
    return _Matrices(table(cell.states), constant, table(_courses(cell)), table(cell.noise))


def _frozen(m: _Matrices, structure: Structure) -> _Matrices:
    """The equations while refractory: rows that stand still are 0."""
    keep = np.array([0.0 if x in structure.frozen else 1.0 for x in structure.states])[None, :, None]
    return _Matrices(m.A * keep, m.b * keep[..., 0], m.D * keep, m.B * keep)


def _named(structure: Structure, m: _Matrices, dt: float, f: str) -> dict[str, NDArray[np.floating]]:
    states = structure.states
    propagator, integral, covariance = flow(m.A, m.B @ np.swapaxes(m.B, -1, -2), dt)
    constant = np.einsum("nij,nj->ni", integral, m.b)
    driven = integral @ m.D
    courses = sorted(set().union(*structure.driven.values()))
    found = {f"rb_{f}P_{x}_{y}": propagator[:, i, j] for i, x in enumerate(states) for j, y in enumerate(states)}
    found |= {f"rb_{f}K_{x}": constant[:, i] for i, x in enumerate(states)}
    found |= {f"rb_{f}G_{x}_{u}": driven[:, i, k] for i, x in enumerate(states) for k, u in enumerate(courses)}
    reached = [states.index(x) for x in structure._reached_by_noise]
    if reached:
        root = _lower_root(covariance[:, reached][:, :, reached])
        for i, row in enumerate(reached):
            found |= {f"rb_{f}L_{states[row]}_{k}": root[:, i, k] for k in range(i + 1)}
    return found


def _lower_root(covariance: NDArray[np.floating]) -> NDArray[np.floating]:
    """Lower triangular root of positive semidefinite matrices; Cholesky that leaves out what has no variance."""
    k = covariance.shape[-1]
    root = np.zeros_like(covariance)
    for j in range(k):
        rest = covariance[:, j, j] - np.sum(root[:, j, :j] ** 2, axis=1)
        pivot = np.sqrt(np.maximum(rest, 0.0))
        floor = 1e-14 * np.sqrt(np.maximum(covariance[:, j, j], 0.0))
        root[:, j, j] = pivot
        for i in range(j + 1, k):
            cross = covariance[:, i, j] - np.sum(root[:, i, :j] * root[:, j, :j], axis=1)
            root[:, i, j] = np.where(pivot > floor, cross / np.where(pivot > floor, pivot, 1.0), 0.0)
    return root
