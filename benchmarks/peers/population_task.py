"""What both workers of the population benchmark compute: the cortical microcircuit and arrays of leaky neurons.

Numbers of Potjans & Diesmann (2014), Cereb. Cortex 24:785, tables 4 and 5, with the two changes of Bos et al. (2016),
PLoS Comput. Biol. 12:e1005132; SI units.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

TASKS = ("working point", "transfer function", "easy points", "wide points", "sensitivity")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
PROBABILITIES = np.array([
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
])  # fmt: skip
EXTERNAL = np.array([1600, 1500, 1780, 1900, 2000, 1900, 2900, 2100])
BACKGROUND, TAU_M, TAU_S, T_REF, CAPACITANCE = 8.0, 10e-3, 0.5e-3, 2e-3, 250e-12
V_TH, V_RESET = 15e-3, 0.0
CURRENT = 87.8e-12  # A; its charge over the capacitance is the weight in V
RELATIVE_INHIBITION, DELAYS = 4.0, (1.5e-3, 0.75e-3)
POINTS = 100_000


def in_degrees() -> np.ndarray:
    """Synapses a neuron, (targets, sources), with 675 from 4I to 4E."""
    pairs = np.outer(SIZES, SIZES)
    number = np.round(np.log(1.0 - PROBABILITIES) / np.log(1.0 - 1.0 / pairs))
    found = number / SIZES[:, None]
    found[2, 3] = 675.0
    return found


def weights() -> np.ndarray:
    """Synaptic weights, V, (targets, sources)."""
    weight = CURRENT * TAU_S / CAPACITANCE
    found = np.tile([weight, -RELATIVE_INHIBITION * weight], (8, 4))
    found[0, 2] *= 2.0
    return found


def points(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and strength of the noise (V) of many neurons: ``easy`` as in a network, ``wide`` far from it."""
    random = np.random.default_rng(1)
    if kind == "easy points":
        return random.uniform(5e-3, 25e-3, POINTS), random.uniform(2e-3, 8e-3, POINTS)
    return random.uniform(-0.1, 0.1, POINTS), 10.0 ** random.uniform(-4.0, -1.0, POINTS)


def arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--frequencies", type=int, default=100)
    parser.add_argument("--again", type=int, default=3)
    return parser.parse_args()


def frequencies(count: int) -> np.ndarray:
    """Hz."""
    return np.geomspace(0.1, 1000.0, count)


def report(engine: str, task: Callable[[], Any], again: int, **more: Any) -> None:
    """Time a first call and the median of others; print one line of JSON with a number that tells results apart."""
    start = time.perf_counter()
    try:
        value = task()
        failure = None
    except Exception as reason:  # a peer that gives up on an element fails as a whole: that is its result
        value, failure = np.nan, f"{type(reason).__name__}: {reason}"[:80]
    first = time.perf_counter() - start
    seconds = []
    for _ in range(0 if failure else again):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "engine": engine, "first_s": first, "again_s": float(np.median(seconds)) if seconds else None,
        "check": None if failure else float(np.nanmean(np.abs(value))), "failure": failure or "", **more,
    }))  # fmt: skip
