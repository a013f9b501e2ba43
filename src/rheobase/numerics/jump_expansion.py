r"""Mean passage time in small jumps, by the Kramers-Moyal expansion: the diffusion approximation and what comes next.

    f T' + (k2/2) T'' + (k3/6) T''' + (k4/24) T'''' + ... = -1,     k_n the cumulants of the input per unit of time,

``f`` the mean drift. Cut after ``k2`` it is the diffusion approximation. The higher terms are taken one order of the
jump size at a time, ``T = T0 + T1 + T2``, as a singular perturbation has to be (cut off and solved as it stands, the
equation has no positive density: Pawula 1967). The jumps also overshoot the threshold, which is of the same order: the
smooth part of ``T`` vanishes not at the threshold but

    T + b1 T' + b2 T'' = 0    there,

with ``b1`` the mean overshoot and ``b2`` half its mean square. For a walk without drift (Siegmund 1979, Adv Appl Prob
11:701; Chang & Peres 1997, Ann Prob 25:787)

    b1 = k3/(6 k2) - (1/pi) int_0^inf Re ln(-2 psi(l)/(k2 l**2)) dl/l**2,
    psi(l) = sum R (<exp(i l J)> - 1 - i l <J>);

if no jump leads down the overshoots are those of a Levy process without downward jumps (Kyprianou 2014, Fluctuations of
Levy Processes, ch. 7), and with ``m_n = k_n`` and the mean drift ``c`` at the threshold

    b1 = m3/(3 m2) [1 + (2 c/m2) (m3/(3 m2) - m4/(4 m3))],     b2 = m4/(12 m2).

Where the drift carries the voltage over the threshold (a spike current), over a jump's length much farther than the
noise does, few jumps lead over it: ``b1 = R <J**2; J > 0>/(2 c)``, and the higher terms of the equation are nothing
beside the drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.jump_passage import JumpProcess, mesh_of, smooth_operator, solved
from rheobase.numerics.jumps import total
from rheobase.numerics.panels import Mesh
from rheobase.numerics.quadrature import composite

Array = NDArray[np.float64]

_ORDER, _HIGHER = 11, 14
_FARTHEST = 1500.0  # in units of one over the smallest jump
_PARTS, _ENOUGH, _MOST_EDGES = (
    (0, 12, 24, 48),
    1e-8,
    160,
)  # from reset to threshold: at least so many panels, until the terms stay
_PER_UNIT = 0.5  # panels of 12 points for each
_WIDEST = 2.0  # in units of the length over which the mean time changes
_WORST = 0.01  # of the terms: what is less well known than that is no number to give
_CARRIED = 20.0  # drift over noise in the length of a jump, from which the drift alone leads upwards


@dataclass(frozen=True)
class Boundary:
    """Mean overshoot over the threshold, what it changes by to first order in the drift, half the mean square."""

    mean: float
    by_drift: float = 0.0
    half_square: float = 0.0


def expansion(process: JumpProcess, order: int) -> tuple[Array, float]:
    """Terms of the logarithm of the mean passage time, of orders 2 (diffusion) to ``order`` (at most 4); error.

    Raises
    ------
    ArithmeticError
        If nothing pulls up below the reset, or two orders of the method differ by more than a per cent.
    ValueError
        If order 4 is asked for with downward jumps.
    """
    smooth = JumpProcess(process.pull, process.reset, process.threshold, (), 0.5 * process.variance)
    border = boundary(process, order)
    best, error = np.empty(0), np.inf
    for parts in _PARTS:
        meshes = [_finer(mesh_of(smooth, degree), smooth, parts) for degree in (_ORDER, _HIGHER)]
        if np.isfinite(error) and meshes[0].edges.size > _MOST_EDGES:
            break
        low, high = (_terms(process, smooth, border, order, mesh) for mesh in meshes)
        apart = float(np.max(np.abs(high - low)))
        if apart < error:
            best, error = high, apart
        if error <= _ENOUGH:
            break
    if not error <= _WORST:
        raise ArithmeticError("the mean time to the threshold changes too fast for this method to resolve")
    return best, error


def _terms(process: JumpProcess, smooth: JumpProcess, border: Boundary, order: int, mesh: Mesh) -> Array:
    matrix, rows = smooth_operator(smooth, mesh)
    below = ~_carried(process, mesh.v)
    third, fourth = total(process.jumps, 3) * below, total(process.jumps, 4) * below
    times: list[Array] = []
    for n in range(order - 1):
        right = np.zeros(mesh.size + 1)
        right[rows] = -1.0 if n == 0 else 0.0
        edge = 0.0
        if n >= 1:
            right[rows] -= third / 6.0 * mesh.derivative(times[n - 1], 3)
            edge -= border.mean * mesh.slope_at_top(times[n - 1], 1)
        if n >= 2:
            right[rows] -= fourth / 24.0 * mesh.derivative(times[n - 2], 4)
            edge -= border.by_drift * mesh.slope_at_top(times[n - 2], 1)
            edge -= border.half_square * mesh.slope_at_top(times[n - 2], 2)
        right[mesh.top_row] = edge
        times.append(solved(matrix, right))
    first, *others = (float(t[-1]) for t in times)
    if not first > 0.0:
        raise ArithmeticError("the mean time to the threshold is too long for this method")
    ratio = [x / first for x in others]
    terms = [np.log(first), *ratio[:1], *(second - 0.5 * ratio[0] ** 2 for second in ratio[1:])]
    return np.array(terms)


def _finer(mesh: Mesh, process: JumpProcess, parts: int) -> Mesh:
    """With panels no wider than a part of the way, down to as far below the reset as the threshold is above.

    The third derivative of a mean time changes faster than that itself.
    """
    span = process.threshold - process.reset
    edges = _halved(mesh.edges, process)
    low, high = edges[:-1], edges[1:]
    count = np.where(
        high > process.reset - span, np.maximum(np.ceil((high - low) * parts / span - 1e-9), 1.0), 1.0
    ).astype(int)
    inner = [np.linspace(a, b, n + 1)[:-1] for a, b, n in zip(low, high, count, strict=True)]
    return Mesh(np.append(np.concatenate(inner), edges[-1]), mesh.order, mesh.count)


def _halved(edges: Array, process: JumpProcess) -> Array:
    """Panels that are halved while the mean time changes within them: around a slow place on a long way up."""
    while True:
        low, width = edges[:-1], np.diff(edges)
        within = np.min([_length(process, low + part * width, width) for part in (0.0, 0.5, 1.0)], axis=0)
        wide = width > _WIDEST * within
        if not np.any(wide) or edges.size > _MOST_EDGES:
            return edges
        edges = np.sort(np.append(edges, (low + 0.5 * width)[wide]))


def _length(process: JumpProcess, v: Array, width: Array) -> Array:
    """Over what length the mean time changes: that of the speed ``f``, or, if longer, that over which noise blurs it.

    The lengths of ``f`` are ``f/f'`` and ``sqrt(f/f'')``; the noise rules over a length ``l`` with ``f l < D``.
    """
    step, diffusion = 1e-3 * width, 0.5 * process.variance
    above, here, below = (process.pull(v + side * step) for side in (1.0, 0.0, -1.0))
    speed, slope, bend = (
        np.abs(here),
        np.abs(above - below) / (2.0 * step),
        np.abs(above - 2.0 * here + below) / step**2,
    )
    bend[bend * width**2 <= 1e-6 * (speed + slope * width)] = 0.0  # rounding
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.fmin(speed / slope, np.sqrt(speed / bend))
        blur = np.min([diffusion / speed, np.sqrt(diffusion / slope), np.cbrt(diffusion / bend)], axis=0)
    return np.fmax(own, blur)


def boundary(process: JumpProcess, order: int = 3) -> Boundary:
    """What the smooth part of the mean time has to fulfil at the threshold."""
    if not process.jumps or order < 3:
        return Boundary(0.0)
    second, third, fourth = (total(process.jumps, n) for n in (2, 3, 4))
    only_up = all(j.reach[0] >= 0.0 for j in process.jumps) and process.diffusion == 0.0
    if not only_up:
        if order > 3:
            raise ValueError("the fourth order needs jumps that all lead up, and no other noise")
        if _carried(process, np.array([process.threshold]))[0]:
            return _carried_over(process)
        return Boundary(_overshoot(process))
    if _carried(process, np.array([process.threshold]))[0]:
        return _carried_over(process)
    mean = third / (3.0 * second)
    drift = float(process.pull(np.asarray(process.threshold)))
    return Boundary(mean, mean * 2.0 * drift / second * (mean - fourth / (4.0 * third)), fourth / (12.0 * second))


def _carried(process: JumpProcess, v: Array) -> NDArray[np.bool_]:
    """Whether from each voltage (ascending) up to the threshold the drift is all that counts."""
    unit = min((abs(j.scale) for j in process.jumps), default=0.0)
    rules = 2.0 * process.pull(v) * unit >= _CARRIED * process.variance
    return np.asarray(np.logical_and.accumulate(rules[::-1])[::-1], bool)


def _carried_over(process: JumpProcess) -> Boundary:
    upward = tuple(j for j in process.jumps if j.reach[1] > 0.0)
    return Boundary(total(upward, 2) / (2.0 * float(process.pull(np.asarray(process.threshold)))))


def _overshoot(process: JumpProcess) -> float:
    """The integral over ``l``; beyond its end ``psi`` goes on as a power."""
    jumps, variance = process.jumps, process.variance
    unit = min(abs(j.scale) for j in jumps)
    widest = max(abs(j.scale) for j in jumps)
    end = _FARTHEST / unit
    panels = int(_PER_UNIT * end * widest) + 1
    fractions, weights = composite(min(panels, 8000), 12)
    x, width = end * fractions, end * weights
    psi = -process.diffusion * x**2 + sum(
        (j.rate * (j.transform(x) - 1.0 - 1j * x * j.size) for j in jumps), np.zeros(x.size, complex)
    )
    small = x * widest < 1e-3  # by the cumulants: the fourth and the square of the third
    ratio = np.where(small, 1.0, np.abs(psi) * 2.0 / (variance * x**2))
    third, fourth = total(jumps, 3) / variance, total(jumps, 4) / variance
    inner = np.log(ratio) / x**2
    inner[small] = third**2 / 18.0 - fourth / 12.0
    parts = np.array([sum(j.rate for j in jumps), abs(total(jumps, 1)) * end, process.diffusion * end**2])
    size = float(np.linalg.norm(parts))  # of psi at the end, and the power it goes on with
    power = float(parts**2 @ [0.0, 1.0, 2.0]) / size**2
    rest = (np.log(2.0 * size / (variance * end**2)) - (2.0 - power)) / end
    return float(total(jumps, 3) / (6.0 * variance) - (width @ inner + rest) / np.pi)
