"""Brian2's C++ standalone mode, measured from inside the program that it generates.

Brian2 writes a C++ program, compiles it and runs it. Marks put between its phases print the wall clock, the processor
time of all threads and the peak memory, so that compiling, building the synapses and simulating are told apart.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

import brian2
from brian2.devices.device import get_device

_MARK = """
{{
    struct timespec wall, cpu;
    clock_gettime(CLOCK_MONOTONIC, &wall);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    long peak = 0;
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line))
        if (line.compare(0, 6, "VmHWM:") == 0) peak = std::strtol(line.c_str() + 6, NULL, 10);
    std::ofstream out("marks.jsonl", std::ios::app);
    out.precision(15);
    out << "{{\\"mark\\": \\"{name}\\", \\"wall\\": " << wall.tv_sec + 1e-9 * wall.tv_nsec
        << ", \\"cpu\\": " << cpu.tv_sec + 1e-9 * cpu.tv_nsec << ", \\"peak_kb\\": " << peak << "}}" << std::endl;
}}
"""
_HEADERS = ["<time.h>", "<fstream>", "<string>", "<cstdlib>"]


def prepare(threads: int, seed: int) -> Path:
    """Choose standalone mode; returns the folder that will hold the program."""
    folder = Path(tempfile.mkdtemp(prefix="brian2-"))
    brian2.set_device("cpp_standalone", build_on_run=False, directory=str(folder))
    brian2.prefs.devices.cpp_standalone.openmp_threads = 0 if threads == 1 else threads
    brian2.prefs.codegen.cpp.headers = brian2.prefs.codegen.cpp.headers + _HEADERS
    brian2.seed(seed)
    return folder


def mark(name: str) -> None:
    """Print the clocks at this place of the generated program."""
    get_device().insert_code("main", _MARK.format(name=name))


def compile_and_run(folder: Path) -> tuple[float, dict[str, dict[str, float]]]:
    """Seconds spent on writing and compiling the program, and its marks after it has run."""
    device = get_device()
    start = time.perf_counter()
    device.build(directory=str(folder), compile=True, run=False, with_output=False)
    compile_s = time.perf_counter() - start
    device.run(str(folder), with_output=False, run_args=[])
    lines = (folder / "marks.jsonl").read_text().splitlines()
    return compile_s, {entry["mark"]: entry for entry in map(json.loads, lines)}


def phases(marks: dict[str, dict[str, float]]) -> dict[str, float]:
    """The times between the marks 'start', 'built', 'warm' and 'end', and the peak memory."""

    def between(clock: str, first: str, last: str) -> float:
        return marks[last][clock] - marks[first][clock]

    return {
        "build_s": between("wall", "start", "built"),
        "first_run_s": between("wall", "built", "warm"),
        "wall_s": between("wall", "warm", "end"),
        "cpu_s": between("cpu", "warm", "end"),
        "memory_mb": marks["end"]["peak_kb"] / 1024,
    }


def clean(folder: Path) -> None:
    """Remove the generated program."""
    shutil.rmtree(folder, ignore_errors=True)
