r"""Branch points: located exactly, and the directions of the branches that cross there.

At a simple branch point of :math:`F(u) = 0` the derivatives :math:`F_u` have a left null vector :math:`\psi` with
:math:`\psi^T F_u = 0`, and the tangents of both branches are the zeros of the quadratic form
:math:`\psi^T F_{uu}(t, t)` in the two-dimensional kernel of :math:`F_u`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.line import Line

Vector = NDArray[np.float64]

_CLOSE = 1e-3
_UNFOLDED = 1e-9
_UPRIGHT = 1e-5
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Crossing:
    """Where branches cross, the directions there (of length 1 in units of the line's scale), and what is left of the
    equations."""

    point: Vector
    directions: tuple[Vector, ...]
    residual: float

    @property
    def is_pitchfork(self) -> bool:
        """Whether one of the branches starts out at constant parameter."""
        return any(abs(direction[-1]) < _UPRIGHT for direction in self._scaled)

    scale: Vector

    @property
    def _scaled(self) -> list[Vector]:
        return [direction / self.scale for direction in self.directions]


def locate(line: Line, guess: Vector, rows: Vector) -> Crossing | None:
    r"""The branch point near a guess; None if two branches only pass close to each other.

    Newton's method for :math:`F + b\psi = 0,\ \psi^T F_u = 0,\ \psi\cdot\psi = 1`: b is how far the crossing is
    unfolded, and zero at a branch point. ``rows`` is a typical size of each equation's derivatives by ``u/scale``.
    """
    n = guess.size - 1
    z = guess / line.scale
    start = z.copy()
    psi, b = np.linalg.svd(line.jacobian(guess) * line.scale / rows[:, None])[0][:, -1], 0.0
    for _ in range(25):
        flow, slopes, bent = _derivatives(line, z, rows)
        left = np.concatenate([flow + b * psi, slopes.T @ psi, [psi @ psi - 1.0]])
        matrix = np.zeros((2 * n + 2, 2 * n + 2))
        matrix[:n, : n + 1], matrix[:n, n + 1 : 2 * n + 1], matrix[:n, -1] = slopes, b * np.eye(n), psi
        matrix[n : 2 * n + 1, : n + 1] = np.einsum("i,ijk->jk", psi, bent)
        matrix[n : 2 * n + 1, n + 1 : 2 * n + 1] = slopes.T
        matrix[-1, n + 1 : 2 * n + 1] = 2.0 * psi
        step = np.linalg.lstsq(matrix, -left, rcond=1e-12)[0]
        z, psi, b = z + step[: n + 1], psi + step[n + 1 : 2 * n + 1], b + step[-1]
        if not np.all(np.isfinite(z)) or np.linalg.norm(z - start) > _CLOSE:
            return None
        if np.abs(step).max() < 1e-13:
            break
    flow, slopes, bent = _derivatives(line, z, rows)
    residual = float(max(np.abs(flow).max(), np.abs(slopes.T @ psi).max(), abs(b)))
    if residual > _UNFOLDED:
        return None
    return Crossing(z * line.scale, _directions(slopes, np.asarray(psi, float), bent, line.scale), residual, line.scale)


def _derivatives(line: Line, z: Vector, rows: Vector) -> tuple[Vector, Vector, Vector]:
    """The equations and their first and second derivatives by u/scale, each equation in units of ``rows``.

    The second derivative by the parameter is a difference of first ones; it only steers.
    """
    u, n = z * line.scale, z.size - 1
    x, p, name = u[:-1], line.values(u), line.parameter
    bent = np.empty((n, n + 1, n + 1))
    bent[:, :n, :n] = line.field.second(x, p)
    bent[:, :n, n] = bent[:, n, :n] = line.field.mixed(x, name, p)
    h = np.zeros(n + 1)
    h[-1] = _STEP * line.scale[-1]
    ahead, behind = (line.field.by_parameter(x, name, line.values(u + side * h)) for side in (1.0, -1.0))
    bent[:, n, n] = (ahead - behind) / (2.0 * h[-1])
    bent = bent * line.scale[:, None] * line.scale / rows[:, None, None]
    return line.residual(u) / rows, line.jacobian(u) * line.scale / rows[:, None], bent


def _directions(slopes: Vector, psi: Vector, bent: Vector, scale: Vector) -> tuple[Vector, ...]:
    kernel = np.linalg.svd(slopes)[2][-2:]
    form = kernel @ np.einsum("i,ijk->jk", psi, bent) @ kernel.T
    values, axes = np.linalg.eigh(form)
    if values[0] >= 0.0 or values[1] <= 0.0:
        return ()
    a, b = np.sqrt(values[1]), np.sqrt(-values[0])
    found = [axes @ np.array([a, sign * b]) / np.hypot(a, b) for sign in (1.0, -1.0)]
    return tuple(scale * (kernel.T @ place) for place in found)
