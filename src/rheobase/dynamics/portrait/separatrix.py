r"""Stable and unstable manifolds of saddles: the stable one of a saddle in the plane is the separatrix.

A curve that leaves a saddle :math:`x_*` along the eigenvector v of the eigenvalue :math:`\lambda` is, to second order,

.. math:: x_* + s v + s^2 w, \qquad (J - 2\lambda) w = -\tfrac12 B(v, v)

with the second derivatives B of the vector field (Kuznetsov 2004, Elements of Applied Bifurcation Theory, section 5.4).
It is followed from a small s, forward in time for an unstable manifold and backward for a stable one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.fixed_points import Equilibrium
from rheobase.dynamics.orbits.path import path
from rheobase.dynamics.portrait.limit_cycles import Cycle
from rheobase.dynamics.portrait.view import settling
from rheobase.dynamics.portrait.window import Window

Array = NDArray[np.float64]

_OFFSET = 1e-4
_CURVED = 1e-2
_PATIENCE, _SETTLED = 60.0, 3.0
_ON_CYCLE = 2e-3


@dataclass(frozen=True)
class Branch:
    """One half of a one-dimensional manifold of a saddle, in internal units.

    ``kind`` is stable or unstable, ``saddle`` the number of the equilibrium, ``states`` (n, k) begins at the saddle;
    ``end`` says where it goes: ``window``, ``threshold``, ``equilibrium 2``, ``cycle 0``, or ``time`` if nowhere.
    """

    kind: str
    saddle: int
    states: Array
    end: str


def branches(points: Sequence[Equilibrium], cycles: Sequence[Cycle], window: Window) -> list[Branch]:
    """All one-dimensional manifolds of the saddles among some equilibria.

    Parameters
    ----------
    points, cycles
        All equilibria and limit cycles, where manifolds may end.
    window
        What is looked at; a manifold ends a little outside of it.
    """
    found = []
    for number, point in enumerate(points):
        if point.kind != "saddle":
            continue
        for kind, sign in (("unstable", 1.0), ("stable", -1.0)):
            own = np.flatnonzero(sign * point.eigenvalues.real > 0)
            if len(own) == 1:
                for start in _starts(point, int(own[0]), window):
                    rate = abs(float(point.eigenvalues[own[0]].real))
                    rules = _rules(kind, number, points, cycles, window)
                    patience = max(_PATIENCE / rate, _SETTLED * settling(points) if kind == "unstable" else 0.0)
                    followed = path(point.field, start, patience, rules, backward=kind == "stable")
                    states = np.concatenate([point.point[:, None], followed.states], axis=1)
                    found.append(Branch(kind, number, states, followed.end))
    return found


def _starts(saddle: Equilibrium, which: int, window: Window) -> list[Array]:
    """Where the two halves of a manifold begin."""
    field, point, rate = saddle.field, saddle.point, float(saddle.eigenvalues[which].real)
    vector = saddle.vectors[:, which].real
    vector = vector / np.max(np.abs(vector / window.scale))
    curve = np.einsum("ijk,j,k->i", field.second(point), vector, vector)
    bend = np.linalg.solve(field.jacobian(point) - 2.0 * rate * np.eye(field.n), -0.5 * curve)
    size = float(np.max(np.abs(bend / window.scale)))
    s = min(_OFFSET, _CURVED / size) if size > 0 else _OFFSET
    return [point + sign * s * vector + s * s * bend for sign in (1.0, -1.0)]


def _rules(kind: str, number: int, points: Sequence[Equilibrium], cycles: Sequence[Cycle], window: Window) -> dict:
    """What ends a manifold. Backward in time nothing ends at what attracts: in projection it may only pass over it."""
    rules: dict[str, Callable[..., float]] = {"window": window.outside}
    if kind == "unstable" and window.threshold is not None:
        rules["threshold"] = window.above
    for other, point in enumerate(points):
        if other != number and not (kind == "stable" and point.stable):
            rules[f"equilibrium {other}"] = lambda state, at=point.point: _OFFSET - window.distance(state, at)
    for other, cycle in enumerate(cycles):
        if not (kind == "stable" and cycle.stable):
            rules[f"cycle {other}"] = lambda state, cycle=cycle: _ON_CYCLE - window.to_curve(state, cycle.states)
    return rules
