r"""The impedance measured: a chirp through the full model, and Fourier transforms divided.

The input is :math:`I \pm a \sin\phi(t)` with a frequency that rises exponentially, then silence until the voltage is
back at rest. Half the difference of the two runs has no terms of even order in :math:`a`. The chirp is linear between
the samples; the transform of such a function is that of the samples times :math:`\operatorname{sinc}^2(f\,\Delta t)`.

Reference
---------
Puil E, Gimbarzevsky B, Miura RM (1986), Quantification of membrane properties of trigeminal root ganglion neurons in
guinea pigs, J Neurophysiol 55:995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.numerics.transfer import Transfer

if TYPE_CHECKING:
    from rheobase.dynamics.response.impedance import Impedance

Array = NDArray[np.float64]

_NONLINEAR = 1e-3  # second-order terms, relative to linear ones
_SMALLEST = 1e-6  # of the size of the voltage: below, rounding is seen
_SAMPLES = 40  # per turn of the highest frequency
_TURNS = 3  # of the lowest frequency during the chirp
_SETTLED = 30.0  # time constants of silence
_MOST = 4_000_000
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Chirp:
    """What was recorded, internal units: times (ms), the input and the voltage as deviations from rest.

    ``fires`` says whether the threshold was passed.
    """

    times: Array
    input: Array
    voltage: Array
    amplitude: float
    fires: bool = False

    def ratio(self, frequency: Array) -> NDArray[np.complex128]:
        """Z at frequencies in kHz."""
        step = float(self.times[1] - self.times[0])
        return transform(self.voltage, step, frequency) / (
            transform(self.input, step, frequency) * np.sinc(frequency * step) ** 2
        )


def transform(values: Array, step: float, frequency: Array) -> NDArray[np.complex128]:
    """Fourier sums at any frequencies. The phase of a sample is that of its block and that in its block."""
    blocks = np.pad(values, (0, -len(values) % _BLOCK)).reshape(-1, _BLOCK)
    turn = -2j * np.pi * frequency[:, None] * step
    within = np.exp(turn * np.arange(_BLOCK))
    return np.sum(np.exp(turn * _BLOCK * np.arange(len(blocks))) * (within @ blocks.T), axis=1)


def measured(linear: Impedance, field: VectorField, rest: Array, amplitude: Any) -> Impedance:
    """The impedance by a simulated chirp through the frequencies of the linear one.

    Raises
    ------
    ModelError
        If the chirp needs too many samples, or the neuron does not stay close to its rest.
    """
    frequency = linear.frequency_hz / 1e3
    size = _amplitude(linear.linear, field, rest, frequency)
    if amplitude is not None:
        size = abs(float(field.read(linear.input, amplitude)))
        if not size > 0.0:
            raise ModelError("the amplitude of the chirp has to be positive")
    chirp = _run(linear, field, rest, size, frequency)
    values = chirp.ratio(frequency) / linear.scale
    away = float(np.max(np.abs(values / linear.values - 1.0)))
    resonance, quality, remark = _resonance(linear, chirp, frequency, values)
    if chirp.fires:
        remark += (
            "; the chirp makes the neuron fire, so this is no answer to small oscillations: take a smaller amplitude"
        )
    unit = field.unit_name(linear.input)
    status = (
        f"chirp of {field.shown(linear.input, size):.4g}{'' if unit == '1' else ' ' + unit} from "
        f"{1e3 * frequency.min():.4g} to {1e3 * frequency.max():.4g} Hz; {away:.2g} is the largest relative deviation "
        f"from the linearisation{remark}; {linear.status}"
    )
    return replace(
        linear,
        values=values,
        method="zap",
        agreement=away,
        resonance_hz=resonance,
        Q=quality,
        status=status,
        chirp=chirp,
    )


def _resonance(
    linear: Impedance, chirp: Chirp, frequency: Array, values: NDArray[np.complex128]
) -> tuple[float | None, float, str]:
    """The measured resonance (Hz) and Q, and a remark where the chirp does not pass it."""
    expected = linear.resonance_hz
    if expected is not None and not 1e3 * frequency.min() < expected < 1e3 * frequency.max():
        return expected, linear.Q, "; the frequencies do not enclose the resonance, which is that of the linearisation"
    peak, steady = _peak(chirp, frequency, values), abs(linear.at_zero)
    if peak is None:
        return None, 1.0, ""
    top = float(np.abs(chirp.ratio(np.array([peak]))[0])) / linear.scale
    # A chirp does not see the response at 0, which is that of the linearisation.
    if top <= steady:
        return None, 1.0, ""
    return 1e3 * peak, (top / steady if steady > 0.0 else math.inf), ""


def _amplitude(linear: Transfer, field: VectorField, rest: Array, frequency: Array) -> float:
    """An amplitude of the input whose second-order terms stay small against the linear ones."""
    waves = linear.states(2.0 * np.pi * frequency)
    first = np.abs(waves @ linear.jacobian.T) + np.abs(linear.drive)
    bend = np.abs(np.einsum("ijk,fj,fk->fi", field.second(rest), waves, np.conj(waves)))
    steepest = np.max(first, axis=1, keepdims=True)
    ratio = float(np.max(bend / np.maximum(first, 1e-9 * steepest)))
    largest = float(np.max(np.abs(waves[:, linear.row])))
    floor = _SMALLEST * (abs(float(rest[linear.row])) + 1e-3) / largest
    usual = 1e-2 * (abs(float(rest[linear.row])) + 1e-3) / largest
    return max(floor, min(usual, _NONLINEAR / ratio if ratio > 0.0 else usual))


def _run(linear: Impedance, field: VectorField, rest: Array, size: float, frequency: Array) -> Chirp:
    """Both runs, with the input up and down."""
    from rheobase.dynamics.orbits.trajectory import Drive, trajectories

    low, high = 0.9 * float(frequency.min()), 1.1 * float(frequency.max())
    slowest = float(np.min(np.abs(linear.linear.rates.real)))
    step, chirped = 1.0 / (_SAMPLES * high), _TURNS / low
    duration = chirped + _SETTLED / slowest
    count = math.ceil(duration / step) + 1
    if count > _MOST:
        raise ModelError(
            f"a chirp from {1e3 * low:.3g} to {1e3 * high:.3g} Hz that settles within {duration / 1e3:.3g} s needs "
            f"{count:,} samples; give frequencies f in a narrower range, or take method='linear'"
        )
    times = step * np.arange(count, dtype=float)
    course = np.where(times < chirped, np.sin(_phase(np.minimum(times, chirped), low, high, chirped)), 0.0)
    course *= size
    base = float(field.values[field.index(linear.input)])
    drive = Drive(linear.input, times, np.stack([base + course, base - course]))
    run = trajectories(
        field, np.stack([rest, rest]), duration=float(times[-1]), sample=times, drive=drive, rtol=1e-10, reset=False
    ).require()
    assert run.states is not None
    voltage = 0.5 * (run.states[0, linear.linear.row] - run.states[1, linear.linear.row])
    return Chirp(times, course, voltage, size, any(_passes(field, states.T) for states in run.states))


def _passes(field: VectorField, states: Array) -> bool:
    """Whether the threshold is passed at one of the states (k, n)."""
    from rheobase.dynamics.response.spike_cycle import Jump

    return field.neuron.threshold is not None and bool(np.any(Jump(field).heights(states) > 0.0))


def _phase(times: Array, low: float, high: float, duration: float) -> Array:
    """The phase of a chirp whose frequency rises from ``low`` to ``high`` by equal factors in equal times."""
    growth = math.log(high / low) / duration
    return 2.0 * np.pi * low * np.expm1(growth * times) / growth


def _peak(chirp: Chirp, frequency: Array, values: NDArray[np.complex128]) -> float | None:
    """Where the measured magnitude is largest, kHz; None if that is at the end of the range."""
    from rheobase.numerics.bracket import minimum

    order = np.argsort(frequency)
    grid, height = frequency[order], np.abs(values[order])
    top = int(np.argmax(height))
    if top in (0, len(grid) - 1):
        return None
    return minimum(
        lambda f: -float(np.abs(chirp.ratio(np.array([f]))[0])), grid[top - 1], grid[top + 1], stop=-math.inf, tol=1e-8
    )[0]
