"""The measurements behind `classify`, in internal units: onset, loss of the rest, periods near it, end of firing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as part

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.firing_end import Stop, stop
from rheobase.dynamics.firing.natural_start import with_level
from rheobase.dynamics.firing.onset import THRESHOLD, Loss, law, loss
from rheobase.dynamics.firing.resonator import Resonance, resonance
from rheobase.dynamics.firing.rheobase_current import (
    Ground,
    Onset,
    ground,
    look,
    onset,
    periods_near,
    sharper,
    spikes_from,
    steps,
)
from rheobase.dynamics.orbits.spiking import Firing, fire, polish
from rheobase.dynamics.orbits.trajectory import Drive

Array = NDArray[np.float64]

_DECADES = np.arange(1.0, 6.0)
_ASIDE = np.array([1e-3, 3e-3, 1e-2, 3e-2])
_CLOSE = np.array([2.0, 3.0, 4.0])
_BELOW = 5e-5
_SETTLED = 10.0
_STEP = 0.25
_NEAR = 0.9
_RAMP = 30.0
#: Distances from a bifurcation, in units of the distance to it, that count as none.
_SAME = 2e-4
#: And distances of the onset from the end of the cycles.
_AT_ONCE = 1e-3
_ZERO = 1e-11


@dataclass(frozen=True, eq=False)
class Findings:
    """What was measured; see `rheobase.dynamics.classify.Character`, which is this in shown units.

    Attributes
    ----------
    width
        The natural distance on the axis of the input.
    oscillates
        Whether firing was taken to be any oscillation, because it begins below the threshold for spikes.
    spiking
        Then, the smallest step that makes it fire spikes on.
    periods
        Closer and closer above where firing begins when the input rises slowly: where the rest is lost.
    law
        How they go on: see `rheobase.dynamics.firing.onset.law`.
    ramped
        The input of a step that makes spikes and no firing, the spikes of the step, and those of a slow ramp to it.
    why
        Why there is no bifurcation.
    """

    ground: Ground
    spikes_from: float | None
    rheobase: float | None
    error: float
    width: float
    oscillates: bool
    spiking: float | None
    loss: Loss | None
    why: str
    periods: Array
    law: str
    stop: Stop | None
    ramped: tuple[float, int, int] | None
    at_rest: Resonance | None
    near_threshold: Resonance | None
    diagram: BifurcationDiagram | None = part(repr=False)

    def shown(self, value: float) -> float:
        """An input in its shown unit; 0 where it is that but for rounding."""
        return 0.0 if abs(value) < _ZERO * self.width else float(self.ground.field.shown(self.ground.input, value))

    @property
    def bistable(self) -> tuple[float, float] | None:
        """Where rest and firing are both stable."""
        if self.stop is None or self.loss is None or self.stop.value >= self.loss.value - _SAME * self.width:
            return None
        return self.stop.value, self.loss.value

    @property
    def onset_hz(self) -> float | None:
        """The rate at which firing begins when the input rises slowly; 0 if it falls without bound towards there."""
        if self.rheobase is None or self.law == "none":
            return None
        return 0.0 if self.law in ("root", "log") else float(1e3 / self.periods[-1])

    @property
    def by_fi_curve(self) -> int | None:
        if self.rheobase is None:
            return None if self.spikes_from is None else 3
        return {"root": 1, "log": 1, "finite": 2}.get(self.law)

    @property
    def by_bifurcation(self) -> int | None:
        if not self.ground.settled or (self.loss is None and self.why):
            return None
        if self.loss is None:
            return 3 if self.spikes_from is not None and self.rheobase is None else None
        if self.rheobase is None:
            return 3 if self.spikes_from is not None else None
        if self.loss.kind.startswith("hopf-"):
            return 2
        if self.loss.kind in ("saddle-node", THRESHOLD):
            return 2 if self.bistable is not None else 1
        return None


def find(
    field: VectorField, name: str, bounds: tuple[float, float] | None, tell: Callable[[str], None] = lambda words: None
) -> Findings:
    """All measurements of a neuron; ``tell`` is called with a few words at the beginning of each."""
    tell("rest")
    base = ground(field, name, bounds)
    tell("steps of many sizes")
    seen = look(base, bounds)
    leveled = with_level(base, seen[0], seen[1].sustained)
    if leveled is not base:
        base, seen = leveled, look(leveled, bounds)
    tell("where the rest is lost")
    high = _high(base, seen[0], seen[1].count > 0, seen[1].sustained, bounds)
    lost, diagram, why = loss(base, high)
    tell("the smallest steps that make it spike and fire on")
    single = spikes_from(base, seen)
    width = _width(base, lost, seen, single)
    active, first = _rheobase(base, seen, lost, width)
    tell("where firing ends")
    ending = None if first.fires_at is None else stop(active, first.fires_at, lost, width)
    rheobase, error = _sharpened(active, first, ending, width)
    if single is not None and rheobase is not None:
        single = min(single, rheobase)
    tell("periods where firing begins")
    periods = _periods(active, lost, rheobase, error, width)
    how = law(periods, steps=1.0 if active is base else _STEP)
    if how in ("root", "log") and rheobase is not None and _finite(lost, ending, rheobase):
        how = "none"  # what grows is the time to leave the equilibrium, not the period
    tell("ramp against step, integrator or resonator")
    return Findings(
        ground=base, spikes_from=single, rheobase=rheobase, error=error, width=width,
        oscillates=active is not base, spiking=None if active is base else sharper(base, onset(base, seen)).fires_from,
        loss=lost, why=why, periods=periods, law=how, stop=ending,
        ramped=_ramped(base, single, rheobase, width), at_rest=resonance(base) if base.settled else None,
        near_threshold=_near(base, lost), diagram=diagram,
    )  # fmt: skip


def _sharpened(active: Ground, coarse: Onset, ending: Stop | None, width: float) -> tuple[float | None, float]:
    """The onset and its uncertainty: where cycles end if it lies there, since then it fires as soon as there is one."""
    start, end = coarse.fires_from, ending.value if ending is not None and ending.by == "cycles" else None
    if start is not None and end is not None and abs(start - end) < _AT_ONCE * width:
        return end, 0.0
    fine = sharper(active, coarse)
    return fine.fires_from, fine.error


def _high(
    base: Ground,
    values: Array,
    spiked: NDArray[np.bool_],
    sustained: NDArray[np.bool_],
    bounds: tuple[float, float] | None,
) -> float:
    """How far the rest is followed."""
    if bounds is not None:
        return bounds[1]
    if sustained.any():
        return base.base + 4.0 * float(values[np.argmax(sustained)] - base.base)
    far = 3.0 * base.scale
    return base.base + (max(far, 10.0 * float(values[np.argmax(spiked)] - base.base)) if spiked.any() else far)


def _width(base: Ground, lost: Loss | None, seen: tuple[Array, Firing], single: float | None) -> float:
    """A distance on the axis of the input that is neither large nor small."""
    if lost is not None:
        end = lost.value
    elif seen[1].sustained.any():
        end = float(seen[0][np.argmax(seen[1].sustained)])
    else:
        end = base.base + base.scale if single is None else single
    return max(end - base.base, 1e-2 * base.scale)


def _rheobase(base: Ground, seen: tuple[Array, Firing], lost: Loss | None, width: float) -> tuple[Ground, Onset]:
    """The smallest step that makes it fire on, and the field by which it does: see `Findings.oscillates`."""
    if lost is None:
        return base, onset(base, seen)
    below = lost.value - _BELOW * width
    values, sustained = seen[0], seen[1].sustained
    early = sustained[values <= below].any() or steps(base, np.array([below]), time=4.0).sustained[0]
    if not early:
        at_once = periods_near(base, lost.value, width, _CLOSE, base.state)
        if np.isfinite(at_once).all():
            return base, Onset(lost.value, 0.0, lost.value + 10.0 ** -_CLOSE[0] * width)
        quiet = _without_threshold(base, lost, width)
        if quiet is not None:
            return quiet
    return base, onset(base, seen, np.array([below, *base.inside(lost.value + width * _ASIDE)]))


def _without_threshold(base: Ground, lost: Loss, width: float) -> tuple[Ground, Onset] | None:
    """The neuron without its threshold, where it oscillates when the rest is lost but does not reach that."""
    neuron = base.field.neuron
    if neuron.has_reset or neuron.threshold is None or not lost.kind.startswith("hopf-"):
        return None
    quiet = neuron.with_(threshold=None, refractory=None)
    given = dict(zip(base.field.parameters, base.field.values, strict=True))
    bare = replace(base, field=VectorField(quiet, np.array([given[name] for name in quiet.parameters])))
    bare = replace(bare, time=max(base.time, _SETTLED / _decay(base, lost, lost.value - _ASIDE[-1] * width)))
    beyond = base.inside(lost.value + width * _ASIDE)
    if not beyond.size:
        return None
    values = np.concatenate([base.base + (lost.value - base.base) * np.linspace(0.5, 1.0, 17)[:-1], beyond])
    found = steps(bare, values, time=4.0)
    if not found.sustained.any():
        return None
    if lost.kind == "hopf-supercritical":
        return bare, Onset(lost.value, 0.0, float(beyond[-1]))
    return bare, onset(bare, (values, found))


def _decay(base: Ground, lost: Loss, value: float) -> float:
    """How fast a perturbation of the rest dies out at an input (1/ms); it grows as fast as far beyond the loss."""
    at = base.field.at(**{base.input: value})
    state = polish(base.field, at, lost.at(value))
    state = lost.at(value) if state is None else state
    return float(np.abs(np.linalg.eigvals(base.field.jacobian(state, at)).real).min())


def _periods(active: Ground, lost: Loss | None, rheobase: float | None, error: float, width: float) -> Array:
    """Periods closer and closer above where firing begins when the input rises slowly."""
    if rheobase is None:
        return np.empty(0)
    if active.field.neuron.threshold is None:  # an oscillation that begins small has to be given time
        edge = rheobase if lost is None else lost.value
        return steps(active, active.inside(edge + width * 10.0 ** -np.arange(0.5, 1.1, _STEP)), time=4.0).period
    if lost is not None and lost.value >= rheobase:
        return periods_near(active, lost.value, width, _DECADES, active.state)
    resolved = 6.0 if error == 0.0 else max(3.5, np.log10(width / (10.0 * error)))
    decades = _DECADES[resolved > _DECADES]
    return periods_near(active, rheobase, width, decades, active.state)


def _finite(lost: Loss | None, ending: Stop | None, rheobase: float) -> bool:
    """Whether firing begins at a Hopf bifurcation or a fold of cycles, where the period of the cycle is finite."""
    if lost is not None and lost.value >= rheobase:
        return lost.kind.startswith("hopf-")
    finite = ("fold-of-cycles", "hopf-supercritical")
    return ending is not None and ending.by == "cycles" and ending.kind in finite and ending.value == rheobase


def _ramped(base: Ground, single: float | None, rheobase: float | None, width: float) -> tuple[float, int, int] | None:
    """A step that makes spikes but no firing, against a slow ramp to the same input."""
    if single is None or (rheobase is not None and single > rheobase - 0.01 * width):
        return None
    value = 2.0 * single - base.base if rheobase is None else 0.5 * (single + rheobase)
    value = min(value, base.bounds[1])
    by_step = int(steps(base, np.array([value])).count[0])
    duration = _RAMP * base.time
    drive = Drive(base.input, [0.0, duration], [base.base, value])
    run = fire(base.field, base.state[None], duration=duration, parameter=base.input, values=[base.base], drive=drive,
               stop_after=200, rtol=1e-7, most=2_000_000)  # fmt: skip
    return value, by_step, len(run.spikes[0])


def _near(base: Ground, lost: Loss | None) -> Resonance | None:
    """Resonance at nine tenths of the way to where the rest is lost."""
    if lost is None:
        return None
    value = base.base + _NEAR * (lost.value - base.base)
    state = polish(base.field, base.field.at(**{base.input: value}), lost.at(value))
    if state is None:
        return None
    near = replace(base, base=value, state=state)
    rates = -near.eigenvalues.real
    if rates.min() <= 0:
        return None
    slowest = float(1.0 / rates.min())
    return resonance(replace(near, slowest=slowest, time=max(base.time, 20.0 * slowest)))
