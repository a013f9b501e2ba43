"""Gap junctions of a network as a graph of its coupled neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.coupling import Coupling, course_of
from rheobase.errors import ModelError
from rheobase.model.connect import AllToAll, Bernoulli
from rheobase.model.evaluate import evaluate
from rheobase.model.gap_junction import GapJunction
from rheobase.model.network import Network
from rheobase.numerics.chebyshev import coefficients, phi1
from rheobase.numerics.kernel import kernel
from rheobase.simulation.connections import drawn, rule_for
from rheobase.simulation.exchange import Link
from rheobase.simulation.plan import PopulationPlan
from rheobase.simulation.slices import Slice
from rheobase.simulation.wiring import draw_sources, draw_value

#: The fastest decay of a potential that is looked ahead for, over that at the start.
_STEEPEST = 1.5
#: Error of a potential after a step, over the span of the potentials.
_TOLERANCE = 1e-10
#: Gap junctions count from here in the random counters; projections stay below.
_FIRST_NUMBER = 2**20


@dataclass(frozen=True)
class Site:
    """The neurons of a population, coupled by one state through one input.

    Attributes
    ----------
    group, begin, size
        In which group of kernels the population stands, where it begins there, and how many neurons it has.
    node
        The number of its first neuron in the graph.
    """

    population: str
    group: int
    begin: int
    size: int
    node: int
    coupling: Coupling
    plan: PopulationPlan

    def values(self) -> NDArray[np.float64]:
        """The parameters that ``drift`` takes, one row each."""
        rows = [np.broadcast_to(self.plan.values[name], (self.size,)) for name in self.coupling.values]
        return np.array(rows, dtype=float).reshape(len(rows), self.size)

    def gain(self) -> NDArray[np.float64]:
        """How much faster each neuron's voltage rises for each unit of current."""
        gain = np.broadcast_to(np.asarray(evaluate(self.coupling.gain, self.plan.values), dtype=float), (self.size,))
        if not (np.all(np.isfinite(gain)) and np.all(gain > 0)):
            raise ModelError(
                f"the input of the gap junctions of population {self.population!r} does not raise "
                f"{self.coupling.voltage!r} in all neurons, as a current that flows in has to; look at its sign"
            )
        return gain

    def steepest(self, dt: float) -> float:
        """The fastest decay of a neuron's potential by itself at the start, per ms."""
        cell = self.plan.cell
        at = {
            **self.plan.values,
            **self.plan.start,
            "t": 0.0,
            "dt": dt,
            "i": np.arange(self.size),
            "not_refractory": 1.0,
        }
        at |= dict.fromkeys([*cell.draws, *(name for _, name in cell.courses)], 0.0)
        slope = np.asarray(evaluate(self.coupling.slope, at), dtype=float)
        return float(np.max(-slope, initial=0.0, where=np.isfinite(slope)))


def sites_of(network: Network, own: Slice) -> list[Site]:
    """Every population with gap junctions, with its place in the arrays of the slice and in the graph."""
    found: list[Site] = []
    node = 0
    for group, part in enumerate(own.groups):
        for plan, (_, begin, size, _, _) in zip(part.group.plans, part.constant.parts, strict=True):
            name = plan.population.name
            pairs = dict.fromkeys((j.voltage, j.target) for j in network.gap_junctions_of(name))
            _require_one_port(name, pairs)
            for voltage, target in pairs:
                coupling = Coupling(plan.cell, plan.build.layout.signature, voltage, course_of(plan.cell, target))
                found.append(Site(name, group, int(begin), int(size), node, coupling, plan))
                node += int(size)
    return found


def _require_one_port(population: str, pairs: Any) -> None:
    voltages = [voltage for voltage, _ in pairs]
    if len(set(voltages)) < len(voltages):
        raise ModelError(
            f"the gap junctions of population {population!r} use different inputs for one voltage; use one target"
        )


def link_of(network: Network, sites: Sequence[Site], seed: int, dt: float) -> Link:
    """The graph of all junctions, and what the exchange needs of the neurons."""
    at = {(site.population, site.coupling.voltage): site for site in sites}
    heads, tails, strengths = [], [], []
    for number, junction in enumerate(network.gap_junctions):
        pre, post, g = pairs_of(network, junction, number, seed)
        heads.append(pre + at[junction.pre, junction.voltage].node)
        tails.append(post + at[junction.post, junction.voltage].node)
        strengths.append(g)
    n = sum(site.size for site in sites)
    one, other = np.concatenate(heads + tails), np.concatenate(tails + heads)
    both = np.concatenate(strengths * 2)
    order = np.lexsort((other, one))
    starts = np.searchsorted(one[order], np.arange(n + 1)).astype(np.int64)
    speed = dt * np.concatenate([site.gain() for site in sites])
    total = np.bincount(one, weights=both, minlength=n)
    steepest = _STEEPEST * dt * max(site.steepest(dt) for site in sites)
    # Gershgorin: all eigenvalues of -Z lie below
    rho = max(steepest + 2.0 * float(np.max(speed * total, initial=0.0)), 1e-9)
    v, rates, slopes, active, current = (np.zeros(n) for _ in range(5))
    return Link(
        starts, other[order].astype(np.int32), both[order], speed, dt, -steepest / dt, 0.5 * rho,
        coefficients(phi1, rho, _TOLERANCE / max(1.0, rho)), v, rates, slopes, active, current, np.zeros((4, n)),
    )  # fmt: skip


def pairs_of(
    network: Network, junction: GapJunction, number: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The coupled pairs and their conductances; the same for a seed, whatever else is in the network."""
    n_pre, n_post, same = network[junction.pre].n, network[junction.post].n, junction.pre == junction.post
    rule, order = rule_for(junction.connect, n_pre, n_post, same, _FIRST_NUMBER + number, seed)
    value = drawn(junction.conductance, 1.0, order)
    out = np.empty(max(n_pre, int(rule.in_degree.max()), rule.listed.size, 1) + 4, np.int64)
    mark = np.zeros(n_pre, np.int64)
    once = same and isinstance(junction.connect, AllToAll | Bernoulli)
    count = _list_pairs(rule, n_post, out, mark, value, same, once, *_room(0))
    pre, post, g = _room(count)
    mark[:] = 0
    _list_pairs(rule, n_post, out, mark, value, same, once, pre, post, g)
    return pre, post, g


def _room(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    return np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)


@kernel
def _list_pairs(rule, n_post, out, mark, value, same, once, pre, post, g):
    """Fill in the pairs if there is room for them; returns how many there are."""
    count = 0
    for target in range(n_post):
        n = draw_sources(rule, target, out, mark)
        for j in range(n):
            source = out[j]
            if (same and source == target) or (once and source > target):
                continue
            if count < pre.size:
                pre[count], post[count] = source, target
                g[count] = value.a if value.kind == 0 else draw_value(value, rule, j, target, False)
            count += 1
    return count


def modules(sites: Sequence[Site]) -> list[ModuleType]:
    """The generated functions of each site."""
    return [site.coupling.load() for site in sites]


def arguments(sites: Sequence[Site], link: Link) -> tuple[Any, ...]:
    """What the driver is given besides: the link, and for each site its values and its share of the link's arrays."""
    shares = []
    for site in sites:
        span = slice(site.node, site.node + site.size)
        views = (link.v[span], link.rates[span], link.slopes[span], link.active[span])
        shares.append((site.values(), site.begin, views, link.current[span]))
    return (link, tuple(shares))
