r"""Mean time from a reset to a threshold of ``dv/dt = f(v)`` with jumps of any size, by collocation.

    f(v) T'(v) + D T''(v) + sum_k R_k (<T(v + J_k)> - T(v)) = -1,      T = 0 from the threshold on

(Tuckwell 1988, Introduction to Theoretical Neurobiology, vol. 2, section 9.4). ``T`` is a polynomial on each panel.
Without diffusion it jumps at the threshold, its slope at one jump below it, and so on: panels end there. It is written
as a constant plus the rest, so that differences stay exact where the constant is huge. Where the drift vanishes the
equation has no derivative: that closes the system at a rest, and separates its two sides where the drift flows away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from rheobase.numerics.jumps import Jumps, total
from rheobase.numerics.panels import Mesh

Array = NDArray[np.float64]

_DEPTH = 12  # kinks of the slope's order up to this are panel edges
_MOST_KINKS = 60
_DEEP = 45.0  # exp(-45) is 3e-20: how unlikely it is to get below the lowest panel
_WIDEST = 1.5
_EFOLDS = 2.0
_MOST_PANELS = 400
_ORDERS = (10, 13, 16, 19)  # a single one may have a bad value; two that agree are right
_ENOUGH, _WORST = 1e-8, 0.01
_INSTEAD = "use kramers_moyal, or exponential jumps, for which a leaky neuron has a closed form"
_PASSES, _RESTS, _PARTS, _LEAVES = range(4)  # what the drift does at an edge


@dataclass(frozen=True)
class JumpProcess:
    """``dv/dt = drift(v)`` plus white noise of diffusion constant ``diffusion`` plus trains of jumps."""

    drift: Callable[[Array], Array]
    reset: float
    threshold: float
    jumps: tuple[Jumps, ...]
    diffusion: float = 0.0

    @property
    def variance(self) -> float:
        """Twice the diffusion constant of all, per time."""
        return total(self.jumps, 2) + 2.0 * self.diffusion

    def pull(self, v: Array) -> Array:
        """Mean speed, jumps included."""
        return self.drift(v) + total(self.jumps, 1)


def mean_passage(process: JumpProcess) -> tuple[float, float]:
    """Logarithm of the mean time from reset to threshold, and an estimate of its error from another, higher order.

    Raises
    ------
    ArithmeticError
        If nothing pulls up below the reset, the jumps are so small and many that they need more than 400 panels, or no
        two orders agree to a per cent.
    """
    rises = any(j.reach[1] > 0.0 for j in process.jumps) or process.diffusion > 0.0
    if not rises and np.any(process.drift(np.linspace(process.reset, process.threshold, 400)) <= 0.0):
        return np.inf, 0.0
    low = _lowest(process)
    edges, zeros = _panels(process, low)
    try:
        time, error = _agreed(process, edges, zeros)
    except ArithmeticError as reason:
        raise ArithmeticError(f"{reason}; {_INSTEAD}") from None
    error += np.finfo(float).eps * time * sum(j.rate for j in process.jumps)
    if not error <= _WORST:
        raise ArithmeticError(
            f"spikes are so rare, or jumps so small and many, that rounding hides the mean time to them; {_INSTEAD}"
        )
    return float(np.log(time)), float(error)


def _agreed(process: JumpProcess, edges: Array, zeros: Array) -> tuple[float, float]:
    """The mean time of the higher of the first two successive orders that agree, or agree best; their difference."""
    best, before = (1.0, np.inf), np.nan
    for order in _ORDERS:
        time = _solve(process, edges, zeros, order)
        if time > 0.0 and before > 0.0 and (apart := abs(float(np.log(time / before)))) < best[1]:
            best = time, apart
        if best[1] <= _ENOUGH:
            break
        before = time
    return best


def _lowest(process: JumpProcess) -> float:
    """A voltage below which the process hardly ever gets: by Bernstein's bound for the slope of the log density."""
    deepest = max((-j.reach[0] for j in process.jumps), default=0.0)
    down = max(0.0, *(-j.scale for j in process.jumps), 0.0) if process.jumps else 0.0
    if deepest <= 0.0 and process.diffusion == 0.0:  # nothing but the drift leads down: to the first rest below
        return _rest_below(process)
    v, step = process.reset, 0.02 * (process.threshold - process.reset)
    depth, count = 0.0, 0
    while depth < _DEEP:
        pull = float(process.pull(np.asarray(v - 0.5 * step)))
        slope = 2.0 * pull / (process.variance + 2.0 * down * max(pull, 0.0))
        depth = max(depth + slope * step, 0.0)
        v, count = v - step, count + 1
        step *= 1.02
        if count > 1000:
            raise ArithmeticError("nothing pulls the voltage up below the reset")
    return v


def _rest_below(process: JumpProcess) -> float:
    """The first place from the reset downwards where the drift does not lead down."""
    v, step = process.reset, 0.01 * (process.threshold - process.reset)
    if process.drift(np.asarray(v)) >= 0.0:
        return v
    for _ in range(1000):
        if process.drift(np.asarray(v - step)) >= 0.0:
            return _zero(process, v - step, v)
        v, step = v - step, 1.02 * step
    raise ArithmeticError("nothing pulls the voltage up below the reset")


def _panels(process: JumpProcess, low: float) -> tuple[Array, Array]:
    """Panel edges, and the zeros of the drift among them."""
    span = process.threshold - low
    zeros = _zeros(process, low) if process.diffusion == 0.0 else np.empty(0)
    fixed = np.concatenate([[low, process.threshold], zeros, _kinks(process, low), _parting(process, zeros)])
    fixed = np.unique(np.clip(fixed, low, process.threshold))
    near_zero = np.isin(fixed, zeros) | (fixed == process.threshold)
    for k in np.flatnonzero(np.diff(fixed) < 1e-9 * span)[::-1]:  # kinks that rounding parted
        drop = k if near_zero[k + 1] or k > 0 else k + 1
        fixed, near_zero = np.delete(fixed, drop), np.delete(near_zero, drop)
    edges = [fixed[-1]]
    smallest = min((abs(j.scale) for j in process.jumps), default=span)
    for high, end in pairwise(fixed[::-1]):
        v = high
        while v > end:
            width = _width(process, v, smallest)
            room = v - end
            v = end if room <= 1.3 * width else v - min(width, 0.5 * room)
            edges.append(v)
            if len(edges) > _MOST_PANELS:
                raise ArithmeticError(f"the jumps are too small and many for this method; {_INSTEAD}")
    return np.array(edges[::-1]), zeros


def _width(process: JumpProcess, v: float, smallest: float) -> float:
    """A panel's width downwards from ``v``: what changes at the threshold changes over a jump, else over the noise."""
    away = process.threshold - v
    near = max(smallest, 0.5 * (away - _DEPTH * smallest))
    pull = float(process.pull(np.asarray(v)))
    own = _WIDEST * 0.5 * process.variance / abs(pull + 1e-300)
    if pull > 0.0:  # on its way up the mean time is smooth, but for a layer at the threshold
        own = max(own, 0.5 * away)
    if process.diffusion > 0.0:
        speed = abs(float(process.drift(np.asarray(v)))) + 1e-300
        inner = np.sqrt(process.diffusion / (sum(j.rate for j in process.jumps) + 1e-300))
        near = max(min(near, 1.5 * min(inner, process.diffusion / speed)), 0.3 * away, 1e-6 * smallest)
    return min(near, max(own, smallest), 0.25 * (process.threshold - process.reset) + 0.1 * away, _bend(process, v))


def _bend(process: JumpProcess, v: float) -> float:
    """Over what distance the drift changes otherwise than linearly: a few e-folds of a spike current."""
    span = process.threshold - process.reset
    step = 1e-4 * span
    above, here, below = (float(process.drift(np.asarray(v - k * step))) for k in range(3))
    first, second = abs(above - below) / (2.0 * step), abs(above - 2.0 * here + below) / step**2
    if second * span**2 <= 1e-6 * (abs(here) + first * span):
        return np.inf
    return _EFOLDS * max(first / second, np.sqrt(abs(here) / second))


def _kinks(process: JumpProcess, low: float) -> Array:
    """Where ``T`` or a low derivative of it is not smooth: a few fixed jumps away from the threshold."""
    sizes = sorted({j.size for j in process.jumps if j.law == "fixed"}, key=abs)
    apart = 1e-10 * (process.threshold - low)
    found, last = {0}, {0: process.threshold}
    places = [process.threshold]
    for _ in range(_DEPTH):
        next_ = [v - size for v in last.values() for size in sizes if low < v - size < process.threshold]
        last = {round((process.threshold - v) / apart): v for v in next_}
        last = {key: v for key, v in last.items() if not {key - 1, key, key + 1} & found}
        if len(found) + len(last) > _MOST_KINKS:
            break
        found |= set(last)
        places += last.values()
    return np.array(places)


def _zero(process: JumpProcess, low: float, high: float) -> float:
    """The place between the two where the drift vanishes, by bisection to rounding."""
    falls = float(process.drift(np.asarray(low))) > 0.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if (float(process.drift(np.asarray(middle))) > 0.0) == falls:
            low = middle
        else:
            high = middle
    return high


def _zeros(process: JumpProcess, low: float) -> Array:
    grid = np.linspace(low, process.threshold, 2001)
    values = process.drift(grid)
    found = [grid[k] for k in np.flatnonzero(values == 0.0)]
    for k in np.flatnonzero(values[:-1] * values[1:] < 0.0):
        found.append(_zero(process, grid[k], grid[k + 1]))
    return np.array(found)


def _parting(process: JumpProcess, zeros: Array) -> Array:
    """Panel edges around places where the drift flows away: ``T`` has a power of the distance there."""
    span = process.threshold - process.reset
    away = [z for z in zeros if np.diff(process.drift(z + 1e-6 * span * np.array([-1.0, 1.0])))[0] > 0.0]
    steps = 0.2 * span * 0.25 ** np.arange(8)
    return np.array([z + side * steps for z in away for side in (-1.0, 1.0)]).ravel()


def _solve(process: JumpProcess, edges: Array, zeros: Array, order: int) -> float:
    """The mean time at the reset."""
    mesh, matrix = _operator(process, edges, zeros, order)
    _add_jumps(process, mesh, matrix, np.arange(mesh.v.size), mesh.v)
    right = np.zeros(mesh.size + 1)
    right[: mesh.v.size] = -1.0
    _close(process, mesh, matrix, right, zeros)
    return float(solved(matrix, right)[-1])


def solved(matrix: Array, right: Array) -> Array:
    """The solution of a system whose matrix is mostly zeros; rows are brought to one scale."""
    scale = np.abs(matrix).max(axis=1)
    try:
        return splu(csc_matrix(matrix / scale[:, None])).solve(right / scale)
    except RuntimeError:
        raise ArithmeticError("the equation for the mean time is singular to rounding") from None


def _operator(process: JumpProcess, edges: Array, zeros: Array, order: int) -> tuple[Mesh, Array]:
    """Drift and diffusion at the Gauss points; the other rows are open."""
    mesh = Mesh(edges, order, order - 1 if process.diffusion > 0.0 else order)
    matrix = np.zeros((mesh.size + 1, mesh.size + 1))
    local = process.drift(mesh.v)[:, None] * mesh.local(1)
    if process.diffusion > 0.0:
        local += process.diffusion * mesh.local(2)
    mesh.place(matrix, local)
    return mesh, matrix


def mesh_of(process: JumpProcess, order: int) -> Mesh:
    """Panels for a process without jumps."""
    edges, _ = _panels(process, _lowest(process))
    return Mesh(edges, order, order - 1)


def smooth_operator(process: JumpProcess, mesh: Mesh) -> tuple[Array, slice]:
    """The equation of a process without jumps as a matrix, and which rows are the equation; see `Mesh.top_row`."""
    zeros = np.empty(0)
    _, matrix = _operator(process, mesh.edges, zeros, mesh.order)
    _close(process, mesh, matrix, np.zeros(mesh.size + 1), zeros)
    return matrix, slice(0, mesh.v.size)


def _add_jumps(process: JumpProcess, mesh: Mesh, matrix: Array, rows: NDArray[np.int64], v: Array) -> None:
    """``sum of R (<T(v + J)> - T(v))``, the constant part of ``T`` where the jump leads over the threshold."""
    for jumps in process.jumps:
        targets, weights, over = jumps.landings(v, process.threshold)
        flat = np.repeat(rows, targets.shape[1])
        used = weights.ravel() != 0.0
        mesh.add_values(matrix, flat[used], targets.ravel()[used], jumps.rate * weights.ravel()[used])
        mesh.add_values(matrix, rows, v, np.full(v.size, -jumps.rate))
        matrix[rows, -1] -= jumps.rate * over


def _close(process: JumpProcess, mesh: Mesh, matrix: Array, right: Array, zeros: Array) -> None:
    """Continuity, the borders, the places without drift, and the constant: the rows that are left."""
    second, row = process.diffusion > 0.0, mesh.v.size
    flows = _flows(process, mesh.edges, zeros)
    for k, flow in enumerate(flows[1:-1], start=1):
        if flow == _PARTS:
            continue  # both sides follow from their own
        left, here = mesh.columns(k - 1), mesh.columns(k)
        matrix[row, left.stop - 1], matrix[row, here.start] = 1.0, -1.0
        row += 1
        if second:
            matrix[row, left] = mesh.first[-1] / mesh.half[k - 1]
            matrix[row, here] -= mesh.first[0] / mesh.half[k]
            row += 1
    if second:
        matrix[row, mesh.columns(0)] = mesh.first[0]
        row += 1
    if second or flows[-1] == _LEAVES:
        matrix[row, [mesh.size - 1, -1]] = 1.0
        row += 1
    for k in np.flatnonzero(flows == _RESTS):
        _add_jumps(process, mesh, matrix, np.array([row]), mesh.edges[k : k + 1])
        right[row] = -1.0
        row += 1
    mesh.add_values(matrix, np.array([row]), np.array([process.reset]), np.ones(1))
    if row != mesh.size:
        raise ArithmeticError("the drift changes its sign too often below the threshold for this method")


def _flows(process: JumpProcess, edges: Array, zeros: Array) -> NDArray[np.int64]:
    """What the drift does at each edge. Below the lowest nothing is left: a drift that leads there rests there."""
    flows = np.full(edges.size, _PASSES)
    if process.diffusion > 0.0:
        return flows
    beside = process.drift(0.5 * (edges[1:] + edges[:-1]))
    before, after = np.append(1.0, beside), np.append(beside, -1.0)
    span = edges[-1] - edges[0]
    is_zero = np.array([zeros.size > 0 and bool(np.min(np.abs(zeros - e)) <= 1e-12 * span) for e in edges])
    flows[is_zero & (before > 0.0) & (after < 0.0)] = _RESTS
    flows[is_zero & (before < 0.0) & (after > 0.0)] = _PARTS
    lowest, highest = process.drift(edges[[0, -1]])
    if lowest < 0.0 and not is_zero[0]:
        flows[0] = _RESTS
    if highest > 0.0 and not is_zero[-1]:
        flows[-1] = _LEAVES
    return flows
