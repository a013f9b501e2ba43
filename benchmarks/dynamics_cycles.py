"""The branch of cycles of Hodgkin and Huxley's neuron from its first to its second Hopf point, with three folds.

The same in XPPAUT's engine and in AUTO-07p, both with the fastest settings that find all three folds to 1e-6, and
stopped where they reach the second Hopf point. A run that misses a fold or does not come that far has no time.

    python benchmarks/dynamics_cycles.py --repeats 3
"""

from __future__ import annotations

from harness import Column, collect, machine, medians, parser, table, write_json

ASKED = 0.8
RUNS = {
    "rheobase": ("rheobase_hh.py", ["--again", 3], False),
    "new process": ("rheobase_hh.py", ["--again", 0], False),
    "new process, cold": ("rheobase_hh.py", ["--again", 0, "--cold"], False),
    "xpplab": ("xpplab_hh.py", ["--again", 3], True),
    "auto": ("auto_hh.py", ["--again", 3], True),
}
COLUMNS = (
    Column("engine", "engine", "s"),
    Column("run", "run", "s"),
    Column("seconds", "seconds", ".3f"),
    Column("cpu_s", "CPU s", ".4f"),
    Column("asked", "asked", ".1f"),
    Column("first_s", "first call s", ".3f"),
    Column("points", "cycles", ".0f"),
    Column("error", "error of folds", ".0e"),
    Column("last", "end of branch", ".1f"),
    Column("complete", "complete", "s"),
    Column("ratio", "XPPAUT : this", ".2f"),
    Column("load", "load", ".1f"),
)


def main() -> None:
    options = parser(__doc__ or "", 0.0).parse_args()
    names = list(RUNS) if options.engines == "all" else options.engines.split(",")
    plan = [
        (script, ["--task", "cycles", *given], options.peers if peer else None)
        for script, given, peer in (RUNS[name] for name in names)
    ]
    runs = collect(plan, options.repeats)
    rows = [{**medians(found), "run": name} for name, found in zip(names, runs, strict=True)]
    for row in rows:
        whole = str(row["run"]).startswith("new") and row.get("complete") == "yes"
        row["seconds"] = row.get("process_s") if whole else row.get("again_s")
        row["asked"] = ASKED if row["run"] == "rheobase" else None
    peer = next((row["seconds"] for row in rows if row["run"] == "xpplab"), None)
    for row in rows:
        row["ratio"] = float(peer) / float(row["seconds"]) if peer and row["seconds"] else None  # type: ignore[arg-type]
    print(f"cycles of Hodgkin-Huxley from Hopf point to Hopf point, one thread, medians of {options.repeats}")
    print(table(rows, COLUMNS))
    print("seconds: the call, from a known Hopf point; new process: everything, with Python's start and the equilibria")
    write_json(options.json, machine=machine(), medians=rows, runs=runs)


if __name__ == "__main__":
    main()
