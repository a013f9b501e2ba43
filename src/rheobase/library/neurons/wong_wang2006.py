"""Two populations that compete for a decision, slow by their NMDA receptors."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import equilibrium, subexpression
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Wong & Wang (2006), J. Neurosci. 26:1314, doi:10.1523/JNEUROSCI.3733-05.2006 (appendix, without AMPA loops)"

EQUATIONS = """
ds_1/dt = -s_1/tau_S + (1 - s_1)*gamma*r_1 : 1 = 0.1    # open part of the NMDA receptors of population 1
ds_2/dt = -s_2/tau_S + (1 - s_2)*gamma*r_2 : 1 = 0.1
r_1 = 1/(d*exprel(-d*(a*x_1 - b))) : Hz                 # (a x - b)/(1 - exp(-d (a x - b)))
r_2 = 1/(d*exprel(-d*(a*x_2 - b))) : Hz
x_1 = J_N11*s_1 - J_N12*s_2 + I_0 + J_ext*mu_0*(1 + c) + I : nA
x_2 = J_N11*s_2 - J_N12*s_1 + I_0 + J_ext*mu_0*(1 - c) + I : nA
tau_S : ms = 100*ms
gamma : 1 = 0.641
a : Hz/nA = 270*Hz/nA
b : Hz = 108*Hz
d : ms = 154*ms
J_N11 : nA = 0.2609*nA
J_N12 : nA = 0.0497*nA
I_0 : nA = 0.3255*nA       # background
J_ext : nA/Hz = 0.00052*nA/Hz
mu_0 : Hz = 0*Hz           # strength of the stimulus, 30 Hz in the paper
c : 1 = 0                  # its coherence, from -1 to 1
I : nA = 0*nA              # more input of both
"""


def wong_wang2006(**parameters: Any) -> Neuron:
    """The two-variable model of a decision; its noise is left out.

    Without a stimulus rest and two memories are stable. With ``mu_0 = 30 Hz`` both populations compete, and ``c`` says
    which of them is favoured.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities, numbers or texts.
    """
    return neuron(EQUATIONS, parameters, name="wong_wang2006", source=SOURCE)


_SOLVED = "the equations of the point, solved with 30 digits"
_DECIDED = {"s_1": 0.6, "s_2": 0.04, "mu_0": "30 Hz"}
FACTS = (
    Fact("rate where a x = b", 1 / 0.154, "Hz", "1/d", subexpression("r_1", s_1=0.0, s_2=0.0, I="0.0745 nA"),
         1e-10),
    Fact("rest", 0.102651249564884, "", _SOLVED, equilibrium("s_1"), 1e-12),
    Fact("undecided, with a stimulus", 0.424455591642508, "", _SOLVED, equilibrium("s_1"), 1e-12,
         {"s_1": 0.42, "s_2": 0.42, "mu_0": "30 Hz"}),
    Fact("memory, winner", 0.56698718055703, "", _SOLVED, equilibrium("s_1"), 1e-12, {"s_1": 0.57, "s_2": 0.03}),
    Fact("memory, loser", 0.031891419820483, "", _SOLVED, equilibrium("s_2"), 1e-12, {"s_1": 0.57, "s_2": 0.03}),
    Fact("decision, winner", 0.65869423352333, "", _SOLVED, equilibrium("s_1"), 1e-12, _DECIDED),
    Fact("decision, loser", 0.051807199149348, "", _SOLVED, equilibrium("s_2"), 1e-12, _DECIDED),
)  # fmt: skip

ENTRY = Entry("wong_wang2006", "neuron", "two populations that compete for a decision", SOURCE, wong_wang2006, FACTS)
