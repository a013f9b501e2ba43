"""Adaptive exponential integrate-and-fire neuron."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import hopf, saddle_node
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Brette & Gerstner (2005), J. Neurophysiol. 94:3637, doi:10.1152/jn.00686.2005"
_NAUD = "Naud, Marcille, Clopath & Gerstner (2008), Biol. Cybern. 99:335, doi:10.1007/s00422-008-0264-7 (Table 1)"

EQUATIONS = """
dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + I)/C_m : mV = E_L
dw/dt = (a*(v - E_L) - w)/tau_w : pA = 0*pA
C_m : pF = 281*pF        # membrane capacitance
g_L : nS = 30*nS         # leak conductance
E_L : mV = -70.6*mV      # resting potential
V_T : mV = -50.4*mV      # threshold of the spike current
Delta_T : mV = 2*mV      # sharpness of the spike onset
tau_w : ms = 144*ms      # time constant of adaptation
a : nS = 4*nS            # adaptation below threshold
b : pA = 80.5*pA         # adaptation at a spike
v_reset : mV = -70.6*mV  # reset
v_peak : mV = 20*mV      # where a spike counts as emitted
I : pA = 0*pA            # input
"""

_NAMES = ("C_m", "g_L", "E_L", "V_T", "Delta_T", "a", "tau_w", "b", "v_reset", "v_peak")
_UNITS = ("pF", "nS", "mV", "mV", "mV", "nS", "ms", "pA", "mV", "mV")


def _set(*values: float) -> dict[str, str]:
    return {name: f"{value} {unit}" for name, value, unit in zip(_NAMES, (*values, 0.0), _UNITS, strict=True)}


#: Firing patterns of Naud et al. (2008); the first is the neuron of Brette & Gerstner (2005).
PRESETS = {
    "brette_gerstner_2005": {},
    "tonic": _set(200, 10, -70, -50, 2, 2, 30, 0, -58),
    "adaptation": _set(200, 12, -70, -50, 2, 2, 300, 60, -58),
    "initial_burst": _set(130, 18, -58, -50, 2, 4, 150, 120, -50),
    "regular_bursting": _set(200, 10, -58, -50, 2, 2, 120, 100, -46),
    "delayed_accelerating": _set(200, 12, -70, -50, 2, -10, 300, 0, -58),
    "delayed_regular_bursting": _set(100, 10, -65, -50, 2, -10, 90, 30, -47),
    "transient": _set(100, 10, -65, -50, 2, 10, 90, 100, -47),
    "irregular": _set(100, 12, -60, -50, 2, -11, 130, 30, -48),
}

#: The step of Table 1 with which each pattern is shown, pA.
NAUD_CURRENTS = {
    "tonic": 500.0,
    "adaptation": 500.0,
    "initial_burst": 400.0,
    "regular_bursting": 210.0,
    "delayed_accelerating": 300.0,
    "delayed_regular_bursting": 110.0,
    "transient": 180.0,
    "irregular": 160.0,
}


def adex(preset: str = "brette_gerstner_2005", **parameters: Any) -> Neuron:
    """Adaptive exponential integrate-and-fire neuron.

    ``C_m dv/dt = g_L (E_L - v) + g_L Delta_T exp((v - V_T)/Delta_T) - w + I`` and ``tau_w dw/dt = a (v - E_L) - w``;
    at a spike ``v = v_reset`` and ``w`` grows by ``b``.

    Parameters
    ----------
    preset
        One of `PRESETS`: the original neuron, or a firing pattern of Naud et al. (2008).
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts; they win over the preset.
    """
    source = SOURCE if preset == "brette_gerstner_2005" else f"{SOURCE}; {_NAUD}"
    return neuron(
        EQUATIONS, choose(PRESETS, preset, "adex"), parameters, threshold="v > v_peak", reset="v = v_reset; w += b",
        name="adex", source=source,
    )  # fmt: skip


_LOST = "the equilibrium is lost in a"
_TOUBOUL = "closed form of Touboul & Brette (2008), Biol. Cybern. 99:319"
FACTS = (
    Fact(f"{_LOST} saddle-node", 220.37571736, "pA", _TOUBOUL, saddle_node(-55.0, -45.0), 1e-7, {"preset": "tonic"}),
    Fact(f"{_LOST} Hopf bifurcation", 256.18054886, "pA", _TOUBOUL, hopf(-52.0, -49.65), 1e-7,
         {"preset": "adaptation"}),
    Fact(f"{_LOST} Hopf bifurcation", 281.9921984, "pA", _TOUBOUL, hopf(-52.0, -48.7), 1e-7, {"preset": "transient"}),
)  # fmt: skip

ENTRY = Entry("adex", "neuron", "adaptive exponential integrate-and-fire neuron", SOURCE, adex, FACTS, tuple(PRESETS))
