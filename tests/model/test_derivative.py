"""Derivatives to third order against arbitrary-precision numbers."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rheobase.model.derivative import differentiate, simplify, total_derivative, without
from rheobase.model.equations import Equations
from rheobase.model.evaluate import evaluate, exprel, exprel_k
from rheobase.model.expression import Binary, Call, Expression, Name, Number, Unary, Where, names, walk

_MP = {
    name: getattr(mpmath, name)
    for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
}
_MP |= {"arctan": mpmath.atan, "exprel": lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1), "abs": abs}
_SIGNS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
          "**": lambda a, b: a**b}  # fmt: skip


def exactly(node: Expression, x):
    """The tree in arbitrary precision, written independently of the package's interpreter."""
    match node:
        case Number(value):
            return mpmath.mpf(value)
        case Name():
            return x
        case Unary(_, operand):
            return -exactly(operand, x)
        case Binary(op, left, right):
            return _SIGNS[op](exactly(left, x), exactly(right, x))
        case Call(name, (argument,)):
            return _MP[name](exactly(argument, x))


def _grow(inner):
    number = st.floats(0.25, 3).map(lambda value: Number(round(value, 2)))
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(lambda base, n: Binary("**", base, Number(n)), inner, st.sampled_from([2.0, 3.0, -1.0])),
        st.builds(lambda base, n: Binary("**", Call("exp", (base,)), n), inner, number),
        st.builds(lambda name, part: Call(name, (part,)),
                  st.sampled_from(["exp", "sin", "cos", "tanh", "arctan", "exprel", "expm1"]), inner),
        st.builds(Unary, st.just("-"), inner),
    )  # fmt: skip


TREES = st.recursive(
    st.one_of(st.just(Name("x")), st.floats(0.25, 3).map(lambda v: Number(round(v, 2)))), _grow, max_leaves=6
)


@settings(max_examples=80, deadline=None)
@given(TREES, st.floats(-1.5, 1.5).map(lambda x: round(x, 3)))
def test_three_derivatives_agree_with_arbitrary_precision(tree, x):
    slope = tree
    with mpmath.workdps(60):
        try:
            expected = [mpmath.diff(lambda z: exactly(tree, z), x, n) for n in (0, 1, 2, 3)]
        except (ZeroDivisionError, OverflowError):
            assume(False)
    assume(all(1e-6 < abs(value) < 1e6 or value == 0 for value in expected))
    for order, value in enumerate(expected):
        if order:
            slope = differentiate(slope, "x")
        found = float(evaluate(slope, {"x": x}))
        # the rounding of a sum is that of its largest term: the trees' values and slopes stay below 1e6
        assert found == pytest.approx(float(value), rel=1e-7, abs=1e-7 * max(1.0, float(max(map(abs, expected)))))


@pytest.mark.parametrize("x", [0.0, 1e-9, -1e-4, 0.3, -0.99, 0.999, 1.0, 1.7, -5.0, 30.0, -200.0])
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_derivatives_of_exprel(x, k):
    with mpmath.workdps(40):
        expected = mpmath.quad(lambda s: s**k * mpmath.exp(x * s), mpmath.linspace(0, 1, 9))
    assert exprel_k(x, k) == pytest.approx(float(expected), rel=3e-14)


def test_exprel_is_one_at_zero_and_accurate_beside_it():
    assert exprel(0.0) == 1.0
    assert exprel(1e-12) == pytest.approx(1 + 5e-13, rel=1e-16)
    assert np.array_equal(exprel(np.array([0.0, 1.0])), [1.0, np.expm1(1.0)])


def slope_of(text, **values):
    tree = Equations.parse(f"y = {text} : 1 \n x : 1 \n z : 1")["y"].expression
    return float(evaluate(differentiate(tree, "x"), values))


@pytest.mark.parametrize(
    ("text", "x", "slope"),
    [
        ("abs(x)", -2.0, -1.0), ("abs(x)", 2.0, 1.0), ("sign(x)", 2.0, 0.0), ("floor(x) + ceil(x) + int(x)", 2.5, 0.0),
        ("clip(x**2, 0, 9)", 2.0, 4.0), ("clip(x**2, 0, 9)", 4.0, 0.0), ("minimum(x, 3*x)", 2.0, 1.0),
        ("maximum(x, 3*x)", 2.0, 3.0), ("(x if x > 1 else x**2)", 2.0, 1.0), ("(x if x > 1 else x**2)", 0.5, 1.0),
        ("int(x > 1)*x", 2.0, 1.0), ("int(x > 1)*x", 0.0, 0.0), ("x % 3", 4.0, 1.0), ("7 % x", 2.0, -3.0),
        ("x // 2", 3.0, 0.0), ("z**x", 1.0, 2.0 * np.log(2.0)), ("rand()*0 + x", 1.0, 1.0), ("x*z", 5.0, 2.0),
        ("log10(x)", 2.0, 1 / (2 * np.log(10))), ("arcsin(x)", 0.5, 1 / np.sqrt(0.75)),
        ("arccos(x)", 0.5, -1 / np.sqrt(0.75)),
        ("log1p(x)", 1.0, 0.5), ("sqrt(x)", 4.0, 0.25), ("x**0.5", 4.0, 0.25), ("tan(x)", 0.0, 1.0),
    ],
)  # fmt: skip
def test_slopes_at_a_point(text, x, slope):
    tree = Equations.parse(f"y = {text} : 1 \n x : 1 \n z : 1")["y"].expression
    found = differentiate(tree, "x")
    if "rand" in text:
        assert found == Number(1.0)
    else:
        assert float(evaluate(found, {"x": x, "z": 2.0})) == pytest.approx(slope, rel=1e-14)


def test_derivatives_stay_small():
    tree = Equations.parse("y = 2*x**3 + 5*x - 7 : 1 \n x : 1")["y"].expression
    slopes = [tree := differentiate(tree, "x") for _ in range(4)]
    assert slopes[2] == Number(12.0)
    assert slopes[3] == Number(0.0)


def test_simplify_keeps_the_value_and_drops_what_does_nothing():
    x = Name("x")
    tree = Binary("+", Binary("*", Number(1.0), x), Binary("*", Number(0.0), Call("exp", (x,))))
    assert simplify(tree) == x
    assert simplify(Unary("-", Unary("-", x))) == x
    assert simplify(Binary("*", Number(2.0), Binary("*", Number(3.0), x))) == Binary("*", Number(6.0), x)
    assert simplify(Where(Binary(">", x, Number(0.0)), x, x)) == x
    assert simplify(Binary("/", Number(1.0), Number(0.0))) == Binary("/", Number(1.0), Number(0.0))


@settings(max_examples=60, deadline=None)
@given(TREES, st.floats(-1.5, 1.5))
def test_simplify_never_changes_a_value(tree, x):
    # the sine of a huge number says nothing: keep all parts of the tree moderate
    assume(all(abs(evaluate(part, {"x": x})) < 1e3 for part in walk(tree)))
    before, after = evaluate(tree, {"x": x}), evaluate(simplify(tree), {"x": x})
    assert float(after) == pytest.approx(float(before), rel=1e-9, abs=1e-9)
    assert len(list(walk(simplify(tree)))) <= len(list(walk(tree)))


def test_total_derivative_goes_through_intermediate_quantities():
    equations = Equations.parse("y = a*x + b : 1 \n a = x**2 : 1 \n b = sin(a) : 1 \n x : 1")
    definitions = {e.name: e.expression for e in equations.subexpressions if e.name != "y"}
    slope = total_derivative(equations["y"].expression, "x", definitions)
    x = 0.7
    values = {"x": x, "a": x**2, "b": np.sin(x**2)}
    assert float(evaluate(slope, values)) == pytest.approx(3 * x**2 + 2 * x * np.cos(x**2), rel=1e-14)


def test_noise_can_be_taken_out():
    equations = Equations.parse("dv/dt = -v/(10*ms) + 3*xi*ms**-0.5 : 1")
    quiet = without(equations["v"].expression, {"xi"})
    assert names(quiet) == {"v"}
    assert evaluate(quiet, {"v": 5.0}) == -0.5
