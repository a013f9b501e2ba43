r"""Where to put the panels of a threshold integration, for a drift ``a(v)`` and a diffusion constant ``D``.

A solution changes like ``exp(+-integral of kappa dv)``, ``kappa = sqrt(a**2 + 4 D lam)/D``. While that may matter, a
panel is no wider than ``2/kappa``, or ``4/kappa`` for responses, of which only integrals matter. Once what decays has
decayed by ``exp(-45)``, the solution follows the drift alone (it is proportional to ``1/a``), and a panel is as wide as
the drift's own change allows; the L-stable method does the rest. So a steep spike current or a mean far above threshold
costs few panels.

Walking up serves the passage times, walking down the density; the union of both serves their products. Where neither
needs all of its edges, they are left out.

After a barrier a solution is larger than what follows the drift, by as much as it has grown; where another barrier
comes, all of that has to decay first. After the last one what is left of it is negligible beside what it has been.
"""

from __future__ import annotations

import numpy as np

from rheobase.numerics.kernel import kernel

SETTLED = 45.0  # exp(-45) is 3e-20
WIDEST = 2.0  # kappa times the width of a panel: the polynomial through its stages is good to 1e-11
RESPONDING = 4.0  # the same for a response: 12 stages are off by 1e-30 times the 24th power of it at the panel's end
_RATIO = 1.6  # change of the drift over a panel on which the solution follows it
_SHRINK = 0.7
_SAMPLES = 16  # of the drift on each piece


@kernel
def drift_at(edges, coefficients, piece, v):
    """The polynomial of a piece at ``v``, by Clenshaw's recurrence."""
    z = 2.0 * (v - edges[piece]) / (edges[piece + 1] - edges[piece]) - 1.0
    before, last = 0.0, 0.0
    for k in range(coefficients.shape[1] - 1, 0, -1):
        before, last = last, 2.0 * z * last - before + coefficients[piece, k]
    return z * last - before + coefficients[piece, 0]


@kernel
def piece_of(edges, v):
    """The number of the piece that holds ``v``."""
    return min(max(np.searchsorted(edges, v, side="right") - 1, 0), edges.size - 2)


@kernel
def _fits(here, middle, there, width, diffusion, lam, settled, fineness):
    """Whether a panel of this width is narrow enough for a drift of these values on it."""
    fastest = max(abs(here), abs(middle), abs(there))
    kappa = np.sqrt(fastest * fastest + 4.0 * diffusion * lam) / diffusion
    if kappa * width * fineness <= (RESPONDING if lam > 0.0 else WIDEST):
        return True
    slowest = min(here, middle, there)
    slaved = settled > SETTLED and slowest > 0.0 and fastest <= slowest * _RATIO ** (1.0 / fineness)
    return slaved and lam * width * fineness <= WIDEST * slowest


@kernel
def walk(edges, coefficients, mean, diffusion, lam, start, stop, last, settled, fineness, most):
    """Panel edges from ``start`` to ``stop``, up or down.

    Parameters
    ----------
    edges, coefficients, mean
        The drift is the piecewise polynomial plus ``mean``.
    lam
        Largest ``abs(s)`` of a modulation ``exp(s t)``; 0 for stationary solutions.
    last
        Where the drift is against the walk for the last time, as `last_against` finds it.
    settled
        By how many e-folds what decays has decayed already at the start; negative: it has grown.
    fineness
        1 as it should be; 2 for panels half as wide.
    most
        At how many panels to give up.

    Returns
    -------
    points : ndarray
        From ``start`` on; ``stop`` is the last unless there were too many or the drift is not a number.
    settled : float
        At the end.
    """
    points = np.empty(most + 1)
    points[0] = start
    count, v = 0, start
    sign = 1.0 if stop > start else -1.0
    width = abs(stop - start)
    least = 1e-15 * (edges[-1] - edges[0])
    while v != stop and count < most:
        piece = piece_of(edges, v)
        if sign < 0.0 and v <= edges[piece] and piece > 0:
            piece -= 1
        border = min(edges[piece + 1], stop) if sign > 0.0 else max(edges[piece], stop)
        room = abs(border - v)
        width = min(4.0 * width, room)
        if sign * (v - last) >= 0.0:
            settled = max(settled, 0.0)
        here = drift_at(edges, coefficients, piece, v) + mean
        while True:
            end = border if width >= room else v + sign * width
            middle = drift_at(edges, coefficients, piece, 0.5 * (v + end)) + mean
            there = drift_at(edges, coefficients, piece, end) + mean
            if _fits(here, middle, there, width, diffusion, lam, settled, fineness) or width < least:
                break
            width *= _SHRINK
        if not here + middle + there < np.inf:
            break
        decay = (here + 4.0 * middle + there) / 6.0 * width / diffusion
        settled = settled + decay if min(here, middle, there) > 0.0 else min(settled, 0.0) + decay
        count += 1
        points[count] = end
        v = end
    return points[: count + 1], settled


@kernel
def last_against(edges, coefficients, mean, start, stop):
    """The place nearest to ``stop``, on the way there, where the drift is negative; ``start`` if there is none."""
    sign = 1.0 if stop > start else -1.0
    found = start
    for piece in range(edges.size - 1):
        for k in range(_SAMPLES + 1):
            v = edges[piece] + (edges[piece + 1] - edges[piece]) * k / _SAMPLES
            against = drift_at(edges, coefficients, piece, v) + mean <= 0.0
            if against and sign * (v - found) > 0.0 and sign * (stop - v) >= 0.0:
                found = v
    return found


@kernel
def foot(edges, coefficients, mean, diffusion, start, most):
    """How far below ``start`` a solution still matters; nan if the drift ends before, inf if there were too many steps.

    It is where the drift has pulled up by ``SETTLED`` e-folds, below the lowest place where it does not: a well behind
    a barrier counts, however rarely it is entered.
    """
    count, v, settled, lowest = 0, start, 0.0, start
    if drift_at(edges, coefficients, 0, edges[0]) + mean > 0.0:
        lowest = last_against(edges, coefficients, mean, start, edges[0])
    width = v - edges[0]
    least = 1e-15 * (edges[-1] - edges[0])
    if not np.isfinite(mean):
        return np.inf
    while settled < SETTLED:
        if v <= edges[0]:
            return np.nan
        if count >= most:
            return np.inf
        piece = piece_of(edges, v)
        if v <= edges[piece] and piece > 0:
            piece -= 1
        room = v - edges[piece]
        width = min(4.0 * width, room)
        here = drift_at(edges, coefficients, piece, v) + mean
        while True:
            middle = drift_at(edges, coefficients, piece, v - 0.5 * width) + mean
            there = drift_at(edges, coefficients, piece, v - width) + mean
            fastest = max(abs(here), abs(middle), abs(there))
            if not fastest * width > max(4.0, 0.1 * settled) * diffusion or width < least:
                break
            if max(here, middle, there) <= 0.0:  # it pulls down all the way: nothing to resolve
                break
            width *= _SHRINK
        decay = middle * width / diffusion
        settled = settled + decay if min(here, middle) > 0.0 and v <= lowest else 0.0
        v -= width
        count += 1
    return v


@kernel
def rising(edges, coefficients, mean, diffusion, lam, reset, threshold, fineness, most):
    """Panels for what is carried upwards, from the foot to the threshold; and the number of the one at the reset.

    An empty array where the drift does not pull up below the reset (as far as its pieces reach), or needs too many.
    """
    low = foot(edges, coefficients, mean, diffusion, reset, most)
    if not np.isfinite(low):
        return np.empty(0), -1 if np.isnan(low) else -2
    last = last_against(edges, coefficients, mean, low, threshold)
    below, settled = walk(edges, coefficients, mean, diffusion, lam, low, reset, last, 0.0, fineness, most)
    above, settled = walk(edges, coefficients, mean, diffusion, lam, reset, threshold, last, settled, fineness, most)
    if below[-1] != reset or above[-1] != threshold:
        return np.empty(0), -2
    return np.concatenate((below[:-1], above)), below.size - 1


@kernel
def both_ways(edges, coefficients, mean, diffusion, lam, reset, threshold, fineness, most):
    """Panels that serve what is carried upwards and what is carried downwards; otherwise as `rising`."""
    points, first = rising(edges, coefficients, mean, diffusion, lam, reset, threshold, fineness, most)
    if points.size == 0:
        return points, first
    last = last_against(edges, coefficients, mean, threshold, points[0])
    above, settled = walk(edges, coefficients, mean, diffusion, lam, threshold, reset, last, 0.0, fineness, most)
    settled = min(settled, 0.0)
    below, _ = walk(edges, coefficients, mean, diffusion, lam, reset, points[0], last, settled, fineness, most)
    if above[-1] != reset or below[-1] != points[0]:
        return np.empty(0), -2
    joined = np.unique(np.concatenate((points, above, below)))
    count = 1
    for k in range(1, joined.size - 1):
        wide = joined[k] - joined[count - 1] > 1e-13 * (threshold - points[0])  # not by rounding only
        if joined[k] == reset or (
            wide
            and not _one(edges, coefficients, mean, diffusion, lam, joined[count - 1], joined[k + 1], reset, fineness)
        ):
            joined[count] = joined[k]
            count += 1
    joined[count] = joined[-1]
    joined = joined[: count + 1].copy()
    return joined, np.searchsorted(joined, reset)


@kernel
def _one(edges, coefficients, mean, diffusion, lam, start, end, reset, fineness):
    """Whether a single panel does from ``start`` to ``end``, whichever way it is walked."""
    piece = piece_of(edges, start)
    if end > edges[piece + 1] or start < reset < end:
        return False
    here, middle, there = (
        drift_at(edges, coefficients, piece, start) + mean,
        drift_at(edges, coefficients, piece, 0.5 * (start + end)) + mean,
        drift_at(edges, coefficients, piece, end) + mean,
    )
    return _fits(here, middle, there, end - start, diffusion, lam, 0.0, fineness)
