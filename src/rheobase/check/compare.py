"""`compare`: one network, its simulation, and its theory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rheobase import population
from rheobase.check.measure import activity_spectrum, dominant_frequency, voltage_histogram, voltages_to_record
from rheobase.check.result import Comparison, Density, Histogram, Row
from rheobase.check.timestep import about_the_time_step
from rheobase.errors import ModelError
from rheobase.model.network import Network
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
    threads: int | None = None,
    dt: Any = 0.1 * ms,
    progress: bool = False,
    published: Mapping[str, float] | None = None,
) -> Comparison:
    """Simulate a network and put the mean-field theory of the same object beside it.

    Parameters
    ----------
    network
        Any network that can be simulated. Where the theory does not cover it, the warnings say why, and the columns of
        the theory stay empty.
    duration
        Time that is compared; it follows ``transient``, which is simulated and left out.
    seed, threads, dt, progress
        As for `rheobase.simulate`.
    published
        Rates (Hz) that others found, by population, for a column of the table.

    Returns
    -------
    Comparison
        With ``.table()``, ``.plot()``, ``.to_json()`` and ``.warnings``.

    Raises
    ------
    ModelError
        If the network cannot be simulated.

    Notes
    -----
    The standard error of a rate comes from the population's rate in ten windows of the simulated time, so it contains
    the fluctuations that the neurons share. It is too small where these last longer than a window.

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
    steady, sentences = _theory(network)
    record = voltages_to_record(network)
    recording = simulate(
        network, (left_out + compared) * ms, dt=dt, seed=seed, threads=threads, record=record, progress=progress
    )
    return _joined(network, recording, left_out, steady, sentences, published or {})


def _theory(network: Network) -> tuple[SteadyState | None, list[str]]:
    """The stationary state and what to keep in mind; None and the reasons where the theory covers it not."""
    missing = population.missing(network)
    if missing:
        return None, [f"Not covered by the theory: {sentence}" for sentence in missing]
    try:
        steady = population.steady_state(network)
    except ModelError as error:
        return None, [f"The theory gives no rates: {error}"]
    return steady, population.validity(network, steady)


def _joined(
    network: Network,
    recording: Recording,
    start: float,
    steady: SteadyState | None,
    sentences: list[str],
    published: Mapping[str, float],
) -> Comparison:
    spectrum = activity_spectrum(recording, start)
    voltages = {name: voltage_histogram(recording, network, name, start) for name in recording.traces}
    return Comparison(
        network=network.name,
        size=network.size,
        duration_ms=recording.duration - start,
        transient_ms=start,
        dt_ms=recording.dt,
        seed=recording.seed,
        rows=_rows(recording, start, steady, published),
        mode=None if steady is None else steady.mode,
        frequency_sim_hz=dominant_frequency(recording, start, spectrum),
        warnings=tuple([*sentences, *_about_the_run(recording, start, steady)]),
        build_s=recording.build,
        wall_s=recording.wall,
        spectrum=spectrum,
        voltages=voltages,
        densities={} if steady is None else {name: _density(steady, name, found) for name, found in voltages.items()},
        recording=recording,
        steady=steady,
        source=network.source,
    )


def _rows(
    recording: Recording, start: float, steady: SteadyState | None, published: Mapping[str, float]
) -> tuple[Row, ...]:
    rates, cv = recording.rates(start), recording.cv(start)
    rows = []
    for number, (name, size) in enumerate(zip(recording.populations, recording.sizes, strict=True)):
        theory = {} if steady is None else {
            "rate_theory_hz": float(steady.rates[number]), "cv_theory": float(steady.cv[number]),
            "mu_mv": float(steady.mu[number]), "sigma_mv": float(steady.sigma[number]),
        }  # fmt: skip
        rows.append(Row(name, size, *rates[name], cv[name], **theory, rate_published_hz=published.get(name, math.nan)))
    return tuple(rows)


def _density(steady: SteadyState, name: str, histogram: Histogram) -> Density:
    import numpy as np

    voltage = np.linspace(histogram.edges[0], histogram.edges[-1], 400)
    return Density(voltage, steady.density(name, voltage))


def _about_the_run(recording: Recording, start: float, steady: SteadyState | None) -> list[str]:
    """What the simulation itself cannot tell."""
    sentences = [] if steady is None else about_the_time_step(steady, recording.dt)
    silent = [name for name, (rate, _) in recording.rates(start).items() if rate == 0]
    if silent:
        span = f"{recording.duration - start:g} ms"
        sentences.append(f"No spike of {', '.join(silent)} within the {span}; a longer simulation could tell the rate.")
    return sentences
