r"""Derivatives of a neuron's stationary rate with respect to its input and every parameter, and the same for JAX.

With the density ``P`` and the slope ``w = -T'`` of the mean passage time ``T``, a change of the drift ``a(v) = (F +
mu)/tau_m`` and of ``D = sigma**2/(2 tau_m)`` changes the rate ``r = 1/(t_ref + T)`` by

    d ln r = integral of w P da dv - (integral of w P' dv) dD - r (dt_ref + w(v_th) dv_th - w(v_reset) dv_reset),

first-order perturbation theory of the Fokker-Planck operator. ``da`` by a parameter is the exact derivative of the
neuron's equation; what threshold, reset, refractory time, noise and ``tau_m`` owe to it, simple functions, is taken by
central differences (rounding: some 1e-10).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.rhs import derivative
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown_unit
from rheobase.numerics.first_passage import passages, stationary
from rheobase.population.neuron.any_neuron import log_rate_of
from rheobase.population.neuron.drift import Drift, used_names
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.units import Quantity

Array = NDArray[np.float64]

_STEP = 1e-6
_SCALARS = ("v_th", "v_reset", "t_ref", "noise", "tau_m")


class TracedRate(NamedTuple):
    """What `transfer` gives inside a function that JAX transforms: rate (Hz) and its logarithm."""

    rate: Any
    log_rate: Any


def is_traced(*values: Any) -> bool:
    """Whether JAX is following any of the values."""
    jax = sys.modules.get("jax")
    return jax is not None and any(isinstance(value, jax.core.Tracer) for value in values)


def traced(neuron: Neuron, mu: Any, sigma: Any, parameters: Mapping[str, Any]) -> TracedRate:
    """The rate as a function that JAX can differentiate once, with respect to ``mu``, ``sigma`` and parameters.

    Plain numbers in the units that the equations declare. ``mu`` and ``sigma`` are scalars; use `jax.vmap` over them.
    """
    import jax.numpy as jnp

    for name in parameters:
        if name not in neuron.parameters:
            raise ModelError(f"the neuron has no parameter '{name}'")
    given = [jnp.asarray(value, float) for value in (mu, sigma, *parameters.values())]
    if any(value.ndim for value in given):
        raise ModelError(
            "inside jax.grad, mu, sigma and parameters are single numbers; use jax.vmap over arrays of them"
        )
    log_rate = _traced(neuron, tuple(parameters))(jnp.stack(given))
    return TracedRate(jnp.exp(log_rate), log_rate)


@cache
def _traced(neuron: Neuron, names: tuple[str, ...]) -> Callable[[Any], Any]:
    import jax
    import jax.numpy as jnp

    def both(x: Any) -> tuple[Any, Any]:
        shapes = jax.ShapeDtypeStruct((), x.dtype), jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(numbers, shapes, x, vmap_method="sequential")

    def numbers(x: Any) -> tuple[Array, Array]:
        kind = np.asarray(x).dtype
        value, slopes = log_rate_and_slopes(neuron, names, np.asarray(x, float))
        return np.asarray(value, kind), np.asarray(slopes, kind)

    @jax.custom_jvp
    def log_rate(x: Any) -> Any:
        return both(x)[0]

    @log_rate.defjvp
    def _(primal: Any, tangent: Any) -> tuple[Any, Any]:
        value, slopes = both(primal[0])
        return value, jnp.dot(slopes, tangent[0])

    return log_rate


def log_rate_and_slopes(neuron: Neuron, names: tuple[str, ...], x: Array) -> tuple[float, Array]:
    """``ln rate`` (rate in Hz) and its derivatives, for ``x``: ``mu``, ``sigma`` and the parameters ``names``.

    All in the units that the equations declare. Without noise nan; a rate that is 0 has slopes of 0.
    """
    scales = np.array([shown_unit(neuron, name).scale for name in names])
    m = _changed(neuron, names, x[2:] * scales)
    scale = shown_unit(neuron, m.voltage).scale
    mu, sigma = float(x[0] * scale), float(x[1] * scale)
    if not np.hypot(sigma, m.noise) > 0.0:  # without noise the rate has no derivative at the rheobase
        return np.nan, np.full(x.size, np.nan)
    try:
        slopes = _Slopes(m, mu, sigma)
    except ArithmeticError:
        return -np.inf, np.zeros(x.size)
    own = [slopes.by_mu * scale, slopes.by_sigma * scale]
    for name, size, value in zip(names, scales, x[2:] * scales, strict=True):
        own.append(size * slopes.by_parameter(neuron.with_(**_quantities(neuron, names, x[2:] * scales)), name, value))
    return slopes.log_rate + np.log(1e3), np.array(own)


def _quantities(neuron: Neuron, names: tuple[str, ...], values: Array) -> dict[str, Quantity]:
    return {
        name: Quantity(float(value), neuron.equations.dimension_of(name))
        for name, value in zip(names, values, strict=True)
    }


def _changed(neuron: Neuron, names: tuple[str, ...], values: Array) -> Membrane:
    return membrane_of(neuron, **_quantities(neuron, names, values))


class _Slopes:
    """The stationary state at one input and what its rate owes to each part of the problem."""

    def __init__(self, m: Membrane, mu: float, sigma: float):
        self.m, self.mu, self.sigma = m, mu, sigma
        diffusion = sigma**2 / (2.0 * m.tau_m) + 0.5 * m.noise**2
        state = stationary(m.interval, mu / m.tau_m, diffusion)
        self.log_rate = log_rate_of(m, state)
        self.places, self.gains, self.by_diffusion = state.gains(self.log_rate)
        ends = passages(m.interval, np.array([mu / m.tau_m]), np.array([diffusion]))
        free = np.exp(state.log_time + self.log_rate)  # the part of the time that is not refractory
        self.by_threshold, self.by_reset = -free * ends.at_threshold[0], free * ends.at_reset[0]

    @property
    def by_mu(self) -> float:
        return float(self.gains.sum()) / self.m.tau_m

    @property
    def by_sigma(self) -> float:
        return self.by_diffusion * self.sigma / self.m.tau_m

    def by_parameter(self, neuron: Neuron, name: str, value: float) -> float:
        """The derivative by a parameter that has this value (internal units)."""
        m, total = self.m, 0.0
        if name in used_names(neuron, m.voltage):
            values = tuple(neuron.parameters.values())
            states = Drift(neuron, m.voltage, values).states(self.places.ravel())
            at = neuron.states.index(m.voltage)
            changes = derivative(neuron, 1, "numpy", by=(name,))(states, values, 0.0)[at, 0]
            total += float(self.gains.ravel() @ np.broadcast_to(changes, self.places.size))
        change = self._of_scalars(neuron, name, value)
        total += self.by_threshold * change["v_th"] + self.by_reset * change["v_reset"]
        total -= np.exp(self.log_rate) * change["t_ref"]
        total -= float(self.gains.sum()) * self.mu / m.tau_m**2 * change["tau_m"]
        spread = m.noise * change["noise"] - self.sigma**2 / (2.0 * m.tau_m**2) * change["tau_m"]
        return total + self.by_diffusion * spread

    def _of_scalars(self, neuron: Neuron, name: str, value: float) -> dict[str, float]:
        step = _STEP * max(abs(value), 1e-3)
        low, high = (_changed(neuron, (name,), np.array([value + side * step])) for side in (-1.0, 1.0))
        return {part: (getattr(high, part) - getattr(low, part)) / (2.0 * step) for part in _SCALARS}
