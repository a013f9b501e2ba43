"""The artificial unit: a weighted sum of inputs through a sigmoid or a rectifier."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import equilibrium, subexpression
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Wilson & Cowan (1972), Biophys. J. 12:1, doi:10.1016/S0006-3495(72)86068-5"

#: The unit's output for a total input ``I``.
PRESETS = {
    "sigmoid": {"formula": "1/(1 + exp(-gain*(I - theta)))"},
    "relu": {"formula": "maximum(gain*(I - theta), 0)"},
}

EQUATIONS = """
dr/dt = (phi - r)/tau : 1
phi = {transfer} : 1       # what r relaxes to
tau : ms = 10*ms
gain : 1 = 1
theta : 1 = 0              # threshold
I : 1 = 0                  # sum of the weighted inputs
"""


def rate_unit(preset: str = "sigmoid", **parameters: Any) -> Neuron:
    """Rate unit ``tau dr/dt = phi(I) - r``; ``I`` is the weighted sum of what other units send.

    Parameters
    ----------
    preset
        ``sigmoid``: ``phi = 1/(1 + exp(-gain (I - theta)))``; ``relu``: ``phi = max(gain (I - theta), 0)``.
    **parameters
        Any of the names in `EQUATIONS`, as quantities, numbers or texts.
    """
    formula = choose(PRESETS, preset, "rate_unit")["formula"]
    return neuron(EQUATIONS.format(transfer=formula), parameters, name="rate_unit", source=SOURCE)


_CLOSED = "closed form"
_RELU = {"preset": "relu", "gain": 2.0, "theta": 1.0}
FACTS = (
    Fact("sigmoid at its threshold", 0.5, "", _CLOSED, equilibrium("r"), 1e-15),
    Fact("sigmoid at input ln 3", 0.75, "", _CLOSED, subexpression("phi", I=1.0986122886681098), 1e-15),
    Fact("rectifier above its threshold, gain (I - theta)", 4.0, "", _CLOSED, subexpression("phi", I=3.0), 0, _RELU),
    Fact("rectifier below its threshold", 0.0, "", _CLOSED, subexpression("phi", I=0.5), 0, _RELU),
)

ENTRY = Entry(
    "rate_unit", "neuron", "weighted sum through a sigmoid or a rectifier", SOURCE, rate_unit, FACTS, tuple(PRESETS)
)
