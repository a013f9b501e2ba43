r"""The doublet experiment: which interval between two short pulses makes a neuron fire most easily?

Each pulse carries a charge that moves the state at once by :math:`q\, \partial f/\partial I`. The first is too weak to
make the neuron fire; how strong has the second to be, a time :math:`\Delta` later? An *integrator* needs least right
away and the more the longer it waits, but never more than without the first. A *resonator* needs more than that after
about half of its own period, and less again after a whole one: it prefers pulses that come in time.

Izhikevich (2007), Dynamical Systems in Neuroscience, section 7.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.firing.rheobase_current import Ground
from rheobase.dynamics.orbits.trajectory import trajectories

Array = NDArray[np.float64]

#: The first pulse, in units of the weakest one that makes a spike by itself.
_FIRST = 0.7
_INTERVALS, _INNER = 41, 5
#: Sections of the second pulse, each into so many parts and one: few inner ones take the fewest orbits in all.
_SECTIONS, _PARTS = 7, 2
#: A spike that is made comes within so many of the slowest time constants.
_WAIT = 10.0
_LARGEST = 2.0
#: By how much the needed pulse has to fall below that without a first one, to count.
_CLEAR = 2e-3
_RTOL, _MOST = 1e-6, 100_000


@dataclass(frozen=True, eq=False)
class Doublet:
    """What the second of two pulses has to be.

    Attributes
    ----------
    interval_ms
        (k,).
    needed
        (k,): the weakest second pulse that makes a spike, in units of the weakest pulse that does so alone.
    best_ms
        The interval above 0 that a resonator prefers; None for an integrator.
    sentence
        The verdict.
    """

    interval_ms: Array
    needed: Array
    best_ms: float | None
    sentence: str

    @property
    def is_resonator(self) -> bool:
        return self.best_ms is not None

    def plot(self, ax: Any = None) -> Any:
        """The second pulse that is needed, over the interval."""
        from rheobase.plot.fi_curve import doublet as draw

        return draw(self, ax)


def doublet(ground: Ground, eigenvalues: NDArray[np.complex128]) -> Doublet | None:
    """The experiment at rest; None if no pulse makes the neuron spike."""
    field = ground.field
    if field.neuron.threshold is None:
        return None
    p = field.at(**{ground.input: ground.base})
    push = field.by_parameter(ground.state, ground.input, p)
    single = _single(ground, p, push)
    if single is None:
        return None
    intervals = _intervals(ground, eigenvalues)
    first = trajectories(
        field, ground.state + _FIRST * single * push, p, duration=intervals[-1], sample=intervals, rtol=1e-8
    )
    assert first.states is not None
    needed = _needed(ground, p, push * single, first.states[0].T)
    return _judged(intervals, needed)


def _fires(ground: Ground, p: Array, starts: Array) -> NDArray[np.bool_]:
    run = trajectories(ground.field, starts, p, duration=_WAIT * ground.slowest, stop_after=1, rtol=_RTOL, most=_MOST)
    return np.array([len(times) > 0 for times in run.spikes])


def _single(ground: Ground, p: Array, push: Array) -> float | None:
    """The weakest single pulse (input times ms) that makes a spike."""
    natural = ground.scale * ground.slowest
    low, grid = 0.0, natural * 10.0 ** np.arange(-5.0, 2.0, 0.1)
    for _ in range(6):
        hits = _fires(ground, p, ground.state + grid[:, None] * push)
        if not hits.any():
            return None
        at = int(np.argmax(hits))
        low, high = (grid[at - 1] if at else low), grid[at]
        grid = np.linspace(low, high, _INNER + 2)[1:]
    return float(high)


def _intervals(ground: Ground, eigenvalues: NDArray[np.complex128]) -> Array:
    """Two and a half turns of a focus that is not overdamped, or some time constants."""
    turning = eigenvalues[np.abs(eigenvalues.imag) > 1e-9]
    if turning.size:
        slow = turning[np.argmax(turning.real)]
        turn = 2.0 * np.pi / abs(slow.imag)
        if turn < 30.0 * ground.slowest:
            return np.linspace(0.0, 2.5 * turn, _INTERVALS)
    return np.linspace(0.0, 5.0 * ground.slowest, _INTERVALS)


def _needed(ground: Ground, p: Array, unit: Array, states: Array) -> Array:
    """The second pulse, by section: all intervals and several strengths at once."""
    count = len(states)
    low, high = np.zeros(count), np.full(count, _LARGEST)
    for _ in range(_SECTIONS):
        inner = np.linspace(low, high, _PARTS + 2, axis=1)
        starts = states[:, None, :] + inner[:, 1:-1, None] * unit
        hits = _fires(ground, p, starts.reshape(-1, unit.size)).reshape(count, _PARTS)
        at = np.where(hits.any(axis=1), np.argmax(hits, axis=1), _PARTS) + 1
        rows = np.arange(count)
        low, high = inner[rows, at - 1], inner[rows, at]
    return 0.5 * (low + high)


def _judged(intervals: Array, needed: Array) -> Doublet:
    harder = np.nonzero(needed > 1.0 + _CLEAR)[0]
    if harder.size:
        late = np.arange(intervals.size) > harder[0]
        if late.any() and needed[late].min() < 1.0 - _CLEAR:
            best = int(np.argmin(np.where(late, needed, np.inf)))
            hardest = harder[0] + int(np.argmax(needed[harder[0] : best]))
            capped = needed[hardest] > _LARGEST - _CLEAR  # no stronger one was tried
            excess = "more than 100" if capped else f"{100 * (needed[hardest] - 1):.2g}"
            return Doublet(
                intervals, needed, float(intervals[best]),
                f"two pulses {intervals[best]:.3g} ms apart help each other (the second may be "
                f"{100 * (1 - needed[best]):.2g} % weaker), {intervals[hardest]:.3g} ms apart they hinder each other "
                f"({excess} % stronger): a resonator",
            )  # fmt: skip
        return Doublet(
            intervals, needed, None,
            f"a pulse hinders another {intervals[harder[0]]:.3g} ms later, but no later interval is preferred: the "
            "sooner the second comes, the better, as for an integrator",
        )  # fmt: skip
    return Doublet(intervals, needed, None, "the sooner the second of two pulses comes, the better: an integrator")
