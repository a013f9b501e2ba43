"""How far the theory of a network can be trusted: its conditions held against the network, in numbers and sentences.

The theory takes a neuron's input for Gaussian white noise (or weakly coloured noise), and the neurons of a population
for alike, independent and many. Each row of the report holds one of these against the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network, nearest
from rheobase.population.input.input_map import InputMap
from rheobase.population.shots.diffusion_error import DiffusionError, diffusion_error
from rheobase.population.states.given_state import given_state
from rheobase.population.states.steady_state import SteadyState
from rheobase.population.trust import input_criteria as inputs
from rheobase.population.trust.criteria import SILENT, Criterion, listed
from rheobase.population.trust.finite_size_noise import relative_fluctuation

Array = NDArray[np.float64]

SLOW_DECAY = 0.2  # decay rate times tau_m below which fluctuations of the rate are much amplified
NOISY = 0.3  # standard deviation of a population's rate in windows of tau_m, in units of the rate
HELD = 0.9  # of the time refractory


@dataclass(frozen=True)
class ValidityReport:
    """The conditions of the theory, one by one.

    Attributes
    ----------
    network : str
    populations : tuple of str
    criteria : tuple of Criterion
        The rows; ``report["jump size"]`` is one of them.
    diffusion : DiffusionError
        The error of the diffusion approximation in each population.
    """

    network: str
    populations: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    diffusion: DiffusionError

    def __getitem__(self, name: str) -> Criterion:
        """A row by its name."""
        rows = {row.name: row for row in self.criteria}
        if name not in rows:
            all_rows = f"; it has: {', '.join(rows)}"
            raise ModelError(f"the report has no row {name!r}{nearest(name, rows) or all_rows}")
        return rows[name]

    @property
    def sentences(self) -> list[str]:
        """The verdicts on the conditions that are broken."""
        return [row.verdict for row in self.criteria if not row.kept]

    def summary(self) -> str:
        """A table of all conditions, and the verdicts on those that are broken."""
        lines = [f"{self.network}: validity of the mean-field theory", f"{'':<26} {'':<7} {'limit':>9}"]
        lines += [row.line for row in self.criteria]
        return "\n".join([*lines, *(self.sentences or ["All conditions are kept."])])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON."""
        return {
            "network": self.network,
            "populations": list(self.populations),
            "criteria": [row.to_dict() for row in self.criteria],
            "diffusion": self.diffusion.to_dict(),
            "sentences": self.sentences,
        }

    def plot(self, ax: Any = None) -> Any:
        """How much of what is allowed each condition uses up."""
        from rheobase.plot.validity import validity as draw

        return draw(self, ax)

    def cite(self) -> str:
        """The publications behind the errors that are computed."""
        return "\n".join(
            (
                "Richardson MJE, Swarbrick R (2010), Phys Rev Lett 105:178102 (shot noise)",
                "Fourcaud N, Brunel N (2002), Neural Comput 14:2057 (coloured noise)",
                "Lindner B, Doiron B, Longtin A (2005), Phys Rev E 72:061919 (fluctuations of populations)",
            )
        )


def validity_report(network: Network, state: SteadyState | None = None) -> ValidityReport:
    """The conditions of the theory held against a network in its stationary state, with computed errors.

    Parameters
    ----------
    network
        The network.
    state
        Its stationary state, from `rheobase.population.steady_state`; found if None.

    Examples
    --------
    >>> from rheobase import library, population
    >>> from rheobase.population.trust.predictions import validity_report
    >>> network = library.brunel2000(g=5, eta=2)
    >>> report = validity_report(network, population.steady_state(network))
    >>> report["jump size"].kept
    True
    """
    state = given_state(network, state)
    rates = state.rates * 1e-3
    maps = state.maps.frozen(rates)
    diffusion = diffusion_error(network, state)
    rows = (
        _stability(state),
        _other_states(state),
        inputs.jumps(maps, diffusion),
        inputs.few_events(maps, rates),
        inputs.skewness(network, state),
        inputs.approximation(diffusion),
        inputs.slow_synapses(maps, state),
        inputs.recurrent_noise(maps, rates, state),
        inputs.spread(maps, rates, state),
        inputs.dense(network, maps, rates),
        _finite_size(network, state, maps),
        _refractory(maps, rates),
        _silent(state),
    )
    return ValidityReport(network.name, state.populations, rows, diffusion)


def validity(network: Network, state: SteadyState) -> list[str]:
    """Sentences on the conditions of the theory that this network breaks; empty if it keeps them all.

    Parameters
    ----------
    network
        The network.
    state
        Its stationary state, from `rheobase.population.states.steady_state`.
    """
    return validity_report(network, state).sentences


def _stability(state: SteadyState) -> Criterion:
    mode, slowest = state.mode, max(m.tau_m for m in state.maps.membranes)
    name, unit, limit = "distance to instability", "/s", -1e3 * SLOW_DECAY / slowest
    if mode is None:
        return Criterion(name, {}, unit, limit, True, "No mode decays slowly.")
    values = {"leading mode": mode.growth_per_s}
    if not state.stable:
        return Criterion(
            name, values, unit, limit, False,
            f"The asynchronous state is unstable: a perturbation {mode.sentence}. The theory's rates are those of that "
            "state; expect the network to oscillate near that frequency, or to settle elsewhere.",
        )  # fmt: skip
    if mode.growth_per_s < limit:
        return Criterion(name, values, unit, limit, True, f"The leading mode {mode.sentence}.")
    return Criterion(
        name, values, unit, limit, False,
        f"The asynchronous state is close to an instability: its leading mode {mode.sentence}, so slowly that "
        "finite-size fluctuations of the rates are strongly amplified.",
    )  # fmt: skip


def _other_states(state: SteadyState) -> Criterion:
    points, own = state.fixed_points, state.reported
    values = {"states": float(len(points))}
    if len(points) < 2:
        return Criterion("self-consistent states", values, "", 1.0, True, "There is one self-consistent state.")
    others = "; ".join(describe_state(state, k) for k in range(len(points)) if k != own)
    return Criterion(
        "self-consistent states", values, "", 1.0, False,
        f"Several states: the theory has {len(points)} self-consistent states. Its rates are those of "
        f"{describe_state(state, own)}; there {'is' if len(points) == 2 else 'are'} also {others}. Where the network "
        "ends depends on how it starts; around an unstable state that it cannot leave it oscillates.",
    )  # fmt: skip


def describe_state(state: SteadyState, k: int) -> str:
    """A fixed point in words: '437.1 Hz (E), unstable: a perturbation grows at ...'."""
    point = state.fixed_points[k]
    heard = np.where(point.rates < SILENT, 0.0, point.rates)
    rates = listed(dict(zip(state.populations, heard, strict=True)), " Hz")
    if point.stable:
        return f"{rates}, stable"
    return f"{rates}, unstable" if point.mode is None else f"{rates}, unstable (a perturbation {point.mode.sentence})"


def _finite_size(network: Network, state: SteadyState, maps: InputMap) -> Criterion:
    name, unit, limit = "finite-size noise", " %", 100.0 * NOISY
    window = max(m.tau_m for m in maps.membranes)
    found = relative_fluctuation(network, state, window)
    if found is None:
        return Criterion(name, {}, unit, None, True, "Not known: the state is unstable, silent or noiseless.")
    values = inputs.known(maps.names, 100.0 * found)
    heard = {maps.names[c.pre] for c in maps.channels}
    fires = dict(zip(maps.names, state.rates >= SILENT, strict=True))
    noisy = {own: value for own, value in values.items() if value > limit and own in heard and fires[own]}
    verdict = f"In windows of {window:.3g} ms the rates of the populations that others hear fluctuate little."
    if noisy:
        verdict = (
            f"Small populations: in windows of {window:.3g} ms the standard deviation of the population's rate is "
            f"{listed(noisy, ' %')} of the rate; the theory of infinitely many neurons has none."
        )
    return Criterion(name, values, unit, limit, not noisy, verdict)


def _refractory(maps: InputMap, rates: Array) -> Criterion:
    values = {n: 100.0 * float(r * m.t_ref) for n, r, m in zip(maps.names, rates, maps.membranes, strict=True)}
    held = {name: value for name, value in values.items() if value > 100.0 * HELD}
    verdict = "The refractory time does not set the rates."
    if held:
        verdict = (
            f"Saturation: neurons are refractory for {listed(held, ' %')} of the time; the refractory time sets their "
            "rate, and the input hardly any more."
        )
    return Criterion("time refractory", values, " %", 100.0 * HELD, not held, verdict)


def _silent(state: SteadyState) -> Criterion:
    values = inputs.known(state.populations, state.rates)
    silent = {name: value for name, value in values.items() if value < SILENT}
    verdict = "All populations fire."
    if silent:
        verdict = f"Silent: {', '.join(silent)}, below {SILENT:g} Hz; what they would do to others is not seen."
    return Criterion("rate", values, " Hz", None, True, verdict)
