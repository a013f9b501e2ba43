"""Electrical coupling: a conductance between two membranes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rheobase.model.connect import Connectivity, Explicit, OneToOne, check_connectivity
from rheobase.model.derivative import differentiate, simplify
from rheobase.model.distribution import Lognormal, Lorentzian, Normal, Uniform
from rheobase.model.errors import ModelError
from rheobase.model.expression import Expression, Number, names, substitute
from rheobase.model.neuron import Neuron
from rheobase.model.population import Population, nearest, value_internal


@dataclass(frozen=True, eq=False)
class GapJunction:
    r"""Electrical synapses between the neurons of two populations, or of one.

    .. math:: I_{post} \mathrel{+}= g\,(v_{pre} - v_{post}),\qquad I_{pre} \mathrel{+}= g\,(v_{post} - v_{pre})

    The currents flow all the time and both ways. Unlike a `Projection` it has no delay and needs no spikes.

    Parameters
    ----------
    pre, post
        Populations, or their names.
    connect
        Which pairs are coupled. Within one population `AllToAll` and `Bernoulli` look at each pair once, whichever
        neuron is named first; a neuron is never coupled to itself.
    conductance
        ``g``: constant, distribution (negative values are drawn again), or with `Explicit` one value a pair. Its unit
        is that of the input over that of the voltage: nS for an input in pA.
    target
        The input parameter of the neurons that the current is added to, such as ``I``.
    voltage
        The state that is their membrane potential.

    Examples
    --------
    >>> from rheobase import AllToAll, GapJunction, Network, Population, library, nS
    >>> cells = Population(library.lif(), 10, "inhibitory")
    >>> network = Network(cells, gap_junctions=[GapJunction(cells, cells, AllToAll(), 0.5 * nS)])
    """

    pre: Any
    post: Any
    connect: Connectivity
    conductance: Any
    target: str = "I"
    voltage: str = "v"
    name: str = ""
    is_checked: bool = field(default=False, repr=False)


def check_gap_junction(given: GapJunction, pre: Population, post: Population) -> GapJunction:
    """The same with names for populations and a conductance in internal units.

    Raises
    ------
    ModelError
        If a neuron has no such voltage or input, or the conductance does not fit them.
    """
    where = f"gap junction {given.name or f'{pre.name} - {post.name}'}"
    check_connectivity(given.connect, pre.n, post.n, pre is post, where)
    if pre is post and isinstance(given.connect, OneToOne):
        raise ModelError(f"{where}: OneToOne within a population couples each neuron to itself; use another rule")
    for population in (pre, post):
        _check_port(given, population, where)
    kinds = {p.neuron.equations.dimension_of(given.target) / p.neuron.equations.dimension_of(given.voltage)
             for p in (pre, post)}  # fmt: skip
    if len(kinds) > 1:
        raise ModelError(
            f"{where}: the inputs {given.target!r} of the two populations have different units, so no conductance fits "
            "both; give both neurons an input in pA, or both one per area"
        )
    one_each = given.connect.pre.size if isinstance(given.connect, Explicit) else None
    g = value_internal(given.conductance, kinds.pop(), f"{where}: the conductance", one_each, given.is_checked)
    if isinstance(g, np.ndarray) and one_each is None:
        raise ModelError(
            f"{where}: an array needs connect=Explicit(pre, post), which says which pair each value is for"
        )
    return replace(given, pre=pre.name, post=post.name, conductance=_not_negative(g, where), is_checked=True)


def _not_negative(g: Any, where: str) -> Any:
    match g:
        case Normal(low=None):
            return replace(g, low=0.0)
        case Normal(low=low) | Uniform(low=low):
            lowest = low
        case Lognormal(mean=mean):
            lowest = mean
        case Lorentzian():
            lowest = -np.inf
        case _:
            lowest = np.min(g, initial=np.inf)
    if lowest < 0:
        raise ModelError(f"{where}: a conductance cannot be negative")
    return g


def _check_port(given: GapJunction, population: Population, where: str) -> None:
    neuron = population.neuron
    if given.voltage not in neuron.states:
        raise ModelError(
            f"{where}: the neuron of {population.name!r} has no state {given.voltage!r}"
            f"{nearest(given.voltage, neuron.states)}; name its membrane potential with voltage=..."
        )
    if given.target not in neuron.parameters:
        raise ModelError(
            f"{where}: the neuron of {population.name!r} has no input parameter {given.target!r}"
            f"{nearest(given.target, neuron.parameters)}. Declare one, such as 'I : pA = 0*pA', add it to "
            f"d{given.voltage}/dt, and name it with target=..."
        )
    slope = slope_of_input(neuron, given.voltage, given.target)
    if slope == Number(0.0):
        raise ModelError(f"{where}: {given.target!r} of {population.name!r} does not enter d{given.voltage}/dt")
    if names(slope) - (set(neuron.parameters) - {given.target}):
        raise ModelError(
            f"{where}: {given.target!r} has to enter d{given.voltage}/dt of {population.name!r} linearly, with a "
            "factor that does not change, such as I/C"
        )


def slope_of_input(neuron: Neuron, voltage: str, target: str) -> Expression:
    """How much faster the voltage rises for each unit of input: 1/C for dv/dt = (... + I)/C."""
    inline: dict[str, Expression] = {}
    for equation in neuron.equations.subexpressions:
        assert equation.expression is not None
        inline[equation.name] = substitute(equation.expression, inline)
    tree = neuron.equations[voltage].expression
    assert tree is not None
    return simplify(differentiate(substitute(tree, inline), target))


def couples(junction: GapJunction, name: str) -> bool:
    """Whether a population takes part in it."""
    return name in (junction.pre, junction.post)
