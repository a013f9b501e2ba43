"""The stationary rate as a function that JAX can differentiate, by `rheobase.population.neuron.rate_slopes`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.population.neuron.rate_slopes import log_rates_and_slopes

Array = NDArray[np.float64]


class TracedRate(NamedTuple):
    """What `transfer` gives inside a function that JAX transforms: rate (Hz) and its logarithm."""

    rate: Any
    log_rate: Any

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"inside jax.grad and its kin transfer has only rate and log_rate, not {name!r}")


def is_traced(*values: Any) -> bool:
    """Whether JAX is following any of the values."""
    jax = sys.modules.get("jax")
    return jax is not None and any(isinstance(value, jax.core.Tracer) for value in values)


def traced(neuron: Neuron, mu: Any, sigma: Any, parameters: Mapping[str, Any]) -> TracedRate:
    """The rate as a function that JAX can differentiate once, with respect to ``mu``, ``sigma`` and parameters.

    Plain numbers, or arrays that broadcast, in the units that the equations declare.
    """
    import jax.numpy as jnp

    for name in parameters:
        if name not in neuron.parameters:
            raise ModelError(f"the neuron has no parameter '{name}'")
    try:
        given = [jnp.asarray(value, float) for value in (mu, sigma, *parameters.values())]
    except (TypeError, ValueError):
        raise ModelError(
            "inside jax.grad, mu, sigma and parameters are plain numbers in the units that the equations declare"
        ) from None
    try:
        given = jnp.broadcast_arrays(*given)
    except ValueError:
        shapes = ", ".join(str(value.shape) for value in given)
        raise ModelError(f"mu, sigma and the parameters have shapes {shapes}, which do not broadcast") from None
    log_rate = _traced(neuron, tuple(parameters))(jnp.stack(given, axis=-1))
    return TracedRate(jnp.exp(log_rate), log_rate)


@cache
def _traced(neuron: Neuron, names: tuple[str, ...]) -> Callable[[Any], Any]:
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp
    def both(x: Any) -> tuple[Any, Any]:
        # As words of 32 bits: the callback runs in a thread of JAX's, where `jax.enable_x64` as a context does not hold
        # and doubles would be rounded.
        words = jax.lax.bitcast_convert_type(x, jnp.uint32)
        shapes = (*x.shape[:-1], *words.shape[x.ndim :]), words.shape
        results = [jax.ShapeDtypeStruct(shape, jnp.uint32) for shape in shapes]
        kind = np.dtype(x.dtype)
        found = jax.pure_callback(partial(numbers, kind), results, words, vmap_method="broadcast_all")
        value, slopes = (jax.lax.bitcast_convert_type(one, x.dtype) for one in found)
        return value, slopes

    @both.defjvp
    def _(primal: Any, tangent: Any) -> Any:
        raise ModelError("transfer can be differentiated once; for a second derivative take differences of the first")

    def numbers(kind: np.dtype[Any], words: Any) -> tuple[Any, Any]:
        words = np.ascontiguousarray(words)
        x = words.view(kind).reshape(words.shape[:-1] if kind.itemsize == 8 else words.shape)
        values, slopes = log_rates_and_slopes(neuron, names, x.reshape(-1, x.shape[-1]).astype(float))
        tail = words.shape[x.ndim :]
        return (
            values.astype(kind).view(np.uint32).reshape((*x.shape[:-1], *tail)),
            slopes.astype(kind).view(np.uint32).reshape(words.shape),
        )

    @jax.custom_jvp
    def log_rate(x: Any) -> Any:
        return both(x)[0]

    @log_rate.defjvp
    def _(primal: Any, tangent: Any) -> tuple[Any, Any]:
        value, slopes = both(primal[0])
        return value, jnp.sum(slopes * tangent[0], axis=-1)

    return log_rate
