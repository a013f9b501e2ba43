"""Texts that no scientist writes: refused at once, with a sentence, never executed, never a hang."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.model.equations import Equations
from rheobase.model.errors import EquationError, ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import UnitError, parse_quantity

REFUSED = {
    "3,000 chained +": ("x = " + "+".join(["1"] * 3000) + " : 1", "an expression with 2999 operators is too long"),
    "300 nested brackets": ("x = " + "(" * 300 + "1" + ")" * 300 + " : 1", "more than 60 brackets inside each other"),
    "150 chained +": ("x = " + "+".join(["1"] * 150) + " : 1", "more than 100 operations inside each other"),
    "power tower": ("x = 9**9**9**9 : 1", "the value of this constant is too large"),
    "long power tower": ("x = " + "**".join(["2"] * 300) + " : 1", "more than 100 operations inside each other"),
    "5,000 signs": ("x = " + "-" * 5000 + "1 : 1", "an expression with 5000 operators is too long"),
    "350 conditions": ("x = " + "1 if True else " * 350 + "1 : 1", "an expression with 700 operators is too long"),
    "2,000 not": ("x = " + "not " * 2000 + "True : boolean", "an expression with 2000 operators is too long"),
    "20,000 characters": ("x = " + "a" * 20000 + " : 1", "an expression of 20002 characters is too long"),
    "200,000 characters": ("x" * 200_000, "a text of 200000 characters is too long for a model"),
    "5,000 equations": (
        "\n".join(f"x{i} = x{i + 1} : 1" for i in range(5000)), "a model of more than 1000 equations is too large"),
    "chain of 900 squares": (
        "\n".join(f"x{i} = x{i + 1}*x{i + 1} : 1" for i in range(900)) + "\nx900 : 1",
        "parameter 'x900' has no value"),
    "open brackets": ("(" * 99_999, "this is not an equation"),
    "a number of 5,000 digits": ("x = " + "9" * 5000 + " : 1", "this number is too large"),
    "overflow by functions": ("x = exp(exp(exp(10))) : 1", "the value of this constant is too large"),
    "import": ("x = __import__('os') : 1", "'__import__' is not allowed"),
    "double underscore": ("__x__ : 1", "the name '__x__' cannot be used"),
    "attribute": ("x = a.b : 1", "'.' cannot be part of an equation"),
    "subscript": ("x = a[0] : 1", "'[' cannot be part of an equation"),
    "list": ("x = [1 for i in y] : 1", "'[' cannot be part of an equation"),
    "generator": ("x = exp(i for i in y) : 1", "'for' is a word of Python and cannot be used in an equation"),
    "called lambda": ("x = (lambda y: y)(1) : 1", "'lambda' is a word of Python and cannot be used in an equation"),
    "walrus": ("dv/dt = (y:=3)*v/ms : 1", "':=' cannot be part of an equation"),
    "lambda": ("x = (lambda) : 1", "'lambda' is a word of Python and cannot be used in an equation"),
    "text": ("x = 'a' : 1", "\"'\" cannot be part of an equation"),
    "formatted text": ("x = f'{1}' : 1", "\"'\" cannot be part of an equation"),
    "keyword argument": ("x = exp(x=1) : 1", "'=' cannot be part of an equation"),
    "starred argument": ("x = exp(*y) : 1", "a value is missing before '*'"),
    "yield": ("x = yield : 1", "'yield' is a word of Python and cannot be used in an equation"),
    "None": ("x = None : 1", "'None' is a word of Python and cannot be used in an equation"),
    "ellipsis": ("x = ... : 1", "'.' cannot be part of an equation"),
    "braces": ("x = {1} : 1", "'{' cannot be part of an equation"),
    "line continuation": ("x = \\\n1 : 1", "'\\\\' cannot be part of an equation"),
    "null byte": ("x = 1 \0 : 1", "the invisible character '\\x00' cannot be part of an equation"),
    "null byte in a unit": ("x : 1\0", "'\\x00' cannot be part of a unit"),
    "invisible space": ("x = 1 \u200b: 1", "the invisible character '\\u200b' cannot be part of an equation"),
    "complex number": ("x = 1j : 1", "an operator is missing before 'j'"),
    "complex value": ("x = (-8)**(1/3) : 1", "this constant has no real value"),
    "undefined value": ("x = inf - inf : 1", "this constant has no real value"),
    "nested units": ("x : " + "(mV" * 100, "a unit of 301 characters is too long to be one"),
    "10,000 flags": ("x : 1 (" + "a," * 10000 + ")", "'a' is not a flag of a parameter"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_at_once_with_a_sentence(text, message):
    start = time.process_time()
    with pytest.raises(EquationError) as error:
        Neuron(text)
    assert time.process_time() - start < 3.0  # of this processor: a text that blows up takes minutes
    assert str(error.value).startswith(message)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    "changes",
    [{"threshold": "__import__('os').system('x') > 0"}, {"reset": "v = ().__class__"}, {"refractory": "open('x')"},
     {"threshold": "v > " + "(" * 5000}, {"reset": "v = v\n" * 300}, {"reset": "v = 1;" * 100_000},
     {"refractory": "9**9**9**9*ms"}, {"v": "1" * 100_000}, {"v": "__import__('os')"}],
)  # fmt: skip
def test_everything_around_the_equations_is_as_safe(changes):
    start = time.process_time()
    with pytest.raises(ModelError):
        Neuron("dv/dt = -v/ms : 1", **changes)
    assert time.process_time() - start < 3.0  # of this processor: a text that blows up takes minutes


def test_quantities_in_texts_are_never_evaluated():
    for text in ("__import__('os')", "1 mV if 1 else 2", "2**100000 mV", "1 " + "(" * 10_000, "1 mV**1e9"):
        with pytest.raises(UnitError):
            parse_quantity(text)


@pytest.mark.parametrize("depth", [100, 500, 800, 940])
def test_a_deep_call_stack_is_no_recursion_error(depth):
    text = "dv/dt = " + "+".join(["v"] * 95) + " : 1"  # wrong units: an error in any case

    def descend(left):
        return Neuron(text) if left == 0 else descend(left - 1)

    with pytest.raises(ModelError) as error:
        descend(depth - len(_stack()))
    assert "nested too deeply" in str(error.value) or "has to be a rate" in str(error.value)


def _stack():
    import inspect

    return inspect.stack(0)


_WORDS = """v tau 3 0.5e-3 1e400 mV ms ( ) + - * / ** // % < == and or not if else : = , ; # ' [ . τ exp sin d/dt
dv/dt __x lambda (unless boolean xi rand() inf 0 e pi"""
_PIECES = st.sampled_from([*_WORDS.split(), "\n", "\0"])


@settings(max_examples=300, deadline=1000)
@given(st.lists(_PIECES, max_size=40))
def test_any_text_is_a_model_or_a_sentence(pieces):
    text = " ".join(pieces)
    try:
        Equations.parse(text)
    except EquationError as error:
        assert error.message
    try:
        Neuron("dv/dt = -v/tau : 1 \n tau : ms", tau="10 ms", threshold=text, reset=text)
    except ModelError as error:
        assert str(error)
