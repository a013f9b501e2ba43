"""Currents of cortical neurons: spikes, the slow M current, high-threshold calcium.

The conductances are those of the regular-spiking cell of Pospischil et al. (2008).
"""

from __future__ import annotations

from typing import Any

from rheobase.conductance.channel import Channel
from rheobase.conductance.channels.published import published
from rheobase.conductance.gate import Gate

SOURCE = "Pospischil et al. (2008), Biol. Cybern. 99:427, doi:10.1007/s00422-008-0263-8"
_TRAUB = f"Traub & Miles (1991), Neuronal Networks of the Hippocampus, Cambridge University Press; as in {SOURCE}"
_YAMADA = f"Yamada, Koch & Adams (1989), Methods in Neuronal Modeling, MIT Press; as in {SOURCE}"
_REUVENI = f"Reuveni, Friedman, Amitai & Gutnick (1993), J. Neurosci. 13:4609; as in {SOURCE}"
_BODY: dict[str, Any] = {"measured_at": "36 celsius"}

SODIUM = {
    "m**3": Gate(
        alpha="0.32/mV*(v - V_T - 13*mV)/(1 - exp(-(v - V_T - 13*mV)/(4*mV)))/ms",
        beta="0.28/mV*(v - V_T - 40*mV)/(exp((v - V_T - 40*mV)/(5*mV)) - 1)/ms",
    ),
    "h": Gate(alpha="0.128*exp(-(v - V_T - 17*mV)/(18*mV))/ms", beta="4/(1 + exp(-(v - V_T - 40*mV)/(5*mV)))/ms"),
}
POTASSIUM = {
    "n**4": Gate(
        alpha="0.032/mV*(v - V_T - 15*mV)/(1 - exp(-(v - V_T - 15*mV)/(5*mV)))/ms",
        beta="0.5*exp(-(v - V_T - 10*mV)/(40*mV))/ms",
    )
}
SLOW = {
    "p": Gate(
        inf="1/(1 + exp(-(v + 35*mV)/(10*mV)))",
        tau="tau_max/(3.3*exp((v + 35*mV)/(20*mV)) + exp(-(v + 35*mV)/(20*mV)))",
    )
}
CALCIUM = {
    "q**2": Gate(
        alpha="0.055/mV*(-27*mV - v)/(exp((-27*mV - v)/(3.8*mV)) - 1)/ms", beta="0.94*exp((-75*mV - v)/(17*mV))/ms"
    ),
    "r": Gate(alpha="0.000457*exp((-13*mV - v)/(50*mV))/ms", beta="0.0065/(exp((-15*mV - v)/(28*mV)) + 1)/ms"),
}


def sodium_cortex(**changes: Any) -> Channel:
    """Transient sodium of Traub and Miles; ``V_T`` shifts the threshold."""
    return published(changes, "Na", SODIUM, g="56 mS/cm**2", E="50 mV", V_T="-56.2 mV", source=_TRAUB, **_BODY)


def potassium_cortex(**changes: Any) -> Channel:
    """Delayed rectifier of Traub and Miles; give it the same ``V_T`` as the sodium current."""
    return published(
        changes, "Kd", POTASSIUM, g="6 mS/cm**2", E="-90 mV", ion="K", V_T="-56.2 mV", source=_TRAUB, **_BODY
    )


def m_current(**changes: Any) -> Channel:
    """I_M, slow potassium that does not inactivate: ``g_M p (v - E_K)``; spike-frequency adaptation, class 2."""
    return published(
        changes, "M", SLOW, g="0.075 mS/cm**2", E="-90 mV", ion="K", tau_max="608 ms", q10=2.3, source=_YAMADA, **_BODY
    )


def l_type(**changes: Any) -> Channel:
    """I_Ca,L, high threshold: ``g_CaL q**2 r (v - E_Ca)``.

    With ``P``, ``valence``, ``inside`` and ``outside`` the driving force is that of Goldman, Hodgkin and Katz.
    """
    return published(changes, "CaL", CALCIUM, g="0.1 mS/cm**2", E="120 mV", ion="Ca", source=_REUVENI, **_BODY)


def leak_cortex(**changes: Any) -> Channel:
    """The leak of the regular-spiking cell."""
    return published(changes, "L", None, g="0.0205 mS/cm**2", E="-70.3 mV", source=SOURCE)
