"""The three currents of the squid axon."""

from __future__ import annotations

from typing import Any

from rheobase.conductance.channel import Channel
from rheobase.conductance.channels.published import published
from rheobase.conductance.gate import Gate

SOURCE = "Hodgkin & Huxley (1952), J. Physiol. 117:500, doi:10.1113/jphysiol.1952.sp004764"
_WARM: dict[str, Any] = {"q10": 3.0, "measured_at": "6.3 celsius"}

SODIUM = {
    "m**3": Gate(alpha="0.1/mV*(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV)))/ms", beta="4*exp(-(v + 65*mV)/(18*mV))/ms"),
    "h": Gate(alpha="0.07*exp(-(v + 65*mV)/(20*mV))/ms", beta="1/(1 + exp(-(v + 35*mV)/(10*mV)))/ms"),
}
POTASSIUM = {
    "n**4": Gate(
        alpha="0.01/mV*(v + 55*mV)/(1 - exp(-(v + 55*mV)/(10*mV)))/ms", beta="0.125*exp(-(v + 65*mV)/(80*mV))/ms"
    )
}


def sodium_squid(**changes: Any) -> Channel:
    """I_Na,t, transient: ``g_Na m**3 h (v - E_Na)``, measured at 6.3 degrees Celsius, Q10 of 3."""
    given = {"g": "120 mS/cm**2", "E": "50 mV", "source": SOURCE}
    return published(changes, "Na", SODIUM, **given, **_WARM)


def potassium_squid(**changes: Any) -> Channel:
    """I_K, delayed rectifier: ``g_K n**4 (v - E_K)``, measured at 6.3 degrees Celsius, Q10 of 3."""
    given = {"g": "36 mS/cm**2", "E": "-77 mV", "source": SOURCE}
    return published(changes, "K", POTASSIUM, **given, **_WARM)


def leak_squid(**changes: Any) -> Channel:
    """The leak of the squid axon."""
    return published(changes, "L", None, g="0.3 mS/cm**2", E="-54.387 mV", source=SOURCE)
