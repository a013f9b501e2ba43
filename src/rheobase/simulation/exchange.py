r"""The current through gap junctions over one time step, for all coupled neurons at once.

Linearised at the beginning of the step, the coupled potentials obey
:math:`\dot v = r + (A - B L)(v - v_0)`, where :math:`r = f(v_0) - B L v_0` is the rate of change, A each neuron's own
slope df/dv (as far as it is a decay), L the weighted graph Laplacian of the junctions and B the sensitivity to current
(1/C). After the step they are at

.. math:: v_0 + dt\,\varphi_1(Z)\,r,\qquad Z = dt\,(A - B L),\quad \varphi_1(z) = \frac{e^z - 1}{z}.

Each neuron then takes its own step with the constant current c that would bring it there if it were linear,

.. math:: B c = \frac{\varphi_1(Z)\,r}{\varphi_1(dt\,A)} - f(v_0).

This is an exponential integrator of Rosenbrock type (Hochbruck & Ostermann 2010, Acta Numerica 19:209): of second order
in dt for smooth equations, exact for passive membranes and in the steady state, and stable however strong the coupling
is. At a reset or a jump it is of first order, like everything on a grid of spike times.

:math:`\varphi_1(Z)` is a Chebyshev polynomial; each of its terms needs one product with L, a handful of them where
:math:`dt\,g/C` is small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.vectormath import exprel

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
    steepest
        Slopes are cut off here and at 0, for which the polynomial holds.
    half
        Half of a bound of the eigenvalues of -Z: the polynomial is one of 1 + Z/half.
    series
        Its coefficients.
    v, rates, slopes, active, current
        Of each neuron: potential, own rate of change and its slope, 0 where it is refractory and stands still; and the
        result.
    work
        Room for four vectors.
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int32]
    conductances: Array
    speed: Array
    dt: float
    steepest: float
    half: float
    series: Array
    v: Array
    rates: Array
    slopes: Array
    active: Array
    current: Array
    work: Array


@kernel
def flow_into(result, v, starts, others, conductances):
    """``-L v``: the current into each neuron from its neighbours."""
    for i in range(v.size):
        total = 0.0
        for at in range(starts[i], starts[i + 1]):
            total += conductances[at] * (v[others[at]] - v[i])
        result[i] = total


@kernel
def _shifted(result, x, link):
    """``(1 + Z/half) x``, with refractory neurons held where they are."""
    flow_into(result, x, link.starts, link.others, link.conductances)
    for i in range(x.size):
        change = result[i] * link.speed[i] + x[i] * link.dt * link.slopes[i]
        result[i] = x[i] + link.active[i] * change / link.half


@kernel
def exchange(link):
    """The mean current into each neuron over the next step, into ``link.current``."""
    before, now, after, change = link.work[0], link.work[1], link.work[2], link.work[3]
    flow_into(link.current, link.v, link.starts, link.others, link.conductances)
    for i in range(link.v.size):
        link.slopes[i] = min(0.0, max(link.slopes[i], link.steepest))
        before[i] = link.active[i] * (link.dt * link.rates[i] + link.speed[i] * link.current[i])
        change[i] = link.series[0] * before[i]
    _shifted(now, before, link)
    for i in range(change.size):
        change[i] += link.series[1] * now[i]
    for k in range(2, link.series.size):
        _shifted(after, now, link)
        for i in range(change.size):
            after[i] = 2.0 * after[i] - before[i]
            change[i] += link.series[k] * after[i]
        before, now, after = now, after, before
    for i in range(change.size):
        if link.active[i] > 0.0:
            alone = exprel(link.dt * link.slopes[i])
            link.current[i] = (change[i] / alone - link.dt * link.rates[i]) / link.speed[i]
