"""A trace to be measured: times in ms and a voltage, from numbers, from a recording, or from orbits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.units import TIME, VOLTAGE, internal

Array = NDArray[np.float64]


def numbers_of(times: Any, v: Any, unit: str) -> tuple[Array, Array, str]:
    """Checked arrays; quantities become ms and mV."""
    try:
        if hasattr(times, "dimension"):
            times = internal(times, TIME, "times")
        if hasattr(v, "dimension"):
            v, unit = internal(v, VOLTAGE, "v"), "mV"
        times, v = np.array(times, dtype=float), np.array(v, dtype=float)
    except (TypeError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError("times and v have to be rows of numbers: times in ms and a voltage for each") from None
    if times.ndim != 1 or times.shape != v.shape or len(times) < 5:
        raise ModelError(
            f"times and v have to be rows of equal length with at least 5 numbers, but their shapes are "
            f"{times.shape} and {v.shape}"
        )
    if not (np.all(np.isfinite(times)) and np.all(np.isfinite(v))):
        raise ModelError("times and v have to be finite; cut the trace where it is not")
    if np.any(np.diff(times) <= 0.0):
        raise ModelError("times have to rise from sample to sample, in ms")
    return times, v, unit


def from_result(source: Any, variable: str | int | None, cell: int) -> tuple[Array, Array, str]:
    """The trace of a recording, or of orbits."""
    if hasattr(source, "traces"):
        population, names = _recorded(source)
        name = variable if isinstance(variable, str) else _voltage(names)
        if name not in names:
            raise ModelError(f"the recording has no trace '{name}'; it has: {', '.join(names)}")
        trace = np.asarray(names[name], dtype=float)
        if not 0 <= cell < trace.shape[1]:
            raise ModelError(
                f"the recording has {trace.shape[1]} traces of '{name}', so there is none with number {cell}"
            )
        return numbers_of(np.asarray(source.times)[: len(trace)], trace[:, cell], source.units[population][name])
    if getattr(source, "states", None) is not None and hasattr(source, "sample"):
        row = variable if isinstance(variable, int) else 0
        return numbers_of(source.sample, source.states[cell, row], "mV")
    raise ModelError(
        "an action potential is measured on times with a voltage, action_potential(times, v), on a recording with "
        "traces, on orbits with samples, or in a neuron"
    )


def _recorded(recording: Any) -> tuple[str, Mapping[str, Any]]:
    traced = {name: traces for name, traces in recording.traces.items() if traces}
    if len(traced) != 1:
        raise ModelError(
            "the recording has no traces; simulate with record='v'" if not traced else
            f"the recording has traces of {', '.join(traced)}; give one as times and v"
        )  # fmt: skip
    return next(iter(traced.items()))


def _voltage(names: Mapping[str, Any]) -> str:
    return next((name for name in names if name.lower() == "v"), next(iter(names)))
