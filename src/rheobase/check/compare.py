"""`compare`: one network, its simulation, and its theory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rheobase import population
from rheobase.check.follow import Followed, changes_in_time, follow, held_still
from rheobase.check.measure import Spectrum, activity_spectrum, voltage_histogram, voltages_to_record
from rheobase.check.replicas import rows_of_all, scores, seeds_to_run
from rheobase.check.result import NEGLIGIBLE_HZ, Comparison, Density, Histogram, Row
from rheobase.check.rhythm import dominant_frequency, predicted_frequency, predicted_spectrum
from rheobase.check.sentences import about_the_run
from rheobase.errors import ModelError
from rheobase.model.network import Network, nearest
from rheobase.population import SteadyState
from rheobase.simulation import Recording, simulate
from rheobase.units import internal, ms

_SHORTEST_MS = 1.0


def compare(
    network: Network,
    duration: Any,
    *,
    transient: Any = 100 * ms,
    seed: int = 1,
    seeds: Sequence[int] | None = None,
    n_seeds: int | None = None,
    threads: int | None = None,
    dt: Any = 0.1 * ms,
    progress: bool = False,
    published: Mapping[str, float] | None = None,
    time_course: bool | None = None,
) -> Comparison:
    """Simulate a network and put the mean-field theory of the same object beside it.

    Parameters
    ----------
    network
        Any network that can be simulated. Where the theory does not cover a population, the warnings say why, and the
        columns of the theory stay empty for it and for those that it drives.
    duration
        Time that is compared; it follows ``transient``, which is simulated and left out.
    seed, threads, dt, progress
        As for `rheobase.simulate`.
    seeds, n_seeds
        Several seeds, or how many from ``seed`` on: the network is simulated with each, standard errors come from the
        spread, and rates, power of the populations in bands, and pairwise correlations of spike counts get a z-score
        against the theory.
    published
        Rates (Hz) that others found, by population, for a column of the table.
    time_course
        Whether the rates in time are held against the density equation (`rheobase.population.fokker_planck`), from the
        simulation's own start values on: ``Comparison.time_courses``. By default that is done where an input changes
        in time; with ``transient=0*ms`` it tells whether the theory knows how a network settles.

    Returns
    -------
    Comparison
        With ``.table()``, ``.plot()``, ``.to_json()`` and ``.warnings``.

    Raises
    ------
    ModelError
        If the network cannot be simulated, if ``seeds`` are not at least two different whole numbers, if
        ``time_course`` is none of True, False and None, or if ``published`` names a population that is not there.

    Notes
    -----
    The standard error of a rate comes from the population's rate in ten windows of the simulated time, so it contains
    the fluctuations that the neurons share. It is too small where these last longer than a window. With several seeds
    it comes from these, and has no such limit. Where an input changes in time, windows differ because of that
    too; in populations that the density equation covers it comes from the scatter between the neurons instead.

    Examples
    --------
    >>> import rheobase as rb
    >>> comparison = rb.compare(rb.library.brunel2000(g=5, eta=2), 1000 * rb.ms)  # doctest: +SKIP
    >>> print(comparison.table())  # doctest: +SKIP
    """
    if not isinstance(network, Network):
        raise ModelError(
            f"compare needs a Network, not {type(network).__name__}; wrap it: Network(Population(neuron, 1000, 'E'))"
        )
    left_out, compared = (float(internal(value, ms.dimension, what)) for value, what in
                          ((transient, "transient"), (duration, "duration")))  # fmt: skip
    if not (compared >= _SHORTEST_MS and left_out >= 0 and math.isfinite(left_out + compared)):
        raise ModelError(f"compare needs a duration of at least {_SHORTEST_MS:g} ms and a transient of at least 0 ms")
    if time_course not in (None, True, False):
        raise ModelError(f"time_course = {time_course!r} must be True, False, or None to leave it to the inputs")
    _require_known(published, network)
    chosen = seeds_to_run(seed, seeds, n_seeds)
    in_time = changes_in_time(network) if time_course is None else time_course
    steady, sentences = _theory(network)
    record = voltages_to_record(network)
    recordings = [
        simulate(
            network, (left_out + compared) * ms, dt=dt, seed=one, threads=threads, progress=progress,
            record=record if k == 0 else None,
        )
        for k, one in enumerate(chosen)
    ]  # fmt: skip
    followed = follow(network, recordings, left_out) if in_time else Followed()
    sentences = [*_not_covered(network, followed), *_left_out(network, steady, followed), *sentences]
    return _joined(network, recordings, left_out, steady, [*sentences, *followed.sentences], published or {}, followed)


def _require_known(published: Any, network: Network) -> None:
    """Refuse published rates that are not by population."""
    if not isinstance(published, Mapping | None):
        raise ModelError(f"published must give rates in Hz by population, such as {{'E': 5.0}}, not {published!r}")
    names = [p.name for p in network.populations]
    for name in published or {}:
        if name not in names:
            raise ModelError(f"published: there is no population {name!r}{nearest(str(name), names)}")


def _theory(network: Network) -> tuple[SteadyState | None, list[str]]:
    """The stationary state of what the theory covers, and what to keep in mind; None where it covers nothing."""
    part = population.covered(network)
    if part is None:
        return None, []
    try:
        steady = population.steady_state(part)
    except ModelError as error:
        return None, [f"The theory gives no rates: {error}"]
    return steady, population.validity(part, steady)


def _not_covered(network: Network, followed: Followed) -> list[str]:
    """What the theory does not cover, a sentence each; the density equation covers inputs that change in time."""
    in_time = bool(followed.courses) and changes_in_time(network)
    reasons = population.missing(held_still(network) if in_time else network)
    sentences = [f"Not covered by the theory: {sentence}" for sentence in reasons]
    if not in_time:
        return sentences
    return [
        *sentences,
        "Input that changes in time: rates are those of the density equation, their means in the table. CV, spectra, "
        "correlations and modes belong to stationary states; the theory has none where the input is not constant.",
    ]


def _left_out(network: Network, steady: SteadyState | None, followed: Followed) -> list[str]:
    """The populations that the theory has nothing on, where it has something on others."""
    told = {
        *followed.courses,
        *followed.sources,
        *((*steady.populations, *steady.sources) if steady is not None else ()),
    }
    lost = ", ".join(p.name for p in network.populations if p.name not in told)
    return [f"The theory leaves out {lost}: not covered, or driven by what is not covered."] if told and lost else []


def _joined(
    network: Network,
    recordings: Sequence[Recording],
    start: float,
    steady: SteadyState | None,
    sentences: list[str],
    published: Mapping[str, float],
    followed: Followed,
) -> Comparison:
    recording, several = recordings[0], len(recordings) > 1
    measured = [activity_spectrum(one, start) for one in recordings]
    spectrum = measured[0] if not several else (measured[0][0], np.mean([power for _, power in measured], axis=0))
    voltages = {name: voltage_histogram(recording, network, name, start) for name in recording.traces}
    span = recording.duration - start
    frequency, predicted = _rhythm(network, steady, span)
    all_rows = [_rows(one, start, steady, published, followed) for one in recordings]
    rows = rows_of_all(all_rows) if several else all_rows[0]
    return Comparison(
        network=network.name,
        size=network.size,
        duration_ms=span,
        transient_ms=start,
        dt_ms=recording.dt,
        seed=recording.seed,
        rows=rows,
        mode=None if steady is None else steady.mode,
        frequency_sim_hz=dominant_frequency(recording, start, spectrum),
        warnings=(*sentences, *about_the_run(network, rows, steady, span=span, dt=recording.dt)),
        build_s=recording.build,
        wall_s=sum(one.wall for one in recordings),
        spectrum=spectrum,
        voltages=voltages,
        densities=_densities(steady, voltages),
        recording=recording,
        steady=steady,
        frequency_theory_hz=frequency,
        spectrum_theory=predicted,
        source=network.source,
        seeds=tuple(one.seed for one in recordings) if several else (),
        scores=scores(network, recordings, start, rows, steady) if several else (),
        time_courses=followed.courses,
    )


def _rhythm(network: Network, steady: SteadyState | None, duration: float) -> tuple[float, Spectrum | None]:
    """Predicted frequency and spectrum of the activity of all neurons, where the theory covers them all."""
    if steady is None or len(steady.populations) + len(steady.sources) < len(network.populations):
        return math.nan, None
    predicted = predicted_spectrum(network, steady)
    return predicted_frequency(network, steady, predicted, duration), predicted


def _rows(
    recording: Recording, start: float, steady: SteadyState | None, published: Mapping[str, float], followed: Followed
) -> tuple[Row, ...]:
    rates, cv, span = recording.rates(start), recording.cv(start), (recording.duration - start) * 1e-3
    rows = []
    for name, size in zip(recording.populations, recording.sizes, strict=True):
        least = max(NEGLIGIBLE_HZ, 1 / (size * span))
        stationary = _theory_of(steady, name)
        theory = stationary or _mean_of(followed, name)
        if name in followed.courses and not stationary:  # windows of an input that changes differ because of that
            rates[name] = (rates[name][0], followed.courses[name].mean_se)
        known = published.get(name, math.nan)
        rows.append(Row(name, size, *rates[name], cv[name], **theory, rate_published_hz=known, least_hz=least))
    return tuple(rows)


def _theory_of(steady: SteadyState | None, name: str) -> dict[str, float]:
    """What the theory says of one population, as fields of a `Row`."""
    if steady is not None and name in steady.sources:
        return {"rate_theory_hz": steady.sources[name], "cv_theory": 1.0}
    if steady is None or name not in steady.populations:
        return {}
    k = steady.populations.index(name)
    silent = steady.rates[k] < NEGLIGIBLE_HZ  # there are no intervals
    return {
        "rate_theory_hz": float(steady.rates[k]),
        "cv_theory": math.nan if silent else float(steady.cv[k]),
        "mu_mv": float(steady.mu[k]),
        "sigma_mv": float(steady.sigma[k]),
    }


def _mean_of(followed: Followed, name: str) -> dict[str, float]:
    """The rate over the time compared, where an input changes in it."""
    if name in followed.sources:
        return {"rate_theory_hz": followed.sources[name]}
    course = followed.courses.get(name)
    return {} if course is None else {"rate_theory_hz": course.mean}


def _densities(steady: SteadyState | None, voltages: Mapping[str, Histogram]) -> dict[str, Density]:
    if steady is None:
        return {}
    return {name: _density(steady, name, found) for name, found in voltages.items() if name in steady.populations}


def _density(steady: SteadyState, name: str, histogram: Histogram) -> Density:
    voltage = np.linspace(histogram.edges[0], histogram.edges[-1], 400)
    return Density(voltage, steady.density(name, voltage))
