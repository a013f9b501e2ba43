"""Persistent sodium and potassium: the smallest conductance-based neuron that fires."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import hopf, hopf_frequency, interval, saddle_node
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = (
    "Izhikevich (2007), Dynamical Systems in Neuroscience, MIT Press, doi:10.7551/mitpress/2526.001.0001 "
    "(chapters 4 and 6)"
)

EQUATIONS = """
dv/dt = (I - g_L*(v - E_L) - g_Na*m_inf*(v - E_Na) - g_K*n*(v - E_K))/C_m : mV = -65*mV
dn/dt = (n_inf - n)/tau_n : 1 = 0
m_inf = 1/(1 + exp((V_m - v)/k_m)) : 1
n_inf = 1/(1 + exp((V_n - v)/k_n)) : 1
C_m : uF/cm**2 = 1*uF/cm**2        # membrane capacitance
g_L : mS/cm**2 = 8*mS/cm**2        # leak
E_L : mV = -80*mV
g_Na : mS/cm**2 = 20*mS/cm**2      # persistent sodium
E_Na : mV = 60*mV
V_m : mV = -20*mV
k_m : mV = 15*mV
g_K : mS/cm**2 = 10*mS/cm**2       # potassium
E_K : mV = -90*mV
V_n : mV = -25*mV
k_n : mV = 5*mV
tau_n : ms = 1*ms
I : uA/cm**2 = 0*uA/cm**2          # input
"""

_LOW = {"E_L": "-78 mV", "V_n": "-45 mV"}
_WEAK = {"g_L": "1 mS/cm**2", "g_Na": "4 mS/cm**2", "g_K": "4 mS/cm**2", "V_m": "-30 mV", "k_m": "7 mV"}

#: Where the potassium current opens, and how fast.
PRESETS = {
    "high_threshold": {},
    "homoclinic": {"tau_n": "0.16 ms"},
    "low_threshold": _LOW,
    "subcritical": {**_LOW, **_WEAK},
}


def inap_ik(preset: str = "high_threshold", **parameters: Any) -> Neuron:
    """``C_m dv/dt = I - g_L (v - E_L) - g_Na m_inf (v - E_Na) - g_K n (v - E_K)``; a spike is a crossing of -20 mV.

    Parameters
    ----------
    preset
        One of `PRESETS`: ``high_threshold`` starts to fire by a saddle-node on a circle, ``homoclinic`` is bistable,
        ``low_threshold`` and ``subcritical`` start by Hopf bifurcations.
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts; they win over the preset.
    """
    return neuron(
        EQUATIONS, choose(PRESETS, preset, "inap_ik"), parameters, threshold="v > -20*mV", refractory="v > -20*mV",
        name="inap_ik", source=SOURCE,
    )  # fmt: skip


_NEWTON = "Newton's method in 20 digits"
_COLLOCATION = "collocation, checked with AUTO-07p"
_SMALL = {"preset": "low_threshold"}
FACTS = (
    Fact("saddle-node", 4.5128676302965, "uA/cm**2", _NEWTON, saddle_node(-65.0, -57.0), 1e-10),
    Fact("Hopf bifurcation", 200.43949177703, "uA/cm**2", _NEWTON, hopf(-30.0, -15.0), 1e-8),
    Fact("period at 5 uA/cm2", 15.1020539518, "ms", _COLLOCATION, interval(-1, 300.0, I="5 uA/cm**2"), 1e-6),
    Fact("period at 10 uA/cm2", 7.0735140919, "ms", _COLLOCATION, interval(-1, 100.0, I="10 uA/cm**2"), 1e-6),
    Fact("Hopf bifurcation", 54.1880392498, "uA/cm**2", _NEWTON, hopf(-40.0, -20.0), 1e-8, {"preset": "homoclinic"}),
    Fact("first Hopf bifurcation", 14.659040024059, "uA/cm**2", _NEWTON, hopf(-58.0, -52.0), 1e-9, _SMALL),
    Fact("frequency there", 340.19, "Hz", _NEWTON, hopf_frequency(-58.0, -52.0), 5e-3, _SMALL),
    Fact("second Hopf bifurcation", 353.55020783692, "uA/cm**2", _NEWTON, hopf(-40.0, -20.0), 1e-8, _SMALL),
    Fact("Hopf bifurcation", 48.901606305408, "uA/cm**2", _NEWTON, hopf(-55.0, -45.0), 1e-9, {"preset": "subcritical"}),
)

ENTRY = Entry("inap_ik", "neuron", "persistent sodium and potassium", SOURCE, inap_ik, FACTS, tuple(PRESETS))
