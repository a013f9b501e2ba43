"""Brunel (2000), model A, in NEST."""

from __future__ import annotations

import nest
from common import Brunel, arguments, peak_memory_mb, report, spike_statistics, timed


def build(network: Brunel, threads: int, seed: int, random_weights: bool):
    """Neurons, external input, synapses and recorder; returns the recorder."""
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": network.dt, "local_num_threads": threads, "rng_seed": seed})
    neuron = {
        "C_m": 1.0, "tau_m": network.tau, "E_L": 0.0, "V_th": network.theta,
        "V_reset": network.v_reset, "t_ref": network.t_ref, "I_e": 0.0,
    }  # fmt: skip
    start = nest.random.uniform(network.v_reset, network.theta)
    excitatory = nest.Create("iaf_psc_delta", network.n_e, {**neuron, "V_m": start})
    inhibitory = nest.Create("iaf_psc_delta", network.n_i, {**neuron, "V_m": start})
    everyone = excitatory + inhibitory
    # the generator sends every target a spike train of its own: the sum of the target's C_E external sources
    noise = nest.Create("poisson_generator", {"rate": network.c_e * network.rate_external})
    nest.Connect(noise, everyone, syn_spec={"weight": network.j, "delay": network.dt})
    recorder = nest.Create("spike_recorder")
    nest.Connect(everyone, recorder)
    for source, indegree, weight in (
        (excitatory, network.c_e, network.j),
        (inhibitory, network.c_i, -network.g * network.j),
    ):
        rule = {"rule": "fixed_indegree", "indegree": indegree}
        nest.Connect(source, everyone, rule, synapse(network, weight, random_weights))
    return recorder


def synapse(network: Brunel, weight: float, random: bool) -> dict[str, object]:
    """One weight and delay for all synapses, or a draw for each."""
    if not random:
        return {"weight": weight, "delay": network.delay}
    return {
        "weight": nest.random.normal(weight, abs(weight) * network.weight_spread),
        "delay": nest.random.uniform(network.delay_low, network.delay_high),
    }


def main() -> None:
    options = arguments(__doc__)
    network = Brunel(g=options.g, eta=options.eta)
    recorder, build_wall, _ = timed(lambda: build(network, options.threads, options.seed, options.random_weights))
    _, first_wall, _ = timed(lambda: nest.Simulate(options.transient))
    _, wall, cpu = timed(lambda: nest.Simulate(options.duration))
    events = recorder.events
    stop = options.transient + options.duration
    spikes = spike_statistics(
        events["senders"] - 1, events["times"], network.n_e + network.n_i, options.transient, stop
    )
    report(
        engine=f"NEST {nest.__version__}", build_s=build_wall, compile_s=0.0, first_run_s=first_wall, wall_s=wall,
        cpu_s=cpu, memory_mb=peak_memory_mb(), duration_ms=options.duration, threads=options.threads, **spikes,
    )  # fmt: skip


if __name__ == "__main__":
    main()
