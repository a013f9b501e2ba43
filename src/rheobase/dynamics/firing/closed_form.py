r"""The rate of a neuron with one variable and a reset, in closed form.

From reset to threshold such a neuron needs the time :math:`\int_{v_r}^{\theta} dv/f(v)`. For a linear equation
:math:`f = a (v_\infty - v)` it is a logarithm (the leaky neuron), for a quadratic one :math:`f = c (x^2 + e)` an
arctangent or, for :math:`e < 0`, again a logarithm. What the equation is, is read off its tree: its derivatives with
respect to v vanish from the second or the third on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.model.derivative import differentiate, simplify
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Expression, Name, Number, names, substitute
from rheobase.model.shape import is_condition

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClosedForm:
    """An equation of degree one or two, its threshold and its reset.

    Attributes
    ----------
    name
        What the model is, in words.
    coefficients
        Trees of c_0, c_1, c_2 in ``dv/dt = c_0 + c_1 v + c_2 v**2``.
    threshold, reset, refractory
        Trees; the reset in terms of v at the threshold.
    frozen
        Whether v stands still while refractory.
    """

    field: VectorField
    name: str
    coefficients: tuple[Expression, ...]
    threshold: Expression
    reset: Expression
    refractory: Expression
    frozen: bool

    def rates(self, parameter: str, values: Array, start: float | None = None) -> Array:
        """Rates in kHz of regular firing for values of a parameter in internal units.

        0 where the neuron does not fire; with ``start``, a value of v, also where it does not fire from there.
        """
        given: dict[str, Any] = dict(zip(self.field.parameters, self.field.values, strict=True))
        given[parameter] = np.asarray(values, dtype=float)
        shape = given[parameter].shape

        def value(tree: Expression, **more: Any) -> Array:
            return np.broadcast_to(np.asarray(evaluate(tree, {**given, **more}), dtype=float), shape)

        c = [value(tree) for tree in self.coefficients]
        c += [np.zeros(shape)] * (3 - len(c))
        top, v = value(self.threshold), self.field.states[0]
        bottom = value(self.reset, **{v: top})
        pause = np.maximum(value(self.refractory, **{v: bottom}), 0.0)
        first = np.zeros(shape)
        if start is not None:
            first = np.array([passage(*row) for row in zip(*c, np.full(shape, start), top, strict=True)])
        period = np.array([_period(*row, frozen=self.frozen) for row in zip(*c, bottom, top, pause, strict=True)])
        fires = np.isfinite(period) & np.isfinite(first) & (period > 0)
        return np.where(fires, 1.0 / np.where(fires, period, 1.0), 0.0)


def closed_form(field: VectorField) -> ClosedForm | None:
    """The closed form of a neuron's rate, if it has one."""
    neuron = field.neuron
    if field.n != 1 or neuron.threshold is None or len(neuron.reset) != 1:
        return None
    v = field.states[0]
    definitions: dict[str, Expression] = {}
    for equation in neuron.equations.subexpressions:
        definitions[equation.name] = substitute(_tree(equation.expression), definitions)
    right = substitute(_tree(neuron.equations.differential[0].expression), definitions)
    coefficients = polynomial(right, v)
    top = _fixed_threshold(substitute(neuron.threshold, definitions), v)
    line = neuron.reset[0]
    reset = substitute(line.expression, definitions)
    reset = reset if line.op == "=" else Binary(line.op[:-1], Name(v), reset)
    pause = Number(0.0) if neuron.refractory is None else substitute(neuron.refractory, definitions)
    if coefficients is None or top is None or is_condition(pause):
        return None
    known = {*field.parameters, v}
    if any(names(tree) - known for tree in (*coefficients, top, reset, pause)):
        return None  # time, the last spike, noise
    frozen = "unless refractory" in neuron.equations.differential[0].flags
    kind = "linear integrate-and-fire" if len(coefficients) == 2 else "quadratic integrate-and-fire"
    return ClosedForm(field, kind, coefficients, top, reset, pause, frozen)


def polynomial(tree: Expression, variable: str) -> tuple[Expression, ...] | None:
    """The coefficients of a polynomial of degree two at most in a variable, as trees; None for anything else."""
    slopes = [simplify(tree)]
    while variable in names(slopes[-1]):
        if len(slopes) == 3:
            return None
        slopes.append(simplify(differentiate(slopes[-1], variable)))
    at_zero = [simplify(substitute(slope, {variable: Number(0.0)})) for slope in slopes]
    return tuple(at_zero[:2]) + tuple(simplify(Binary("/", tree, Number(2.0))) for tree in at_zero[2:])


def _tree(expression: Expression | None) -> Expression:
    assert expression is not None
    return expression


def _fixed_threshold(condition: Expression, v: str) -> Expression | None:
    """The value that v has to exceed, if it depends on parameters only."""
    match condition:
        case Binary(">" | ">=", Name(left), right) if left == v and v not in names(right):
            return right
        case Binary("<" | "<=", left, Name(right)) if right == v and v not in names(left):
            return left
    return None


def _period(c0: float, c1: float, c2: float, bottom: float, top: float, pause: float, *, frozen: bool) -> float:
    if frozen:
        return pause + passage(c0, c1, c2, bottom, top)
    after = _flow(c0, c1, c2, bottom, pause)
    if after > top:  # it passed the threshold while refractory, and fires when that ends
        return pause
    return pause + passage(c0, c1, c2, after, top)


def passage(c0: float, c1: float, c2: float, bottom: float, top: float) -> float:
    r"""Time from ``bottom`` up to ``top`` under :math:`\dot v = c_0 + c_1 v + c_2 v^2`; infinite if it never does."""
    if bottom >= top:
        return 0.0
    if c2 != 0.0:
        centre = -0.5 * c1 / c2
        return _quadratic_passage(c2, (c0 + 0.5 * c1 * centre) / c2, bottom - centre, top - centre)
    first, last = c0 + c1 * bottom, c0 + c1 * top
    if min(first, last) <= 0:
        return np.inf
    return (top - bottom) / c0 if c1 == 0.0 else float(np.log(last / first) / c1)


def _quadratic_passage(c: float, e: float, x: float, y: float) -> float:
    r"""Time from x up to y under :math:`\dot x = c (x^2 + e)`; the equilibria, if any, are at -w and w."""
    w = np.sqrt(abs(e))
    if e > 0:
        return float((np.arctan(y / w) - np.arctan(x / w)) / (c * w)) if c > 0 else np.inf
    outside = x > w or y < -w
    inside = -w < x and y < w
    if not (outside if c > 0 else inside):
        return np.inf
    if e == 0.0:
        return (1.0 / x - 1.0 / y) / c
    return float((np.log(abs((y - w) / (y + w))) - np.log(abs((x - w) / (x + w)))) / (2.0 * c * w))


def _flow(c0: float, c1: float, c2: float, v: float, t: float) -> float:
    """Where v is after a time without a threshold; infinite if it gets there earlier."""
    if c2 == 0.0:
        return v + c0 * t if c1 == 0.0 else float(v + (v + c0 / c1) * np.expm1(c1 * t))
    centre = -0.5 * c1 / c2
    e, x = (c0 + 0.5 * c1 * centre) / c2, v - centre
    w = np.sqrt(abs(e))
    if e > 0:
        angle = c2 * w * t + np.arctan(x / w)
        return float(centre + w * np.tan(angle)) if abs(angle) < 0.5 * np.pi else np.copysign(np.inf, angle)
    turned = np.tanh(c2 * w * t) / w if e < 0 else c2 * t
    below = 1.0 - x * turned
    return float(centre + (x + e * turned) / below) if below > 0 else np.copysign(np.inf, x)
