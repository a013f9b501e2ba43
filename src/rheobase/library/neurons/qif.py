"""Quadratic integrate-and-fire neuron: the normal form of class 1 excitability."""

from __future__ import annotations

import math
from typing import Any

from rheobase.library.checks import interval, saddle_node
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Montbrió, Pazó & Roxin (2015), Phys. Rev. X 5:021028, doi:10.1103/PhysRevX.5.021028"

EQUATIONS = """
dv/dt = (v**2 + eta + I)/tau_m : 1 = -1 (unless refractory)
tau_m : ms = 20*ms       # membrane time constant
eta : 1 = 0              # excitability
v_peak : 1 = 100         # where a spike counts as emitted; the model proper has infinity
I : 1 = 0                # input
"""


def qif(**parameters: Any) -> Neuron:
    """Quadratic integrate-and-fire neuron ``tau_m dv/dt = v**2 + eta + I``, reset from ``v_peak`` to ``-v_peak``.

    The refractory time ``2 tau_m/v_peak`` stands for the passage from ``v_peak`` to infinity and back, so that the rate
    is ``sqrt(eta)/(pi tau_m)`` up to terms of third order in ``1/v_peak``.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities, numbers or texts.
    """
    return neuron(
        EQUATIONS, parameters, threshold="v > v_peak", reset="v = -v_peak", refractory="2*tau_m/v_peak", name="qif",
        source=SOURCE,
    )  # fmt: skip


FACTS = (
    Fact("saddle-node", 0.0, "", "closed form", saddle_node(-0.5, 0.5), 1e-9),
    Fact("period pi tau_m/sqrt(I) at I = 1", 20.0 * math.pi, "ms", "closed form", interval(3, I=1), 2e-5),
    Fact("period pi tau_m/sqrt(I) at I = 4", 10.0 * math.pi, "ms", "closed form", interval(3, I=4), 1e-4),
)  # fmt: skip

ENTRY = Entry("qif", "neuron", "quadratic integrate-and-fire neuron", SOURCE, qif, FACTS)
