"""`analyse`: everything this lens has to say about a neuron, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rheobase.dynamics.analysis import Analysis
from rheobase.dynamics.cycles.continuation import CycleBranch
from rheobase.dynamics.equilibria.continuation import continuation
from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.classify import Character, classify
from rheobase.dynamics.firing.cycle_rates import firing_branch
from rheobase.dynamics.firing.fi_curve import FICurve, fi_curve, input_of
from rheobase.dynamics.orbits.spiking import crossing
from rheobase.dynamics.patterns.firing_pattern import FiringPattern, firing_pattern
from rheobase.dynamics.portrait.phase_portrait import phase_portrait
from rheobase.dynamics.special import SpecialPoint
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.progress import teller
from rheobase.units import ms

#: The range of the input: so many rheobases are searched for bifurcations, and this many are shown at least.
_SEARCHED, _BELOW, _SHOWN, _ROOM = 60.0, 1.0, 2.5, 0.08
_RATES = 60
#: The step whose answer is shown, in rheobases.
_STEP = 1.5
_SAME = 1e-6
_LONG_MS = 2000.0
#: How long each input of the f-I curve is applied: so many intervals of the answer to the step, within these bounds.
_INTERVALS, _SHORTEST_MS, _LONGEST_MS = 20.0, 1000.0, 20_000.0


def analyse(
    neuron: Neuron,
    *,
    input: str | None = None,
    range: Any = None,
    progress: Callable[[str], None] | bool | None = None,
    **parameters: Any,
) -> Analysis:
    """The character of a neuron: rest, rheobase, class, bifurcations with their cycles, resonance, firing pattern.

    Parameters
    ----------
    neuron
        The model, without noise.
    input
        Which parameter is the input; by default the one called I, I_ext and so on.
    range
        ``(low, high)`` of the input; by default from below rest up to where the last bifurcation is found.
    progress
        True: tell on stderr what is being done. Or a function that is called with a few words at the beginning of each
        part of the work.
    **parameters
        Other parameters of the neuron.

    Raises
    ------
    ModelError
        If the model has no input, or fires at every input tried.

    Examples
    --------
    >>> from rheobase.library import qif
    >>> page = analyse(qif())
    >>> page.character.hodgkin_class, [point.kind for point in page.special]
    (1, ['saddle-node'])
    """
    tell = teller(progress)
    field = VectorField.of(neuron, smooth=False, **parameters)
    name = input_of(field, input)
    work = _Work(neuron, field, name, parameters, [])
    character = classify(
        neuron, input=name, range=range, progress=lambda words: tell(f"class and rheobase: {words}"), **parameters
    )
    tell("equilibria and their bifurcations")
    over, diagram = work.diagram(character, range)
    tell("branches of cycles")
    cycles = tuple(work.cycles(character, diagram, over)) if diagram is not None else ()
    tell("answer to a step")
    pattern = work.pattern(character)
    tell("f-I curve")
    fi = work.rates(character, over, pattern)
    tell("phase portrait")
    return Analysis(
        model=neuron.name or "neuron",
        parameter=name,
        unit=field.unit_name(name),
        over=over,
        character=character,
        diagram=diagram,
        cycles=cycles,
        special=_special(diagram, cycles),
        fi=fi,
        pattern=pattern,
        portrait=work.portrait(character),
        notes=tuple(work.notes),
        field=field,
    )


@dataclass(frozen=True)
class _Work:
    """The parts; what cannot be done becomes a note."""

    neuron: Neuron
    field: VectorField
    name: str
    parameters: dict[str, Any]
    notes: list[str]

    @property
    def others(self) -> dict[str, Any]:
        return {key: value for key, value in self.parameters.items() if key != self.name}

    def diagram(self, character: Character, given: Any) -> tuple[tuple[float, float], BifurcationDiagram | None]:
        """Equilibria, over a range that holds all their bifurcations within sight."""
        base, size = character.rest_input, _size(character)
        wide = (base - _BELOW * size, base + _SEARCHED * size)
        if given is not None:
            low, high = (float(self.field.shown(self.name, self.field.read(self.name, end))) for end in given)
            wide = (low, high)
        try:
            found = continuation(self.neuron, self.name, wide, throw=False, **self.others)
        except ModelError as reason:
            self.notes.append(f"no bifurcation diagram: {reason}")
            return ((base, base + _SHOWN * size) if given is None else wide), None
        if given is not None:
            return wide, found
        values: list[float] = [point.value for point in found.special]
        if character.rheobase is not None:
            values.append(character.rheobase)
        if character.stops_by is not None and character.stops_at is not None:
            values.append(character.stops_at)
        last = max([base + _SHOWN * size, *values])
        first = min([base - 0.1 * size, *values])
        over = (first - _ROOM * (last - first), last + _ROOM * (last - first))
        return over, continuation(self.neuron, self.name, over, throw=False, **self.others)

    def cycles(
        self, character: Character, diagram: BifurcationDiagram, over: tuple[float, float]
    ) -> Iterator[CycleBranch]:
        """From every Hopf point that no branch has reached yet, and from an orbit that fires if none contains it."""
        done: list[CycleBranch] = []
        for hopf in diagram.hopf:
            if any(_ends_at(branch, hopf) for branch in done):
                continue
            try:
                done.append(hopf.cycles(bounds=over, throw=False))
            except ModelError as reason:
                self.notes.append(f"no cycles from {self.name} = {hopf.value:.6g}: {reason}")
                continue
            yield done[-1]
        if self.neuron.has_reset or character.rheobase is None:
            return
        inside = [value for value in (_above(character), character.rheobase * 1.02) if over[0] < value < over[1]]
        if inside and not any(_fires(branch, inside[0]) for branch in done):
            found = self._from_orbit(inside[0], over)
            if found is not None:
                yield found

    def _from_orbit(self, value: float, over: tuple[float, float]) -> CycleBranch | None:
        smooth = VectorField.of(self.neuron, **self.others)
        inside = float(smooth.read(self.name, value))
        try:
            return firing_branch(smooth, self.name, np.array([inside]), smooth.start, _LONG_MS, over)
        except ModelError as reason:
            self.notes.append(f"no cycles through the orbit at {self.name} = {value:.6g}: {reason}")
            return None

    def rates(self, character: Character, over: tuple[float, float], pattern: FiringPattern | None) -> FICurve | None:
        if character.rheobase is None and character.spikes_from is None:
            return None
        low = min(character.rest_input, max(over[0], character.rest_input))
        values = np.linspace(low, over[1], _RATES)
        try:
            return fi_curve(
                self.neuron, values, duration=_watched(pattern) * ms, input=self.name, throw=False, **self.others
            )
        except ModelError as reason:
            self.notes.append(f"no f-I curve: {reason}")
            return None

    def pattern(self, character: Character) -> FiringPattern | None:
        if character.rheobase is None and character.spikes_from is None:
            return None
        try:
            return firing_pattern(self._spiking(character), _above(character), input=self.name, **self.others)
        except ModelError as reason:
            self.notes.append(f"no firing pattern: {reason}")
            return None

    def _spiking(self, character: Character) -> Neuron:
        """The neuron with the input at which it rests, and with a threshold where it has none of its own."""
        base = character.rest_input * self.field.unit(self.name)
        resting = self.neuron.with_(**{self.name: base})
        voltage, level = self.field.voltage, character.spike_level
        return resting if level is None else crossing(resting, voltage, self.field.unit_name(voltage), level)

    def portrait(self, character: Character) -> Any:
        """At rest; basins only where two states are all."""
        at_rest = {**self.others, self.name: character.rest_input}
        try:
            return phase_portrait(self.neuron, basins=self.field.n <= 2, **at_rest)
        except ModelError as reason:
            self.notes.append(f"no phase portrait: {reason}")
            return None


def _size(character: Character) -> float:
    """How much input matters: from rest to the rheobase, or to where the rest is lost, or to a single spike."""
    for value in (character.rheobase, character.rest_lost_at, character.spikes_from):
        if value is not None and value != character.rest_input:
            return abs(value - character.rest_input)
    return 1.0


def _above(character: Character) -> float:
    """A step well above the rheobase, or above what makes a single spike."""
    value = character.rheobase if character.rheobase is not None else character.spikes_from
    assert value is not None
    return character.rest_input + _STEP * (value - character.rest_input)


def _watched(pattern: FiringPattern | None) -> float:
    """A time in ms that is long enough for a slow neuron to show its rate."""
    if pattern is None or len(pattern.spikes_ms) < 3:
        return _SHORTEST_MS
    return float(np.clip(_INTERVALS * np.diff(pattern.spikes_ms)[-1], _SHORTEST_MS, _LONGEST_MS))


def _ends_at(branch: CycleBranch, hopf: SpecialPoint) -> bool:
    scale = abs(hopf.value) + 1e-3 * float(np.ptp(branch.values))
    return any(point.is_hopf and abs(point.value - hopf.value) <= _SAME * scale for point in branch.special)


def _fires(branch: CycleBranch, value: float) -> bool:
    return any(cycle.stable for cycle in branch.at(value))


def _special(diagram: BifurcationDiagram | None, cycles: tuple[CycleBranch, ...]) -> tuple[SpecialPoint, ...]:
    """All special points once: a Hopf point ends branches of equilibria and of cycles."""
    found = list(diagram.special) if diagram is not None else []
    for branch in cycles:
        for point in branch.special:
            if not any(_alike(point, other) for other in found):
                found.append(point)
    return tuple(sorted(found, key=lambda point: point.value))


def _alike(a: SpecialPoint, b: SpecialPoint) -> bool:
    if a.kind != b.kind or not _close(a, b):
        return False
    if a.period_ms is None or b.period_ms is None:
        return True
    return abs(a.period_ms / b.period_ms - 1.0) <= 1e-3


def _close(a: SpecialPoint, b: SpecialPoint) -> bool:
    return abs(a.value - b.value) <= _SAME * (abs(a.value) + abs(b.value) + 1e-9)
