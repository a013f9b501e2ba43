"""Neurons by parts: ion channels, the potentials that drive them, and passive cables.

>>> from rheobase.conductance import channels, leak, membrane
>>> neuron = membrane(channels.sodium_squid(), channels.potassium_squid(), channels.leak_squid(), C="1 uF/cm**2")
>>> print(neuron.equations.text.splitlines()[1])
dv/dt = (I - I_Na - I_K - I_L)/C_m : mV = -64.9964*mV
"""

from rheobase.conductance import channels
from rheobase.conductance.cable import Cable
from rheobase.conductance.chain import chain
from rheobase.conductance.channel import Channel, leak
from rheobase.conductance.gate import Gate
from rheobase.conductance.membrane import membrane
from rheobase.conductance.potentials import ghk_current, ghk_potential, nernst, thermal_voltage
from rheobase.conductance.temperature import celsius, q10

__all__ = [
    "Cable",
    "Channel",
    "Gate",
    "celsius",
    "chain",
    "channels",
    "ghk_current",
    "ghk_potential",
    "leak",
    "membrane",
    "nernst",
    "q10",
    "thermal_voltage",
]
