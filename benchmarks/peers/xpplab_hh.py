"""Hodgkin and Huxley's neuron in XPPAUT's engine, from the wheel xpplab: AUTO's algorithms in C.

The settings are the fastest ones of a scan (mesh, tolerances, largest step) with which all special points are found
and the branch of cycles goes straight to the second Hopf point; with others it turns back or misses a point. AUTO goes
on behind that point, back along the branch, so an untimed run counts the steps up to there.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

start = time.perf_counter()
import xpplab  # noqa: E402

import_s = time.perf_counter() - start

from hh_task import HOPF, RANGE, arguments, cpu_seconds, measure, report_found  # noqa: E402

_ODE = Path(__file__).with_name("hh.ode")
_EQUILIBRIA = {"ds": 0.01, "dsmin": 1e-6, "dsmax": 1.0, "nmax": 2000, "npr": 5000, "normmax": 1e4,
               "epsl": 1e-9, "epsu": 1e-9, "epss": 1e-9}  # fmt: skip
_CYCLES = {"ntst": 60, "ncol": 4, "ds": 0.1, "dsmax": 10.0, "npr": 5000, "epsl": 1e-7, "epsu": 1e-7, "epss": 1e-7}


def equilibria() -> tuple[object, object]:
    """A fresh model and its branch of equilibria."""
    model = xpplab.load(str(_ODE))
    model.auto.set(parmin=RANGE[0], parmax=RANGE[1], **_EQUILIBRIA)
    return model, model.auto.equilibria("I")


def cycles(steps: int) -> tuple[object, float, float]:
    """The branch of cycles from the first Hopf point, and its wall and processor seconds."""
    model, branch = equilibria()
    start, busy = time.perf_counter(), cpu_seconds()
    orbits = model.auto.continue_from(branch.special("HB")[0], "periodic", nmax=steps, **_CYCLES)
    return orbits, time.perf_counter() - start, cpu_seconds() - busy


def until_second_hopf() -> int:
    """How many steps the branch of cycles takes from Hopf point to Hopf point."""
    orbits = cycles(250)[0]
    places = [at for at, point in enumerate(orbits) if abs(point.value - HOPF[1]) < 1e-4]
    if not places:
        raise RuntimeError("XPPAUT's branch of cycles does not reach the second Hopf point")
    return places[0] + 1


def main() -> None:
    options = arguments(__doc__ or "")
    engine = f"XPPAUT's engine (xpplab {getattr(xpplab, '__version__', '0.1.2')})"
    if options.task == "equilibria":
        (_, branch), seconds = measure(equilibria, options.again)
        found = [point.value for point in branch.special("HB")]
    else:
        steps = until_second_hopf()
        timed = [cycles(steps) for _ in range(max(1, options.again))]
        branch = timed[0][0]
        again_s, cpu_s = (statistics.median(run[k] for run in timed) for k in (1, 2))
        seconds = {"first_s": timed[0][1], "again_s": again_s, "cpu_s": cpu_s}
        found = [point.value for point in branch.special("LP")]
    last = branch[len(branch) - 1].value
    report_found(options.task, found, last, seconds, engine=engine, import_s=import_s, points=len(branch))


if __name__ == "__main__":
    main()
