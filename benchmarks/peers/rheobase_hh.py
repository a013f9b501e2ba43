"""Hodgkin and Huxley's neuron in Rheobase: the branch of equilibria, and the cycles from Hopf point to Hopf point.

With ``--cold`` the process has an empty cache of its own, so that everything is generated and compiled again.
"""

from __future__ import annotations

import os
import tempfile
import time

from hh_task import RANGE, arguments, measure, report_found

options = arguments(__doc__ or "")
folder = tempfile.TemporaryDirectory()
if options.cold:
    os.environ["RHEOBASE_CACHE"] = os.path.join(folder.name, "cache")
    os.environ["NUMBA_CACHE_DIR"] = os.path.join(folder.name, "numba")

start = time.perf_counter()
from rheobase import __version__, library  # noqa: E402
from rheobase.dynamics.equilibria.continuation import continuation  # noqa: E402

import_s = time.perf_counter() - start


def main() -> None:
    def diagram() -> object:
        return continuation(library.hodgkin_huxley(), "I", RANGE)

    if options.task == "equilibria":
        result, seconds = measure(diagram, options.again)
        found, points = [point.value for point in result.hopf], sum(len(branch) for branch in result.branches)
        last = max(float(branch.values.max()) for branch in result.branches)
    else:
        hopf = diagram().hopf[0]
        result, seconds = measure(lambda: hopf.cycles(bounds=RANGE), options.again)
        found, points, last = [point.value for point in result.folds], len(result), float(result.values[-1])
    report_found(options.task, found, last, seconds, engine=f"Rheobase {__version__}", import_s=import_s, points=points)


if __name__ == "__main__":
    main()
    folder.cleanup()
