"""`dynamics`: what the equations predict of a neuron, tried by simulation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.check.copies import Copies, boundary, mean_interval, trains
from rheobase.check.trial import DynamicsCheck, Staircase, Trial
from rheobase.dynamics.analysis import Analysis
from rheobase.dynamics.equilibria.box import find_box
from rheobase.dynamics.equilibria.search import polish
from rheobase.dynamics.page import analyse
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import simulate
from rheobase.units import Quantity, ms

Array = NDArray[np.float64]

#: Inputs tried at an edge, and how far on either side of it, as a share of the distance from rest to the rheobase.
_GRID, _ASIDE = 41, 0.02
#: How long an edge is looked at, in slowest time constants or periods, and at most (ms).
_LONG, _MOST_MS = 150.0, 4000.0
_STEPS, _HOLD = 24, 40.0
_INSIDE = np.array([0.15, 0.5, 0.85])
_PERIODS = 60
#: Displacement from rest, as a share of the voltage, and how often that must grow to count as having left.
_PUSH, _LEFT = 1e-3, 5.0
_WALK, _JUMP = 101, 0.1


def dynamics(
    neuron: Neuron, *, input: str | None = None, range: Any = None, progress: bool = False, **parameters: Any
) -> DynamicsCheck:
    """Try the predictions of `rheobase.dynamics` on a neuron by `simulate`.

    Tried are the rest, the input at which it is lost, the input at which firing ends, periods, bistability, and the
    hysteresis on a staircase of inputs that rises and falls. Every trial says how large a difference the two methods
    leave open; mostly that is found by measuring twice, with half the time or twice the step.

    Parameters
    ----------
    neuron
        The model, without noise.
    input, range, **parameters
        As for `rheobase.dynamics.page`.
    progress
        Tell on stderr what is being done.

    Raises
    ------
    ModelError
        As `rheobase.dynamics.page` does.

    Examples
    --------
    >>> from rheobase.library import lif
    >>> dynamics(lif()).agrees
    True
    """
    tell = (lambda words: print(words, file=sys.stderr)) if progress else None
    page = analyse(neuron, input=input, range=range, progress=tell, **parameters)
    return check_analysis(neuron, page, progress=progress)


def check_analysis(neuron: Neuron, page: Analysis, *, progress: bool = False) -> DynamicsCheck:
    """The same for an analysis that is there already."""
    values = dict(zip(page.field.parameters, page.field.values, strict=True))
    bench = _Bench(_with_threshold(_with_values(neuron, values), page), page)
    trials: list[Trial] = []
    for words, part in bench.parts:
        if progress:
            print(f"simulating: {words}", file=sys.stderr)
        trials += part()
    edges = (page.character.rest_lost_at, page.character.stops_at)
    return DynamicsCheck(
        page.model, page.parameter, page.unit, tuple(trials), bench.staircase, edges if bench.fires else (None, None),
        bench.dt,
    )  # fmt: skip


def _with_values(neuron: Neuron, values: dict[str, float]) -> Neuron:
    """The neuron with the parameters of the analysis, internal units."""
    dimensions = {name: neuron.equations.dimension_of(name) for name in values}
    return neuron.with_(
        **{
            n: float(x) if dimensions[n].is_dimensionless else Quantity(float(x), dimensions[n])
            for n, x in values.items()
        }
    )


def _with_threshold(neuron: Neuron, page: Analysis) -> Neuron:
    """A neuron without a threshold counts a spike where its voltage passes the middle of its oscillation."""
    if neuron.threshold is not None or page.pattern is None:
        return neuron
    late = page.pattern.voltage[page.pattern.voltage.size // 2 :]
    middle, unit = (late.max() + late.min()) / 2, page.field.unit_name(page.field.voltage)
    condition = f"{page.field.voltage} > {middle:.10g}" + ("" if unit == "1" else f"*{unit}")
    return neuron.with_(threshold=condition, refractory=condition)


@dataclass(frozen=True)
class _Bench:
    """The trials of one neuron."""

    neuron: Neuron
    page: Analysis

    @property
    def parts(self) -> list[tuple[str, Callable[[], list[Trial]]]]:
        """What is tried, in words, and how."""
        return [
            ("rest", lambda: list(self._rest())),
            ("where the rest is lost", lambda: list(self._loss())),
            ("where firing ends", lambda: list(self._stop())),
            ("periods", lambda: list(self._periods())),
            ("bistability", lambda: list(self._bistable())),
            ("staircase up and down", lambda: list(self._hysteresis())),
        ]

    @property
    def fires(self) -> bool:
        return self.page.character.rheobase is not None

    @cached_property
    def copies(self) -> Copies:
        return Copies(self.neuron, self.page.parameter, self.dt)

    @cached_property
    def rest(self) -> Array:
        """The rest, internal; the start values where there is none."""
        found, field = self.page.character.rest, self.page.field
        return field.start if found is None else np.array([field.read(name, found[name]) for name in field.states])

    @cached_property
    def scale(self) -> Array:
        """The size of each state."""
        return find_box(self.page.field).width

    @cached_property
    def base(self) -> float:
        return self._read(self.page.character.rest_input)

    @cached_property
    def rates(self) -> NDArray[np.complex128]:
        """Eigenvalues at rest, per ms."""
        field = self.page.field
        matrix = field.jacobian(self.rest, field.at(**{self.page.parameter: self.base}))
        return np.asarray(np.linalg.eigvals(matrix), dtype=complex)

    @cached_property
    def dt(self) -> float:
        """A tenth of the fastest time constant at rest, and at most one in 250 of the fastest period."""
        fast = 0.1 / float(np.abs(self.rates).max())
        if self.page.fi is not None and np.any(self.page.fi.steady > 0):
            fast = min(fast, 4.0 / float(np.nanmax(self.page.fi.steady)))
        return float(
            10.0 ** np.floor(np.log10(np.clip(fast, 1e-4, 0.1))) * np.floor(fast / 10.0 ** np.floor(np.log10(fast)))
        )

    @cached_property
    def slowest(self) -> float:
        """The slowest time constant at rest, or the period at rheobase if that is longer, ms."""
        slow = 1.0 / max(float(np.abs(self.rates.real).min()), 1e-6)
        onset = self.page.character.onset_hz
        return max(slow, 1e3 / onset) if onset else slow

    @cached_property
    def long(self) -> float:
        return float(min(max(_LONG * self.slowest, 200.0 * self.dt), _MOST_MS))

    @cached_property
    def width(self) -> float:
        """From the rest to the rheobase, internal."""
        found = self.page.character
        ends = [v for v in (found.rheobase, found.rest_lost_at) if v is not None and v != found.rest_input]
        return abs(self._read(ends[0]) - self.base) if ends else 1.0

    @cached_property
    def firing(self) -> Array:
        """A state on the firing orbit, internal."""
        return self.copies.settled(self._read(self.well_above), self.rest, self.long)

    @cached_property
    def well_above(self) -> float:
        """An input, shown, at which it fires from rest."""
        found = self.page.character
        assert found.rheobase is not None
        top = max(found.rheobase, found.rest_lost_at if found.rest_lost_at is not None else found.rheobase)
        return min(top + 0.2 * (self._shown(self.width) - self._shown(0.0)), (top + self.ceiling) / 2)

    @cached_property
    def ceiling(self) -> float:
        """Where firing ends when the input rises further, shown; infinite if it does not."""
        attracting = [branch.values[branch.stable].max() for branch in self.page.cycles if branch.stable.any()]
        found = self.page.character
        above = max(v for v in (found.rheobase, found.rest_lost_at, -np.inf) if v is not None)
        return float(max((end for end in attracting if end > above), default=np.inf))

    def _rest(self) -> Iterator[Trial]:
        found = self.page.character.rest
        if found is None:
            return
        state, unit = self.page.field.voltage, self.page.field.unit_name(self.page.field.voltage)
        at = self.page.field.states.index(state)
        start = self.rest.copy()
        start[at] += _PUSH * max(abs(start[at]), 1.0)
        duration = max(30.0 / float(np.abs(self.rates.real).min()), 10 * self.dt)
        end = self.copies.settled(self.base, start, min(duration, 10 * _MOST_MS))
        allowed = 1e-6 * max(abs(found[state]), 1.0)
        yield Trial(
            f"rest, {state}", found[state], float(self.page.field.shown(state, end[at])), unit, allowed,
            "30 of the slowest time constants after a push of a thousandth, of which less than the allowance is left",
        )  # fmt: skip

    def _loss(self) -> Iterator[Trial]:
        found = self.page.character
        if found.rest_lost_at is None:
            return
        edge = self._read(found.rest_lost_at)
        values = edge + self.width * np.linspace(-_ASIDE, _ASIDE, _GRID)
        rests = np.stack([self._equilibrium(value) for value in values])
        at = self.page.field.states.index(self.page.field.voltage)
        push = _PUSH * np.maximum(np.abs(rests[:, at]), 1.0)
        starts = rests.copy()
        starts[:, at] -= push
        traces = self._traces(values, starts)
        away = np.abs(traces - rests[:, at]) > _LEFT * push
        yield self._edge_trial(
            f"{self.page.parameter} where the rest is lost ({found.rest_lost_by})", found.rest_lost_at, values, away,
            "copies at 41 inputs start beside their equilibrium; those count that are five times as far off in the "
            "second half",
        )  # fmt: skip

    def _stop(self) -> Iterator[Trial]:
        found = self.page.character
        if found.stops_at is None or not self.fires:
            return
        edge = self._read(found.stops_at)
        values = edge + self.width * np.linspace(-_ASIDE, _ASIDE, _GRID)
        traces = self._traces(values, np.stack([self._on_orbit(edge, value) for value in values]))
        moving = np.abs(traces - traces[-1]) > 0.02 * np.ptp(traces, axis=0).max()
        yield self._edge_trial(
            f"{self.page.parameter} where firing ends ({found.stops_by})", found.stops_at, values, moving,
            "copies at 41 inputs start on the firing orbit; those count that still move in the second half",
        )  # fmt: skip

    def _on_orbit(self, edge: float, value: float) -> Array:
        """A state of the firing orbit at an input close to its end ``edge``: the predicted one where there is one.

        Close to its end an orbit attracts little, and a state of another orbit may fall to rest.
        """
        field = self.page.field
        for inside in (value, edge + 0.1 * (_ASIDE * self.width)):
            for branch in self.page.cycles:
                for cycle in branch.at(self._shown(inside)):
                    if cycle.stable:
                        states = cycle.orbit[1][0]
                        return np.array([field.read(name, x) for name, x in zip(field.states, states, strict=True)])
        return self.lowered

    @cached_property
    def lowered(self) -> Array:
        """A state reached from firing by an input that is lowered to where firing ends."""
        found = self.page.character
        end = found.stops_at if found.stops_at is not None else found.rheobase
        start, edge = self.firing, self._read(end if end is not None else self.well_above)
        for aside in (0.3, 0.1, 0.04):
            start = self.copies.settled(edge + aside * self.width, start, self.long / 4)
        return start

    def _traces(self, values: Array, starts: Array) -> Array:
        voltage = self.page.field.voltage
        (traces,) = self.copies.run(values, starts, self.long, [voltage]).traces.values()
        return np.asarray(traces[voltage], dtype=float)

    def _edge_trial(self, what: str, predicted: float, values: Array, active: Any, how: str) -> Trial:
        """From what each copy does at each time; measured again in half the time, to see what the time leaves open."""
        half, quarter = len(active) // 2, len(active) // 4
        found = boundary(values, active[half:].any(axis=0))
        sooner = boundary(values, active[quarter:half].any(axis=0))
        step = values[1] - values[0]
        allowed = float(step + (abs(found - sooner) if np.isfinite(sooner) else 2 * _ASIDE * self.width))
        shown = self._shown
        return Trial(
            what, predicted, None if np.isnan(found) else shown(found), self.page.unit, shown(allowed) - shown(0.0),
            f"{how} of {self.long:.4g} ms; allowed are the distance of two inputs and what half the time changes",
        )  # fmt: skip

    def _equilibrium(self, value: float) -> Array:
        """The rest at an input, or the last before it was lost: followed in small steps."""
        field, x = self.page.field, self.rest
        at = field.states.index(field.voltage)
        for step in np.linspace(self.base, value, _WALK)[1:]:
            found = polish(field, x, field.at(**{self.page.parameter: step}), self.scale)
            if found is None or abs(found[at] - x[at]) > _JUMP * max(abs(x[at]), 1.0):
                break
            x = found
        return x

    def _periods(self) -> Iterator[Trial]:
        if not self.fires:
            return
        values = self._firing_inputs()
        if not values.size:
            return
        predicted = [self._period(value) for value in values]
        inside = np.array([self._read(value) for value in values])
        edge = self._read(self.page.character.stops_at if self.page.character.stops_at is not None else values[0])
        starts = np.stack([self._on_orbit(edge, value) for value in inside])
        duration = float(min(_PERIODS * max(predicted), 5 * _MOST_MS))
        measured = [
            self._mean_intervals(Copies(self.neuron, self.page.parameter, self.dt * k), inside, starts, duration)
            for k in (1, 2)
        ]
        for value, period, fine, coarse in zip(values, predicted, *measured, strict=True):
            turns = max(1.0, 0.5 * duration / period)
            allowed = 2 * abs(fine - coarse) + 2 * self.dt / turns + (2 * self.dt if self.neuron.has_reset else 0.0)
            yield Trial(
                f"period at {self.page.parameter} = {value:.5g}", period, fine if np.isfinite(fine) else None, "ms",
                allowed,
                f"mean interval in the second half of {duration:.4g} ms; allowed are twice what a doubled step "
                "changes, and spikes and resets that come at the end of a step",
            )  # fmt: skip

    def _firing_inputs(self) -> Array:
        """Three inputs at which one regular train is predicted, away from where firing begins and ends."""
        fi, found = self.page.fi, self.page.character
        fires = np.asarray(fi.I[fi.steady > 0] if fi is not None else [], dtype=float)
        low = found.stops_at if found.stops_at is not None else found.rheobase
        if not fires.size or low is None:
            return np.empty(0)
        wanted = low + _INSIDE * (min(float(fires.max()), self.ceiling) - low)
        if self.page.cycles:
            return wanted
        return fires[np.unique(np.argmin(np.abs(fires[:, None] - wanted), axis=0))]

    def _period(self, value: float) -> float:
        """By the branch of cycles if there is one, else by adaptive integration with located spikes."""
        for branch in self.page.cycles:
            periods = [cycle.period_ms for cycle in branch.at(value) if cycle.stable]
            if periods:
                return float(periods[0])
        assert self.page.fi is not None
        return float(1e3 / self.page.fi.steady[np.argmin(np.abs(self.page.fi.I - value))])

    def _mean_intervals(self, copies: Copies, values: Array, starts: Array, duration: float) -> list[float]:
        run = copies.run(values, starts, duration)
        return [mean_interval(train, duration / 2) for train in trains(run)]

    def _bistable(self) -> Iterator[Trial]:
        found = self.page.character
        if found.bistable is None or not self.fires:
            return
        value = sum(found.bistable) / 2
        inside = self._read(value)
        rest = self._equilibrium(inside)
        at, voltage = self.page.field.states.index(self.page.field.voltage), self.page.field.voltage
        traces = self._traces(
            np.array([inside, inside]), np.stack([rest, self._on_orbit(self._read(found.bistable[0]), inside)])
        )
        late = traces[len(traces) // 2 :]
        shown = self.page.field.shown
        size = float(np.ptp(late[:, 1]))
        yield Trial(
            f"at {self.page.parameter} = {value:.5g}, from rest: {voltage}", float(shown(voltage, rest[at])),
            float(shown(voltage, late[-1, 0])), self.page.field.unit_name(voltage), 1e-6 * max(abs(rest[at]), 1.0),
            "it has to stay where it is",
        )  # fmt: skip
        yield Trial(
            f"at {self.page.parameter} = {value:.5g}, from firing: still fires (1) or not (0)", 1.0,
            float(size > 10 * _PUSH * max(abs(rest[at]), 1.0)), "1", 0.0, "the same input, begun on the firing orbit",
        )  # fmt: skip

    @cached_property
    def staircase(self) -> Staircase | None:
        return self._climb(float(min(max(_HOLD * self.slowest, 100 * self.dt), 1000.0))) if self.fires else None

    def _climb(self, hold: float) -> Staircase:
        """Up and down in one run."""
        found = self.page.character
        stop = found.stops_at if found.stops_at is not None else found.rheobase
        lost = found.rest_lost_at if found.rest_lost_at is not None else found.rheobase
        assert stop is not None and lost is not None
        low, high = self._read(min(stop, lost)), self._read(max(stop, lost))
        room = 0.25 * max(high - low, 0.2 * self.width)
        top = min(high + room, (high + self._read(self.ceiling)) / 2) if np.isfinite(self.ceiling) else high + room
        values = np.linspace(low - room, top, _STEPS)
        course = np.r_[values, values[::-1]]
        parameter = self.page.parameter
        dimension = self.neuron.equations.dimension_of(parameter)
        amplitude = course if dimension.is_dimensionless else Quantity(course, dimension)
        zero = 0.0 if dimension.is_dimensionless else Quantity(0.0, dimension)
        network = Network(
            Population(self.neuron.with_(**{parameter: zero}), 1, "neuron"),
            inputs=[CurrentInput("neuron", amplitude, dt=hold * ms, target=parameter)],
        )
        smooth = not self.neuron.has_reset and self.neuron.is_smooth
        run = simulate(network, course.size * hold * ms, dt=self.dt * ms, method="rk4" if smooth else None)
        counts = np.histogram(run.train(), np.arange(2 * course.size + 1) * hold / 2)[0][1::2]
        rates = 2e3 * counts / hold
        shown = np.array([self._shown(value) for value in values])
        return Staircase(shown, rates[:_STEPS], rates[_STEPS:][::-1], hold)

    def _hysteresis(self) -> Iterator[Trial]:
        found = self.page.character
        if self.staircase is None or found.stops_at is None or found.rest_lost_at is None:
            return
        width, slower = _gap(self.staircase), _gap(self._climb(self.staircase.hold_ms / 2))
        step = float(self.staircase.values[1] - self.staircase.values[0])
        yield Trial(
            "hysteresis: the width in which a falling input fires and a rising one does not",
            max(0.0, found.rest_lost_at - found.stops_at), width, self.page.unit, 2 * step + abs(width - slower),
            f"steps of {step:.3g} held for {self.staircase.hold_ms:.4g} ms, seen in their second half; allowed are "
            "two steps and what half the time changes",
        )  # fmt: skip

    def _read(self, value: float) -> float:
        return float(self.page.field.read(self.page.parameter, value))

    def _shown(self, value: float) -> float:
        return float(self.page.field.shown(self.page.parameter, value))


def _gap(found: Staircase) -> float:
    """The width of the inputs at which it fires on the way down only."""
    step = float(found.values[1] - found.values[0])
    return step * float(
        np.count_nonzero((found.down > 0) & (found.up == 0)) - np.count_nonzero((found.up > 0) & (found.down == 0))
    )
