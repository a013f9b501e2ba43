"""Izhikevich's simple model of 2003."""

from __future__ import annotations

from typing import Any

from rheobase.errors import ModelError
from rheobase.library.checks import hopf, saddle_node, spike_count
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569, doi:10.1109/TNN.2003.820440"

EQUATIONS = """
dv/dt = 0.04/(mV*ms)*v**2 + 5/ms*v + 140*mV/ms - u + I : mV = -65*mV
du/dt = a*(b*v - u) : mV/ms = -65*mV*b
a : 1/ms = 0.02/ms       # rate of recovery
b : 1/ms = 0.2/ms        # sensitivity of recovery to the voltage
c : mV = -65*mV          # reset of v
d : mV/ms = 8*mV/ms      # what a spike adds to u
v_peak : mV = 30*mV      # where a spike counts as emitted
I : mV/ms = 0*mV/ms      # input; the paper gives the bare number
"""


def _set(a: float, b: float, c: float, d: float) -> dict[str, str]:
    return {"a": f"{a}/ms", "b": f"{b}/ms", "c": f"{c} mV", "d": f"{d} mV/ms"}


#: Figure 2 of the paper.
PRESETS = {
    "regular_spiking": _set(0.02, 0.2, -65, 8),
    "intrinsically_bursting": _set(0.02, 0.2, -55, 4),
    "chattering": _set(0.02, 0.2, -50, 2),
    "fast_spiking": _set(0.1, 0.2, -65, 2),
    "low_threshold_spiking": _set(0.02, 0.25, -65, 2),
    "thalamocortical": _set(0.02, 0.25, -65, 0.05),
    "resonator": _set(0.1, 0.26, -65, 2),
}

#: How the equations are stepped, and the method that does it.
SCHEMES = {"exact": "auto", "published": "two_half_steps"}


def izhikevich2003(preset: str = "regular_spiking", scheme: str = "exact", **parameters: Any) -> Neuron:
    """Simple model of 2003: ``dv/dt = 0.04 v**2 + 5 v + 140 - u + I``, ``du/dt = a (b v - u)`` in mV and ms.

    The program printed in the paper takes two half steps of v and one step of u each millisecond. That is *not* the
    solution of the printed equations: at I = 10 regular spiking gives 20 spikes a second in the program and 23 in the
    equations, fast spiking 63 and 137.

    Parameters
    ----------
    preset
        One of `PRESETS`.
    scheme
        ``exact`` solves the equations; ``published`` steps them as the paper's program does, and is to be simulated
        with ``dt=1*ms``.
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts; they win over the preset.
    """
    if scheme not in SCHEMES:
        raise ModelError(f"izhikevich2003 has no scheme {scheme!r}; it has: {', '.join(SCHEMES)}")
    notes = "Stepped as the program printed in the paper: use dt = 1 ms." if scheme == "published" else ""
    return neuron(
        EQUATIONS, choose(PRESETS, preset, "izhikevich2003"), {"method": SCHEMES[scheme]}, parameters,
        threshold="v >= v_peak", reset="v = c; u += d", name="izhikevich2003", source=SOURCE, notes=notes,
    )  # fmt: skip


def _counted(preset: str, count: int) -> Fact:
    return Fact("spikes in the first second at I = 10", count, "", "LSODA at a relative tolerance of 1e-11",
                spike_count(I="10 mV/ms"), 0, {"preset": preset})  # fmt: skip


def _left(kind: str, preset: str, current: float) -> Fact:
    check = saddle_node(-70.0, -50.0) if kind == "saddle-node" else hopf(-64.0, -50.1)
    return Fact(kind, current, "mV/ms", "closed form", check, 1e-9, {"preset": preset})


FACTS = (
    _left("saddle-node", "regular_spiking", 4.0),
    _left("Hopf bifurcation", "regular_spiking", 3.7975),
    _left("saddle-node", "resonator", 0.4225),
    _left("Hopf bifurcation", "resonator", 0.2625),
    _left("saddle-node", "low_threshold_spiking", 1.015625),
    _left("Hopf bifurcation", "low_threshold_spiking", 0.685),
    _counted("regular_spiking", 23),
    _counted("intrinsically_bursting", 34),
    _counted("chattering", 87),
    _counted("fast_spiking", 137),
)

ENTRY = Entry(
    "izhikevich2003", "neuron", "simple model of 2003 in mV and ms", SOURCE, izhikevich2003, FACTS, tuple(PRESETS)
)
