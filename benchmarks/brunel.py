"""The same network of 12,500 neurons and 15.6 million synapses in Rheobase, NEST and Brian2.

Brunel (2000), J. Comput. Neurosci. 8:183, model A. The engines run one after the other, never at once, with the same
number of threads; ratios are of wall seconds per second of biology and belong to this machine and this hour.

    python benchmarks/brunel.py --threads 1 --repeats 3
    python benchmarks/brunel.py --threads 2 --random-weights --json brunel.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness import Column, Row, collect, machine, medians, parser, table, write_json

ENGINES = {"rheobase": "rheobase_brunel.py", "nest": "nest_brunel.py", "brian2": "brian2_brunel.py"}
COLUMNS = (
    Column("engine", "engine", "s"),
    Column("compile_s", "compile s", ".1f"),
    Column("build_s", "build s", ".2f"),
    Column("wall_per_s", "wall s/s", ".3f"),
    Column("cpu_per_s", "CPU s/s", ".3f"),
    Column("memory_mb", "memory MB", ".0f"),
    Column("rate_hz", "rate Hz", ".2f"),
    Column("cv", "CV", ".3f"),
    Column("ratio", "wall : first", ".1f"),
    Column("load", "load", ".1f"),
)


def plan(options: argparse.Namespace) -> list[tuple[str, list[object], Path | None]]:
    """The workers to run, in order, with their options and their environment."""
    names = list(ENGINES) if options.engines == "all" else options.engines.split(",")
    given: list[object] = ["--threads", options.threads, "--duration", options.duration]
    given += ["--transient", options.transient, "--seed", options.seed, "--g", options.g, "--eta", options.eta]
    given += ["--random-weights"] if options.random_weights else []
    return [(ENGINES[name], given, None if name == "rheobase" else options.peers) for name in names]


def per_second(row: Row) -> Row:
    """Add the times per second of biology."""
    seconds = float(row["duration_ms"]) / 1e3  # type: ignore[arg-type]
    return {**row, "wall_per_s": float(row["wall_s"]) / seconds, "cpu_per_s": float(row["cpu_s"]) / seconds}  # type: ignore[arg-type]


def main() -> None:
    command = parser(__doc__ or "", 1000.0)
    command.add_argument("--g", type=float, default=5.0)
    command.add_argument("--eta", type=float, default=2.0)
    command.add_argument("--random-weights", action="store_true", help="own weight and delay for every synapse")
    options = command.parse_args()
    runs = [[per_second(row) for row in rows] for rows in collect(plan(options), options.repeats)]
    rows = [medians(rows) for rows in runs]
    for row in rows:
        row["ratio"] = row["wall_per_s"] / rows[0]["wall_per_s"]  # type: ignore[operator]
    kind = "random weights and delays" if options.random_weights else "constant weights and delay"
    print(f"Brunel (g = {options.g:g}, eta = {options.eta:g}), {kind}, {options.threads} thread(s), "
          f"{options.duration:g} ms after {options.transient:g} ms, medians of {options.repeats}")  # fmt: skip
    print(table(rows, COLUMNS))
    print("compile: once per program (Brian2) or once per machine (Rheobase); load: the machine's load average.")
    write_json(options.json, machine=machine(), medians=rows, runs=runs)


if __name__ == "__main__":
    main()
