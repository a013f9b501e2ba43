r"""Closed forms of the linear cable equation in its own units.

.. math:: \frac{\partial V}{\partial T} = \frac{\partial^2 V}{\partial X^2} - V + \delta(X - X_0)\,\theta(T)

Lengths are in length constants, times in membrane time constants, potentials in the injected current times the
resistance of one length constant of cable (the input resistance of a semi-infinite cable).

An end is ``sealed`` (no current passes, :math:`V' = 0`) or ``killed`` (held at rest, :math:`V = 0`). Positions of
finite cables run from 0, which is sealed, to ``length``.

References: Rall (1977), Handbook of Physiology: The Nervous System I, 39; Koch (1999), Biophysics of Computation,
ch. 2; Tuckwell (1988), Introduction to Theoretical Neurobiology, vol. 1, ch. 4 - 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
#: Images are used while T is below this share of length squared; the series after that. Ten terms of either are
#: exact to rounding.
_EARLY = 0.25
_TERMS = 12


def steady(X: ArrayLike, X0: float = 0.0, length: float = np.inf, end: str = "sealed") -> Array:
    r"""The steady potential.

    .. math:: V = \frac{\cosh X_<\,\cosh(L - X_>)}{\sinh L}\ \text{(sealed)},\qquad
              V = \frac{\cosh X_<\,\sinh(L - X_>)}{\cosh L}\ \text{(killed)}

    with the smaller and larger of X and X0; written in exponentials that cannot overflow, so that an infinite length
    gives the semi-infinite cable.
    """
    low, high = np.minimum(X, X0), np.maximum(X, X0)
    sign = 1.0 if end == "sealed" else -1.0
    near = 0.5 * (1.0 + np.exp(-2.0 * low))
    if np.isinf(length):
        return near * np.exp(low - high)
    far = 1.0 + sign * np.exp(-2.0 * (length - high))
    return near * far * np.exp(low - high) / (1.0 - sign * np.exp(-2.0 * length))


def infinite_steady(distance: ArrayLike) -> Array:
    """The steady potential of a cable without ends: ``exp(-|X|)/2``."""
    return 0.5 * np.exp(-np.abs(np.asarray(distance, dtype=float)))


def infinite_step(distance: ArrayLike, T: ArrayLike) -> Array:
    r"""The response of a cable without ends to a step of current (Hodgkin & Rushton 1946, Proc. R. Soc. B 133:444).

    .. math:: V = \tfrac14\left[e^{-X}\,\mathrm{erfc}\Big(\frac{X}{2\sqrt T} - \sqrt T\Big)
                  - e^{X}\,\mathrm{erfc}\Big(\frac{X}{2\sqrt T} + \sqrt T\Big)\right]
    """
    from scipy.special import erfc, erfcx

    x, t = np.broadcast_arrays(np.abs(np.asarray(distance, dtype=float)), np.asarray(T, dtype=float))
    after = t > 0
    t = np.where(after, t, 1.0)
    root = np.sqrt(t)
    half = x / (2.0 * root)
    # exp(x)*erfc(half + root) with the exponentials put together, so that nothing overflows
    back = np.exp(-(half**2) - t) * erfcx(half + root)
    return np.where(after, 0.25 * (np.exp(-x) * erfc(half - root) - back), 0.0)


def step(X: ArrayLike, T: ArrayLike, X0: float = 0.0, length: float = np.inf, end: str = "sealed") -> Array:
    """The response to a step of current at time 0; positions and times broadcast."""
    x, t = np.broadcast_arrays(np.asarray(X, dtype=float), np.asarray(T, dtype=float))
    if np.isinf(length):
        return infinite_step(x - X0, t) + infinite_step(x + X0, t)
    early = t <= _EARLY * length**2
    result = np.zeros(x.shape)
    result[early] = step_by_images(x[early], t[early], X0, length, end)
    result[~early] = step_by_series(x[~early], t[~early], X0, length, end)
    return result


def step_by_images(X: Array, T: Array, X0: float, length: float, end: str, terms: int = _TERMS) -> Array:
    """The sum over the source and its mirror images: each reflection at a killed end turns the sign."""
    total = np.zeros(np.broadcast(X, T).shape)
    for k in range(-terms, terms + 1):
        sign = 1.0 if end == "sealed" or k % 2 == 0 else -1.0
        shift = 2.0 * k * length
        total += sign * (infinite_step(X - X0 + shift, T) + infinite_step(X + X0 + shift, T))
    return total


def step_by_series(X: Array, T: Array, X0: float, length: float, end: str, terms: int = _TERMS) -> Array:
    r"""The steady state less decaying modes, :math:`V_\infty - \sum_n c_n \cos(k_n X)\,e^{-(1 + k_n^2)T}`."""
    total = steady(X, X0, length, end) + np.zeros(np.broadcast(X, T).shape)
    for n in range(terms):
        k = (n if end == "sealed" else n + 0.5) * np.pi / length
        weight = (1.0 if k == 0 else 2.0) / length / (1.0 + k * k)
        total -= weight * np.cos(k * X0) * np.cos(k * X) * np.exp(-(1.0 + k * k) * T)
    return total
