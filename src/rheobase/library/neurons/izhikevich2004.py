"""The twenty firing patterns of Izhikevich (2004), each with the stimulus that brings it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.library.checks import hopf, saddle_node
from rheobase.library.entry import Entry, Fact, choose
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Izhikevich (2004), IEEE Trans. Neural Netw. 15:1063, doi:10.1109/TNN.2004.832719, Figure 1 and its program"

EQUATIONS = """
dv/dt = 0.04/(mV*ms)*v**2 + k_1*v + k_0 - u + I : mV = -70*mV
du/dt = a*(b*(v - v_u) - r*u) : mV/ms = -70*mV*b
k_1 : 1/ms = 5/ms        # 4.1 in the patterns of class 1
k_0 : mV/ms = 140*mV/ms  # 108 in the patterns of class 1
a : 1/ms = 0.02/ms       # rate of recovery
b : 1/ms = 0.2/ms        # sensitivity of recovery to the voltage
v_u : mV = 0*mV          # -65 in the pattern of accommodation
r : 1 = 1                # 0 in the pattern of accommodation: u does not decay
c : mV = -65*mV          # reset of v
d : mV/ms = 6*mV/ms      # what a spike adds to u
v_peak : mV = 30*mV      # where a spike counts as emitted
I : mV/ms = 0*mV/ms      # input; the paper gives the bare number
"""


@dataclass(frozen=True)
class Stimulus:
    """The input of a pattern: straight lines between points; a time that stands twice is a jump.

    Attributes
    ----------
    letter
        Of the panel in Figure 1.
    times, values
        ms and mV/ms, the unit of ``I``; after the last point the input stays as it is.
    duration
        ms, the width of the panel.
    dt
        ms, the step of the published program.
    """

    letter: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    duration: float
    dt: float

    def course(self, dt: float | None = None) -> NDArray[np.float64]:
        """The input at the times ``k*dt``, as the published program has it: at a jump the value nearer to 0."""
        grid = np.arange(round(self.duration / (dt or self.dt)) + 1) * (dt or self.dt)
        times, values = np.array(self.times), np.array(self.values)
        before = np.interp(grid - 1e-9, times, values)
        after = np.interp(grid + 1e-9, times, values)
        jump = np.abs(after - before) > 1e-6
        return np.where(jump, np.where(np.abs(before) < np.abs(after), before, after), np.interp(grid, times, values))


def _step(at: float, to: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, 0.0), (at, 0.0), (at, to))


def _pulses(starts: tuple[float, ...], width: float, to: float, base: float = 0.0) -> tuple[tuple[float, float], ...]:
    edges = [((t, base), (t, to), (t + width, to), (t + width, base)) for t in starts]
    return ((0.0, base), *(point for edge in edges for point in edge))


_INHIBITED = ((0.0, 80.0), (50.0, 80.0), (50.0, 75.0), (250.0, 75.0), (250.0, 80.0))
_VARIABLE = (*_pulses((10.0,), 5.0, 1.0), *_pulses((70.0,), 5.0, -6.0)[1:], *_pulses((80.0,), 5.0, 1.0)[1:])
_RAMPS = ((0.0, 0.0), (200.0, 8.0), (200.0, 0.0), (300.0, 0.0), (312.5, 4.0), (312.5, 0.0))

#: Panel, (a, b, c, d), start of v, duration, step of the program, points of the input.
_TABLE: dict[str, tuple[str, tuple[float, ...], float, float, float, tuple[tuple[float, float], ...]]] = {
    "tonic_spiking": ("A", (0.02, 0.2, -65, 6), -70, 100, 0.25, _step(10, 14)),
    "phasic_spiking": ("B", (0.02, 0.25, -65, 6), -64, 200, 0.25, _step(20, 0.5)),
    "tonic_bursting": ("C", (0.02, 0.2, -50, 2), -70, 220, 0.25, _step(22, 15)),
    "phasic_bursting": ("D", (0.02, 0.25, -55, 0.05), -64, 200, 0.2, _step(20, 0.6)),
    "mixed_mode": ("E", (0.02, 0.2, -55, 4), -70, 160, 0.25, _step(16, 10)),
    "spike_frequency_adaptation": ("F", (0.01, 0.2, -65, 8), -70, 85, 0.25, _step(8.5, 30)),
    "class_1_excitable": ("G", (0.02, -0.1, -55, 6), -60, 300, 0.25, ((0, 0), (30, 0), (300, 20.25))),
    "class_2_excitable": ("H", (0.2, 0.26, -65, 0), -64, 300, 0.25, ((0, -0.5), (30, -0.5), (300, 3.55))),
    "spike_latency": ("I", (0.02, 0.2, -65, 6), -70, 100, 0.2, _pulses((10,), 3, 7.04)),
    "subthreshold_oscillations": ("J", (0.05, 0.26, -60, 0), -62, 200, 0.25, _pulses((20,), 5, 2)),
    "resonator": ("K", (0.1, 0.26, -60, -1), -62, 400, 0.25, _pulses((40, 60, 280, 320), 4, 0.65)),
    "integrator": ("L", (0.02, -0.1, -55, 6), -60, 100, 0.25, _pulses((100 / 11, 100 / 11 + 5, 70, 80), 2, 9)),
    "rebound_spike": ("M", (0.03, 0.25, -60, 4), -64, 200, 0.2, _pulses((20,), 5, -15)),
    "rebound_burst": ("N", (0.03, 0.25, -52, 0), -64, 200, 0.2, _pulses((20,), 5, -15)),
    "threshold_variability": ("O", (0.03, 0.25, -60, 4), -64, 100, 0.25, _VARIABLE),
    "bistability": ("P", (0.1, 0.26, -60, 0), -61, 300, 0.25, _pulses((37.5, 216), 5, 1.24, 0.24)),
    "depolarizing_afterpotential": ("Q", (1, 0.2, -60, -21), -70, 50, 0.1, _pulses((9,), 2, 20)),
    "accommodation": ("R", (0.02, 1, -55, 4), -65, 400, 0.5, _RAMPS),
    "inhibition_induced_spiking": ("S", (-0.02, -1, -60, 8), -63.8, 350, 0.5, _INHIBITED),
    "inhibition_induced_bursting": ("T", (-0.026, -1, -45, -2), -63.8, 350, 0.5, _INHIBITED),
}

_CLASS_1 = {"k_1": "4.1/ms", "k_0": "108 mV/ms"}
#: Where the equations differ from the usual ones.
_OTHER = {
    "class_1_excitable": _CLASS_1,
    "integrator": _CLASS_1,
    "accommodation": {"v_u": "-65 mV", "r": 0, "u": "-16 mV/ms"},
}


def _preset(pattern: str) -> dict[str, Any]:
    _, (a, b, c, d), v, *_, points = _TABLE[pattern]
    given = {"a": f"{a}/ms", "b": f"{b}/ms", "c": f"{c} mV", "d": f"{d} mV/ms", "v": f"{v} mV", "u": f"{b * v} mV/ms"}
    return given | {"I": f"{points[0][1]} mV/ms"} | _OTHER.get(pattern, {})


#: Figure 1 of the paper; ``I`` is the input before the stimulus.
PRESETS = {pattern: _preset(pattern) for pattern in _TABLE}

STIMULI = {
    pattern: Stimulus(letter, tuple(float(t) for t, _ in points), tuple(float(x) for _, x in points), duration, dt)
    for pattern, (letter, _, _, duration, dt, points) in _TABLE.items()
}

#: How the equations are stepped, and the method that does it.
SCHEMES = {"exact": "auto", "published": "euler_in_turn"}

#: Patterns that the printed parameters and inputs give in the published program only, and what the equations do.
LOST = {
    "bistability": "the second pulse, at 216 ms, does not stop the spiking; at 206 to 208 ms it does",
    "depolarizing_afterpotential": "the neuron goes on firing after the pulse; with b = 0.18 it fires once",
    "inhibition_induced_bursting": "u falls at every spike and the intervals go to 0; with d = -0.7 it bursts",
}


def stimulus(pattern: str) -> Stimulus:
    """The input that brings a pattern out.

    Raises
    ------
    ModelError
        If there is no pattern of this name.

    Examples
    --------
    >>> stimulus("tonic_spiking").values
    (0.0, 0.0, 14.0)
    """
    if pattern not in STIMULI:
        raise ModelError(f"izhikevich2004 has no pattern {pattern!r}; it has: {', '.join(STIMULI)}")
    return STIMULI[pattern]


def izhikevich2004(preset: str = "tonic_spiking", scheme: str = "exact", **parameters: Any) -> Neuron:
    """Simple model with one of twenty patterns: ``dv/dt = 0.04 v**2 + 5 v + 140 - u + I``, ``du/dt = a (b v - u)``.

    Three patterns have other coefficients: ``4.1 v + 108`` for those of class 1, ``du/dt = a b (v + 65)`` for
    accommodation. `stimulus` has the input of each.

    The published program takes Euler steps of 0.1 to 0.5 ms, first of v, then of u with the new v. With the printed
    numbers three of the patterns are properties of that scheme and not of the equations, see `LOST`.

    Parameters
    ----------
    preset
        One of `PRESETS`.
    scheme
        ``exact`` solves the equations; ``published`` steps them as the paper's program does, and is to be simulated
        with the step ``stimulus(preset).dt``.
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts; they win over the preset.
    """
    if scheme not in SCHEMES:
        raise ModelError(f"izhikevich2004 has no scheme {scheme!r}; it has: {', '.join(SCHEMES)}")
    given = choose(PRESETS, preset, "izhikevich2004")
    notes = f"Stepped as the published program: use dt = {STIMULI[preset].dt:g} ms." if scheme == "published" else ""
    return neuron(
        EQUATIONS, given, {"method": SCHEMES[scheme]}, parameters,
        threshold="v >= v_peak", reset="v = c; u += d", name="izhikevich2004",
        source=f"{SOURCE}, panel {STIMULI[preset].letter}", notes=notes,
    )  # fmt: skip


_CLOSED = "closed form"
FACTS = (
    Fact("saddle-node (5 - b)**2/0.16 - 140", 4.0, "mV/ms", _CLOSED, saddle_node(-70.0, -50.0), 1e-9),
    Fact("saddle-node (4.1 - b)**2/0.16 - 108", 2.25, "mV/ms", _CLOSED, saddle_node(-70.0, -40.0), 1e-9,
         {"preset": "class_1_excitable"}),
    Fact("Hopf bifurcation at v = (a - 5)/0.08", 0.4, "mV/ms", _CLOSED, hopf(-64.0, -59.3), 1e-9,
         {"preset": "class_2_excitable"}),
)  # fmt: skip

ENTRY = Entry(
    "izhikevich2004", "neuron", "the twenty firing patterns of 2004", SOURCE, izhikevich2004, FACTS, tuple(PRESETS)
)
