"""What was measured of a neuron's excitability, in sentences."""

from __future__ import annotations

from rheobase.dynamics.firing.excitability import Findings
from rheobase.dynamics.firing.onset import THRESHOLD
from rheobase.dynamics.orbits.spiking import LEVEL
from rheobase.dynamics.special import KINDS

_ENDS = {
    "snic": "the firing orbit ends on the saddle-node: its period grows as one over the root of the distance",
    "homoclinic": "the firing orbit ends on a saddle: its period grows as the logarithm of the distance",
    "fold-of-cycles": "the firing orbit meets an unstable cycle and both vanish, at a finite period",
    "hopf-supercritical": "the oscillation shrinks onto the rest",
    "period-doubling": "the firing orbit turns unstable by doubling its period",
    "torus": "the firing orbit turns unstable by a torus bifurcation",
    THRESHOLD: "the equilibrium moves below the threshold: the period grows as a logarithm",
    "reset": "the reset no longer leads back to the threshold but to the rest",
}


def verdict(found: Findings) -> int | None:
    """The class: what the f-I curve says, since that is how Hodgkin defined it; else what the bifurcation says."""
    return found.by_fi_curve if found.by_fi_curve is not None else found.by_bifurcation


def begins(found: Findings) -> str:
    """How firing begins when the input rises slowly."""
    if found.rheobase is None:
        return "never" if found.spikes_from is None else "never, after the spikes at the onset of a step"
    if found.loss is None:
        return "unknown"
    kind = found.loss.kind
    if kind == "saddle-node":
        if found.bistable is not None:
            return "saddle-node off the firing orbit"
        return "saddle-node on an invariant circle" + (
            ", closed by the reset" if found.ground.field.neuron.has_reset else ""
        )
    if kind == THRESHOLD:
        return "the equilibrium passes the threshold"
    return KINDS.get(kind, kind)


def evidence(found: Findings) -> tuple[str, ...]:
    """A sentence for each thing found, the class first."""
    sentences = [_class(found), _loss(found), _rheobase(found), _law(found), _stop(found), ramp_sentence(found)]
    for where, resonance in (("at rest", found.at_rest), ("near threshold", found.near_threshold)):
        if resonance is not None:
            sentences += [f"{where}: {sentence}" for sentence in resonance.sentences]
    return tuple(sentence for sentence in sentences if sentence)


def _class(found: Findings) -> str:
    a, b = found.by_bifurcation, found.by_fi_curve
    if a is None and b is None:
        return "it does not spike at any input tried" if found.spikes_from is None else "neither road gives a class"
    if a == b:
        return f"class {a}, by the bifurcation and by the f-I curve"
    return (
        f"the bifurcation says {'nothing' if a is None else f'class {a}'}, the f-I curve says "
        f"{'nothing' if b is None else f'class {b}'}"
    )


def _at(found: Findings, value: float, digits: int = 8) -> str:
    field, name = found.ground.field, found.ground.input
    unit = field.unit_name(name)
    return f"{name} = {found.shown(value):.{digits}g}" + ("" if unit == "1" else f" {unit}")


def _loss(found: Findings) -> str:
    if found.loss is None:
        return found.why or "the rest stays stable at every input tried"
    if found.loss.kind == THRESHOLD:
        return f"the resting state reaches the threshold at {_at(found, found.loss.value)}"
    return f"the rest is lost at {_at(found, found.loss.value)} by a {KINDS.get(found.loss.kind, found.loss.kind)}"


def _rheobase(found: Findings) -> str:
    if found.rheobase is None:
        if found.spikes_from is None:
            return "no step of input makes it spike"
        return f"steps from {_at(found, found.spikes_from, 5)} on make it spike, none makes it fire on"
    text = f"the rheobase, the smallest step that makes it fire on, is {_at(found, found.rheobase)}"
    if found.oscillates:
        level = "the middle of large spikes" if LEVEL in found.ground.field.parameters else "the threshold for spikes"
        text += f"; the oscillation is small at first and does not reach {level}"
        return text + (f" below {_at(found, found.spiking, 5)}" if found.spiking is not None else "")
    if found.spikes_from is not None and found.spikes_from < found.rheobase - 0.01 * found.width:
        text += f"; a single spike takes {_at(found, found.spikes_from, 5)}"
    return text


def _law(found: Findings) -> str:
    if found.rheobase is None or not found.periods.size:
        return ""
    last = f"{found.periods[-1]:.4g} ms as close to it as was tried"
    match found.law:
        case "root":
            return f"towards there its period grows without bound, as one over a root ({last}): any rate, however low"
        case "log":
            return f"towards there its period grows without bound, as a logarithm ({last}): any rate, however low"
        case "finite":
            return f"when the input rises slowly, it begins to fire at {1e3 / found.periods[-1]:.4g} Hz, not lower"
    return "the rate just above the rheobase could not be measured"


def _stop(found: Findings) -> str:
    if found.stop is None:
        return ""
    if found.stop.by == "lowest":
        return f"once it fires it goes on down to {_at(found, found.stop.value, 5)}, the lowest input tried"
    text = f"lowered again, it fires down to {_at(found, found.stop.value)}, "
    text += f"where {_ENDS[found.stop.kind]}" if found.stop.kind in _ENDS else "how it ends there was not found"
    if found.bistable is not None:
        text += f"; from there to {_at(found, found.bistable[1])} rest and firing are both stable"
    return text


def ramp_sentence(found: Findings) -> str:
    """What a slow ramp does in comparison with a step to the same input."""
    if found.ramped is None:
        return ""
    value, step, ramp = found.ramped
    counts = [f"{count} spike{'' if count == 1 else 's'}" if count < 200 else "firing" for count in (step, ramp)]
    return f"a step to {_at(found, value, 5)} makes {counts[0]}, a slow ramp to it {counts[1]}"
