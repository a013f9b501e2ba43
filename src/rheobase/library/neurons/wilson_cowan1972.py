"""Rates of an excitatory and an inhibitory population: hysteresis and limit cycles."""

from __future__ import annotations

import math
from typing import Any

from rheobase.library.checks import equilibrium, hopf, saddle_node, subexpression
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Wilson & Cowan (1972), Biophys. J. 12:1, doi:10.1016/S0006-3495(72)86068-5"

EQUATIONS = """
dr_e/dt = (-r_e + (k_e - r_e)*S_e)/tau_e : 1 = 0    # part of the excitatory cells that fire, above rest
dr_i/dt = (-r_i + (k_i - r_i)*S_i)/tau_i : 1 = 0    # of the inhibitory ones
S_e = 1/(1 + exp(-a_e*(x_e - theta_e))) - 1/(1 + exp(a_e*theta_e)) : 1
S_i = 1/(1 + exp(-a_i*(x_i - theta_i))) - 1/(1 + exp(a_i*theta_i)) : 1
x_e = c_1*r_e - c_2*r_i + I : 1
x_i = c_3*r_e - c_4*r_i + I_i : 1
k_e = 1 - 1/(1 + exp(a_e*theta_e)) : 1              # the largest S_e
k_i = 1 - 1/(1 + exp(a_i*theta_i)) : 1
tau_e : ms = 10*ms
tau_i : ms = 10*ms
c_1 : 1
c_2 : 1
c_3 : 1
c_4 : 1
a_e : 1                  # slope
theta_e : 1              # place of the steepest slope
a_i : 1
theta_i : 1
I : 1 = 0                # input of the excitatory cells, P in the paper
I_i : 1 = 0              # of the inhibitory ones, Q in the paper
"""

#: Figures 4 and 11 of the paper.
PRESETS = {
    "limit_cycle": {
        "c_1": 16, "c_2": 12, "c_3": 15, "c_4": 3, "a_e": 1.3, "theta_e": 4, "a_i": 2, "theta_i": 3.7,
    },
    "hysteresis": {
        "c_1": 12, "c_2": 4, "c_3": 13, "c_4": 11, "a_e": 1.2, "theta_e": 2.8, "a_i": 1, "theta_i": 4,
    },
}  # fmt: skip


def wilson_cowan1972(preset: str = "limit_cycle", **parameters: Any) -> Neuron:
    """Wilson and Cowan's two populations, time-coarse-grained, with refractoriness ``r = 1``; rest is at zero.

    Parameters
    ----------
    preset
        ``limit_cycle``: figure 11, which oscillates at ``I = 1.25``; ``hysteresis``: figure 4.
    **parameters
        Any of the names in `EQUATIONS`, as quantities, numbers or texts.
    """
    chosen = choose(PRESETS, preset, "wilson_cowan1972")
    return neuron(EQUATIONS, chosen, parameters, name="wilson_cowan1972", source=SOURCE)


_SOLVED = "the equations of the point, solved with 30 digits"
_HYSTERESIS = {"preset": "hysteresis"}
FACTS = (
    Fact("rest without input", 0.0, "", "closed form", equilibrium("r_e"), 1e-15),
    Fact("largest response", 1 / (1 + math.exp(-5.2)), "", "closed form", subexpression("S_e", I=1000.0), 1e-15),
    Fact("Hopf point, input", 1.87931319808, "", _SOLVED, hopf(0.23, 0.27), 1e-9),
    Fact("saddle-node, input", 1.08733045617, "", _SOLVED, saddle_node(0.04, 0.07), 1e-9),
    Fact("saddle-node, input", 0.908683427302, "", _SOLVED, saddle_node(0.13, 0.15), 1e-9),
    Fact("saddle-node, input", 0.304752864041, "", _SOLVED, saddle_node(0.05, 0.08), 1e-9, _HYSTERESIS),
    Fact("saddle-node, input", -0.399610114154, "", _SOLVED, saddle_node(0.3, 0.4), 1e-9, _HYSTERESIS),
)  # fmt: skip

ENTRY = Entry(
    "wilson_cowan1972", "neuron", "rates of an excitatory and an inhibitory population", SOURCE, wilson_cowan1972,
    FACTS, tuple(PRESETS),
)  # fmt: skip
