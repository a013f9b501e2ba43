r"""The current through gap junctions over one time step, for all coupled neurons at once.

The coupled potentials obey :math:`\dot v = r - B L v` with each neuron's own rate of change r, the weighted graph
Laplacian L of the junctions and the membranes' sensitivity B (1/C). With r as it is at the beginning of the step, the
mean of v over the step is

.. math:: \bar v = v + \varphi_2(Z)\,(dt\,r + Z v),\qquad Z = -dt\,B L,\quad \varphi_2(z) = \frac{e^z - 1 - z}{z^2},

and each neuron takes its own step with the constant current :math:`-L\bar v`. This is an exponential integrator
(Hochbruck & Ostermann 2010): of second order in dt for smooth equations, stable however strong the coupling is, and
exact in the steady state, where both terms cancel. At a reset or a jump it is of first order, like everything on a grid
of spike times.

:math:`\varphi_2(Z)` is a Chebyshev polynomial; it needs one product with L for each term, a handful of them where
:math:`dt\,g/C` is small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Link(NamedTuple):
    """The coupled neurons, population after population, as one graph.

    Attributes
    ----------
    starts, others, conductances
        Row starts, neighbours and conductances of the graph, both ways.
    speed
        dt * B of each neuron.
    dt
        Time step.
    half
        Half of the largest eigenvalue of -Z: the polynomial is one of 1 + Z/half.
    series
        Its coefficients.
    v, rates, active, current
        Of each neuron: potential, own rate of change, 0 where it is refractory and stands still, and the result.
    work
        Room for four vectors.
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int64]
    conductances: Array
    speed: Array
    dt: float
    half: float
    series: Array
    v: Array
    rates: Array
    active: Array
    current: Array
    work: Array


@njit(nogil=True, cache=True)
def flow_into(result, v, starts, others, conductances):
    """``-L v``: the current into each neuron from its neighbours."""
    for i in range(v.size):
        total = 0.0
        for at in range(starts[i], starts[i + 1]):
            total += conductances[at] * (v[others[at]] - v[i])
        result[i] = total


@njit(nogil=True, cache=True)
def _shifted(result, x, link):
    """``(1 + Z/half) x``, with refractory neurons held where they are."""
    flow_into(result, x, link.starts, link.others, link.conductances)
    for i in range(x.size):
        result[i] = x[i] + result[i] * link.speed[i] * link.active[i] / link.half


@njit(nogil=True, cache=True)
def exchange(link):
    """The mean current into each neuron over the next step, into ``link.current``."""
    before, now, after, mean = link.work[0], link.work[1], link.work[2], link.work[3]
    flow_into(after, link.v, link.starts, link.others, link.conductances)
    for i in range(link.v.size):
        before[i] = link.active[i] * (link.dt * link.rates[i] + link.speed[i] * after[i])
        mean[i] = link.v[i] + link.series[0] * before[i]
    if link.series.size > 1:
        _shifted(now, before, link)
        for i in range(mean.size):
            mean[i] += link.series[1] * now[i]
        for k in range(2, link.series.size):
            _shifted(after, now, link)
            for i in range(mean.size):
                after[i] = 2.0 * after[i] - before[i]
                mean[i] += link.series[k] * after[i]
            before, now, after = now, after, before
    flow_into(link.current, mean, link.starts, link.others, link.conductances)
