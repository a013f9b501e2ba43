"""`phase_diagram`: the states of a family of networks over the plane of two parameters, and the lines in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.population.rhythm.phase_lines import PhaseLine, covered, crossed, crossings, explained, followed, seeds
from rheobase.population.rhythm.phase_points import LABELS, PhasePoint, examine
from rheobase.population.states.family import Family, family
from rheobase.progress import Progress, plain_interrupts

Array = NDArray[np.float64]
Place = tuple[float, float]

_PIECES = 12
_ASIDE = 2e-3


@dataclass(frozen=True)
class PhaseDiagram:
    """Regions and lines in the plane of two parameters.

    Attributes
    ----------
    names : tuple of str
        The parameters: horizontal, vertical.
    populations : tuple of str
    x, y : ndarray
        The grid.
    points : tuple of tuple of PhasePoint
        All states at each place, ``points[i][j]`` at ``x[i], y[j]``.
    lines : tuple of PhaseLine
        Where an oscillation begins (``hopf``) and where two states meet (``fold``), continued to the borders.
    beside : tuple of str
        For each line the label just beside it, on the side where more modes grow: the name of a band that may be too
        narrow for the grid. Empty for a fold line, and where both sides are alike.
    complete : bool
        False if it was interrupted; then the grid is what was done, and lines may be missing.
    """

    names: tuple[str, str]
    populations: tuple[str, ...]
    x: Array
    y: Array
    points: tuple[tuple[PhasePoint, ...], ...]
    lines: tuple[PhaseLine, ...]
    beside: tuple[str, ...]
    complete: bool
    family: Family = field(repr=False, compare=False)

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """The label at each place: SR, AI, SI fast, SI slow, Q, several joined by ' + '."""
        return tuple(tuple(point.label for point in column) for column in self.points)

    def label(self, x: Any, y: Any) -> str:
        """The label at any place, found there."""
        across, upright = self.names
        return examine(self.family, (self.family.number(across, x), self.family.number(upright, y))).label

    def crossings(self, **place: Any) -> tuple[PhaseLine, ...]:
        """Where the lines cross a value of one parameter, solved to rounding: ``crossings(g=5)``.

        Each is a `PhaseLine` of one point.

        Raises
        ------
        ModelError
            If the name is none of the two parameters.
        """
        if len(place) != 1 or next(iter(place)) not in self.names:
            raise ModelError(
                f"give a value of one of {' and '.join(self.names)}, such as crossings({self.names[0]}=1.0)"
            )
        ((name, value),) = place.items()
        axis, at = self.names.index(name), self.family.number(name, value)
        return tuple(point for line in self.lines for point in crossings(self.family, line, axis, at))

    @property
    def units(self) -> tuple[str, str]:
        """The units of both parameters, ``"1"`` for one that has none."""
        across, upright = self.names
        return self.family.unit(across), self.family.unit(upright)

    @property
    def status(self) -> str:
        """A sentence."""
        kinds = [line.kind for line in self.lines]
        ending = "" if self.complete else " It was interrupted: what is shown is not all."
        hopf, fold = kinds.count("hopf"), kinds.count("fold")
        return f"{hopf} Hopf line{'s' * (hopf != 1)} and {fold} fold line{'s' * (fold != 1)}.{ending}"

    def summary(self) -> str:
        """What the labels found mean, how much of the plane each has, and the lines, in lines."""
        found = [label for column in self.labels for label in column]
        whole = "the plane" if self.complete else f"the {len(found)} places that were examined"
        lines = [f"{name}: {found.count(name) / max(len(found), 1):.0%} of {whole}" for name in dict.fromkeys(found)]
        single = dict.fromkeys(part for label in (*found, *filter(None, self.beside)) for part in label.split(" + "))
        lines += [f"  {part} is {LABELS[part]}" for part in single]
        for line, name in zip(self.lines, self.beside, strict=True):
            ends = " to ".join(f"({a:.4g}, {b:.4g})" for a, b in line.values[[0, -1]])
            rhythm = (
                f", {line.frequency_hz.min():.4g} to {line.frequency_hz.max():.4g} Hz" if line.kind == "hopf" else ""
            )
            band = f", {name} beside it" if name else ""
            lines.append(f"{line.kind} line from {ends} in ({', '.join(self.names)}){rhythm}{band}")
        return "\n".join([*lines, self.status])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON."""
        return {
            "names": list(self.names),
            "units": list(self.units),
            "populations": list(self.populations),
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "labels": [list(column) for column in self.labels],
            "rates_hz": [[[state.rates.tolist() for state in p.states] for p in column] for column in self.points],
            "lines": [
                {
                    "kind": line.kind,
                    "values": line.values.tolist(),
                    "rates_hz": line.rates.tolist(),
                    "frequency_hz": line.frequency_hz.tolist(),
                    "beside": name,
                }
                for line, name in zip(self.lines, self.beside, strict=True)
            ],
            "complete": self.complete,
        }

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return (
            "Brunel N (2000), J Comput Neurosci 8:183 (phase diagram, names of the states)\n"
            "Brunel N, Hakim V (1999), Neural Comput 11:1621 (fast oscillations; stability of the asynchronous state)\n"
            "Keller HB (1977), in Applications of Bifurcation Theory, Academic Press (continuation by arclength)"
        )

    def plot(self, ax: Any = None) -> Any:
        """The regions with their labels, and the lines."""
        from rheobase.plot.phase_diagram import phase_diagram

        return phase_diagram(self, ax)


def phase_diagram(
    make: Callable[..., Network],
    x: str,
    y: str,
    x_range: tuple[Any, Any],
    y_range: tuple[Any, Any],
    *,
    points: int | tuple[int, int] = 13,
    fixed: dict[str, Any] | None = None,
    client: Any = None,
    progress: bool = False,
) -> PhaseDiagram:
    """The states of a family of networks over two parameters, and the lines on which they change.

    At each place of a grid all self-consistent states are found, and the modes that grow are counted. Where that
    differs between neighbours, the Hopf or fold point between them is solved for, and its line continued to the borders
    of the plane (Newton's method on rates, frequency and parameters; Keller 1977). States are named as by Brunel
    (2000).

    Parameters
    ----------
    make
        Returns a `Network` when called with both parameters by name, such as `rheobase.library.brunel2000`.
    x, y
        Names of the parameters.
    x_range, y_range
        Their ranges: numbers, or quantities such as ``("5 ms", "20 ms")``; results are in the lower end's unit.
    points
        Places of the grid in each direction. Lines do not depend on it, unless one fits between the places.
    fixed
        Values of other parameters of ``make``.
    client
        Something that examines the places elsewhere: an object with ``map(function, items)`` and ``gather``, such as a
        Dask client; if it has ``cancel``, that is called for what is left after Ctrl-C. The numbers are the same.
    progress
        Show a bar.

    Returns
    -------
    PhaseDiagram
        What was done so far, with ``complete`` False, if interrupted by Ctrl-C.

    Raises
    ------
    ModelError
        If ``make`` has no such parameters or refuses a value, or the ranges or ``points`` make no sense.
    NotCovered
        With every reason why the theory does not cover a network.

    Examples
    --------
    >>> from rheobase import library
    >>> found = phase_diagram(library.brunel2000, "g", "eta", (3, 8), (0.5, 5))   # doctest: +SKIP
    >>> found.plot()                                                              # doctest: +SKIP
    """
    if x == y:
        raise ModelError(f"the two parameters of a phase diagram must differ; both are {x!r}")
    own = family(make, {x: x_range, y: y_range}, fixed)
    n_x, n_y = _sizes(points)
    columns, rows = np.linspace(own.low[0], own.high[0], n_x), np.linspace(own.low[1], own.high[1], n_y)
    places: list[Place] = [(float(a), float(b)) for a in columns for b in rows]
    bar = Progress(2 * len(places), f"{x} and {y}", progress, in_time=False)
    lines: list[PhaseLine] = []
    beside: list[str] = []
    done: list[PhasePoint] = []
    complete, populations = True, own.populations
    try:
        with plain_interrupts():
            _examine_all(own, places, client, done, bar)
            _find_lines(own, done, n_y, lines, bar)
            beside.extend(_beside(own, line) for line in lines)
    except KeyboardInterrupt:
        complete = False
    finally:
        bar.close()
    whole = len(done) // n_y
    grid = tuple(tuple(done[k * n_y : (k + 1) * n_y]) for k in range(whole))
    beside += [""] * (len(lines) - len(beside))
    found = tuple(lines), tuple(beside)
    return PhaseDiagram((x, y), populations, columns[:whole], rows, grid, *found, complete, own)


def _sizes(points: Any) -> tuple[int, int]:
    try:
        sizes = np.broadcast_to(np.asarray(points, float), 2)
        if np.all((sizes >= 2) & (sizes == np.round(sizes)) & np.isfinite(sizes)):
            return int(sizes[0]), int(sizes[1])
    except (TypeError, ValueError):
        pass
    raise ModelError(f"points must be a whole number, at least 2, or two of them, not {points!r}")


def _examine_all(own: Family, places: list[Place], client: Any, done: list[PhasePoint], bar: Progress) -> None:
    """Add the states at all places, in order, to those that are done, as they become known."""
    if client is not None:
        return _examine_elsewhere(own, places, client, done, bar)
    for place in places:
        done.append(examine(own, place))
        bar.tick(1)


def _examine_elsewhere(own: Family, places: list[Place], client: Any, done: list[PhasePoint], bar: Progress) -> None:
    plain = replace(own)  # without what was read already
    futures = client.map(partial(examine, plain), places)
    try:
        for future in futures:
            done.extend(client.gather([future]))
            bar.tick(1)
    except KeyboardInterrupt:
        for future in futures[len(done) :]:
            if getattr(future, "status", "") != "finished":
                break
            done.extend(client.gather([future]))
        raise
    finally:  # after Ctrl-C, or where a place is refused, nobody waits for the others any more
        if hasattr(client, "cancel"):
            client.cancel(futures)


def _find_lines(own: Family, done: list[PhasePoint], n_y: int, lines: list[PhaseLine], bar: Progress) -> None:
    """Search every edge of the grid for the beginning of a line that has not been followed."""
    for k, point in enumerate(done):
        for axis, other in ((0, k + n_y), (1, k + 1 if (k + 1) % n_y else len(done))):
            if other < len(done):
                _search_edge(own, point, done[other], axis, lines)
        bar.tick(1)


def _search_edge(own: Family, a: PhasePoint, b: PhasePoint, axis: int, lines: list[PhaseLine]) -> None:
    """Lines between two neighbours; where they differ in kind though not in the modes that grow, in small pieces."""
    if not _alike(a, b):
        _follow_from(own, a, b, axis, lines)
    elif a.label != b.label and not any(crossed(line, a, b, axis) for line in lines):
        places = np.linspace(a.values, b.values, _PIECES + 1)[1:-1]
        chain = [a, *(examine(own, (float(x), float(y)), named=False) for x, y in places), b]
        for first, second in pairwise(chain):
            if not _alike(first, second):
                _follow_from(own, first, second, axis, lines)


def _beside(own: Family, line: PhaseLine) -> str:
    """The label just beside a Hopf line, on the side where more modes grow; near its middle, but not at a sharp tip."""
    if line.kind != "hopf":
        return ""
    scaled = line.values / own.span
    for part in (0.5, 0.25, 0.75):
        k = min(max(int(part * len(scaled)), 1), len(scaled) - 2)
        along = scaled[k + 1] - scaled[k - 1]
        across = _ASIDE * np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-300)
        sides = [np.clip((scaled[k] + way * across) * own.span, own.low, own.high) for way in (1.0, -1.0)]
        a, b = (examine(own, (float(x), float(y))) for x, y in sides)
        more = sum(state.unstable for state in a.states) - sum(state.unstable for state in b.states)
        if more:
            return a.label if more > 0 else b.label
    return ""


def _alike(a: PhasePoint, b: PhasePoint) -> bool:
    return [state.unstable for state in a.states] == [state.unstable for state in b.states]


def _follow_from(own: Family, a: PhasePoint, b: PhasePoint, axis: int, lines: list[PhaseLine]) -> None:
    """Follow the lines that begin between two neighbours, unless those known are all that can be there."""
    if explained(lines, a, b, axis):
        return
    for kind, seed in seeds(own, a, b, axis):
        if not covered(lines, kind, seed, own):
            line = followed(own, kind, seed)
            if line is not None:
                lines.append(line)
