"""The cortical microcircuit at full scale: 77,169 neurons, 0.3 billion synapses with own weights and delays.

python benchmarks/potjans.py --threads 2
python benchmarks/potjans.py --scale 0.1
"""

from __future__ import annotations

from harness import Column, collect, machine, medians, parser, table, write_json

from rheobase.library.networks.potjans_diesmann2014 import SIMULATED

COLUMNS = (
    Column("engine", "engine", "s"),
    Column("compile_s", "compile s", ".1f"),
    Column("build_s", "build s", ".1f"),
    Column("wall_per_s", "wall s/s", ".2f"),
    Column("memory_mb", "memory MB", ".0f"),
    Column("synapses", "synapses", ",.0f"),
    Column("synapse_bytes", "bytes/synapse", ".2f"),
    Column("load", "load", ".1f"),
)


def main() -> None:
    command = parser(__doc__ or "", 1000.0)
    command.add_argument("--scale", type=float, default=1.0, help="fraction of the neurons")
    options = command.parse_args()
    given = ["--threads", options.threads, "--duration", options.duration, "--transient", options.transient]
    plan = [("rheobase_potjans.py", [*given, "--seed", options.seed, "--scale", options.scale], None)]
    runs = collect(plan, options.repeats)[0]
    row = medians(runs)
    row["wall_per_s"] = 1e3 * row["wall_s"] / row["duration_ms"]  # type: ignore[operator]
    print(f"Potjans & Diesmann (2014), scale {options.scale:g}, {options.threads} thread(s), "
          f"{options.duration:g} ms after {options.transient:g} ms, medians of {options.repeats}")  # fmt: skip
    print(table([row], COLUMNS))
    print("population  rate Hz  NEST, published")
    for (name, rate), published in zip(runs[0]["rates"].items(), SIMULATED, strict=True):  # type: ignore[attr-defined]
        print(f"{name:>10}  {rate:7.3f}  {published:7.3f}")
    write_json(options.json, machine=machine(), medians=row, runs=runs)


if __name__ == "__main__":
    main()
