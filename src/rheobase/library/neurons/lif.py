"""Leaky integrate-and-fire neuron with the parameters of the cortical microcircuit model."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import interval, rheobase_of, spike_time
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Potjans & Diesmann (2014), Cereb. Cortex 24:785, doi:10.1093/cercor/bhs358 (Table 5)"

EQUATIONS = """
dv/dt = (E_L - v)/tau_m + I/C_m : mV = E_L (unless refractory)
C_m : pF = 250*pF          # membrane capacitance
tau_m : ms = 10*ms         # membrane time constant
E_L : mV = -65*mV          # resting potential
v_th : mV = -50*mV         # threshold
v_reset : mV = -65*mV      # reset
t_ref : ms = 2*ms          # absolute refractory time
I : pA = 0*pA              # input
"""


def lif(**parameters: Any) -> Neuron:
    """Leaky integrate-and-fire neuron: ``tau_m dv/dt = E_L - v + tau_m I/C_m``, reset at ``v_th``.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts.

    Examples
    --------
    >>> lif(tau_m="20 ms").parameters["tau_m"]
    20.0
    """
    return neuron(
        EQUATIONS, parameters, threshold="v > v_th", reset="v = v_reset", refractory="t_ref", name="lif", source=SOURCE
    )


_CLOSED = "closed form"
FACTS = (
    Fact("rheobase C_m (v_th - E_L)/tau_m", 375.0, "pA", _CLOSED, rheobase_of("v_th"), 1e-9),
    Fact("first spike at 1000 pA, -tau_m ln(1 - C_m (v_th - E_L)/(tau_m I))", 4.700036292457356, "ms", _CLOSED,
         spike_time(0, I="1000 pA"), 1e-7),
    Fact("period at 1000 pA, refractory time included", 6.700036292457356, "ms", _CLOSED, interval(3, I="1000 pA"),
         1e-7),
)  # fmt: skip

ENTRY = Entry("lif", "neuron", "leaky integrate-and-fire neuron", SOURCE, lif, FACTS)
