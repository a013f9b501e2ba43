"""Hopf points on a curve of states: where the number of growing modes changes by two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.continuation import Curve
from rheobase.population.states.family import Family
from rheobase.population.states.family_equations import Equations, hopf_equations, loop_determinant

Array = NDArray[np.float64]

_FREQUENCIES = np.linspace(0.0, 2.0 * np.pi, 1601)[1:]
_STEPS = 25


def hopf_points(own: Family, curve: Curve, unstable: NDArray[np.int64]) -> list[Array]:
    """Hopf points ``(rates, omega, parameter)`` of a curve, where the number of growing modes changes by two."""
    equations = hopf_equations(own)
    folds = [event.index for event in curve.events if event.name == "fold"]
    found: list[Array] = []
    for k in range(len(unstable) - 1):
        if min(unstable[k], unstable[k + 1]) < 0:
            continue
        change = abs(int(unstable[k + 1] - unstable[k]))
        pairs = (change - folds.count(k)) / 2.0 if change > folds.count(k) else 0
        if pairs > 0:
            found += between(own, equations, curve.points[k], curve.points[k + 1], int(np.ceil(pairs)))
    return found


def between(own: Family, equations: Equations, a: Array, b: Array, wanted: int) -> list[Array]:
    """Hopf points between two states, from frequencies where the determinant is small, until ``wanted`` are found."""
    n, found = equations.n, []
    room = 0.6 * np.abs(b - a) + 1e-3 * np.append(equations.scale[:n], own.span)
    for fraction in (0.5, 0.2, 0.8, 0.05, 0.95):
        middle = a + fraction * (b - a)
        for omega in candidates(own, middle[:n], middle[n:]):
            point = solved(equations, np.concatenate([middle[:n], [omega], middle[n:]]))
            if point is None or np.any(np.abs(np.delete(point, n) - 0.5 * (a + b)) > room):
                continue
            if all(abs(point[n] - other[n]) > 1e-6 for other in found):
                found.append(point)
        if len(found) >= wanted:
            break
    return found


def candidates(own: Family, rates: Array, parameters: Array) -> Array:
    """Angular frequencies at which the size of the determinant has a minimum, the smallest six."""
    size = np.abs(loop_determinant(own.maps(parameters), np.maximum(rates, 0.0), _FREQUENCIES))
    low = np.flatnonzero((size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])) + 1
    return _FREQUENCIES[low[np.argsort(size[low])][:6]]


def solved(equations: Equations, guess: Array) -> Array | None:
    """Newton's method for as many unknowns as equations; None where it does not converge within the bounds."""
    u, before = np.array(guess, float), np.inf
    for _ in range(_STEPS):
        try:
            step = np.linalg.solve(equations.jacobian(u) * equations.scale, equations.residual(u))
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(step).max())
        if not np.isfinite(size) or size > 10.0:
            return None
        u = u - equations.scale * step * min(1.0, 0.3 / size)
        if np.any(u[equations.n :] < equations.lower[equations.n :] - 0.02 * equations.scale[equations.n :]):
            return None
        if np.any(u > equations.upper + 0.02 * equations.scale):
            return None
        if size < 1e-11 or (size < 1e-8 and size >= before):
            return u
        before = size
    return None
