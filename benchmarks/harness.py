"""Run workers one after the other, each in a process of its own, and set their numbers side by side."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from environment import DEFAULT, peer_python

WORKERS = Path(__file__).resolve().parent / "peers"
Row = dict[str, object]


@dataclass(frozen=True)
class Column:
    """A column of the table: a key of the rows, its heading and its format."""

    key: str
    heading: str
    form: str


def parser(description: str, duration: float) -> argparse.ArgumentParser:
    """The command line that all comparisons share."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--threads", type=int, default=1)
    result.add_argument("--duration", type=float, default=duration, help="measured time, ms of biology")
    result.add_argument("--transient", type=float, default=100.0, help="time before the measurement, ms")
    result.add_argument("--repeats", type=int, default=3, help="runs of each engine; the table shows medians")
    result.add_argument("--seed", type=int, default=1)
    result.add_argument("--engines", default="all", help="comma-separated choice of the engines, or 'all'")
    result.add_argument("--peers", type=Path, default=DEFAULT, help="folder of the peers' environment")
    result.add_argument("--json", type=Path, help="write every run and the medians to this file")
    return result


def run_worker(script: str, options: Iterable[object], peers: Path | None) -> Row:
    """One run of a worker; ``peers`` is the folder of the peers' environment, or None for Rheobase itself.

    Raises
    ------
    RuntimeError
        If the worker fails; the message ends with what it wrote.
    """
    python = sys.executable if peers is None else str(peer_python(peers))
    command = [python, str(WORKERS / script), *map(str, options)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=_one_engine_only(), check=False)
    process_s = time.perf_counter() - start
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise RuntimeError(f"{script} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return {**json.loads(lines[-1]), "process_s": process_s, "load": os.getloadavg()[0]}


def _one_engine_only() -> dict[str, str]:
    """An environment in which no library takes threads that the worker was not given."""
    quiet = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYNEST_QUIET": "1"}
    kept = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "OMP_NUM_THREADS"}}
    return {**kept, **quiet}


def medians(rows: Sequence[Row]) -> Row:
    """The median of every number over the runs of one engine."""
    first = rows[0]
    numbers = [key for key, value in first.items() if isinstance(value, int | float)]
    kept = {key: [float(row[key]) for row in rows if row[key] is not None] for key in numbers}  # type: ignore[arg-type]
    return {**first, **{key: statistics.median(values) for key, values in kept.items()}}


def collect(plan: Sequence[tuple[str, list[object], Path | None]], repeats: int) -> list[list[Row]]:
    """``repeats`` rounds over the plan, so that a slow spell of the machine meets every engine; runs per engine."""
    runs: list[list[Row]] = [[] for _ in plan]
    for round_ in range(repeats):
        for index, (script, options, peers) in enumerate(plan):
            print(f"  run {round_ + 1} of {repeats}: {script}", file=sys.stderr, flush=True)
            runs[index].append(run_worker(script, options, peers))
    return runs


def table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """The rows as lines of text with aligned columns."""
    cells = [[column.heading for column in columns]]
    cells += [[_cell(row.get(column.key), column.form) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    lines = ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _cell(value: object, form: str) -> str:
    if value is None:
        return "-"
    return format(value, form)


def machine() -> Row:
    """What the numbers were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line] if cpuinfo.exists() else []
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
    }


def write_json(path: Path | None, **content: object) -> None:
    """The whole result as a file, if one is wanted."""
    if path is not None:
        path.write_text(json.dumps(content, indent=2) + "\n")
