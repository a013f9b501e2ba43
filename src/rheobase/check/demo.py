"""The main job on Brunel's network: simulation and theory at three points, a table and a figure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rheobase import library
from rheobase.check.compare import compare
from rheobase.check.result import Comparison
from rheobase.files import replacing
from rheobase.units import ms

#: (g, eta): asynchronous; slow oscillation; fast oscillation (Brunel 2000, figure 8).
POINTS = ((5.0, 2.0), (4.5, 0.9), (6.0, 4.0))


def run_demo(
    folder: str | Path,
    *,
    duration: Any = 1000 * ms,
    seed: int = 1,
    threads: int | None = None,
    progress: bool = False,
    points: tuple[tuple[float, float], ...] = POINTS,
) -> tuple[Comparison, ...]:
    """Compare ``brunel2000`` with its theory at every point; write ``table.txt``, ``figure.png`` and the numbers.

    Parameters
    ----------
    folder
        Where to; made if missing.
    duration
        Time compared at each point, after a transient of 100 ms.
    points
        Values of (g, eta).
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    results = []
    for g, eta in points:
        network = library.make("brunel2000", g=g, eta=eta).with_(name=f"brunel2000 (g = {g:g}, eta = {eta:g})")
        results.append(compare(network, duration, seed=seed, threads=threads, progress=progress))
        print(results[-1].summary(), end="\n\n", flush=True)
        results[-1].to_json(target / f"g{g:g}-eta{eta:g}.json")
    _write(target, results, points)
    print(f"table and figure: {target / 'table.txt'}, {target / 'figure.png'} ({time.perf_counter() - started:.0f} s)")
    return tuple(results)


def _write(folder: Path, results: list[Comparison], points: tuple[tuple[float, float], ...]) -> None:
    from rheobase import plot

    with replacing(folder / "table.txt") as temporary:
        temporary.write_text("\n\n".join(result.summary() for result in results) + "\n", encoding="utf-8")
    titles = [_title(result, g, eta) for result, (g, eta) in zip(results, points, strict=True)]
    plot.save(plot.panels(results, titles), folder / "figure.png")


def _title(result: Comparison, g: float, eta: float) -> str:
    row = result.rows[0]
    return f"g = {g:g}, η = {eta:g}: {row.name} at {row.rate_sim_hz:.1f} Hz, theory {row.rate_theory_hz:.1f} Hz"
