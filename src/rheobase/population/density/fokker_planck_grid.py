r"""Where the nodes of a Fokker-Planck equation lie: threshold and reset are nodes, and where the drift carries the
density away faster than it can spread, edges are wider.

The width of an edge is ``dv g(v)`` with

    g = 1 + max(|a| - 2 s, 0) / (20 D/w + |a'| w/2),    w = min(sqrt(D tau_m), (v_th - v_reset)/4),

``s`` the mean speed from reset to threshold, ``(v_th - v_reset)/integral of dv/(|a| + D/w)``. So an edge is ``dv`` wide
where neurons spend their time; far out in the tails of a quadratic neuron, or on the upstroke of a spike, it is a
fraction of the length ``|a/a'|`` on which the density changes there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.first_passage import Interval
from rheobase.numerics.quadrature import legendre
from rheobase.numerics.scharfetter_gummel import Grid
from rheobase.numerics.threshold_mesh import foot
from rheobase.population.neuron.membrane import Membrane

Array = NDArray[np.float64]

EDGES = 25  # edges of width dv in w, by default
_USUAL, _FAST, _CHANGE, _PART = 2.0, 20.0, 2.0, 0.25
_DEEPEST, _MOST_PANELS, _MOST_NODES = 20, 1_000_000, 50_000
_SAMPLES = 4096
_FINEST = 1e-9  # of the voltages: the density reaches further down than 16 digits resolve
_POINTS = 8


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of one population, in the unit of its membrane state.

    Attributes
    ----------
    interval
        Drift, reset and threshold.
    v : ndarray (nodes + 1,)
        The last is the threshold.
    reset : int
        Number of the node at the reset.
    dv : float
        Width of an edge where none is widened.
    drift : ndarray (nodes,)
        Mean drift over each edge, per ms.
    mean, diffusion : float
        A drift that the input adds, and a diffusion constant, to judge by what lies between nodes.
    """

    interval: Interval
    v: Array
    reset: int
    dv: float
    drift: Array
    mean: float
    diffusion: float

    @property
    def volume(self) -> Array:
        """The width that belongs to each node below the threshold: half the edges beside it, but for two.

        Where the drift outruns diffusion, the density falls to zero in a layer at the threshold, and there is none
        below the reset; the node before the one then stands for all of the last edge, and the other not for the edge
        below it. What is right for a constant drift on these edges is added (of second order otherwise).
        """
        width = np.diff(self.v)
        volume = 0.5 * (width + np.append(0.0, width[:-1]))
        x = np.maximum((self.drift + self.mean) * width / self.diffusion, 1e-3)
        volume[-1] += width[-1] * (-1.0 / np.expm1(-x[-1]) - 1.0 / x[-1] - 0.5)
        if self.reset > 0:
            last = x[self.reset - 1]
            volume[self.reset] += width[self.reset - 1] * (-np.expm1(-last) / last - 0.5 * (1.0 + np.exp(-last)))
        return volume

    @property
    def bend(self) -> Array:
        """How much the drift changes over each edge, per ms."""
        return np.diff(np.asarray(self.interval.drift(self.v), float))

    def deeper(self) -> Nodes:
        """The same with nodes added below, as many again as there are below the reset."""
        below = self.v[0] - (self.v[1] - self.v[0]) * np.arange(max(self.reset, 1), 0, -1)
        _require_few(self.v.size + below.size)
        v = np.append(below, self.v)
        drift = np.append(_means(self.interval, np.append(below, self.v[0])), self.drift)
        return replace(self, v=v, reset=self.reset + below.size, drift=drift)


def width_of(m: Membrane, diffusion: float) -> float:
    """The length ``w`` that a grid has to resolve."""
    return min(np.sqrt(diffusion * m.tau_m), _PART * (m.v_th - m.v_reset))


def nodes_of(
    m: Membrane, mean: float, spread: float, narrow: float, *, dv: float | None, low: float, raised: float
) -> Nodes:
    """Nodes for one population.

    Parameters
    ----------
    m
        The membrane.
    mean
        The least drift that the input adds, per ms.
    spread, narrow
        The largest and the least diffusion constant.
    dv
        Width of an edge; by default a 25th of ``w``.
    low
        A place that has to be inside, such as where all neurons are at first.
    raised
        What threshold and reset are raised by, in place of the colour of the noise.

    Raises
    ------
    ModelError
        If nothing pulls up below the reset, or there would be too many nodes.
    """
    interval = Interval(m.interval.drift, m.v_reset + raised, m.v_th + raised)
    w = width_of(m, narrow)
    dv = w / EDGES if dv is None else dv
    near = interval.reset - _FINEST * max(abs(interval.reset), interval.threshold - interval.reset)
    bottom = min(_bottom(m, interval, mean, spread), low, near)
    usual = _speed(interval, mean, narrow / w)
    below, above = (
        _spaced(interval.drift, mean, usual, narrow, w, dv, *ends)
        for ends in ((bottom, interval.reset), (interval.reset, interval.threshold))
    )
    v = np.append(below[:-1], above)
    return Nodes(interval, v, below.size - 1, dv, _means(interval, v), mean, narrow)


def padded(nodes: tuple[Nodes, ...]) -> Grid:
    """All populations side by side, for the kernels."""
    count = np.array([n.drift.size for n in nodes])
    columns = [np.zeros((count.size, int(count.max()))) for _ in range(4)]
    for k, n in enumerate(nodes):
        for column, values in zip(columns, (n.volume, np.diff(n.v), n.drift, n.bend), strict=True):
            column[k, : count[k]] = values
    return Grid(count, *columns, reset=np.array([n.reset for n in nodes]))


def _bottom(m: Membrane, interval: Interval, mean: float, spread: float) -> float:
    """How far down the density reaches: where the drift has pulled up by 45 e-folds."""
    for depth in range(1, _DEEPEST):
        try:
            pieces = interval.pieces(depth)
        except ArithmeticError:
            break
        low = foot(pieces.edges, pieces.coefficients, mean, spread, interval.reset, _MOST_PANELS)
        if np.isfinite(low):
            return low
    raise ModelError(
        f"nothing pulls '{m.voltage}' up below the reset, so that the density drifts away; give the neuron a leak, or "
        "more input"
    )


def _speed(interval: Interval, mean: float, least: float) -> float:
    """The mean speed from reset to threshold."""
    v = np.linspace(interval.reset, interval.threshold, _SAMPLES)
    return float(1.0 / np.mean(1.0 / (np.abs(np.asarray(interval.drift(v), float) + mean) + least)))


def _spaced(drift, mean: float, usual: float, diffusion: float, w: float, dv: float, low: float, high: float) -> Array:
    """Nodes from ``low`` to ``high``, evenly spaced in the integral of ``1/(dv g)``."""
    samples = int(np.clip(10.0 * (high - low) / w, _SAMPLES, 1_000_000))
    v = np.linspace(low, high, samples)
    a = np.asarray(drift(v), float) + mean
    fast = np.maximum(np.abs(a) - _USUAL * usual, 0.0)
    g = 1.0 + fast / (_FAST * diffusion / w + np.abs(np.gradient(a, v)) * w / _CHANGE)
    density = 1.0 / (dv * g)
    counted = np.append(0.0, np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(v)))
    edges = max(int(np.ceil(counted[-1])), 4)
    _require_few(edges)
    nodes = np.interp(np.linspace(0.0, counted[-1], edges + 1), counted, v)
    nodes[0], nodes[-1] = low, high
    return nodes


def _require_few(nodes: int) -> None:
    if nodes > _MOST_NODES:
        raise ModelError(
            f"the density would need {nodes:,} nodes, more than {_MOST_NODES:,}, since the noise is weak or the "
            "density reaches far down: give a wider dv; with hardly any noise simulate(...) is the better tool"
        )


def _means(interval: Interval, v: Array) -> Array:
    """Means of the drift between nodes (Gauss-Legendre; exact potential differences keep barriers exact)."""
    nodes, weights = legendre(_POINTS)
    places = v[:-1, None] + 0.5 * (nodes + 1.0) * np.diff(v)[:, None]
    return np.asarray(interval.drift(places.ravel()), float).reshape(places.shape) @ weights * 0.5
