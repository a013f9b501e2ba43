"""Hodgkin and Huxley's neuron in AUTO-07p, where it is installed; the equations are compiled with a C compiler.

AUTO is looked for in the folder AUTO_DIR, or where Debian's package auto-07p puts it. Without it the worker reports
that it is not there. It runs on one thread, with the fastest settings of a scan (mesh, largest step) with which all
special points are found. Every run is a process of its own that reads and writes files, and its wall time counts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from common import report
from hh_task import HOPF, RANGE, arguments, measure, report_found

_LIBRARIES = ["-l:libgfortran.so.5", "-l:libquadmath.so.0", "-lgomp", "-lm"]
_CONSTANTS = """NDIM=4, IPS={ips}, IRS={irs}, ILP=1
ICP={icp}
NTST=80, NCOL=4, IAD=3, ISP=2, ISW=1, IPLT=0, NBC=0, NINT=0
NMX={steps}, RL0={low}, RL1={high}, A0=-1e9, A1=1e9
NPR=5000, MXBF=0, IID=2, ITMX=8, ITNW=7, NWTN=3, JAC=0
EPSL=1e-9, EPSU=1e-9, EPSS=1e-9
DS={ds}, DSMIN=1e-6, DSMAX={dsmax}, IADS=1
NPAR=36
"""
_FOLD, _HOPF = 5, 3
_ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def installed() -> Path | None:
    """AUTO's folder with its compiled library."""
    folder = Path(os.environ.get("AUTO_DIR", "/usr/lib/auto-07p"))
    return folder if (folder / "lib" / "main.o").exists() and shutil.which("gcc") else None


def compile_equations(auto: Path, folder: Path) -> float:
    """Seconds to compile and link."""
    start = time.perf_counter()
    include = next(path.parent for path in (auto / "include", *auto.parents) for path in path.glob("**/auto_f2c.h"))
    source = Path(__file__).with_name("hh_auto.c")
    subprocess.run(["gcc", "-O2", f"-I{include}", "-c", str(source), "-o", str(folder / "hh.o")], check=True)
    objects = [str(path) for path in (auto / "lib").glob("*.o")] + [str(auto / "lib" / "libauto_c.a")]
    command = ["gcc", "-o", str(folder / "hh"), str(folder / "hh.o"), *objects, *_LIBRARIES]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def run(folder: Path, **constants: object) -> list[tuple[int, float]]:
    """One run; the types and currents of all points."""
    (folder / "fort.2").write_text(_CONSTANTS.format(low=RANGE[0], high=RANGE[1], **constants))
    subprocess.run([str(folder / "hh")], cwd=folder, check=True, capture_output=True, env=_ONE_THREAD)
    rows = [line.split() for line in (folder / "fort.7").read_text().splitlines()]
    return [(int(row[2]), float(row[4])) for row in rows if row and row[0] != "0"]


def equilibria(folder: Path) -> list[tuple[int, float]]:
    return run(folder, ips=1, irs=0, icp="[1]", steps=2000, ds=0.01, dsmax=3.0)


def cycles(folder: Path, steps: int) -> list[tuple[int, float]]:
    return run(folder, ips=2, irs=2, icp="[1,11]", steps=steps, ds=0.1, dsmax=5.0)


def until_second_hopf(folder: Path) -> int:
    """How many cycles there are up to the second Hopf point; behind it AUTO follows the equilibrium."""
    behind = [at for at, (_, value) in enumerate(cycles(folder, 140)) if value > HOPF[1]]
    if not behind:
        raise RuntimeError("AUTO's branch of cycles does not reach the second Hopf point")
    return behind[0]


def main() -> None:
    options = arguments(__doc__ or "")
    auto = installed()
    if auto is None:
        report(engine="AUTO-07p (not installed)")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compile_s = compile_equations(auto, folder)
        points, seconds = measure(lambda: equilibria(folder), options.again)
        kind = _HOPF
        if options.task == "cycles":
            shutil.copy(folder / "fort.8", folder / "fort.3")
            steps = until_second_hopf(folder)
            points, seconds = measure(lambda: cycles(folder, steps), options.again)
            kind = _FOLD
    found = [value for type_, value in points if abs(type_) == kind]
    report_found(
        options.task, found, points[-1][1], seconds, engine="AUTO-07p", compile_s=compile_s, points=len(points)
    )


if __name__ == "__main__":
    main()
