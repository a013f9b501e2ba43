"""Channels in parallel with a capacitance: Kirchhoff's law as a neuron's equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rheobase.conductance.arguments import CONDUCTANCE, PER_AREA
from rheobase.conductance.channel import Channel
from rheobase.conductance.rest import start_values
from rheobase.conductance.temperature import ZERO_CELSIUS, read_temperature
from rheobase.conductance.text import Part, clashes, declaration, part_of
from rheobase.errors import ModelError
from rheobase.model.errors import Source
from rheobase.model.lines import split
from rheobase.model.neuron import Neuron
from rheobase.units import (
    CURRENT,
    LENGTH,
    TIME,
    Dimension,
    Quantity,
    Unit,
    as_quantity,
    describe,
    internal,
    parse_quantity,
    parse_unit,
)

CAPACITANCE = CONDUCTANCE * TIME
THRESHOLD = "v > -20*mV"


def membrane(
    *channels: Channel,
    C: Any,
    I: Any = None,  # noqa: E741
    area: Any = None,
    temperature: Any = None,
    v: Any = None,
    threshold: str | None = THRESHOLD,
    refractory: Any = None,
    equations: str = "",
    name: str = "membrane",
    source: str = "",
    notes: str = "",
    method: str = "auto",
    **values: Any,
) -> Neuron:
    r"""A neuron from a capacitance and channels.

    .. math:: C_m \frac{dv}{dt} = I - \sum_k I_k

    The result is an ordinary `rheobase.Neuron`, and its text is the model: read it with ``neuron.equations.text``.
    Quantities that two channels both have, such as a gate m, get the channel's name behind theirs: ``m_Na``,
    ``m_NaP``.

    Parameters
    ----------
    *channels
        `Channel` objects, `leak` among them. Their conductances are all per area, or all of the whole cell.
    C
        Capacitance, per area (``1*uF/cm**2``) or of the whole cell (``100*pF``), like the conductances.
    I
        Input current, 0 by default; per area like ``C``, or in pA if there is an ``area``.
    area
        Membrane area, for channels per area: the input current ``I`` is then that of the whole cell, which synapses
        and gap junctions act on.
    temperature
        At which the neuron is, such as ``celsius(37)``. Gates with a ``q10`` follow it; without it, all gates are as
        they were measured. It becomes the parameter ``T`` of the neuron.
    v
        Start value of the potential. By default the rest, where the steady currents cancel without input; all gates
        start at their steady states there. Other states, such as calcium, begin at the start values of their lines.
    threshold, refractory
        When a spike is counted, and until when there is no other; as long as the threshold is exceeded by default.
    equations
        More lines, such as a calcium pool that uses the channels' currents ``I_...``.
    name, source, notes, method
        As for `rheobase.Neuron`; the sources of the channels are added.
    **values
        Other values of parameters, by their names in the text: ``g_Na="100 mS/cm**2"``.

    Raises
    ------
    ModelError
        For channels that do not fit each other or the capacitance, and for mistakes in their texts.

    Examples
    --------
    >>> from rheobase.conductance import channels, leak, membrane
    >>> axon = membrane(channels.sodium_squid(), channels.potassium_squid(), leak("0.3 mS/cm**2", "-54.387 mV"),
    ...                 C="1 uF/cm**2")
    >>> axon.states
    ('v', 'm', 'h', 'n')
    """
    _check_channels(channels)
    capacitance = _capacitance(C)
    per_area = capacitance.dimension == CAPACITANCE * PER_AREA
    for channel in channels:
        if channel.is_per_area != per_area:
            raise ModelError(_mixed(channel, capacitance))
    if area is not None and not per_area:
        raise ModelError("area is for channels per area of membrane, but this capacitance is that of the whole cell")
    split(Source(equations, "equations="))
    kelvin = _temperature(temperature, channels, equations)
    current_unit = _current_unit(capacitance, I, area)
    parts = [
        part_of(channel, names, current_unit[0], temperature is not None)
        for channel, names in zip(channels, clashes(channels), strict=True)
    ]
    own = _own_parameters(capacitance, I, current_unit[1], area, kelvin)
    given: dict[str, Any] = {key: parse_quantity(x) if isinstance(x, str) else x for key, x in values.items()}
    given |= {"threshold": threshold, "refractory": threshold if refractory is None else refractory, "method": method}
    given |= {"name": name, "notes": notes, "source": _sources(source, channels)}
    text = compose(parts, own, equations, area is not None)
    rough = Neuron(text(None), **given)
    starts = start_values(rough, {name: part for each in parts for name, part in each.gates.items()}, v)
    return Neuron(text(starts), **given)


def compose(parts: Sequence[Part], own: Mapping[str, str], extra: str, has_area: bool) -> Any:
    """The text as a function of the start values (None for none)."""
    _check_uses(parts, own, extra)

    def text(starts: Mapping[str, str] | None) -> str:
        starts = starts or {}
        currents = " - ".join(["I/area" if has_area else "I", *(part.current for part in parts)])
        lines = ["", f"dv/dt = ({currents})/C_m : mV{_start('v', starts)}"]
        for part in parts:
            lines += ["", f"# {part.channel.name}" + (f": {part.channel.source}" if part.channel.source else "")]
            lines += [_with_start(line, starts) for line in part.equations]
        if extra.strip():
            lines += ["", *(line.strip() for line in extra.splitlines() if line.strip())]
        parameters: dict[str, str] = dict(own)
        for part in parts:
            parameters |= part.parameters
        return "\n".join([*_once(lines), "", *parameters.values(), ""])

    return text


def _start(name: str, starts: Mapping[str, str]) -> str:
    return f" = {starts[name]}" if name in starts else ""


def _with_start(line: str, starts: Mapping[str, str]) -> str:
    """A gate's equation with its start value; other lines as they are."""
    state = line[1 : line.find("/dt")] if line.startswith("d") and "/dt" in line else ""
    return f"{line} = {starts[state]}" if state in starts and line.endswith(": 1") else line


def _once(lines: Iterable[str]) -> list[str]:
    """Without lines that stand there already: reversal potentials that channels of one ion share."""
    seen: set[str] = set()
    kept = []
    for line in lines:
        if not line or line not in seen:
            kept.append(line)
        seen.add(line)
    return kept


def _check_channels(channels: Sequence[Channel]) -> None:
    for channel in channels:
        if not isinstance(channel, Channel):
            raise ModelError(f"membrane takes channels, not {type(channel).__name__}; a leak is leak(g, E)")
    names = [channel.name for channel in channels]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ModelError(f"two channels are called {min(twice)!r}; give one another name: channel.with_(name=...)")


def _check_uses(parts: Sequence[Part], own: Mapping[str, str], extra: str) -> None:
    """That what a channel needs is there, and that what channels share has one value."""
    declared: dict[str, tuple[str, str]] = {name: (line, "the membrane") for name, line in own.items()}
    for part in parts:
        mine = dict(part.parameters)
        if part.channel.by_nernst:
            mine |= {f"E_{part.channel.ion}": next(line for line in part.equations if line.startswith("E_"))}
        for name, line in mine.items():
            before = declared.setdefault(name, (line, part.channel.name))
            if before[0] != line:
                raise ModelError(
                    f"channels {before[1]!r} and {part.channel.name!r} give {name} two values; make them agree, or "
                    f"give one of them another ion: channel.with_(ion=...)"
                )
    text = "\n".join([*(line for part in parts for line in part.equations), extra])
    known = declared.keys() | {line.name for line in split(Source(_plain(text)))}
    for part in parts:
        for name, unit in part.channel.needs.items():
            if name not in known:
                raise ModelError(
                    f"channel {part.channel.name!r} needs {name!r} ({unit}), which nothing declares; add a line for it "
                    f"with equations='{name} : {unit} = ...'"
                )


def _plain(text: str) -> str:
    return "\n".join(dict.fromkeys(text.splitlines()))


def _capacitance(C: Any) -> Quantity:
    quantity = as_quantity(C)
    wanted = (CAPACITANCE, CAPACITANCE * PER_AREA)
    if not isinstance(quantity, Quantity) or quantity.dimension not in wanted:
        raise ModelError(f"C = {C!r} has to be a capacitance, such as 1*uF/cm**2 or 100*pF")
    if not float(quantity.value) > 0:
        raise ModelError(f"C = {C!r} has to be positive")
    return quantity


def _mixed(channel: Channel, capacitance: Quantity) -> str:
    kind = "per area of membrane" if channel.is_per_area else "of the whole cell"
    return (
        f"channel {channel.name!r} has a conductance {kind}, but the capacitance is {describe(capacitance.dimension)}; "
        "give both per area (mS/cm**2, uF/cm**2) or both for the whole cell (nS, pF)"
    )


def _check_temperature(kelvin: float, channels: Sequence[Channel], equations: str) -> None:
    """That something follows the temperature, or was measured at it."""
    follows = any(channel.needs_temperature or channel.is_faster_when_warm for channel in channels)
    measured = any(channel.measured_at is not None and abs(channel.measured_at - kelvin) < 1e-6 for channel in channels)
    if not (follows or measured or re.search(r"(?<![\w.])T(?!\w)", equations)):
        raise ModelError(
            f"nothing here depends on temperature = {kelvin - ZERO_CELSIUS:g} degrees Celsius: no channel has a q10 "
            "(with measured_at=), a permeability, or a reversal potential from concentrations"
        )


def _temperature(temperature: Any, channels: Sequence[Channel], equations: str) -> float | None:
    if temperature is not None:
        kelvin = read_temperature(temperature)
        _check_temperature(kelvin, channels, equations)
        return kelvin
    needing = [channel for channel in channels if channel.needs_temperature]
    if not needing:
        return None
    measured = {channel.measured_at for channel in needing} - {None}
    if len(measured) == 1:
        return measured.pop()
    raise ModelError(
        f"the current of channel {needing[0].name!r} depends on temperature; give temperature=celsius(37), for example"
    )


def _current_unit(capacitance: Quantity, given: Any, area: Any) -> tuple[str, str]:
    """Units of the channels' currents and of the input."""
    per_area = capacitance.dimension != CAPACITANCE
    usual = "uA/cm**2" if per_area else "nA" if capacitance.unit.name in ("nF", "nfarad") else "pA"
    quantity = as_quantity(given) if given is not None else None
    wanted: Dimension = CURRENT * PER_AREA if per_area and area is None else CURRENT
    if isinstance(quantity, Quantity) and quantity.dimension == wanted:
        unit = quantity.unit.name
        return (unit if area is None else usual), unit
    if quantity is not None and not (isinstance(quantity, float) and quantity == 0.0):
        found = describe(quantity.dimension) if isinstance(quantity, Quantity) else repr(given)
        raise ModelError(f"I has to be {describe(wanted)} here, but {found} was given")
    return usual, usual if area is None else "pA"


def _own_parameters(
    capacitance: Quantity, given: Any, input_unit: str, area: Any, kelvin: float | None
) -> dict[str, str]:
    unit: Unit = parse_unit(input_unit)
    value = 0.0 if given is None else float(internal(given, unit.dimension, "I"))
    own = {
        "C_m": declaration("C_m", capacitance),
        "I": declaration("I", Quantity(value, unit.dimension, unit)),
    }
    if area is not None:
        quantity = as_quantity(area)
        if not isinstance(quantity, Quantity) or quantity.dimension != LENGTH**2 or not float(quantity.value) > 0:
            raise ModelError(f"area = {area!r} has to be a positive area, such as 1000*um**2")
        own["area"] = declaration("area", quantity)
    if kelvin is not None:
        degrees = f"{kelvin - ZERO_CELSIUS:.12g}"
        own["T"] = f"T : kelvin = zero_celsius + {degrees}*kelvin"
    return own


def _sources(source: str, channels: Sequence[Channel]) -> str:
    return "; ".join(dict.fromkeys(text for text in (source, *(channel.source for channel in channels)) if text))
