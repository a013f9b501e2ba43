"""Equilibria as the roots of one function of one variable, where the other equations can be solved in order."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.model.expression import names
from rheobase.model.shape import LINEAR, System, degree

Vector = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Reduction:
    """An order in which an equilibrium's states follow from one of them.

    Attributes
    ----------
    given
        The state that is scanned.
    levels
        Pairs (equation, state), level by level: each equation contains, besides its state, only the given one and
        those of earlier levels, and is linear in its state.
    left
        The equation that remains: its right-hand side is the function of which the roots are looked for.
    """

    given: int
    levels: tuple[tuple[Pair, ...], ...]
    left: int

    def solve(self, field: VectorField, x: Vector, p: Any) -> tuple[Vector, NDArray[np.bool_]]:
        """All states (n, points) for values of the given one, and for each pair whether it could be solved."""
        states = np.repeat(field.start[:, None], x.size, axis=1)
        states[self.given] = x
        return states, self.fill(field, states, p)

    def fill(self, field: VectorField, states: Vector, p: Any) -> NDArray[np.bool_]:
        """Solve for all states of the levels, in place; whether each pair could be solved."""
        solvable = []
        for level in self.levels:
            columns = [state for _, state in level]
            low, high = states, states.copy()
            step = np.maximum(1.0, np.abs(field.start[columns]))[:, None]
            high[columns] += step
            at_low, at_high = field.rhs(low, p), field.rhs(high, p)
            for (equation, state), width in zip(level, step, strict=True):
                with np.errstate(all="ignore"):
                    rise = at_high[equation] - at_low[equation]
                    states[state] -= at_low[equation] * width / rise
                    size = np.abs(at_high[equation]) + np.abs(at_low[equation])
                known = np.isfinite(rise)
                solvable.append(bool(np.any(known)) and bool(np.all(np.abs(rise[known]) > 1e-12 * size[known])))
        return np.array(solvable, dtype=bool)

    def value(self, field: VectorField, x: Vector, p: Any) -> tuple[Vector, Vector, Vector]:
        """The remaining right-hand side, its total derivative by the given state, and all states."""
        states, _ = self.solve(field, x, p)
        slopes = field.jacobian(states, p)
        change: dict[int, Vector] = {self.given: np.ones_like(x)}
        with np.errstate(all="ignore"):
            for level in self.levels:
                new = {
                    state: -sum(slopes[equation, other] * dx for other, dx in change.items()) / slopes[equation, state]
                    for equation, state in level
                }
                change |= new
            total = sum(slopes[self.left, other] * dx for other, dx in change.items())
        return field.rhs(states, p)[self.left], np.asarray(total), states


def reductions(field: VectorField) -> Generator[Reduction, tuple[Pair, ...], None]:
    """The possible reductions, the one by the voltage first.

    After one that turned out not to be solvable, send the pairs to avoid.
    """
    shapes = _Shapes.of(field)
    order = sorted(range(field.n), key=lambda at: field.states[at] != field.voltage)
    for given in order:
        banned: set[Pair] = set()
        while (found := shapes.reduce(given, banned)) is not None:
            refused = yield found
            if not refused:
                break
            banned |= set(refused)


def partial_reduction(field: VectorField) -> Reduction:
    """What can be solved for once the voltage, and further states where nothing else helps, are given.

    No equation is ``left`` by itself, and ``given`` is the voltage.
    """
    shapes, voltage = _Shapes.of(field), field.states.index(field.voltage)
    known, levels = {voltage}, []
    while len(known) < field.n:
        level = tuple(
            (at, at)
            for at in range(field.n)
            if at not in known and shapes.contains[at] <= known | {at} and at in shapes.linear[at]
        )
        levels += [level] if level else []
        known |= {at for at, _ in level} or {next(at for at in range(field.n) if at not in known)}
    return Reduction(voltage, tuple(levels), -1)


@dataclass(frozen=True)
class _Shapes:
    """Which states each equation contains, and in which it is linear."""

    contains: tuple[frozenset[int], ...]
    linear: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, field: VectorField) -> _Shapes:
        system = System.of(field.neuron.equations)
        inside: dict[str, frozenset[int]] = {state: frozenset([at]) for at, state in enumerate(field.states)}
        nothing: frozenset[int] = frozenset()
        for name, tree in system.subexpressions:
            inside[name] = nothing.union(*(inside.get(part, nothing) for part in names(tree)))
        trees = [system.derivatives[state] for state in field.states]
        contains = tuple(nothing.union(*(inside.get(part, nothing) for part in names(tree))) for tree in trees)
        degrees = [system.degrees([state]) for state in field.states]
        linear = tuple(
            frozenset(at for at in contains[row] if degree(tree, degrees[at]) == LINEAR)
            for row, tree in enumerate(trees)
        )
        return cls(contains, linear)

    def reduce(self, given: int, banned: set[Pair]) -> Reduction | None:
        """Solve what can be solved, level by level; an equation is used for its own state where possible."""
        n = len(self.contains)
        known, equations = {given}, set(range(n))
        levels: list[tuple[Pair, ...]] = []
        while len(known) < n:
            level: list[Pair] = []
            for own in (True, False):
                for equation in sorted(equations - {pair[0] for pair in level}):
                    unknown = self.contains[equation] - known
                    if len(unknown) != 1 or unknown & {pair[1] for pair in level}:
                        continue
                    (state,) = unknown
                    if (state == equation) == own and state in self.linear[equation]:
                        level += [(equation, state)] if (equation, state) not in banned else []
                if level:
                    break
            if not level:
                return None
            known |= {state for _, state in level}
            equations -= {equation for equation, _ in level}
            levels.append(tuple(level))
        return Reduction(given, tuple(levels), next(iter(equations)))
