"""The currents of Connor and Stevens' neuron, among them the transient A current."""

from __future__ import annotations

from typing import Any

from rheobase.conductance.channel import Channel
from rheobase.conductance.channels.published import published
from rheobase.conductance.gate import Gate

SOURCE = (
    "Connor, Walter & McKown (1977), Biophys. J. 18:81, doi:10.1016/S0006-3495(77)85598-7; as in Dayan & Abbott "
    "(2001), Theoretical Neuroscience, MIT Press (section 6.2)"
)

SODIUM = {
    "m**3": Gate(
        alpha="0.38/mV*(v + 29.7*mV)/(1 - exp(-0.1/mV*(v + 29.7*mV)))/ms", beta="15.2*exp(-0.0556/mV*(v + 54.7*mV))/ms"
    ),
    "h": Gate(alpha="0.266*exp(-0.05/mV*(v + 48*mV))/ms", beta="3.8/(1 + exp(-0.1/mV*(v + 18*mV)))/ms"),
}
POTASSIUM = {
    "n**4": Gate(
        alpha="0.02/mV*(v + 45.7*mV)/(1 - exp(-0.1/mV*(v + 45.7*mV)))/ms", beta="0.25*exp(-0.0125/mV*(v + 55.7*mV))/ms"
    )
}
TRANSIENT = {
    "a**3": Gate(
        inf="(0.0761*exp(0.0314/mV*(v + 94.22*mV))/(1 + exp(0.0346/mV*(v + 1.17*mV))))**(1/3)",
        tau="(0.3632 + 1.158/(1 + exp(0.0497/mV*(v + 55.96*mV))))*ms",
    ),
    "b": Gate(
        inf="(1 + exp(0.0688/mV*(v + 53.3*mV)))**(-4)",
        tau="(1.24 + 2.678/(1 + exp(0.0624/mV*(v + 50*mV))))*ms",
    ),
}


def sodium_gastropod(**changes: Any) -> Channel:
    """Transient sodium of Connor and Stevens."""
    return published(changes, "Na", SODIUM, g="120 mS/cm**2", E="55 mV", source=SOURCE)


def potassium_gastropod(**changes: Any) -> Channel:
    """Delayed rectifier of Connor and Stevens."""
    return published(changes, "K", POTASSIUM, g="20 mS/cm**2", E="-72 mV", source=SOURCE)


def a_current(**changes: Any) -> Channel:
    """I_A, transient potassium: ``g_A a**3 b (v - E_A)``; it delays the first spike and makes low rates possible."""
    return published(changes, "A", TRANSIENT, g="47.7 mS/cm**2", E="-75 mV", source=SOURCE)


def leak_gastropod(**changes: Any) -> Channel:
    """The leak of Connor and Stevens."""
    return published(changes, "L", None, g="0.3 mS/cm**2", E="-17 mV", source=SOURCE)
