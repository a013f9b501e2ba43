r"""The spike threshold as a function of how fast the input rises.

The input rises linearly, :math:`I(t) = I_0 + r\,t`, up to a limit at which it stays. The voltage and the input at the
onset of the spike change with the rate ``r``, because inactivation and slow outward currents have time to build up
(accommodation). A neuron that fires only if the rise is fast enough, Hodgkin's class 3, has a critical rate.

References
----------
Hill AV (1936), Excitation and accommodation in nerve, Proc R Soc B 119:305.
Prescott SA, De Koninck Y, Sejnowski TJ (2008), Biophysical basis for three distinct dynamical mechanisms of action
potential initiation, PLoS Comput Biol 4:e1000198.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.numbers import number, numbers
from rheobase.dynamics.orbits.stimulus import at_rest, called, stimulated, with_unit
from rheobase.dynamics.response.ramps import Ramps
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import UNITS, Unit

Array = NDArray[np.float64]

_ROWS, _ROUNDS, _NARROW = 24, 8, 1e-6


@dataclass(frozen=True, eq=False)
class RampThreshold:
    """What `ramp_threshold` found.

    Attributes
    ----------
    rates
        (k,) rates of rise, in ``rate_unit``, in rising order.
    fires
        (k,) whether each makes a spike.
    threshold
        (k,) voltage at the onset of the spike, in ``unit``; NaN without a spike.
    current
        (k,) input at the onset, in its shown unit.
    onset_ms
        (k,) when the spike begins, after the beginning of the ramp.
    critical_rate
        The slowest rise that makes the neuron fire; None if all, or none, of the rates do.
    limit
        The input at which the ramps end.
    accommodates
        Whether there is a critical rate: fast rises make it fire, slow ones to the same limit do not. If that is so for
        every limit, it is a neuron of class 3.
    criterion, status
        What the onset is; a sentence.
    """

    rates: Array
    fires: NDArray[np.bool_]
    threshold: Array
    current: Array
    onset_ms: Array
    critical_rate: float | None
    limit: float
    start: float
    input: str
    voltage: str
    unit: str
    input_unit: str
    rate_unit: str
    criterion: str
    status: str

    @property
    def accommodates(self) -> bool:
        return self.critical_rate is not None

    @property
    def sentence(self) -> str:
        """Range of the threshold and critical rate, for people."""
        unit, per = _spaced(self.unit), _spaced(self.rate_unit)
        if not self.fires.any():
            return f"no ramp makes it fire: {self.rates[0]:.4g} to {self.rates[-1]:.4g}{per}, up to {self.limit:.5g}"
        slow, fast = self.threshold[self.fires][[0, -1]]
        text = (
            f"threshold {slow:.4g}{unit} at {self.rates[self.fires][0]:.3g}{per} and {fast:.4g}{unit} at "
            f"{self.rates[self.fires][-1]:.3g}{per}"
        )
        if self.critical_rate is None:
            return f"{text}; it fires at all these rates"
        return (
            f"{text}; up to {self.limit:.5g} it fires only if the input rises faster than {self.critical_rate:.6g}{per}"
        )

    def summary(self) -> str:
        return f"{self.sentence}\nonset: {self.criterion}\n{self.status}"

    def __str__(self) -> str:
        return self.sentence

    def plot(self) -> Any:
        """Voltage and input at the onset over the rate of rise."""
        from rheobase.plot.response import ramp_threshold as draw

        return draw(self)


def ramp_threshold(
    neuron: Neuron | VectorField,
    rates: Any = None,
    I: Any = None,  # noqa: E741
    *,
    limit: Any = None,
    input: str | None = None,
    slope: Any = None,
    **parameters: Any,
) -> RampThreshold:
    """Voltage and input at the onset of a spike, for inputs that rise at different rates.

    Parameters
    ----------
    neuron
        The model, or its vector field; has a threshold.
    rates
        In units of the input per ms, or quantities. By default 25 rates over four decades around the one at which
        the input reaches the rheobase of a step within the slowest time constant at rest.
    I
        Where the ramps begin and the neuron is at rest.
    limit
        Where they end; by default ten times as far from there as the smallest step that makes a spike.
    input
        The input parameter; by default the one called I or so.
    slope
        The onset is where the part of dv/dt that does not come from the rise of the input passes this value (unit of
        the voltage per ms); by default a twentieth of its maximum in this spike. Of a neuron with a reset the onset
        is where dv/dt begins to grow with v by itself or, if it never does, the spike.
    **parameters
        Parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        If the neuron has no rest or no threshold, or the rates are none.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> lif = Neuron("dv/dt = I - v/(10*ms) : 1 \\n I : 1/ms = 0/ms", threshold="v > 1", reset="v = 0")
    >>> ramps = ramp_threshold(lif, [0.01, 1.0])
    >>> ramps.fires.tolist(), ramps.threshold.round(6).tolist(), ramps.critical_rate
    ([True, True], [1.0, 1.0], None)
    """
    field, name = stimulated(neuron, I, input, parameters)
    if field.neuron.threshold is None:
        raise ModelError(
            f"{called(field)} has no threshold, so nothing says what a spike is; give it one, such as "
            "threshold='v > 0*mV'"
        )
    rest, remark = at_rest(field, name)
    ramps = Ramps.of(field, name, rest.point, None if limit is None else float(field.read(name, limit)))
    unit = field.unit(name)
    speeds = _usual(ramps) if rates is None else _given(rates, unit / UNITS["ms"]) * unit.scale
    slope = None if slope is None else _positive(slope, field.unit(field.voltage) / UNITS["ms"])
    onsets = [ramps.onset(speed, slope) for speed in speeds]
    fires = np.array([onset is not None for onset in onsets])
    critical = _critical(ramps, speeds, fires)
    late = ramps.rounded(speeds) / unit.scale
    start = float(field.values[field.index(name)])
    table = np.array([(np.nan,) * 3 if o is None else (o.voltage, start + o.rise, o.time) for o in onsets])
    return RampThreshold(
        rates=speeds / unit.scale, fires=fires,
        threshold=np.atleast_1d(field.shown(field.voltage, table[:, 0])),
        current=np.atleast_1d(field.shown(name, table[:, 1])), onset_ms=table[:, 2],
        critical_rate=None if critical is None else critical / unit.scale,
        limit=field.shown(name, ramps.limit), start=field.shown(name, start), input=name, voltage=field.voltage,
        unit=field.unit_name(field.voltage), input_unit=unit.name,
        rate_unit="1/ms" if unit.name == "1" else f"{unit.name}/ms", criterion=ramps.criterion(slope),
        status=f"ramps from {with_unit(field, name, start)} to {with_unit(field, name, ramps.limit)}, where the input "
        "stays" + (f"; {remark}" if remark else "") + _delayed(late, "1/ms" if unit.name == "1" else f"{unit.name}/ms"),
    )  # fmt: skip


def _positive(slope: Any, unit: Unit) -> float:
    found = number(slope, unit, "slope")
    if not found > 0.0:
        raise ModelError(f"slope, at which a spike begins, has to be positive, but {slope!r} was given")
    return found


def _given(rates: Any, unit: Unit) -> Array:
    found = np.sort(np.atleast_1d(numbers(rates, unit, "rates")))
    if found.ndim != 1 or not found.size or np.any(found <= 0.0):
        raise ModelError("rates have to be one or more positive numbers, in units of the input per ms")
    return found


def _usual(ramps: Ramps) -> Array:
    centre = abs(ramps.step) / ramps.slowest
    return np.geomspace(0.01 * centre, 100.0 * centre, 25)


def _delayed(rates: Array, unit: str) -> str:
    """That slow ramps are answered late (slow passage through a bifurcation)."""
    if not rates.size:
        return ""
    return (
        f"; up to {rates.max():.3g} {unit} the neuron stays at a rest that is unstable already until noise moves it, "
        "here that of rounding: with more noise the spike begins earlier"
    )


def _critical(ramps: Ramps, rates: Array, fires: NDArray[np.bool_]) -> float | None:
    """The slowest rate above which all fire, by repeated division of the gap."""
    if fires.all() or not fires[-1]:
        return None
    k = int(np.flatnonzero(~fires)[-1])
    low, high = float(rates[k]), float(rates[k + 1])
    for _ in range(_ROUNDS):
        if high / low - 1.0 < _NARROW:
            break
        tried = np.geomspace(low, high, _ROWS)
        silent = np.flatnonzero(~np.isfinite(ramps.spikes(tried[1:-1])))
        k = int(silent[-1]) + 1 if silent.size else 0
        low, high = float(tried[k]), float(tried[k + 1])
    return high


def _spaced(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"
