r"""The drift of a neuron with one membrane state: ``dv/dt = f(v) + sum of slope * input + noise``, for any ``f``.

Read off a user's equations. What spikes, currents and noise add to ``dv/dt`` has to be the same at every ``v``; ``f``
may be anything that pulls up from below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.compile.rhs import right_hand_side
from rheobase.model.derivative import differentiate
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Expression, names, substitute
from rheobase.model.neuron import Neuron
from rheobase.numerics.first_passage import Interval
from rheobase.numerics.piecewise import Piecewise
from rheobase.population.neuron.affine import NotAffine
from rheobase.units import Dimension

Array = NDArray[np.float64]

_TIME_DEPENDENT = frozenset({"t", "lastspike", "not_refractory", "i", "N", "dt"})
_CAPACITANCES, _LEAKS = ("C_m", "C", "Cm"), ("g_L", "g_l", "gL", "g_leak")


@dataclass(frozen=True, eq=False)
class Drift:
    """``f(v)`` of a neuron, mV/ms (or 1/ms), for its parameters ``values`` in the order of ``neuron.parameters``."""

    neuron: Neuron
    voltage: str
    values: tuple[Any, ...]

    def __call__(self, v: ArrayLike) -> Array:
        v = np.asarray(v, float)
        return self._vector(self.states(v), self.values, 0.0)[self.neuron.states.index(self.voltage)]

    def states(self, v: Any) -> list[Any]:
        """All states of the neuron: ``v``, and 0 for those that spikes raise."""
        return [v if name == self.voltage else np.zeros_like(v) for name in self.neuron.states]

    @lru_cache(maxsize=64)  # noqa: B019 - a frozen value, as Interval, so that what is known of the interval is shared
    def interval(self, reset: float, threshold: float) -> Interval:
        """This drift between a reset and a threshold, for threshold integration."""
        return Interval(self, reset, threshold)

    @cached_property
    def _vector(self):
        return right_hand_side(self.neuron, "numpy")


@lru_cache(maxsize=128)
def drift_of(neuron: Neuron, voltage: str, values: tuple[Any, ...]) -> Drift:
    """The one drift of all populations of alike neurons: what is computed for one holds for the others."""
    return Drift(neuron, voltage, values)


@dataclass(frozen=True)
class Loaded:
    """The drift of a neuron with a conductance beside it: ``f(v) - leak (v - towards)``.

    ``bare`` is the neuron's own; leak in 1/ms, voltage in mV.
    """

    bare: Interval
    leak: float
    towards: float

    def __call__(self, v: ArrayLike) -> Array:
        v = np.asarray(v, float)
        return np.asarray(self.bare.drift(v) - self.leak * (v - self.towards), float)

    def interval(self, reset: float, threshold: float) -> Interval:
        """As `Drift.interval`; the neuron's own drift is not made into polynomials again."""
        return _LoadedInterval(self, reset, threshold)


class _LoadedInterval(Interval):
    @lru_cache(maxsize=64)  # noqa: B019 - as in Interval
    def pieces(self, depth: int) -> Piecewise:
        load = self.drift
        assert isinstance(load, Loaded)
        bare = load.bare.pieces(depth)
        low, high = bare.edges[:-1], bare.edges[1:]
        coefficients = bare.coefficients.copy()
        coefficients[:, 0] -= load.leak * (0.5 * (low + high) - load.towards)
        coefficients[:, 1] -= load.leak * 0.5 * (high - low)
        return Piecewise(bare.edges, coefficients)


def additive_slopes(neuron: Neuron, voltage: str, wanted: tuple[str, ...], values: Mapping[str, float]) -> dict:
    """What a unit of each name adds to ``dv/dt``: mV/ms per unit.

    Raises
    ------
    NotAffine
        If it is not the same at every ``v`` and for every value of the others.
    """
    tree = inlined(neuron, voltage)
    changing = sorted(names(tree) & _TIME_DEPENDENT)
    if changing:
        raise NotAffine(f"has a d{voltage}/dt that depends on '{changing[0]}'")
    slopes = {}
    for name in wanted:
        slope = differentiate(tree, name, {})
        varies = sorted(names(slope) & {*neuron.states, *wanted})
        if varies:
            raise NotAffine(f"multiplies '{name}' by something that depends on '{varies[0]}'")
        slopes[name] = float(evaluate(slope, {key: values[key] for key in names(slope)}))
    return slopes


def require_one_state(neuron: Neuron, voltage: str) -> None:
    """Refuse a second state that ``dv/dt`` depends on and that is not a filter of spikes: one that ``v`` acts on."""
    for equation in neuron.equations.differential:
        if equation.name != voltage and voltage in names(inlined(neuron, equation.name)):
            raise NotAffine(
                f"has a second state '{equation.name}' that '{voltage}' acts on. Simulate it, or, if it is a slow "
                "adaptation, replace it by its mean: population.mean_adaptation(...)"
            )


def require_finite(drift: Drift, reset: float, threshold: float) -> None:
    """Refuse a drift that has a pole, or no value, between the threshold and as far below the reset."""
    try:
        drift.interval(reset, threshold).pieces(0)
    except ArithmeticError as reason:
        what = str(reason).removeprefix("the function ")
        raise NotAffine(
            f"has a d{drift.voltage}/dt that {what} (mV, or 1 for plain numbers), where '{drift.voltage}' has to pass: "
            "write one that is finite below the threshold"
        ) from None


def falls_away(drift: Drift, reset: float, threshold: float) -> bool:
    """Whether the drift pulls down far below the reset, the more the farther, so that no input holds the neuron."""
    v = reset - (threshold - reset) * np.array([2.0**10, 2.0**12, 2.0**14])
    with np.errstate(all="ignore"):
        pull = drift(v)
    return bool(np.all(pull < 0.0) and np.all(np.diff(pull) < 0.0))


def used_names(neuron: Neuron, voltage: str) -> frozenset[str]:
    """The names that the membrane equation uses, also through intermediate quantities."""
    return names(inlined(neuron, voltage))


def inlined(neuron: Neuron, voltage: str) -> Expression:
    """The right-hand side of the voltage with all intermediate quantities put in."""
    known: dict[str, Expression] = {}
    for equation in neuron.equations.subexpressions:
        assert equation.expression is not None
        known[equation.name] = substitute(equation.expression, known)
    tree = neuron.equations[voltage].expression
    assert tree is not None
    return substitute(tree, known)


def time_constant(neuron: Neuron, values: Mapping[str, float], drift: Drift, interval: Interval) -> tuple[float, str]:
    """The membrane time constant (ms) that scales noise and mean input, and where it is from.

    ``tau_m`` or ``tau`` if the neuron has a parameter of this name and dimension; else ``C/g_L``; else that of small
    deviations from the lowest stable rest; else 1 ms. The physics does not depend on this choice, the meaning of
    ``mu`` and ``sigma`` does.
    """
    time = Dimension.of(time=1)
    for name in ("tau_m", "tau"):
        if name in values and neuron.equations.dimension_of(name) == time:
            return values[name], name
    for capacitance in _CAPACITANCES:
        for leak in _LEAKS:
            if {capacitance, leak} <= values.keys() and _ratio(neuron, capacitance, leak) == time:
                return values[capacitance] / values[leak], f"{capacitance}/{leak}"
    return _of_rest(drift, interval)


def _ratio(neuron: Neuron, above: str, below: str) -> Dimension:
    return neuron.equations.dimension_of(above) / neuron.equations.dimension_of(below)


def _of_rest(drift: Drift, interval: Interval) -> tuple[float, str]:
    v = np.linspace(interval.reset - 4.0 * (interval.threshold - interval.reset), interval.threshold, 4001)
    with np.errstate(all="ignore"):
        f = drift(v)
    falls = np.flatnonzero((f[:-1] > 0.0) & (f[1:] <= 0.0))
    if not falls.size:
        return 1.0, "1 ms"
    k = int(falls[0])
    return float((v[k + 1] - v[k]) / (f[k] - f[k + 1])), "the rest"
