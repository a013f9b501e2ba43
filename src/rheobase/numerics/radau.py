"""The Radau IIA methods of any order: collocation at nodes of which the last is the end of the step.

They damp what decays fast however long the step is (they are L-stable), and are of order ``2 s - 1`` in ``s`` stages
(Hairer & Wanner 1996, Solving Ordinary Differential Equations II, section IV.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Radau:
    """Nodes and weights on [0, 1], and the matrices of a method with ``s`` stages.

    Attributes
    ----------
    nodes, weights
        (s,): the quadrature is exact to degree ``2 s - 2``; the last node is 1.
    matrix, square
        (s, s): integrals from 0 to each node of the polynomials that are 1 at one node and 0 at the others; and the
        matrix times itself.
    mirror
        (s, s + 1): values at ``1 - nodes`` of the polynomial that has given values at 0 and at the nodes.
    """

    nodes: Array
    weights: Array
    matrix: Array
    square: Array
    mirror: Array


@cache
def radau(stages: int) -> Radau:
    """The method with a number of stages, computed to rounding."""
    difference = np.zeros(stages + 1)
    difference[-2:] = -1.0, 1.0  # P_s - P_(s-1) vanishes at the nodes
    x = np.sort(np.asarray(legendre.legroots(difference), float))
    for _ in range(3):
        x = x - legendre.legval(x, difference) / legendre.legval(x, legendre.legder(difference))
    x[-1] = 1.0
    values = legendre.legvander(x, stages)
    integrals = np.empty((stages, stages))
    integrals[:, 0] = 0.5 * (1.0 + x)
    for k in range(1, stages):
        integrals[:, k] = (values[:, k + 1] - values[:, k - 1]) / (2.0 * (2 * k + 1))
    matrix = np.asarray(np.linalg.solve(values[:, :stages].T, integrals.T).T, float)
    nodes = 0.5 * (1.0 + x)
    return Radau(nodes, matrix[-1].copy(), matrix, matrix @ matrix, _mirror(x, stages))


def _mirror(x: Array, stages: int) -> Array:
    given = legendre.legvander(np.append(-1.0, x), stages)
    return np.asarray(np.linalg.solve(given.T, legendre.legvander(-x, stages).T).T, float)
