r"""The balanced state: strong excitation and inhibition that cancel, so that the rates follow from the weights alone.

With ``K`` inputs of size ``J ~ 1/sqrt(K)`` a neuron's mean input is of order ``sqrt(K)`` unless it cancels, while its
threshold is of order 1. So to leading order (van Vreeswijk & Sompolinsky 1996, Science 274:1724; 1998, Neural Comput
10:1321, eqs. 4.1 - 4.3)

    tau_m sum_j K_ij <J_ij> r_j + mu_ext,i = 0        for every population i:  r = -A^-1 mu_ext.

The neurons' own properties enter at the next order: to fire at ``r`` in the noise that ``r`` makes, population ``i``
needs a mean input ``u_i`` of order 1, which the imperfect cancellation gives:

    r(K) = -A^-1 (mu_ext - u) + O(1/K),     ``A ~ sqrt(K)``: it differs from the balanced rates by ``1/sqrt(K)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import AllToAll, Bernoulli, Connectivity, FixedIndegree, FixedTotalNumber
from rheobase.model.distribution import Distribution
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network
from rheobase.population.input.input_map import InputMap, input_map
from rheobase.population.neuron.any_neuron import rates as neuron_rates
from rheobase.population.states.fixed_points import settle

Array = NDArray[np.float64]

_SINGULAR = 1e-12
_SOURCES = (
    "van Vreeswijk C, Sompolinsky H (1996), Science 274:1724; (1998), Neural Comput 10:1321 (balanced state)",
    "Renart A, de la Rocha J, Bartho P, Hollender L, Parga N, Reyes A, Harris KD (2010), Science 327:587 (order of K)",
)


@dataclass(frozen=True)
class BalancedState:
    """The rates at which excitation and inhibition cancel.

    Attributes
    ----------
    populations : tuple of str
    rates : ndarray
        Hz, to leading order; a negative one says that there is no balanced state in which all populations fire.
    next_order : ndarray
        Hz, with the correction of order ``1/sqrt(K)``; nan where there is none.
    needed : ndarray
        The mean input (mV) of order 1 at which each population fires at ``rates``.
    excitation : ndarray
        What excites each population at these rates, outside and inside together (mV): inhibition cancels it.
    exists : bool
        Whether all rates are positive.
    stable : bool
        Whether, without delays, small departures from balance decay as ``K`` grows.
    status : str
        Existence and stability in a sentence each.
    """

    populations: tuple[str, ...]
    rates: Array
    next_order: Array
    needed: Array
    excitation: Array
    exists: bool
    stable: bool
    status: str

    def summary(self) -> str:
        """A line for each population, and the status."""
        width = max(10, *(len(name) for name in self.populations))
        lines = [f"{'population':<{width}}  balanced (Hz)  next order (Hz)  mean needed (mV)  excitation (mV)"]
        columns = (self.rates, self.next_order, self.needed, self.excitation)
        for name, *row in zip(self.populations, *columns, strict=True):
            lines.append("{:<{w}}  {:>13}  {:>15}  {:>16}  {:>15}".format(name, *map(_shown, row), w=width))
        return "\n".join([*lines, self.status])

    def __str__(self) -> str:
        return self.summary()

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(_SOURCES)

    def plot(self) -> Any:
        """Rates to both orders, and the inputs that cancel."""
        from rheobase.plot.balanced import balanced_state as draw

        return draw(self)


def _shown(value: float) -> str:
    return f"{value:.5g}" if np.isfinite(value) else "-"


def balanced_state(network: Network) -> BalancedState:
    """The rates at which a network's mean inputs cancel to leading order in ``1/sqrt(K)``.

    Parameters
    ----------
    network
        One that the theory covers, with currents or jumps as synapses. All that is outside counts as of order
        ``sqrt(K)``.

    Raises
    ------
    NotCovered
        If the theory does not cover the network.
    ModelError
        If the connections do not determine the rates, or synapses are conductances.

    Examples
    --------
    >>> import rheobase as rb
    >>> from rheobase.population.reduced.balanced import balanced_state
    >>> cells = rb.Population(rb.library.lif(), 1000, "I")
    >>> inhibition = rb.Projection("I", "I", rb.FixedIndegree(400), "-0.5 mV", "1 ms")
    >>> network = rb.Network(cells, [inhibition], [rb.PoissonInput("I", "10 Hz", "0.5 mV", n=800)])
    >>> float(balanced_state(network).rates[0])
    20.0
    """
    maps = input_map(network)
    rates = _cancelling(maps)
    exists, n = bool(np.all(rates > 0.0)), rates.size
    needed, corrected, stable = np.full(n, np.nan), np.full(n, np.nan), False
    growth = np.nan
    if exists:
        needed = _needed(maps, rates)
        corrected = rates + np.linalg.solve(maps.mean, needed)
        growth = _growth(maps, rates, needed)
        stable = growth < 0.0
    excitation = np.maximum(maps.mean, 0.0) @ np.maximum(rates, 0.0) + np.maximum(maps.mean_0, 0.0)
    return BalancedState(
        maps.names, rates * 1e3, corrected * 1e3, needed, excitation, exists, stable,
        _status(maps.names, rates, growth),
    )  # fmt: skip


def _cancelling(maps: InputMap) -> Array:
    """Rates (kHz) at which ``mean_0 + mean @ rates`` vanishes."""
    if maps.has_conductances:
        raise ModelError(
            "the balanced state is that of inputs that add up; with conductance synapses the driving force balances "
            "them whatever the rates are. Use current synapses, or population.steady_state"
        )
    values = np.linalg.svd(maps.mean, compute_uv=False)
    if values[-1] <= _SINGULAR * values[0]:
        raise ModelError(
            "the connections do not determine the balanced rates: populations that receive the same mix of inputs, or "
            "no recurrent input at all, leave the cancellation open. Give them different weights or in-degrees, or "
            "join populations of like neurons"
        )
    return np.asarray(np.linalg.solve(maps.mean, 0.0 - maps.mean_0), float)


def _needed(maps: InputMap, rates: Array) -> Array:
    """The mean input (mV) at which each population fires at these rates, in the noise that they make: by bisection."""
    drive = maps.drive(rates)
    span = maps.column("v_th") - maps.column("v_reset")
    low, high = -span, span.copy()

    def fires(mu: Array) -> Array:
        return neuron_rates(maps.membranes, mu, drive.sigma, drive.shift).rate

    for _ in range(60):
        short = fires(high) < rates
        high[short] += 2.0 * (high - low)[short]
        over = fires(low) > rates
        low[over] -= 2.0 * (high - low)[over]
        if not (short.any() or over.any()):
            break
    else:
        slow = [name for name, late in zip(maps.names, fires(high) < rates, strict=True) if late]
        raise ModelError(
            f"no input makes {', '.join(slow)} fire at the balanced rate: the refractory time does not allow it; "
            "weaken what drives them, or shorten it"
        )
    for _ in range(90):
        middle = 0.5 * (low + high)
        below = fires(middle) < rates
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


def _growth(maps: InputMap, rates: Array, needed: Array) -> float:
    """Fastest growth (1/ms) of departures from balance, ``tau dr/dt = gain A r``: the sign is what counts."""
    drive = maps.drive(rates)
    gain = neuron_rates(maps.membranes, needed, drive.sigma, drive.shift).d_mu
    return float(np.max(np.linalg.eigvals(gain[:, None] * maps.mean / maps.column("tau_m")[:, None]).real))


def _status(names: tuple[str, ...], rates: Array, growth: float) -> str:
    if not np.all(rates > 0.0):
        lost = ", ".join(name for name, rate in zip(names, rates, strict=True) if not rate > 0.0)
        return (
            f"There is no balanced state in which all fire: the rates that cancel the mean input are not positive for "
            f"{lost}. For one excitatory and one inhibitory population it takes E/I > J_E/J_I > 1, each the drive or "
            "the weight of inhibition over that of excitation as the first and the second population receive it."
        )
    if growth < 0.0:
        return (
            "There is a balanced state in which all populations fire, at rates that the weights determine. Small "
            "departures from it decay if delays are short against them (every eigenvalue of the connections, weighted "
            "by the gains, has a negative real part); with delays see the modes of steady_state."
        )
    return (
        "There are rates at which the mean inputs cancel, but departures from them grow: inhibition is too weak or too "
        "slow (an eigenvalue of the connections, weighted by the gains, has a positive real part)."
    )


@dataclass(frozen=True)
class BalanceScan:
    """Self-consistent rates of a family of networks with more and more synapses, ``J ~ 1/sqrt(K)``.

    Attributes
    ----------
    balanced : BalancedState
        Where they converge to.
    factors : ndarray (k,)
        By how much the in-degrees are multiplied.
    rates : ndarray (k, n)
        Hz; nan where no self-consistent state was reached.
    distance : ndarray (k, n)
        ``rates - balanced``, Hz.
    slopes : ndarray (n,)
        ``d ln |distance| / d ln K`` between the two largest: -1/2 by theory.
    status : str
        A sentence.
    """

    balanced: BalancedState
    factors: Array
    rates: Array
    distance: Array
    slopes: Array
    status: str

    def summary(self) -> str:
        """A line for each factor, and the status."""
        names = "  ".join(f"{name:>10}" for name in self.balanced.populations)
        lines = [f"{'K times':>10}  {names}   (Hz)"]
        for factor, row in zip([*self.factors, np.inf], [*self.rates, self.balanced.rates], strict=True):
            lines.append(f"{factor:10.5g}  " + "  ".join(f"{_shown(rate):>10}" for rate in row))
        return "\n".join([*lines, self.status])

    def __str__(self) -> str:
        return self.summary()

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return self.balanced.cite()

    def plot(self) -> Any:
        """Rates against the number of synapses, and their distance to the balanced ones."""
        from rheobase.plot.balanced import balance_scan as draw

        return draw(self)


def balance_scan(network: Network, factors: Sequence[float] = (1, 4, 16, 64, 256)) -> BalanceScan:
    """Self-consistent rates of networks with ``factor`` times as many synapses, each ``1/sqrt(factor)`` as strong.

    Parameters
    ----------
    network
        The network at factor 1, with a balanced state.
    factors
        Positive, rising.

    Raises
    ------
    ModelError
        If there is no balanced state, or a connectivity cannot be scaled.
    """
    try:
        sizes = np.asarray(factors, float)
    except (TypeError, ValueError):
        sizes = np.zeros(0)
    if sizes.ndim != 1 or sizes.size < 2 or not np.all(np.diff(sizes, prepend=0.0) > 0.0) or np.isinf(sizes[-1]):
        raise ModelError("factors has to be at least two positive numbers, each larger than the one before")
    balanced = balanced_state(network)
    if not balanced.exists:
        raise ModelError(balanced.status)
    rows = []
    for factor in sizes:
        found = _settled(input_map(scaled(network, float(factor))), balanced, float(factor))
        rows.append(np.full(balanced.rates.size, np.nan) if found is None else found * 1e3)
    rates = np.array(rows)
    distance = rates - balanced.rates
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.diff(np.log(np.abs(distance[-2:])), axis=0)[0] / np.diff(np.log(sizes[-2:]))[0]
    lost = int(np.isnan(rates).any(axis=1).sum())
    shown = ", ".join(f"{slope:.3f} ({name})" for name, slope in zip(balanced.populations, slopes, strict=True))
    status = f"The distance to the balanced rates falls like K to the power of {shown}; theory: -1/2."
    status += f" In {lost} of {sizes.size} networks no self-consistent state was reached." if lost else ""
    return BalanceScan(balanced, sizes, rates, distance, slopes, status)


def _settled(maps: InputMap, balanced: BalancedState, factor: float) -> Array | None:
    """Self-consistent rates (kHz) near the balanced ones.

    The start is the next order, of which the distance falls like the root of ``factor``: from the balanced rates
    themselves, where the input has cancelled, no neuron of a large network fires.
    """
    expected = balanced.rates + (balanced.next_order - balanced.rates) / np.sqrt(factor)
    for start in (expected, balanced.rates):
        if np.all(start > 0.0) and (found := settle(maps, start * 1e-3)) is not None:
            return found
    return None


def scaled(network: Network, factor: float) -> Network:
    """The network with ``factor`` times the neurons and synapses a neuron, each ``1/sqrt(factor)`` as strong.

    In-degrees and sizes are rounded to whole numbers; weights make up for what that changes. Currents become
    ``sqrt(factor)`` times as strong, as what ``factor`` times as many sources give. Rates of Poisson inputs and
    probabilities of connection stay.

    Raises
    ------
    ModelError
        If a connectivity is given synapse by synapse.
    """
    grown = {p.name: max(1, round(p.n * factor)) for p in network.populations}
    populations = [p.with_(n=grown[p.name]) for p in network.populations]
    projections = []
    for p in network.projections:
        size, target = grown[p.pre] / network[p.pre].n, grown[p.post] / network[p.post].n
        connect, more = _grown(p.connect, size, target, f"the projection from '{p.pre}' to '{p.post}'")
        projections.append(replace(p, connect=connect, weight=_times(p.weight, 1.0 / np.sqrt(more))))
    inputs = []
    for item in network.inputs:
        if isinstance(item, CurrentInput):
            inputs.append(replace(item, amplitude=np.sqrt(factor) * np.asarray(item.amplitude)))
            continue
        n = max(1, round(item.n * factor))
        inputs.append(replace(item, n=n, weight=_times(item.weight, float(np.sqrt(item.n / n)))))
    return network.with_(populations=populations, projections=projections, inputs=inputs)


def _grown(rule: Connectivity, size: float, target: float, where: str) -> tuple[Connectivity, float]:
    """The rule with more synapses, and how many times more each neuron has then."""
    match rule:
        case FixedIndegree(k) if k > 0:
            new = max(1, round(k * size))
            return replace(rule, k=new), new / k
        case FixedTotalNumber(n) if n > 0:
            new = max(1, round(n * size * target))
            return replace(rule, n=new), new / n / target
        case Bernoulli() | AllToAll():
            return rule, size
        case FixedIndegree() | FixedTotalNumber():
            return rule, 1.0
        case _:
            raise ModelError(
                f"{where} is given synapse by synapse, so that it cannot be scaled; use FixedIndegree, "
                "FixedTotalNumber, Bernoulli or AllToAll"
            )


def _times(weight: Any, factor: float) -> Any:
    """Weights, all times a positive factor."""
    if isinstance(weight, Distribution):
        return replace(weight, **{name: None if x is None else x * factor for name, x in vars(weight).items()})
    return weight * factor
