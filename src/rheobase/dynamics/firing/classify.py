"""`classify`: which class of excitability, where firing begins and ends and how, integrator or resonator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.excitability import Findings, find
from rheobase.dynamics.firing.fi_curve import input_of
from rheobase.dynamics.firing.resonator import Resonance
from rheobase.dynamics.orbits.spiking import LEVEL
from rheobase.errors import ModelError, UnitError
from rheobase.model.neuron import Neuron
from rheobase.progress import teller


@dataclass(frozen=True, eq=False)
class Character:
    """What kind of neuron it is. Inputs in ``unit``; None where there is no such thing.

    Attributes
    ----------
    model, input, unit
        The neuron's name, the parameter that is its input, and the unit of that.
    hodgkin_class
        1: fires at arbitrarily low rates; 2: starts at a rate above zero; 3: fires a few spikes at the onset of a step
        and never on. None if it does not spike, or if the evidence does not say.
    by_bifurcation, by_fi_curve
        The class by each of the two roads.
    evidence
        A sentence for each thing found.
    rest, rest_input
        The stable state without input (or at the input ``rest_input``, if it does not rest without), in shown units.
    rheobase, rheobase_error
        The smallest step of input, switched on at rest, that makes it fire on, and the uncertainty of that.
    spikes_from
        The smallest step that makes a single spike.
    rest_lost_at, rest_lost_by
        Where the rest disappears or turns unstable when the input rises slowly, and how: a kind of `SpecialPoint`, or
        ``threshold``.
    begins
        How firing begins, in words.
    onset_hz
        The rate at which firing begins when the input rises slowly: 0 for class 1.
    stops_at, stops_by
        Where firing ends when the input is lowered slowly, and how: ``snic``, ``homoclinic``, ``fold-of-cycles``,
        ``hopf-supercritical``, ``threshold``, ``reset``; None if that was not found.
    bistable
        ``(low, high)``: inputs at which rest and firing are both stable.
    ramp
        What a slow ramp does in comparison with a step, in words.
    at_rest, near_threshold
        Integrator or resonator, at rest, and nine tenths of the way to where the rest is lost.
    diagram
        The equilibria that were followed.
    spike_level
        The voltage that counts as a spike for a neuron without a threshold, the middle of its largest oscillation; None
        for one that has a threshold, and where it does not oscillate.
    """

    model: str
    input: str
    unit: str
    hodgkin_class: int | None
    by_bifurcation: int | None
    by_fi_curve: int | None
    evidence: tuple[str, ...]
    rest: Mapping[str, float] | None
    rest_input: float
    rheobase: float | None
    rheobase_error: float
    spikes_from: float | None
    rest_lost_at: float | None
    rest_lost_by: str | None
    begins: str
    onset_hz: float | None
    stops_at: float | None
    stops_by: str | None
    bistable: tuple[float, float] | None
    ramp: str
    at_rest: Resonance | None
    near_threshold: Resonance | None
    diagram: BifurcationDiagram | None = part(repr=False)
    spike_level: float | None = None

    @property
    def agree(self) -> bool:
        """Whether the bifurcation and the f-I curve give the same class."""
        return self.by_bifurcation == self.by_fi_curve

    @property
    def is_resonator(self) -> bool:
        """Resonator or integrator, near threshold: that is where it decides about spikes."""
        found = self.near_threshold or self.at_rest
        return found is not None and found.is_resonator

    @property
    def resonance_hz(self) -> float | None:
        """Of the impedance at rest, or near threshold if there is none at rest."""
        for found in (self.at_rest, self.near_threshold):
            if found is not None and found.resonance_hz is not None:
                return found.resonance_hz
        return None

    def summary(self) -> str:
        """The character in a paragraph or two."""
        told = "no class" if self.hodgkin_class is None else f"class {self.hodgkin_class}"
        kind = "resonator" if self.is_resonator else "integrator"
        lines = [f"{self.model}: {told}, {kind}"]
        return "\n".join([*lines, *(f"  {sentence}" for sentence in self.evidence)])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Numbers and texts, for JSON."""
        names = (
            "model", "input", "unit", "hodgkin_class", "by_bifurcation", "by_fi_curve", "agree", "rest_input",
            "rheobase", "rheobase_error", "spikes_from", "rest_lost_at", "rest_lost_by", "begins", "onset_hz",
            "stops_at", "stops_by", "ramp", "resonance_hz", "spike_level",
        )  # fmt: skip
        told: dict[str, Any] = {name: getattr(self, name) for name in names}
        return told | {
            "resonator": self.is_resonator,
            "rest": None if self.rest is None else dict(self.rest),
            "bistable": None if self.bistable is None else list(self.bistable),
            "at_rest": None if self.at_rest is None else self.at_rest.to_dict(),
            "near_threshold": None if self.near_threshold is None else self.near_threshold.to_dict(),
            "evidence": list(self.evidence),
        }


def classify(
    neuron: Neuron,
    *,
    input: str | None = None,
    range: Any = None,
    progress: Callable[[str], None] | bool | None = None,
    **parameters: Any,
) -> Character:
    """The character of a neuron: class of excitability after Hodgkin, rheobase, bistability, integrator or resonator.

    The class is found twice: from the bifurcation in which the rest is lost (by continuation), and from the rate of
    firing just above the rheobase (by integration of the full model, resets included).

    Parameters
    ----------
    neuron
        The model, without noise.
    input
        Which parameter is the input; by default the one called I, I_ext and so on.
    range
        ``(low, high)`` of the input; by default from rest upward until it fires, in the natural scale of the model.
    progress
        True: tell on stderr what is being done, which for a neuron with slow currents takes a while. Or a function that
        is called with these words.
    **parameters
        Other parameters of the neuron.

    Raises
    ------
    ModelError
        If the model has no input, or fires at every input tried.

    References
    ----------
    Hodgkin AL (1948), The local electric changes associated with repetitive action in a non-medullated axon, J.
    Physiol. 107:165. Izhikevich EM (2007), Dynamical Systems in Neuroscience, MIT Press, chapter 7.

    Examples
    --------
    >>> from rheobase.library import lif
    >>> character = classify(lif())
    >>> character.hodgkin_class, round(character.rheobase, 6), character.is_resonator
    (1, 375.0, False)
    """
    field = VectorField.of(neuron, smooth=False, **parameters)
    name = input_of(field, input)
    return _character(find(field, name, _bounds(field, name, range), teller(progress)))


def _bounds(field: VectorField, name: str, given: Any) -> tuple[float, float] | None:
    if given is None:
        return None
    try:
        low, high = (float(field.read(name, value)) for value in given)
    except UnitError as error:
        raise ModelError(f"the range: {error}") from None
    except (TypeError, ValueError):
        raise ModelError(f"range has to be two values of {name}, (low, high), not {given!r}") from None
    if not low < high:
        raise ModelError(f"the range of {name} is empty: {given[0]} is not below {given[1]}")
    return low, high


def _character(found: Findings) -> Character:
    """Findings in shown units, and in words."""
    from rheobase.dynamics.firing.evidence import begins, evidence, ramp_sentence, verdict

    field, name, ground = found.ground.field, found.ground.input, found.ground

    def shown(value: float | None) -> float | None:
        return None if value is None else found.shown(value)

    state = {each: float(field.shown(each, float(x))) for each, x in zip(field.states, ground.state, strict=True)}
    loss, stop = found.loss, found.stop
    bistable = found.bistable
    return Character(
        model=field.neuron.name or "the neuron",
        input=name,
        unit=field.unit_name(name),
        hodgkin_class=verdict(found),
        by_bifurcation=found.by_bifurcation,
        by_fi_curve=found.by_fi_curve,
        evidence=evidence(found),
        rest=state if ground.settled else None,
        rest_input=found.shown(ground.base),
        rheobase=shown(found.rheobase),
        rheobase_error=float(field.shown(name, found.error)),
        spikes_from=shown(found.spikes_from),
        rest_lost_at=None if loss is None else shown(loss.value),
        rest_lost_by=None if loss is None else loss.kind,
        begins=begins(found),
        onset_hz=found.onset_hz,
        stops_at=None if stop is None else shown(stop.value),
        stops_by=None if stop is None else stop.kind,
        bistable=None if bistable is None else (found.shown(bistable[0]), found.shown(bistable[1])),
        ramp=ramp_sentence(found),
        at_rest=found.at_rest,
        near_threshold=found.near_threshold,
        diagram=found.diagram,
        spike_level=_level(field),
    )


def _level(field: VectorField) -> float | None:
    if LEVEL not in field.parameters:
        return None
    return float(field.shown(field.voltage, float(field.values[field.index(LEVEL)])))
