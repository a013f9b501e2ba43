r"""How a neuron at rest answers small oscillations of its input: impedance, resonance, and the chirp that measures it.

Around a stable equilibrium the voltage follows a small input :math:`\delta I\, e^{i\omega t}` with the amplitude
:math:`Z(\omega)\,\delta I`,

.. math:: Z(\omega) = -e_v^T\,(J - i\omega)^{-1}\,\frac{\partial f}{\partial I}

A neuron whose :math:`|Z|` has its maximum at a frequency above 0 is a resonator; :math:`Q = \max|Z| / |Z(0)|`.

Reference
---------
Hutcheon B, Yarom Y (2000), Resonance, oscillation and the intrinsic frequency preferences of neurons, Trends Neurosci
23:216.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.numbers import numbers
from rheobase.dynamics.orbits.stimulus import at_rest, called, quotient, stimulated, with_unit
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.numerics.transfer import Transfer

Array = NDArray[np.float64]

#: Default frequencies: this many, from and to these multiples of the resonance or of the cutoff.
_COUNT, _BELOW, _ABOVE = 201, 0.05, 10.0
#: A peak has to rise above the value at 0 by more than rounding.
_RISE = 1e-9
HZ = 1e3 / (2.0 * math.pi)  # per rad/ms


@dataclass(frozen=True, eq=False)
class Impedance:
    """What `impedance` found.

    Attributes
    ----------
    frequency_hz
        (k,).
    values
        (k,) complex impedance in ``unit``; the output leads where the phase is positive.
    unit
        Of the impedance.
    at_zero
        The steady response, the slope of the voltage as a function of a steady input.
    resonance_hz
        Where ``|Z|`` is largest; None if that is at 0: low-pass.
    Q
        ``max |Z| / |Z(0)|``; 1 if low-pass.
    band_hz
        Where ``|Z|`` is above its maximum over sqrt(2): lower end (0 if it begins there) and upper end.
    zero_phase_hz
        Where the voltage neither leads nor lags, None if nowhere above 0.
    peaks_hz
        All maxima of ``|Z|`` above 0.
    input, I
        Name of the input, and its steady value in its shown unit.
    state
        The equilibrium in shown units.
    method
        "linear" or "zap".
    agreement
        Of a zap: the largest relative deviation from the linearisation at the frequencies; None without a zap.
    status
        A sentence.
    linear
        The linear system.
    chirp
        Of a zap: what was recorded.
    """

    frequency_hz: Array
    values: NDArray[np.complex128]
    unit: str
    at_zero: float
    resonance_hz: float | None
    Q: float
    band_hz: tuple[float, float]
    zero_phase_hz: float | None
    peaks_hz: Array
    input: str
    I: float  # noqa: E741
    state: Mapping[str, float]
    method: str
    agreement: float | None
    status: str
    linear: Transfer = part(repr=False)
    scale: float = part(repr=False)
    chirp: Any = part(default=None, repr=False)

    @property
    def magnitude(self) -> Array:
        """``|Z|`` in ``unit``."""
        return np.abs(self.values)

    @property
    def phase_deg(self) -> Array:
        """Lead of the voltage in degrees, from -180 to 180."""
        return np.degrees(np.angle(self.values))

    @property
    def is_resonator(self) -> bool:
        return self.resonance_hz is not None

    @property
    def kind(self) -> str:
        """resonator or low-pass."""
        return "resonator" if self.is_resonator else "low-pass"

    def at(self, frequency_hz: ArrayLike) -> NDArray[np.complex128]:
        """The linear impedance at any frequencies, in ``unit``."""
        return self.linear(np.asarray(frequency_hz, dtype=float) / HZ) / self.scale

    @property
    def sentence(self) -> str:
        """What the neuron prefers, for people."""
        steady = f"{abs(self.at_zero):.5g}{'' if self.unit == '1' else ' ' + self.unit} at 0 Hz"
        if self.resonance_hz is None:
            return f"low-pass: {steady}, less than 1/sqrt(2) of it above {self.band_hz[1]:.5g} Hz"
        low, high = self.band_hz
        return f"resonator: {self.resonance_hz:.6g} Hz, Q {self.Q:.5g} ({steady}), band {low:.5g} to {high:.5g} Hz"

    def summary(self) -> str:
        """A few lines."""
        return f"{self.sentence}\n{self.status}"

    def __str__(self) -> str:
        return self.sentence

    def plot(self) -> Any:
        """Magnitude and phase as functions of the frequency; the measured ones beside the linear."""
        from rheobase.plot.response import impedance as draw

        return draw(self)


def impedance(
    neuron: Neuron | VectorField,
    I: Any = None,  # noqa: E741
    f: Any = None,
    *,
    input: str | None = None,
    method: str = "linear",
    near: Mapping[str, Any] | None = None,
    amplitude: Any = None,
    **parameters: Any,
) -> Impedance:
    """The impedance of a neuron at rest, its resonance frequency and its quality.

    Parameters
    ----------
    neuron
        The model, or its vector field.
    I
        Steady input around which it is taken; a quantity, a text, or a number in the unit of the input.
    f
        Frequencies, as numbers in Hz or as quantities. By default from a twentieth of the resonance (or cutoff)
        frequency to ten times.
    input
        The parameter that oscillates; by default the one called I or so. Any parameter will do.
    method
        "linear": from the derivatives of the equations, exact for vanishing amplitude. "zap": a chirp through the
        frequencies is simulated in the full model and Fourier transforms are divided; resonance and Q are then measured
        too, and ``agreement`` says how far it is from the linearisation.
    near
        ``{state: value}``: which one, where several equilibria are stable; by default the lowest voltage.
    amplitude
        Of the chirp; by default small enough for nonlinear terms below one part in a thousand.
    **parameters
        Parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        If there is no stable equilibrium, the input does not act on the voltage, or the frequencies are none.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> rc = Neuron("dv/dt = (I - v/(100*Mohm))/(200*pF) : mV \\n I : nA = 0*nA")
    >>> z = impedance(rc, f=[0.0])
    >>> z.kind, round(z.at_zero, 9), z.unit, round(z.band_hz[1], 6)
    ('low-pass', 100.0, 'Mohm', 7.957747)
    """
    if method not in ("linear", "zap"):
        raise ModelError(f"there is no method '{method}' for the impedance; there are 'linear' and 'zap'")
    field, name = stimulated(neuron, I, input, parameters)
    point, remark = at_rest(field, name, near)
    linear = Transfer(
        field.jacobian(point.point), field.by_parameter(point.point, name), field.states.index(field.voltage)
    )
    unit, scale = quotient(field.unit(field.voltage), field.unit(name))
    peak, low, high = _band(linear, field, name)
    frequencies = _frequencies(f, _main(peak, high), method)
    level = with_unit(field, name, float(field.values[field.index(name)]))
    result = Impedance(
        frequency_hz=frequencies,
        values=linear(frequencies / HZ) / scale,
        unit=unit,
        at_zero=float(linear(0.0).real) / scale,
        resonance_hz=None if peak is None else peak * HZ,
        Q=_quality(linear, peak),
        band_hz=(low * HZ, high * HZ),
        zero_phase_hz=float(linear.in_phase[0]) * HZ if linear.in_phase.size else None,
        peaks_hz=linear.peaks * HZ,
        input=name,
        I=field.shown(name, float(field.values[field.index(name)])),
        state=point.state,
        method="linear",
        agreement=None,
        status=f"linearised about the {point.kind} of {called(field)} at {level}" + (f"; {remark}" if remark else ""),
        linear=linear,
        scale=scale,
    )
    if method == "linear":
        return result
    from rheobase.dynamics.response.zap import measured

    return measured(result, field, point.point, amplitude)


def _band(linear: Transfer, field: VectorField, name: str) -> tuple[float | None, float, float]:
    """Angular frequency of the maximum, None at 0; and where the response has fallen to 1/sqrt(2) of it."""
    steady = float(np.abs(linear(0.0)))
    heights = np.abs(linear(linear.peaks)) if linear.peaks.size else np.zeros(0)
    peak = None
    if heights.size and heights.max() > steady * (1.0 + _RISE):
        peak = float(linear.peaks[int(np.argmax(heights))])
    top = steady if peak is None else float(heights.max())
    if not top > 0.0:
        raise ModelError(f"the input '{name}' of {called(field)} does not act on {field.voltage} at rest")
    ends = linear.crossings(top / math.sqrt(2.0))
    above, below = ends[ends > (peak or 0.0)], ends[ends < (peak or 0.0)]
    return peak, float(below.max(initial=0.0)), float(above.min(initial=math.inf))


def _main(peak: float | None, cutoff: float) -> float:
    """The frequency (Hz) around which there is something to see."""
    return HZ * (peak if peak is not None else cutoff)


def _quality(linear: Transfer, peak: float | None) -> float:
    if peak is None:
        return 1.0
    steady = float(np.abs(linear(0.0)))
    return float(np.abs(linear(peak))) / steady if steady > 0.0 else math.inf


def _frequencies(f: Any, main: float, method: str) -> Array:
    if f is None:
        return np.geomspace(_BELOW * main, _ABOVE * main, _COUNT)
    found = np.atleast_1d(numbers(f, "Hz", "f"))
    if found.ndim != 1 or not found.size or np.any(found < 0.0):
        raise ModelError("f has to be one or more frequencies in Hz, finite and not negative")
    if method == "zap" and not np.all(found > 0.0):
        raise ModelError("a chirp has no oscillation at 0 Hz; give frequencies above 0, or take method='linear'")
    return found
