"""Published channels, each a function that makes a `rheobase.conductance.Channel`; keywords change its values.

>>> from rheobase.conductance import channels
>>> channels.potassium_squid(g="40 mS/cm**2")
Channel('K': g_K*n**4*(v - E_K))
"""

from rheobase.conductance.channels.cortex import l_type, leak_cortex, m_current, potassium_cortex, sodium_cortex
from rheobase.conductance.channels.gastropod import a_current, leak_gastropod, potassium_gastropod, sodium_gastropod
from rheobase.conductance.channels.minimal import leak_minimal, persistent_sodium, potassium_minimal
from rheobase.conductance.channels.squid import leak_squid, potassium_squid, sodium_squid
from rheobase.conductance.channels.thalamus import h_current, t_type, t_type_ghk

__all__ = [
    "a_current",
    "h_current",
    "l_type",
    "leak_cortex",
    "leak_gastropod",
    "leak_minimal",
    "leak_squid",
    "m_current",
    "persistent_sodium",
    "potassium_cortex",
    "potassium_gastropod",
    "potassium_minimal",
    "potassium_squid",
    "sodium_cortex",
    "sodium_gastropod",
    "sodium_squid",
    "t_type",
    "t_type_ghk",
]
