r"""Whether a curve of folds of cycles has come to a homoclinic orbit, where the period grows without bound.

Folds of cycles end on homoclinic orbits of neutral saddles, whose leading eigenvalues are opposite (Kuznetsov 2004,
Elements of Applied Bifurcation Theory, theorem 6.4 and its degenerate case). There they come near only as one over the
period, while the cycle comes near the saddle as :math:`e^{-\lambda T}`: long before the eigenvalues are opposite, cycle
and homoclinic orbit are the same to rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.ends import equilibrium_near
from rheobase.dynamics.field import VectorField
from rheobase.numerics.collocation import Orbit, Problem

Array = NDArray[np.float64]

_NEAR = 0.05  # distance to the saddle, in units of the ranges


def turns_at_saddle(field: VectorField, parameter: str, orbit: Orbit, problem: Problem) -> tuple[float, Array]:
    """How often the leading time of a saddle fits into the period of a cycle that comes near it; 0 if there is none.

    Parameters
    ----------
    field, parameter
        The vector field with the parameters of the cycle, and the name of one of them.
    orbit, problem
        The cycle, and the collocation problem, for its scales.

    Returns
    -------
    times, rates
        :math:`\\lambda T` with the eigenvalue nearest to zero, and the two leading eigenvalues, 1/ms.
    """
    states = orbit.nodes.reshape(-1, orbit.n)
    nothing = 0.0, np.zeros(2)
    speed = np.max(np.abs(field.rhs(states.T)) / problem.scale[:, None], axis=0)
    guess = states[int(np.argmin(speed))]
    value = float(field.values[field.index(parameter)])
    saddle = equilibrium_near(field, parameter, guess, value, problem)
    if saddle is None or np.min(np.max(np.abs(states - saddle) / problem.scale, axis=1)) > _NEAR:
        return nothing
    rates = np.linalg.eigvals(field.jacobian(saddle)).real
    if not rates.min() < 0.0 < rates.max():
        return nothing
    leading = np.array([rates[rates < 0.0].max(), rates[rates > 0.0].min()])
    return float(np.abs(leading).min() * orbit.period), leading
