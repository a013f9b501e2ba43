"""COBAHH, 4,000 Hodgkin-Huxley cells: Rheobase in float64 and float32 against Brian2's C++ mode.

Benchmark 3 of Brette et al. (2007), J. Comput. Neurosci. 23:349. All engines read the same equation text and take steps
of 0.1 ms by exponential Euler. The measure is nanoseconds for one neuron and one step, everything included.

    python benchmarks/cobahh.py --repeats 3
"""

from __future__ import annotations

from harness import Column, Row, collect, machine, medians, parser, table, write_json

STEP_MS, NEURONS = 0.1, 4000
ENGINES = {
    "rheobase": ("rheobase_cobahh.py", "float64", False),
    "rheobase32": ("rheobase_cobahh.py", "float32", False),
    "brian2": ("brian2_cobahh.py", "float64", True),
    "brian2-32": ("brian2_cobahh.py", "float32", True),
}
COLUMNS = (
    Column("engine", "engine", "s"),
    Column("compile_s", "compile s", ".1f"),
    Column("build_s", "build s", ".3f"),
    Column("ns", "ns/neuron/step", ".1f"),
    Column("memory_mb", "memory MB", ".0f"),
    Column("rate_hz", "rate Hz", ".2f"),
    Column("ratio", "ns : first", ".2f"),
    Column("load", "load", ".1f"),
)


def per_step(row: Row) -> Row:
    """Add the wall time for one neuron and one step."""
    steps = float(row["duration_ms"]) / STEP_MS  # type: ignore[arg-type]
    return {**row, "ns": 1e9 * float(row["wall_s"]) / (steps * NEURONS)}  # type: ignore[arg-type]


def main() -> None:
    options = parser(__doc__ or "", 1000.0).parse_args()
    names = list(ENGINES) if options.engines == "all" else options.engines.split(",")
    given = ["--threads", options.threads, "--duration", options.duration, "--transient", options.transient]
    plan = [
        (script, [*given, "--seed", options.seed, "--precision", precision], options.peers if peer else None)
        for script, precision, peer in (ENGINES[name] for name in names)
    ]
    runs = [[per_step(row) for row in rows] for rows in collect(plan, options.repeats)]
    rows = [medians(rows) for rows in runs]
    for row in rows:
        row["ratio"] = row["ns"] / rows[0]["ns"]  # type: ignore[operator]
    print(f"COBAHH, {options.threads} thread(s), {options.duration:g} ms after {options.transient:g} ms, "
          f"medians of {options.repeats}")  # fmt: skip
    print(table(rows, COLUMNS))
    write_json(options.json, machine=machine(), medians=rows, runs=runs)


if __name__ == "__main__":
    main()
