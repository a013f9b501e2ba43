"""A condition of the theory held against a network: numbers, the limit they are held to, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: Conditions whose values are to be larger than the limit, or more negative; the others have to be smaller.
LOWER_BOUNDS = ("distance to instability", "jumps in tau_m")
SILENT = 1e-3  # Hz: a rate that is told as zero


@dataclass(frozen=True)
class Criterion:
    """One row of a validity report.

    Attributes
    ----------
    name : str
        What is looked at.
    values : mapping
        A number for each population (or projection, as 'E to I'); empty where there is nothing to look at.
    unit : str
    limit : float or None
        What the values are held to; None for a row that only informs, or, without values, for what is not known.
    kept : bool
        Whether all of them keep it.
    errors : mapping
        Where theory gives an error, it, computed, in per cent of
    error_of : str
        what it says.
    verdict : str
        A sentence.
    """

    name: str
    values: Mapping[str, float]
    unit: str
    limit: float | None
    kept: bool
    verdict: str
    errors: Mapping[str, float] = field(default_factory=dict)
    error_of: str = ""

    @property
    def used(self) -> dict[str, float]:
        """The part of what is allowed that each value takes: 1 at the limit, inf where nothing would be enough."""
        if self.limit is None:
            return {}
        if self.name not in LOWER_BOUNDS:
            return {name: abs(value / self.limit) for name, value in self.values.items()}
        return {name: self.limit / value if self.limit * value > 0.0 else np.inf for name, value in self.values.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, ready for JSON; null for what is not finite."""
        return {
            "criterion": self.name,
            "unit": self.unit,
            "values": {name: plain(value) for name, value in self.values.items()},
            "limit": self.limit,
            "kept": self.kept,
            "errors_percent": {name: plain(value) for name, value in self.errors.items()},
            "error_of": self.error_of,
            "verdict": self.verdict,
        }

    @property
    def line(self) -> str:
        """For a table: name, values, limit, errors."""
        limit = "" if self.limit is None else f"{self.limit:.3g}{self.unit}"
        errors = listed(self.errors, " %", signed=not self.error_of.startswith("shared")) if self.errors else ""
        unknown = self.limit is None and not self.values
        mark = "-" if unknown else "kept" if self.kept else "BROKEN"
        found = self.verdict if unknown else listed(self.values, self.unit) if self.values else "-"
        return f"{self.name:<26} {mark:<7} {limit:>9}  {found}" + (f"; {self.error_of}: {errors}" if errors else "")


def plain(value: float) -> float | None:
    """A float that JSON has; None for the others."""
    return float(value) if np.isfinite(value) else None


def listed(values: Mapping[str, float], unit: str = "", *, signed: bool = False) -> str:
    """Numbers and what they belong to: one for all if they agree, each if they are few, else the range."""
    numbers = {name: f"{value:{'+' if signed else ''}.3g}{unit}" for name, value in values.items()}
    if len(set(numbers.values())) == 1:
        return f"{next(iter(numbers.values()))} ({', '.join(numbers)})"
    if len(numbers) <= 3:
        return ", ".join(f"{number} ({name})" for name, number in numbers.items())
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    return f"between {numbers[low]} ({low}) and {numbers[high]} ({high})"
