"""What a check of a neuron's dynamics found: predictions of the equations beside what the simulation does."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.jsonfile import json_text


@dataclass(frozen=True)
class Trial:
    """One prediction and its measurement.

    Attributes
    ----------
    what
        What is predicted, in words.
    predicted, simulated
        The two numbers; None where there is nothing, such as no current at which it stops.
    unit
        Of both.
    allowed
        The largest distance that the two methods leave open: the grid of inputs tried, the time simulated, the step.
    how
        How it was tried, and where ``allowed`` comes from.
    """

    what: str
    predicted: float | None
    simulated: float | None
    unit: str
    allowed: float
    how: str

    @property
    def difference(self) -> float:
        """Simulated less predicted; 0 where both are nothing, nan where one is."""
        if self.predicted is None and self.simulated is None:
            return 0.0
        if self.predicted is None or self.simulated is None:
            return math.nan
        return self.simulated - self.predicted

    @property
    def agrees(self) -> bool:
        """Whether the difference is no more than `allowed`."""
        return abs(self.difference) <= self.allowed


@dataclass(frozen=True)
class Staircase:
    """Rates (Hz) on inputs that rise step by step and fall again, the state carried along; inputs in shown units."""

    values: NDArray[np.float64]
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    hold_ms: float


@dataclass(frozen=True, eq=False)
class DynamicsCheck:
    """Predictions against simulation, for one neuron.

    Attributes
    ----------
    model, parameter, unit
        The neuron, its input, and the unit of that.
    trials
        One `Trial` for each prediction.
    staircase
        Rates on a slow staircase up and down, to be seen beside the predicted edges; None if it never fires.
    edges
        Where firing is predicted to begin on the way up and to end on the way down.
    dt_ms
        Time step of the simulations.
    """

    model: str
    parameter: str
    unit: str
    trials: tuple[Trial, ...]
    staircase: Staircase | None = field(repr=False)
    edges: tuple[float | None, float | None]
    dt_ms: float

    @property
    def agrees(self) -> bool:
        """Whether every trial does."""
        return all(trial.agrees for trial in self.trials)

    def table(self) -> str:
        """Prediction beside measurement, a line each."""
        head = ("prediction", "predicted", "simulated", "difference", "allowed", "")
        rows = [head, *(_cells(trial) for trial in self.trials)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
            ).rstrip()
            for row in rows
        ]
        lines.insert(1, "-" * max(map(len, lines)))
        return "\n".join(lines)

    def summary(self) -> str:
        """Heading, table, and how each number was measured."""
        good = sum(trial.agrees for trial in self.trials)
        head = f"{self.model}: {good} of {len(self.trials)} predictions hold in the simulation (dt {self.dt_ms:g} ms)"
        notes = [fill(f"{t.what}: {t.how}", 110, initial_indent="- ", subsequent_indent="  ") for t in self.trials]
        return "\n".join([head, "", self.table(), "", *notes])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON."""
        return {
            "model": self.model,
            "agrees": self.agrees,
            "dt_ms": self.dt_ms,
            "trials": [
                {
                    "what": trial.what,
                    "predicted": trial.predicted,
                    "simulated": trial.simulated,
                    "unit": trial.unit,
                    "allowed": trial.allowed if math.isfinite(trial.allowed) else None,
                    "agrees": trial.agrees,
                    "how": trial.how,
                }
                for trial in self.trials
            ],
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """The numbers as JSON, written to ``path`` if one is given."""
        return json_text(self.to_dict(), path)

    def plot(self, ax: Any = None) -> Any:
        """The staircase up and down, with the predicted edges."""
        from rheobase.plot.trial import staircase

        return staircase(self, ax)


def _cells(trial: Trial) -> tuple[str, ...]:
    difference = "-" if math.isnan(trial.difference) else f"{trial.difference:+.2g}"
    return (
        trial.what,
        _number(trial.predicted, trial.unit),
        _number(trial.simulated, trial.unit),
        difference,
        f"{trial.allowed:.2g}",
        "agrees" if trial.agrees else "DIFFERS",
    )


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    return f"{value:.6g}" + ("" if unit == "1" else f" {unit}")
