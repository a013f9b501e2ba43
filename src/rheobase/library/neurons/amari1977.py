"""A ring of units with local excitation: a bump of activity that stays where it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rheobase.library.checks import Check
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.library.system import System
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron

SOURCE = "Amari (1977), Biol. Cybern. 27:77, doi:10.1007/BF00337259 (on a ring)"

_PARAMETERS = """
tau : ms = 10*ms
h : 1 = -0.1               # resting level
J_0 : 1 = -2               # mean of the coupling J_0 + J_1 cos(distance)
J_1 : 1 = 6
I : 1 = 0                  # input of all units
"""


def amari1977(n: int = 32, **parameters: Any) -> Neuron:
    """Amari's field ``tau du/dt = -u + h + mean of w(theta - theta') H(u(theta')) + I`` on a ring of ``n`` units.

    ``H`` is 1 above zero and 0 below, ``w(x) = J_0 + J_1 cos(x)``. The states are ``u0``, ``u1``, ... at the angles
    ``2 pi k/n``; they start as a bump around 0, which narrows or widens to its own width. Another start is another
    place, at which it stays as well.

    Parameters
    ----------
    n
        Number of units, 8 to 128.
    **parameters
        ``tau, h, J_0, J_1, I`` and the start values, as quantities, numbers or texts.
    """
    if isinstance(n, bool) or not isinstance(n, int | float | np.number) or not 8 <= n <= 128 or n % 1:
        raise ModelError(f"amari1977 has 8 to 128 units, not {n!r}")
    return neuron(_equations(int(n)), parameters, name="amari1977", source=SOURCE)


def _equations(n: int) -> str:
    """The ring's coupling has three terms, so that each unit reads three sums."""
    cos, sin = ([wave(2 * math.pi * k / n) for k in range(n)] for wave in (math.cos, math.sin))
    fired = [f"f{k} = (1 if u{k} > 0 else 0) : 1" for k in range(n)]
    sums = (
        f"total = {_sum([f'f{k}' for k in range(n)])}/{n} : 1",
        f"along = {_sum([f'{cos[k]:.17g}*f{k}' for k in range(n)])}/{n} : 1",
        f"across = {_sum([f'{sin[k]:.17g}*f{k}' for k in range(n)])}/{n} : 1",
    )
    units = [
        f"du{k}/dt = (-u{k} + h + J_0*total + J_1*({cos[k]:.17g}*along + {sin[k]:.17g}*across) + I)/tau : 1 = "
        f"{cos[k] - 0.3:.17g}"
        for k in range(n)
    ]
    return "\n".join([*units, *fired, *sums]) + _PARAMETERS


def _sum(terms: list[str]) -> str:
    """In halves, so that no operations are deep inside each other."""
    half = len(terms) // 2
    return terms[0] if len(terms) == 1 else f"({_sum(terms[:half])} + {_sum(terms[half:])})"


def _settled(measure: Any) -> Check:
    """What is left after thirty time constants: nothing but units that stay on their side of zero."""

    def check(ring: Neuron) -> float:
        from rheobase.compile.rhs import parameter_vector, right_hand_side

        system = System(ring)
        vector, values = right_hand_side(ring, "numpy"), parameter_vector(ring)
        u, step = system.start, 0.02 * float(np.asarray(ring.parameters["tau"]))
        for _ in range(1500):  # Euler's method is exact at rest
            u = u + step * np.asarray(vector(u, values, 0.0))
        return float(measure(u))

    return check


def _peak(n: int, active: int, h: float = -0.1, J_0: float = -2.0, J_1: float = 6.0) -> float:
    """``u`` in the middle of ``active`` neighbouring units: a sum of cosines in closed form."""
    return h + J_0 * active / n + J_1 / n * math.sin(active * math.pi / n) / math.sin(math.pi / n)


FACTS = (
    Fact("width of the bump, units of 32", 11.0, "", "closed form: u is positive inside and negative outside",
         _settled(lambda u: np.sum(u > 0)), 0.5),
    Fact("height of the bump", _peak(32, 11), "", "closed form", _settled(np.max), 1e-9),
    Fact("level where it is silent, from below rest", -0.1, "", "closed form", _settled(np.max), 1e-9,
         {f"u{k}": -1.0 for k in range(32)}),
    Fact("half-width of the bump of many units", 1.0837347, "", "h + (J_0 a + J_1 sin(a) cos(a))/pi = 0",
         _settled(lambda u: np.sum(u > 0) * math.pi / u.size), math.pi / 128, {"n": 128}),
)  # fmt: skip

ENTRY = Entry("amari1977", "neuron", "a ring of units with a bump of activity", SOURCE, amari1977, FACTS)
