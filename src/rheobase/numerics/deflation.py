"""Many solutions of n equations in n unknowns: Newton's method from many starts, away from what is known already.

A solution ``y`` is deflated by the factor ``1 + 1/|x - y|**2``: Newton's method for the equations times this factor is
repelled by ``y`` and finds others (Farrell, Birkisson & Funke 2015, SIAM J. Sci. Comput. 37:A2026). Its step is the
undeflated one, stretched by ``1/(1 - step . gradient(log factor))``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.sequence import even_points

Vector = NDArray[np.float64]

_FAR = 100.0


def solutions(
    residual: Callable[[Vector], Vector],
    jacobian: Callable[[Vector], Vector],
    lower: Vector,
    upper: Vector,
    *,
    starts: int = 200,
    rounds: int = 12,
    prepare: Callable[[Vector], Vector] | None = None,
) -> list[Vector]:
    """Solutions within and around a box; there is no promise that these are all.

    Parameters
    ----------
    residual, jacobian
        Take (n, points), return (n, points) and (n, n, points).
    lower, upper
        The box from which starts are drawn, and the unit of length.
    starts
        How many in each round. The search ends with the second round that finds nothing new.
    prepare
        Brings starts (n, points) closer to solutions.
    """
    scale = upper - lower
    found: list[Vector] = []
    fruitless = 0
    for number in range(rounds):
        begin = lower[:, None] + even_points(lower.size, starts, 1 + number * starts) * scale[:, None]
        begin = begin if prepare is None else prepare(begin)
        ends = _newton(residual, jacobian, begin, scale, found if number % 2 else [])
        before = len(found)
        for point in ends.T:
            if all(np.max(np.abs(point - other) / scale) > 1e-7 for other in found):
                found.append(point)
        fruitless = 0 if len(found) > before else fruitless + 1
        if fruitless == 2:
            break
    return found


def _newton(
    residual: Callable[[Vector], Vector],
    jacobian: Callable[[Vector], Vector],
    x: Vector,
    scale: Vector,
    known: list[Vector],
    most: int = 50,
) -> Vector:
    """Where Newton's method ends up, for the starts from which it converges."""
    middle = x.mean(axis=1, keepdims=True)
    done: list[Vector] = []
    for _ in range(most):
        step, usable = _steps(residual, jacobian, x, scale)
        x, step = x[:, usable], step[:, usable]
        stretch = _deflation(x / scale[:, None], step, known, scale)
        settled = (np.max(np.abs(step), axis=0) < 1e-10) & (stretch > 0.1) & (stretch < 10.0)
        done += list((x + scale[:, None] * step)[:, settled].T)
        step = step * stretch
        x, step = x[:, ~settled], step[:, ~settled]
        if x.shape[1] == 0:
            break
        size = np.max(np.abs(step), axis=0)
        x = x + scale[:, None] * step * np.minimum(1.0, 0.3 / np.maximum(size, 1e-300))
        x = x[:, np.all(np.abs(x - middle) < _FAR * scale[:, None], axis=0)]
    return np.array(done).T if done else np.empty((scale.size, 0))


def _steps(
    residual: Callable[[Vector], Vector], jacobian: Callable[[Vector], Vector], x: Vector, scale: Vector
) -> tuple[Vector, NDArray[np.bool_]]:
    """Newton steps in units of ``scale``, and which of them are usable."""
    with np.errstate(all="ignore"):
        f, slopes = residual(x), jacobian(x) * scale[None, :, None]
        size = np.abs(slopes).max(axis=1)
        usable = np.isfinite(f).all(axis=0) & np.isfinite(slopes).all(axis=(0, 1)) & (size > 0.0).all(axis=0)
        matrix = np.where(usable, slopes / size[:, None, :], np.eye(scale.size)[:, :, None]).transpose(2, 0, 1)
        right = np.where(usable, f / size, 0.0).T
    singular = np.abs(np.linalg.det(matrix)) < 1e-14
    matrix[singular] = np.eye(scale.size)
    step = -np.linalg.solve(matrix, right[:, :, None])[:, :, 0].T
    return step, usable & ~singular & np.isfinite(step).all(axis=0)


def _deflation(x: Vector, step: Vector, known: list[Vector], scale: Vector) -> Vector:
    """By how much each step is stretched."""
    slope = np.zeros(x.shape[1])
    for other in known:
        away = x - (other / scale)[:, None]
        distance = np.maximum((away * away).sum(axis=0), 1e-300)
        slope += -2.0 * (away * step).sum(axis=0) / (distance * (distance + 1.0))
    with np.errstate(divide="ignore"):
        return 1.0 / (1.0 - slope)
