"""Rheobase, measured as its peers are: the time between the end of the transient and the end of the run.

`simulate` builds and runs in one call, so the network is run twice with one seed, to the end of the transient and to
the end: the two runs are the same up to there, and the difference of their times is that of the measured stretch.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from common import peak_memory_mb, report, spike_statistics, timed

import rheobase
from rheobase import ms


def measure(network: Any, options: argparse.Namespace, **extra: Any) -> None:
    """Run a network and print the worker's line.

    Parameters
    ----------
    network
        What `rheobase.simulate` takes.
    options
        The worker's command line.
    **extra
        More values for the line.
    """

    def run(duration: float) -> tuple[Any, float, float]:
        return timed(lambda: rheobase.simulate(network, duration * ms, seed=options.seed, threads=options.threads,
                                               precision=options.precision))  # fmt: skip

    stop = options.transient + options.duration
    first, _, first_cpu = run(options.transient)  # compiles, or loads what was compiled before
    recording, _, cpu = run(stop)
    warm, _, warm_cpu = run(options.transient)
    offsets = np.concatenate([[0], np.cumsum(recording.sizes)])[:-1]
    spikes = recording.spikes
    neuron = spikes.neuron + offsets[spikes.population]
    report(
        engine=f"Rheobase {rheobase.__version__} {options.precision}", build_s=recording.build,
        compile_s=max(0.0, first.build - warm.build), first_run_s=warm.wall, wall_s=recording.wall - warm.wall,
        cpu_s=cpu - warm_cpu, memory_mb=peak_memory_mb(), duration_ms=options.duration, threads=options.threads,
        synapses=recording.synapses, synapse_bytes=recording.memory / max(1, recording.synapses), first_cpu_s=first_cpu,
        **spike_statistics(neuron, spikes.time, sum(recording.sizes), options.transient, stop), **extra,
    )  # fmt: skip
