"""Poisson source."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import spike_probability
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Perkel, Gerstein & Moore (1967), Biophys. J. 7:391, doi:10.1016/S0006-3495(67)86596-2"

EQUATIONS = """
rate : Hz = 10*Hz      # mean rate
"""


def poisson(**parameters: Any) -> Neuron:
    """Spikes at random: in each step one with probability ``rate*dt``, so the mean rate is exact at any step.

    Counts are binomial: their variance over their mean is ``1 - rate*dt``, and intervals have the coefficient of
    variation ``sqrt(1 - rate*dt)``. It is a Poisson process where ``rate*dt`` is much smaller
    than 1, and none beyond 1.

    Parameters
    ----------
    **parameters
        ``rate``, as a quantity or a text.
    """
    return neuron(EQUATIONS, parameters, threshold="rand() < rate*dt", name="poisson", source=SOURCE)


FACTS = (
    Fact("probability of a spike in a step of 0.1 ms", 0.002, "", "rate times step", spike_probability(0.1), 2e-5,
         {"rate": "20 Hz"}),
)  # fmt: skip

ENTRY = Entry("poisson", "neuron", "Poisson source", SOURCE, poisson, FACTS)
