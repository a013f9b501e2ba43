"""From measurements to the name of a firing pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.orbits.protocol import Protocol
from rheobase.dynamics.patterns.pulse_names import pulse_name, waves
from rheobase.dynamics.patterns.spike_features import TREND, SpikeFeatures

Vector = NDArray[np.float64]

_STEADY = {
    "tonic": "tonic spiking",
    "adapting": "spike-frequency adaptation",
    "accelerating": "accelerating spiking",
    "bursting": "tonic bursting",
    "irregular": "irregular spiking",
}


@dataclass(frozen=True)
class Name:
    """A label, its two parts, and the evidence."""

    label: str
    onset: str
    steady: str
    sentence: str


def named(features: SpikeFeatures, course: Protocol, spikes: Vector, long_run: str) -> Name:
    """The name of a response: by onset and steady state after a step, by when the spikes come for other inputs."""
    if not features.count:
        return _of(features, *_quiet(features))
    if course.is_step:
        return _to_step(features, course, long_run)
    return _of(features, *pulse_name(features, course, spikes))


def _to_step(f: SpikeFeatures, course: Protocol, long_run: str) -> Name:
    below = course.values[-1] < course.base
    if f.ended:
        kind = "spiking" if f.count == 1 else "bursting"
        label = f"{'rebound' if below else 'phasic'} {kind}"
        count = "one spike" if f.count == 1 else f"{f.count} spikes"
        return _of(f, label, f"{count} at the onset, then none although the input goes on")
    steady = steady_state(f)
    onset = "delayed" if f.delayed else "initial burst" if f.initial_burst and steady != "bursting" else "tonic"
    label = _STEADY[steady]
    if onset == "delayed":
        label = f"delayed {label}"
    elif onset == "initial burst":
        label = f"initial burst, then {label}"
    if below:
        label = f"inhibition-induced {label}"
    return Name(label, onset, steady, f"{label}: {_evidence(f, onset, steady, long_run)}")


def steady_state(f: SpikeFeatures) -> str:
    """What firing that goes on settles to."""
    if f.bursting:
        return "bursting"
    if f.irregular:
        return "irregular"
    return "adapting" if f.trend > 1.0 + TREND else "accelerating" if f.trend < 1.0 / (1.0 + TREND) else "tonic"


def _evidence(f: SpikeFeatures, onset: str, steady: str, long_run: str) -> str:
    parts = []
    if onset == "delayed":
        parts.append(f"the first spike after {f.latency_ms:.3g} ms, {_mean_intervals(f):.2g} mean intervals")
    if onset == "initial burst":
        parts.append(f"{f.initial_burst} spikes close together at the onset")
    match steady:
        case "bursting":
            sizes = " and ".join(str(size) for size in sorted(set(f.bursts)))
            parts.append(f"bursts of {sizes} spikes that recur")
        case "irregular":
            told = f"; in the long run {long_run}" if long_run else ""
            parts.append(f"intervals that vary (CV {f.cv:.2g}) without repeating{told}")
        case "adapting" | "accelerating":
            doing = "grow" if steady == "adapting" else "shrink"
            parts.append(f"intervals {doing} to {f.trend:.3g} of an early one, {f.intervals_ms[-1]:.3g} ms in the end")
        case _:
            last = f"{f.intervals_ms[-1]:.3g} ms" if f.intervals_ms.size else "one spike so far"
            parts.append(f"spikes go on at even intervals ({last})")
    return ", ".join(parts)


def _mean_intervals(f: SpikeFeatures) -> float:
    return float((f.latency_ms or 0.0) / np.mean(f.intervals_ms))


def _quiet(f: SpikeFeatures) -> tuple[str, str]:
    if f.oscillation is None:
        return "no spikes", "the voltage does not oscillate either"
    return "subthreshold oscillations", f"{waves(f)}, and no spikes"


def _of(f: SpikeFeatures, label: str, evidence: str) -> Name:
    onset = "none" if not f.count else "delayed" if label == "spike latency" else "tonic"
    steady = "silent" if f.ended or not f.count else steady_state(f)
    return Name(label, onset, steady, f"{label}: {evidence}")
