"""Sparse network of excitatory and inhibitory neurons in a cortical regime: model A of Brunel (2000)."""

from __future__ import annotations

from typing import Any

from rheobase.library.entry import Entry, Fact
from rheobase.library.network_checks import external_rate, theory_frequency, theory_growth, theory_rate
from rheobase.library.networks.sparse import Kind, Sparse, number, time, voltage
from rheobase.model.network import Network

SOURCE = "Brunel (2000), J. Comput. Neurosci. 8:183, doi:10.1023/A:1008925309027 (model A)"


def brunel2000(
    g: float = 5.0,
    eta: float = 2.0,
    *,
    epsilon: float = 0.1,
    order: int = 2500,
    J: Any = "0.1 mV",
    delay: Any = "1.5 ms",
) -> Network:
    """Model A: identical excitatory and inhibitory leaky integrate-and-fire neurons with delta synapses.

    There are ``4*order`` excitatory and ``order`` inhibitory neurons. Each receives ``C_E = epsilon*4*order`` synapses
    of weight ``J`` from random excitatory neurons, ``C_I = epsilon*order`` of weight ``-g*J`` from inhibitory ones, and
    ``C_E`` external ones of weight ``J`` and rate ``eta*nu_thr`` each, with ``nu_thr = theta/(J C_E tau)``.

    Start values, which the paper does not give: uniform between the reset and the threshold.

    Parameters
    ----------
    g
        Strength of an inhibitory synapse, relative to an excitatory one.
    eta
        External rate, relative to the one that alone brings the mean potential to threshold.
    epsilon
        Connection probability. To make the network smaller with the same in-degrees, lower ``order`` and raise
        ``epsilon`` by the same factor.
    order
        Number of inhibitory neurons.
    J
        Excitatory jump of the potential, a voltage.
    delay
        Delay of all synapses, a time.

    Examples
    --------
    >>> brunel2000(g=6, eta=4).size
    12500
    """
    every = time(delay, "delay")
    kind = Kind(voltage(J, "J"), number(g, "g"), number(eta, "eta"), 20.0, (every, every))
    return Sparse("brunel2000", SOURCE, number(epsilon, "epsilon"), order).network(kind, kind)


_THEORY = "characteristic equation, solved independently"
FACTS = (
    Fact("nu_thr", 10.0, "Hz", "closed form", external_rate("E"), 1e-12, {"eta": 1}),
    Fact("stationary rate", 37.94969709, "Hz", _THEORY, theory_rate("E"), 1e-8, {"g": 5, "eta": 2}),
    Fact("stationary rate", 55.84126238, "Hz", _THEORY, theory_rate("E"), 1e-8, {"g": 6, "eta": 4}),
    Fact("stationary rate", 6.516702268, "Hz", _THEORY, theory_rate("E"), 1e-8, {"g": 4.5, "eta": 0.9}),
    Fact("growth of the leading mode", -0.1349, "1/ms", _THEORY, theory_growth(), 1e-4, {"g": 5, "eta": 2}),
    Fact("frequency of the leading mode", 124.3, "Hz", _THEORY, theory_frequency(), 0.1, {"g": 5, "eta": 2}),
    Fact("frequency of the leading mode", 190.21, "Hz", _THEORY, theory_frequency(), 0.01, {"g": 6, "eta": 4}),
    Fact("frequency of the leading mode", 28.996, "Hz", _THEORY, theory_frequency(), 0.001, {"g": 4.5, "eta": 0.9}),
)

ENTRY = Entry("brunel2000", "network", "sparse network of 12,500 neurons, model A", SOURCE, brunel2000, FACTS)
