"""What a return map does in the long run: cycles, their multipliers, bursts, and chaos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
#: Points (rows, k) to their images (rows, k).
Map = Callable[[Vector], Vector]

LONGEST_CYCLE = 64
_FADED = 0.2
#: Ratio of the long to the short intervals from which on spikes are said to come in bursts.
BURST_GAP = 2.0
_STEP = 1e-4
#: Where a map seems steeper than this, the step may reach over a jump: it is made smaller until the slope stays.
_STEEP, _SMALLER, _SMALLEST, _STAYS = 20.0, 0.1, 1e-7, 0.05
_FINE = (np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1.0, -8.0, 8.0, -1.0]) / 12.0)
_PLAIN = (np.array([-1.0, 1.0]), np.array([-0.5, 0.5]))
_MARGIN = 3.0
_BLOCKS = 16


@dataclass(frozen=True)
class Exponent:
    """A Lyapunov exponent per spike, and its standard error from blocks of the orbit."""

    value: float
    error: float

    @property
    def positive(self) -> bool:
        """Whether it is above zero by three standard errors, and by one in a hundred a spike."""
        return self.value > max(_MARGIN * self.error, 0.01)


def slopes(
    image: Map, points: Vector, scale: Vector, fine: bool = True, of: Callable[[NDArray[np.intp]], Map] | None = None
) -> Vector:
    """Jacobian matrices (rows, k, k) of a map at points (rows, k), by central differences.

    ``scale`` (k,) is the size of the region of interest, of which the step is a ten-thousandth; ``fine`` is the formula
    of fourth order with four points instead of two. ``of`` gives the map of some rows, where each has its own.
    """
    found = _differences(image, points, _STEP * scale, fine)
    rows = np.flatnonzero((np.abs(found) * scale > _STEEP * scale[:, None]).any(axis=(1, 2)))
    step = _SMALLER * _STEP
    while rows.size and step > 0.5 * _SMALLEST:
        again = _differences(image if of is None else of(rows), points[rows], step * scale, fine)
        change = np.abs(again - found[rows]).max(axis=(1, 2))
        moved = change > _STAYS * np.abs(again).max(axis=(1, 2))
        found[rows] = again
        rows, step = rows[moved], _SMALLER * step
    return found


def _differences(image: Map, points: Vector, step: Vector, fine: bool) -> Vector:
    rows, k = points.shape
    offsets, weights = _FINE if fine else _PLAIN
    shifts = np.einsum("o,jk->ojk", offsets, np.diag(step))
    around = points[:, None, None, :] + shifts[None]
    images = image(around.reshape(-1, k)).reshape(rows, len(offsets), k, k)
    return np.einsum("o,rojk->rkj", weights, images) / step[None, None, :]


def cycle_length(points: Vector, scale: Vector, tol: float = 1e-6, most: int = LONGEST_CYCLE) -> int:
    """After how many spikes an orbit (spikes, k) repeats itself; 0 if it does not within a third of its length.

    Before a period doubling the orbit alternates for long, ever less; that is not yet a cycle of twice the length.
    """
    relative = points / scale
    for length in range(1, min(most, len(points) // 3) + 1):
        if np.all(np.abs(relative[length:] - relative[:-length]) <= tol):
            return next(
                (part for part in range(1, length) if not length % part and _fades(relative, part, length)), length
            )
    return 0


def _fades(relative: Vector, part: int, length: int) -> bool:
    """Whether what a shorter cycle leaves over goes to nothing: the limit of three distances by Aitken's formula."""
    apart = np.abs(relative[part:] - relative[:-part]).max(axis=1)
    reach = (len(apart) - 1) // (2 * length) * length
    first, middle, last = apart[0], apart[reach], apart[2 * reach]
    fall, further = first - middle, middle - last
    if reach == 0 or not fall > further > 1e-3 * last:
        return False
    return bool(last - further * further / (fall - further) < _FADED * last)


def exponent(matrices: Vector) -> Exponent:
    """The largest Lyapunov exponent along an orbit with these Jacobian matrices, per iteration."""
    k = matrices.shape[-1]
    direction, growth = np.ones(k) / np.sqrt(k), np.empty(len(matrices))
    for at, matrix in enumerate(matrices):
        direction = matrix @ direction
        size = float(np.linalg.norm(direction))
        growth[at] = np.log(max(size, 1e-300))
        direction = direction / size if size > 0.0 else np.ones(k) / np.sqrt(k)
    growth = growth[np.isfinite(growth)]
    if growth.size < _BLOCKS:
        return Exponent(float(np.mean(growth)) if growth.size else np.nan, np.inf)
    means = np.array([np.mean(part) for part in np.array_split(growth, _BLOCKS)])
    return Exponent(float(np.mean(growth)), float(np.std(means, ddof=1) / np.sqrt(_BLOCKS)))


def multipliers(matrices: Vector) -> NDArray[Any]:
    """Eigenvalues of the product of the Jacobian matrices along a cycle, the largest first."""
    product = np.eye(matrices.shape[-1])
    for matrix in matrices:
        product = matrix @ product
    found = np.linalg.eigvals(product)
    return found[np.argsort(-np.abs(found))]


def spikes_per_burst(intervals: Vector) -> tuple[int, ...]:
    """The sizes of the bursts in one cycle of intervals (k,); empty if it has none.

    The intervals fall into short and long ones at the widest gap of their logarithms; there are bursts if the shortest
    of the long ones is at least twice the longest of the short ones.
    """
    border = burst_border(intervals)
    if border is None:
        return ()
    ends = np.flatnonzero(intervals > border)
    sizes = np.diff(np.concatenate([ends, ends[:1] + len(intervals)]))
    return tuple(int(size) for size in np.roll(sizes, 1))


def burst_border(intervals: Vector) -> float | None:
    """An interval between the short and the long ones; None where there is no gap between them."""
    ordered = np.sort(intervals)
    if len(ordered) < 2 or not ordered[0] > 0.0:
        return None
    ratios = ordered[1:] / ordered[:-1]
    at = int(np.argmax(ratios))
    return float(np.sqrt(ordered[at] * ordered[at + 1])) if ratios[at] >= BURST_GAP else None
