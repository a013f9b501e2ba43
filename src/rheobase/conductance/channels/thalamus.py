"""Currents of thalamic neurons: low-threshold calcium, and the one that hyperpolarisation opens."""

from __future__ import annotations

from typing import Any

from rheobase.conductance.channel import Channel
from rheobase.conductance.channels.published import published
from rheobase.conductance.gate import Gate

_HUGUENARD = "Huguenard & McCormick (1992), J. Neurophysiol. 68:1373, doi:10.1152/jn.1992.68.4.1373"
_POSPISCHIL = (
    "Destexhe, Bal, McCormick & Sejnowski (1996), J. Neurophysiol. 76:2049; as in Pospischil et al. (2008), "
    "Biol. Cybern. 99:427, doi:10.1007/s00422-008-0263-8"
)

HYPERPOLARISED = {
    "r": Gate(inf="1/(1 + exp((v + 75*mV)/(5.5*mV)))", tau="1/(exp(-14.59 - 0.086/mV*v) + exp(-1.87 + 0.0701/mV*v))*ms")
}
SMOOTH = {
    "s**2": Gate(inf="1/(1 + exp(-(v + V_x + 57*mV)/(6.2*mV)))"),
    "u": Gate(
        inf="1/(1 + exp((v + V_x + 81*mV)/(4*mV)))",
        tau="(30.8 + (211.4 + exp((v + V_x + 113.2*mV)/(5*mV)))/(1 + exp((v + V_x + 84*mV)/(3.2*mV))))/3.7*ms",
    ),
}
MEASURED = {
    "m**2": Gate(
        inf="1/(1 + exp(-(v + 57*mV)/(6.2*mV)))",
        tau="(0.612 + 1/(exp(-(v + 132*mV)/(16.7*mV)) + exp((v + 16.8*mV)/(18.2*mV))))*ms",
        q10=5.0,
    ),
    "h": Gate(
        inf="1/(1 + exp((v + 81*mV)/(4*mV)))",
        tau="(exp((v + 467*mV)/(66.6*mV)) if v < -80*mV else 28 + exp(-(v + 22*mV)/(10.5*mV)))*ms",
        q10=3.0,
    ),
}


def h_current(**changes: Any) -> Channel:
    """I_h, a mixed cation current that hyperpolarisation opens: ``g_h r (v - E_h)``; sag, and resonance."""
    return published(changes, "h", HYPERPOLARISED, g="0.02 mS/cm**2", E="-43 mV", source=_HUGUENARD)


def t_type(**changes: Any) -> Channel:
    """I_Ca,T, low threshold, with instantaneous activation: ``g_CaT s_inf**2 u (v - E_Ca)``; rebound bursts.

    ``V_x`` shifts both gates; the time constant holds at 36 degrees Celsius.
    """
    return published(
        changes, "CaT", SMOOTH, g="0.4 mS/cm**2", E="120 mV", ion="Ca", V_x="2 mV", q10=3.0,
        measured_at="36 celsius", source=_POSPISCHIL,
    )  # fmt: skip


def t_type_ghk(**changes: Any) -> Channel:
    """I_Ca,T as it was measured at 24 degrees Celsius, with the driving force of Goldman, Hodgkin and Katz.

    The published time constant of inactivation jumps at -80 mV, so a neuron with this channel is not smooth.
    """
    return published(
        changes, "CaT", MEASURED, P="1.7e-5 cm/second", ion="Ca", valence=2, inside="240 nM", outside="2 mM",
        measured_at="24 celsius", source=_HUGUENARD,
    )  # fmt: skip
