"""The f-I curve of Hodgkin and Huxley's neuron in Brian2: RK4 with a step of 0.05 ms, Cython or a C++ program."""

from __future__ import annotations

import statistics
import time

from fi_task import CURRENTS, DURATION_MS, EQUATIONS, REST, STEP_MS, arguments, error_of, late_rate

options = arguments(__doc__ or "")

import brian2  # noqa: E402
import brian2_standalone as standalone  # noqa: E402
import numpy as np  # noqa: E402
from brian2 import NeuronGroup, SpikeMonitor, ms  # noqa: E402
from common import report  # noqa: E402


def build() -> tuple[brian2.Network, SpikeMonitor]:
    """200 neurons that differ in their current."""
    brian2.defaultclock.dt = STEP_MS * ms
    cells = NeuronGroup(len(CURRENTS), EQUATIONS, threshold="v > 0", refractory="v > 0", method="rk4")
    cells.I = CURRENTS
    for name, value in REST.items():
        setattr(cells, name, value)
    recorder = SpikeMonitor(cells)
    return brian2.Network(cells, recorder), recorder


def in_cython() -> tuple[float, float, float, SpikeMonitor]:
    """Seconds until the first step has run, wall and processor seconds of the rest (medians), and the spikes."""
    brian2.prefs.codegen.target = "cython"
    start = time.perf_counter()
    seconds, cpu = [], []
    for _ in range(max(1, options.again)):
        model, recorder = build()
        model.run(STEP_MS * ms)
        if not seconds:
            prepared = time.perf_counter() - start
        start, busy = time.perf_counter(), time.process_time()
        model.run((DURATION_MS - STEP_MS) * ms)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - busy)
    return prepared, statistics.median(seconds), statistics.median(cpu), recorder


def as_program() -> tuple[float, float, float, SpikeMonitor]:
    """Seconds of writing and compiling the program, wall and processor seconds of its run, and the spikes."""
    folder = standalone.prepare(options.threads, 1)
    standalone.mark("start")
    model, recorder = build()
    standalone.mark("built")
    model.run(STEP_MS * ms)
    standalone.mark("warm")
    model.run((DURATION_MS - STEP_MS) * ms)
    standalone.mark("end")
    compiled, marks = standalone.compile_and_run(folder)
    phases = standalone.phases(marks)
    return compiled, phases["wall_s"], phases["cpu_s"], recorder


def main() -> None:
    prepared, seconds, cpu, recorder = in_cython() if options.target == "cython" else as_program()
    rates = late_rate(np.asarray(recorder.i), np.asarray(recorder.t / ms))
    report(
        engine=f"Brian2 {brian2.__version__} {options.target} RK4", prepare_s=prepared, again_s=seconds, cpu_s=cpu,
        spikes=len(recorder.i), error=error_of(CURRENTS, rates), threads=options.threads,
    )  # fmt: skip


if __name__ == "__main__":
    main()
