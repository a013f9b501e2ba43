"""Equilibria of Hodgkin and Huxley's neuron from 0 to 160 uA/cm2 with both Hopf points, against XPPAUT and AUTO.

Rheobase is measured three times: in a process that has done it before, in a new process that finds what was compiled
earlier, and in a new process that finds nothing. The peers' programs are compiled already (AUTO: its equations are
compiled by the worker, see the column); each of their runs starts from the text of the model.

    python benchmarks/dynamics_equilibria.py --repeats 3
"""

from __future__ import annotations

from harness import Column, collect, machine, medians, parser, table, write_json

#: What the package is held to: seconds of the call in a loaded process, and of a whole process.
ASKED = {"loaded": 0.1, "new process": 1.0, "new process, cold": 3.0}
RUNS = {
    "loaded": ("rheobase_hh.py", ["--again", 7], False),
    "new process": ("rheobase_hh.py", ["--again", 0], False),
    "new process, cold": ("rheobase_hh.py", ["--again", 0, "--cold"], False),
    "xpplab": ("xpplab_hh.py", ["--again", 7], True),
    "auto": ("auto_hh.py", ["--again", 7], True),
}
COLUMNS = (
    Column("engine", "engine", "s"),
    Column("run", "run", "s"),
    Column("seconds", "seconds", ".4f"),
    Column("cpu_s", "CPU s", ".4f"),
    Column("asked", "asked", ".1f"),
    Column("import_s", "import s", ".2f"),
    Column("compile_s", "compile s", ".2f"),
    Column("first_s", "first call s", ".3f"),
    Column("points", "points", ".0f"),
    Column("error", "error of Hopf points", ".0e"),
    Column("last", "end of branch", ".1f"),
    Column("complete", "complete", "s"),
    Column("ratio", "XPPAUT : this", ".2f"),
    Column("load", "load", ".1f"),
)


def main() -> None:
    options = parser(__doc__ or "", 0.0).parse_args()
    names = list(RUNS) if options.engines == "all" else options.engines.split(",")
    plan = [
        (script, ["--task", "equilibria", *given], options.peers if peer else None)
        for script, given, peer in (RUNS[name] for name in names)
    ]
    runs = collect(plan, options.repeats)
    rows = [{**medians(found), "run": name, "asked": ASKED.get(name)} for name, found in zip(names, runs, strict=True)]
    for row in rows:
        whole = str(row["run"]).startswith("new") and row.get("complete") == "yes"
        row["seconds"] = row.get("process_s") if whole else row.get("again_s")
    peer = next((row["seconds"] for row in rows if row["run"] == "xpplab"), None)
    for row in rows:
        row["ratio"] = float(peer) / float(row["seconds"]) if peer and row["seconds"] else None  # type: ignore[arg-type]
    print(f"equilibria of Hodgkin-Huxley, I from 0 to 160 uA/cm2, one thread, medians of {options.repeats}")
    print(table(rows, COLUMNS))
    print(
        "seconds: the call (loaded, peers), or the whole process with the start of Python and all imports (new process)"
    )
    write_json(options.json, machine=machine(), medians=rows, runs=runs)


if __name__ == "__main__":
    main()
