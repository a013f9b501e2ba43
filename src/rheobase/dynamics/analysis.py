"""`Analysis`: the character of a neuron on one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.continuation import CycleBranch
from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.classify import Character
from rheobase.dynamics.firing.fi_curve import FICurve
from rheobase.dynamics.patterns.firing_pattern import FiringPattern
from rheobase.dynamics.portrait.phase_portrait import PhasePortrait
from rheobase.dynamics.special import SpecialPoint
from rheobase.jsonfile import json_text, plain

_RATES_SHOWN = 8


@dataclass(frozen=True, eq=False)
class Analysis:
    """What `analyse` found.

    Attributes
    ----------
    model, parameter, unit
        The neuron's name, its input, and the unit of that.
    over
        The range of the input that was looked at.
    character
        Class, rheobase, bistability, integrator or resonator.
    diagram
        Equilibria over the input; None for equations without derivatives.
    cycles
        Branches of periodic orbits.
    special
        Every bifurcation of both, in the order of the input.
    fi
        Rate against input; None if it never fires.
    pattern
        How it answers a step; None if it never fires.
    portrait
        The phase plane at rest, or the phase line; None for more than two states.
    notes
        What could not be found, and why.
    """

    model: str
    parameter: str
    unit: str
    over: tuple[float, float]
    character: Character
    diagram: BifurcationDiagram | None
    cycles: tuple[CycleBranch, ...]
    special: tuple[SpecialPoint, ...]
    fi: FICurve | None
    pattern: FiringPattern | None
    portrait: PhasePortrait | Any | None
    notes: tuple[str, ...]
    field: VectorField = part(repr=False)

    def summary(self) -> str:
        """The page, as text."""
        return "\n".join([*self._character(), *self._bifurcations(), *self._firing(), *self._notes()])

    def __str__(self) -> str:
        return self.summary()

    def _character(self) -> list[str]:
        found = self.character
        told = "no class of excitability" if found.hodgkin_class is None else f"class {found.hodgkin_class}"
        kind = "resonator" if found.is_resonator else "integrator"
        lines = [f"{self.model}: {told}, {kind}", ""]
        if found.rest is not None:
            lines.append(f"rest        {self._state(found.rest)}{self._at_rest_input()}")
        if found.rheobase is None:
            lines.append("rheobase    none: no step of input makes it fire on")
        else:
            lines.append(f"rheobase    {found.rheobase:.8g}{self._unit}")
        lines.append(f"firing      begins: {found.begins}")
        if found.resonance_hz is not None:
            lines.append(f"resonance   {found.resonance_hz:.6g} Hz")
        return [*lines, "", "evidence", *(f"  {sentence}" for sentence in found.evidence)]

    def _at_rest_input(self) -> str:
        if self.character.rest_input == 0:
            return ""
        return f" at {self.parameter} = {self.character.rest_input:.6g}{self._unit}"

    def _bifurcations(self) -> list[str]:
        head = f"bifurcations from {self.parameter} = {self.over[0]:.6g} to {self.over[1]:.6g}{self._unit}"
        if self.diagram is None:
            return []
        return ["", head, *([f"  {point.sentence}" for point in self.special] or ["  none"])]

    def _firing(self) -> list[str]:
        lines: list[str] = []
        if self.pattern is not None:
            lines += ["", f"a step to {self.step}: {self.pattern.sentence}"]
        if self.fi is not None:
            keep = _rows(self.fi)
            head = self.parameter if self.unit == "1" else f"{self.parameter} ({self.unit})"
            lines += ["", f"f-I curve: {self.fi.status}", f"  {head:<16} rate (Hz)   first interval (Hz)"]
            onset = self.fi.onset if self.fi.onset is not None else np.full(self.fi.I.shape, np.nan)
            lines += [f"  {self.fi.I[k]:<16.6g} {self.fi.steady[k]:>9.4g}   {onset[k]:>9.4g}" for k in keep]
        return lines

    def _notes(self) -> list[str]:
        return ["", *(f"note: {note}" for note in self.notes)] if self.notes else []

    @property
    def _unit(self) -> str:
        return "" if self.unit == "1" else f" {self.unit}"

    def _state(self, state: Mapping[str, float]) -> str:
        units = {name: self.field.unit_name(name) for name in state}
        return ", ".join(f"{n} = {x:.8g}" + ("" if units[n] == "1" else f" {units[n]}") for n, x in state.items())

    @property
    def step(self) -> str:
        """The input of `pattern`, in words."""
        if self.pattern is None:
            return ""
        return f"{self.parameter} = {self.pattern.protocol.values[-1]:.5g}{self._unit}"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON; what there is not is None."""
        found = self.character
        return plain({
            "model": self.model,
            "parameter": self.parameter,
            "unit": self.unit,
            "range": list(self.over),
            "rest": None if found.rest is None else dict(found.rest),
            "units": {name: self.field.unit_name(name) for name in self.field.states},
            "rheobase": found.rheobase,
            "hodgkin_class": found.hodgkin_class,
            "resonator": found.is_resonator,
            "resonance_hz": found.resonance_hz,
            "bistable": None if found.bistable is None else list(found.bistable),
            "special_points": [point_dict(point) for point in self.special],
            "firing_pattern": None if self.pattern is None else self.pattern.label,
            "fi_curve": None if self.fi is None else self.fi.to_dict(),
            "character": found.to_dict(),
            "notes": list(self.notes),
        })  # fmt: skip

    def to_json(self, path: str | Path | None = None) -> str:
        """The numbers as JSON, written to ``path`` if one is given."""
        return json_text(self.to_dict(), path)

    def plot(self) -> Any:
        """Phase portrait, bifurcation diagram with cycles, f-I curve and a trace; returns the figure."""
        from rheobase.plot.analysis import analysis

        return analysis(self)


def _rows(fi: FICurve) -> NDArray[np.int64]:
    """Which inputs of the curve the page shows: those at which it fires, and the silent ones on either side."""
    fires = np.flatnonzero(fi.steady > 0)
    first, last = (max(fires[0] - 1, 0), min(fires[-1] + 1, fi.I.size - 1)) if fires.size else (0, fi.I.size - 1)
    return np.unique(np.linspace(first, last, min(_RATES_SHOWN, last - first + 1)).round().astype(int))


def point_dict(point: SpecialPoint) -> dict[str, Any]:
    """A special point as plain numbers and texts."""
    return {
        "kind": point.kind,
        "parameter": point.parameter,
        "value": point.value,
        "state": dict(point.state),
        "frequency_hz": point.frequency_hz,
        "period_ms": point.period_ms,
        "coefficient": point.coefficient,
    }
