"""What the simulation's time step does to the rate of neurons in white noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rheobase.check.result import NEGLIGIBLE_HZ
from rheobase.population import SteadyState
from rheobase.population.neuron.any_neuron import rates

#: ``-zeta(1/2)/sqrt(2 pi)``: Broadie, Glasserman & Kou (1997), A continuity correction for discrete barrier options,
#: Math. Finance 7:325.
CONTINUITY = 0.5825971579390107
_WORTH_SAYING = 0.01


def threshold_shift(steady: SteadyState, dt: float) -> NDArray[np.float64]:
    r"""How much higher the threshold of each population seems to lie, mV, when it is tested once every ``dt`` (ms).

    A diffusion that is looked at on a grid crosses a bound later than the diffusion itself, as if the bound lay
    ``0.5826 sigma sqrt(dt/tau_m)`` further away, up to terms of order ``dt``. Filtered noise does not cross back and
    forth, so there the shift is 0.
    """
    tau_m = np.array([membrane.tau_m for membrane in steady.maps.membranes])
    return raised(tau_m, steady.sigma, steady.shift, dt)


def raised(
    tau_m: NDArray[np.float64], sigma: NDArray[np.float64], shift: NDArray[np.float64], dt: float
) -> NDArray[np.float64]:
    """The same from the numbers; ``shift`` is positive where the noise is filtered."""
    return np.where(shift > 0, 0.0, CONTINUITY * sigma * np.sqrt(dt / tau_m))


def rates_on_the_grid(steady: SteadyState, dt: float) -> NDArray[np.float64]:
    """Stationary rates (Hz) for a threshold that is tested every ``dt`` (ms), at the input of the stationary state."""
    higher = threshold_shift(steady, dt)
    moved = [replace(m, v_th=m.v_th + up) for m, up in zip(steady.maps.membranes, higher, strict=True)]
    return rates(tuple(moved), steady.mu, steady.sigma, steady.shift).rate * 1e3


def about_the_time_step(steady: SteadyState, dt: float) -> list[str]:
    """A sentence where the grid changes a rate, of a population that is not silent, by one percent or more."""
    on_the_grid, audible = rates_on_the_grid(steady, dt), steady.rates >= NEGLIGIBLE_HZ
    change = np.where(audible, on_the_grid / np.where(audible, steady.rates, 1.0) - 1.0, 0.0)
    worst = int(np.argmax(np.abs(change)))
    if abs(change[worst]) < _WORTH_SAYING:
        return []
    raised, name = threshold_shift(steady, dt)[worst], steady.populations[worst]
    return [
        f"Time step: the simulation tests the threshold once every {dt:g} ms and misses what lies between. In white "
        f"noise this is as if it lay 0.58 sigma sqrt(dt/tau_m) higher, {raised:.2g} mV for {name!r}; at the same "
        f"input that alone changes the rate by {100 * change[worst]:+.1f} %. A smaller dt comes closer to the theory."
    ]
