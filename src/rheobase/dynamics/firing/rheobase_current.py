"""Where a neuron begins to fire when its input is raised, and where it stops when the input is lowered again.

Measured on orbits: many inputs at once, then finer between the last that fails and the first that succeeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as part

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.decided import period_of, spikes_a_turn, watch
from rheobase.dynamics.orbits.spiking import Firing, fire, rest
from rheobase.errors import ModelError
from rheobase.units import VOLTAGE

Array = NDArray[np.float64]

#: Orbits are followed for so many of the slowest time constants.
_LONG = 40.0
#: The inputs that are tried first: decades below and above the natural scale, and values a decade.
_DECADES, _PER_DECADE = (-5.0, 2.5), 9
#: A row that has fired so often fires on.
_ENOUGH = 200
#: Or, if these are those of a cycle, so often.
_FIRST = 16
_INNER, _ROUNDS = 15, 5
#: How long the orbits of each section between two inputs are, first coarsely, then finely.
_COARSE, _FINE = (1.0, 1.0, 2.0), (4.0, 4.0)
_MOST = 400_000  # steps; in the search for periods twice as many, or a quarter where long silences take few steps
#: Firing is followed down in steps, each so much longer, to so many times the natural scale.
_FURTHER, _DEEPEST = 4.0, 100.0
RTOL = 1e-7
#: Sizes that count as large where nothing else says so: 10 mV.
_VOLTS = 10.0


@dataclass(frozen=True, eq=False)
class Ground:
    """A neuron at rest, and the scales on which to look at it; internal units.

    Attributes
    ----------
    base
        The input at which it rests: 0, or a negative one if it does not rest there.
    state
        The rest.
    scale
        The size of an input that matters.
    time
        How long an orbit has to be followed (ms).
    slowest
        The slowest time constant at rest (ms).
    settled
        Whether ``state`` is an equilibrium; otherwise the neuron rests nowhere, and its start values are taken.
    bounds
        No input outside is tried.
    """

    field: VectorField
    input: str
    base: float
    state: Array
    scale: float
    time: float
    slowest: float
    settled: bool = True
    bounds: tuple[float, float] = (-np.inf, np.inf)

    def inside(self, values: Array) -> Array:
        """Those of some inputs that lie within the bounds."""
        return values[(values >= self.bounds[0]) & (values <= self.bounds[1])]

    @property
    def eigenvalues(self) -> NDArray[np.complex128]:
        """Of the rest, per ms."""
        p = self.field.at(**{self.input: self.base})
        return np.asarray(np.linalg.eigvals(self.field.jacobian(self.state, p)), dtype=complex)


def ground(field: VectorField, name: str, bounds: tuple[float, float] | None = None) -> Ground:
    """Find an input at which the neuron rests: 0, else the smallest negative one tried.

    Raises
    ------
    ModelError
        If it rests nowhere and never stops to fire.
    """
    from rheobase.dynamics.firing.natural_start import natural_start, stable_rests

    start = natural_start(field, name, 0.0 if bounds is None else max(bounds[0], min(0.0, bounds[1])))
    scale, quick = _input_scale(field, name, start), _guessed_time(field, start)
    tried = [0.0, *(-scale * 10.0**k for k in np.arange(-1.5, 2.1, 0.5))]
    if bounds is not None:
        tried = [bounds[0]] if not bounds[0] <= 0.0 <= bounds[1] else [0.0, bounds[0]]
    within = (-np.inf, np.inf) if bounds is None else bounds
    for base in tried:
        fallen = rest(field, name, base, start, 100.0 * quick)
        for x in [fallen] if fallen is not None else stable_rests(field, name, base)[:1]:
            rates = -np.linalg.eigvals(field.jacobian(x, field.at(**{name: base}))).real
            slowest = float(1.0 / rates.min())
            if slowest < 1e3 * quick:
                return Ground(field, name, base, x, scale, _LONG * max(slowest, quick), slowest, True, within)
    for base in tried:
        unsettled = Ground(field, name, base, start, scale, _LONG * quick, quick, False, within)
        if not steps(unsettled, np.array([base])).sustained[0]:
            return unsettled
    shown = ", ".join(f"{field.shown(name, value):.4g}" for value in tried)
    raise ModelError(
        f"the neuron fires at all of the inputs {name} = {shown}, so there is no rest to begin from; check the start "
        "values, or give range=(low, high) with a low at which it rests"
    )


def _guessed_time(field: VectorField, start: Array) -> float:
    """The slowest of the states by itself, at the start."""
    rates = np.abs(np.diag(field.jacobian(start)))
    rates = rates[rates > 0]
    return float(1.0 / rates.min()) if rates.size else 10.0


def _input_scale(field: VectorField, name: str, start: Array) -> float:
    """The input that outweighs what flows by itself when the voltage moves by its own size."""
    at = field.states.index(field.voltage)
    size = max(abs(start[at]), _VOLTS if field.neuron.equations.dimension_of(field.voltage) == VOLTAGE else 0.1)
    x = start.copy()
    scales = []
    for shift in (0.0, 0.3 * size, -0.3 * size):
        x[at] = start[at] + shift
        push = np.abs(field.by_parameter(x, name)).max()
        pull = np.abs(np.diag(field.jacobian(x)))[at]
        if push > 0 and np.isfinite(pull):
            scales.append(size * pull / push)
    found = [scale for scale in scales if scale > 0]
    if not found:
        raise ModelError(f"the parameter '{name}' does not act on the neuron, so it is no input; say input='...'")
    return float(np.median(found))


def steps(
    ground: Ground, values: Array, *, time: float = 1.0, enough: int = _ENOUGH, starts: Array | None = None
) -> Firing:
    """Switch inputs on at rest (or at ``starts``), for ``time`` times the usual duration."""
    return watch(
        ground.field, ground.state if starts is None else starts, duration=time * ground.time, parameter=ground.input,
        values=values, enough=enough, rtol=RTOL, most=_MOST,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Onset:
    """The smallest step from rest that makes a neuron fire on; internal units, None where there is none.

    ``error`` is its uncertainty, ``fires_at`` an input a little above.
    """

    fires_from: float | None
    error: float
    fires_at: float | None


def look(ground: Ground, bounds: tuple[float, float] | None = None) -> tuple[Array, Firing]:
    """A first look at steps over many decades, or over the given bounds: the inputs, and what each does."""
    values = _ladder(ground, bounds)
    found = steps(ground, values)
    if found.sustained.any() or not (found.count > 0).any() or bounds is not None:
        return values, found
    above = values[found.count > 0][0] - ground.base  # a narrower window may lie between the values
    fine = ground.base + above * np.geomspace(0.3, 30.0, 240)
    values = np.union1d(values, fine[fine <= values[-1]])
    return values, steps(ground, values)


def onset(ground: Ground, seen: tuple[Array, Firing], extra: Array | None = None) -> Onset:
    """The smallest steps that make a neuron fire on, coarsely, after a first look, with more inputs to try."""
    values, sustained = seen[0], seen[1].sustained
    if extra is not None and extra.size:
        more = steps(ground, extra, time=4.0)
        values = np.concatenate([values, extra])
        order = np.argsort(values, kind="stable")
        values, sustained = values[order], np.concatenate([sustained, more.sustained])[order]
    return _onset(ground, values, sustained, _COARSE)


def sharper(ground: Ground, coarse: Onset) -> Onset:
    """An onset on orbits, more finely."""
    if coarse.fires_at is None or coarse.error == 0.0:
        return coarse
    between = np.array([coarse.fires_at - 2.0 * coarse.error, coarse.fires_at])
    return _onset(ground, between, np.array([False, True]), _FINE)


def _onset(ground: Ground, values: Array, sustained: NDArray[np.bool_], times: tuple[float, ...]) -> Onset:
    fires = _refined(ground, values, sustained, times, lambda inner, time: steps(ground, inner, time=time).sustained)
    return Onset(None, 0.0, None) if fires is None else Onset(*fires)


def spikes_from(ground: Ground, seen: tuple[Array, Firing]) -> float | None:
    """The smallest step that makes a single spike."""
    found = _refined(
        ground,
        seen[0],
        seen[1].count > 0,
        (1.0,) * 3,
        lambda inner, time: steps(ground, inner, time=time, enough=1).count > 0,
    )
    return None if found is None else found[0]


def _ladder(ground: Ground, bounds: tuple[float, float] | None) -> Array:
    if bounds is not None:
        low = max(bounds[0], ground.base)
        return np.linspace(low, bounds[1], 73)[1:]
    low, high = _DECADES
    return ground.base + ground.scale * 10.0 ** np.arange(low, high, 1.0 / _PER_DECADE)


def _refined(
    ground: Ground,
    values: Array,
    good: NDArray[np.bool_],
    times: tuple[float, ...],
    test: Callable[[Array, float], NDArray[np.bool_]],
) -> tuple[float, float, float] | None:
    """The edge below the first good value, its error, and the value above it: a section for each of ``times``."""
    if not good.any():
        return None
    first = int(np.argmax(good))
    low, high = float(values[first - 1] if first else ground.base), float(values[first])
    for time in times:
        inner = np.linspace(low, high, _INNER + 2)
        hit = [*test(inner[1:-1], time), True].index(True) + 1
        low, high = float(inner[hit - 1]), float(inner[hit])
        if high - low <= 1e-9 * max(abs(high), abs(low)):
            break
    return 0.5 * (low + high), 0.5 * (high - low), high


@dataclass(frozen=True, eq=False)
class Offset:
    """Where firing ends when the input is lowered slowly; internal units.

    Attributes
    ----------
    stops_at
        The input below which firing ends.
    error
        Its uncertainty.
    state
        A state on the firing orbit just above.
    lowest
        Whether it still fires at the lowest input tried.
    low, high, floor, turn
        Where the end lies, the lowest input to be tried, and how often the place was refined.
    """

    stops_at: float
    error: float
    state: Array = part(repr=False)
    lowest: bool = False
    low: float = part(default=0.0, repr=False)
    high: float = part(default=0.0, repr=False)
    floor: float = part(default=0.0, repr=False)
    turn: int = part(default=0, repr=False)


def offset(ground: Ground, fires_at: float, found: Offset | None = None, turns: int = _ROUNDS + 2) -> Offset:
    """Lower the input from ``fires_at``, the state carried along, until firing ends.

    After ``turns`` refinements it can be ``found`` more finely by another call.
    """
    if found is None:
        low, high, floor, turn = _lower(ground, ground.base, fires_at), fires_at, 0.0, 0
        floor, states = low, on_orbit(ground, fires_at, ground.state)
    else:
        low, high, floor, turn = found.low, found.high, found.floor, found.turn
        if high == fires_at and not steps(ground, np.array([high]), starts=found.state[None], time=4.0).sustained[0]:
            return replace(found, stops_at=high)  # it fired long but not on, so there is no end to be refined
        states = on_orbit(ground, high, found.state)
    gap = high - low
    while turn < turns and gap > 1e-9 * max(abs(high), abs(low)):
        values = np.linspace(low, high, _INNER + 2)[:-1]
        gap = values[1] - values[0]
        # firing has to go on all the way down
        broken = np.nonzero(~_fires_on(ground, values, states, min(2.0**turn, 4.0)))[0]
        lowest = int(broken[-1]) + 1 if broken.size else 0
        high = float(values[lowest]) if lowest < values.size else high
        if not broken.size and turn == 0:
            following = _lower(ground, low, fires_at)
            if not following < low:
                return Offset(low, 0.0, states[0], True)
            states = on_orbit(ground, low, states[0])
            low, high, floor = following, low, following
            gap = high - low
            continue
        turn += 1
        low = max(floor, high - (1.0 if turn > 3 else 1.5) * gap)
        states = on_orbit(ground, high, states[0])
    return Offset(high - 0.5 * gap, 0.5 * gap, states[0], False, low, high, floor, turn)


def _fires_on(ground: Ground, values: Array, states: Array, time: float) -> NDArray[np.bool_]:
    """At which inputs it fires on from the first of some states on a firing orbit, or else from another one of them."""
    fires = steps(ground, values, starts=states[:1], time=time).sustained
    quiet = np.flatnonzero(~fires)
    if quiet.size and len(states) > 1:
        others = len(states) - 1
        begin = np.tile(states[1:], (quiet.size, 1))
        found = steps(ground, np.repeat(values[quiet], others), starts=begin, time=time).sustained
        fires[quiet] = found.reshape(-1, others).any(axis=1)
    return fires


def _lower(ground: Ground, value: float, fires_at: float) -> float:
    """How far to go down next; ``value`` itself where it is enough."""
    first = max(fires_at - ground.base, 1e-3 * ground.scale)
    reach = first if value >= ground.base else _FURTHER * (ground.base - value)
    if reach > _DEEPEST * max(first, ground.scale):
        return value
    return max(ground.base - reach, ground.bounds[0])


def on_orbit(ground: Ground, value: float, start: Array) -> Array:
    """Some states along an orbit that fires: at and between its last spikes."""
    for enough in (_FIRST, _ENOUGH):
        run = fire(ground.field, start[None], duration=4.0 * ground.time, parameter=ground.input, values=[value],
                   stop_after=enough, rtol=RTOL, most=_MOST)  # fmt: skip
        if len(run.spikes[0]) < enough or spikes_a_turn(run.after[0]):
            break
    times = run.spikes[0]
    if len(times) < 3:
        return start[None]
    period = period_of(times, run.after[0])
    span = np.linspace(0.0, period, 5)[:-1]
    state = run.after[0][-1]
    if ground.field.neuron.refractory is not None and ground.field.neuron.has_reset:
        return state[None]
    later = fire(
        ground.field, state[None], duration=period, parameter=ground.input, values=[value], sample=span, rtol=RTOL
    )
    assert later.states is not None
    found = later.states[0].T
    return found[np.isfinite(found).all(axis=1)]


def periods_near(ground: Ground, edge: float, width: float, decades: Array, start: Array, spikes: int = 24) -> Array:
    """Periods (ms) at ``edge + width * 10**-decades``: infinite where it does not fire on.

    NaN if it took too long, and outside the bounds.
    """
    values = edge + width * 10.0**-decades
    if (values > ground.bounds[1]).any():
        known = values <= ground.bounds[1]
        periods = np.full(values.size, np.nan)
        if known.any():
            periods[known] = periods_near(ground, edge, width, decades[known], start, spikes)
        return periods
    duration = spikes * ground.time * 10.0 ** (0.5 * decades.max())
    run = fire(
        ground.field, start, duration=duration, parameter=ground.input, values=values, stop_after=spikes, rtol=RTOL,
        most=_MOST // 4 if ground.field.stiff else 2 * _MOST,
    )  # fmt: skip
    periods = []
    for times, code in zip(run.spikes, run.codes, strict=True):
        late = times[len(times) // 2 :]
        if code == 1 or len(times) >= 6:
            periods.append((late[-1] - late[0]) / (len(late) - 1))
        else:
            periods.append(np.nan if code == 3 else np.inf)
    return np.array(periods)
