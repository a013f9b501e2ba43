"""All self-consistent states of a network: many starts, and curves of states through those found.

A start reaches stable states only, and only those whose basin it lies in. So the starts are many (silence, a ladder of
uniform rates, some populations at high rate and the others at rest, points spread over all rates); from other points
Newton's method goes to states of any kind, where there are several and that is cheap; and through each state found the
curve of states at changing recurrent gain is followed: it passes through the states in between
(`rheobase.population.states.gain_curve`). Between any two states the flow divides at a third; where populations
compete, curves of the gain may miss it, and it is searched on the line between the two, until nothing new is found.
What is found does not depend on any one start.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from rheobase.population.input.statistics import InputMap
from rheobase.population.states.fixed_points import FEW, add_new, dividing, fixed_points, newton, polish, settle
from rheobase.population.states.gain_curve import along_gain, highest_rates

Array = NDArray[np.float64]

_SPREAD = 16
_CHEAP, _MOST_CHEAP = 48, 400  # more points: for two populations, and at most
_ALL_SETS = 5  # up to so many populations every set of them is tried at high rate
_SILENT = 0.25  # share of the points at which a population is silent
_MOST_CURVES = 12


def all_states(maps: InputMap) -> list[Array]:
    """Rates (kHz) of all states found: the one reached from silence first, the others by their mean rate."""
    found = fixed_points(maps)
    if not maps.channels:
        return found
    for start in _starts(maps, found[0] if found else np.zeros(len(maps.names))):
        add_new(found, settle(maps, start))
    followed, paired = _follow(maps, found, 0), 0
    if len(found) > 1:
        for start in _more_starts(maps):
            add_new(found, newton(maps, start))
    while paired < len(found):
        followed = _follow(maps, found, followed)
        known, paired = paired, len(found)
        for low, high in _new_pairs(found[:_MOST_CURVES], known):
            for point in dividing(maps, low, high):
                add_new(found, point)
    return found[:1] + sorted(found[1:], key=np.mean)


def _follow(maps: InputMap, found: list[Array], followed: int) -> int:
    """Add what lies on the curves through the states but the first ``followed``; how many now are."""
    while followed < min(len(found), _MOST_CURVES):
        for point in along_gain(maps, found[followed]):
            add_new(found, polish(maps, point))
        followed += 1
    return followed


def _new_pairs(found: list[Array], known: int) -> Iterator[tuple[Array, Array]]:
    """All pairs of states but those of the first ``known``."""
    for k in range(known, len(found)):
        for other in found[:k]:
            yield other, found[k]


def _starts(maps: InputMap, rest: Array) -> list[Array]:
    """Sets of populations at high rate, and points spread evenly over the logarithms of all rates."""
    n, top = len(maps.names), highest_rates(maps)
    if n == 1:
        return []
    sets = product((True, False), repeat=n) if n <= _ALL_SETS else (np.arange(n) == k for k in range(n))
    high = [np.where(chosen, 0.5 * top, rest) for chosen in sets]
    return [*high, *(top * 1e-4 ** (1.0 - _spread(n, _SPREAD)))]


def _more_starts(maps: InputMap) -> list[Array]:
    """Points at some of which some populations are silent, for networks of leaky neurons."""
    n, top = len(maps.names), highest_rates(maps)
    if n == 1 or n > FEW or maps.leaky is None:
        return []
    u = _spread(n, min(_CHEAP * (n - 1) ** 2, _MOST_CHEAP))
    return [*np.where(u < _SILENT, 0.0, top * 1e-5 ** ((1.0 - u) / (1.0 - _SILENT)))]


def _spread(n: int, count: int) -> Array:
    return qmc.Halton(n, scramble=False).random(count + 1)[1:]  # the first point is the corner 0
