"""Persistent sodium and a fast potassium current: Izhikevich's minimal model."""

from __future__ import annotations

from typing import Any

from rheobase.conductance.channel import Channel
from rheobase.conductance.channels.published import published
from rheobase.conductance.gate import Gate

SOURCE = (
    "Izhikevich (2007), Dynamical Systems in Neuroscience, MIT Press, doi:10.7551/mitpress/2526.001.0001 (chapter 4)"
)


def persistent_sodium(**changes: Any) -> Channel:
    """I_Na,p, with an instantaneous gate: ``g_NaP m_inf (v - E_Na)``."""
    gates = {"m": Gate(inf="1/(1 + exp((V_m - v)/k_m))")}
    return published(
        changes, "NaP", gates, g="20 mS/cm**2", E="60 mV", ion="Na", V_m="-20 mV", k_m="15 mV", source=SOURCE
    )


def potassium_minimal(**changes: Any) -> Channel:
    """I_K with a time constant that does not depend on the potential; half open at -25 mV (high threshold).

    ``V_n="-45 mV"`` makes it the low-threshold current that gives a resonator.
    """
    gates = {"n": Gate(inf="1/(1 + exp((V_n - v)/k_n))", tau="tau_0")}
    return published(
        changes, "K", gates, g="10 mS/cm**2", E="-90 mV", V_n="-25 mV", k_n="5 mV", tau_0="1 ms", source=SOURCE
    )


def leak_minimal(**changes: Any) -> Channel:
    """The leak of the minimal model."""
    return published(changes, "L", None, g="8 mS/cm**2", E="-80 mV", source=SOURCE)
