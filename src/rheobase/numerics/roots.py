"""All zeros of an analytic function inside a rectangle of the complex plane, counted before they are searched.

The number of zeros inside a closed path is the number of times that the function's value winds around zero (argument
principle). Boxes are split until each holds one zero, which Newton's method then finds. The winding number only needs
the function's *argument*, so the function may carry any positive real factor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.winding import turn

Complex = NDArray[np.complex128]
Function = Callable[[Complex], Complex]

_LARGEST_TURN = 0.9
_MAX_POINTS = 60_000


@dataclass(frozen=True)
class Box:
    """A rectangle of the complex plane."""

    left: float
    right: float
    bottom: float
    top: float

    def contains(self, z: complex, slack: float = 1e-9) -> bool:
        dx, dy = slack * (self.right - self.left), slack * (self.top - self.bottom)
        return self.left - dx <= z.real <= self.right + dx and self.bottom - dy <= z.imag <= self.top + dy

    def near(self, z: Complex) -> NDArray[np.bool_]:
        """Which points lie in the box or less than a fifth of its size outside."""
        dx, dy = 0.2 * (self.right - self.left), 0.2 * (self.top - self.bottom)
        inside = (z.real >= self.left - dx) & (z.real <= self.right + dx)
        return inside & (z.imag >= self.bottom - dy) & (z.imag <= self.top + dy)

    @property
    def centre(self) -> complex:
        return complex(0.5 * (self.left + self.right), 0.5 * (self.bottom + self.top))

    def path(self, n: int) -> Complex:
        """Corners and ``n`` points a side, counter-clockwise, closed."""
        corners = [
            complex(self.left, self.bottom),
            complex(self.right, self.bottom),
            complex(self.right, self.top),
            complex(self.left, self.top),
        ]
        sides = zip(corners, corners[1:] + corners[:1], strict=True)
        points = [a + (b - a) * np.arange(n) / n for a, b in sides]
        return np.concatenate([*points, [corners[0]]])

    def halves(self, scale: complex) -> tuple[Box, Box]:
        """Two boxes; the longer side in units of ``scale`` is cut a little off its middle (zeros like to lie there)."""
        if (self.right - self.left) / scale.real > (self.top - self.bottom) / scale.imag:
            cut = self.left + 0.4871 * (self.right - self.left)
            return Box(self.left, cut, self.bottom, self.top), Box(cut, self.right, self.bottom, self.top)
        cut = self.bottom + 0.4871 * (self.top - self.bottom)
        return Box(self.left, self.right, self.bottom, cut), Box(self.left, self.right, cut, self.top)


def count_zeros(function: Function, box: Box, n: int = 96, *, analytic: bool = False) -> int:
    """Number of zeros inside the box; points are added to its border until the argument turns slowly everywhere.

    With ``analytic``, the function is analytic as it is, without a positive factor: its size says, too, whether a zero
    is close to the border (`rheobase.numerics.winding`).

    Raises
    ------
    ArithmeticError
        A zero lies on the border, or so close to it that 60,000 points do not tell on which side.
    """
    z = box.path(n)
    if analytic:
        return round(turn(function, z) / (2.0 * np.pi))
    values = function(z)
    while True:
        turns = np.angle(values[1:] * np.exp(-1j * np.angle(values[:-1])))
        fast = np.flatnonzero(np.abs(turns) > _LARGEST_TURN)
        if fast.size == 0:
            return round(float(np.sum(turns)) / (2.0 * np.pi))
        if not np.all(np.isfinite(values)) or z.size > _MAX_POINTS:
            raise ArithmeticError(f"a zero lies on the border of {box}, or the function is not finite there")
        middle = 0.5 * (z[fast] + z[fast + 1])
        if np.any((middle == z[fast]) | (middle == z[fast + 1])):
            raise ArithmeticError(f"a zero lies on the border of {box}")
        z, values = np.insert(z, fast + 1, middle), np.insert(values, fast + 1, function(middle))


def zeros(function: Function, box: Box, scale: complex = 1 + 1j, *, analytic: bool = False) -> list[complex]:
    """All zeros of ``function`` inside the box, to about 1e-12 of ``scale``.

    Parameters
    ----------
    function
        Analytic inside the box, up to a positive factor; takes and returns arrays.
    scale
        Real and imaginary part: what counts as a unit of length along each axis.
    analytic
        As in `count_zeros`.
    """
    found: list[complex] = []
    todo = [(box, count_zeros(function, box, analytic=analytic))]
    while todo:
        current, n = todo.pop()
        if n <= 0:
            continue
        roots = newton(function, current, n, scale)
        if len(roots) == n:
            found += roots
        elif max((current.right - current.left) / scale.real, (current.top - current.bottom) / scale.imag) < 1e-7:
            found += [current.centre] * n  # a multiple zero
        else:
            todo += _split(function, current, n, scale, analytic)
    return found


def _split(function: Function, box: Box, n: int, scale: complex, analytic: bool) -> list[tuple[Box, int]]:
    """The two halves with their counts, which must add up; if they do not, the borders were sampled too coarsely."""
    halves = box.halves(scale)
    for points in (48, 192, 768):
        counts = [count_zeros(function, half, points, analytic=analytic) for half in halves]
        if sum(counts) == n:
            return list(zip(halves, counts, strict=True))
        n = count_zeros(function, box, 4 * points, analytic=analytic)
    raise ArithmeticError(f"the zeros inside {box} cannot be counted: the function turns too fast")


def newton(function: Function, box: Box, n: int, scale: complex = 1 + 1j) -> list[complex]:
    """At most ``n`` different zeros inside a box, by Newton's method from the smallest values on a grid.

    An analytic function has no minimum of its modulus but at its zeros, so that a minimum on the grid lies near one,
    or on the border. The slope is a difference along the real axis; a positive factor of the function drops out of it
    at a zero.
    """
    z = _starts(function, box)
    h, accuracy = 1e-5 * min(scale.real, scale.imag), 1e-11 * min(scale.real, scale.imag)
    found: list[complex] = []
    for _ in range(30):
        values = function(np.concatenate([z, z + h, z - h])).reshape(3, z.size)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = 2.0 * h * values[0] / (values[1] - values[2])
        z = z - step
        settled = np.abs(step) < accuracy + 1e-14 * np.abs(z)
        for root in z[settled]:
            if box.contains(root) and all(abs(root - other) > 1e3 * accuracy for other in found):
                found.append(complex(root))
        z = z[~settled & np.isfinite(z) & box.near(z)]
        if z.size == 0 or len(found) >= n:
            break
    return found


def _starts(function: Function, box: Box) -> Complex:
    """Points of a grid over the box whose neighbours all have larger values."""
    x = np.linspace(box.left, box.right, 10)
    y = np.linspace(box.bottom, box.top, 40)
    z = x[:, None] + 1j * y
    size = np.pad(np.abs(function(z.ravel())).reshape(z.shape), 1, constant_values=np.inf)
    inner = size[1:-1, 1:-1]
    neighbours = [size[1 + i : 11 + i, 1 + j : 41 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    return z[np.all([inner <= other for other in neighbours], axis=0)]
