"""Mean-field theory of the cortical microcircuit and of arrays of leaky neurons, against NNMT.

The working point, the transfer functions of the eight populations, the rates of 10^5 neurons with inputs as in a
network (easy) and far from it (wide), and the sensitivity of an eigenvalue at 80 Hz to each connection. A peer that
gives up on an element of a batch has no time there, and the column says why.

    python benchmarks/population.py --repeats 3 --frequencies 1000
"""

from __future__ import annotations

from harness import Column, collect, machine, medians, parser, table, write_json

TASKS = ("working point", "transfer function", "easy points", "wide points", "sensitivity")
WORKERS = {"rheobase": ("rheobase_population.py", False), "nnmt": ("nnmt_population.py", True)}
COLUMNS = (
    Column("task", "task", "s"),
    Column("engine", "engine", "s"),
    Column("first_s", "first call s", ".4f"),
    Column("again_s", "again s", ".6f"),
    Column("ratio", "NNMT : this", ".0f"),
    Column("check", "mean of the result", ".6g"),
    Column("load", "load", ".1f"),
    Column("failure", "", "s"),
)


def main() -> None:
    given = parser(__doc__ or "", 0.0)
    given.add_argument("--frequencies", type=int, default=100, help="of the transfer functions; NNMT's time is linear")
    options = given.parse_args()
    names = list(WORKERS) if options.engines == "all" else options.engines.split(",")
    rows, every = [], []
    for task in TASKS:
        plan = [
            (WORKERS[name][0], ["--task", task, "--frequencies", options.frequencies],
             options.peers if WORKERS[name][1] else None)
            for name in names
        ]  # fmt: skip
        runs = collect(plan, options.repeats)
        every.append(runs)
        found = [{**medians(of_one), "task": task} for of_one in runs]
        times = [row.get("again_s") or (None if row.get("failure") else row.get("first_s")) for row in found]
        for row, own in zip(found, times, strict=True):
            peer = times[-1] if "nnmt" in names else None
            row["ratio"] = float(peer) / float(own) if peer and own else None  # type: ignore[arg-type]
        rows += found
    print(f"population theory, one thread, medians of {options.repeats}; {options.frequencies} frequencies")
    print(table(rows, COLUMNS))
    write_json(options.json, machine=machine(), medians=rows, runs=every)


if __name__ == "__main__":
    main()
