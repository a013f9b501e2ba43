"""Wang and Buzsáki's fast-spiking interneuron."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import saddle_node, saddle_node_voltage
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Wang & Buzsáki (1996), J. Neurosci. 16:6402, doi:10.1523/JNEUROSCI.16-20-06402.1996"

EQUATIONS = """
dv/dt = (I - g_L*(v - E_L) - g_Na*m_inf**3*h*(v - E_Na) - g_K*n**4*(v - E_K))/C_m : mV = -64*mV
dh/dt = phi*(alpha_h*(1 - h) - beta_h*h) : 1 = 0.78
dn/dt = phi*(alpha_n*(1 - n) - beta_n*n) : 1 = 0.09
m_inf = alpha_m/(alpha_m + beta_m) : 1
alpha_m = 0.1/mV*(v + 35*mV)/(1 - exp(-(v + 35*mV)/(10*mV)))/ms : 1/ms
beta_m = 4*exp(-(v + 60*mV)/(18*mV))/ms : 1/ms
alpha_h = 0.07*exp(-(v + 58*mV)/(20*mV))/ms : 1/ms
beta_h = 1/(1 + exp(-(v + 28*mV)/(10*mV)))/ms : 1/ms
alpha_n = 0.01/mV*(v + 34*mV)/(1 - exp(-(v + 34*mV)/(10*mV)))/ms : 1/ms
beta_n = 0.125*exp(-(v + 44*mV)/(80*mV))/ms : 1/ms
C_m : uF/cm**2 = 1*uF/cm**2         # membrane capacitance
g_L : mS/cm**2 = 0.1*mS/cm**2       # leak
E_L : mV = -65*mV
g_Na : mS/cm**2 = 35*mS/cm**2       # sodium
E_Na : mV = 55*mV
g_K : mS/cm**2 = 9*mS/cm**2         # delayed rectifier
E_K : mV = -90*mV
phi : 1 = 5                         # speed of the gates h and n
I : uA/cm**2 = 0*uA/cm**2           # input
"""


def wang_buzsaki(**parameters: Any) -> Neuron:
    """Hippocampal interneuron with instantaneous sodium activation; class 1, fires up to several hundred hertz.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts.
    """
    return neuron(
        EQUATIONS, parameters, threshold="v > 0*mV", refractory="v > 0*mV", name="wang_buzsaki", source=SOURCE
    )


_FOURCAUD = "Fourcaud-Trocmé et al. (2003), J. Neurosci. 23:11628"
FACTS = (
    Fact("saddle-node", 0.16, "uA/cm**2", _FOURCAUD, saddle_node(-63.0, -57.0), 5e-3),
    Fact("voltage there", -59.9, "mV", _FOURCAUD, saddle_node_voltage(-63.0, -57.0), 0.1),
)

ENTRY = Entry("wang_buzsaki", "neuron", "fast-spiking hippocampal interneuron", SOURCE, wang_buzsaki, FACTS)
