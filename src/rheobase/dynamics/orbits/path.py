"""One orbit of the bare flow, forward or backward, as a smooth curve that ends where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField

Array = NDArray[np.float64]

_WITHIN = np.array([0.25, 0.5, 0.75, 1.0])
_HALVINGS = 60


@dataclass(frozen=True)
class Path:
    """Times (k,) in ms, counted from 0 in the direction of the integration, the states (n, k) and why it ended.

    ``end`` is the name of the rule that ended it, or ``time``, ``steps`` or ``infinite``.
    """

    times: Array
    states: Array
    end: str


def path(
    field: VectorField, start: Array, duration: float, rules: dict[str, Callable[[Array], float]], *,
    backward: bool = False, rtol: float = 1e-10, most: int = 20_000,
) -> Path:  # fmt: skip
    """Follow the flow until a rule, a function of the state, changes from negative to positive.

    The method is that of order 8 of Dormand and Prince (Hairer, Norsett & Wanner 1993, section II.10); the end is
    located on its interpolant.
    """
    walk = _Walk(field, start, duration, rules, -1.0 if backward else 1.0, rtol)
    for _ in range(most):
        if end := walk.step():
            return walk.path(end)
    return walk.path("steps")


class _Walk:
    """The integration so far."""

    def __init__(
        self, field: VectorField, start: Array, duration: float, rules: dict[str, Callable[[Array], float]],
        sign: float, rtol: float,
    ):  # fmt: skip
        self.field, self.duration, self.rules, self.sign, self.rtol = field, duration, rules, sign, rtol
        self.atol: Any = rtol * np.maximum(1e-3, np.abs(start))
        self.times, self.states = [0.0], [np.asarray(start, dtype=float)]
        self.before = {name: rule(start) for name, rule in rules.items()}
        self.begin()

    def begin(self) -> None:
        """Start the solver at the last state with its clock at 0, which can then take the shortest steps."""
        from scipy.integrate import DOP853

        self.since = self.times[-1]
        with np.errstate(all="ignore"):
            self.solver = DOP853(
                lambda t, x: self.sign * self.field.rhs(x), 0.0, self.states[-1], self.duration - self.since,
                rtol=self.rtol, atol=self.atol,
            )  # fmt: skip

    def step(self) -> str:
        """One step; why the integration ends with it, or nothing."""
        with np.errstate(all="ignore"):
            self.solver.step()
        if self.solver.status == "failed" or not np.all(np.isfinite(self.solver.y)):
            if self.times[-1] == self.since:
                return "infinite"
            self.begin()  # close to a moment at which a solution is infinite, time needs more digits than it has
            return ""
        between, first, last = self.solver.dense_output(), float(self.solver.t_old or 0.0), float(self.solver.t)
        now = {name: rule(self.solver.y) for name, rule in self.rules.items()}
        ended = [name for name in self.rules if self.before[name] < 0.0 <= now[name]]
        cuts = [(_located(self.rules[name], between, first, last), name) for name in ended]
        stop, end = min(cuts) if cuts else (last, "time" if self.solver.status == "finished" else "")
        new = first + _WITHIN * (stop - first)
        self.times += (self.since + new).tolist()
        self.states += list(between(new).T)
        self.before = now
        return end

    def path(self, end: str) -> Path:
        return Path(np.array(self.times), np.stack(self.states, axis=1), end)


def _located(rule: Callable[[Array], float], between: Callable[[float], Array], first: float, last: float) -> float:
    """The time within a step at which a rule becomes true."""
    from rheobase.numerics.bracket import root

    low, high = rule(between(first)), rule(between(last))
    if not low < 0.0 <= high:
        return last  # the interpolant and the step differ by less than the tolerance
    return root(lambda t: rule(between(t)), first, last, low, high, most=_HALVINGS)
