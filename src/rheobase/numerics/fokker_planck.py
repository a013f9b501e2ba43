r"""The Fokker-Planck equations of coupled populations in time: TR-BDF2 on the finite volumes of
`rheobase.numerics.scharfetter_gummel`.

With ``f`` the flow into each volume and ``g = 2 - sqrt(2)``, a step of length ``dt`` is (Bank et al. 1985, IEEE Trans
Electron Devices 32:1992; Hosea & Shampine 1996, Appl Numer Math 20:21)

    P_g = P_0 + (g dt/2) (f(P_0) + f(P_g)),
    P_1 = [(sqrt(2) + 1) P_g - (sqrt(2) - 1) P_0]/2 + (g dt/2) f(P_1),

of second order and L-stable. In all ``P_1 - P_0 = dt [sqrt(2)/4 (f_0 + f_g) + g/2 f_1]``; the mass that leaves through
the threshold in a step is the same sum of the fluxes there, and comes back after the refractory time: what left ``k``
and ``k + 1`` steps ago, in the shares ``1 - share`` and ``share`` if the time is ``k + share`` steps. What has left and
is not back is the refractory mass, so that the sum of both changes by rounding only; this rounding is spread over the
density, so that it does not add up. If the refractory time is shorter than a step, the part ``1 - share`` comes back
within the same step, as an unknown of the implicit equations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.delayed_input import listen
from rheobase.numerics.kernel import kernel
from rheobase.numerics.scharfetter_gummel import change, exchange, implicit

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

MIDDLE = 2.0 - np.sqrt(2.0)  # g
_EARLY, _LATE = 0.25 * np.sqrt(2.0), 0.5 * MIDDLE
_FROM_MIDDLE, _FROM_START = 0.5 * (np.sqrt(2.0) + 1.0), 0.5 * (np.sqrt(2.0) - 1.0)
_MOST_TURNS, _SETTLED = 60, 1e-11
_LEAK = 1e-12
_ROUNDING = 1e-11  # of many nodes far down

#: Why `advance` came back: all steps done, density at the lowest node, no noise, not a number or noise below zero (from
#: rates below zero), feedback without end.
DONE, LOW, SILENT, LOST, CAUGHT = 0, 1, 2, 3, 4


class State(NamedTuple):
    """What changes from step to step.

    Attributes
    ----------
    density : (populations, longest)
        At the nodes.
    left : (populations, depth)
        Ring of the masses that left in a step; step ``n`` is in column ``n % depth``.
    filters : (channels, 3)
        See `rheobase.numerics.delayed_input`.
    """

    density: Array
    left: Array
    filters: Array


class Held(NamedTuple):
    """Refractory times of the populations: ``steps + share`` steps."""

    steps: Whole
    share: Array


def held_for(times: Array, dt: float) -> Held:
    """Refractory times (in the unit of ``dt``) as steps and a share of one."""
    steps = np.asarray(times, float) / dt
    nearest = np.round(steps)
    steps = np.where(np.abs(steps - nearest) < 1e-9 * np.maximum(nearest, 1.0), nearest, steps)
    return Held(np.floor(steps).astype(np.int64), steps - np.floor(steps))


@kernel
def refractory_mass(left, number, steps, share):
    """The mass of one population that left before step ``number`` and is not back.

    What rounding takes from the sum is summed too (Kahan 1965): there may be hundreds of thousands of steps.
    """
    depth, total, lost = left.size, share * left[(number - steps - 1) % left.size], 0.0
    for j in range(1, steps + 1):
        part = left[(number - j) % depth] + lost
        more = total + part
        lost = part - (more - total)
        total = more
    return total


@kernel
def exchanges(edge, drift, bend, count, mean, spread, up, down):
    """Rates of passage (`exchange`) at start, middle and end of a step; ``mean`` and ``spread`` are added there to the
    drift and the diffusion. Where the input stays as it was, so do they.
    """
    exchange(edge, drift, bend, count, mean[0], spread[0], up[0], down[0])
    for k in (1, 2):
        if mean[k] == mean[k - 1] and spread[k] == spread[k - 1]:
            up[k, :count] = up[k - 1, :count]
            down[k, :count] = down[k - 1, :count]
        else:
            exchange(edge, drift, bend, count, mean[k], spread[k], up[k], down[k])


@kernel
def back_now(left, number, steps, share):
    """What comes back in a step of one population: a mass that left before, and a share of the flux of this step."""
    source = share * left[(number - steps - 1) % left.size]
    if steps > 0:
        return source + (1.0 - share) * left[(number - steps) % left.size], 0.0
    return source, 1.0 - share


@kernel
def step(volume, up, down, count, reset, dt, back, source, start, end, work):
    """One step of one population: ``start`` to ``end``; returns the mass that leaves and the flux at the end.

    ``up`` and ``down`` are `exchanges`; ``source`` is the mass put at the reset in the step beside the share ``back``
    of the flux; ``work`` has four rows.
    """
    known, middle, scratch, unit = work[0], work[1], work[2], work[3]
    half = 0.5 * MIDDLE * dt
    first = change(start, up[0], down[0], count, known)
    for i in range(count):
        known[i] = volume[i] * start[i] + half * known[i]
    known[reset] += half * back * first + MIDDLE * source
    implicit(volume, up[1], down[1], count, half, back, reset, known, middle, scratch, unit)
    second = up[1, count - 1] * middle[count - 1]
    for i in range(count):
        known[i] = volume[i] * (_FROM_MIDDLE * middle[i] - _FROM_START * start[i])
    known[reset] += _LATE * source
    implicit(volume, up[2], down[2], count, half, back, reset, known, end, scratch, unit)
    third = up[2, count - 1] * end[count - 1]
    return dt * (_EARLY * (first + second) + _LATE * third), third


@kernel
def _everyone(grid, held, state, mean, variance, dt, number, column, rates, ahead, gone, work):
    """All populations through one step, given what they receive; returns how far the rates are from those assumed."""
    worst = 0.0
    for p in range(grid.count.size):
        source, back = back_now(state.left[p], number, held.steps[p], held.share[p])
        exchanges(
            grid.edge[p], grid.drift[p], grid.bend[p], grid.count[p], mean[p], 0.5 * variance[p], work[4:7], work[7:10]
        )
        gone[p], rate = step(
            grid.volume[p], work[4:7], work[7:10], grid.count[p], grid.reset[p], dt, back, source, state.density[p],
            ahead[p], work,
        )  # fmt: skip
        worst = max(worst, abs(rate - rates[p, column + 1]) / (abs(rate) + 1e-9))
        rates[p, column + 1] = rate
    return worst


@kernel
def advance(grid, held, channels, state, mean_0, variance_0, tau, dt, number, steps, offset, immediate, rates, sums):
    """Carry all populations through some steps.

    Parameters
    ----------
    grid, held, channels, state
        `Grid`, `Held`, `Channels` and `State`; the state is changed.
    mean_0, variance_0 : (populations, steps, 3)
        Input from outside at start, middle and end of each step: ``mu`` and ``sigma**2``.
    tau : (populations,)
        Time constants that scale them: ``mu/tau`` is drift, ``sigma**2/(2 tau)`` is diffusion.
    number
        The first step.
    offset
        Column of ``rates`` where time begins.
    immediate
        Whether a rate acts on its own step: then the step is repeated until the rates agree.
    rates : (populations, columns)
        Written: the flux through the threshold at the end of each step.
    sums : (4, populations, steps)
        Written: mass below threshold, refractory mass, ``mu`` and ``sigma**2`` at the end of each step.

    Returns
    -------
    done, reason : int
        How many steps were made, and `DONE` or why no more.
    """
    populations, longest = state.density.shape
    mean, variance = np.empty((populations, 3)), np.empty((populations, 3))
    ahead, after, gone = np.zeros((populations, longest)), state.filters.copy(), np.empty(populations)
    work = np.empty((10, longest))
    for s in range(steps):
        column = offset + number + s
        for p in range(populations):  # a first guess, for what is heard at once
            rates[p, column + 1] = max(2.0 * rates[p, column] - rates[p, max(column - 1, offset)], 0.0)
        turns, worst = 0, np.inf
        while worst > _SETTLED and turns < (_MOST_TURNS if immediate else 1):
            mean[:], variance[:] = mean_0[:, s], variance_0[:, s]
            listen(channels, state.filters, rates, column, dt, MIDDLE, mean, variance, after)
            for p in range(populations):
                sums[2, p, s], sums[3, p, s] = mean[p, 2], variance[p, 2]
                mean[p] /= tau[p]
                variance[p] /= tau[p]
                if not variance[p].min() > 0.0:
                    return s, SILENT if variance[p].min() == 0.0 else LOST
            worst = _everyone(grid, held, state, mean, variance, dt, number + s, column, rates, ahead, gone, work)
            turns += 1
        if immediate and not worst <= 1e3 * _SETTLED:
            return s, LOST if np.isnan(worst) else CAUGHT
        if not accept(grid, held, state, number + s, ahead, gone, sums[:, :, s]):
            return s, LOST
        state.filters[:] = after
        for p in range(populations):
            if grid.volume[p, 0] * abs(state.density[p, 0]) > _LEAK:
                return s + 1, LOW
    return steps, DONE


@kernel
def accept(grid, held, state, number, ahead, gone, sums):
    """Make the end of a step the state; false if it is not finite."""
    for p in range(grid.count.size):
        state.left[p, number % state.left.shape[1]] = gone[p]
        total = 0.0
        for i in range(grid.count[p]):
            state.density[p, i] = ahead[p, i]
            total += grid.volume[p, i] * ahead[p, i]
        sums[1, p] = refractory_mass(state.left[p], number + 1, held.steps[p], held.share[p])
        factor = (1.0 - sums[1, p]) / total
        if abs(factor - 1.0) < _ROUNDING:  # more than that would be an error, which is to be seen
            state.density[p] *= factor
            total *= factor
        sums[0, p] = total
        if not np.isfinite(total):
            return False
    return True
