"""`branch`: the states of a family of networks over one parameter, with the folds and the Hopf points on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.numerics.continuation import Curve, Event, trace
from rheobase.population.rhythm.hopf_search import hopf_points
from rheobase.population.rhythm.modes import linearise
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.states.family import Family, family
from rheobase.population.states.family_equations import state_equations
from rheobase.population.states.state_search import all_states

Array = NDArray[np.float64]

_STARTS = 5
_MOST = 800
_SAME = 1e-3


@dataclass(frozen=True)
class BranchPoint:
    """A fold (two states meet) or a Hopf point (an oscillation begins) on a branch.

    Attributes
    ----------
    kind : str
        ``fold`` or ``hopf``.
    value : float
        Of the parameter.
    rates : ndarray
        Hz.
    frequency_hz : float
        Of the oscillation; 0 at a fold.
    """

    kind: str
    value: float
    rates: Array
    frequency_hz: float = 0.0


@dataclass(frozen=True)
class BranchPart:
    """One connected curve of states.

    Attributes
    ----------
    values : ndarray (k,)
        The parameter along the curve.
    rates : ndarray (k, n)
        Hz.
    unstable : ndarray of int (k,)
        How many modes grow; -1 where they could not be counted.
    points : tuple of BranchPoint
    """

    values: Array
    rates: Array
    unstable: NDArray[np.int64]
    points: tuple[BranchPoint, ...]


@dataclass(frozen=True)
class Branch:
    """All curves of states of a family over one parameter.

    Attributes
    ----------
    parameter : str
    limits : tuple of float
    populations : tuple of str
    parts : tuple of BranchPart
    status : str
        A sentence.
    unit : str
        Of the parameter, ``"1"`` if it has none.
    """

    parameter: str
    limits: tuple[float, float]
    populations: tuple[str, ...]
    parts: tuple[BranchPart, ...]
    status: str
    unit: str = "1"

    @property
    def folds(self) -> tuple[BranchPoint, ...]:
        """Sorted by the parameter."""
        return self._of("fold")

    @property
    def hopfs(self) -> tuple[BranchPoint, ...]:
        """Sorted by the parameter."""
        return self._of("hopf")

    def _of(self, kind: str) -> tuple[BranchPoint, ...]:
        found = (point for part in self.parts for point in part.points if point.kind == kind)
        return tuple(sorted(found, key=lambda point: point.value))

    def bistable(self) -> tuple[tuple[float, float], ...]:
        """Stretches of the parameter, to the resolution of the curves, with more than one stable state."""
        values = np.linspace(*self.limits, 401)
        count = sum((_stable_passes(part, values) for part in self.parts), np.zeros(values.size, int))
        inside = np.flatnonzero(np.diff(np.concatenate([[0], (count > 1).astype(int), [0]])))
        return tuple((float(values[a]), float(values[b - 1])) for a, b in inside.reshape(-1, 2))

    def summary(self) -> str:
        """The special points and the stretches with several stable states, in lines."""
        lines = [self.status]
        for point in (*self.folds, *self.hopfs):
            rates = ", ".join(f"{name} {rate:.4g}" for name, rate in zip(self.populations, point.rates, strict=True))
            rhythm = f", {point.frequency_hz:.4g} Hz" if point.kind == "hopf" else ""
            lines.append(f"{point.kind} at {self.parameter} = {point.value:.7g}: {rates} Hz{rhythm}")
        lines += [f"bistable for {self.parameter} from {a:.4g} to {b:.4g}" for a, b in self.bistable()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON."""
        return {
            "parameter": self.parameter,
            "unit": self.unit,
            "populations": list(self.populations),
            "parts": [
                {"values": p.values.tolist(), "rates_hz": p.rates.tolist(), "unstable_modes": p.unstable.tolist()}
                for p in self.parts
            ],
            "points": [
                {"kind": p.kind, "value": p.value, "rates_hz": p.rates.tolist(), "frequency_hz": p.frequency_hz}
                for p in (*self.folds, *self.hopfs)
            ],
            "status": self.status,
        }

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return (
            "Keller HB (1977), in Applications of Bifurcation Theory, Academic Press (curves of states by arclength)\n"
            "Amit DJ, Brunel N (1997), Cereb Cortex 7:237 (self-consistent rates, bistability)\n"
            "Brunel N, Hakim V (1999), Neural Comput 11:1621 (stability of the asynchronous state)"
        )

    def plot(self, ax: Any = None, population: str | None = None) -> Any:
        """The rate of a population (the first by default) over the parameter; stable states solid."""
        from rheobase.plot.phase_diagram import branch as drawn

        name = self.populations[0] if population is None else population
        if name not in self.populations:
            raise ModelError(f"there is no population {name!r}; there are: {', '.join(self.populations)}")
        return drawn(self, self.populations.index(name), ax)


def branch(
    make: Callable[..., Network],
    parameter: str,
    limits: tuple[Any, Any],
    *,
    fixed: dict[str, Any] | None = None,
    starts: int = _STARTS,
) -> Branch:
    """Every curve of self-consistent states over a parameter, with stability, folds and Hopf points.

    All states are searched at ``starts`` values of the parameter; each is followed by its arclength in both directions
    to the ends of the range, through folds (Keller 1977), unless a curve has been there.

    Parameters
    ----------
    make
        Returns a `Network` when called with the parameter by name, such as `rheobase.library.brunel2000`.
    parameter
        Its name.
    limits
        Its range: numbers, or quantities such as ``("5 ms", "20 ms")``; results are in the lower end's unit.
    fixed
        Values of other parameters of ``make``.
    starts
        At how many values all states are searched, at least 2.

    Raises
    ------
    ModelError
        If ``make`` has no such parameter, no states are found, or ``starts`` is no whole number from 2 on.
    NotCovered
        With every reason why the theory does not cover the network.

    Examples
    --------
    >>> from rheobase import library
    >>> found = branch(library.brunel2000, "eta", (0.8, 1.1), fixed={"g": 4.5})   # doctest: +SKIP
    """
    if isinstance(starts, bool) or not isinstance(starts, int | np.integer) or starts < 2:
        raise ModelError(f"starts = {starts!r} must be a whole number of values, at least 2")
    own = family(make, {parameter: limits}, fixed)
    return branch_of(own, starts)


def branch_of(own: Family, starts: int = _STARTS) -> Branch:
    """The same of a checked family of one parameter."""
    curves: list[Curve] = []
    for value in np.linspace(own.low[0], own.high[0], starts):
        for rates in all_states(own.maps([value])):
            if not any(_passes(curve, rates, value, own) for curve in curves):
                curves += _followed(own, rates, value)
    if not curves:
        raise ModelError(
            f"no self-consistent rates were found for {own.names[0]} from {own.low[0]:g} to {own.high[0]:g}"
        )
    parts = tuple(_part(own, curve) for curve in curves)
    limits = float(own.low[0]), float(own.high[0])
    return Branch(own.names[0], limits, own.populations, parts, _status(parts), own.unit(own.names[0]))


def _followed(own: Family, rates: Array, value: float) -> list[Curve]:
    """The curve through a state, joined from both directions."""
    equations = state_equations(own)
    n = rates.size
    found = []
    for way in (-1.0, 1.0):
        axis = np.append(np.zeros(n), way * own.span[0])
        curve = trace(
            equations.residual, equations.jacobian, np.append(rates, value), axis, scale=equations.scale,
            lower=equations.lower, upper=equations.upper, tests={"fold": lambda _, t: t[-1] / own.span[0]},
            largest=0.1, most=_MOST,
        )  # fmt: skip
        if len(curve.points) > 1:
            found.append(curve)
        if curve.closed:
            return [curve]
    return [_joined(*found)] if len(found) == 2 else found


def _joined(back: Curve, forth: Curve) -> Curve:
    """One curve from two that begin at the same point."""
    count = len(back.points)
    turned = [Event(e.name, e.point, -e.tangent, count - 2 - e.index, e.value) for e in reversed(back.events)]
    later = [Event(e.name, e.point, e.tangent, e.index + count - 1, e.value) for e in forth.events]
    return Curve(
        np.concatenate([back.points[::-1], forth.points[1:]]),
        np.concatenate([-back.tangents[::-1], forth.tangents[1:]]),
        (*turned, *later),
        forth.status,
        False,
    )


def _passes(curve: Curve, rates: Array, value: float, own: Family) -> bool:
    """Whether a curve has been at a state, between two of its points or at one."""
    x, points = curve.points[:, -1], curve.points[:, :-1]
    for k in np.flatnonzero((x[:-1] - value) * (x[1:] - value) <= 0.0):
        part = 0.0 if x[k + 1] == x[k] else (value - x[k]) / (x[k + 1] - x[k])
        between = points[k] + part * (points[k + 1] - points[k])
        room = np.abs(points[k + 1] - points[k]).max() * 0.2 + _SAME * own.top.max()
        if np.abs(between - rates).max() < room:
            return True
    return False


def _part(own: Family, curve: Curve) -> BranchPart:
    n = len(own.populations)
    rates, values = np.maximum(curve.points[:, :n], 0.0), curve.points[:, n]
    unstable = np.array([_count(own, r, v) for r, v in zip(rates, values, strict=True)])
    folds = [BranchPoint("fold", float(e.point[n]), np.maximum(e.point[:n], 0.0) * 1e3) for e in curve.events]
    hopfs = [
        BranchPoint("hopf", float(u[n + 1]), u[:n] * 1e3, float(1e3 * u[n] / (2.0 * np.pi)))
        for u in hopf_points(own, curve, unstable)
    ]
    return BranchPart(values, rates * 1e3, unstable, (*folds, *hopfs))


def _count(own: Family, rates: Array, value: float) -> int:
    try:
        return unstable_modes(linearise(own.maps([value]), rates))
    except ArithmeticError:
        return -1


def _stable_passes(part: BranchPart, values: Array) -> NDArray[np.int64]:
    """How often a curve passes each value of the parameter in a stable state."""
    count = np.zeros(values.size, int)
    for k in range(part.values.size - 1):
        if part.unstable[k] == 0 and part.unstable[k + 1] == 0:
            low, high = sorted(part.values[k : k + 2])
            count += (values > low) & (values <= high)
    return count


def _status(parts: Sequence[BranchPart]) -> str:
    kinds = [point.kind for part in parts for point in part.points]
    curves = "One curve of states" if len(parts) == 1 else f"{len(parts)} curves of states"
    return f"{curves}, with {kinds.count('fold')} folds and {kinds.count('hopf')} Hopf points."
