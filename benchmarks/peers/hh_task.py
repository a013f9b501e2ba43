"""The two tasks on Hodgkin and Huxley's neuron, once, for every worker: what is measured and what it is held to.

This file needs the standard library only, because it is imported by the peers' environment too.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence

from common import report

#: Hopf points by Newton's method at 30 digits; folds of cycles by collocation, uA/cm2.
HOPF = (9.7754379953931, 154.52243366581)
FOLDS = (6.2603212745, 7.8423471202, 7.9177854943)
RANGE = (0.0, 160.0)
#: A special point that is further off, relative to its value, was missed.
MISSED = 1e-6
#: How near to its end a branch has to come; the last cycle before a Hopf point is not the point itself.
_NEAR = {"equilibria": 10.0, "cycles": 1.0}


def arguments(description: str) -> argparse.Namespace:
    """The command line of a worker."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--task", choices=["equilibria", "cycles"], default="equilibria")
    parser.add_argument("--again", type=int, default=5, help="how often the task is repeated in the process")
    parser.add_argument("--cold", action="store_true", help="without anything that was compiled before")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def cpu_seconds() -> float:
    """Processor time of this process and of those that it has started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(task: Callable[[], object], again: int) -> tuple[object, dict[str, float | None]]:
    """The first result; the seconds that it took, and medians of wall and processor seconds of the repetitions."""
    start = time.perf_counter()
    first = task()
    first_s = time.perf_counter() - start
    wall, cpu = [], []
    for _ in range(again):
        start, busy = time.perf_counter(), cpu_seconds()
        task()
        wall.append(time.perf_counter() - start)
        cpu.append(cpu_seconds() - busy)
    again_s, cpu_s = (statistics.median(times) if times else None for times in (wall, cpu))
    return first, {"first_s": first_s, "again_s": again_s, "cpu_s": cpu_s}


def error_of(found: Sequence[float], wanted: Sequence[float]) -> float | None:
    """The largest relative error of the wanted values; None if one is missing (two folds are only 1 % apart)."""
    errors = [min((abs(value / target - 1.0) for value in found), default=1.0) for target in wanted]
    return max(errors) if max(errors) < MISSED else None


def report_found(
    task: str, found: Sequence[float], last: float, seconds: dict[str, float | None], **values: object
) -> None:
    """The worker's line. Times count only if all special points were found once and the branch reached its end.

    The reference has 11 digits, so an error below 1e-11 means no more than that all of them agree.
    """
    wanted, end = (HOPF, RANGE[1]) if task == "equilibria" else (FOLDS, HOPF[1])
    error = error_of(found, wanted)
    complete = error is not None and len(found) == len(wanted) and abs(last - end) < _NEAR[task]
    times = seconds if complete else dict.fromkeys(seconds)
    report(**values, **times, found=list(found), error=error, last=last, complete="yes" if complete else "NO")
