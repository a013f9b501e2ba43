"""COBAHH (benchmark 3 of Brette et al. 2007) in Brian2 (C++ standalone)."""

from __future__ import annotations

import brian2
import brian2_standalone as standalone
import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, Synapses, ms
from cobahh import CELL, CONSTANTS, N_E, START, N, P
from common import arguments, report, spike_statistics


def build(precision: str) -> tuple[brian2.Network, SpikeMonitor]:
    """The network and its recorder."""
    brian2.prefs.core.default_float_dtype = np.dtype(precision).type
    brian2.defaultclock.dt = 0.1 * ms
    units = {name: getattr(brian2, name) for name in ("mV", "nS", "pF", "ms")}
    constants = {name: value * units[unit] for name, (value, unit) in CONSTANTS.items()}
    cells = NeuronGroup(
        N, CELL, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", namespace=constants
    )
    for name, text in START.items():
        setattr(cells, name, text)
    excitatory = Synapses(cells[:N_E], cells, on_pre="ge += 6*nS")
    inhibitory = Synapses(cells[N_E:], cells, on_pre="gi += 67*nS")
    for synapses in (excitatory, inhibitory):
        synapses.connect(p=P)
        synapses.delay = 0.1 * ms
    recorder = SpikeMonitor(cells)
    return brian2.Network(cells, excitatory, inhibitory, recorder), recorder


def main() -> None:
    options = arguments(__doc__)
    folder = standalone.prepare(options.threads, options.seed)
    standalone.mark("start")
    model, recorder = build(options.precision)
    standalone.mark("built")
    model.run(options.transient * ms)
    standalone.mark("warm")
    model.run(options.duration * ms)
    standalone.mark("end")
    compile_s, marks = standalone.compile_and_run(folder)
    stop = options.transient + options.duration
    spikes = spike_statistics(np.asarray(recorder.i), np.asarray(recorder.t / ms), N, options.transient, stop)
    report(
        engine=f"Brian2 {brian2.__version__} C++ {options.precision}", compile_s=compile_s,
        duration_ms=options.duration, threads=options.threads, **standalone.phases(marks), **spikes,
    )  # fmt: skip
    standalone.clean(folder)


if __name__ == "__main__":
    main()
