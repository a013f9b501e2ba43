"""A channel's gating curves: what its gates do at a fixed potential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.conductance.channel import Channel
from rheobase.conductance.membrane import membrane
from rheobase.conductance.rest import steady_values
from rheobase.conductance.temperature import ZERO_CELSIUS, celsius
from rheobase.conductance.text import gate_names, steady_text
from rheobase.errors import ModelError
from rheobase.model.errors import Source
from rheobase.model.lines import split
from rheobase.units import VOLTAGE, Quantity, internal

LOWEST, HIGHEST, POINTS = -120.0, 60.0, 361


@dataclass(frozen=True)
class Gating:
    """Steady states and time constants over the membrane potential.

    Attributes
    ----------
    v
        Potentials, mV.
    inf
        Open share of each gate in the long run.
    tau
        Time constant of each gate, ms; instantaneous gates have none.
    powers
        How often each gate stands in the product.
    current
        The channel's steady current, in ``unit``.
    temperature
        Degrees Celsius, or None where the channel does not depend on it.
    """

    channel: str
    v: NDArray[np.float64]
    inf: Mapping[str, NDArray[np.float64]]
    tau: Mapping[str, NDArray[np.float64]]
    powers: Mapping[str, int]
    current: NDArray[np.float64]
    unit: str
    temperature: float | None
    source: str = ""

    @property
    def open(self) -> NDArray[np.float64]:
        """The share of open channels in the long run: the product of the gates."""
        product = np.ones_like(self.v)
        for name, power in self.powers.items():
            product = product * self.inf[name] ** power
        return product

    def plot(self) -> Any:
        """x_inf(v) and tau(v) as a figure."""
        from rheobase.plot.conductance import gating

        return gating(self)

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """Half-activation, and the slowest time constant of each gate, a line each."""
        lines = [f"channel {self.channel}" + (f" at {self.temperature:g} C" if self.temperature is not None else "")]
        for name, inf in self.inf.items():
            crossed = np.flatnonzero(np.diff(np.sign(inf - 0.5)))
            half = f"half open at {_crossing(self.v, inf, crossed[0]):.3g} mV" if crossed.size else "never half open"
            where = ""
            if name in self.tau:
                slowest = int(np.argmax(self.tau[name]))
                where = f", tau up to {self.tau[name][slowest]:.3g} ms at {self.v[slowest]:.3g} mV"
            lines.append(f"  {name}: {half}{where or ', instantaneous'}")
        if not self.inf:
            lines.append("  no gates: always open")
        return "\n".join(lines)

    def cite(self) -> str:
        """The publication that the channel comes from."""
        return self.source


def _crossing(v: NDArray[np.float64], inf: NDArray[np.float64], at: int) -> float:
    share = (0.5 - inf[at]) / (inf[at + 1] - inf[at])
    return float(v[at] + share * (v[at + 1] - v[at]))


def gating(channel: Channel, v: Any = None, *, temperature: Any = None, **values: Any) -> Gating:
    """`Channel.gating`."""
    grid = np.linspace(LOWEST, HIGHEST, POINTS) if v is None else _voltages(v)
    C = "1 uF/cm**2" if channel.is_per_area else "100 pF"
    warm = celsius(channel.measured_at - ZERO_CELSIUS) if channel.measured_at is not None else None
    given = temperature if temperature is not None else warm
    declared = {line.name for line in split(Source(channel.equations))}
    needed = {name: unit for name, unit in channel.needs.items() if name not in declared}
    missing = [name for name in needed if name not in values]
    if missing:
        raise ModelError(f"channel {channel.name!r} depends on {missing[0]!r}; give {missing[0]}=... to see its curves")
    extra = "\n".join(f"{name} : {unit}" for name, unit in needed.items())
    neuron = membrane(
        channel, C=C, temperature=given, v=f"{float(grid[0])!r} mV", equations=extra, threshold=None, **values
    )
    states = {name: steady_text(name, gate, {}) for name, _, gate in channel.gates if not gate.is_instant}
    found = steady_values(neuron, states, grid)
    inf, tau = {}, {}
    for name, _, gate in channel.gates:
        of = gate_names(name, gate)
        inf[name] = _over(found[name if not gate.is_instant else of["inf"]], grid)
        if not gate.is_instant:
            slow = found[of["tau"]] if gate.tau is not None else 1.0 / (found[of["alpha"]] + found[of["beta"]])
            tau[name] = _over(slow / _speed(found, channel, name, gate.q10), grid)
    unit = neuron.equations[f"I_{channel.name}"].unit
    return Gating(
        channel.name, grid, inf, tau, {name: power for name, power, _ in channel.gates},
        _over(found[f"I_{channel.name}"], grid) / unit.scale, unit.name,
        None if "T" not in neuron.parameters else float(np.asarray(neuron.parameters["T"])) - ZERO_CELSIUS,
        channel.source,
    )  # fmt: skip


def _speed(found: Mapping[str, Any], channel: Channel, name: str, own: float | None) -> float:
    key = f"phi_{name}_{channel.name}" if own is not None else f"phi_{channel.name}"
    return float(found.get(key, 1.0))


def _over(values: Any, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(values, dtype=float), grid.shape).copy()


def _voltages(v: Any) -> NDArray[np.float64]:
    plain = v if not isinstance(v, str | Quantity) and not hasattr(v, "unit") else None
    try:
        array = np.atleast_1d(np.asarray(internal(v, VOLTAGE, "v") if plain is None else plain, dtype=float))
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not array.size or not np.all(np.isfinite(array)):
        raise ModelError(f"v = {v!r} has to be a list of finite voltages, in mV or with a unit")
    return array
