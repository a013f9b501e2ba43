"""Write a neuron or a network once; analyse it, simulate it, and hold theory and simulation against each other.

>>> import rheobase as rb
>>> network = rb.library.make("brunel2000", g=5, eta=2)
>>> print(rb.compare(network, 1 * rb.second).table())  # doctest: +SKIP

The names below are imported when they are first used, so that ``import rheobase`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rheobase import check, conductance, dynamics, library, poisson, population, units
    from rheobase.check import Comparison, compare
    from rheobase.dynamics import (
        action_potential,
        analyse,
        classify,
        continuation,
        continue_point,
        fi_curve,
        firing_pattern,
        fixed_points,
        impedance,
        phase_portrait,
        phase_response,
        ramp_threshold,
        reset_map,
    )
    from rheobase.model.connect import AllToAll, Bernoulli, Explicit, FixedIndegree, FixedTotalNumber, OneToOne
    from rheobase.model.distribution import Lognormal, Lorentzian, Normal, Uniform
    from rheobase.model.errors import EquationError, ModelError, UnitError
    from rheobase.model.gap_junction import GapJunction
    from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
    from rheobase.model.neuron import Neuron
    from rheobase.model.synapse import Synapse
    from rheobase.simulation import Diverged, DoesNotFit, Interrupted, Recording, simulate
    from rheobase.units import (
        Gohm,
        Hz,
        Mohm,
        cm,
        kHz,
        mM,
        mS,
        ms,
        mV,
        nA,
        nF,
        nS,
        pA,
        pF,
        second,
        uA,
        uF,
        um,
        volt,
    )

__all__ = [
    "AllToAll",
    "Bernoulli",
    "Comparison",
    "CurrentInput",
    "Diverged",
    "DoesNotFit",
    "EquationError",
    "Explicit",
    "FixedIndegree",
    "FixedTotalNumber",
    "GapJunction",
    "Gohm",
    "Hz",
    "Interrupted",
    "Lognormal",
    "Lorentzian",
    "ModelError",
    "Mohm",
    "Network",
    "Neuron",
    "Normal",
    "OneToOne",
    "PoissonInput",
    "Population",
    "Projection",
    "Recording",
    "Synapse",
    "Uniform",
    "UnitError",
    "action_potential",
    "analyse",
    "check",
    "classify",
    "cm",
    "compare",
    "conductance",
    "continuation",
    "continue_point",
    "dynamics",
    "fi_curve",
    "firing_pattern",
    "fixed_points",
    "impedance",
    "kHz",
    "library",
    "mM",
    "mS",
    "mV",
    "ms",
    "nA",
    "nF",
    "nS",
    "pA",
    "pF",
    "phase_portrait",
    "phase_response",
    "poisson",
    "population",
    "ramp_threshold",
    "reset_map",
    "second",
    "simulate",
    "uA",
    "uF",
    "um",
    "units",
    "volt",
]  # fmt: skip

_MODULES = ("check", "conductance", "dynamics", "library", "poisson", "population", "units")
_HOME = {
    "rheobase.check": ("Comparison", "compare"),
    "rheobase.dynamics": (
        "action_potential",
        "analyse",
        "classify",
        "continuation",
        "continue_point",
        "fi_curve",
        "firing_pattern",
        "fixed_points",
        "impedance",
        "phase_portrait",
        "phase_response",
        "ramp_threshold",
        "reset_map",
    ),
    "rheobase.model.connect": ("AllToAll", "Bernoulli", "Explicit", "FixedIndegree", "FixedTotalNumber", "OneToOne"),
    "rheobase.model.distribution": ("Lognormal", "Lorentzian", "Normal", "Uniform"),
    "rheobase.model.errors": ("EquationError", "ModelError", "UnitError"),
    "rheobase.model.gap_junction": ("GapJunction",),
    "rheobase.model.network": ("CurrentInput", "Network", "PoissonInput", "Population", "Projection"),
    "rheobase.model.neuron": ("Neuron",),
    "rheobase.model.synapse": ("Synapse",),
    "rheobase.simulation": ("Diverged", "DoesNotFit", "Interrupted", "Recording", "simulate"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("rheobase")
    if name in _MODULES:
        return import_module(f"rheobase.{name}")
    if name not in __all__:
        raise AttributeError(f"rheobase has no name {name!r}; it has: {', '.join(__all__)}")
    found = getattr(import_module(_MODULE_OF.get(name, "rheobase.units")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
