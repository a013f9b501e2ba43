"""What the two halves of the engine cost: an update of one neuron for one step, and one synaptic event.

An event's cost is the difference of two runs of the same network, with and without its synapses, over the number of
events; weights are tiny, so that both runs have the same spikes.

    python benchmarks/kernels.py
    python benchmarks/kernels.py --threads 2 --duration 2000
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from pathlib import Path

from harness import Column, Row, machine, table, write_json

from rheobase import (
    FixedIndegree,
    Hz,
    Network,
    Normal,
    PoissonInput,
    Population,
    Projection,
    Uniform,
    library,
    ms,
    mV,
    simulate,
)

DT_MS, NEURONS, IN_DEGREE, RATE_HZ = 0.1, 12_500, 1_250, 40.0
TINY = 1e-9 * mV
UPDATES = (Column("what", "update", "s"), Column("ns", "ns/neuron/step", ".2f"), Column("method", "method", "s"))
EVENTS = (Column("what", "events", "s"), Column("ns", "ns/event", ".2f"), Column("bytes", "bytes/synapse", ".2f"))


def updates(options: argparse.Namespace) -> Iterator[Row]:
    """Neurons without synapses."""
    lif = library.lif(v_th="1000 mV")
    drive = PoissonInput("n", 20 * Hz, TINY, n=1000)
    cases = [
        ("LIF", Network([Population(lif, NEURONS, "n")]), "float64"),
        ("LIF with Poisson input", Network([Population(lif, NEURONS, "n")], inputs=[drive]), "float64"),
    ]
    for name in ("adex", "izhikevich2003", "hodgkin_huxley"):
        network = Network([Population(library.make(name), NEURONS, "n")])
        cases += [(f"{name}, {precision}", network, precision) for precision in ("float64", "float32")]
    for what, network, precision in cases:
        wall, recording = best(network, options, precision)
        method = recording.methods["n"].split(":")[0]
        yield {"what": what, "method": method, "ns": 1e9 * wall * DT_MS / (options.duration * NEURONS)}


def events(options: argparse.Namespace) -> Iterator[Row]:
    """Poisson sources that reach passive neurons."""
    delay = Uniform(0.5 * ms, 2.5 * ms)
    weight = Normal(TINY, 0.1 * TINY)
    for targets in (NEURONS, 8 * NEURONS):
        bare = sources(targets, None)
        without, _ = best(bare, options)
        for what, projection in (
            ("one weight, one delay", connect(TINY, 1.5 * ms)),
            ("own weights, one delay", connect(weight, 1.5 * ms)),
            ("own weights and delays", connect(weight, delay)),
        ):
            wall, recording = best(sources(targets, projection), options)
            number = len(recording.spikes) * recording.synapses / NEURONS
            label = f"{what}, {targets:,} targets"
            yield {"what": label, "ns": 1e9 * (wall - without) / number, "bytes": recording.memory / recording.synapses}


def connect(weight: object, delay: object) -> Projection:
    """The synapses of a case."""
    return Projection("source", "target", FixedIndegree(IN_DEGREE), weight, delay)


def sources(targets: int, projection: Projection | None) -> Network:
    """Poisson sources and passive targets."""
    source = Population(library.poisson(rate=RATE_HZ * Hz), NEURONS, "source")
    target = Population(library.lif(v_th="1000 mV"), targets, "target")
    return Network([source, target], [] if projection is None else [projection])


def best(network: Network, options: argparse.Namespace, precision: str = "float64"):
    """The median wall time over the repeats, after a run that compiles, and the last recording."""
    simulate(network, 10 * ms, seed=1, threads=options.threads, precision=precision)
    runs = [
        simulate(network, options.duration * ms, seed=1, threads=options.threads, precision=precision)
        for _ in range(options.repeats)
    ]
    return statistics.median(run.wall for run in runs), runs[-1]


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--threads", type=int, default=1)
    command.add_argument("--duration", type=float, default=500.0, help="ms of biology")
    command.add_argument("--repeats", type=int, default=3)
    command.add_argument("--json", type=Path)
    options = command.parse_args()
    update_rows, event_rows = list(updates(options)), list(events(options))
    print(f"{options.threads} thread(s), {options.duration:g} ms, medians of {options.repeats}; wall time")
    print(table(update_rows, UPDATES), table(event_rows, EVENTS), sep="\n\n")
    write_json(options.json, machine=machine(), updates=update_rows, events=event_rows)


if __name__ == "__main__":
    main()
