"""The dynamics lens: what a neuron can do, from its equations.

>>> from rheobase import dynamics, library
>>> diagram = dynamics.continuation(library.make("qif"), "I", (-1, 1))
>>> diagram.special[0].kind
'saddle-node'

The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rheobase.dynamics.analysis import Analysis
    from rheobase.dynamics.cycles.continuation import CycleBranch, cycle_at, cycles_from_hopf, cycles_from_orbit
    from rheobase.dynamics.cycles.cycle import Cycle
    from rheobase.dynamics.equilibria.continuation import continuation
    from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
    from rheobase.dynamics.equilibria.fixed_points import Equilibrium, FixedPoints, fixed_points
    from rheobase.dynamics.field import VectorField
    from rheobase.dynamics.firing.classify import Character, classify
    from rheobase.dynamics.firing.fi_curve import FICurve, fi_curve
    from rheobase.dynamics.orbits.trajectory import Drive, Trajectories, trajectories
    from rheobase.dynamics.page import analyse
    from rheobase.dynamics.patterns.firing_pattern import FiringPattern, firing_pattern
    from rheobase.dynamics.portrait.phase_line import PhaseLine
    from rheobase.dynamics.portrait.phase_portrait import phase_portrait
    from rheobase.dynamics.portrait.result import PhasePortrait
    from rheobase.dynamics.resets.map_result import ResetMap
    from rheobase.dynamics.resets.reset_map import reset_map
    from rheobase.dynamics.response.action_potential import ActionPotential, action_potential
    from rheobase.dynamics.response.impedance import Impedance, impedance
    from rheobase.dynamics.response.phase_response import PhaseResponse, phase_response
    from rheobase.dynamics.response.ramp_threshold import RampThreshold, ramp_threshold
    from rheobase.dynamics.response.refractoriness import RefractoryPeriod, refractory_period
    from rheobase.dynamics.special import SpecialPoint
    from rheobase.dynamics.two_parameters.continue_point import continue_point
    from rheobase.dynamics.two_parameters.curve import TwoParameterCurve

_HOME = {
    "page": ("analyse",),
    "analysis": ("Analysis",),
    "cycles.continuation": ("CycleBranch", "cycle_at", "cycles_from_hopf", "cycles_from_orbit"),
    "cycles.cycle": ("Cycle",),
    "equilibria.continuation": ("continuation",),
    "equilibria.diagram": ("BifurcationDiagram",),
    "equilibria.fixed_points": ("Equilibrium", "FixedPoints", "fixed_points"),
    "field": ("VectorField",),
    "firing.classify": ("Character", "classify"),
    "firing.fi_curve": ("FICurve", "fi_curve"),
    "orbits.trajectory": ("Drive", "Trajectories", "trajectories"),
    "patterns.firing_pattern": ("FiringPattern", "firing_pattern"),
    "portrait.phase_line": ("PhaseLine",),
    "portrait.phase_portrait": ("phase_portrait",),
    "portrait.result": ("PhasePortrait",),
    "resets.map_result": ("ResetMap",),
    "resets.reset_map": ("reset_map",),
    "response.action_potential": ("ActionPotential", "action_potential"),
    "response.impedance": ("Impedance", "impedance"),
    "response.phase_response": ("PhaseResponse", "phase_response"),
    "response.ramp_threshold": ("RampThreshold", "ramp_threshold"),
    "response.refractoriness": ("RefractoryPeriod", "refractory_period"),
    "special": ("SpecialPoint",),
    "two_parameters.continue_point": ("continue_point",),
    "two_parameters.curve": ("TwoParameterCurve",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "ActionPotential", "Analysis", "BifurcationDiagram", "Character", "Cycle", "CycleBranch", "Drive", "Equilibrium",
    "FICurve", "FiringPattern", "FixedPoints", "Impedance", "PhaseLine", "PhasePortrait", "PhaseResponse",
    "RampThreshold", "RefractoryPeriod", "ResetMap", "SpecialPoint", "Trajectories", "TwoParameterCurve", "VectorField",
    "action_potential", "analyse", "classify", "continuation", "continue_point", "cycle_at", "cycles_from_hopf",
    "cycles_from_orbit", "fi_curve", "firing_pattern", "fixed_points", "impedance", "phase_portrait", "phase_response",
    "ramp_threshold", "refractory_period", "reset_map", "trajectories",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"rheobase.dynamics has no name {name!r}; it has: {', '.join(__all__)}")
    found = getattr(import_module(f"rheobase.dynamics.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
