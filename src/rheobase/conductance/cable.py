"""A passive cable: how far and how fast a potential spreads along a dendrite or an axon."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.conductance.arguments import CONDUCTANCE, PER_AREA
from rheobase.errors import ModelError
from rheobase.numerics import cable as closed_form
from rheobase.units import CURRENT, LENGTH, TIME, Dimension, Mohm, Quantity, as_quantity, express, internal, ms, um

if TYPE_CHECKING:
    from rheobase.model.network import Network

RESISTANCE = CONDUCTANCE**-1
ENDS = ("sealed", "killed")
_EXAMPLES = {
    "R_m": "a resistance times an area, such as '20 kohm*cm**2'",
    "R_i": "a resistance times a length, such as '100 ohm*cm'",
    "C_m": "a capacitance per area, such as '1 uF/cm**2'",
}


@dataclass(frozen=True, init=False, repr=False)
class Cable:
    r"""A cylinder of passive membrane.

    .. math:: \lambda = \sqrt{\frac{d\,R_m}{4 R_i}},\qquad \tau = R_m C_m,\qquad
              R_\lambda = \frac{4 R_i \lambda}{\pi d^2}

    Parameters
    ----------
    diameter
        Such as ``2*um``; a plain number is in um, as for all lengths here.
    R_m
        Specific membrane resistance, such as ``"20 kohm*cm**2"``.
    R_i
        Resistivity of the inside, such as ``"100 ohm*cm"``.
    C_m
        Specific capacitance.
    length
        None for an infinite cable.
    end
        What closes a finite cable at its far end: ``sealed`` (no current) or ``killed`` (held at rest). The near
        end, at 0, is sealed.
    semi_infinite
        Whether a cable without a length begins at 0, instead of going on in both directions.

    Examples
    --------
    >>> from rheobase.conductance import Cable
    >>> dendrite = Cable("2 um", R_m="20 kohm*cm**2", R_i="100 ohm*cm", length="500 um")
    >>> dendrite.length_constant, dendrite.time_constant
    (1000 um, 20 ms)
    >>> dendrite.input_resistance()
    688.808 Mohm
    """

    diameter: float
    R_m: float
    R_i: float
    C_m: float
    length: float
    end: str
    semi_infinite: bool

    def __init__(
        self,
        diameter: Any,
        *,
        R_m: Any,
        R_i: Any,
        C_m: Any = "1 uF/cm**2",
        length: Any = None,
        end: str = "sealed",
        semi_infinite: bool = False,
    ) -> None:
        put = {
            "diameter": positive(diameter, LENGTH, "diameter"),
            "R_m": positive(R_m, RESISTANCE / PER_AREA, "R_m"),
            "R_i": positive(R_i, RESISTANCE * LENGTH, "R_i"),
            "C_m": positive(C_m, CONDUCTANCE * TIME * PER_AREA, "C_m"),
            "length": math.inf if length is None else positive(length, LENGTH, "length"),
            "end": end,
            "semi_infinite": bool(semi_infinite),
        }
        if end not in ENDS:
            raise ModelError(f"end = {end!r} has to be one of {', '.join(ENDS)}")
        if length is not None and semi_infinite:
            raise ModelError("a cable that has a length is not semi-infinite; give one of the two")
        for name, value in put.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        extent = f"{self.length:g} um long, {self.end} end" if math.isfinite(self.length) else "infinite"
        extent = "semi-infinite" if self.semi_infinite else extent
        constants = f"lambda = {self._lambda:.4g} um, tau = {self._tau:.4g} ms"
        return f"Cable({self.diameter:g} um wide, {extent}; {constants})"

    @property
    def length_constant(self) -> Quantity:
        """The distance over which a steady potential falls to 1/e in an infinite cable."""
        return express(self._lambda, um)

    @property
    def time_constant(self) -> Quantity:
        """``R_m C_m``."""
        return express(self._tau, ms)

    @property
    def electrotonic_length(self) -> float:
        """The length in length constants."""
        return self.length / self._lambda

    @property
    def _lambda(self) -> float:
        return math.sqrt(self.diameter * self.R_m / (4.0 * self.R_i))

    @property
    def _tau(self) -> float:
        return self.R_m * self.C_m

    @property
    def _resistance(self) -> float:
        """Of one length constant of cable's inside, GOhm: the input resistance of a semi-infinite cable."""
        return 4.0 * self.R_i * self._lambda / (math.pi * self.diameter**2)

    @property
    def _is_infinite(self) -> bool:
        return math.isinf(self.length) and not self.semi_infinite

    def input_resistance(self, at: Any = 0.0) -> Quantity:
        """Steady depolarisation per injected current, at the place of the injection.

        Parameters
        ----------
        at
            Position of the electrode.
        """
        place = self._source(at)
        return express(self._resistance * float(np.ravel(self._steady(np.array([place]), place))[0]), Mohm)

    def transfer_resistance(self, x: Any, at: Any = 0.0) -> NDArray[np.float64]:
        """Steady depolarisation at ``x`` per current injected at ``at``, Mohm; the same with the two exchanged."""
        return 1e3 * self._resistance * self._steady(self._places(x), self._source(at))

    def steady_state(self, x: Any, I: Any, at: Any = 0.0) -> NDArray[np.float64]:  # noqa: E741
        """The steady depolarisation while a current is injected.

        Parameters
        ----------
        x
            Positions, um or with a unit. Negative ones exist in an infinite cable only.
        I
            Current, pA or with a unit.
        at
            Position of the electrode.

        Returns
        -------
        v : array
            mV above rest, one for each position.
        """
        return _current(I) * self._resistance * self._steady(self._places(x), self._source(at))

    def step_response(self, x: Any, t: Any, I: Any, at: Any = 0.0) -> NDArray[np.float64]:  # noqa: E741
        """The depolarisation after a current has been switched on at time 0.

        Parameters
        ----------
        x, t
            Positions (um) and times (ms), or with units; they broadcast: one of them a number, or ``x[:, None]``.
        I, at
            As in `steady_state`.

        Returns
        -------
        v : array
            mV above rest.
        """
        X = self._places(x) / self._lambda
        T = np.asarray(_plain(t, TIME, "t")) / self._tau
        if np.any(np.isnan(T)):
            raise ModelError("a time is not a number")
        source = self._source(at) / self._lambda
        if self._is_infinite:
            shape = closed_form.infinite_step(X - source, T)
        else:
            shape = closed_form.step(X, T, source, self.electrotonic_length, self.end)
        return _current(I) * self._resistance * shape

    def chain(self, n: int, *, I: Any = 0.0, at: Any = 0.0, E_L: Any = "-65 mV") -> Network:  # noqa: E741
        """The cable as a `Network` of ``n`` compartments coupled by gap junctions; see `rheobase.conductance.chain`.

        Parameters
        ----------
        n
            Number of compartments, of equal length.
        I, at
            A constant current into the compartment at position ``at``.
        E_L
            Resting potential, which is also the start.
        """
        from rheobase.conductance.chain import passive_chain

        return passive_chain(self, n, _current(I), self._source(at), E_L)

    def centres(self, n: int) -> NDArray[np.float64]:
        """The middle of each of ``n`` compartments, um."""
        if math.isinf(self.length):
            raise ModelError("an infinite cable cannot be cut into compartments; give it a length")
        return (np.arange(n) + 0.5) * self.length / n

    def plot(self, I: Any = 100.0, times: Any = None, at: Any = 0.0) -> Any:  # noqa: E741
        """The steady state over position, or with ``times`` (ms) the spread of a step of current injected at ``at``."""
        from rheobase.plot.conductance import cable_steady

        reach = self.length if math.isfinite(self.length) else 3.0 * self._lambda
        x = np.linspace(-reach if self._is_infinite else 0.0, reach, 401)
        shown = np.ravel(_plain([] if times is None else times, TIME, "times"))
        curves = {f"{t:g} ms": self.step_response(x, t, I, at) for t in shown}
        return cable_steady(x, {**curves, "steady": self.steady_state(x, I, at)})

    def _steady(self, places: NDArray[np.float64], source: float) -> NDArray[np.float64]:
        X, X0 = places / self._lambda, source / self._lambda
        if self._is_infinite:
            return closed_form.infinite_steady(X - X0)
        return closed_form.steady(X, X0, self.electrotonic_length, self.end)

    def _places(self, x: Any) -> NDArray[np.float64]:
        places = np.asarray(_plain(x, LENGTH, "x"), dtype=float)
        if not np.all(np.isfinite(places)):
            raise ModelError(f"positions have to be finite, but {x!r} was given")
        outside = not self._is_infinite and bool(np.any(places < 0))
        if outside or bool(np.any(places > self.length * (1 + 1e-12))):
            raise ModelError(f"positions run from 0 to {self.length:g} um here, but x has others")
        return places

    def _source(self, at: Any) -> float:
        return float(self._places(at))


def _plain(value: Any, dimension: Dimension, what: str) -> Any:
    """Internal units; plain numbers are taken to be in them."""
    if isinstance(value, int | float | np.ndarray | list | tuple) and not _has_units(value):
        return np.asarray(value, dtype=float)
    return internal(value, dimension, what)


def _has_units(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(part, Quantity) for part in value)


def positive(value: Any, dimension: Dimension, what: str) -> float:
    """A positive number in internal units; a plain number is a length in um."""
    plain = what not in _EXAMPLES
    if not plain and getattr(as_quantity(value), "dimension", None) != dimension:
        raise ModelError(f"{what} = {value!r} has to be {_EXAMPLES[what]}")
    given = _plain(value, dimension, what) if plain else internal(value, dimension, what)
    number = float(given) if np.size(given) == 1 else math.nan
    if not (math.isfinite(number) and number > 0):
        raise ModelError(f"{what} = {value!r} has to be positive")
    return number


def _current(value: Any) -> float:
    given = _plain(value, CURRENT, "I")
    if np.size(given) != 1 or not math.isfinite(float(given)):
        raise ModelError(f"I = {value!r} has to be one finite current")
    return float(given)
