"""The population lens: why a network does what it does. Mean-field theory derived from the `Network` itself.

>>> from rheobase import population
>>> states = population.steady_states(network)    # doctest: +SKIP
>>> print(states.summary())                       # doctest: +SKIP

One neuron: `transfer`, `response`, `isi`, `stochastic_resonance`, `shot_noise_rate`, `kramers_moyal`.
A network: `input_statistics`, `steady_states`, `stability`, `phase_diagram`, `branch`, `transfer_functions`, `spectra`,
`correlations`, `balanced_state`, `diffusion_error`, `validity_report`. In time: `fokker_planck`; and
`mesoscopic`, for finitely many neurons. Fewer variables: `wilson_cowan`, `exact_mean_field`, `mean_adaptation`. Each
name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rheobase.population.density.fokker_planck import fokker_planck
    from rheobase.population.density.mesoscopic import mesoscopic
    from rheobase.population.density.mesoscopic_activity import MesoscopicActivity
    from rheobase.population.density.population_activity import PopulationActivity
    from rheobase.population.density.problem import Interrupted
    from rheobase.population.fluctuations.correlations import Correlations, Covariogram, correlations
    from rheobase.population.fluctuations.spectrum import PopulationSpectra, activity_spectrum, spectra
    from rheobase.population.input.coverage import covered, missing
    from rheobase.population.input.input_map import InputMap, input_map
    from rheobase.population.input.statistics import InputPart, InputStatistics, input_statistics
    from rheobase.population.neuron.intervals import Intervals, isi
    from rheobase.population.neuron.lif import colour_shift
    from rheobase.population.neuron.membrane import Membrane, NotCovered, membrane
    from rheobase.population.neuron.qif import qif_log_rate, qif_rate
    from rheobase.population.neuron.response import FrequencyResponse, response
    from rheobase.population.neuron.stochastic_resonance import StochasticResonance, stochastic_resonance
    from rheobase.population.neuron.transfer import StationaryRate, transfer
    from rheobase.population.reduced.balanced import BalancedState, BalanceScan, balance_scan, balanced_state
    from rheobase.population.reduced.exact_mean_field import ExactMeanField, exact_mean_field
    from rheobase.population.reduced.mean_adaptation import AdaptedRate, mean_adaptation
    from rheobase.population.reduced.wilson_cowan import WilsonCowan, wilson_cowan
    from rheobase.population.rhythm.mode_structure import NetworkMode
    from rheobase.population.rhythm.modes import Mode, modes
    from rheobase.population.rhythm.network_response import TransferFunctions, transfer_functions
    from rheobase.population.rhythm.phase_diagram import PhaseDiagram, phase_diagram
    from rheobase.population.rhythm.stability import Stability, stability
    from rheobase.population.shots.diffusion_error import DiffusionError, diffusion_error
    from rheobase.population.shots.kramers_moyal import KramersMoyal, kramers_moyal
    from rheobase.population.shots.shot_noise import ShotNoiseRate, shot_noise_rate, shot_noise_rates
    from rheobase.population.states.branch import Branch, branch
    from rheobase.population.states.steady_state import FixedPoint, SteadyState, steady_state
    from rheobase.population.states.steady_states import State, SteadyStates, steady_states
    from rheobase.population.states.working_point import WorkingPoint, working_point
    from rheobase.population.trust.criteria import Criterion
    from rheobase.population.trust.predictions import ValidityReport, validity, validity_report

_HOME = {
    "density.fokker_planck": ("fokker_planck",),
    "density.mesoscopic": ("mesoscopic",),
    "density.mesoscopic_activity": ("MesoscopicActivity",),
    "density.population_activity": ("PopulationActivity",),
    "density.problem": ("Interrupted",),
    "fluctuations.correlations": (
        "Correlations",
        "Covariogram",
        "correlations",
    ),
    "fluctuations.spectrum": (
        "PopulationSpectra",
        "activity_spectrum",
        "spectra",
    ),
    "input.coverage": (
        "covered",
        "missing",
    ),
    "input.input_map": (
        "InputMap",
        "input_map",
    ),
    "input.statistics": (
        "InputPart",
        "InputStatistics",
        "input_statistics",
    ),
    "neuron.intervals": (
        "Intervals",
        "isi",
    ),
    "neuron.lif": ("colour_shift",),
    "neuron.membrane": (
        "Membrane",
        "NotCovered",
        "membrane",
    ),
    "neuron.qif": (
        "qif_log_rate",
        "qif_rate",
    ),
    "neuron.response": (
        "FrequencyResponse",
        "response",
    ),
    "neuron.stochastic_resonance": (
        "StochasticResonance",
        "stochastic_resonance",
    ),
    "neuron.transfer": (
        "StationaryRate",
        "transfer",
    ),
    "reduced.balanced": (
        "BalancedState",
        "BalanceScan",
        "balance_scan",
        "balanced_state",
    ),
    "reduced.exact_mean_field": (
        "ExactMeanField",
        "exact_mean_field",
    ),
    "reduced.mean_adaptation": (
        "AdaptedRate",
        "mean_adaptation",
    ),
    "reduced.wilson_cowan": (
        "WilsonCowan",
        "wilson_cowan",
    ),
    "rhythm.mode_structure": ("NetworkMode",),
    "rhythm.modes": (
        "Mode",
        "modes",
    ),
    "rhythm.network_response": (
        "TransferFunctions",
        "transfer_functions",
    ),
    "rhythm.phase_diagram": (
        "PhaseDiagram",
        "phase_diagram",
    ),
    "rhythm.stability": (
        "Stability",
        "stability",
    ),
    "shots.diffusion_error": (
        "DiffusionError",
        "diffusion_error",
    ),
    "shots.kramers_moyal": (
        "KramersMoyal",
        "kramers_moyal",
    ),
    "shots.shot_noise": (
        "ShotNoiseRate",
        "shot_noise_rate",
        "shot_noise_rates",
    ),
    "states.branch": (
        "Branch",
        "branch",
    ),
    "states.steady_state": (
        "FixedPoint",
        "SteadyState",
        "steady_state",
    ),
    "states.steady_states": (
        "State",
        "SteadyStates",
        "steady_states",
    ),
    "states.working_point": (
        "WorkingPoint",
        "working_point",
    ),
    "trust.criteria": ("Criterion",),
    "trust.predictions": (
        "ValidityReport",
        "validity",
        "validity_report",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AdaptedRate", "BalanceScan", "BalancedState", "Branch", "Correlations", "Covariogram", "Criterion",
    "DiffusionError", "ExactMeanField", "FixedPoint", "FrequencyResponse", "InputMap", "InputPart", "InputStatistics",
    "Interrupted", "Intervals", "KramersMoyal", "Membrane", "MesoscopicActivity", "Mode", "NetworkMode", "NotCovered",
    "PhaseDiagram", "PopulationActivity", "PopulationSpectra", "ShotNoiseRate", "Stability", "State", "StationaryRate",
    "SteadyState", "SteadyStates", "StochasticResonance", "TransferFunctions", "ValidityReport", "WilsonCowan",
    "WorkingPoint",
    "activity_spectrum", "balance_scan", "balanced_state", "branch", "colour_shift", "correlations", "covered",
    "diffusion_error", "exact_mean_field", "fokker_planck", "input_map", "input_statistics", "isi", "kramers_moyal",
    "mean_adaptation", "membrane", "mesoscopic", "missing", "modes", "phase_diagram", "qif_log_rate", "qif_rate",
    "response", "shot_noise_rate", "shot_noise_rates", "spectra", "stability", "steady_state", "steady_states",
    "stochastic_resonance", "transfer", "transfer_functions", "validity", "validity_report", "wilson_cowan",
    "working_point",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"rheobase.population has no name {name!r}; it has: {', '.join(__all__)}")
    found = getattr(import_module(f"rheobase.population.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
