"""Brunel (2000), model A, in Brian2 (C++ standalone)."""

from __future__ import annotations

import brian2
import brian2_standalone as standalone
import numpy as np
from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, ms, mV
from common import Brunel, arguments, report, spike_statistics


def connect(network: Brunel, source, target, indegree: int, weight: float, random: bool):
    """Fixed in-degree; one weight and delay for all synapses, or a draw for each."""
    if random:
        synapses = Synapses(source, target, "w : volt", on_pre="v += w")
    else:
        synapses = Synapses(source, target, on_pre=f"v += {weight}*mV", delay=network.delay * ms)
    synapses.connect(i=f"k for k in sample(N_pre, size={indegree})")
    if random:
        synapses.w = f"({weight} + {abs(weight) * network.weight_spread}*randn())*mV"
        synapses.delay = f"({network.delay_low} + {network.delay_high - network.delay_low}*rand())*ms"
    return synapses


def build(network: Brunel, random_weights: bool) -> tuple[brian2.Network, SpikeMonitor]:
    """The network and its recorder."""
    brian2.defaultclock.dt = network.dt * ms
    tau, theta, v_reset = network.tau * ms, network.theta * mV, network.v_reset * mV
    neurons = NeuronGroup(
        network.n_e + network.n_i,
        "dv/dt = -v/tau : volt (unless refractory)",
        threshold="v > theta",
        reset="v = v_reset",
        refractory=network.t_ref * ms,
        method="exact",
        namespace={"tau": tau, "theta": theta, "v_reset": v_reset},
    )
    neurons.v = f"({network.v_reset} + {network.theta - network.v_reset}*rand())*mV"
    noise = PoissonInput(neurons, "v", network.c_e, network.rate_external * Hz, network.j * mV)
    excitatory, inhibitory = neurons[: network.n_e], neurons[network.n_e :]
    synapses = [
        connect(network, excitatory, neurons, network.c_e, network.j, random_weights),
        connect(network, inhibitory, neurons, network.c_i, -network.g * network.j, random_weights),
    ]
    recorder = SpikeMonitor(neurons)
    return brian2.Network(neurons, noise, synapses, recorder), recorder


def main() -> None:
    options = arguments(__doc__)
    network = Brunel(g=options.g, eta=options.eta)
    folder = standalone.prepare(options.threads, options.seed)
    standalone.mark("start")
    model, recorder = build(network, options.random_weights)
    standalone.mark("built")
    model.run(options.transient * ms)
    standalone.mark("warm")
    model.run(options.duration * ms)
    standalone.mark("end")
    compile_s, marks = standalone.compile_and_run(folder)
    stop = options.transient + options.duration
    spikes = spike_statistics(
        np.asarray(recorder.i), np.asarray(recorder.t / ms), network.n_e + network.n_i, options.transient, stop
    )
    report(
        engine=f"Brian2 {brian2.__version__} C++", compile_s=compile_s, duration_ms=options.duration,
        threads=options.threads, **standalone.phases(marks), **spikes,
    )  # fmt: skip
    standalone.clean(folder)


if __name__ == "__main__":
    main()
