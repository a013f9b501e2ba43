"""Poisson populations whose rate follows a current in time, as what the others receive from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.population.density.courses import Steps, summed
from rheobase.population.input.channel import Channel
from rheobase.population.input.free_membrane import colour
from rheobase.population.input.input_map import InputMap
from rheobase.population.input.sources import poisson_rate
from rheobase.population.neuron.membrane import NotCovered
from rheobase.units import Quantity

Array = NDArray[np.float64]
Course = Callable[[Array], Array]

_LINEAR = 1e-9


def driven_source(network: Network, name: str) -> bool:
    """Whether a population is a Poisson process whose rate only currents change."""
    inputs = network.inputs_of(name)
    return (
        bool(inputs)
        and all(isinstance(item, CurrentInput) for item in inputs)
        and not network.projections_into(name)
        and poisson_rate(network[name]) is not None
    )


def steps_of(item: CurrentInput) -> Steps:
    """The amplitude of a current in time (internal units): held through each step, zero after the end."""
    values = np.asarray(item.amplitude, float)
    uneven = np.ptp(values, axis=1).max(initial=0.0) if values.ndim > 1 else 0.0
    if uneven > 0.0 or (item.dt is None and np.ptp(values) > 0.0):
        raise ModelError(
            f"the current into '{item.population}' differs between the neurons of the population; the theory covers "
            "input that is the same for all of them"
        )
    if item.dt is None:
        return Steps(np.zeros(1), np.full(1, values.flat[0] if values.size else 0.0))
    column = values.reshape(len(values), -1)[:, 0]
    return Steps(np.asarray(np.arange(column.size + 1) * float(item.dt), float), np.append(column, 0.0))


def rate_of(network: Network, name: str) -> Steps:
    """The rate (kHz) of a Poisson population in time; never below 0, as in the simulation."""
    population = network[name]
    parts = [Steps(np.zeros(1), np.array([poisson_rate(population) or 0.0]))]
    for item in network.inputs_of(name):
        assert isinstance(item, CurrentInput)
        steps = steps_of(item)
        parts.append(
            Steps(steps.starts, _slope(population, item.target, float(np.abs(steps.values).max())) * steps.values)
        )
    found = summed(parts)
    return Steps(found.starts, np.maximum(found.values, 0.0))


def _slope(population: Population, target: str, reach: float) -> float:
    """What a unit of ``target`` adds to the rate, kHz; the rate has to be linear in it."""
    start, reach = population.value(target), reach or 1.0
    base = float(start) if isinstance(start, float) else np.nan
    rates = [poisson_rate(_with(population, target, base + k * reach)) for k in (0, 1, 2)]
    known = [rate for rate in rates if rate is not None]
    if len(known) == 3 and abs(known[2] - 2.0 * known[1] + known[0]) <= _LINEAR * max(known):
        return (known[2] - known[0]) / (2.0 * reach)
    raise NotCovered(
        f"population '{population.name}': fokker_planck covers Poisson rates that grow in proportion to a current that "
        f"changes in time; this one does not so with '{target}'"
    )


def _with(population: Population, target: str, value: float) -> Population:
    dimension = population.neuron.equations.dimension_of(target)
    return population.with_(**{target: Quantity(value, dimension)}) if np.isfinite(value) else population


def without_sources(
    maps: InputMap, rates: Mapping[str, Steps]
) -> tuple[InputMap, list[list[Course]], list[list[Course]]]:
    """The maps without what comes from these sources, and instead mean and variance for each population in time.

    The colour of their noise, that raises threshold and reset once and for all, is that at time 0.
    """
    given = list(maps.sources.items())
    mean_0, variance_0, coloured_0 = maps.mean_0.copy(), maps.variance_0.copy(), maps.coloured_0.copy()
    mu: list[list[Course]] = [[] for _ in maps.names]
    variance: list[list[Course]] = [[] for _ in maps.names]
    for c in maps.afferents:
        name, base = given[c.pre]
        if name not in rates:
            continue
        if c.poles > 1 or c.reversal is not None:
            raise NotCovered(
                f"projection '{name}' to '{maps.names[c.post]}': fokker_planck covers delta and exponential synapses "
                f"that are currents where the rate changes in time; this one is {c.kind}"
            )
        tau_m = maps.membranes[c.post].tau_m
        mean, square = tau_m * c.in_degree * c.jump, tau_m * c.in_degree * c.square
        mean_0[c.post] -= mean * base
        variance_0[c.post] -= square * base
        coloured_0[c.post] += square * (float(rates[name].values[0]) - base) * colour(tau_m, c.tau_s, c.poles)
        filtered = rates[name].filtered(c.tau_s)
        mu[c.post].append(_heard(c, filtered.mean, mean))
        variance[c.post].append(_heard(c, filtered.intensity, square))
    return replace(maps, mean_0=mean_0, variance_0=variance_0, coloured_0=coloured_0), mu, variance


def _heard(c: Channel, course: Callable[[Array], Array], factor: float) -> Course:
    """A course as it arrives, averaged over the delays."""
    delays, weights = c.delay.values, c.delay.weights

    def arrived(t: Array) -> Array:
        return factor * sum((w * course(t - d) for d, w in zip(delays, weights, strict=True)), np.zeros(t.shape))

    return arrived
