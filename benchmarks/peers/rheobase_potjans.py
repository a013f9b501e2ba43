"""The cortical microcircuit of Potjans & Diesmann (2014) in Rheobase."""

from __future__ import annotations

from common import arguments, peak_memory_mb, report, timed

from rheobase import __version__, library, ms, simulate


def main() -> None:
    options = arguments(__doc__ or "")
    network = library.potjans_diesmann2014(scale=options.scale)
    stop = options.transient + options.duration
    # a tiny column of the same kind, so that compiling is not counted as building
    small = library.potjans_diesmann2014(scale=0.003)
    _, compile_s, _ = timed(lambda: simulate(small, 10 * ms, threads=options.threads, precision=options.precision))
    recording, _, cpu = timed(
        lambda: simulate(network, stop * ms, seed=options.seed, threads=options.threads, precision=options.precision)
    )
    rates = {name: rate for name, (rate, _) in recording.rates(start=options.transient).items()}
    report(
        engine=f"Rheobase {__version__} {options.precision}", compile_s=compile_s, build_s=recording.build,
        wall_s=recording.wall,
        cpu_s=cpu, memory_mb=peak_memory_mb(), duration_ms=stop, threads=options.threads, synapses=recording.synapses,
        synapse_bytes=recording.memory / recording.synapses, rates=rates,
    )  # fmt: skip


if __name__ == "__main__":
    main()
