"""Sparse network whose excitatory and inhibitory neurons differ: model B of Brunel (2000)."""

from __future__ import annotations

from typing import Any

from rheobase.library.entry import Entry, Fact
from rheobase.library.network_checks import external_rate, theory_frequency, theory_growth, theory_rate
from rheobase.library.networks.sparse import Kind, Sparse, number, time, voltage
from rheobase.model.network import Network

SOURCE = "Brunel (2000), J. Comput. Neurosci. 8:183, doi:10.1023/A:1008925309027 (model B: its structure)"


def brunel2000_b(
    g: float = 5.0,
    eta: float = 2.0,
    *,
    g_I: float | None = None,
    eta_I: float | None = None,
    J: Any = "0.1 mV",
    J_I: Any = None,
    tau: Any = "20 ms",
    tau_I: Any = None,
    delay: Any = "1.5 ms",
    delay_EE: Any = None,
    delay_EI: Any = None,
    delay_IE: Any = None,
    delay_II: Any = None,
    epsilon: float = 0.1,
    order: int = 2500,
) -> Network:
    """Model B: inhibitory neurons with a membrane, synapses, external input and delays of their own.

    As `brunel2000`, and what the inhibitory neurons have of their own ends in ``_I``: they receive jumps ``J_I`` from
    excitatory and external neurons and ``-g_I*J_I`` from inhibitory ones. What is not given is as in the excitatory
    neurons, so that without any of it this is model A. Threshold, reset, refractory time and numbers of synapses are
    those of model A for both.

    The numbers with which the paper draws its figures of model B are *not* preset: no source of them that could be
    checked was at hand. Give them from the paper. External rates count from each kind's own threshold rate
    ``nu_thr = theta/(J C_E tau)``, with its ``J`` and ``tau``.

    Parameters
    ----------
    g, g_I
        Strength of an inhibitory synapse relative to an excitatory one, onto excitatory and inhibitory neurons.
    eta, eta_I
        External rate, relative to the one that alone brings the mean potential of these neurons to threshold.
    J, J_I
        Excitatory jumps of the potential, onto excitatory and inhibitory neurons, voltages.
    tau, tau_I
        Time constants of the membranes.
    delay
        Of the synapses that have none of their own.
    delay_EE, delay_EI, delay_IE, delay_II
        Delays; the first letter is the target: ``delay_EI`` is from inhibitory to excitatory neurons.
    epsilon, order
        As in `brunel2000`.

    Examples
    --------
    >>> [round(item.rate * 1e3, 6) for item in brunel2000_b(eta=1, tau_I="10 ms").inputs]  # Hz
    [10.0, 20.0]
    """
    every = time(delay, "delay")
    delays = {"delay_EE": delay_EE, "delay_EI": delay_EI, "delay_IE": delay_IE, "delay_II": delay_II}
    ee, ei, ie, ii = (every if own is None else time(own, name) for name, own in delays.items())
    e = Kind(voltage(J, "J"), number(g, "g"), number(eta, "eta"), time(tau, "tau"), (ee, ei))
    i = Kind(
        e.J if J_I is None else voltage(J_I, "J_I"),
        e.g if g_I is None else number(g_I, "g_I"),
        e.eta if eta_I is None else number(eta_I, "eta_I"),
        e.tau if tau_I is None else time(tau_I, "tau_I"),
        (ie, ii),
    )
    return Sparse("brunel2000_b", SOURCE, number(epsilon, "epsilon"), order).network(e, i)


_THEORY = "rates and characteristic equation, solved independently at 25 digits"
_OWN = {"g": 6, "g_I": 5.5, "eta": 2.5, "eta_I": 2, "J_I": "0.11 mV", "tau_I": "15 ms"}  # an example, not the paper's
_DELAYED = {**_OWN, "delay_EE": "1.4 ms", "delay_II": "1.6 ms"}
FACTS = (
    Fact("nu_thr of inhibitory neurons", 20 / (0.11 * 1000 * 0.015), "Hz", "closed form", external_rate("I"), 1e-12,
         {**_OWN, "eta_I": 1}),
    Fact("stationary rate of model A", 37.94969709, "Hz", _THEORY, theory_rate("I"), 1e-8, {"g": 5, "eta": 2}),
    Fact("growth of model A's leading mode", -134.8776901326, "1/s", _THEORY, theory_growth(), 1e-8,
         {"g": 5, "eta": 2}),
    Fact("stationary rate of E", 17.482107213144, "Hz", _THEORY, theory_rate("E"), 1e-10, _OWN),
    Fact("stationary rate of I", 23.178432371484, "Hz", _THEORY, theory_rate("I"), 1e-10, _OWN),
    Fact("growth of the leading mode", 68.129696811707, "1/s", _THEORY, theory_growth(), 1e-8, _OWN),
    Fact("frequency of the leading mode", 150.85275284647, "Hz", _THEORY, theory_frequency(), 1e-8, _OWN),
    Fact("growth of the leading mode", 206.73178702506, "1/s", _THEORY, theory_growth(), 1e-8, _DELAYED),
    Fact("frequency of the leading mode", 730.31578869464, "Hz", _THEORY, theory_frequency(), 1e-8, _DELAYED),
)  # fmt: skip

ENTRY = Entry(
    "brunel2000_b", "network", "sparse network whose neurons of two kinds differ, model B", SOURCE, brunel2000_b, FACTS
)
