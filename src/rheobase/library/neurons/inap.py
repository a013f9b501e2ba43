"""Leak and persistent sodium: a bistable membrane with one variable."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import saddle_node, saddle_node_voltage
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = (
    "Izhikevich (2007), Dynamical Systems in Neuroscience, MIT Press, doi:10.7551/mitpress/2526.001.0001 (section 3.2)"
)

EQUATIONS = """
dv/dt = (I - g_L*(v - E_L) - g_Na*m_inf*(v - E_Na))/C_m : mV = -55*mV
m_inf = 1/(1 + exp((V_half - v)/k)) : 1
C_m : uF/cm**2 = 10*uF/cm**2        # membrane capacitance
g_L : mS/cm**2 = 19*mS/cm**2        # leak
E_L : mV = -67*mV
g_Na : mS/cm**2 = 74*mS/cm**2       # persistent sodium
E_Na : mV = 60*mV
V_half : mV = 1.5*mV
k : mV = 16*mV
I : uA/cm**2 = 0*uA/cm**2           # input
"""


def inap(**parameters: Any) -> Neuron:
    """Persistent sodium with instantaneous gate: ``C_m dv/dt = I - g_L (v - E_L) - g_Na m_inf (v - E_Na)``.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts.
    """
    return neuron(EQUATIONS, parameters, name="inap", source=SOURCE)


_NEWTON = "Newton's method in 20 digits"
FACTS = (
    Fact("saddle-node", 15.775888003538, "uA/cm**2", _NEWTON, saddle_node(-50.0, -40.0), 1e-9),
    Fact("voltage there", -46.195714106118, "mV", _NEWTON, saddle_node_voltage(-50.0, -40.0), 1e-8),
)

ENTRY = Entry("inap", "neuron", "persistent sodium, one variable", SOURCE, inap, FACTS)
