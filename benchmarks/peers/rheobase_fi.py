"""The f-I curve of Hodgkin and Huxley's neuron in Rheobase: adaptive steps at a relative error of 1e-8."""

from __future__ import annotations

import os
import tempfile
import time

from fi_task import CURRENTS, DURATION_MS, arguments, error_of

options = arguments(__doc__ or "")
folder = tempfile.TemporaryDirectory()
if options.cold:
    os.environ["RHEOBASE_CACHE"] = os.path.join(folder.name, "cache")
    os.environ["NUMBA_CACHE_DIR"] = os.path.join(folder.name, "numba")

start = time.perf_counter()
from common import report  # noqa: E402
from hh_task import measure  # noqa: E402

from rheobase import __version__, library, ms  # noqa: E402
from rheobase.dynamics.firing.fi_curve import fi_curve  # noqa: E402

import_s = time.perf_counter() - start


def main() -> None:
    def curve() -> object:
        return fi_curve(library.hodgkin_huxley(), CURRENTS, duration=DURATION_MS * ms, method="simulation")

    result, seconds = measure(curve, options.again)
    first_s, again_s = seconds["first_s"], seconds["again_s"]
    spikes = None if result.counts is None else int(result.counts.sum())
    report(
        engine=f"Rheobase {__version__}{' cold' if options.cold else ''}", import_s=import_s, first_s=first_s,
        cpu_s=seconds["cpu_s"], again_s=first_s if again_s is None else again_s,
        prepare_s=first_s - again_s if again_s else None,
        spikes=spikes, error=error_of(CURRENTS, result.steady), threads=options.threads,
    )  # fmt: skip


if __name__ == "__main__":
    main()
    folder.cleanup()
