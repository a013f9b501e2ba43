"""Populations that are Poisson processes: their rate is given, whatever the rest of the network does."""

from __future__ import annotations

from collections.abc import Iterable

from rheobase.model.expression import Binary, Call, Expression
from rheobase.model.network import Population
from rheobase.population.neuron.affine import Affine, NotAffine, affine
from rheobase.population.neuron.membrane import scope_of

_RAND = Call("rand", ())


def poisson_rate(population: Population, ports: Iterable[str] = ()) -> float | None:
    """Rate (kHz) of a population without states whose threshold is ``rand() < rate*dt``; None for any other.

    Parameters
    ----------
    population
        The population.
    ports
        Parameters of its neuron that synapses and currents add to: a rate that depends on one is not given.
    """
    neuron = population.neuron
    probability = _probability(neuron.threshold)
    if neuron.states or neuron.refractory is not None or probability is None:
        return None
    try:
        form = affine(probability, scope_of(population, tuple(ports)) | {"dt": Affine(0.0, {"dt": 1.0})})
    except NotAffine:
        return None
    only_dt = not any(slope for name, slope in form.slopes.items() if name != "dt")
    rate = form.slopes.get("dt", 0.0)
    return rate if only_dt and form.constant == 0.0 and rate >= 0.0 else None


def _probability(threshold: Expression | None) -> Expression | None:
    """What the random number is held against."""
    match threshold:
        case Binary("<" | "<=", left, right) if left == _RAND:
            return right
        case Binary(">" | ">=", left, right) if right == _RAND:
            return left
    return None
