"""An ion channel: gates, a conductance, and what drives its current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rheobase.conductance.arguments import (
    CONDUCTANCE,
    NAME,
    PER_AREA,
    PERMEABILITY,
    check_syntax,
    check_used,
    read_concentration,
    read_factor,
    read_parameter,
    read_quantity,
    read_valence,
    words,
)
from rheobase.conductance.gate import Gate, read_gates
from rheobase.conductance.temperature import read_temperature
from rheobase.errors import ModelError
from rheobase.units import DIMENSIONLESS, VOLTAGE, Quantity, parse_unit

if TYPE_CHECKING:
    from rheobase.conductance.gating import Gating

_OPTIONS = (
    "gates", "g", "E", "P", "ion", "valence", "inside", "outside", "q10", "q10_g", "measured_at", "uses", "equations",
    "source",
)  # fmt: skip


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Channel:
    r"""A channel with the current ``g * gates * (v - E)``, or the flux through a permeability (Goldman-Hodgkin-Katz).

    Parameters
    ----------
    name
        What the current is called: ``Channel("Na")`` brings ``I_Na``, ``g_Na`` and ``E_Na``.
    gates
        ``{"m**3": Gate(alpha=..., beta=...), "h": Gate(inf=..., tau=...)}``; the power stands behind the name.
    g
        Largest conductance, per area (``120*mS/cm**2``) or of the whole cell (``30*nS``).
    E
        Reversal potential. Without it, ``inside`` and ``outside`` give it by Nernst's equation.
    P
        Permeability (``1e-4*cm/second``) instead of ``g``: the current is then that of Goldman, Hodgkin and Katz,

        .. math:: I = P\,z F\left(\frac{c_{in}}{\mathrm{exprel}(-u)} - \frac{c_{out}}{\mathrm{exprel}(u)}\right),
            \qquad u = \frac{z F v}{R T},\quad \mathrm{exprel}(u) = \frac{e^u - 1}{u},

        times the gates.
    ion
        Channels of one ion share ``E_ion`` (or ``ion_in`` and ``ion_out``); the channel's own name by default.
    valence, inside, outside
        Charge number and concentrations of the ion. A concentration may be the name of a state that another channel
        declares, such as ``inside="Ca"``.
    q10, measured_at
        The gates are ``q10**((T - measured_at)/(10 K))`` times faster at temperature ``T``. A gate's own ``q10`` wins.
    q10_g
        The same for the conductance or permeability.
    uses
        Names that the texts need and another channel declares, with their units: ``{"Ca": "mM"}``.
    equations
        More lines in the grammar of `rheobase.Neuron`: parameters, intermediate quantities, states.
    source
        The publication.
    **parameters
        Parameters of the gates' texts, such as ``V_m=-20*mV``.

    Examples
    --------
    >>> from rheobase.conductance import Channel, Gate
    >>> fast = Channel("Na", {"m": Gate(inf="1/(1 + exp((V_m - v)/k_m))")}, g="20 mS/cm**2", E="60 mV",
    ...                V_m="-20 mV", k_m="15 mV")
    >>> fast
    Channel('Na': g_Na*m_inf*(v - E_Na))
    """

    name: str
    gates: tuple[tuple[str, int, Gate], ...]
    g: Quantity | None
    E: Quantity | None
    P: Quantity | None
    ion: str
    valence: int | None
    inside: Quantity | str | None
    outside: Quantity | str | None
    q10: float | None
    q10_g: float | None
    measured_at: float | None
    uses: Mapping[str, str]
    equations: str
    source: str
    parameters: Mapping[str, Quantity | float]

    def __init__(
        self,
        name: str,
        gates: Mapping[str, Any] | None = None,
        *,
        g: Any = None,
        E: Any = None,
        P: Any = None,
        ion: str = "",
        valence: int | None = None,
        inside: Any = None,
        outside: Any = None,
        q10: float | None = None,
        q10_g: float | None = None,
        measured_at: Any = None,
        uses: Mapping[str, str] | None = None,
        equations: str = "",
        source: str = "",
        **parameters: Any,
    ) -> None:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ModelError(f"{name!r} cannot be the name of a channel; use letters, digits and _, such as 'Na'")
        where = f"channel {name!r}"
        read = read_gates(gates or {}, name)
        texts = _texts(read)
        check_syntax(texts, equations, where)
        check_used(parameters, [*texts.values(), equations], _OPTIONS, where)
        put = {
            "name": name,
            "gates": read,
            "g": read_quantity(g, f"{where}: g", CONDUCTANCE * PER_AREA, CONDUCTANCE),
            "E": read_quantity(E, f"{where}: E", VOLTAGE),
            "P": read_quantity(P, f"{where}: P", PERMEABILITY, PERMEABILITY / PER_AREA),
            "ion": ion or name,
            "valence": read_valence(valence, where),
            "inside": read_concentration(inside, f"{where}: inside"),
            "outside": read_concentration(outside, f"{where}: outside"),
            "q10": read_factor(q10, f"{where}: q10"),
            "q10_g": read_factor(q10_g, f"{where}: q10_g"),
            "measured_at": None if measured_at is None else read_temperature(measured_at, f"{where}: measured_at"),
            "uses": MappingProxyType({key: parse_unit(unit).name for key, unit in (uses or {}).items()}),
            "equations": equations,
            "source": source,
            "parameters": MappingProxyType({k: read_parameter(x, f"{where}: {k}") for k, x in parameters.items()}),
        }  # fmt: skip
        for key, value in put.items():
            object.__setattr__(self, key, value)
        _check(self, where)

    @property
    def is_per_area(self) -> bool:
        """Whether the conductance is one per area of membrane."""
        given = self.g if self.g is not None else self.P
        assert given is not None
        return given.dimension in (CONDUCTANCE * PER_AREA, PERMEABILITY)

    @property
    def by_nernst(self) -> bool:
        """Whether the reversal potential follows from concentrations."""
        return self.g is not None and self.E is None

    @property
    def needs_temperature(self) -> bool:
        """Whether the current depends on the absolute temperature, apart from the speed of its gates."""
        return self.P is not None or self.by_nernst

    @property
    def is_faster_when_warm(self) -> bool:
        """Whether its gates or its conductance have a Q10."""
        own = any(gate.q10 is not None and not gate.is_instant for _, _, gate in self.gates)
        shared = self.q10 is not None and any(not gate.is_instant for _, _, gate in self.gates)
        return own or shared or self.q10_g is not None

    @property
    def needs(self) -> dict[str, str]:
        """Names that another channel or the membrane has to declare, with their units."""
        concentrations = [name for name in (self.inside, self.outside) if isinstance(name, str)]
        return {**dict.fromkeys(concentrations, "mM"), **self.uses}

    @property
    def formula(self) -> str:
        """The current in a line, with the names that the channel has when it is alone."""
        from rheobase.conductance.text import current_text

        return current_text(self, {})

    def with_(self, **changes: Any) -> Channel:
        """The same channel with other values, such as ``g=...`` or a parameter of its gates."""
        given = {
            "name": self.name, "g": self.g, "E": self.E, "P": self.P, "ion": self.ion, "valence": self.valence,
            "inside": self.inside, "outside": self.outside, "q10": self.q10, "q10_g": self.q10_g,
            "measured_at": None if self.measured_at is None else f"{self.measured_at!r} kelvin", "uses": self.uses,
            "equations": self.equations, "source": self.source,
        }  # fmt: skip
        given["gates"] = {f"{name}**{power}": gate for name, power, gate in self.gates}
        if "name" in changes and self.ion == self.name:
            given["ion"] = ""
        given |= changes
        texts = _texts(read_gates(given["gates"] or {}, self.name))
        names = words([*texts.values(), given["equations"]])
        return Channel(**{**{key: x for key, x in self.parameters.items() if key in names}, **given})

    def gating(self, v: Any = None, *, temperature: Any = None, **values: Any) -> Gating:
        """Steady states and time constants of the gates over the membrane potential; see `Gating`.

        Parameters
        ----------
        v
            Voltages: a quantity, or an array in mV; -120 to 60 mV by default.
        temperature
            ``measured_at`` by default.
        **values
            Values of names that the channel `uses`, or other values of its parameters.
        """
        from rheobase.conductance.gating import gating

        return gating(self, v, temperature=temperature, **values)

    def plot(self, v: Any = None, *, temperature: Any = None, **values: Any) -> Any:
        """`gating` as a figure: x_inf(v) and tau(v)."""
        return self.gating(v, temperature=temperature, **values).plot()

    def cite(self) -> str:
        """The publication that the channel comes from."""
        return self.source

    def __repr__(self) -> str:
        return f"Channel({self.name!r}: {self.formula})"


def leak(g: Any, E: Any, name: str = "L") -> Channel:
    """A channel without gates: ``g (v - E)``.

    >>> from rheobase.conductance import leak
    >>> leak("0.3 mS/cm**2", "-54.387 mV")
    Channel('L': g_L*(v - E_L))
    """
    return Channel(name, g=g, E=E)


def _texts(gates: tuple[tuple[str, int, Gate], ...]) -> dict[str, str]:
    """The texts of all gates: ``tau of gate 'm'``."""
    return {f"{part} of gate {name!r}": text for name, _, gate in gates for part, text in gate.texts().items()}


def _check(channel: Channel, where: str) -> None:
    """That the channel has one conductance, one driving force, and what they need."""
    if (channel.g is None) == (channel.P is None):
        raise ModelError(f"{where}: give a conductance g or a permeability P, one of the two")
    ions = (channel.valence, channel.inside, channel.outside)
    given = [part for part in ions if part is not None]
    if channel.g is not None and (channel.E is None) == (not given):
        raise ModelError(f"{where}: give the reversal potential E, or valence, inside and outside, which make it")
    if channel.P is not None and channel.E is not None:
        raise ModelError(f"{where}: a permeability P comes with valence, inside and outside, not with E")
    if (channel.P is not None or given) and len(given) < 3:
        raise ModelError(f"{where}: valence, inside and outside are needed together")
    for part, side in ((channel.inside, "inside"), (channel.outside, "outside")):
        if isinstance(part, Quantity) and not float(part.value) > 0:
            raise ModelError(f"{where}: the concentration {side} has to be positive")
    for given_g in (channel.g, channel.P):
        if given_g is not None and not float(given_g.value) >= 0:
            raise ModelError(f"{where}: a conductance cannot be negative")
    faster = channel.q10 is not None or channel.q10_g is not None or any(gate.q10 for _, _, gate in channel.gates)
    if faster and channel.measured_at is None:
        raise ModelError(
            f"{where}: q10 needs the temperature at which the channel was measured: measured_at=celsius(6.3)"
        )
    if any(key in channel.parameters and unit != "1" for key, unit in channel.uses.items()):
        raise ModelError(f"{where}: a name is among its parameters and in uses; it has to be one of the two")


def unit_of(value: Quantity | float) -> str:
    """The unit of a parameter as it is written behind the colon."""
    if not isinstance(value, Quantity) or value.dimension == DIMENSIONLESS:
        return "1"
    return value.unit.name
