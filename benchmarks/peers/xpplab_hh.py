"""Hodgkin and Huxley's neuron in XPPAUT's engine, from the wheel xpplab: AUTO's algorithms in C.

The branch of cycles is followed until it reaches the second Hopf point: AUTO goes on, back along the branch, so an
untimed run counts the steps up to there. The largest step of the equilibria is one with which both Hopf points are
found: with 0.5 and 2 at these tolerances one of them is missed.
"""

from __future__ import annotations

import time
from pathlib import Path

start = time.perf_counter()
import xpplab  # noqa: E402

import_s = time.perf_counter() - start

from hh_task import HOPF, RANGE, arguments, measure, report_found  # noqa: E402

_ODE = Path(__file__).with_name("hh.ode")
_TOLERANCES = {"epsl": 1e-9, "epsu": 1e-9, "epss": 1e-9}
_EQUILIBRIA = {"ds": 0.01, "dsmin": 1e-6, "dsmax": 1.0, "nmax": 2000, "npr": 5000, "normmax": 1e4, **_TOLERANCES}
_CYCLES = {"ntst": 100, "ncol": 4, "ds": 0.1, "dsmax": 5.0, "npr": 5000, **_TOLERANCES}


def equilibria() -> tuple[object, object]:
    """A fresh model and its branch of equilibria."""
    model = xpplab.load(str(_ODE))
    model.auto.set(parmin=RANGE[0], parmax=RANGE[1], **_EQUILIBRIA)
    return model, model.auto.equilibria("I")


def cycles(steps: int) -> object:
    """The branch of cycles from the first Hopf point."""
    model, branch = equilibria()
    start = time.perf_counter()
    orbits = model.auto.continue_from(branch.special("HB")[0], "periodic", nmax=steps, **_CYCLES)
    return orbits, time.perf_counter() - start


def until_second_hopf() -> int:
    """How many steps the branch of cycles takes from Hopf point to Hopf point."""
    orbits, _ = cycles(400)
    return next(at for at, point in enumerate(orbits) if abs(point.value - HOPF[1]) < 1e-5) + 1


def main() -> None:
    options = arguments(__doc__ or "")
    engine = f"XPPAUT's engine (xpplab {getattr(xpplab, '__version__', '0.1.2')})"
    if options.task == "equilibria":
        (_, branch), first_s, again_s = measure(equilibria, options.again)
        found, points = [point.value for point in branch.special("HB")], len(branch)
    else:
        steps = until_second_hopf()
        timed = [cycles(steps) for _ in range(max(1, options.again))]
        orbits, first_s = timed[0]
        again_s = sorted(seconds for _, seconds in timed)[len(timed) // 2]
        found, points = [point.value for point in orbits.special("LP")], len(orbits)
    report_found(options.task, found, engine=engine, import_s=import_s, first_s=first_s, again_s=again_s, points=points)


if __name__ == "__main__":
    main()
