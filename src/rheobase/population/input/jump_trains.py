"""What drives a population as trains of jumps: each spike moves the membrane at once by all it does in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.model.distribution import Distribution, Lognormal, Normal, Uniform, moments
from rheobase.model.network import Network
from rheobase.numerics.jumps import Jumps, total
from rheobase.population.input.input_map import InputMap

Array = NDArray[np.float64]

_REACH = 9.0  # standard deviations of a weight
_GROUPS = 8  # of weights that are given one by one


def jump_trains(network: Network, maps: InputMap, k: int, rates: Array) -> tuple[tuple[Jumps, ...], float]:
    """The trains that neurons of population ``k`` receive at these rates (kHz), and the input besides them (mV).

    Conductance synapses count by the effective time constant: ``maps`` is the one that is frozen at the rates. Trains
    of the same fixed size are joined: together they are one Poisson train.
    """
    weights = _weights(network, maps)
    found: list[Jumps] = []
    for channel, rate, _ in maps.heard(k, rates):
        found += _trains(weights.get(id(channel), 1.0), channel.jump, channel.in_degree * rate)
    trains, tau_m = joined(found), maps.membranes[k].tau_m
    steady = float(maps.drive(rates).mu[k]) - tau_m * total(trains, 1)
    size = tau_m * sum(train.rate * abs(train.size) for train in trains)
    return trains, (steady if abs(steady) > 1e-12 * size else 0.0)


def joined(trains: Sequence[Jumps]) -> tuple[Jumps, ...]:
    """Without what never comes or moves nothing; those of one fixed or exponential size as one."""
    rates: defaultdict[tuple[str, float], float] = defaultdict(float)
    others = []
    for train in trains:
        if train.rate <= 0.0 or (train.size == 0.0 and train.law != "density"):
            continue
        if train.law == "density":
            others.append(train)
        else:
            rates[train.law, float(f"{train.size:.13g}")] += train.rate
    simple = [Jumps(rate, size, law) for (law, size), rate in sorted(rates.items())]  # pyright: ignore[reportArgumentType]
    return (*simple, *others)


def _weights(network: Network, maps: InputMap) -> dict[int, float | Array | Distribution]:
    """The weights of the projections, by the identity of their channels; these are in the same order."""
    found: dict[int, float | Array | Distribution] = {}
    for channels, names in ((maps.channels, maps.names), (maps.afferents, tuple(maps.sources))):
        own = [p for p in network.projections if p.pre in names and p.post in maps.names]
        found |= {id(c): p.weight for p, c in zip(own, channels, strict=True)}
    return found


def _trains(weight: float | Array | Distribution, jump: float, events: float) -> list[Jumps]:
    """Trains for the weights of a projection whose mean weight moves the membrane by ``jump``."""
    if isinstance(weight, Distribution):
        mean, sd = moments(weight)
        if sd == 0.0 or mean == 0.0:
            return [Jumps(events, jump)]
        return [_spread(weight, jump / mean, events, jump)]
    values = np.sort(np.ravel(np.asarray(weight, float)))
    if values.size < 2 or values[0] == values[-1]:
        return [Jumps(events, jump)]
    charge = jump / float(np.mean(values))
    groups = [g for g in np.array_split(values, min(_GROUPS, values.size)) if g.size]
    return [Jumps(events * g.size / values.size, charge * float(np.mean(g))) for g in groups]


def _spread(weight: Distribution, charge: float, events: float, jump: float) -> Jumps:
    """A train whose jumps are distributed like the weights."""
    match weight:
        case Normal(mean, sd, low, high):
            start = max(-np.inf if low is None else low, mean - _REACH * sd)
            stop = min(np.inf if high is None else high, mean + _REACH * sd)

            def density(j: Array) -> Array:
                return np.exp(-0.5 * ((j / charge - mean) / sd) ** 2)
        case Uniform(low, high):
            start, stop = low, high

            def density(j: Array) -> Array:
                return np.ones_like(j)
        case Lognormal(mean, sd):
            width = np.sqrt(np.log1p((sd / mean) ** 2))
            middle = mean * np.exp(-0.5 * width**2)
            start, stop = (middle * np.exp(side * 7.0 * width) for side in (-1.0, 1.0))

            def density(j: Array) -> Array:
                x = np.abs(j / charge)
                return np.exp(-0.5 * (np.log(x / middle) / width) ** 2) / x
        case _:
            return Jumps(events, jump)
    low, high = sorted((charge * start, charge * stop))
    return Jumps(events, jump, "density", density, (low, high))
