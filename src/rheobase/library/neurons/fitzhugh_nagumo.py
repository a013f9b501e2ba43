"""FitzHugh-Nagumo equations."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import hopf
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "FitzHugh (1961), Biophys. J. 1:445, doi:10.1016/S0006-3495(61)86902-6"

EQUATIONS = """
dv/dt = (v - v**3/3 - w + I)/ms : 1 = -1.2
dw/dt = phi*(v + a - b*w)/ms : 1 = -0.625
phi : 1 = 0.08     # how slow the recovery is
a : 1 = 0.7
b : 1 = 0.8
I : 1 = 0          # input
"""


def fitzhugh_nagumo(**parameters: Any) -> Neuron:
    """``dv/dt = v - v**3/3 - w + I``, ``dw/dt = phi (v + a - b w)``; a spike is a crossing of v = 1, time is in ms.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as numbers.
    """
    return neuron(EQUATIONS, parameters, threshold="v > 1", refractory="v > 1", name="fitzhugh_nagumo", source=SOURCE)


FACTS = (
    Fact("first (subcritical) Hopf bifurcation", 0.33128133745475, "", "closed form", hopf(-1.1, -0.8), 1e-11),
    Fact("second (subcritical) Hopf bifurcation", 1.4187186625453, "", "closed form", hopf(0.8, 1.1), 1e-11),
)

ENTRY = Entry("fitzhugh_nagumo", "neuron", "FitzHugh-Nagumo equations", SOURCE, fitzhugh_nagumo, FACTS)
