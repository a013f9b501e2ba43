r"""The rate of the quadratic neuron in white noise, in closed form.

``dx = (beta + x**2) dt + sqrt(2 D) dW`` from minus to plus infinity takes the mean time

    1/r = pi**2 D**(-1/3) (Ai(z)**2 + Bi(z)**2),       z = -beta/D**(2/3)

(Colet, San Miguel, Casademunt & Sancho 1989, Phys Rev A 39:149; Lindner, Longtin & Bulsara 2003, Neural Comput
15:1761). In the units of `rheobase.library.qif`: ``beta = eta + I + mu``, ``D = sigma**2/2``, rates times ``tau_m``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError

Array = NDArray[np.float64]

_FAR = 15.0  # where twelve terms of the asymptotic series reach rounding
_TERMS = 12


def qif_log_rate(beta: ArrayLike, diffusion: ArrayLike) -> Array:
    """Natural logarithm of the rate, elementwise, exact also where the rate is too small to be a number.

    Parameters
    ----------
    beta
        Constant drive; the neuron is excitable below zero.
    diffusion
        ``D``, not negative; without noise the rate is ``sqrt(beta)/pi``.

    Raises
    ------
    ModelError
        If ``diffusion`` is negative, or the shapes do not broadcast.
    """
    beta, diffusion = np.asarray(beta, float), np.asarray(diffusion, float)
    if np.any(diffusion < 0.0):
        raise ModelError("diffusion must not be negative: it is half the variance of the noise; 0 means none")
    try:
        beta, diffusion = np.broadcast_arrays(beta, diffusion)
    except ValueError:
        shapes = f"{beta.shape} and {diffusion.shape}"
        raise ModelError(f"beta and diffusion have shapes {shapes}, which do not broadcast") from None
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        noisy = np.log(diffusion) / 3.0 - _log_squares(-beta / np.cbrt(diffusion) ** 2)
        quiet = 0.5 * np.log(np.maximum(beta, 0.0)) + np.log(np.pi)
    return np.where(diffusion > 0.0, noisy, quiet) - 2.0 * np.log(np.pi)


def qif_rate(beta: ArrayLike, diffusion: ArrayLike) -> Array:
    """The rate in units of one over the time of ``dt``; see `qif_log_rate`.

    >>> float(qif_rate(0.0, 1.0).round(13))
    0.2009624513389
    """
    with np.errstate(under="ignore"):
        return np.exp(qif_log_rate(beta, diffusion))


def _log_squares(z: Array) -> Array:
    """``ln(Ai(z)**2 + Bi(z)**2)``."""
    from scipy.special import airy, airye

    near = np.clip(z, -_FAR, _FAR)
    ai, _, bi, _ = airy(np.minimum(near, 0.0))
    scaled_ai, _, scaled_bi, _ = airye(np.maximum(near, 0.0))
    zeta = np.maximum(z, 0.0) ** 1.5 * (2.0 / 3.0)
    above = 2.0 * zeta + np.log(scaled_bi**2 + scaled_ai**2 * np.exp(-4.0 * np.minimum(zeta, 100.0)))
    inner = np.where(z > 0.0, above, np.log(ai**2 + bi**2))
    return np.where(np.abs(z) > _FAR, _far(z), np.where(np.isnan(z), np.nan, inner))


def _far(z: Array) -> Array:
    """By asymptotic series (DLMF 9.8.20 for negative z; 9.7.7 for positive z, where Ai**2 is below rounding)."""
    x = np.where(np.abs(z) > _FAR, np.abs(z), np.inf)
    zeta = 2.0 / 3.0 * x**1.5
    below, above, even, term = np.ones_like(x), np.ones_like(x), np.ones_like(x), np.ones_like(x)
    for k in range(1, _TERMS + 1):
        odd = (6.0 * k - 5.0) * (6.0 * k - 3.0) * (6.0 * k - 1.0)
        even = -even * odd / (96.0 * k) / x**3
        term = term * odd / (216.0 * k * (2.0 * k - 1.0)) / zeta
        below, above = below + even, above + term
    level = -np.log(np.pi) - 0.5 * np.log(x)
    return level + np.where(z < 0.0, np.log(below), 2.0 * np.log(above) + 2.0 * np.where(z < 0.0, 0.0, zeta))
