"""The first cycle of a branch: at a Hopf point, or from a simulated orbit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.walk import amplitude, direction, problem_for
from rheobase.dynamics.equilibria.normal_form import first_lyapunov
from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.numerics.collocation import Orbit, Problem
from rheobase.numerics.mesh import Mesh
from rheobase.numerics.periodic import Solution, correct, unit

Array = NDArray[np.float64]

_INTERVALS = 20
_FINE = 400
_FELT = 0.01
_NONLINEAR = 0.03  # of the linear rate: where the first cycle is looked for


def at_hopf(
    field: VectorField, parameter: str, point: Array, value: float, width: float
) -> tuple[Problem, Solution, Orbit]:
    """A small cycle near a Hopf point, ready to grow; also the point itself as a cycle without amplitude.

    To second order the cycle is ``x + a Re(q e) + a**2 Re(h_0 + h_2 e**2)`` with the amplitude ``a``, the critical
    eigenvector ``q`` and ``e = exp(2 pi i s)``; see `second_order`.
    """
    found: Any = np.linalg.eig(field.jacobian(point, field.at(**{parameter: value})))
    values, vectors = np.asarray(found[0], np.complex128), np.asarray(found[1], np.complex128)
    pair = np.flatnonzero(values.imag > 1e-9 * np.max(np.abs(values)))
    if not len(pair):
        shown = field.shown(parameter, value)
        raise ModelError(f"no Hopf point at {parameter} = {shown:.8g}: the Jacobian has no complex pair of eigenvalues")
    chosen = pair[np.argmin(np.abs(values[pair].real) / values[pair].imag)]
    omega, q = float(values[chosen].imag), vectors[:, chosen]
    p = field.at(**{parameter: value})
    J = field.jacobian(point, p)
    bent = second_order(J, field.second(point, p), omega, q)
    size = min(_amplitude(field, parameter, point, value, omega, q), _weakly_bent(field, p, point, omega, q))
    mesh = Mesh.even(_INTERVALS)
    turn = np.exp(2j * np.pi * mesh.nodes)[..., None]
    wave = np.real(q * turn) * size
    extra = np.real(bent[0] + bent[1] * turn**2) * size**2
    still = Orbit(mesh, np.broadcast_to(point, wave.shape).copy(), 2.0 * np.pi / omega, value)
    reach = np.maximum(2.0 * size * np.abs(q), size**2 * (np.abs(bent[0]) + np.abs(bent[1])))
    scale = scales(reach, point, J[..., None], omega * size * np.abs(q))
    width = min(width, _width(field, parameter, point, value, omega))
    for shrink in (1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4):
        problem = problem_for(field, parameter, shrink * scale, width)
        guess = Orbit(mesh, still.nodes + shrink * wave + shrink**2 * extra, still.period, value)
        found = correct(problem, guess, unit(problem, still, direction(wave)))
        if found is not None and 0.3 < found.orbit.period / still.period < 3.0 and found.distance < 1.0:
            return problem, found, still
    shown = field.shown(parameter, value)
    raise ModelError(f"no small cycle was found near the Hopf point at {parameter} = {shown:.8g}; it may be degenerate")


def second_order(J: Array, second: Array, omega: float, q: Any) -> tuple[Any, Any]:
    r"""The mean and the double frequency of a small cycle, for the amplitude 1.

    :math:`h_0 = -\tfrac14 \cdot A^{-1}B(q, \bar q)`, :math:`h_2 = \tfrac14 (2i\omega - A)^{-1}B(q, q)`: a wave
    :math:`\mathrm{Re}(q\,e)` drives :math:`\tfrac12 B` by its square, of which one half is constant. States that do not
    move with ``q``, such as one that depends on the square of the others, move by this.
    """
    mixed, double = (np.einsum("ijk,j,k->i", second, q, other) for other in (q.conj(), q))
    mean = np.linalg.lstsq(J, mixed.real, rcond=None)[0]
    return -0.25 * mean, 0.25 * np.linalg.solve(2j * omega * np.eye(len(q)) - J, double)


def _weakly_bent(field: VectorField, p: Array, point: Array, omega: float, q: Any) -> float:
    """The amplitude at which the growth by the first Lyapunov coefficient is a small part of the frequency."""
    try:
        form = first_lyapunov(field.jacobian(point, p), field.second(point, p), field.third(point, p))
    except np.linalg.LinAlgError:
        return math.inf
    size = abs(form.value) * float(np.linalg.norm(q)) ** 2
    return math.sqrt(_NONLINEAR / size) if size > 0.0 and math.isfinite(size) else math.inf


def _large(point: Array) -> float:
    return max(float(np.max(np.abs(point))), 1e-6)


def scales(size: Array, x: Array, J: Array, rates: Array) -> Array:
    """Sizes of the states on a cycle, also of those that hardly move: there, what would change the others noticeably.

    Parameters
    ----------
    size
        Ranges, (n,).
    x, J, rates
        A point, the Jacobians (n, n, points) and the largest rates of change (n,) on the cycle.
    """
    moving = size > 1e-6 * np.abs(x)
    influence = np.max(np.abs(J), axis=2)
    np.fill_diagonal(influence, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(moving[:, None] & (influence > 0.0), rates[:, None] / influence, np.inf)
    felt = np.min(needed, axis=0)
    floor = np.maximum(np.where(np.isfinite(felt), _FELT * felt, 0.0), 1e-9 * np.abs(x))
    wanted = np.maximum(size, floor)
    return np.where(wanted > 0.0, wanted, 1.0)


def _amplitude(field: VectorField, parameter: str, point: Array, value: float, omega: float, q: Any) -> float:
    """Where the nonlinear terms reach a small part of the linear ones, seen along the adjoint eigenvector."""
    p = field.at(**{parameter: value})
    J = field.jacobian(point, p)
    rates, left = np.linalg.eig(J.T)
    adjoint = left[:, np.argmin(np.abs(rates - 1j * omega))]
    adjoint = adjoint / (adjoint @ q)
    phases = np.exp(2j * np.pi * np.arange(16) / 16)
    wave = np.real(q[:, None] * phases)
    size = 1e3 * _large(point)
    for _ in range(200):
        with np.errstate(all="ignore"):
            extra = field.rhs(point[:, None] + size * wave, p) - size * (J @ wave)
            off = float(np.max(np.abs(adjoint @ extra))) / (omega * size)
        if off < _NONLINEAR:
            return size
        size *= 0.7
    return size


def _width(field: VectorField, parameter: str, point: Array, value: float, omega: float) -> float:
    """Change of the parameter that moves the critical eigenvalue by as much as its size."""
    p = field.at(**{parameter: value})
    J = field.jacobian(point, p)
    values, vectors = np.linalg.eig(J)
    chosen = int(np.argmin(np.abs(values - 1j * omega)))
    left = np.linalg.inv(vectors)[chosen]
    try:
        drift = np.linalg.solve(J, -field.by_parameter(point, parameter, p))
    except np.linalg.LinAlgError:
        return math.inf
    change = field.mixed(point, parameter, p) + np.einsum("ijk,k->ij", field.second(point, p), drift)
    slope = abs(left @ change @ vectors[:, chosen])
    return omega / slope if slope > 0.0 else math.inf


def from_orbit(
    field: VectorField, parameter: str, times: Array, states: Array, value: float, width: float
) -> tuple[Problem, Solution]:
    """The cycle at this value of the parameter near the last turn of a simulated orbit; ``states`` (times, n)."""
    first, last = _turn(times, states)
    tries = [(Mesh.even(_FINE), (60, 120, 240)), (_by_length(times, states, first, last), (240, 400))]
    for fine, numbers in tries:  # the second for bursts, whose spikes are narrow beside the period
        moments = first + (last - first) * fine.nodes
        nodes = np.stack([np.interp(moments, times, column) for column in states.T], axis=-1)
        found = _near(field, parameter, Orbit(fine, nodes, last - first, value), width, numbers)
        if found is not None:
            return found
    raise ModelError(
        f"no cycle was found near the orbit at {parameter} = {field.shown(parameter, value):.8g}: Newton's method does "
        "not converge; give a longer orbit, sampled more finely, so that the last turn is close to the limit"
    )


def _near(
    field: VectorField, parameter: str, guess: Orbit, width: float, numbers: tuple[int, ...]
) -> tuple[Problem, Solution] | None:
    """The cycle near a guess by Newton's method, on meshes of these numbers of intervals."""
    x, p = guess.gauss(), field.at(**{parameter: guess.parameter})
    rates = np.max(np.abs(field.rhs(x, p)), axis=1)
    scale = scales(np.ptp(guess.nodes, axis=(0, 1)), guess.nodes[0, 0], field.jacobian(x, p), rates)
    problem = problem_for(field, parameter, scale, min(width, _force(field, parameter, guess, scale)))
    for N in numbers:
        solution = correct(problem, guess.on(_smooth(guess, scale, N)), None)
        if solution is not None and amplitude(problem, solution.orbit) > 0.5 * amplitude(problem, guess):
            return problem, solution
    return None


def _by_length(times: Array, states: Array, first: float, last: float) -> Mesh:
    """A fine mesh with its intervals where the samples of a turn move."""
    inside = (times > first) & (times < last)
    moments = np.concatenate([[first], times[inside], [last]])
    turn = np.stack([np.interp(moments, times, column) for column in states.T], axis=1)
    shares = (moments - first) / (last - first)
    return _even_length(turn / np.maximum(np.ptp(turn, axis=0), 1e-300), shares, _FINE)


def _smooth(guess: Orbit, scale: Array, N: int) -> Mesh:
    """A mesh by arclength: interpolated samples have no derivatives to look at."""
    states = guess.nodes.reshape(-1, guess.n) / scale
    return _even_length(np.concatenate([states, states[:1]]), np.append(guess.mesh.nodes.ravel(), 1.0), N)


def _even_length(points: Array, times: Array, N: int) -> Mesh:
    """N intervals of equal arclength along points at these times from 0 to 1, a third of it spent on time itself."""
    length = np.sqrt(np.sum(np.diff(points, axis=0) ** 2, axis=1))
    share = np.concatenate([[0.0], np.cumsum(length + 0.5 * np.sum(length) * np.diff(times))])
    edges = np.interp(np.linspace(0.0, share[-1], N + 1), share, times)
    edges[0], edges[-1] = 0.0, 1.0
    return Mesh(edges)


def _turn(times: Array, states: Array) -> tuple[float, float]:
    """Begin and end of the last full turn: passages upwards through the mean of the state that varies most."""
    tail = states[len(states) // 2 :]
    spread = np.ptp(tail, axis=0) / np.maximum(np.ptp(states, axis=0), 1e-300)
    column = states[:, int(np.argmax(np.ptp(tail, axis=0) * (spread > 0.0)))]
    level = 0.5 * (column[len(column) // 2 :].max() + column[len(column) // 2 :].min())
    up = np.flatnonzero((column[:-1] < level) & (column[1:] >= level))
    if len(up) < 2:
        raise ModelError("the orbit has no full turn in it; give a longer one")
    passages = times[up] + (level - column[up]) / (column[up + 1] - column[up]) * (times[up + 1] - times[up])
    at_passage = np.stack([np.interp(passages, times, state) for state in states.T], axis=1)
    size = np.maximum(np.ptp(tail, axis=0), 1e-300)
    away = np.max(np.abs(at_passage[:-1] - at_passage[-1]) / size, axis=1)
    # Cycles with several passages per turn: the latest one that comes back close enough.
    close = np.flatnonzero(away < max(0.02, 1.5 * float(np.min(away))))
    return float(passages[close[-1]]), float(passages[-1])


def _force(field: VectorField, parameter: str, orbit: Orbit, scale: Array) -> float:
    """Change of the parameter that acts as strongly as all that moves the orbit."""
    x, p = orbit.gauss(), field.at(**{parameter: orbit.parameter})
    rates = np.sqrt(np.mean((field.rhs(x, p) / scale[:, None]) ** 2))
    slope = np.sqrt(np.mean((field.by_parameter(x, parameter, p) / scale[:, None]) ** 2))
    return float(rates / slope) if slope > 0.0 else math.inf
