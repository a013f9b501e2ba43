"""All equilibria of a neuron, and what kind each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import Box, find_box, threshold_of
from rheobase.dynamics.equilibria.none_found import why_none
from rheobase.dynamics.equilibria.normal_form import fold
from rheobase.dynamics.equilibria.search import equilibria
from rheobase.dynamics.equilibria.stability import Stability, stability
from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

Vector = NDArray[np.float64]

_FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A state that does not change.

    Attributes
    ----------
    state
        In shown units.
    kind
        stable node, unstable node, stable focus, unstable focus or saddle; where the linearisation is degenerate,
        saddle-node (one eigenvalue is zero), centre, degenerate node or non-hyperbolic. With more than two states, a
        focus has at least one complex pair.
    stable
        Whether small perturbations die out.
    eigenvalues
        Of the Jacobian, per ms; the one that grows fastest first.
    note
        More about a degenerate case.
    residual
        The largest rate of change left, relative to the rates that cancel.
    field, point, vectors
        The vector field; the state and the eigenvectors (columns) in internal units.
    """

    state: Mapping[str, float]
    kind: str
    stable: bool
    eigenvalues: NDArray[np.complex128]
    note: str
    residual: float
    field: VectorField = part(repr=False)
    point: Vector = part(repr=False)
    vectors: NDArray[np.complex128] = part(repr=False)

    @property
    def growth_per_s(self) -> Vector:
        """Real parts of the eigenvalues, per second."""
        return 1e3 * self.eigenvalues.real

    @property
    def frequency_hz(self) -> Vector:
        """Imaginary parts of the eigenvalues as frequencies."""
        return 1e3 * self.eigenvalues.imag / (2.0 * np.pi)

    @property
    def trace(self) -> float:
        """Sum of the eigenvalues, per ms. In the plane, the equilibrium is stable if it is negative and the determinant
        positive, and turns if ``trace**2 < 4 determinant``."""
        return float(self.eigenvalues.sum().real)

    @property
    def determinant(self) -> float:
        """Product of the eigenvalues, per ms**n."""
        return float(self.eigenvalues.prod().real)

    @property
    def sentence(self) -> str:
        """Kind, place and eigenvalues, for people."""
        where = ", ".join(f"{name} = {_number(self.field, name, value)}" for name, value in self.state.items())
        rates = ", ".join(
            f"{growth:.4g}/s" + (f" at {frequency:.4g} Hz" if frequency else "")
            for growth, frequency in zip(self.growth_per_s, self.frequency_hz, strict=True)
            if frequency >= 0.0
        )
        return f"{self.kind} at {where}; eigenvalues {rates}" + (f" ({self.note})" if self.note else "")

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """The equilibria of a neuron; can be counted, iterated and indexed.

    Attributes
    ----------
    points
        In the order of the membrane potential.
    box
        Where they were looked for: ``{state: (low, high)}`` in shown units.
    complete
        Whether the whole box was searched, or starts were tried in it.
    status
        How they were found, or why there is none.
    """

    points: tuple[Equilibrium, ...]
    box: Mapping[str, tuple[float, float]]
    complete: bool
    status: str
    field: VectorField = part(repr=False)

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[Equilibrium]:
        return iter(self.points)

    def __getitem__(self, index: int) -> Equilibrium:
        return self.points[index]

    @property
    def stable(self) -> tuple[Equilibrium, ...]:
        """Those that attract."""
        return tuple(point for point in self.points if point.stable)

    @property
    def saddles(self) -> tuple[Equilibrium, ...]:
        return tuple(point for point in self.points if point.kind == "saddle")

    def __repr__(self) -> str:
        return f"FixedPoints({', '.join(point.kind for point in self.points) or 'none'}; {self.status})"

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """A line for each equilibrium, and where they were looked for."""
        name = self.field.neuron.name or "this neuron"
        count = len(self.points) or "no"
        bounds = ", ".join(
            f"{state} from {_number(self.field, state, low)} to {_number(self.field, state, high)}"
            for state, (low, high) in self.box.items()
        )
        lines = [f"{name} has {count} equilibri{'um' if len(self.points) == 1 else 'a'}; looked for in {bounds}"]
        return "\n".join([*lines, *(f"  {point.sentence}" for point in self.points), f"  {self.status}"])


def fixed_points(
    neuron: Neuron | VectorField, box: Mapping[str, Any] | None = None, *, throw: bool = True, **parameters: Any
) -> FixedPoints:
    """All equilibria of a neuron in a box, with their eigenvalues and their kind.

    Where all states but one can be solved for in order, as the gates of a conductance-based neuron, the equation that
    is left is a function of this one state, and all its roots are found by adaptive halving. Otherwise Newton's method
    starts from many points, with deflation of what is known (``complete`` is then False). Either way they are exact to
    rounding. Of a neuron with a reset, those below the threshold are found; those above it are no states in which the
    neuron can rest, also where the threshold moves, as in ``v > theta`` with a state theta.

    Parameters
    ----------
    neuron
        The model, or its vector field.
    box
        ``{state: (low, high)}``, as quantities, texts or numbers in the unit of the state. By default voltages reach
        well beyond all voltages that the equations mention, gates from 0 to 1; see
        `rheobase.dynamics.equilibria.box.find_box`.
    throw
        Whether to raise an error if there is none in the box; else the result is empty.
    **parameters
        Parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        If there is none in the box, or the neuron is no autonomous smooth system.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> points = fixed_points(Neuron("dx/dt = (x - x**3)/ms : 1"))
    >>> [(round(point.state["x"], 9), point.kind) for point in points]
    [(-1.0, 'stable node'), (0.0, 'unstable node'), (1.0, 'stable node')]
    """
    field = vector_field(neuron, parameters)
    found = equilibria(field, find_box(field, box))
    points, how = below_threshold(field, found.points[0]), found.how
    above = len(found.points[0]) - len(points)
    if above and not points:
        how = f"{_left_out(above)}, so that there is no state in which the neuron could rest"
        if throw:
            raise ModelError(f"{how}; throw=False returns an empty result")
        return FixedPoints((), found.box.shown(field), found.complete, how, field)
    how += f"; {_left_out(above)}" if above else ""
    return collected(field, points, found.box, found.complete, how, throw)


def below_threshold(field: VectorField, points: tuple[Vector, ...]) -> tuple[Vector, ...]:
    """Those at which a neuron with a reset does not fire at once, where its threshold is more than a bound of a state.

    A plain bound is a border of the box.
    """
    from rheobase.dynamics.orbits.spiking import threshold_gap

    if not field.neuron.has_reset or any(threshold_of(field, state) is not None for state in field.states):
        return points
    try:
        gap = threshold_gap(field)
    except ModelError:  # a condition such as an equality, of which nothing is above
        return points
    return tuple(x for x in points if not float(gap(x, field.values)) > 0.0)


def _left_out(count: int) -> str:
    many = f"{count} equilibria above the threshold, where the neuron fires, are"
    return f"{'an equilibrium above the threshold, where the neuron fires, is' if count == 1 else many} left out"


def vector_field(neuron: Neuron | VectorField, parameters: Mapping[str, Any]) -> VectorField:
    """The field of a neuron with changed parameters; of a field, with changed parameters too."""
    if isinstance(neuron, VectorField):
        for name in parameters:
            neuron.index(name)  # refuses names that are no parameter
        return neuron.with_values(**{name: neuron.read(name, value) for name, value in parameters.items()})
    return VectorField.of(neuron, **parameters)


def collected(
    field: VectorField, points: tuple[Vector, ...], box: Box, complete: bool, how: str, throw: bool
) -> FixedPoints:
    """Equilibria with what the linearisation says about each."""
    rows = sorted(points, key=lambda point: point[field.states.index(field.voltage)])
    lower = np.min([np.where(box.given, box.lower, np.minimum(box.lower, x)) for x in rows] or [box.lower], axis=0)
    upper = np.max([np.where(box.given, box.upper, np.maximum(box.upper, x)) for x in rows] or [box.upper], axis=0)
    shown = Box(lower, upper, box.given, box.gates).shown(field)
    if not rows:
        bounds = ", ".join(
            f"{state} from {_number(field, state, low)} to {_number(field, state, high)}"
            for state, (low, high) in shown.items()
        )
        status = why_none(field, box) or (
            f"there is no equilibrium in the box ({bounds}); give a larger one, such as "
            f"box={{'{field.voltage}': (low, high)}}, or other parameters"
        )
        if throw:
            raise ModelError(f"{status}; throw=False returns an empty result")
        return FixedPoints((), shown, complete, status, field)
    return FixedPoints(tuple(equilibrium(field, x, box.width) for x in rows), shown, complete, how, field)


def equilibrium(field: VectorField, x: Vector, width: Vector | None = None) -> Equilibrium:
    """What the linearisation says about one equilibrium, in internal units.

    Parameters
    ----------
    field, x
        The vector field with its parameters, and the equilibrium.
    width
        The size of the box in each state: the scale on which it is judged whether the linearisation vanishes.
    """
    slopes = field.jacobian(x)
    unit = np.abs(x) + 1e-2 * (np.ones(field.n) if width is None else width)
    linear = _linearised(field, x, slopes, unit)
    size = np.abs(slopes) @ unit
    residual = float(np.max(np.abs(field.rhs(x)) / np.where(size > 0.0, size, 1.0)))
    return Equilibrium(
        state={name: field.shown(name, value) for name, value in zip(field.states, x, strict=True)},
        kind=linear.kind, stable=linear.stable, eigenvalues=linear.eigenvalues, note=linear.note, residual=residual,
        field=field, point=x, vectors=linear.vectors,
    )  # fmt: skip


def _linearised(field: VectorField, x: Vector, slopes: Vector, unit: Vector) -> Stability:
    """What the eigenvalues say; where one of them is zero, the curvature has its say too.

    In one dimension a slope near zero has nothing to be compared with but the curvature.
    """
    rate = 0.0
    if field.n == 1:
        rate = float(np.abs(field.second(x)).max() * unit[0])
    found = stability(slopes, unit, rate)
    if found.kind != "saddle-node":
        return found
    form = fold(slopes, field.second(x), field.third(x), np.zeros(field.n), unit)
    if form.relative > _FLAT:
        return found
    return replace(found, kind="non-hyperbolic", note="one eigenvalue is zero, and so is the quadratic coefficient")


def _number(field: VectorField, name: str, value: float) -> str:
    unit = field.unit_name(name)
    return f"{value:.6g}" if unit == "1" else f"{value:.6g} {unit}"
