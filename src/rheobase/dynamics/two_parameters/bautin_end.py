"""The Bautin point in which folds of cycles end, where their cycle shrinks to an equilibrium."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint
from rheobase.dynamics.two_parameters.equilibrium_curve import follow
from rheobase.dynamics.two_parameters.hopf_curve import HopfCurve
from rheobase.dynamics.two_parameters.plane import Plane
from rheobase.numerics.cycle_fold import CycleFold

Array = NDArray[np.float64]


def bautin_near(
    field: VectorField, names: tuple[str, str], sizes: Array, fold: CycleFold, scale: Array, expected: Array
) -> SpecialPoint | None:
    """The Bautin point on the curve of Hopf points beside a small cycle, if it lies where the folds lead to.

    Parameters
    ----------
    field, names, sizes
        The vector field, the two parameters and their scales.
    fold, scale
        The last fold of cycles, and the scales of the states.
    expected
        Where in the two parameters the amplitude is going to be zero.
    """
    orbit = fold.orbit
    mean = orbit.mesh.integral(orbit.mesh.values(orbit.nodes))
    curve = HopfCurve(Plane(field, names, scale, sizes))
    start = np.concatenate([mean, [(2.0 * np.pi / orbit.period) ** 2], fold.parameters])
    away = float(np.max(np.abs(expected - fold.parameters) / sizes))
    reach = {name: (-np.inf, np.inf) for name in names}
    followed = follow(curve, start, reach, largest=float(np.clip(2.0 * away, 1e-5, 0.05)), most=40)
    if followed is None:
        return None
    found = [point for _, point in followed.special if point.kind == "bautin"]
    off = [float(np.max(np.abs(point.data[-2:] - expected) / sizes)) for point in found]
    return found[int(np.argmin(off))] if found and min(off) < 0.3 * away + 1e-6 else None
