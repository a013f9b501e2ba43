"""What every worker shares: the networks' numbers, the command line, the measures, and the one JSON line.

A worker runs in a process of its own, so that its peak memory and its processor time are its own. This file needs numpy
only, because it is imported by the peers' environment too.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Brunel:
    """Model A of Brunel (2000); times in ms, voltages in mV, rates in Hz."""

    g: float = 5.0
    eta: float = 2.0
    n_e: int = 10_000
    n_i: int = 2_500
    c_e: int = 1_000
    c_i: int = 250
    j: float = 0.1
    tau: float = 20.0
    theta: float = 20.0
    v_reset: float = 10.0
    t_ref: float = 2.0
    delay: float = 1.5
    dt: float = 0.1
    # with --random-weights: standard deviation of a weight as a fraction of its mean, and the range of the delays
    weight_spread: float = 0.1
    delay_low: float = 0.5
    delay_high: float = 2.5

    @property
    def rate_external(self) -> float:
        """Rate of one of the C_E external sources: eta times the rate that alone brings a neuron to threshold."""
        return 1e3 * self.eta * self.theta / (self.j * self.c_e * self.tau)

    @property
    def synapses(self) -> int:
        return (self.n_e + self.n_i) * (self.c_e + self.c_i)


def arguments(description: str) -> argparse.Namespace:
    """The command line of a worker."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--duration", type=float, default=1000.0, help="measured time, ms of biology")
    parser.add_argument("--transient", type=float, default=100.0, help="time before the measurement, ms of biology")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="fraction of the neurons, for the microcircuit")
    parser.add_argument("--g", type=float, default=5.0)
    parser.add_argument("--eta", type=float, default=2.0)
    parser.add_argument(
        "--random-weights", action="store_true", help="a weight and a delay of its own for each synapse"
    )
    parser.add_argument("--precision", choices=["float64", "float32"], default="float64")
    return parser.parse_args()


def spike_statistics(neuron: np.ndarray, time_ms: np.ndarray, size: int, start: float, stop: float) -> dict[str, float]:
    """Mean rate (Hz), and the coefficient of variation of the intervals within [start, stop), averaged over neurons."""
    inside = (time_ms >= start) & (time_ms < stop)
    neuron, time_ms = neuron[inside], time_ms[inside]
    order = np.lexsort((time_ms, neuron))
    neuron, time_ms = neuron[order], time_ms[order]
    interval = np.diff(time_ms)
    owner, same = neuron[1:], np.diff(neuron) == 0
    interval, owner = interval[same], owner[same]
    count = np.bincount(owner, minlength=size)
    enough = count >= 2
    mean = np.bincount(owner, interval, size)[enough] / count[enough]
    square = np.bincount(owner, interval**2, size)[enough] / count[enough]
    cv = np.sqrt(np.maximum(square - mean**2, 0.0)) / mean
    return {
        "rate_hz": 1e3 * len(neuron) / (size * (stop - start)),
        "cv": float(cv.mean()) if len(cv) else float("nan"),
    }


def peak_memory_mb() -> float:
    """Largest resident size of this process so far.

    Linux keeps it under VmHWM; ``ru_maxrss`` would also count what the parent had held before it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def timed(action: Callable[[], object]) -> tuple[object, float, float]:
    """The result of ``action`` with its wall and processor seconds (all threads)."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = action()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def report(**values: object) -> None:
    """The worker's last line."""
    print(json.dumps(values), flush=True)
