"""Rates in time: the density equation of a network, started as its simulation, beside the spikes of several seeds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase import population
from rheobase.check.dispersion import dispersion
from rheobase.check.student import as_normal
from rheobase.check.time_bins import counts_of, merged, width_in_steps
from rheobase.check.time_course import TimeCourse
from rheobase.check.timestep import raised
from rheobase.errors import ModelError
from rheobase.model.distribution import Normal, Uniform
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.model.shown_units import shown, shown_unit
from rheobase.population import PopulationActivity, input_map
from rheobase.population.density.fokker_planck_input import split_courses
from rheobase.population.density.source_courses import rate_of
from rheobase.population.input.statistics import InputMap
from rheobase.simulation import Recording
from rheobase.units import ms

Array = NDArray[np.float64]

_MOST_REPLICAS = 2000  # neurons that the scatter is learnt from
_FAR = 4.0  # standard deviations of a start


@dataclass(frozen=True, eq=False)
class Followed:
    """What there is to say of the rates in time: by population, mean rates (Hz) of Poisson processes, in sentences."""

    courses: Mapping[str, TimeCourse] = field(default_factory=dict)
    sources: Mapping[str, float] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()


def changes_in_time(network: Network) -> bool:
    """Whether an input is a time course."""
    return any(isinstance(item, CurrentInput) and item.dt is not None for item in network.inputs)


def held_still(network: Network) -> Network:
    """The network with its time courses put to zero."""
    return split_courses(network)[0]


def follow(network: Network, recordings: Sequence[Recording], start: float) -> Followed:
    """The rates of all populations that the density equation covers, from ``start`` (ms) on.

    Parameters
    ----------
    network
        The network that was simulated.
    recordings
        With different seeds, all of the same duration.
    """
    part = covered_part(network)
    if part is None:
        return Followed()
    try:
        maps = input_map(held_still(part))
        higher = _higher(maps, recordings, start)
        initial, untold = _starts(part, maps)
        first = recordings[0]
        activity = population.fokker_planck(
            _raised(part, maps, higher), first.duration * ms, dt=first.dt * ms, initial=initial, snapshots=2
        )
    except ModelError as error:
        return Followed(sentences=(f"The density equation gives no rates in time: {error}",))
    courses = {
        name: _course(network, recordings, start, activity, name, float(shown(part[name].neuron, m.voltage, up)))
        for name, m, up in zip(maps.names, maps.membranes, higher, strict=True)
    }
    sources = {name: _source_mean(part, name, start, first.duration) for name in maps.sources}
    return Followed(courses, sources, (*untold, *_about_the_threshold(part, maps, higher, first.dt)))


def covered_part(network: Network) -> Network | None:
    """What the density equation covers: populations that the theory covers with all inputs held still."""
    still = held_still(network)
    kept = population.covered(still)
    if kept is None:
        return None
    if kept is still:
        return network
    names = {p.name for p in kept.populations}
    inputs = [item for item in network.inputs if item.population in names]
    return network.with_(populations=kept.populations, projections=kept.projections, inputs=inputs, gap_junctions=())


def _higher(maps: InputMap, recordings: Sequence[Recording], start: float) -> Array:
    """How much further up each threshold seems to lie to a simulation, at its rates."""
    found = [recording.rates(start) for recording in recordings]
    rates = np.array([np.mean([one[name][0] for one in found]) for name in maps.names], float)
    drive = maps.drive(rates * 1e-3)
    return raised(drive.tau_m, drive.sigma, drive.shift, recordings[0].dt)


def _raised(network: Network, maps: InputMap, higher: Array) -> Network:
    """The network with these thresholds: its neurons look at ``v`` less the difference."""
    changed = {p.name: p for p in network.populations}
    for name, m, up in zip(maps.names, maps.membranes, higher, strict=True):
        neuron = changed[name].neuron
        if up > 0.0:
            unit = shown_unit(neuron, m.voltage)
            lower = f"({m.voltage} - {up / unit.scale:.17g}{'' if unit.name == '1' else '*' + unit.name})"
            text = re.sub(rf"\b{re.escape(m.voltage)}\b", lower, neuron.texts["threshold"])
            changed[name] = changed[name].with_(neuron=neuron.with_(threshold=text))
    return network.with_(populations=changed.values())


def _about_the_threshold(network: Network, maps: InputMap, higher: Array, dt: float) -> list[str]:
    units = [shown_unit(network[name].neuron, m.voltage) for name, m in zip(maps.names, maps.membranes, strict=True)]
    told = [(float(up / unit.scale), unit.name) for unit, up in zip(units, higher, strict=True) if up > 0.0]
    if not told:
        return []
    low, high, unit = min(told)[0], max(told)[0], "" if told[0][1] == "1" else f" {told[0][1]}"
    by = f"{low:.2g}" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g} to {high:.2g}"
    return [
        f"Rates in time: the density equation has its thresholds raised by {by}{unit}, as a simulation that tests them "
        f"once every {dt:g} ms sees them in white noise."
    ]


def _source_mean(network: Network, name: str, start: float, stop: float) -> float:
    """Mean rate (Hz) of a Poisson process over the time compared."""
    steps = rate_of(network, name)
    edges = np.unique(np.clip(np.append(steps.starts, stop), start, stop))
    return float(np.average(steps.at(edges[:-1]), weights=np.diff(edges))) * 1e3


def _starts(network: Network, maps: InputMap) -> tuple[Any, list[str]]:
    """The distribution that each population starts from; stationary where one cannot be told, and a sentence."""
    found = {}
    for name, m in zip(maps.names, maps.membranes, strict=True):
        start = _start(network[name], m.voltage, m.v_th)
        if start is None:
            return "stationary", [
                f"Rates in time: the start values of '{name}' are none that the density equation can begin with (a "
                "constant, Normal or Uniform below the threshold); it begins in the stationary state of the input at "
                "time 0 instead. After a transient of some membrane time constants that is forgotten."
            ]
        found[name] = start
    return found, []


def _start(own: Population, voltage: str, v_th: float) -> Any:
    neuron, value = own.neuron, own.value(voltage)
    match value:
        case float():
            return shown(neuron, voltage, value) if value < v_th else None
        case Uniform(low, high) if high <= v_th:
            low, high = shown(neuron, voltage, low), shown(neuron, voltage, high)
            return low if low == high else Uniform(low, high)
        case Normal(mean, sd, None, None) if mean + _FAR * sd < v_th:
            return (shown(neuron, voltage, mean), shown(neuron, voltage, sd))
    return None


def _course(
    network: Network, recordings: Sequence[Recording], start: float, activity: PopulationActivity, name: str, up: float
) -> TimeCourse:
    first, size = recordings[0], network[name].n
    rate, together = activity.rate(name), size * len(recordings)
    inside = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * activity.dt * 1e-3)]) * together
    begin, end = round(start / first.dt), activity.times.size - 1
    span = (end - begin) * first.dt
    width = width_in_steps(float(inside[end] - inside[begin]) / span, span, first.dt)
    edges = np.unique(np.append(np.arange(begin, end, width), end))
    edges = edges[merged(np.diff(inside[edges]))]
    expected, times = np.diff(inside[edges]), edges * first.dt
    counts = _replicas(recordings, first.number(name), size, times)
    total, scatter = counts[0], dispersion(counts[1])
    error = np.sqrt(scatter.fano * np.maximum(expected, np.finfo(float).tiny))
    z = as_normal((total - expected) / error, scatter.freedom)
    hz = 1.0 / (together * np.diff(times) * 1e-3)
    several = len(recordings) > 1
    return TimeCourse(
        population=name, edges=times, predicted=expected * hz, measured=total * hz, se=error * hz, z=z,
        times=activity.times[begin:], rate=rate[begin:], chi_squared=float(z @ z),
        spread=scatter.spread * float(np.sqrt(z.size)), seeds=len(recordings),
        shared=not several and bool(network.projections_into(name) or network.gap_junctions_of(name)),
        mean_se=_mean_se(counts[1], size, len(recordings), (times[-1] - times[0]) * 1e-3), raised=up,
    )  # fmt: skip


def _mean_se(counts: Array, size: int, seeds: int, seconds: float) -> float:
    """Standard error of the mean rate (Hz): from seeds, each of ``size`` neurons, or from neurons, of which ``size``
    make the mean.
    """
    each = counts.sum(axis=1)
    if each.size < 2:
        return float(np.sqrt(each[0])) / seconds
    error = float(np.std(each, ddof=1)) / seconds
    return error / (np.sqrt(seeds) * size) if seeds > 1 else error / np.sqrt(size)


def _replicas(recordings: Sequence[Recording], number: int, size: int, edges: Array) -> tuple[Array, Array]:
    """Spikes in each bin of all together, and of each replica: the seeds, or some neurons of one simulation."""
    trains = [recording.spikes.of(number) for recording in recordings]
    if len(trains) > 1:
        time = np.concatenate([np.asarray(train.time, float) for train in trains])
        seed = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
        counts = counts_of(time, seed, len(trains), edges)
        return counts.sum(axis=0), counts
    (train,) = trains
    time = np.asarray(train.time, float)
    total = counts_of(time, np.zeros(time.size, np.int64), 1, edges)[0]
    few = train.neuron < min(size, _MOST_REPLICAS)
    return total, counts_of(time[few], train.neuron[few].astype(np.int64), min(size, _MOST_REPLICAS), edges)
