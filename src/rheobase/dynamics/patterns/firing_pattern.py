"""`firing_pattern`: which of the field's named firing patterns a neuron answers with, and by what evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.numbers import number
from rheobase.dynamics.orbits.protocol import Protocol, protocol
from rheobase.dynamics.orbits.stimulus import called
from rheobase.dynamics.patterns.pattern_names import named
from rheobase.dynamics.patterns.spike_features import (
    AfterPotential,
    SpikeFeatures,
    after_potential,
    late_half,
    oscillation,
    spike_features,
)
from rheobase.dynamics.resets.spike_section import at_rest
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron

Vector = NDArray[np.float64]

_SETTLING_MS = 2000.0
_SAMPLES = 8001
_SILENT = 2.0
_METHODS = (
    "Naud R, Marcille N, Clopath C, Gerstner W (2008), Biol Cybern 99:335 (onset and steady state of a response)",
    "Izhikevich EM (2004), IEEE Trans Neural Netw 15:1063 (twenty patterns)",
    "Druckmann S et al. (2007), Front Neurosci 1:7 (adaptation index)",
    "Shinomoto S, Shima K, Tanji J (2003), Neural Comput 15:2823 (local variation)",
)


@dataclass(frozen=True, eq=False)
class FiringPattern:
    """A response and its name.

    Attributes
    ----------
    name
        Of the neuron.
    label
        The pattern: "tonic spiking", "delayed accelerating", "rebound burst" and so on.
    onset, steady
        The two parts of a response, after Naud et al. (2008). Onset: ``tonic``, ``delayed``, ``initial burst`` or
        ``none``; steady state: ``tonic``, ``adapting``, ``accelerating``, ``bursting``, ``irregular`` or ``silent``.
    sentence
        The label with its evidence.
    features
        What was measured.
    protocol
        The input.
    spikes_ms
        Times of the spikes; with a step the time 0 is its onset.
    times_ms, voltage
        The trace, in the shown unit of the voltage.
    long_run
        What the return map says of firing that does not repeat itself; "" where it was not asked.
    """

    name: str
    label: str
    onset: str
    steady: str
    sentence: str
    features: SpikeFeatures
    protocol: Protocol
    spikes_ms: Vector = part(repr=False)
    times_ms: Vector = part(repr=False)
    voltage: Vector = part(repr=False)
    voltage_unit: str = part(repr=False)
    long_run: str = part(repr=False)

    def summary(self) -> str:
        """Label, evidence and measurements, in lines."""
        f = self.features
        lines = [f"{self.name or 'neuron'}: {self.sentence}"]
        latency = "" if f.latency_ms is None else f"{f.latency_ms:.4g} ms"
        count = "1 spike" if f.count == 1 else f"{f.count} spikes"
        first = f", the first after {latency}" if f.count > 1 else f" after {latency}" if f.count else ""
        lines.append(f"  {count}{first}; late rate {f.rate_hz:.4g} Hz")
        lines.append(
            f"  adaptation index {f.adaptation_index:.3g}, trend {f.trend:.3g}, CV {f.cv:.3g}, "
            f"local variation {f.local_variation:.3g}"
        )
        if self.long_run:
            lines.append(f"  in the long run: {self.long_run}")
        return "\n".join(lines)

    def plot(self) -> Any:
        """Voltage, input and intervals; returns the figure."""
        from rheobase.plot.reset_map import firing_pattern as draw

        return draw(self)

    def cite(self) -> str:
        return "\n".join(_METHODS)


def firing_pattern(
    neuron: Neuron,
    I: Any = None,  # noqa: E741
    *,
    drive: Any = None,
    duration: Any = 1000.0,
    input: str | None = None,
    rtol: float = 1e-9,
    **parameters: Any,
) -> FiringPattern:
    """The firing pattern with which a neuron answers an input.

    Parameters
    ----------
    neuron
        The model; it needs a threshold, with or without reset.
    I
        A step: the neuron settles with its own input, which is then switched to this. A quantity, a text, or a number
        in the unit of the model's input.
    drive
        Instead of a step, the time course of the input: a pair ``(times, values)``, or an object with these
        attributes, with straight lines between the points; a time that stands twice is a jump. Times in ms, values as
        for ``I``. The neuron begins at its start values.
    duration
        ms, or a quantity; with a step, from its onset.
    input
        Which parameter is the input; by default the one called I, I_ext and so on.
    rtol
        Relative tolerance of the integrator.
    **parameters
        Further parameters.

    Raises
    ------
    ModelError
        If the neuron has no threshold or no input, or both ``I`` and ``drive`` are given.

    Examples
    --------
    >>> from rheobase import library
    >>> firing_pattern(library.adex("delayed_accelerating"), 300).label
    'delayed accelerating spiking'
    """
    field = VectorField.of(neuron, smooth=False, **parameters)
    duration = number(duration, "ms", "the duration")
    _require(field, I, drive, duration, input)
    course = protocol(field, I, drive, duration, input)
    return _Response(field, course, rtol).described(settles=I is not None)


def _require(field: VectorField, current: Any, drive: Any, duration: float, input: str | None) -> None:
    who = called(field)
    if field.neuron.threshold is None:
        raise ModelError(f"{who} has no threshold, so nothing says what a spike is; give one: threshold='v > 0*mV'")
    if current is not None and drive is not None:
        raise ModelError("give a step I or a time course drive, not both")
    if input is not None:
        field.index(input)
    elif (current is not None or drive is not None) and field.input is None:
        raise ModelError(
            f"which parameter is the input? {who} has none called I or I_ext; say input='...' with one of: "
            + (", ".join(field.parameters) or "none")
        )
    if not duration > 0.0:
        raise ModelError(f"the duration has to be positive, but {duration:g} ms was given")


@dataclass(frozen=True, eq=False)
class _Response:
    field: VectorField
    protocol: Protocol
    rtol: float

    def described(self, settles: bool) -> FiringPattern:
        from rheobase.dynamics.orbits.trajectory import Drive, trajectories

        field, course = self.field, self.protocol
        start = self._settled() if settles else field.start
        times = np.linspace(0.0, course.duration_ms, _SAMPLES)
        drive = None
        if course.parameter:
            drive = Drive(course.parameter, course.times_ms, course.internal)
        run = trajectories(field, start[None], field.values, duration=course.duration_ms, sample=times, drive=drive,
                           rtol=self.rtol)  # fmt: skip
        spikes = self._apart(run)
        assert run.states is not None
        voltage = run.states[0, field.states.index(field.voltage)]
        ended = self._ended(spikes, np.asarray(run.final)[0], bool(run.failed[0]))
        waves = self._waves(spikes, times, voltage, ended)
        features = spike_features(spikes - course.onset_ms, ended, waves, self._after(spikes, times, voltage, ended))
        long_run = self._long_run(features)
        name = named(features, course, spikes, long_run)
        return FiringPattern(
            name=field.neuron.name, label=name.label, onset=name.onset, steady=name.steady,
            sentence=name.sentence + (f"; {run.status[0]}" if run.failed[0] else ""), features=features,
            protocol=course, spikes_ms=spikes - course.onset_ms, long_run=long_run,
            **self._trace(run, times, voltage),
        )  # fmt: skip

    def _apart(self, run: Any) -> Vector:
        """The spikes, of those at one and the same time the first: a reset that leads to the next spike has no end."""
        spikes = np.asarray(run.spikes[0])
        apart = spikes[np.append(True, np.diff(spikes) > 0.0)] if len(spikes) else spikes
        if len(apart) < min(2, len(spikes)):
            raise ModelError(
                f"{called(self.field)} {run.status[0]}, so it has no firing pattern; let the reset lead below the "
                "threshold, or give it a refractory time"
            )
        return apart

    def _trace(self, run: Any, times: Vector, voltage: Vector) -> dict[str, Any]:
        """The sampled voltage, with its values just before and after each spike put in."""
        at, spikes = self.field.states.index(self.field.voltage), np.asarray(run.spikes[0])
        if 0 < len(spikes) <= _SAMPLES:
            before, after = np.asarray(run.before[0])[:, at], np.asarray(run.after[0])[:, at]
            where = np.repeat(np.searchsorted(times, spikes), 2)
            times = np.insert(times, where, np.repeat(spikes, 2))
            voltage = np.insert(voltage, where, np.column_stack([before, after]).ravel())
        shown = self.field.shown(self.field.voltage, voltage)
        unit = self.field.unit_name(self.field.voltage)
        return {"times_ms": times - self.protocol.onset_ms, "voltage": shown, "voltage_unit": unit}

    def _settled(self) -> Vector:
        """Where the neuron's own input leads."""
        from rheobase.dynamics.orbits.trajectory import trajectories

        field = self.field
        run = trajectories(field, field.start[None], field.values, duration=_SETTLING_MS, rtol=self.rtol)
        final = np.asarray(run.final)[0]
        return final if np.all(np.isfinite(final)) and not run.failed[0] else field.start

    def _last_values(self) -> Vector:
        field = self.field
        if not self.protocol.parameter:
            return field.values
        return field.at(**{self.protocol.parameter: float(self.protocol.internal[-1])})

    def _ended(self, spikes: Vector, final: Vector, failed: bool) -> bool:
        """Whether the firing is over: the neuron is at rest, or silent for twice its longest late interval."""
        if failed:
            return False
        if at_rest(self.field, final, self._last_values()):
            return True
        silence = self.protocol.duration_ms - (spikes[-1] if len(spikes) else self.protocol.onset_ms)
        if len(spikes) < 2:
            return silence > 0.5 * (self.protocol.duration_ms - self.protocol.onset_ms)
        return silence > _SILENT * float(late_half(np.diff(spikes)).max())

    def _waves(self, spikes: Vector, times: Vector, voltage: Vector, ended: bool) -> Any:
        """Oscillations after the last spike and the last change of the input."""
        if len(spikes) and not ended:
            return None
        fixed = self.protocol.constant_from_ms
        return oscillation(times, voltage, max(fixed, float(spikes[-1]) if len(spikes) else 0.0))

    def _after(self, spikes: Vector, times: Vector, voltage: Vector, ended: bool) -> AfterPotential | None:
        """The after-potential of the last spike, where nothing but rest comes after it."""
        if not len(spikes) or not ended or spikes[-1] < self.protocol.onset_ms:
            return None
        shown = self.field.shown(self.field.voltage, voltage)
        return after_potential(times, shown, float(spikes[-1]), self.field.neuron.has_reset)

    def _long_run(self, features: SpikeFeatures) -> str:
        """What the return map says of firing whose intervals have not settled."""
        neuron = self.field.neuron
        if not (features.irregular and not features.bursting and self.protocol.is_step and neuron.has_reset):
            return ""
        from rheobase.dynamics.resets.reset_map import reset_map

        changed: Mapping[str, float] = dict(zip(self.field.parameters, self._last_values(), strict=True))
        shown = {name: self.field.shown(name, value) for name, value in changed.items()}
        return reset_map(neuron, points=9, **shown).attractor.sentence
