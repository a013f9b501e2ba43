r"""Slow adaptation replaced by its mean: a neuron with two states becomes one with one state.

A state ``dw/dt = alpha + beta v - w/tau_w`` that a spike raises by ``b`` and that pulls on the membrane has the mean

    <w> = tau_w (alpha + beta <v> + b rate),

of AdEx ``a (<v> - E_L) + b tau_w rate``. Where ``tau_w`` is longer than the intervals between spikes ``w`` stays close
to it, and the neuron fires like one with constant ``w`` (Brunel, Hakim & Richardson 2003, Phys Rev E 67:051916;
Augustin, Ladenbauer, Baumann & Obermayer 2017, PLoS Comput Biol 13:e1005545). The error is of first order in the
variance that ``w`` really has; bursts, which need it, are lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rheobase.model.expression import names
from rheobase.model.network import Population
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown_unit
from rheobase.population.neuron.affine import NotAffine, affine
from rheobase.population.neuron.membrane import NotCovered, scope_of
from rheobase.units import Quantity


@dataclass(frozen=True)
class Slow:
    """One adaptation: ``dw/dt = alpha + beta v - w/tau``, and ``w += b`` at a spike. Internal units.

    ``pauses`` says that it stands still while the neuron is refractory.
    """

    name: str
    alpha: float
    beta: float
    tau: float
    b: float
    pauses: bool

    def mean(self, rate: float, voltage: float, active: float) -> float:
        """At a rate (kHz); ``voltage``: the integral of ``v`` over the part ``active`` of the time."""
        return self.tau * (self.alpha + (self.beta * voltage + self.b * rate) / active)


@dataclass(frozen=True)
class Reduced:
    """A neuron without its adaptation: what was a state is a parameter of the same name, 0 so far.

    ``slow`` is how it moved.
    """

    neuron: Neuron
    slow: tuple[Slow, ...]
    original: Neuron = field(repr=False)

    def at(self, values: Mapping[str, float]) -> Neuron:
        """With these constant values of the adaptation, in internal units."""
        return self.neuron.with_(**{name: _quantity(self.original, name, value) for name, value in values.items()})


def adapting(neuron: Neuron) -> tuple[str, ...]:
    """The states beside the membrane that the membrane or a spike acts on; empty if there are none."""
    if neuron.threshold is None or not neuron.states:
        return ()
    voltage = _voltage(neuron)
    moved = {line.name for line in neuron.reset}
    found = []
    for equation in neuron.equations.differential:
        assert equation.expression is not None
        if equation.name != voltage and (equation.name in moved or voltage in names(equation.expression)):
            found.append(equation.name)
    return tuple(found)


def reduce(population: Population) -> Reduced:
    """A population's neuron with its adaptation taken out.

    Raises
    ------
    NotCovered
        If there is none, or it is not of the form above; the sentence says why.
    """
    neuron, slow = population.neuron, adapting(population.neuron)
    if not slow:
        raise NotCovered(
            f"population '{population.name}': its neuron has no adaptation, no second state that its membrane or its "
            "spikes act on; it needs no reduction"
        )
    try:
        parts = tuple(_slow(population, name) for name in slow)
    except NotAffine as reason:
        raise NotCovered(
            f"population '{population.name}': adaptation is replaced by its mean where it is linear, dw/dt = (a*(v - "
            f"E_L) - w)/tau_w and w += b; here it {reason}"
        ) from None
    reset = "; ".join(f"{line.name} {line.op} {line.text}" for line in neuron.reset if line.name not in slow)
    values = {name: _quantity(neuron, name, 0.0) for name in slow}
    return Reduced(neuron.with_(equations=_text(neuron, slow), reset=reset, **values), parts, neuron)


def _voltage(neuron: Neuron) -> str:
    """The state that the threshold looks at."""
    seen = () if neuron.threshold is None else tuple(name for name in neuron.states if name in names(neuron.threshold))
    if len(seen) != 1:
        raise NotCovered("mean adaptation needs a neuron whose threshold is on one state, such as 'v > v_th'")
    return seen[0]


def _slow(population: Population, name: str) -> Slow:
    neuron, voltage = population.neuron, _voltage(population.neuron)
    scope = scope_of(population, ())
    equation = neuron.equations[name]
    assert equation.expression is not None
    form = affine(equation.expression, scope)
    others = [other for other, slope in form.slopes.items() if slope and other not in (name, voltage)]
    if others:
        raise NotAffine(f"depends on '{others[0]}' in d{name}/dt")
    decay = -form.slopes.get(name, 0.0)
    if not decay > 0.0:
        raise NotAffine(f"does not decay: d{name}/dt has no term -{name}/tau_w")
    step = 0.0
    for line in (line for line in neuron.reset if line.name == name):
        added = affine(line.expression, scope)
        if line.op not in ("+=", "-=") or not added.is_constant:
            raise NotAffine(f"has a reset of '{name}' that is not of the form '{name} += constant'")
        step += added.constant if line.op == "+=" else -added.constant
    pauses = "unless refractory" in equation.flags
    return Slow(name, form.constant, form.slopes.get(voltage, 0.0), 1.0 / decay, step, pauses)


def _text(neuron: Neuron, slow: tuple[str, ...]) -> str:
    """The equations with parameters in place of the slow states."""
    lines = neuron.equations.text.split("\n")
    starts = sorted(equation.line - 1 for equation in neuron.equations.equations)
    for name in slow:
        equation = neuron.equations[name]
        first = equation.line - 1
        end = min((start for start in starts if start > first), default=len(lines))
        lines[first:end] = [f"{name} : {equation.unit.name}", *[""] * (end - first - 1)]
    return "\n".join(lines)


def _quantity(neuron: Neuron, name: str, value: float) -> Quantity:
    unit = shown_unit(neuron, name)
    return Quantity(value, unit.dimension, unit)
