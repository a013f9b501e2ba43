"""Neuron equations of Brian2's documentation and examples, accepted as they stand, with Brian2's own derivatives.

Each file holds a text as its users wrote it (comments aside), the values of its names, a state, and the right-hand side
that Brian2 2.9 computes there with the noise switched off.
"""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Call, Expression, Number, transform
from rheobase.model.neuron import Neuron
from rheobase.units import TIME, parse_quantity

FOLDER = Path(__file__).parent / "brian2_equations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> dict:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def neuron(name: str) -> Neuron:
    content = read(name)
    values = {**content.get("namespace", {}), **content.get("start", {})}
    given = {part: content[part] for part in ("threshold", "reset", "refractory") if part in content}
    quantities = {key: parse_quantity(value) for key, value in values.items()}
    return Neuron(content["equations"], source=content["source"], **given, **quantities)


def surroundings(model: Neuron) -> dict[str, float]:
    """A value for every name that the model may read at its start state, with the noise switched off."""
    values = {"t": 0.0, "dt": 0.1, "i": 0.0, "N": 1.0, "lastspike": -1e9, "not_refractory": 1.0}
    values |= {noise: 0.0 for noise in model.noise}
    values |= {**model.parameters, **model.initial}
    for equation in model.equations.subexpressions:
        values[equation.name] = float(value(equation.expression, values))
    return values


def value(tree: Expression, values: dict[str, float]) -> float:
    """The value of a tree in which every random number is 0.5."""
    drawn = transform(tree, lambda node: Number(0.5) if isinstance(node, Call) and node.function == "rand" else node)
    return evaluate(drawn, values)


def to_si(model: Neuron, state: str) -> float:
    """The factor from internal units to SI units, of the derivative of a state."""
    dimension = model.equations.dimension_of(state) / TIME
    return 10.0 ** -float(dimension.decades)


def test_there_are_enough():
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_right_hand_side_is_brian2s(name: str):
    model = neuron(name)
    values = surroundings(model)
    expected = read(name).get("derivatives", {})
    assert set(expected) == set(model.states)
    for equation in model.equations.differential:
        assert equation.expression is not None
        found = value(equation.expression, values) * to_si(model, equation.name)
        assert found == pytest.approx(expected[equation.name], rel=1e-9, abs=1e-12), equation.name


@pytest.mark.parametrize("name", NAMES)
def test_threshold_reset_and_refractoriness_can_be_evaluated(name: str):
    model = neuron(name)
    values = surroundings(model)
    text = read(name)
    assert (model.threshold is None) == ("threshold" not in text)
    assert len(model.reset) == len([part for part in re.split(r"[;\n]", text.get("reset", "")) if part.strip()])
    assert (model.refractory is None) == ("refractory" not in text)
    trees = [line.expression for line in model.reset] + [part for part in (model.threshold, model.refractory) if part]
    for tree in trees:
        assert math.isfinite(float(np.asarray(value(tree, values), dtype=float)))
