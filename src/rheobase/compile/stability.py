"""How large a step explicit Euler stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError


def require_stable_euler(jacobian: NDArray[np.float64], dt: float, states: tuple[str, ...]) -> None:
    """Refuse explicit Euler where ``|1 + dt lambda| > 1`` for a decaying mode of the equations.

    Raises
    ------
    ModelError
        Naming a step that works: for a relaxation with time constant tau that is dt <= 2 tau.
    """
    if not np.isfinite(jacobian).all():
        return  # the simulation will say what diverges
    modes = np.linalg.eigvals(jacobian)
    decaying = modes[modes.real < 0]
    if decaying.size == 0 or np.all(np.abs(1 + dt * decaying) <= 1 + 1e-12):
        return
    limit = float(np.min(-2 * decaying.real / np.abs(decaying) ** 2))
    raise ModelError(
        f"explicit Euler is unstable with dt = {dt:g} ms for the equations of {', '.join(states)}: the largest stable "
        f"step is {limit:.4g} ms (twice the shortest time constant). Use dt = {limit / 4:.2g}*ms, or "
        "method='exact' or 'exponential_midpoint'"
    )
