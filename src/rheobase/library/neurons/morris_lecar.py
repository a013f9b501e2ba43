"""Morris-Lecar equations of the barnacle muscle fibre."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import hopf, saddle_node
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = (
    "Morris & Lecar (1981), Biophys. J. 35:193, doi:10.1016/S0006-3495(81)84782-0; "
    "parameters of Rinzel & Ermentrout (1998)"
)

EQUATIONS = """
dv/dt = (I - g_L*(v - E_L) - g_Ca*m_inf*(v - E_Ca) - g_K*n*(v - E_K))/C_m : mV = -60*mV
dn/dt = phi*cosh((v - V_3)/(2*V_4))*(n_inf - n)/ms : 1 = 0.01
m_inf = 0.5*(1 + tanh((v - V_1)/V_2)) : 1
n_inf = 0.5*(1 + tanh((v - V_3)/V_4)) : 1
C_m : uF/cm**2 = 20*uF/cm**2       # membrane capacitance
g_L : mS/cm**2 = 2*mS/cm**2        # leak
E_L : mV = -60*mV
g_Ca : mS/cm**2 = 4.4*mS/cm**2     # calcium
E_Ca : mV = 120*mV
g_K : mS/cm**2 = 8*mS/cm**2        # potassium
E_K : mV = -84*mV
V_1 : mV = -1.2*mV
V_2 : mV = 18*mV
V_3 : mV = 2*mV
V_4 : mV = 30*mV
phi : 1 = 0.04                     # speed of the potassium gate
I : uA/cm**2 = 0*uA/cm**2          # input
"""

_SNIC = {"g_Ca": "4 mS/cm**2", "V_3": "12 mV", "V_4": "17.4 mV", "phi": "0.067"}

#: How repetitive firing starts.
PRESETS = {"hopf": {}, "snic": _SNIC, "homoclinic": {**_SNIC, "phi": "0.23"}}


def morris_lecar(preset: str = "hopf", **parameters: Any) -> Neuron:
    """``C_m dv/dt = I - g_L (v - E_L) - g_Ca m_inf (v - E_Ca) - g_K n (v - E_K)``; a spike is a crossing of 0 mV.

    Parameters
    ----------
    preset
        One of `PRESETS`: class 2 by a Hopf bifurcation, class 1 by a saddle-node on a circle, or a homoclinic orbit.
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts; they win over the preset.
    """
    return neuron(
        EQUATIONS, choose(PRESETS, preset, "morris_lecar"), parameters, threshold="v > 0*mV", refractory="v > 0*mV",
        name="morris_lecar", source=SOURCE,
    )  # fmt: skip


_NEWTON = "Newton's method in 20 digits"
FACTS = (
    Fact("first Hopf bifurcation", 93.857618373725, "uA/cm**2", _NEWTON, hopf(-30.0, -20.0), 1e-9),
    Fact("second Hopf bifurcation", 212.01881610037, "uA/cm**2", _NEWTON, hopf(0.0, 12.0), 1e-8),
    Fact("saddle-node", 39.963153092745, "uA/cm**2", _NEWTON, saddle_node(-35.0, -25.0), 1e-9, {"preset": "snic"}),
    Fact("Hopf bifurcation", 97.646163921526, "uA/cm**2", _NEWTON, hopf(2.0, 10.0), 1e-9, {"preset": "snic"}),
    Fact("Hopf bifurcation", 36.316217496203, "uA/cm**2", _NEWTON, hopf(-2.0, 8.0), 1e-9, {"preset": "homoclinic"}),
)

ENTRY = Entry("morris_lecar", "neuron", "barnacle muscle fibre", SOURCE, morris_lecar, FACTS, tuple(PRESETS))
