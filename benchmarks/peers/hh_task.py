"""The two tasks on Hodgkin and Huxley's neuron, once, for every worker: what is measured and what it is held to.

This file needs the standard library only, because it is imported by the peers' environment too.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

from common import report

#: Hopf points by Newton's method at 30 digits; folds of cycles by collocation, uA/cm2.
HOPF = (9.7754379953931, 154.52243366581)
FOLDS = (6.2603212745, 7.8423471202, 7.9177854943)
RANGE = (0.0, 160.0)


def arguments(description: str) -> argparse.Namespace:
    """The command line of a worker."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--task", choices=["equilibria", "cycles"], default="equilibria")
    parser.add_argument("--again", type=int, default=5, help="how often the task is repeated in the process")
    parser.add_argument("--cold", action="store_true", help="without anything that was compiled before")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def measure(
    task: Callable[[], object], again: int, clock: Callable[[], float] = time.perf_counter
) -> tuple[object, float, float | None]:
    """The first result, the seconds that it took, and the median of the seconds of the repetitions."""
    start = clock()
    first = task()
    first_s = clock() - start
    repeated = []
    for _ in range(again):
        start = clock()
        task()
        repeated.append(clock() - start)
    return first, first_s, statistics.median(repeated) if repeated else None


def nearest(found: Sequence[float], wanted: Sequence[float]) -> float | None:
    """The largest relative error of the wanted values; None if one of them is not there to a percent."""
    errors = [min((abs(value / target - 1.0) for value in found), default=1.0) for target in wanted]
    return max(errors) if max(errors) < 1e-2 else None


def report_found(task: str, found: Sequence[float], **values: object) -> None:
    """The worker's line: the times, and how well the special points were found."""
    wanted = HOPF if task == "equilibria" else FOLDS
    report(**values, found=list(found), error=nearest(found, wanted))
