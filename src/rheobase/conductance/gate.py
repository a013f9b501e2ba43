"""A gate of a channel: how its open share moves with the membrane potential."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rheobase.errors import ModelError

_KEY = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\*\*\s*(\d+)\s*)?", re.ASCII)

#: Names that mean something else in every membrane.
TAKEN = {"v": "the membrane potential", "I": "the input current", "t": "the time", "T": "the temperature"}


@dataclass(frozen=True)
class Gate:
    r"""One gate: ``alpha`` and ``beta``, or ``inf`` and ``tau``, as texts with units.

    .. math:: \dot x = \alpha\,(1 - x) - \beta\,x \qquad\text{or}\qquad \dot x = (x_\infty - x)/\tau

    Parameters
    ----------
    alpha, beta
        Rates of opening and closing, such as ``"4*exp(-(v + 65*mV)/(18*mV))/ms"``; ``v`` is the membrane potential.
    inf
        The open share in the long run, such as ``"1/(1 + exp((-20*mV - v)/(15*mV)))"``.
    tau
        The time constant, such as ``"1*ms"``. Without it the gate is instantaneous: it always is at ``inf``.
    instant
        Makes a gate that is given by rates instantaneous, at ``alpha/(alpha + beta)``.
    q10
        How many times faster for each 10 degrees; the channel's, if it is not given.

    Examples
    --------
    >>> from rheobase.conductance import Gate
    >>> Gate(inf="1/(1 + exp(-(v + 35*mV)/(10*mV)))", tau="20*ms").is_instant
    False
    """

    alpha: str | None = None
    beta: str | None = None
    inf: str | None = None
    tau: str | None = None
    instant: bool = False
    q10: float | None = None

    def __post_init__(self) -> None:
        by_rates = self.alpha is not None and self.beta is not None
        if (self.alpha is None) != (self.beta is None):
            raise ModelError("a gate has both alpha and beta, or neither; the other one is missing")
        if by_rates == (self.inf is not None) or (by_rates and self.tau is not None):
            raise ModelError(
                "a gate is given by alpha and beta, or by inf and tau (by inf alone if it is instantaneous)"
            )
        if self.instant and self.tau is not None:
            raise ModelError("an instantaneous gate has no time constant; leave out tau, or instant=True")
        for name in ("alpha", "beta", "inf", "tau"):
            if getattr(self, name) is not None and not isinstance(getattr(self, name), str):
                raise ModelError(f"{name} of a gate has to be a text such as '1*ms', not {getattr(self, name)!r}")
        if self.q10 is not None and not (isinstance(self.q10, int | float) and 0 < self.q10 < math.inf):
            raise ModelError(f"q10 = {self.q10!r} has to be a positive number, such as 3")

    @property
    def is_instant(self) -> bool:
        """Whether the gate has no equation of its own."""
        return self.instant or (self.inf is not None and self.tau is None)

    def texts(self) -> dict[str, str]:
        """The texts that are given."""
        given = {name: getattr(self, name) for name in ("alpha", "beta", "inf", "tau")}
        return {name: text for name, text in given.items() if text is not None}


def read_gates(gates: Mapping[str, Any], channel: str) -> tuple[tuple[str, int, Gate], ...]:
    """Name, power and gate from ``{"m**3": Gate(...), "h": Gate(...)}``; a plain mapping serves as a `Gate`."""
    if not isinstance(gates, Mapping):
        raise ModelError(f"channel {channel!r}: gates = {gates!r} has to be a mapping, such as {{'m**3': Gate(...)}}")
    found: list[tuple[str, int, Gate]] = []
    for key, given in gates.items():
        match = _KEY.fullmatch(str(key))
        if match is None or keyword.iskeyword(match[1]):
            raise ModelError(f"channel {channel!r}: {key!r} is no gate; write a name, or a name and a power: 'm**3'")
        name, power = match[1], int(match[2] or 1)
        if name in TAKEN:
            raise ModelError(f"channel {channel!r}: a gate cannot be called {name!r}, which is {TAKEN[name]}")
        if power < 1:
            raise ModelError(f"channel {channel!r}: the power of gate {name!r} has to be at least 1")
        if name in [other for other, _, _ in found]:
            raise ModelError(f"channel {channel!r}: the gate {name!r} is given twice")
        found.append((name, power, _gate(given, name, channel)))
    return tuple(found)


def _gate(given: Any, name: str, channel: str) -> Gate:
    if isinstance(given, Gate):
        return given
    known = {field.name for field in fields(Gate)}
    if not isinstance(given, Mapping) or not set(given) <= known:
        raise ModelError(
            f"channel {channel!r}: gate {name!r} has to be a Gate(alpha=..., beta=...) or a Gate(inf=..., tau=...)"
        )
    try:
        return Gate(**given)
    except ModelError as error:
        raise ModelError(f"channel {channel!r}, gate {name!r}: {error}") from None
