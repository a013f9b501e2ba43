"""A neuron at rest whose input rises linearly: whether and when it fires, and where the spike begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.stimulus import called
from rheobase.dynamics.orbits.trajectory import Drive, Trajectories, trajectories
from rheobase.errors import ModelError
from rheobase.numerics.waveform import SHARE

Array = NDArray[np.float64]

_WAIT = 12.0  # slowest time constants that a spike may come after the end of a ramp
_BEYOND = 10.0  # the end of the ramps, in steps that just make a spike
_STEPS, _ROUNDS = 48, 4
_SAMPLES, _RTOL, _COARSE, _DEPENDS = 4000, 1e-10, 1e-7, 1e-2


@dataclass(frozen=True)
class Onset:
    """Where a spike begins, internal units: time after the beginning of the ramp, voltage, rise of the input."""

    time: float
    voltage: float
    rise: float


@dataclass(frozen=True, eq=False)
class Ramps:
    """Inputs that rise from the one at rest to a limit, internal units."""

    field: VectorField
    name: str
    rest: Array
    limit: float
    step: float

    @classmethod
    def of(cls, field: VectorField, name: str, rest: Array, limit: float | None) -> Ramps:
        """With the smallest step that makes a spike, and a limit of ten times that step by default."""
        base = float(field.values[field.index(name)])
        bare = cls(field, name, rest, base, 0.0)
        step = bare._smallest_step(None if limit is None else limit - base)
        return cls(field, name, rest, base + _BEYOND * step if limit is None else limit, step)

    @property
    def base(self) -> float:
        return float(self.field.values[self.field.index(self.name)])

    @property
    def at(self) -> int:
        return self.field.states.index(self.field.voltage)

    @cached_property
    def slowest(self) -> float:
        """The slowest time constant at rest, ms."""
        return 1.0 / float(np.min(np.abs(np.linalg.eigvals(self.field.jacobian(self.rest)).real)))

    def _smallest_step(self, most: float | None) -> float:
        """The smallest step of the input that makes a spike; larger and larger ones are tried."""
        slope = float(self.field.by_parameter(self.rest, self.name)[self.at])
        steady = np.linalg.solve(self.field.jacobian(self.rest), -self.field.by_parameter(self.rest, self.name))[
            self.at
        ]
        if slope == 0.0:
            raise ModelError(f"the input '{self.name}' of {called(self.field)} does not act on {self.field.voltage}")
        sign = 1.0 if slope > 0.0 else -1.0
        unit = sign * (1e-2 * abs(self.rest[self.at]) + 1e-3) / max(abs(steady), 1e-12)
        tried = np.geomspace(unit, 1e5 * unit, 4 * _STEPS) if most is None else np.linspace(0.0, most, _STEPS + 1)[1:]
        low = 0.0
        for _ in range(_ROUNDS):
            fires = np.isfinite(self._times(np.zeros(2), np.repeat(tried[:, None], 2, axis=1), _WAIT * self.slowest))
            if not fires.any():
                raise ModelError(
                    f"no step of '{self.name}' makes {called(self.field)} pass its threshold from rest"
                    + ("; give a larger limit" if most is not None else "; look at the threshold of the neuron")
                )
            k = int(np.argmax(fires))
            low, high = (float(tried[k - 1]) if k else low), float(tried[k])
            tried = np.linspace(low, high, _STEPS + 1)[1:]
        return high

    def _course(self, rates: Array) -> tuple[Array, Array]:
        """Times (K,) and rises (rows, K): each row is linear until it reaches the limit."""
        reach = self.limit - self.base
        ends = np.abs(reach) / rates
        times = np.concatenate([[0.0], np.sort(ends)])
        return times, np.sign(reach) * np.minimum(rates[:, None] * times, abs(reach))

    def spikes(self, rates: Array, rtol: float = _RTOL) -> Array:
        """When the threshold is passed (rows,), infinite where it is not."""
        times, rises = self._course(rates)
        return self._times(times, rises, float(times[-1]) + _WAIT * self.slowest, rtol)

    def rounded(self, rates: Array) -> Array:
        """Those of some rates at which the input at the spike is one of the integrator's tolerance."""
        fine, coarse = self.spikes(rates), self.spikes(rates, _COARSE)
        both = np.isfinite(fine) & np.isfinite(coarse)
        away = np.abs(fine[both] - coarse[both]) * rates[both]
        return rates[both][away > _DEPENDS * abs(self.step)]

    def _times(self, times: Array, rises: Array, duration: float, rtol: float = _RTOL) -> Array:
        run = trajectories(
            self.field, np.tile(self.rest, (len(rises), 1)), duration=duration, stop_after=1, rtol=rtol,
            drive=Drive(self.name, times, self.base + rises),
        )  # fmt: skip
        return np.array([spikes[0] if len(spikes) else np.inf for spikes in run.spikes])

    def criterion(self, slope: float | None) -> str:
        """What the onset of a spike is."""
        if self.field.neuron.has_reset:
            return "where dv/dt begins to grow with v by itself; without such a voltage, the spike"
        unit = self.field.unit_name(self.field.voltage)
        per = "1/ms" if unit == "1" else f"{unit}/ms"
        through = f"{SHARE:g} of its maximum" if slope is None else f"{slope:g} {per}"
        return f"the part of dv/dt that does not come from the rise of the input passes {through}"

    def onset(self, rate: float, slope: float | None) -> Onset | None:
        """Where the spike of one ramp begins, from samples that are dense near the spike.

        Past a Hopf bifurcation a slow ramp keeps the neuron on its unstable rest until rounding has grown; the run
        that is looked at therefore has to be the one that fired, step by step.
        """
        spike = float(self.spikes(np.array([rate]))[0])
        if not np.isfinite(spike):
            return None
        away = self.slowest * np.geomspace(1e-5, 30.0, _SAMPLES)
        if self.field.neuron.has_reset:
            return self._regenerative(rate, spike, away)
        sample = np.concatenate([spike - away[::-1], [spike], spike + away])
        sample = np.concatenate([[0.0], sample[sample > 0.0]])
        run = self._run(rate, sample, float(sample[-1]), reset=False)
        assert run.states is not None
        v, own = run.states[0, self.at], self.field.rhs(run.states[0])[self.at]  # with the input as it was at rest
        fired = int(np.searchsorted(sample, spike))
        falls = np.flatnonzero(np.diff(v[fired:]) < 0.0)
        top = fired + int(falls[0]) if falls.size else len(v) - 1
        steepest = int(np.argmax(own[: top + 1]))
        wanted = SHARE * own[steepest] if slope is None else slope * self.field.unit(self.field.voltage).scale
        if wanted >= own[steepest]:
            per = self.field.unit_name(self.field.voltage)
            raise ModelError(
                f"no spike of {called(self.field)} begins where dv/dt passes {slope:g}: its own dv/dt is at most "
                f"{self.field.shown(self.field.voltage, own[steepest]):.4g} {per}/ms; give a smaller slope"
            )
        return self._passing(rate, sample[: steepest + 1], own[: steepest + 1] - wanted, v)

    def _regenerative(self, rate: float, spike: float, away: Array) -> Onset:
        """The last time before the spike from which on dv/dt grows with v."""
        sample = np.concatenate([[0.0], (spike - away[::-1])[spike - away[::-1] > 0.0], [spike * (1.0 + 1e-9) + 1e-9]])
        run = self._run(rate, sample, float(sample[-1]), reset=True)
        assert run.states is not None and len(run.spikes[0])
        before = run.before[0][0]
        states = np.column_stack([run.states[0, :, :-1], before])
        growth = self.field.jacobian(states)[self.at, self.at]
        if growth[-1] <= 0.0:
            return self._onset(rate, spike, float(before[self.at]))
        return self._passing(rate, np.append(sample[:-1], spike), growth, states[self.at])

    def _passing(self, rate: float, sample: Array, height: Array, v: Array) -> Onset:
        """Where a quantity last rises through 0."""
        below = np.flatnonzero(height <= 0.0)
        if not below.size:
            return self._onset(rate, float(sample[0]), float(v[0]))
        k = int(below[-1])
        if k == len(sample) - 1:
            return self._onset(rate, float(sample[k]), float(v[k]))
        share = -height[k] / (height[k + 1] - height[k])
        time = float(sample[k] + share * (sample[k + 1] - sample[k]))
        return self._onset(rate, time, float(v[k] + share * (v[k + 1] - v[k])))

    def _run(self, rate: float, sample: Array, duration: float, *, reset: bool) -> Trajectories:
        times, rises = self._course(np.array([rate]))
        return trajectories(
            self.field, self.rest, duration=duration, sample=sample, rtol=_RTOL, reset=reset,
            drive=Drive(self.name, times, self.base + rises[0]),
        )  # fmt: skip

    def _onset(self, rate: float, time: float, voltage: float) -> Onset:
        reach = self.limit - self.base
        return Onset(time, voltage, float(np.sign(reach) * min(rate * time, abs(reach))))
