"""The f-I curve of Hodgkin and Huxley's neuron, 200 currents from 0.2 to 40 uA/cm2 for one second each, against Brian2.

Brian2 takes RK4 steps of 0.05 ms; Rheobase's steps adapt, and its spikes lie where the threshold is crossed. The errors
are those of the steady rates at 10 and 20 uA/cm2, where the period is known.

    python benchmarks/dynamics_fi.py --threads 1 --repeats 3
"""

from __future__ import annotations

from harness import Column, collect, machine, medians, parser, table, write_json

ASKED = 1.0
RUNS = {
    "rheobase": ("rheobase_fi.py", [], False),
    "rheobase-cold": ("rheobase_fi.py", ["--again", 1, "--cold"], False),
    "cython": ("brian2_fi.py", ["--target", "cython"], True),
    "cpp": ("brian2_fi.py", ["--target", "cpp_standalone"], True),
}
COLUMNS = (
    Column("engine", "engine", "s"),
    Column("threads", "threads", ".0f"),
    Column("again_s", "seconds", ".3f"),
    Column("cpu_s", "CPU s", ".3f"),
    Column("asked", "asked", ".1f"),
    Column("prepare_s", "compile or load s", ".2f"),
    Column("spikes", "spikes", ".0f"),
    Column("error", "error of rates", ".0e"),
    Column("ratio", "seconds : first", ".2f"),
    Column("load", "load", ".1f"),
)


def main() -> None:
    options = parser(__doc__ or "", 0.0).parse_args()
    names = list(RUNS) if options.engines == "all" else options.engines.split(",")
    plan = [
        (script, ["--threads", options.threads, *given], options.peers if peer else None)
        for script, given, peer in (RUNS[name] for name in names)
    ]
    runs = collect(plan, options.repeats)
    rows = [medians(found) for found in runs]
    for name, row in zip(names, rows, strict=True):
        row["asked"] = ASKED if name == "rheobase" else None
        row["ratio"] = float(row["again_s"]) / float(rows[0]["again_s"])  # type: ignore[arg-type]
    print(
        f"f-I curve of Hodgkin-Huxley, 200 currents of 1 s, {options.threads} thread(s), medians of {options.repeats}"
    )
    print(table(rows, COLUMNS))
    print("seconds: one curve, once compiled; load: the machine's load average.")
    write_json(options.json, machine=machine(), medians=rows, runs=runs)


if __name__ == "__main__":
    main()
