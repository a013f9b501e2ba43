"""How the populations of a Fokker-Planck equation begin: in their stationary state, at a voltage, or with a density."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root

from rheobase.model.distribution import Uniform
from rheobase.model.errors import ModelError
from rheobase.model.network import nearest
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read, shown
from rheobase.numerics.scharfetter_gummel import stationary_density
from rheobase.population.density.fokker_planck_grid import Nodes
from rheobase.population.input.statistics import InputMap
from rheobase.population.neuron.membrane import Membrane
from rheobase.population.states.fixed_points import fixed_points, settle

Array = NDArray[np.float64]

STATIONARY = "stationary"
_REACH = 8.0


@dataclass(frozen=True, eq=False)
class Start:
    """Densities at the nodes, and the rates (kHz) that all populations had before time 0."""

    densities: tuple[Array, ...]
    rates: Array


def at_time_zero(maps: InputMap, mu: Array, variance: Array) -> InputMap:
    """The maps with what comes from outside as it is at one time."""
    return replace(maps, mean_0=mu, variance_0=variance)


def rates_from_theory(maps: InputMap, needed: bool) -> Array:
    """Stationary rates (kHz), those reached from silence; zeros if there are none and they are not ``needed``."""
    rates = settle(maps, np.zeros(len(maps.names)))
    if rates is None:
        rates = next(iter(fixed_points(maps)), None)
    if rates is None and needed:
        raise ModelError(
            "the network has no stationary state to start from: the recurrent excitation may outgrow every rate; start "
            "somewhere else, such as initial='-60 mV', or weaken the excitatory weights"
        )
    return np.zeros(len(maps.names)) if rates is None else np.asarray(rates, float)


def is_stationary(initial: Any) -> bool:
    """Whether this is the stationary state; other texts are voltages."""
    return isinstance(initial, str) and initial == STATIONARY


def of_each(maps: InputMap, initial: Any) -> list[Any]:
    """What is asked for, for each population."""
    if isinstance(initial, Mapping):
        for name in initial:
            if name not in maps.names:
                raise ModelError(f"initial: there is no population {name!r}{nearest(str(name), maps.names)}")
        absent = [name for name in maps.names if name not in initial]
        if absent:
            raise ModelError(f"initial: nothing is said of population {absent[0]!r}")
        initial = [initial[name] for name in maps.names]
    else:
        initial = [initial] * len(maps.names)
    stationary = [is_stationary(one) for one in initial]
    if any(stationary) and not all(stationary):
        raise ModelError("initial: either all populations are stationary at first, or none")
    return initial


def reach(neuron: Neuron, m: Membrane, initial: Any, width: float) -> float:
    """The lowest place that a population's initial state needs; infinite if it does not say."""
    if callable(initial) or is_stationary(initial):
        return np.inf
    if isinstance(initial, Uniform):
        return float(read(neuron, m.voltage, initial.low)) - width
    centre, spread = _centre(neuron, m.voltage, initial)
    return centre - _REACH * max(spread, width)


def _centre(neuron: Neuron, voltage: str, initial: Any) -> tuple[float, float]:
    """Mean and standard deviation of a normal density; 0 for all neurons at one place."""
    if isinstance(initial, tuple | list):
        if len(initial) != 2:
            raise ModelError("initial: a normal density is given by its mean and its standard deviation, (mean, sd)")
        return float(read(neuron, voltage, initial[0])), abs(float(read(neuron, voltage, initial[1])))
    try:
        return float(read(neuron, voltage, initial)), 0.0
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"initial = {initial!r} is not understood; give 'stationary', a voltage, (mean, sd), Uniform(low, high), "
            f"or a function of v: {error}"
        ) from None


def given(neuron: Neuron, m: Membrane, nodes: Nodes, initial: Any) -> Array:
    """The density that a caller asks for, at the nodes below threshold; its integral is 1."""
    v, name = nodes.v[:-1], m.voltage
    if callable(initial):
        values = _numbers(initial(shown(neuron, name, v)))
        if values.shape != v.shape or not np.all(np.isfinite(values)) or np.any(values < 0.0):
            raise ModelError("initial: the function must give a density, finite and not negative, for an array of v")
    elif isinstance(initial, Uniform):
        values = _uniform(nodes, *(float(read(neuron, name, end)) for end in (initial.low, initial.high)))
    else:
        centre, spread = _centre(neuron, name, initial)
        if centre >= nodes.v[-1]:
            raise ModelError(f"initial: {shown(neuron, name, centre):g} is not below the threshold")
        values = _point(nodes, centre) if spread == 0.0 else np.exp(-0.5 * ((v - centre) / spread) ** 2)
    mass = float(values @ nodes.volume)
    if not mass > 0.0:
        raise ModelError("initial: the density is zero everywhere below the threshold")
    return values / mass


def _numbers(values: Any) -> Array:
    """What a user's function gives, as numbers; not-a-number for what is none."""
    if np.iscomplexobj(values):
        return np.full(np.shape(values), np.nan)
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        return np.array(np.nan)


def _uniform(nodes: Nodes, low: float, high: float) -> Array:
    """A uniform density, averaged over the cell of each node: some are large."""
    if not low < high <= nodes.v[-1]:
        raise ModelError("initial: a uniform density must end above where it begins, and not above the threshold")
    ends = np.concatenate([[nodes.v[0]], 0.5 * (nodes.v[1:] + nodes.v[:-1])])
    return np.asarray(np.diff(np.clip(ends, low, high)) / np.diff(ends), float)


def _point(nodes: Nodes, place: float) -> Array:
    """All mass at one place, shared by the two nodes beside it so that the mean is right."""
    k = int(np.clip(np.searchsorted(nodes.v, place, side="right") - 1, 0, nodes.drift.size - 1))
    share = (place - nodes.v[k]) / (nodes.v[k + 1] - nodes.v[k])
    values = np.zeros(nodes.drift.size)
    values[k] = (1.0 - share) / nodes.volume[k]
    if k + 1 < values.size:
        values[k + 1] = share / nodes.volume[k + 1]
    return values


def stationary_start(maps: InputMap, nodes: tuple[Nodes, ...], rates: Array) -> Start:
    """The stationary state of the discrete equations, found from the rates of the theory (kHz)."""

    def shapes(r: Array) -> list[tuple[Array, float]]:
        mu, variance = maps.mean_0 + maps.mean @ r, maps.variance_0 + maps.variance @ r
        return [_stationary(m, n, *x) for m, n, *x in zip(maps.membranes, nodes, mu, variance, strict=True)]

    def surplus(r: Array) -> Array:
        return np.array([rate for _, rate in shapes(np.maximum(r, 0.0))]) - r

    scale = np.max(rates, initial=0.0)
    if maps.channels and scale > 0.0:
        found = root(lambda x: surplus(x * scale) / scale, rates / scale, tol=1e-14)
        rates = np.maximum(found.x, 0.0) * scale if np.all(np.isfinite(found.x)) else rates
    settled = shapes(rates)
    return Start(tuple(density for density, _ in settled), np.array([rate for _, rate in settled]))


def _stationary(m: Membrane, nodes: Nodes, mu: float, variance: float) -> tuple[Array, float]:
    """Density and rate (kHz) of the discrete equations of one population."""
    density, through = stationary_density(
        np.diff(nodes.v), nodes.drift, nodes.bend, nodes.drift.size, nodes.reset, mu / m.tau_m, 0.5 * variance / m.tau_m
    )
    whole = float(nodes.volume @ density) + through * m.t_ref
    return density / whole, through / whole
