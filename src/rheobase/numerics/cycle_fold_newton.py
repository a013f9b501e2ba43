r"""Folds of cycles in two parameters: a cycle, a null vector of its equations, and both parameters at once.

In the time of one turn a cycle obeys ``F(u, T, p) = u' - T f(u, p) = 0``; at a fold of cycles the linear equations have
a solution ``(v, V)`` besides the shift along the cycle,

.. math:: v' - T f_x v - T f V = 0, \qquad \int u'\cdot v = 0, \qquad \langle c, (v, V)\rangle = 1 .

Cycle and null vector together are a regular solution of twice as many equations; Newton's method on them needs no
matrix of twice the size (see `cycle_fold_system`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.collocation import Orbit
from rheobase.numerics.cycle_fold import CycleFold, Plane, Shift, added, difference, inner
from rheobase.numerics.cycle_fold_system import System, missed

Array = NDArray[np.float64]

_FAR = 2.0  # a correction larger than the orbit itself leads elsewhere
# What may still move along the curve of folds where nothing moves across it: beside a canard that much is undetermined.
_LOOSE = 1e-6
_CHORD = 0.1  # a matrix is used again while corrections shrink by more than this


def first(plane: Plane, orbit: Orbit, guess: Array | None = None) -> CycleFold | None:
    """The fold of cycles near a cycle with the parameters ``orbit.parameter``; None if there is none.

    ``guess`` (N, m, n) is the null vector, if something is known of it.
    """
    zero = Shift(np.zeros_like(orbit.nodes), 0.0, np.zeros(2))
    mean = orbit.mesh.integral(orbit.mesh.values(orbit.nodes))
    start = Shift(orbit.nodes - mean if guess is None else guess, 0.0, np.zeros(2))
    here = CycleFold(orbit, start, np.array([1.0, 0.0]), zero, zero, 0.0)
    for axis in (0, 1):
        here = replace(here, normal=np.eye(2)[axis])
        system = System.at(plane, here, here)
        if system is None:
            continue
        null = system.null_vector()
        null = null.scaled(1.0 / math.sqrt(inner(plane, orbit, null, null)))
        found = correct(plane, replace(here, null=null), None)
        if found is not None:
            return found
    return None


def correct(
    plane: Plane, guess: CycleFold, tangent: Shift | None, *, tol: float = 1e-10, most: int = 14
) -> CycleFold | None:
    """The fold of cycles in the plane through ``guess`` that is orthogonal to ``tangent``.

    Without tangent, the parameters move only across the curve. None where Newton's method does not get there.
    """
    here, last, system = guess, math.inf, None
    for count in range(most):
        fresh = system is None
        system = system or System.at(plane, here, guess)
        step = system.step(missed(plane, here, guess), here, tangent, guess) if system is not None else None
        if system is None or step is None or not step[2] < _FAR:
            return None
        change, null, size = step
        if size >= last:
            if size < 1e3 * tol or (
                size < _LOOSE and abs(change.parameters / plane.sizes @ system.across()) < 10 * tol
            ):
                return _finished(plane, here, guess, count)
            if fresh and size > 2.0 * last:
                return None
            if not fresh:
                system = None
                continue
        here = replace(here, orbit=_stretched(here.orbit, change), null=added(here.null, null, 1.0))
        if size < tol:
            return _finished(plane, here, guess, count + 1)
        if size > _CHORD * last or (last == math.inf and size > 0.02):
            system = None
        last = size
    return None


def _stretched(orbit: Orbit, change: Shift) -> Orbit:
    """The orbit after a step of Newton's method; its period stays positive."""
    period = orbit.period * math.exp(change.period / orbit.period)
    return replace(
        orbit,
        nodes=orbit.nodes + change.nodes,
        period=period,
        parameter=np.asarray(orbit.parameter) + change.parameters,
    )


def _finished(plane: Plane, here: CycleFold, guess: CycleFold, count: int) -> CycleFold | None:
    system = System.at(plane, here, here)
    if system is None:
        return None
    tangent, null_tangent, bend = system.tangent()
    if inner(plane, here.orbit, tangent, guess.tangent) < 0.0:
        tangent, null_tangent, bend = tangent.scaled(-1.0), null_tangent.scaled(-1.0), -bend
    away = difference(here, guess)
    distance = math.sqrt(inner(plane, here.orbit, away, away))
    length = math.sqrt(inner(plane, here.orbit, here.null, here.null))
    return CycleFold(
        here.orbit, here.null.scaled(1.0 / length), system.across(), tangent, null_tangent.scaled(1.0 / length), bend,
        count, distance,
    )  # fmt: skip
