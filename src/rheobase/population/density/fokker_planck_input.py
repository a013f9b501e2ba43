"""What the populations of a Fokker-Planck equation receive in time: from outside, and from one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, nearest
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read, shown_unit
from rheobase.numerics.delayed_input import Channels, lags_of
from rheobase.numerics.fokker_planck import MIDDLE
from rheobase.population.density.courses import Steps
from rheobase.population.density.source_courses import driven_source, rate_of, steps_of, without_sources
from rheobase.population.input.statistics import InputMap, input_map
from rheobase.population.neuron.membrane import NotCovered

Array = NDArray[np.float64]
Course = Callable[[Array], Array]

_INSIDE = 1e-6  # of a step: inputs that jump between two steps count on the right side of each
_PLACES = np.array([_INSIDE, MIDDLE, 1.0 - _INSIDE])


@dataclass(frozen=True, eq=False)
class Outside:
    """Input from outside: a constant and time courses for each population, mV (or the unit of its state).

    ``sigma`` courses are added as variances, ``sigma**2``; ``variance`` courses are such already.
    """

    mu_0: Array
    variance_0: Array
    mu: tuple[tuple[Course, ...], ...]
    sigma: tuple[tuple[Course, ...], ...]
    variance: tuple[tuple[Course, ...], ...]

    def at(self, times: Array) -> tuple[Array, Array]:
        """``mu`` and ``sigma**2``, shape (populations, *times.shape)."""
        flat = times.ravel()
        mu = np.stack([
            value + sum((course(flat) for course in courses), np.zeros(flat.size))
            for value, courses in zip(self.mu_0, self.mu, strict=True)
        ])  # fmt: skip
        variance = np.stack([
            value
            + sum((course(flat) ** 2 for course in strengths), np.zeros(flat.size))
            + sum((course(flat) for course in courses), np.zeros(flat.size))
            for value, strengths, courses in zip(self.variance_0, self.sigma, self.variance, strict=True)
        ])  # fmt: skip
        shape = (-1, *times.shape)
        return mu.reshape(shape), variance.reshape(shape)

    def in_steps(self, first: int, steps: int, dt: float) -> tuple[Array, Array]:
        """The same at start, middle and end of some steps, (populations, steps, 3)."""
        return self.at(np.asarray((np.arange(first, first + steps)[:, None] + _PLACES) * dt, float))


def split_courses(network: Network) -> tuple[Network, dict[str, list[CurrentInput]]]:
    """A network with time courses put to zero, and the time courses of each population that is no Poisson process.

    Currents that drive a Poisson process are taken away: they change its rate (`source_courses.rate_of`).
    """
    courses: dict[str, list[CurrentInput]] = {}
    inputs = []
    sources = {population.name for population in network.populations if driven_source(network, population.name)}
    for item in network.inputs:
        if item.population in sources:
            continue
        if isinstance(item, CurrentInput) and item.dt is not None:
            courses.setdefault(str(item.population), []).append(item)
            item = replace(item, amplitude=0.0, dt=None, is_checked=True)
        inputs.append(item)
    return (network.with_(inputs=inputs) if courses or sources else network), courses


def _require_currents(maps: InputMap) -> None:
    """Refuse synapses whose effect on the density is not that of a current with one time constant."""
    if maps.has_conductances:
        raise NotCovered(
            "fokker_planck covers current synapses; this network has conductance synapses. Its stationary state is "
            "that of steady_state(network), its course that of simulate(network, duration)"
        )
    if any(c.poles > 1 for c in maps.channels):
        raise NotCovered(
            "fokker_planck covers delta and exponential synapses between populations; this network has alpha synapses. "
            "Take exponential ones of the same charge, w tau e, and the delay longer by tau"
        )


def maps_and_outside(network: Network, mu: Any, sigma: Any, duration: float) -> tuple[InputMap, Outside]:
    """The network as linear maps of its rates, and what comes from outside."""
    still, currents = split_courses(network)
    maps = input_map(still)
    _require_currents(maps)
    driven = {name: rate_of(network, name) for name in maps.sources if driven_source(network, name)}
    maps, heard, variance = without_sources(maps, driven)
    means = [_of_currents(maps, k, currents.get(name, [])) for k, name in enumerate(maps.names)]
    extra = [_extra(network, maps, given, what, duration) for given, what in ((mu, "mu"), (sigma, "sigma"))]
    return maps, Outside(
        maps.mean_0, maps.variance_0,
        tuple((*a, *b, *c) for a, b, c in zip(means, heard, extra[0], strict=True)),
        tuple(extra[1]), tuple(tuple(own) for own in variance),
    )  # fmt: skip


def _of_currents(maps: InputMap, k: int, items: list[CurrentInput]) -> tuple[Course, ...]:
    """Time courses of currents as mean input: held through each of their steps, zero after their end."""
    scaled = [(steps_of(item), maps.membranes[k].gain(item.target)) for item in items]
    return tuple(Steps(steps.starts, gain * steps.values).at for steps, gain in scaled)


def _extra(network: Network, maps: InputMap, given: Any, what: str, duration: float) -> list[tuple[Course, ...]]:
    """What the caller adds to each population."""
    first, *others = maps.names
    if not isinstance(given, Mapping):
        if others and not (isinstance(given, int | float) and given == 0):
            raise ModelError(f"{what}: say which population, such as {what}={{'{first}': ...}}")
        given = {first: given}
    for name in given:
        if name not in maps.names:
            raise ModelError(f"{what}: there is no population {name!r}{nearest(str(name), maps.names)}")
    found: list[tuple[Course, ...]] = []
    for name, m in zip(maps.names, maps.membranes, strict=True):
        added = [course_of(network[name].neuron, m.voltage, given[name], what, duration)] if name in given else []
        found.append(tuple(added))
    return found


def course_of(neuron: Neuron, voltage: str, given: Any, what: str, duration: float) -> Course:
    """A value, evenly spaced values, or a function of the time in ms, as a function of times; in internal units."""
    if not callable(given):
        values = np.atleast_1d(_plain(neuron, voltage, given, what))
        if values.ndim != 1 or not values.size:
            raise ModelError(
                f"{what} must be a number, a function of time, or a row of values from the start to the end"
            )
        places = np.linspace(0.0, duration, values.size)
        return lambda t: np.interp(t, places, values)

    def course(t: Array) -> Array:
        values = _called(given, t, what)
        return _plain(neuron, voltage, values, what)

    return course


def _called(function: Callable[[Any], Any], t: Array, what: str) -> Any:
    """A user's function of time at many times; one after the other if it takes single times only."""
    try:
        values = function(t)
        if np.shape(values) == t.shape:
            return values
    except (ValueError, TypeError):  # such as 'if t > 10' of an array
        pass
    each = [function(float(time)) for time in t]
    for value in each:
        if value is None or isinstance(value, list | tuple) or np.ndim(getattr(value, "value", value)) > 0:
            raise ModelError(f"{what}: the function must give one number or quantity for a time, not {value!r}")
    return each


def _plain(neuron: Neuron, voltage: str, given: Any, what: str) -> Any:
    """Numbers in the unit of the membrane state, or quantities, in internal units."""
    parts = given if isinstance(given, list | tuple) else [given]
    if all(isinstance(part, int | float | np.number | np.ndarray) for part in parts):
        values = np.asarray(given, float) * shown_unit(neuron, voltage).scale
    else:
        values = np.asarray(read(neuron, voltage, given), float)
    if not np.all(np.isfinite(values)):
        raise ModelError(f"{what} must be finite at all times")
    if what == "sigma" and np.any(values < 0.0):
        raise ModelError("sigma must not be negative: it is the strength of the noise")
    return values


def channels_of(maps: InputMap, dt: float) -> Channels:
    """The projections between the populations, for the kernels."""
    tau_m = maps.column("tau_m")
    lags = [lags_of(c.delay.values, c.delay.weights, dt) for c in maps.channels]
    sizes = [lag.size for lag, _ in lags]
    return Channels(
        post=np.array([c.post for c in maps.channels], np.int64),
        pre=np.array([c.pre for c in maps.channels], np.int64),
        mean=np.array([tau_m[c.post] * c.in_degree * c.jump for c in maps.channels], float),
        variance=np.array([tau_m[c.post] * c.in_degree * c.square for c in maps.channels], float),
        tau_s=np.array([c.tau_s for c in maps.channels], float),
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        lag=np.concatenate([np.zeros(0, np.int64), *(lag for lag, _ in lags)]),
        weight=np.concatenate([np.zeros(0), *(weight for _, weight in lags)]),
    )
