"""Connor and Stevens' neuron: Hodgkin-Huxley currents and the transient A current."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import equilibrium
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = (
    "Connor, Walter & McKown (1977), Biophys. J. 18:81, doi:10.1016/S0006-3495(77)85598-7; as in Dayan & Abbott "
    "(2001), Theoretical Neuroscience, MIT Press (section 6.2)"
)

EQUATIONS = """
dv/dt = (I - g_L*(v - E_L) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_A*a**3*b*(v - E_A))/C_m : mV = -68*mV
dm/dt = alpha_m*(1 - m) - beta_m*m : 1 = 0.0101
dh/dt = alpha_h*(1 - h) - beta_h*h : 1 = 0.9659
dn/dt = alpha_n*(1 - n) - beta_n*n : 1 = 0.1559
da/dt = (a_inf - a)/tau_a : 1 = 0.5404
db/dt = (b_inf - b)/tau_b : 1 = 0.2887
alpha_m = 0.38/mV*(v + 29.7*mV)/(1 - exp(-0.1/mV*(v + 29.7*mV)))/ms : 1/ms
beta_m = 15.2*exp(-0.0556/mV*(v + 54.7*mV))/ms : 1/ms
alpha_h = 0.266*exp(-0.05/mV*(v + 48*mV))/ms : 1/ms
beta_h = 3.8/(1 + exp(-0.1/mV*(v + 18*mV)))/ms : 1/ms
alpha_n = 0.02/mV*(v + 45.7*mV)/(1 - exp(-0.1/mV*(v + 45.7*mV)))/ms : 1/ms
beta_n = 0.25*exp(-0.0125/mV*(v + 55.7*mV))/ms : 1/ms
a_inf = (0.0761*exp(0.0314/mV*(v + 94.22*mV))/(1 + exp(0.0346/mV*(v + 1.17*mV))))**(1/3) : 1
tau_a = (0.3632 + 1.158/(1 + exp(0.0497/mV*(v + 55.96*mV))))*ms : ms
b_inf = (1 + exp(0.0688/mV*(v + 53.3*mV)))**(-4) : 1
tau_b = (1.24 + 2.678/(1 + exp(0.0624/mV*(v + 50*mV))))*ms : ms
C_m : uF/cm**2 = 1*uF/cm**2          # membrane capacitance
g_L : mS/cm**2 = 0.3*mS/cm**2        # leak
E_L : mV = -17*mV
g_Na : mS/cm**2 = 120*mS/cm**2       # sodium
E_Na : mV = 55*mV
g_K : mS/cm**2 = 20*mS/cm**2         # delayed rectifier
E_K : mV = -72*mV
g_A : mS/cm**2 = 47.7*mS/cm**2       # transient A current
E_A : mV = -75*mV
I : uA/cm**2 = 0*uA/cm**2            # input
"""


def connor_stevens(**parameters: Any) -> Neuron:
    """Sodium, delayed rectifier, and the A current that lets the neuron fire at arbitrarily low rates.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts.
    """
    return neuron(
        EQUATIONS, parameters, threshold="v > 0*mV", refractory="v > 0*mV", name="connor_stevens", source=SOURCE
    )


_BOOK = "Dayan & Abbott (2001), start values in the exercises of chapter 6"
FACTS = (
    Fact("rest", -68.0, "mV", _BOOK, equilibrium("v"), 0.05),
    *(
        Fact(f"{gate} at rest", value, "", _BOOK, equilibrium(gate), 5.1e-5)
        for gate, value in {"m": 0.0101, "h": 0.9659, "n": 0.1559, "a": 0.5404}.items()
    ),
)

ENTRY = Entry("connor_stevens", "neuron", "gastropod neuron with A current", SOURCE, connor_stevens, FACTS)
