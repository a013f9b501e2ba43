"""All self-consistent states of a network: many starts, and curves of states through those found.

A start reaches stable states only, and only those whose basin it lies in. So the starts are many (silence, a ladder of
uniform rates, each population alone at high rate, points spread over all rates), and through each state found the
curve of states at changing recurrent gain is followed: it passes through the states in between
(`rheobase.population.states.gain_curve`). What is found does not depend on any one start.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from rheobase.population.input.statistics import InputMap
from rheobase.population.states.fixed_points import add_new, fixed_points, polish, settle
from rheobase.population.states.gain_curve import along_gain, highest_rates

Array = NDArray[np.float64]

_SPREAD = 16
_MOST_CURVES = 12


def all_states(maps: InputMap) -> list[Array]:
    """Rates (kHz) of all states found: the one reached from silence first, the others by their mean rate."""
    found = fixed_points(maps)
    if not maps.channels:
        return found
    for start in _starts(maps, found[0] if found else np.zeros(len(maps.names))):
        add_new(found, settle(maps, start))
    followed = 0
    while followed < min(len(found), _MOST_CURVES):
        for point in along_gain(maps, found[followed]):
            add_new(found, polish(maps, point))
        followed += 1
    return found[:1] + sorted(found[1:], key=np.mean)


def _starts(maps: InputMap, rest: Array) -> list[Array]:
    """Each population alone at high rate, and points spread evenly over the logarithms of all rates."""
    n, top = len(maps.names), highest_rates(maps)
    if n == 1:
        return []
    alone = [np.where(np.arange(n) == k, 0.5 * top, rest) for k in range(n)]
    spread = qmc.Halton(n, scramble=False).random(_SPREAD + 1)[1:]  # the first point is the corner 0
    return [*alone, *(top * 1e-4 ** (1.0 - spread))]
