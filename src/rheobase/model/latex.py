r"""A model as LaTeX, from the text as it was written: units stay units, Greek names become letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rheobase.model.equations import Equation, Equations
from rheobase.model.errors import Source
from rheobase.model.expression import COMPARISONS, LOGICAL, Binary, Call, Expression, Name, Number, Unary, Where
from rheobase.model.parse import parse_expression
from rheobase.model.scope import Scope
from rheobase.units import UNITS

if TYPE_CHECKING:
    from rheobase.model.neuron import Neuron

_GREEK = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
    "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
})  # fmt: skip
_SIGNS = {"<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne", "and": r"\wedge", "or": r"\vee", "%": r"\bmod"}
_KNOWN = frozenset({"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan"})
_OR, _AND, _COMPARE, _SUM, _PRODUCT, _MINUS, _POWER, _ATOM = range(8)


def latex(neuron: Neuron) -> str:
    r"""The equations, the threshold and the reset of a neuron as an ``aligned`` environment.

    >>> from rheobase.model.neuron import Neuron
    >>> from rheobase.units import ms
    >>> print(latex(Neuron("dv/dt = -v/tau_m : 1", tau_m=10*ms)))
    \begin{aligned}
    \frac{dv}{dt} &= \frac{-v}{\tau_{m}}
    \end{aligned}
    """
    equations = neuron.equations
    lines = [_equation(equations, e) for e in equations.equations if e.expression is not None]
    if "threshold" in neuron.texts:
        lines.append(rf"\text{{spike if}}\quad & {_text(neuron.texts['threshold'], equations)}")
    for assignment in neuron.reset:
        shown = _text(assignment.text, equations)
        name = symbol(assignment.name)
        value = shown if assignment.op == "=" else rf"{name} {_update(assignment.op)} {_bracket(shown, assignment.op)}"
        lines.append(rf"{name} &\leftarrow {value}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def symbol(name: str) -> str:
    r"""A name as LaTeX: ``tau_m`` as ``\tau_{m}``, ``v_reset`` as ``v_{\mathrm{reset}}``."""
    head, *rest = [part for part in name.split("_") if part] or [name]
    subscript = r",\,".join(_word(part) for part in rest)
    if not rest and (match := re.fullmatch(r"([A-Za-z]+?)(\d+)", head)):
        head, subscript = match[1], match[2]
    return _word(head) + (f"_{{{subscript}}}" if subscript else "")


def _word(word: str) -> str:
    if word in _GREEK:
        return rf"\{word}"
    return word if len(word) == 1 or word.isdigit() else rf"\mathrm{{{word}}}"


def _equation(equations: Equations, equation: Equation) -> str:
    assert equation.place is not None
    right = _Writer(equations.scope).text(parse_expression(Source(equations.text), *equation.place))
    name = symbol(equation.name)
    left = rf"\frac{{d{name}}}{{dt}}" if equation.kind == "differential" else name
    return f"{left} &= {right}"


def _text(text: str, equations: Equations) -> str:
    return _Writer(equations.scope).text(parse_expression(Source(text)))


def _update(op: str) -> str:
    return {"+=": "+", "-=": "-", "*=": r"\cdot", "/=": "/"}[op]


def _bracket(text: str, op: str) -> str:
    return text if op == "+=" or not re.search(r"[-+]", text) else rf"\left({text}\right)"


class _Writer:
    """Walks the tree as written; a name is a unit only if the model has no variable of that name."""

    def __init__(self, scope: Scope):
        self.scope = scope

    def text(self, node: Expression) -> str:
        return self.show(node)[0]

    def at(self, node: Expression, level: int) -> str:
        text, own = self.show(node)
        return text if own >= level else rf"\left({text}\right)"

    def show(self, node: Expression) -> tuple[str, int]:
        match node:
            case Number(value):
                return _number(value), _ATOM if value >= 0 else _MINUS
            case Name(name):
                return (rf"\mathrm{{{name}}}" if self.is_unit(node) else symbol(name)), _ATOM
            case Unary("not", operand):
                return rf"\neg {self.at(operand, _ATOM)}", _POWER
            case Unary(_, operand):
                return f"-{self.at(operand, _PRODUCT)}", _MINUS
            case Binary(op) if op in LOGICAL or op in COMPARISONS:
                level = _COMPARE if op in COMPARISONS else _AND if op == "and" else _OR
                sign = _SIGNS.get(op, op)
                return f"{self.at(node.left, level + 1)} {sign} {self.at(node.right, level + 1)}", level
            case Binary():
                return self.arithmetic(node)
            case Call():
                return self.call(node), _ATOM
            case Where(condition, then, otherwise):
                first = rf"{self.text(then)} & \text{{if }} {self.text(condition)}"
                last = rf"{self.text(otherwise)} & \text{{otherwise}}"
                return rf"\begin{{cases}} {first} \\ {last} \end{{cases}}", _ATOM

    def is_unit(self, node: Expression) -> bool:
        return isinstance(node, Name) and node.id in UNITS and self.scope.kind(node.id) is None

    def arithmetic(self, node: Binary) -> tuple[str, int]:
        left, right = node.left, node.right
        match node.op:
            case "/":
                return rf"\frac{{{self.text(left)}}}{{{self.text(right)}}}", _PRODUCT
            case "//":
                return rf"\left\lfloor \frac{{{self.text(left)}}}{{{self.text(right)}}} \right\rfloor", _ATOM
            case "**":
                return f"{self.at(left, _ATOM)}^{{{self.text(right)}}}", _POWER
            case "*":
                sign = r"\cdot" if isinstance(right, Number) else r"\,"
                return (
                    f"{self.at(left, _PRODUCT)} {sign} {self.at(right, _MINUS + 1 if _signed(right) else _PRODUCT)}",
                    _PRODUCT,
                )
            case "%":
                return rf"{self.at(left, _PRODUCT)} \bmod {self.at(right, _ATOM)}", _PRODUCT
        strict = _PRODUCT if node.op == "-" or _signed(right) else _SUM
        return f"{self.at(left, _SUM)} {node.op} {self.at(right, strict)}", _SUM

    def call(self, node: Call) -> str:
        parts = [self.text(argument) for argument in node.arguments]
        match node.function:
            case "sqrt":
                return rf"\sqrt{{{parts[0]}}}"
            case "abs":
                return rf"\left|{parts[0]}\right|"
            case "floor" | "ceil":
                return rf"\left\l{node.function} {parts[0]} \right\r{node.function}"
        name = rf"\{node.function}" if node.function in _KNOWN else rf"\operatorname{{{node.function}}}"
        return rf"{name}\left({', '.join(parts)}\right)"


def _signed(node: Expression) -> bool:
    return isinstance(node, Unary)


def _number(value: float) -> str:
    if value == float("inf"):
        return r"\infty"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.12g}"
    mantissa, exponent = f"{value:.11e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
