"""How the rest of a neuron is lost when its input rises slowly, and the laws by which periods grow at an edge."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import find_box
from rheobase.dynamics.equilibria.continuation import continuation
from rheobase.dynamics.equilibria.diagram import BifurcationDiagram
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.rheobase_current import Ground
from rheobase.dynamics.kinks import require_smooth
from rheobase.dynamics.orbits.spiking import polish, threshold_gap
from rheobase.dynamics.special import SpecialPoint
from rheobase.errors import ModelError
from rheobase.numerics.bracket import root

Array = NDArray[np.float64]

THRESHOLD = "threshold"
#: Growth of the period from decade to decade towards an edge: equal steps are a logarithm, steps that grow by about
#: sqrt(10) a root. By more, it is no period: the time to leave a weakly unstable focus grows by 10.
_FADING, _ROOT, _ESCAPE, _CONSTANT = 0.6, 1.6, 5.0, 1e-2
#: The rest is looked for so many times further away than it moves in proportion to the input.
_REACH = 30.0
#: How far beside a point, relative to its states, slopes are compared, and by what part of them they may differ.
_ASIDE, _BENT = 1e-4, 1e-3


@dataclass(frozen=True, eq=False)
class Loss:
    """Where the rest is lost on the way up.

    Attributes
    ----------
    kind
        The kind of the special point, or ``threshold`` where the equilibrium passes the threshold of a reset.
    value
        Of the input, in internal units.
    point
        The special point.
    path
        (k, n + 1): the equilibrium and the input on the way there, internal.
    """

    kind: str
    value: float
    point: SpecialPoint | None
    path: Array = part(repr=False)

    def at(self, value: float) -> Array:
        """The equilibrium at an input below ``value``, by interpolation."""
        return np.array([np.interp(value, self.path[:, -1], column) for column in self.path.T[:-1]])


def loss(ground: Ground, high: float) -> tuple[Loss | None, BifurcationDiagram | None, str]:
    """Follow the rest from the base up to ``high``: where it is lost, the diagram, and why there is none."""
    if not ground.settled:
        return None, None, "the neuron has no stable rest"
    field = ground.field.with_values(**{ground.input: ground.base})
    start = {state: field.shown(state, float(x)) for state, x in zip(field.states, ground.state, strict=True)}
    over = (field.shown(ground.input, ground.base), field.shown(ground.input, high))
    unclear = _roughness(field)
    try:
        diagram = continuation(field, ground.input, over, start=start, box=_near(ground, high), throw=False)
    except ModelError as error:
        return None, None, unclear or str(error)
    path, special = _way(diagram, ground)
    if unclear and (special is None or not _smooth_at(field, special)):
        return None, None, unclear
    if path is None:
        return None, diagram, "the rest could not be followed"
    crossed = _passed(ground, path)
    lost = special if crossed is None or (special is not None and special.value <= crossed.value) else crossed
    return lost, diagram, ""


def _roughness(field: VectorField) -> str:
    """Why there may be no bifurcation: a jump or a kink in the equations; "" where there is none."""
    try:
        require_smooth(field)
    except ModelError as error:
        return str(error)
    return ""


def _smooth_at(field: VectorField, lost: Loss) -> bool:
    """Whether equations with a jump or a kink somewhere have none about this point, so that theory holds there.

    All slopes a little to every side are those that the second derivatives at the point predict.
    """
    x, p = lost.path[-1, :-1], field.values.copy()
    p[field.index(lost.point.parameter)] = lost.value  # type: ignore[union-attr]
    slopes, bends = field.jacobian(x, p), field.second(x, p)
    for at, step in enumerate(_ASIDE * np.maximum(np.abs(x), 1e-2)):
        for move in (step, -step):
            beside = x.copy()
            beside[at] += move
            if np.abs(field.jacobian(beside, p) - slopes - bends[:, :, at] * move).max() > _BENT * np.abs(slopes).max():
                return False
    return True


def _near(ground: Ground, high: float) -> dict[str, tuple[float, float]]:
    """Bounds (shown units) for states that the reset throws much further than the rest moves with the input.

    The height of a spike would otherwise be the scale on which equilibria are looked at.
    """
    field = ground.field
    if not field.neuron.has_reset:
        return {}
    p = field.at(**{ground.input: ground.base})
    slopes, push = field.jacobian(ground.state, p), field.by_parameter(ground.state, ground.input, p)
    with np.errstate(all="ignore"):
        moved = np.abs(np.linalg.lstsq(slopes, push, rcond=None)[0]) * (high - ground.base)
    reaches = _followed(field, p, ground.state, _REACH * np.maximum(moved, np.abs(ground.state)))
    box, bounds = find_box(field), {}
    for at, (state, reach) in enumerate(zip(field.states, reaches, strict=True)):
        if 0.0 < reach < box.width[at] / _REACH:
            low, top = (ground.state[at] + sign * reach for sign in (-1.0, 1.0))
            ends = max(low, box.lower[at]), min(top, box.upper[at])
            bounds[state] = tuple(float(field.shown(state, float(end))) for end in ends)
    return bounds


def _followed(field: VectorField, p: Array, rest: Array, reaches: Array) -> Array:
    """Reaches of the states, with how far each relaxes when another one moves by its reach.

    One that follows another by its square or cube does not move in proportion to the input at its turning point.
    """
    with np.errstate(all="ignore"):
        decays = np.abs(np.diag(field.jacobian(rest, p)))
        for other, reach in zip(np.eye(field.n), reaches.copy(), strict=True):
            for aside in (reach * other, -reach * other):
                drawn = np.where(other > 0, 0.0, np.abs(field.rhs(rest + aside, p)) / decays)
                reaches = np.maximum(reaches, np.nan_to_num(drawn, nan=np.inf))
    return reaches


def _way(diagram: BifurcationDiagram, ground: Ground) -> tuple[Array | None, Loss | None]:
    """The points of the branch from the rest to where it turns unstable, and that point."""
    for branch in diagram.branches:
        distance = np.abs(branch.points[:, -1] - ground.base)
        near = np.nonzero(distance <= 1e-6 * ground.scale + 1e-9 * abs(ground.base))[0]
        near = [at for at in near if np.allclose(branch.points[at, :-1], ground.state, rtol=1e-4, atol=1e-6)]
        if not near:
            continue
        at = near[0]
        sign = 1 if at + 1 < len(branch) and branch.points[at + 1, -1] > branch.points[at, -1] else -1
        last = len(branch) - 1 if sign > 0 else 0
        order = np.arange(at, last + sign, sign)
        specials = dict(branch.special)
        for place in order[1:]:
            following = branch.stable[order[order * sign > place * sign]]
            if place in specials and (not following.size or not following[0]):
                point = specials[place]
                x = branch.points[place]
                path = branch.points[order[: int(np.nonzero(order == place)[0][0]) + 1]]
                return path, Loss(point.kind, float(x[-1]), point, path)
            if place not in specials and not branch.stable[place]:
                return branch.points[order[order * sign < place * sign]], None
        return branch.points[order], None
    return None, None


def _passed(ground: Ground, path: Array) -> Loss | None:
    """Where the equilibrium itself passes the threshold of a model with a reset."""
    field = ground.field
    if not field.neuron.has_reset:
        return None
    gap = threshold_gap(field)

    def above(value: float, guess: Array) -> tuple[float, Array]:
        p = field.at(**{ground.input: value})
        x = polish(field, p, guess)
        x = guess if x is None else x
        return float(gap(x, p)), x

    beyond = path[-1, -1] + 1e-3 * (path[-1, -1] - ground.base)  # the box of the continuation ends at the threshold
    path = np.vstack([path, np.append(above(beyond, path[-1, :-1])[1], beyond)])
    gaps = np.array([float(gap(row[:-1], field.at(**{ground.input: row[-1]}))) for row in path])
    if not (gaps > 0).any():
        return None
    at = int(np.argmax(gaps > 0))
    if at == 0:
        return None
    low, high = path[at - 1], path[at]
    share = root(
        lambda s: above(low[-1] + s * (high[-1] - low[-1]), low[:-1] + s * (high[:-1] - low[:-1]))[0],
        0.0, 1.0, float(gaps[at - 1]), float(gaps[at]),
    )  # fmt: skip
    value = float(low[-1] + share * (high[-1] - low[-1]))
    return Loss(THRESHOLD, value, None, path[: at + 1])


def law(periods: Array, steps: float = 1.0) -> str:
    """How periods at ever closer distances to an edge go on: ``finite``, ``log``, ``root`` or ``none``.

    The distances shrink by ``steps`` decades from one to the next. Less than a decade shows the root only.

    The period grows without bound as a logarithm of the distance at a homoclinic orbit and at a plain threshold, as one
    over its root at a saddle-node on the circle. Infinite periods mean silence; those that are NaN were not found.
    """
    known = periods[~np.isnan(periods)]
    silent = np.nonzero(np.isinf(known))[0]
    seen = known[silent[-1] + 1 :] if silent.size else known
    if seen.size < 3:
        return "none"
    if steps < 1.0:
        decades = steps * (seen.size - 1)
        if seen[-1] > _ESCAPE**decades * seen[0]:
            return "none"
        return "root" if seen[-1] > 10.0 ** (0.35 * decades) * seen[0] else "finite"
    growth = np.diff(seen)
    last, before = growth[-1], growth[-2]
    if last <= _CONSTANT * seen[-1] or last < _FADING * before:
        return "finite"
    if last > _ESCAPE * before:
        return "none"
    return "root" if last > _ROOT * before else "log"
