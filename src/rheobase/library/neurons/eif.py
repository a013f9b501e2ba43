"""Exponential integrate-and-fire neuron."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import saddle_node
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = (
    "Fourcaud-Trocmé, Hansel, van Vreeswijk & Brunel (2003), J. Neurosci. 23:11628, "
    "doi:10.1523/JNEUROSCI.23-37-11628.2003"
)

EQUATIONS = """
dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) + I)/C_m : mV = E_L (unless refractory)
C_m : uF/cm**2 = 1*uF/cm**2         # membrane capacitance
g_L : mS/cm**2 = 0.1*mS/cm**2       # leak conductance
E_L : mV = -65*mV                   # resting potential without the spike current
V_T : mV = -59.9*mV                 # where the slope of the stationary I-V curve is zero
Delta_T : mV = 3.48*mV              # sharpness of the spike onset
v_peak : mV = -20*mV                # where a spike counts as emitted
v_reset : mV = -68*mV               # reset
t_ref : ms = 1.7*ms                 # absolute refractory time
I : uA/cm**2 = 0*uA/cm**2           # input
"""


def eif(**parameters: Any) -> Neuron:
    """Exponential integrate-and-fire neuron, fitted to the Wang-Buzsáki neuron.

    ``C_m dv/dt = g_L (E_L - v) + g_L Delta_T exp((v - V_T)/Delta_T) + I``

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts.
    """
    return neuron(
        EQUATIONS, parameters, threshold="v > v_peak", reset="v = v_reset", refractory="t_ref", name="eif",
        source=SOURCE,
    )  # fmt: skip


FACTS = (
    Fact("saddle-node g_L (V_T - E_L - Delta_T), at v = V_T", 0.162, "uA/cm**2", "closed form",
         saddle_node(-64.0, -55.0), 1e-9),
)  # fmt: skip

ENTRY = Entry("eif", "neuron", "exponential integrate-and-fire neuron", SOURCE, eif, FACTS)
