r"""Mean and variance of what the neurons of a network receive, as maps of the rates: derived from the `Network`.

A presynaptic spike moves a membrane, in all, by ``J``: the weight for a delta synapse on the membrane; for a current
``J = c w tau_s`` if it decays exponentially and ``J = c w tau_s e`` if it is an alpha function, with ``c`` the slope of
``dv/dt`` in that current. With in-degree ``K``, independent Poisson spikes give

    mu_i = mu_0i + tau_m,i * sum_j K_ij <J_ij> rate_j,      sigma_i**2 = s_0i + tau_m,i * sum_j K_ij <J_ij**2> rate_j

(Amit & Brunel 1997; Brunel 2000), averages over the weights drawn. ``sigma`` is that of
`rheobase.population.neuron.lif`. The colour of each part enters as the shift ``(alpha/2) sqrt(tau_s/tau_m)`` of the
bounds, weighted by that part's share of the variance. In-degrees that differ between neurons of a population enter by
their mean. With conductance synapses the membranes themselves depend on the rates:
`rheobase.population.input.conductance`.

Amit DJ, Brunel N (1997), Model of global spontaneous activity and local structured activity during delay periods in the
cerebral cortex, Cereb Cortex 7:237.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.model.network import CurrentInput, Network, PoissonInput
from rheobase.population.input.channel import Channel, input_channel, projection_channel
from rheobase.population.input.conductance import Held, held
from rheobase.population.input.coverage import missing, ports_of
from rheobase.population.input.free_membrane import colour
from rheobase.population.input.sources import poisson_rate
from rheobase.population.neuron.lif import ALPHA
from rheobase.population.neuron.membrane import Membrane, NotCovered, membrane

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Drive:
    """What the neurons of each population receive: mean and noise strength (mV), shift of the scaled bounds; and the
    membranes as they are under that input, with effective time constants where there are conductance synapses.
    """

    mu: Array
    sigma: Array
    shift: Array
    membranes: tuple[Membrane, ...] = ()

    @property
    def tau_m(self) -> Array:
        """Effective membrane time constants, ms."""
        return np.array([m.tau_m for m in self.membranes], float)


@dataclass(frozen=True)
class Loads:
    """What conductances do besides adding to mean and variance, around the rates that a map is frozen at.

    Attributes
    ----------
    voltage : ndarray (n,)
        Mean of the free membrane, mV; nan where there are no conductances.
    tau : ndarray (n,)
        Time constant with which it moves, ms.
    leak : ndarray (n, n)
        What a unit of each rate adds to the leak, a pure number: 1/ms per kHz.
    variance, coloured : ndarray (n,)
        How variance and coloured variance change as the mean voltage, and with it the driving force, moves by 1 mV.
    """

    voltage: Array
    tau: Array
    leak: Array
    variance: Array
    coloured: Array


@dataclass(frozen=True)
class InputMap:
    """The maps from rates (kHz) to input statistics: linear, but for conductance synapses.

    Attributes
    ----------
    names, membranes
        One per population.
    mean, variance, coloured : ndarray (n, n)
        ``mu = mean_0 + mean @ rates`` (mV ms), ``sigma**2 = variance_0 + variance @ rates``, and the variance again
        with each part times ``sqrt(tau_s/tau_m)``. With conductance synapses this holds for the map that `frozen`
        returns, at the rates that it is frozen at.
    mean_0, variance_0, coloured_0 : ndarray (n,)
        From external inputs, Poisson sources and the neuron's own noise.
    channels
        The projections between the populations.
    sources
        Rates (kHz) of the populations that are Poisson processes, by name. They are not among ``names``.
    afferents
        The projections from them; ``pre`` counts ``sources``.
    inputs, input_rates
        The Poisson inputs, and the rate (kHz) of each; ``pre`` counts them.
    current : ndarray (n,)
        What constant currents add to ``dv/dt``, mV/ms.
    loads
        Effects of conductances around the rates of `frozen`; None before.
    """

    names: tuple[str, ...]
    membranes: tuple[Membrane, ...]
    mean: Array
    variance: Array
    coloured: Array
    mean_0: Array
    variance_0: Array
    coloured_0: Array
    channels: tuple[Channel, ...]
    sources: Mapping[str, float] = field(default_factory=dict)
    afferents: tuple[Channel, ...] = ()
    inputs: tuple[Channel, ...] = ()
    input_rates: tuple[float, ...] = ()
    current: Array = field(default_factory=lambda: np.zeros(0))
    loads: Loads | None = None

    @cached_property
    def has_conductances(self) -> bool:
        """Whether the membranes themselves depend on the rates."""
        return any(c.reversal is not None for c in (*self.channels, *self.afferents, *self.inputs))

    @cached_property
    def leaky(self) -> tuple[Array, Array, Array] | None:
        """Matrices, offsets and the neurons' constants in three arrays, for kernels; None unless this is all there is:
        leaky neurons without conductances.
        """
        if self.loads is not None or self.has_conductances or any(m.drift is not None for m in self.membranes):
            return None
        matrices = np.array([self.mean, self.variance, self.coloured], float)
        offsets = np.array([self.mean_0, self.variance_0, self.coloured_0], float)
        return matrices, offsets, np.ascontiguousarray(np.array([m.lif for m in self.membranes], float).T)

    @property
    def variance_slopes(self) -> tuple[Array, Array]:
        """Derivatives of ``sigma**2`` and of the coloured variance by the rates, driving forces included."""
        if self.loads is None:
            return self.variance, self.coloured
        by_mean = self.loads.variance[:, None] * self.mean, self.loads.coloured[:, None] * self.mean
        return self.variance + by_mean[0], self.coloured + by_mean[1]

    def drive(self, rates: Array) -> Drive:
        """Input statistics at these rates (kHz)."""
        local = self if self.loads is not None else self.frozen(rates)
        variance = local.variance_0 + local.variance @ rates
        coloured = local.coloured_0 + local.coloured @ rates
        share = np.divide(coloured, variance, out=np.zeros_like(variance), where=variance > 0.0)
        return Drive(
            local.mean_0 + local.mean @ rates, np.sqrt(np.maximum(variance, 0.0)), 0.5 * ALPHA * share, local.membranes
        )

    def frozen(self, rates: Array) -> InputMap:
        """The linear map around these rates (kHz): the membranes under their conductances, driving forces at the mean.

        Itself, where there are no conductance synapses.
        """
        if self.loads is not None or not self.has_conductances:
            return self
        return _frozen(self, np.asarray(rates, float))

    def heard(self, k: int, rates: Array) -> list[tuple[Channel, float, str]]:
        """All that population ``k`` receives spikes from: the channel, its presynaptic rate (kHz), where it is from."""
        given = list(self.sources.items())
        found = [(c, float(rates[c.pre]), f"'{self.names[c.pre]}'") for c in self.channels if c.post == k]
        found += [(c, given[c.pre][1], f"'{given[c.pre][0]}'") for c in self.afferents if c.post == k]
        return found + [(c, self.input_rates[c.pre], "the Poisson input") for c in self.inputs if c.post == k]

    def column(self, field: str) -> Array:
        """A field of all membranes as an array."""
        return np.array([getattr(m, field) for m in self.membranes], float)


def input_map(network: Network) -> InputMap:
    """The maps from rates to input statistics of a network that the theory covers.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    """
    reasons = missing(network)
    if reasons:
        raise NotCovered("the theory does not cover this network yet:\n  " + "\n  ".join(reasons))
    sources = _sources(network)
    names = tuple(population.name for population in network.populations if population.name not in sources)
    if not names:
        raise NotCovered("all populations are Poisson processes; their rates are given")
    membranes = tuple(membrane(network[name], ports_of(network, name)) for name in names)
    given = [(x, names.index(x.population)) for x in network.inputs if x.population in names]
    poisson = [(x, k) for x, k in given if isinstance(x, PoissonInput)]
    inputs = tuple(input_channel(x, i, k, membranes[k]) for i, (x, k) in enumerate(poisson))
    empty = np.zeros(0)
    bare = InputMap(
        names, membranes, empty, empty, empty, empty, empty, empty,
        channels=_channels(network, names, names, membranes), sources=sources,
        afferents=_channels(network, tuple(sources), names, membranes), inputs=inputs,
        input_rates=tuple(float(np.mean(x.rate)) for x, _ in poisson),
        current=_current([(x, k) for x, k in given if isinstance(x, CurrentInput)], membranes),
    )  # fmt: skip
    return _with_matrices(bare)


def with_current(maps: InputMap, current: Array) -> InputMap:
    """The same map with other constant currents (``dv/dt``, mV/ms)."""
    return _with_matrices(replace(maps, current=np.asarray(current, float)))


def _sources(network: Network) -> dict[str, float]:
    """The populations that are Poisson processes, and their rates (kHz)."""
    rates = {p.name: poisson_rate(p, ports_of(network, p.name)) for p in network.populations}
    return {name: rate for name, rate in rates.items() if rate is not None}


def _channels(
    network: Network, pre: tuple[str, ...], post: tuple[str, ...], membranes: tuple[Membrane, ...]
) -> tuple[Channel, ...]:
    """The projections from some populations to others."""
    return tuple(
        projection_channel(network, projection, pre.index(projection.pre), post.index(projection.post), membranes)
        for projection in network.projections
        if projection.pre in pre and projection.post in post
    )


def _current(currents: list[tuple[CurrentInput, int]], membranes: tuple[Membrane, ...]) -> Array:
    total = np.zeros(len(membranes))
    for item, k in currents:
        total[k] += membranes[k].slopes[item.target] * float(np.mean(item.amplitude))
    return total


def _with_matrices(maps: InputMap) -> InputMap:
    """The same with mean, variance and coloured variance of its channels, whatever their driving force is."""
    tau_m = maps.column("tau_m")
    given = np.array([*maps.sources.values()], float), np.array(maps.input_rates, float)
    own = np.array([tau_m * maps.current, tau_m * maps.column("noise") ** 2, np.zeros(tau_m.size)])
    for channels, rates in zip((maps.afferents, maps.inputs), given, strict=True):
        own += np.array([matrix @ rates for matrix in _matrices(channels, tau_m, rates.size)])
    mean, variance, coloured = _matrices(maps.channels, tau_m, len(maps.names))
    return replace(
        maps, mean=mean, variance=variance, coloured=coloured, mean_0=own[0], variance_0=own[1], coloured_0=own[2]
    )


def _matrices(channels: tuple[Channel, ...], tau_m: Array, n_pre: int) -> tuple[Array, Array, Array]:
    """What a unit of each presynaptic rate adds to mean, variance and coloured variance."""
    mean, variance, coloured = (np.zeros((tau_m.size, n_pre)) for _ in range(3))
    for c in channels:
        part = tau_m[c.post] * c.in_degree
        mean[c.post, c.pre] += part * c.jump
        variance[c.post, c.pre] += part * c.square
        coloured[c.post, c.pre] += part * c.square * colour(tau_m[c.post], c.tau_s, c.poles)
    return mean, variance, coloured


def _frozen(maps: InputMap, rates: Array) -> InputMap:
    states = [_held(maps, k, rates) for k in range(len(maps.names))]
    voltage = np.array([state.voltage for state in states])
    moved = {
        name: tuple(c.at(voltage[c.post]) for c in getattr(maps, name)) for name in ("channels", "afferents", "inputs")
    }
    local = _with_matrices(replace(maps, membranes=tuple(state.membrane for state in states), **moved))
    mean_0 = local.mean_0.copy()
    for k, m in enumerate(local.membranes):
        if m.drift is None and np.isfinite(voltage[k]):  # counted from the rest, not from the mean voltage
            mean_0[k] = voltage[k] - m.v_rest - local.mean[k] @ rates
    return replace(local, mean_0=mean_0, loads=_loads(local, states, rates))


def _held(maps: InputMap, k: int, rates: Array) -> Held:
    heard = [(c, rate) for c, rate, _ in maps.heard(k, rates)]
    m = maps.membranes[k]
    if all(c.reversal is None for c, _ in heard):
        return Held(m, np.nan, m.tau_m, 0.0)
    currents = maps.current[k] + sum(c.in_degree * rate * c.jump for c, rate in heard if c.reversal is None)
    return held(m, float(currents), heard)


def _loads(local: InputMap, states: list[Held], rates: Array) -> Loads:
    n, tau_m = len(states), local.column("tau_m")
    leak, variance, coloured = np.zeros((n, n)), np.zeros(n), np.zeros(n)
    for c in local.channels:
        leak[c.post, c.pre] += c.in_degree * c.leak
    tau = np.array([state.tau for state in states])
    for k in range(n):
        for c, rate, _ in local.heard(k, rates):
            if c.reversal is not None:
                part = -2.0 * tau[k] * c.in_degree * rate * c.charges[1] * c.force
                variance[k] += part
                coloured[k] += part * colour(tau_m[k], c.tau_s, c.poles)
    return Loads(np.array([state.voltage for state in states]), tau, leak, variance, coloured)
