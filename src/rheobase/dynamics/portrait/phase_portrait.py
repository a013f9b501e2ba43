"""`phase_portrait`: nullclines, equilibria, separatrices, limit cycles and basins in a plane, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import find_box, threshold_of
from rheobase.dynamics.equilibria.fixed_points import Equilibrium, fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.portrait.basins import Ends, basins
from rheobase.dynamics.portrait.examples import examples, given_starts
from rheobase.dynamics.portrait.frozen import frozen
from rheobase.dynamics.portrait.limit_cycles import Cycle, stable_cycles, unstable_cycles
from rheobase.dynamics.portrait.nullclines import Nullcline, nullclines
from rheobase.dynamics.portrait.phase_line import PhaseLine, phase_line, reset_of
from rheobase.dynamics.portrait.result import Flow, LimitCycle, Manifold, PhasePortrait
from rheobase.dynamics.portrait.section import Section
from rheobase.dynamics.portrait.separatrix import Branch, branches
from rheobase.dynamics.portrait.view import find_limits, given_limits, settling
from rheobase.dynamics.portrait.window import Window
from rheobase.errors import ModelError
from rheobase.model.network import nearest
from rheobase.model.neuron import Neuron

Array = NDArray[np.float64]

_ARROWS = 21
_LOOK = 8


def phase_portrait(
    neuron: Neuron,
    x: str | None = None,
    y: str | None = None,
    *,
    limits: Mapping[str, Any] | None = None,
    slice: Mapping[str, Any] | None = None,
    trajectories: int | Sequence[Any] = 6,
    basins: bool = True,
    **parameters: Any,
) -> PhasePortrait | PhaseLine:
    r"""The phase portrait of a neuron: vector field, nullclines, equilibria, separatrices, limit cycles and basins.

    A model with one variable gives the phase line, its rate of change against the variable. Of a model with more than
    two, two are shown. States in ``slice`` are *held*: they become parameters, as the slow states do for the fast
    subsystem of a burster. Those that remain are at their *steady state* for each x and y in the vector field and the
    nullclines, which cross in the equilibria of the whole model; orbits, cycles and manifolds are those of the whole
    model, projected, and basins are for starts with the others at their steady state. The title says so.

    Parameters
    ----------
    neuron
        The model. With a reset, the flow is that below the threshold, and orbits and basins follow the resets.
    x, y
        Two states; by default the membrane potential, and the other one or, of several, the slowest.
    limits
        ``{state: (low, high)}`` as numbers in the unit of the state, quantities or texts; found if not given.
    slice
        ``{state: value}`` for states that are held.
    trajectories
        How many examples, or their starts: pairs (x, y) or ``{state: value}``, the others at their steady state.
    basins
        Whether to find out where every start goes.
    **parameters
        Parameters that differ from the neuron's.

    Returns
    -------
    PhasePortrait or PhaseLine
        With ``plot()``, ``summary()`` and the data.

    Raises
    ------
    ModelError
        For unknown or equal variables, empty limits, a flow that is nowhere finite, and for models that are no smooth
        autonomous system.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> saddle = Neuron("dx/dt = (x + y)/ms : 1 \n dy/dt = -y/ms : 1")
    >>> portrait = phase_portrait(saddle, limits={"x": (-1, 1), "y": (-1, 1)})
    >>> [point.kind for point in portrait.equilibria], len(portrait.separatrices)
    (['saddle'], 2)
    """
    full = VectorField.of(neuron, **parameters)
    held = _held(full, slice)
    field = VectorField.of(frozen(neuron, held), **parameters) if held else full
    if field.n == 1:
        return phase_line(field, x, y, limits, _describe(full, field, ()))
    x, y = _variables(field, x, y, full)
    section = Section(field, x, y)
    wanted = given_limits(section, limits)
    points = tuple(fixed_points(field, throw=False))
    window = Window(section, find_limits(section, points, wanted), _threshold(field))
    _require_finite(window)
    return _portrait(window, points, trajectories, basins, _describe(full, field, section.others))


def _portrait(
    window: Window, points: tuple[Equilibrium, ...], starts: int | Sequence[Any], wanted: bool, slice: str
) -> PhasePortrait:
    section, field = window.section, window.section.field
    first = given_starts(section, starts, window)
    duration = settling(points)
    cycles = _cycles(window, points, duration)
    ends = Ends(field, points, cycles, window, max([duration, *(4.0 * cycle.period_ms for cycle in cycles)]))
    x, y = section.x, section.y
    return PhasePortrait(
        x=x, y=y, units=(field.unit_name(x), field.unit_name(y)),
        limits={name: tuple(field.shown(name, np.array(ends_)).tolist())
                for name, ends_ in zip((x, y), window.limits, strict=True)},
        flow=_flow(window),
        nullclines={name: Nullcline(name, tuple(_shown(section, branch) for branch in found))
                    for name, found in zip((x, y), nullclines(section, window.limits), strict=True)},
        equilibria=points,
        manifolds=tuple(_manifold(section, branch, points) for branch in branches(points, cycles, window)),
        cycles=tuple(_limit_cycle(section, cycle) for cycle in cycles),
        orbits=examples(ends, first),
        basins=basins(ends, _names(points, cycles)) if wanted else None,
        threshold=_shown_edge(section, window.threshold), reset=_shown_edge(section, reset_of(field, field.voltage)),
        slice=slice, status=_status(window, points), field=field,
    )  # fmt: skip


def _cycles(window: Window, points: tuple[Equilibrium, ...], duration: float) -> list[Cycle]:
    """Limit cycles of the flow; a neuron with a reset that fires has none, and its orbits show what it does."""
    field, section = window.section.field, window.section
    starts = section.lift(window.grid(_LOOK))
    labels, finals = Ends(field, points, (), window, duration).of(starts)
    open_ = finals[:, labels == -4].T
    found = stable_cycles(field, list(open_), 2.0 * duration, window)
    if field.n == 2:
        found += unstable_cycles(field, points, found, 2.0 * duration, window)
    return found


def _held(field: VectorField, slice: Mapping[str, Any] | None) -> dict[str, float]:
    if slice is not None and not isinstance(slice, Mapping):
        raise ModelError("slice says at which values states are held, such as slice={'h': 0.6}")
    held = {}
    for name, value in (slice or {}).items():
        if name not in field.states:
            raise ModelError(f"slice: there is no state '{name}'{_near(name, field.states)}")
        held[name] = float(field.read(name, value))
    if held and len(held) == field.n:
        raise ModelError("slice holds every state, so that nothing is left to move; leave at least one out")
    return held


def _near(name: str, states: Sequence[str]) -> str:
    return nearest(name, states) or f"; the states are {', '.join(states)}"


def _variables(field: VectorField, x: str | None, y: str | None, full: VectorField) -> tuple[str, str]:
    """The two that are shown."""
    for name in (x, y):
        if name is not None and name not in field.states:
            if name in full.states:
                raise ModelError(f"'{name}' is held by slice, so it cannot be shown; take it out of slice")
            raise ModelError(f"there is no state '{name}' to be shown{_near(name, field.states)}")
    if x is not None and x == y:
        raise ModelError(f"a phase portrait needs two different states, but x and y are both '{x}'")
    if x is None:
        x = field.voltage if y != field.voltage else _slowest(field, y)
    return x, y if y is not None else _slowest(field, x)


def _slowest(field: VectorField, but: str | None) -> str:
    """The state that changes most slowly by itself at the start, of those that are left."""
    rates = np.abs(np.diag(field.jacobian(field.start)))
    left = [(rate, at, name) for at, (name, rate) in enumerate(zip(field.states, rates, strict=True)) if name != but]
    return min(left)[2]


def _describe(full: VectorField, field: VectorField, others: Sequence[int]) -> str:
    """What is done with the variables that are not shown."""
    held = [name for name in full.states if name not in field.states]
    parts = []
    if held:
        values = [f"{name} = {full.shown(name, field.values[field.index(name)]):.4g}" for name in held]
        units = [full.unit_name(name) for name in held]
        parts.append("slice at " + ", ".join(v if u == "1" else f"{v} {u}" for v, u in zip(values, units, strict=True)))
    if others:
        parts.append(", ".join(field.states[at] for at in others) + " at steady state, orbits projected")
    return "; ".join(parts)


def _threshold(field: VectorField) -> float | None:
    return threshold_of(field, field.voltage) if field.neuron.has_reset else None


def _shown_edge(section: Section, internal: float | None) -> float | None:
    """A value of the voltage in its shown unit, if the voltage is shown."""
    voltage = section.field.voltage
    return None if internal is None or voltage not in (section.x, section.y) else section.field.shown(voltage, internal)


def _require_finite(window: Window) -> None:
    values = window.section.values(window.grid(_ARROWS))
    if not np.any(np.all(np.isfinite(values), axis=0)):
        raise ModelError(
            f"the flow has no finite value anywhere in the window of {window.section.x} and {window.section.y}; "
            "give other limits"
        )


def _flow(window: Window) -> Flow:
    section = window.section
    values = section.values(window.grid(_ARROWS))
    middles = (np.arange(_ARROWS) + 0.5) / _ARROWS
    x, y = (low + span * middles for low, span in zip(window.low, window.span, strict=True))
    dx, dy = _shown(section, values)
    shape = (_ARROWS, _ARROWS)
    return Flow(
        section.field.shown(section.x, x), section.field.shown(section.y, y), dx.reshape(shape), dy.reshape(shape)
    )


def _shown(section: Section, points: Array) -> Array:
    """Points (2, k) of the plane in shown units."""
    return np.stack(
        [
            np.atleast_1d(section.field.shown(name, row))
            for name, row in zip((section.x, section.y), points, strict=True)
        ]
    )


def _manifold(section: Section, branch: Branch, points: Sequence[Equilibrium]) -> Manifold:
    words, _, number = branch.end.partition(" ")
    way = "comes from" if branch.kind == "stable" else "goes to"
    end = {
        "window": f"{way} outside of the window",
        "threshold": "reaches the threshold",
        "equilibrium": f"{way} equilibrium {int(number or 0) + 1}",
        "cycle": f"{way} limit cycle {int(number or 0) + 1}",
        "infinite": f"{way} infinity",
    }.get(words, "stays in the window")
    return Manifold(branch.kind, branch.saddle, _shown(section, branch.states[section.pair]), end)


def _limit_cycle(section: Section, cycle: Cycle) -> LimitCycle:
    states = {
        name: section.field.shown(name, row) for name, row in zip(section.field.states, cycle.states, strict=True)
    }
    return LimitCycle(cycle.stable, cycle.period_ms, _shown(section, cycle.states[section.pair]), states)


def _names(points: Sequence[Equilibrium], cycles: Sequence[Cycle]) -> list[str]:
    """What the ends of orbits are called."""
    names = []
    for point in points:
        voltage = point.field.voltage
        unit = point.field.unit_name(voltage)
        where = f"{voltage} = {point.state[voltage]:.4g}" + ("" if unit == "1" else f" {unit}")
        names.append(f"{point.kind} at {where}")
    return names + [f"limit cycle, {cycle.period_ms:.4g} ms" for cycle in cycles]


def _status(window: Window, points: Sequence[Equilibrium]) -> str:
    field = window.section.field
    box = find_box(field).shown(field)
    where = ", ".join(f"{name} {low:.4g} to {high:.4g}" for name, (low, high) in box.items())
    count = f"{len(points)} equilibri{'um' if len(points) == 1 else 'a'}" if points else "no equilibrium"
    return f"{count} found in {where}; limit cycles are those that {_LOOK * _LOOK} starts and their neighbourhoods show"
