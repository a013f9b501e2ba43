"""What a comparison says about its simulation: what it cannot tell, and where it ended up."""

from __future__ import annotations

import math

import numpy as np

from rheobase.check.result import Row
from rheobase.check.timestep import about_the_time_step
from rheobase.model.network import Network
from rheobase.population import SteadyState
from rheobase.population.trust.predictions import describe_state

FEW_INTERVALS = 20.0
_LONG_S = 1000.0  # of simulated time: more than anyone waits for a spike
_MUCH_CLOSER = 1 / 3
_SIGNIFICANT_SE = 4.0


def about_the_run(
    network: Network, rows: tuple[Row, ...], steady: SteadyState | None, *, span: float, dt: float
) -> list[str]:
    """Sentences on the simulation itself, of which ``span`` (ms) was compared, with the time step ``dt`` (ms)."""
    on_theory = [] if steady is None else [*_settled_elsewhere(rows, steady), *about_the_time_step(steady, dt)]
    return [*on_theory, *_silent(network, rows, span), *_few_intervals(rows, span)]


def _settled_elsewhere(rows: tuple[Row, ...], steady: SteadyState) -> list[str]:
    """Whether the simulation ended near another state of the theory than the one in the table."""
    mine = [row for row in rows if row.name in steady.populations]
    simulated = np.array([row.rate_sim_hz for row in mine])
    error = np.array([row.rate_sim_se_hz for row in mine])
    if not np.any(np.abs(simulated - steady.rates) > _SIGNIFICANT_SE * error):
        return []
    distance = [float(np.max(np.abs(simulated - point.rates))) for point in steady.fixed_points]
    nearest = int(np.argmin(distance))
    if distance[nearest] >= _MUCH_CLOSER * distance[steady.reported]:
        return []
    return [
        f"Another state: the simulated rates are much closer to {describe_state(steady, nearest)}, than to the state "
        "in the table. It depends on the start values which one a simulation reaches."
    ]


def _silent(network: Network, rows: tuple[Row, ...], span: float) -> list[str]:
    """Populations without a spike that might have had one: the theory expects some, or something drives them."""
    silent = [row.name for row in rows if row.rate_sim_hz == 0 and _may_fire(network, row)]
    if not silent:
        return []
    return [f"No spike of {', '.join(silent)} within the {span:g} ms; a longer simulation could tell the rate."]


def _may_fire(network: Network, row: Row) -> bool:
    if math.isfinite(row.rate_theory_hz):
        return row.rate_theory_hz * row.size * _LONG_S >= 1
    driven = network.projections_into(row.name) or network.inputs_of(row.name) or network[row.name].neuron.noise
    return bool(driven)


def _few_intervals(rows: tuple[Row, ...], span: float) -> list[str]:
    few = {row.name: row.rate_sim_hz * span * 1e-3 for row in rows if math.isfinite(row.cv_sim)}
    few = {name: count for name, count in few.items() if count < FEW_INTERVALS}
    if not few:
        return []
    low, high = (f"{count:.2g}" for count in (min(few.values()), max(few.values())))
    needed = span * FEW_INTERVALS / min(few.values()) * 1e-3
    return [
        f"Few intervals: a neuron of {', '.join(few)} has on average {low if low == high else f'{low} to {high}'} of "
        f"them in {span:g} ms. A long interval rarely fits into that, and the deviation of few values is "
        f"underestimated, so the simulated CV is too low; {needed:.2g} s have {FEW_INTERVALS:.0f} intervals."
    ]
