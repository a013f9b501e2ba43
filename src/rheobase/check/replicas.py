"""Several simulations of one network, with independent seeds, against the theory: a z-score for every number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase import population
from rheobase.check.counts import counts
from rheobase.check.measure import BIN_MS, SEGMENT_MS
from rheobase.check.result import Row, Score
from rheobase.errors import ModelError
from rheobase.model.network import Network
from rheobase.population import SteadyState
from rheobase.population.fluctuations.correlations import Correlations, correlations
from rheobase.population.fluctuations.spectrum import spectra
from rheobase.simulation import Recording
from rheobase.units import ms

Array = NDArray[np.float64]

BANDS_HZ = (5.0, 20.0, 50.0, 100.0, 200.0, 500.0)
_WINDOW_MS = 100.0  # of spike counts, or a tenth of the time compared


def seeds_to_run(seed: int, seeds: Any, n_seeds: int | None) -> tuple[int, ...]:
    """The seeds that a user asked for; the one if no more were.

    Raises
    ------
    ModelError
        If both ways were used, or if there are not two different ones.
    """
    if seeds is None and n_seeds is None:
        return (seed,)
    if seeds is not None and n_seeds is not None:
        raise ModelError("compare takes either seeds or n_seeds, not both")
    try:
        found = tuple(int(x) for x in (range(seed, seed + n_seeds) if n_seeds is not None else seeds or ()))
    except (TypeError, ValueError):
        raise ModelError("seeds has to be a list of whole numbers, such as seeds=(1, 2, 3), and n_seeds one") from None
    if len(set(found)) < 2 or len(set(found)) < len(found):
        raise ModelError("a standard error from seeds needs at least two different ones, such as seeds=(1, 2, 3)")
    return found


def rows_of_all(rows: Sequence[tuple[Row, ...]]) -> tuple[Row, ...]:
    """One row a population: the mean over the seeds, and its standard error from their spread."""
    merged = []
    for own in zip(*rows, strict=True):
        rate, error = _mean(np.array([row.rate_sim_hz for row in own]))
        cv = np.array([row.cv_sim for row in own])
        known = cv[np.isfinite(cv)]
        merged.append(
            replace(
                own[0], rate_sim_hz=rate, rate_sim_se_hz=error, cv_sim=float(known.mean()) if known.size else math.nan
            )
        )
    return tuple(merged)


def scores(
    network: Network, recordings: Sequence[Recording], start: float, rows: tuple[Row, ...], steady: SteadyState | None
) -> tuple[Score, ...]:
    """Rates, power of the populations in bands, and pairwise correlations of counts, each against the theory."""
    n = len(recordings)
    found = [
        Score("rate", (row.name,), row.rate_sim_hz, row.rate_sim_se_hz, row.rate_theory_hz, "Hz", n) for row in rows
    ]
    return (*found, *_bands(network, recordings, start, steady), *_pairs(network, recordings, start, steady))


def _bands(
    network: Network, recordings: Sequence[Recording], start: float, steady: SteadyState | None
) -> Iterator[Score]:
    width = recordings[0].dt * max(1, round(BIN_MS / recordings[0].dt))
    names, frequency = recordings[0].populations, np.zeros(0)
    powers: dict[str, Array] = {}
    for name in names:
        measured = [r.spectrum(name, width, start, _segment(r, start)) for r in recordings]
        frequency = np.asarray(measured[0][0], float)
        powers[name] = np.array([power for _, power in measured], float)
    theory = _predicted_power(network, steady, frequency, width)
    for name in names:
        for low, high in pairwise(BANDS_HZ):
            inside = (frequency >= low) & (frequency < high)
            if not np.any(inside):
                continue
            mean, error = _mean(powers[name][:, inside].mean(axis=1))
            expected = float(theory[name][inside].mean()) if name in theory else math.nan
            yield Score(f"power, {low:g} to {high:g} Hz", (name,), mean, error, expected, "Hz**2/Hz", len(recordings))


def _segment(recording: Recording, start: float) -> float:
    return min(SEGMENT_MS, recording.duration - start)


def _predicted_power(network: Network, steady: SteadyState | None, frequency: Array, width: float) -> dict[str, Array]:
    """One-sided spectra as bins of ``width`` (ms) show them: what is white stays, the rest loses ``sinc**2``."""
    if steady is None or not _complete(network, steady):
        return {}
    try:
        found = spectra(network, steady, frequency)
    except ModelError:  # no linear response there; the warnings say that it is unstable
        return {}
    white = 2.0 * found.rates / found.sizes
    seen = (found.one_sided - white) * np.sinc(frequency * width * 1e-3)[:, None] ** 2 + white
    return {name: seen[:, k] for k, name in enumerate(found.populations)}


def _pairs(
    network: Network, recordings: Sequence[Recording], start: float, steady: SteadyState | None
) -> Iterator[Score]:
    window = min(_WINDOW_MS, (recordings[0].duration - start) / 10.0)
    measured = np.array([counts(recording, start, window).coefficient for recording in recordings])
    theory = _predicted_pairs(network, steady, window)
    names = recordings[0].populations
    for i, a in enumerate(names):
        for j, b in enumerate(names[i:], i):
            if np.all(np.isfinite(measured[:, i, j])):
                mean, error = _mean(measured[:, i, j])
                expected = math.nan if theory is None else theory.of(a, b)
                yield Score(f"count correlation, {window:g} ms", (a, b), mean, error, expected, "1", len(recordings))


def _predicted_pairs(network: Network, steady: SteadyState | None, window: float) -> Correlations | None:
    if steady is None or not _complete(network, steady):
        return None
    try:
        return correlations(network, steady, window=window * ms)
    except ModelError:  # as above
        return None


def _complete(network: Network, steady: SteadyState) -> bool:
    """Whether the theory covers every population: one that is left out would fluctuate too."""
    return {*steady.populations, *steady.sources} == {p.name for p in network.populations} and population.covered(
        network
    ) is network


def _mean(values: Array) -> tuple[float, float]:
    """Of independent values, and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(values.size))
