r"""Populations of finitely many neurons in time: a density, and the fluctuation that ``N`` neurons make around it.

Given what a population hears, its neurons are independent. Each has the density ``q`` of the Fokker-Planck equation;
the density of all ``N`` of them is ``q + e`` with ``<e> = 0`` and the covariance of ``N`` independent draws. On finite
volumes (`rheobase.numerics.scharfetter_gummel`) a neuron jumps from node to node, over edge ``i`` with the rates
``up_i q_i`` and ``down_i q_{i+1}``, so that ``N`` of them make noise on the flux over each edge,

    V_i de_i/dt = flow_i(e) + xi_{i-1} - xi_i,
    <xi_i(t) xi_j(t')> = (up_i q_i + down_i q_{i+1})/N delta_ij delta(t - t'),

on the one through the threshold too: what leaves there is counted, and comes back at the reset after the refractory
time. So ``e`` has no mass in all, ever. These equations give the first two moments of ``N`` independent neurons exactly
(van Kampen 2007, Stochastic Processes in Physics and Chemistry, chapter 10; Dean 1996, J Phys A 29:L613).

``q`` makes the steps of `rheobase.numerics.fokker_planck`. ``e`` makes those of the trapezoidal rule: it replaces
``d/dt`` by ``(2/dt) (z - 1)/(z + 1)``, and with white noise of variance ``dt (..)/N`` in each step the spectrum of the
counts is that of continuous time, at ``(2/dt) tan(omega dt/2)`` in place of ``omega``. If the input is constant, no
other error is made in time.

Spikes are drawn from ``a``, ``N`` times the mass that leaves ``q`` in a step, and ``y``, the same of ``q + e``. If four
or more are expected, the spikes are ``y``, rounded, with the rest carried on. Else ``Q = 4 + sum of (y - spikes) so
far`` neurons wait to be counted, ``Q`` rounded down, and each is with probability ``p = a/4``:

    spikes ~ binomial(Q, p),    so that in mean    spikes = a + p sum of (y - spikes).

So counts are whole, never negative, without delay in ``a``, and all of ``y`` is counted in the end. The variance of a
binomial count is ``1 - p`` of that of a Poisson count, which is just what is missing: if ``y`` has the white spectrum
of Poisson spikes, the counts have it too. In general, if ``y`` has ``S`` times that, the counts have

    1 + (S - 1)/(1 + (f/f_c)**2),    f_c = N rate/(8 pi).

(Periods shorter than ``1/f_c`` have less than some 25 spikes; ``S`` differs from 1 below the rate of single neurons and
a few times above, so this is of concern with less than a hundred neurons only.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.fokker_planck import DONE, LOST, LOW, MIDDLE, State, accept, back_now, exchanges, refractory_mass
from rheobase.numerics.fokker_planck import step as expected_step
from rheobase.numerics.kernel import kernel
from rheobase.numerics.random import fill_words, normal_pair, normals_of_words, philox, unit
from rheobase.numerics.scharfetter_gummel import change, implicit

Array = NDArray[np.float64]

_LEAK, _ROUNDING, _WRONG = 1e-12, 1e-11, 1e-6  # of the probability
_DENSITY, _SOURCE, _FIRST = np.uint32(0x6D000001), np.uint32(0x6D000002), np.uint32(0x6D000003)
_CARRY, _SPIKES = np.uint32(0x6D000004), np.uint32(0x6D000005)
_WAITING = 4.0  # neurons, in mean: of two some would be fewer than none, and more make the counts slower
_FEW = 30.0  # up to this mean a Poisson count is drawn by adding up probabilities


class Crowd(NamedTuple):
    """What changes from step to step.

    Attributes
    ----------
    expected : State
        ``q``, the masses that left it, and the filters of the channels.
    deviation : (populations, longest)
        ``e`` at the nodes.
    surplus : (populations, depth)
        Ring of the masses that ``e`` lost in a step, beside ``expected.left``.
    carry : (populations + sources,)
        ``sum of (y - spikes)``.
    """

    expected: State
    deviation: Array
    surplus: Array
    carry: Array


class Sources(NamedTuple):
    """Populations that are Poisson processes.

    Attributes
    ----------
    size : (sources,)
        Neurons.
    rate : (sources, steps)
        Mean rate in each step.
    """

    size: Array
    rate: Array


@kernel
def hear(channels, state, rates, column, dt, middle, mean, variance, after):
    """Add every channel's part to mean and variance at the start, at ``middle dt`` and at the end of a step.

    ``rates[:, column]`` is the mean rate of the step before this one; a lag of one step hears it through all of this
    step. A synapse makes of an input that is constant in a step, with ``A`` and ``B`` from the start,
    ``y = u = x + A exp(-t/tau_s)`` and ``w = x + 2 A exp(-t/tau_s) + B exp(-2 t/tau_s)`` (see
    `rheobase.numerics.delayed_input`).
    """
    for c in range(channels.post.size):
        x, source = 0.0, rates[channels.pre[c]]
        for k in range(channels.start[c], channels.start[c + 1]):
            x += channels.weight[k] * source[column + 1 - channels.lag[k]]
        tau, post = channels.tau_s[c], channels.post[c]
        if tau == 0.0:
            mean[post] += channels.mean[c] * x
            variance[post] += channels.variance[c] * x
            continue
        a, b = state[c, 0] - x, state[c, 1] - x
        rest = state[c, 2] - x - 2.0 * b
        for k, t in ((0, 0.0), (1, middle * dt), (2, dt)):
            fade = np.exp(-t / tau)
            y, u, w = x + a * fade, x + b * fade, x + 2.0 * b * fade + rest * fade * fade
            mean[post, k] += channels.mean[c] * y
            variance[post, k] += channels.variance[c] * w
        after[c, 0], after[c, 1], after[c, 2] = y, u, w


@kernel
def draw(normals, words, count, block, owner, key0, key1):
    """Standard normals for four steps of one population: edges are counted from the threshold down."""
    fill_words(words, count, 0, block, _DENSITY, owner, key0, key1)
    normals_of_words(words, count, normals)


@kernel
def deviate(volume, up, down, before, after, count, reset, size, dt, back, source, normals, start, end, work):
    """One step of the fluctuation: ``start`` to ``end``; returns the mass that leaves.

    Parameters
    ----------
    up, down : (3, count)
        `exchanges` of the step.
    before, after : (count,)
        ``q`` at its start and end, which says how strong the noise is.
    size
        ``N``.
    back, source
        See `rheobase.numerics.fokker_planck.step`.
    """
    known, scratch, unit_row = work[0], work[1], work[2]
    half = 0.5 * dt
    first = change(start, up[0], down[0], count, known)
    below = 0.0
    for i in range(count):
        strength = up[0, i] * max(before[i], 0.0) + up[2, i] * max(after[i], 0.0)
        if i + 1 < count:
            strength += down[0, i] * max(before[i + 1], 0.0) + down[2, i] * max(after[i + 1], 0.0)
        noise = np.sqrt(half * strength / size) * normals[count - 1 - i]
        known[i] = volume[i] * start[i] + half * known[i] + below - noise
        below = noise
    known[reset] += back * (half * first + below) + source
    implicit(volume, up[2], down[2], count, half, back, reset, known, end, scratch, unit_row)
    return half * (first + up[2, count - 1] * end[count - 1]) + below


@kernel
def poisson(mean, carry, block, owner, key0, key1):
    """A Poisson count, and what is carried on where the mean is large: there it is a rounded normal number."""
    a, b, _, _ = philox(np.uint32(0), np.uint32(block), _SOURCE, np.uint32(owner), key0, key1)
    if mean > _FEW:
        normal, _ = normal_pair(np.int32(a), np.int32(b))
        total = carry + mean + np.sqrt(mean) * normal
        number = max(np.floor(total), 0.0)
        return number, total - number
    u, number, probability = unit(np.int32(a)), 0.0, np.exp(-mean)
    cumulative = probability
    while cumulative < u and probability > 1e-300:
        number += 1.0
        probability *= mean / number
        cumulative += probability
    return number, carry


@kernel
def advance(
    grid, held, channels, crowd, size, sources, mean_0, variance_0, least, tau, dt, number, steps, offset, key0, key1,
    rates, wanted, sums,
):  # fmt: skip
    """Carry all populations through some steps.

    Parameters
    ----------
    grid, held, channels, crowd, sources
        `Grid`, `Held`, `Channels` (no lag is below one step), `Crowd` (changed) and `Sources`.
    size : (populations,)
        Neurons.
    mean_0, variance_0, tau, dt, number, steps
        As in `rheobase.numerics.fokker_planck.advance`.
    least : (populations,)
        The variance is never below this.
    offset
        Column of ``rates`` of the last step before time 0.
    key0, key1
        Words of the seed.
    rates : (populations + sources, columns)
        Written: spikes emitted per neuron and time in each step; of sources, what that is above the mean rate.
    wanted : (populations, steps)
        Written: the flux of ``q`` through the threshold, mean of a step.
    sums : (4, populations, steps)
        Written: mass below threshold, refractory mass, ``mu`` and ``sigma**2`` at the end of each step.

    Returns
    -------
    done, reason : int
    """
    state, populations, longest = crowd.expected, size.size, crowd.deviation.shape[1]
    mean, variance = np.empty((populations, 3)), np.empty((populations, 3))
    ahead, after, gone = np.zeros((populations, longest)), state.filters.copy(), np.empty(populations)
    beyond, lost = np.zeros((populations, longest)), np.empty(populations)
    words, normals = np.empty((4, longest), np.int32), np.zeros((populations, 4, longest))
    work = np.empty((10, longest))
    for s in range(steps):
        now, column = number + s, offset + number + s
        mean[:], variance[:] = mean_0[:, s], variance_0[:, s]
        hear(channels, state.filters, rates, column, dt, MIDDLE, mean, variance, after)
        for p in range(populations):
            for k in range(3):
                variance[p, k] = max(variance[p, k], least[p])
            sums[2, p, s], sums[3, p, s] = mean[p, 2], variance[p, 2]
            for k in range(3):
                mean[p, k], variance[p, k] = mean[p, k] / tau[p], 0.5 * variance[p, k] / tau[p]
            if s == 0 or now & 3 == 0:
                draw(normals[p], words, grid.count[p], now >> 2, p, key0, key1)
            gone[p], lost[p] = _both(
                grid, held, crowd, size[p], p, mean[p], variance[p], normals[p, now & 3], dt, now, ahead[p], beyond[p],
                work,
            )  # fmt: skip
        if not accept(grid, held, state, now, ahead, gone, sums[:, :, s]):
            return s, LOST
        _count(
            grid, held, crowd, size, beyond, gone, lost, dt, now, column, key0, key1, rates, wanted[:, s], sums[:, :, s]
        )
        for p in range(populations):
            if not abs(sums[0, p, s] + sums[1, p, s] - 1.0) < _WRONG:
                return s, LOST
        _emit(crowd, sources, s, dt, now, column, key0, key1, rates)
        state.filters[:] = after
        for p in range(populations):
            if grid.volume[p, 0] * abs(state.density[p, 0]) > _LEAK:
                return s + 1, LOW
    return steps, DONE


@kernel
def _both(grid, held, crowd, size, p, mean, spread, normals, dt, now, ahead, beyond, work):
    """One population through one step: what leaves ``q`` and what leaves ``e``."""
    volume, count, reset, up, down = grid.volume[p], grid.count[p], grid.reset[p], work[4:7], work[7:10]
    q, e = crowd.expected.density[p], crowd.deviation[p]
    exchanges(grid.edge[p], grid.drift[p], grid.bend[p], count, mean, spread, up, down)
    source, back = back_now(crowd.expected.left[p], now, held.steps[p], held.share[p])
    gone, _ = expected_step(volume, up, down, count, reset, dt, back, source, q, ahead, work)
    source, back = back_now(crowd.surplus[p], now, held.steps[p], held.share[p])
    lost = deviate(volume, up, down, q, ahead, count, reset, size, dt, back, source, normals, e, beyond, work)
    return gone, lost


@kernel
def _count(grid, held, crowd, size, beyond, gone, lost, dt, now, column, key0, key1, rates, wanted, sums):
    """Make the end of a step the state of the fluctuation, and count the spikes."""
    for p in range(size.size):
        crowd.surplus[p, now % crowd.surplus.shape[1]] = lost[p]
        inside, outside = 0.0, refractory_mass(crowd.surplus[p], now + 1, held.steps[p], held.share[p])
        for i in range(grid.count[p]):
            inside += grid.volume[p, i] * beyond[p, i]
        # rounding would add up: it is spread over the neurons; more than that would be an error, which is to be seen
        excess = inside + outside if abs(inside + outside) < _ROUNDING else 0.0
        part = excess / sums[0, p] if sums[0, p] > _ROUNDING else 0.0
        for i in range(grid.count[p]):
            crowd.deviation[p, i] = beyond[p, i] - part * crowd.expected.density[p, i]
        sums[1, p] += outside
        sums[0, p] += inside - part * sums[0, p]
        wanted[p] = gone[p] / dt
        expected, beside = size[p] * gone[p], size[p] * lost[p]
        spikes = _spikes(expected, beside, crowd.carry[p], now, p, key0, key1)
        crowd.carry[p] += expected + beside - spikes
        rates[p, column + 1] = spikes / (size[p] * dt)


@kernel
def _spikes(expected, beside, carry, now, owner, key0, key1):
    """How many spikes there are in a step, of ``a = expected`` and ``y - a = beside``."""
    if expected >= _WAITING:
        return max(np.floor(expected + beside + carry), 0.0)
    waiting, p = np.floor(_WAITING + carry), expected / _WAITING
    if waiting < 1.0 or not p > 0.0:
        return 0.0
    a, _, _, _ = philox(np.uint32(0), np.uint32(now), _SPIKES, np.uint32(owner), key0, key1)
    u, number, odds = unit(np.int32(a)), 0.0, p / (1.0 - p)
    probability = (1.0 - p) ** waiting
    cumulative = probability
    while cumulative < u and number < waiting:
        probability *= odds * (waiting - number) / (number + 1.0)
        number += 1.0
        cumulative += probability
    return number


@kernel
def _emit(crowd, sources, s, dt, now, column, key0, key1, rates):
    """The spikes of the Poisson populations."""
    populations = crowd.deviation.shape[0]
    for k in range(sources.size.size):
        mean, row = sources.size[k] * sources.rate[k, s] * dt, populations + k
        spikes, crowd.carry[row] = poisson(mean, crowd.carry[row], now, k, key0, key1)
        rates[row, column + 1] = (spikes - mean) / (sources.size[k] * dt)


@kernel
def first_deviation(expected, mass, size, deviation, surplus, key0, key1, owner):
    """The fluctuation of ``N`` independent neurons, over masses ``expected`` that are 1 in all; written as masses.

    ``mass`` are the first ``deviation.size`` places, those that follow belong to ``surplus``.
    """
    total = 0.0
    inner = deviation.size
    for i in range(mass.size):
        a, b, _, _ = philox(np.uint32(i), np.uint32(0), _FIRST, np.uint32(owner), key0, key1)
        normal, _ = normal_pair(np.int32(a), np.int32(b))
        value = np.sqrt(max(mass[i], 0.0) / size) * normal
        total += value
        if i < inner:
            deviation[i] = value
        else:
            surplus[i - inner] = value
    for i in range(inner):
        deviation[i] -= mass[i] * total / expected
    for i in range(surplus.size):
        surplus[i] -= mass[inner + i] * total / expected


@kernel
def first_carry(owner, key0, key1):
    """Where between two whole numbers the count of a population begins."""
    a, _, _, _ = philox(np.uint32(0), np.uint32(0), _CARRY, np.uint32(owner), key0, key1)
    return unit(np.int32(a))
