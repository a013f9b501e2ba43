"""One place of a phase diagram: the states there, and what each would look like in a simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.population.input.statistics import InputMap
from rheobase.population.neuron.any_neuron import cvs
from rheobase.population.rhythm.linearised import HIGHEST, Linearised, linearise
from rheobase.population.rhythm.modes import Mode, leading_modes
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.states.family import Family
from rheobase.population.states.state_search import all_states

Array = NDArray[np.float64]

Complex = NDArray[np.complex128]

_FREQUENCIES = np.linspace(0.0, HIGHEST, 401)[1:]
_NUDGE, _SETTLED, _FAR = 1e-6, 1e-9, 0.02  # 1/ms
_QUIET = 0.01
_FAST = 8.0
_LOCKED = 0.8

#: What the labels mean.
LABELS = {
    "Q": "almost quiescent: stable, rates below 0.01/tau_m",
    "AI": "asynchronous, stable",
    "SI fast": "synchronous irregular, fast: oscillation of a period below eight mean delays, neurons skip cycles",
    "SI slow": "synchronous irregular, slow: oscillation of a longer period",
    "SR": "synchronous, regular: oscillation at about the neurons' own rate, near the limit of the refractory time",
    "?": "no state found, or its modes could not be counted",
}


@dataclass(frozen=True)
class PhaseState:
    """A state at one place: rates (Hz), how many modes grow, the fastest growing of them, and a label of `LABELS`.

    A state that one real mode leaves (a saddle between two others) has the label ``saddle``.
    """

    rates: Array
    unstable: int
    mode: Mode | None
    label: str


@dataclass(frozen=True)
class PhasePoint:
    """The states at one place; ``label`` joins those of the states that a network can be in."""

    values: tuple[float, ...]
    states: tuple[PhaseState, ...]

    @property
    def label(self) -> str:
        kinds = dict.fromkeys(state.label for state in self.states if state.label != "saddle")
        return " + ".join(kinds) or "?"


def examine(own: Family, values: tuple[float, ...], *, named: bool = True) -> PhasePoint:
    """All states at one place, classified; their growing modes are only counted where no names are wanted."""
    try:
        maps = own.maps(values)
    except ModelError as reason:
        place = ", ".join(f"{name} = {value:g}" for name, value in zip(own.names, values, strict=True))
        raise ModelError(f"at {place}: {reason}") from None
    return PhasePoint(values, tuple(_state(maps, rates, named) for rates in all_states(maps)))


def _state(maps: InputMap, rates: Array, named: bool) -> PhaseState:
    linear = linearise(maps, rates)
    try:
        unstable = unstable_modes(linear)
        if not named:
            return PhaseState(rates * 1e3, unstable, None, "?")
        mode = (only_pair(linear, unstable) or leading_modes(linear, 1)[0]) if unstable else None
    except (ArithmeticError, IndexError):
        return PhaseState(rates * 1e3, -1, None, "?")
    return PhaseState(rates * 1e3, unstable, mode, _label(maps, rates, unstable, mode))


def only_pair(linear: Linearised, unstable: int) -> Mode | None:
    """The pair of modes that grows, if one does and Newton's method finds it from where the determinant is small.

    Since growing modes have been counted, one that is found is the leading one.
    """
    if unstable != 2:
        return None

    def value(s: Complex) -> Complex:
        loop = linear.loop(s)
        return np.asarray(np.linalg.det(np.eye(loop.shape[-1]) - loop), complex)

    axis = np.asarray(1j * _FREQUENCIES, complex)
    size = np.abs(value(axis))
    low = np.flatnonzero((size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])) + 1
    z: Complex = axis[low[np.argsort(size[low])][:3]]
    for _ in range(20):
        here, beyond = value(z), value(np.asarray(z + _NUDGE, complex))
        with np.errstate(all="ignore"):
            step: Complex = np.asarray(_NUDGE * here / (beyond - here), complex)
        z = np.asarray(z - step, complex)
        for root in z[np.abs(step) < _SETTLED]:
            if root.real > _SETTLED and root.imag > 0.0:
                return Mode(1e3 * float(root.real), 1e3 * float(root.imag) / (2.0 * np.pi))
        z = z[np.isfinite(z) & (np.real(z) > -_FAR) & (np.abs(z) < 2.0 * HIGHEST)]
        if not z.size:
            break
    return None


def _label(maps: InputMap, rates: Array, unstable: int, mode: Mode | None) -> str:
    if mode is None:
        return "Q" if np.all(rates * maps.column("tau_m") < _QUIET) else "AI"
    if unstable % 2:
        return "saddle"
    drive = maps.drive(rates)
    active = int(np.argmax(rates))
    cv = float(cvs(maps.membranes, drive.mu, drive.sigma)[active])
    per_cycle = 1e3 * rates[active] / mode.frequency_hz if mode.frequency_hz else np.inf
    if cv < 0.5 and _near_whole(per_cycle):
        return "SR"
    return "SI fast" if mode.frequency_hz * _mean_delay(maps) > 1e3 / _FAST else "SI slow"


def _near_whole(per_cycle: float) -> bool:
    """Whether a neuron fires on nearly every cycle, or the rhythm is a harmonic of the neurons' own."""
    return per_cycle > _LOCKED or abs(1.0 / max(per_cycle, 1e-9) - round(1.0 / max(per_cycle, 1e-9))) < 1.0 - _LOCKED


def _mean_delay(maps: InputMap) -> float:
    """Delay (ms) of the recurrent input, synaptic time included, weighted by the size of the input."""
    weights = [abs(c.in_degree * c.jump) for c in maps.channels]
    times = [c.delay.mean + c.tau_s for c in maps.channels]
    return float(np.average(times, weights=weights)) if np.sum(weights) > 0.0 else 0.0
