"""Integrator or resonator? Asked in three ways: eigenvalues at rest, impedance, and the doublet experiment."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.firing.coincidence import Doublet, doublet
from rheobase.dynamics.firing.rheobase_current import Ground

#: Imaginary parts that count as none, relative to the eigenvalue.
_REAL = 1e-9
#: A focus of which less than this is left after a turn overshoots by less than 3 % (the root: half a turn), too little
#: to say by itself that it resonates: the impedance decides.
_VISIBLE = 1e-3


@dataclass(frozen=True, eq=False)
class Resonance:
    """Three answers to one question.

    Attributes
    ----------
    by_eigenvalues, by_impedance, by_doublet
        Whether the neuron is a resonator by each; None if that could not be tried.
    eigenfrequency_hz
        Of the focus at rest, None for a node.
    resonance_hz, Q
        Of the impedance; None and 1 for a low-pass.
    best_interval_ms
        Of the doublet; None for an integrator.
    sentences
        What each says.
    """

    by_eigenvalues: bool
    by_impedance: bool | None
    by_doublet: bool | None
    eigenfrequency_hz: float | None
    resonance_hz: float | None
    Q: float
    best_interval_ms: float | None
    sentences: tuple[str, ...]
    doublet: Doublet | None = part(default=None, repr=False)
    impedance: Any = part(default=None, repr=False)

    @property
    def is_resonator(self) -> bool:
        """What most of the answers say; with a tie, what the impedance says."""
        votes = [self.by_eigenvalues, self.by_impedance, self.by_doublet]
        told = [vote for vote in votes if vote is not None]
        if 2 * sum(told) == len(told) and self.by_impedance is not None:
            return self.by_impedance
        return 2 * sum(told) > len(told)

    @property
    def agree(self) -> bool:
        """Whether all answers are the same."""
        return (
            len({vote for vote in (self.by_eigenvalues, self.by_impedance, self.by_doublet) if vote is not None}) == 1
        )

    def to_dict(self) -> dict[str, Any]:
        """Numbers and texts, for JSON."""
        return {
            "resonator": self.is_resonator, "agree": self.agree, "by_eigenvalues": self.by_eigenvalues,
            "by_impedance": self.by_impedance, "by_doublet": self.by_doublet,
            "eigenfrequency_hz": self.eigenfrequency_hz, "resonance_hz": self.resonance_hz, "Q": self.Q,
            "best_interval_ms": self.best_interval_ms, "evidence": list(self.sentences),
        }  # fmt: skip


def resonance(ground: Ground) -> Resonance:
    """All three at the rest of a neuron."""
    eigenvalues = ground.eigenvalues
    found = _impedance(ground)
    turns, own, said = _turning(eigenvalues, found is not None and bool(found.is_resonator))
    sentences = [said]
    sentences.append(found.sentence if found is not None else "the impedance could not be found")
    pulses = doublet(ground, eigenvalues)
    sentences.append(
        pulses.sentence if pulses is not None else "no pulse makes it spike, so there is no doublet experiment"
    )
    return Resonance(
        by_eigenvalues=turns,
        by_impedance=None if found is None else bool(found.is_resonator),
        by_doublet=None if pulses is None else pulses.is_resonator,
        eigenfrequency_hz=own,
        resonance_hz=None if found is None else found.resonance_hz,
        Q=1.0 if found is None else float(found.Q),
        best_interval_ms=None if pulses is None else pulses.best_ms,
        sentences=tuple(sentences),
        doublet=pulses,
        impedance=found,
    )


def _turning(eigenvalues: NDArray[np.complex128], resonates: bool) -> tuple[bool, float | None, str]:
    """Whether the slowest mode of the rest, or a pair almost as slow, is an oscillation that can be seen."""
    slowest = -eigenvalues.real.max()
    pairs = eigenvalues[eigenvalues.imag > _REAL * np.abs(eigenvalues)]
    if not pairs.size:
        return False, None, f"all eigenvalues at rest are real (slowest {-1e3 * slowest:.4g}/s): a node, an integrator"
    pair = pairs[np.argmax(pairs.real)]
    frequency = 1e3 * pair.imag / (2.0 * np.pi)
    lost = np.exp(2.0 * np.pi * pair.real / pair.imag)
    left = f"after a turn {100 * lost:.2g} % of the amplitude are left"
    if lost < _VISIBLE and not resonates:
        said = f"the rest is a focus that turns at {frequency:.4g} Hz, but {left}: too little to be seen, an integrator"
        return False, float(frequency), said
    return True, float(frequency), f"the rest is a focus that turns at {frequency:.4g} Hz ({left}): a resonator"


def _impedance(ground: Ground) -> Any:
    from rheobase.dynamics.response.impedance import impedance
    from rheobase.errors import ModelError

    field = ground.field
    near = {state: field.shown(state, float(value)) for state, value in zip(field.states, ground.state, strict=True)}
    try:
        return impedance(field.with_values(**{ground.input: ground.base}), input=ground.input, near=near)
    except ModelError:
        return None
