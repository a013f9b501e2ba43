"""A channel as lines of equation text, with names that no other channel has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rheobase.conductance.channel import Channel, unit_of
from rheobase.conductance.gate import Gate
from rheobase.conductance.temperature import ZERO_CELSIUS
from rheobase.model.errors import Source
from rheobase.model.lines import split
from rheobase.units import Quantity

#: Names that the membrane itself has.
RESERVED = frozenset({"v", "I", "C_m", "T", "area"})


@dataclass(frozen=True)
class Part:
    """A channel's share of the text.

    Attributes
    ----------
    current
        The name of its current.
    equations, parameters
        Lines, and declarations by name: what two channels declare alike is written once.
    gates
        State of every gate that has an equation, and the text of its steady state.
    """

    channel: Channel
    current: str
    equations: tuple[str, ...]
    parameters: Mapping[str, str]
    gates: Mapping[str, str]


def local_names(channel: Channel) -> set[str]:
    """Names that belong to the channel alone, as they are while no other channel has them too."""
    names = set(channel.parameters) | {line.name for line in split(Source(channel.equations))}
    return names.union(*(_names_of(name, gate) for name, _, gate in channel.gates))


def _names_of(name: str, gate: Gate) -> set[str]:
    return {name, *gate_names(name, gate).values()}


def gate_names(name: str, gate: Gate) -> dict[str, str]:
    """The name of each of a gate's quantities: ``alpha`` of gate m is ``alpha_m``, ``inf`` is ``m_inf``."""
    given = [part for part in ("alpha", "beta", "inf", "tau") if getattr(gate, part) is not None]
    names = {part: f"{name}_inf" if part == "inf" else f"{part}_{name}" for part in given}
    if gate.is_instant:
        names["inf"] = f"{name}_inf"
    return names


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with whole names replaced."""
    if not names:
        return text
    pattern = r"(?<![\w.])(" + "|".join(re.escape(name) for name in names) + r")(?!\w)"
    return re.sub(pattern, lambda found: names[found[1]], text)


def clashes(channels: Iterable[Channel]) -> list[dict[str, str]]:
    """For each channel the new spelling of the names that another channel has too: ``m`` becomes ``m_Na``."""
    channels = list(channels)
    local = [local_names(channel) for channel in channels]
    found = []
    for at, (channel, names) in enumerate(zip(channels, local, strict=True)):
        others = RESERVED.union(*(own for k, own in enumerate(local) if k != at), *map(_shared_names, channels))
        both = names & others
        for name, _, gate in channel.gates:  # all that belongs to a gate goes by its name
            both |= _names_of(name, gate) if both & _names_of(name, gate) else set()
        found.append({name: f"{name}_{channel.name}" for name in sorted(both)})
    return found


def _shared_names(channel: Channel) -> set[str]:
    return {f"{kind}_{channel.name}" for kind in ("I", "g", "P", "phi", "phi_g", "u")} | {f"E_{channel.ion}"}


def current_text(channel: Channel, names: Mapping[str, str], scaled: bool = False) -> str:
    """``g_Na*m**3*h*(v - E_Na)``, or the flux through a permeability."""
    strength = f"{'g' if channel.P is None else 'P'}_{channel.name}"
    factors = [strength] + ([f"phi_g_{channel.name}"] if scaled and channel.q10_g is not None else [])
    for name, power, gate in channel.gates:
        shown = f"{name}_inf" if gate.is_instant else name
        factors.append(names.get(shown, shown) + (f"**{power}" if power > 1 else ""))
    if channel.P is None:
        return "*".join([*factors, f"(v - E_{channel.ion})"])
    inside, outside = concentration_names(channel)
    u = f"u_{channel.name}"
    flux = f"faraday_constant*({inside}/exprel(-{u}) - {outside}/exprel({u}))"
    return "*".join(factors) + f"*{_charge(channel)}{flux}"


def concentration_names(channel: Channel) -> tuple[str, str]:
    """What the concentrations of a channel's ion are called."""
    inside = channel.inside if isinstance(channel.inside, str) else f"{channel.ion}_in"
    outside = channel.outside if isinstance(channel.outside, str) else f"{channel.ion}_out"
    return inside, outside


def part_of(channel: Channel, names: Mapping[str, str], unit: str, scaled: bool) -> Part:
    """The channel's lines; ``unit`` is that of currents, ``scaled`` says whether there is a temperature."""
    current = f"I_{channel.name}"
    lines = [f"{current} = {current_text(channel, names, scaled)} : {unit}", *_driving_lines(channel)]
    gates: dict[str, str] = {}
    for name, _, gate in channel.gates:
        speed = _speed(channel, gate, name) if scaled else ""
        lines += _gate_lines(name, gate, names, speed)
        if not gate.is_instant:
            gates[names.get(name, name)] = steady_text(name, gate, names)
    lines += _speed_lines(channel) if scaled else []
    lines += [renamed(line.strip(), names) for line in channel.equations.splitlines() if line.strip()]
    return Part(channel, current, tuple(lines), _declarations(channel, names), gates)


def steady_text(name: str, gate: Gate, names: Mapping[str, str]) -> str:
    """A gate's steady state as an expression."""
    of = {part: names.get(full, full) for part, full in gate_names(name, gate).items()}
    return of["inf"] if gate.inf is not None else f"{of['alpha']}/({of['alpha']} + {of['beta']})"


def _gate_lines(name: str, gate: Gate, names: Mapping[str, str], speed: str) -> list[str]:
    of = {part: names.get(full, full) for part, full in gate_names(name, gate).items()}
    x = names.get(name, name)
    lines = []
    if not gate.is_instant:
        slope = (
            f"({of['inf']} - {x})/{of['tau']}"
            if gate.inf is not None
            else f"{of['alpha']}*(1 - {x}) - {of['beta']}*{x}"
        )
        if speed:
            slope = f"{speed}*{slope}" if gate.inf is not None else f"{speed}*({slope})"
        lines.append(f"d{x}/dt = {slope} : 1")
    elif gate.inf is None:
        lines.append(f"{of['inf']} = {of['alpha']}/({of['alpha']} + {of['beta']}) : 1")
    units = {"alpha": "1/ms", "beta": "1/ms", "inf": "1", "tau": "ms"}
    for part, text in gate.texts().items():
        lines.append(f"{of[part]} = {renamed(' '.join(text.split()), names)} : {units[part]}")
    return lines


def _speed(channel: Channel, gate: Gate, name: str) -> str:
    """The name of the factor by which a gate is faster; empty if temperature does not matter to it."""
    if gate.is_instant:
        return ""
    if gate.q10 is not None:
        return f"phi_{name}_{channel.name}"
    return f"phi_{channel.name}" if channel.q10 is not None else ""


def _speed_lines(channel: Channel) -> list[str]:
    if channel.measured_at is None:
        return []
    factors = {f"phi_{channel.name}": channel.q10, f"phi_g_{channel.name}": channel.q10_g}
    if not any(gate.q10 is None and not gate.is_instant for _, _, gate in channel.gates):
        factors[f"phi_{channel.name}"] = None
    factors |= {f"phi_{name}_{channel.name}": gate.q10 for name, _, gate in channel.gates if not gate.is_instant}
    at = f"{channel.measured_at - ZERO_CELSIUS:.12g}*kelvin"
    return [
        f"{name} = {factor:g}**((T - zero_celsius - {at})/(10*kelvin)) : 1"
        for name, factor in factors.items()
        if factor is not None
    ]


def _driving_lines(channel: Channel) -> list[str]:
    inside, outside = concentration_names(channel)
    if channel.P is not None:
        return [f"u_{channel.name} = {_charge(channel)}faraday_constant*v/(gas_constant*T) : 1"]
    if channel.by_nernst:
        faraday = "faraday_constant" if channel.valence == 1 else f"({_charge(channel)}faraday_constant)"
        return [f"E_{channel.ion} = gas_constant*T/{faraday}*log({outside}/{inside}) : mV"]
    return []


def _charge(channel: Channel) -> str:
    """The charge number as a factor; nothing for 1."""
    if channel.valence == 1:
        return ""
    return f"{channel.valence}*" if (channel.valence or 0) > 0 else f"({channel.valence})*"


def _declarations(channel: Channel, names: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, Quantity | float] = {}
    for value, name in (
        (channel.g, f"g_{channel.name}"),
        (channel.P, f"P_{channel.name}"),
        (channel.E, f"E_{channel.ion}"),
    ):
        if value is not None:
            given[name] = value
    for value, name in zip((channel.inside, channel.outside), concentration_names(channel), strict=True):
        if isinstance(value, Quantity):
            given[name] = value
    given |= {names.get(name, name): value for name, value in channel.parameters.items()}
    return {name: declaration(name, value) for name, value in given.items()}


def declaration(name: str, value: Quantity | float) -> str:
    """``g_Na : mS/cm**2 = 120*mS/cm**2``."""
    unit = unit_of(value)
    if unit == "1":
        return f"{name} : 1 = {float(value):.15g}"
    assert isinstance(value, Quantity)
    number = f"{float(value.to(value.unit)):.15g}"
    # a unit that starts with a quotient, 1/ms, follows the number as "/ms"
    return f"{name} : {unit} = {number}{unit[1:] if unit.startswith('1/') else '*' + unit}"
