"""`fi_curve`: the rate of firing against the input, by simulation, by the branch of cycles and in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as part
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.closed_form import closed_form
from rheobase.dynamics.firing.small_oscillation import SmallOscillation, small_oscillation
from rheobase.dynamics.orbits.numbers import number
from rheobase.dynamics.orbits.spiking import Firing, fire, firing, rest
from rheobase.dynamics.orbits.trajectory import Drive, Trajectories
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import second

Array = NDArray[np.float64]

METHODS = ("simulation", "cycles", "closed form")
#: Of a step; the intervals then have an error of some 1e-7 of themselves.
RTOL = 3e-7


@dataclass(frozen=True, eq=False)
class FICurve:
    """Rates of firing at several inputs.

    Attributes
    ----------
    model, input, unit
        The neuron's name, the parameter that was varied, and its unit.
    I
        (k,) its values.
    rates
        Steady rates (k,) in Hz by each method that was used: ``simulation``, ``cycles``, ``closed form``; NaN where a
        method has no answer. Of cycles, the largest stable one counts.
    onset
        (k,) Hz: one over the first interval after the input was switched on, 0 with fewer than two spikes.
    counts
        (k,): spikes within ``duration``.
    latency
        (k,) ms: time of the first spike, infinite without one.
    duration, transient
        In ms; the steady rate is that of the spikes after ``transient``.
    direction
        ``step``: each input was switched on at rest. ``up`` and ``down``: the state was carried from one to the next.
    status
        What was done, and what failed.
    below
        (k,) Hz: frequency of an oscillation that does not reach the threshold for spikes, at inputs above those at
        which it fires; NaN elsewhere. None where it was not looked for.
    """

    model: str
    input: str
    unit: str
    I: Array  # noqa: E741
    rates: Mapping[str, Array]
    onset: Array | None
    counts: NDArray[np.int64] | None
    latency: Array | None
    duration: float
    transient: float
    direction: str
    status: str
    field: VectorField = part(repr=False)
    below: Array | None = part(default=None, repr=False)

    @property
    def steady(self) -> Array:
        """The steady rates (Hz) by the first of the methods used, in the order of `METHODS`."""
        return next(self.rates[method] for method in METHODS if method in self.rates)

    @property
    def agreement(self) -> float:
        """The largest relative difference between two methods, over the inputs at which both fire; NaN for one method.

        Where an equilibrium and a cycle are both stable, the cycle has a rate and a neuron at rest has none; such
        inputs are not counted here but told in `summary`.
        """
        worst = np.nan
        for mine, theirs in self._pairs():
            both = (mine > 0) & (theirs > 0)
            if both.any():
                worst = np.fmax(worst, np.max(np.abs(mine[both] / theirs[both] - 1.0)))
        return float(worst)

    @property
    def disputed(self) -> Array:
        """The inputs at which one method fires and another does not."""
        odd = np.zeros(self.I.shape, dtype=bool)
        for mine, theirs in self._pairs():
            odd |= np.isfinite(mine) & np.isfinite(theirs) & ((mine > 0) != (theirs > 0))
        return self.I[odd]

    def _pairs(self) -> list[tuple[Array, Array]]:
        used = [self.rates[method] for method in METHODS if method in self.rates]
        return [(mine, theirs) for at, mine in enumerate(used) for theirs in used[at + 1 :]]

    @property
    def first(self) -> float | None:
        """The smallest of the inputs at which the neuron fires on."""
        fires = self.I[self.steady > 0]
        return float(fires.min()) if fires.size else None

    def summary(self) -> str:
        """Where it fires, how fast, and how well the methods agree."""
        fires = self.steady > 0
        lines = [f"f-I curve of {self.model} over {self.I.size} values of {self.input}: {self.status}"]
        if not fires.any():
            return "\n".join([*lines, "  it fires on at none of them"])
        unit = "" if self.unit == "1" else f" {self.unit}"
        low, high = self.I[fires].min(), self.I[fires].max()
        slow, fast = self.steady[fires].min(), self.steady[fires].max()
        lines.append(f"  it fires on from {low:.6g} to {high:.6g}{unit}, at {slow:.5g} to {fast:.5g} Hz")
        if len(self.rates) > 1:
            lines.append(f"  {', '.join(self.rates)} agree to {self.agreement:.1e}")
        if self.disputed.size:
            lines.append(
                f"  between {self.disputed.min():.6g} and {self.disputed.max():.6g}{unit} they differ in whether it "
                "fires: rest and firing are both stable there, or the rate is too low for the duration"
            )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Numbers and texts only, for JSON; what is not finite is None."""
        return {
            "model": self.model, "input": self.input, "unit": self.unit, "I": _plain(self.I),
            "rates_hz": {method: _plain(rates) for method, rates in self.rates.items()},
            "onset_hz": None if self.onset is None else _plain(self.onset),
            "counts": None if self.counts is None else self.counts.tolist(),
            "below_hz": None if self.below is None else _plain(self.below),
            "latency_ms": None if self.latency is None else _plain(self.latency),
            "duration_ms": self.duration, "direction": self.direction, "status": self.status,
        }  # fmt: skip

    def plot(self, ax: Any = None) -> Any:
        """Rates against the input."""
        from rheobase.plot.fi_curve import fi_curve as draw

        return draw(self, ax)


def fi_curve(
    neuron: Neuron,
    I: Any,  # noqa: E741
    *,
    duration: Any = 1 * second,
    method: str = "auto",
    transient: Any = None,
    direction: str = "step",
    input: str | None = None,
    throw: bool = True,
    **parameters: Any,
) -> FICurve:
    """The rate of firing at each value of an input.

    All inputs are integrated at once, with adaptive steps and spikes where the threshold is crossed: see
    `rheobase.dynamics.orbits.trajectory`. A neuron without a threshold spikes where its membrane potential passes the
    middle of its oscillation.

    Parameters
    ----------
    neuron
        The model, without noise.
    I
        (k,) values of the input: a quantity, or numbers in the unit that the equations declare.
    duration
        How long each is applied, in ms unless it says otherwise.
    method
        ``simulation``; ``cycles`` (by continuation of periodic orbits, for smooth models without reset);
        ``closed form`` (one linear or quadratic equation with reset); ``auto``: simulation, and the closed form if
        there is one; ``all``: all that the model allows.
    transient
        The steady rate is that of the spikes after this time; default: half of the duration.
    direction
        ``step``: each input is switched on at the rest at input 0, or at the start values if there is no rest.
        ``up`` or ``down``: the inputs follow each other, rising or falling, and the state is carried along; where the
        two differ there is hysteresis.
    input
        Which parameter is the input; by default the one called I, I_ext and so on.
    throw
        Whether an input at which the solution grows without bound is an error; otherwise its rate is NaN.
    **parameters
        Other parameters of the neuron.

    Raises
    ------
    ModelError
        If a method does not fit the model, or a solution fails.

    Examples
    --------
    >>> import numpy as np
    >>> from rheobase.library import lif
    >>> curve = fi_curve(lif(), np.array([400.0, 500.0]), method="closed form")
    >>> curve.steady.round(3)
    array([33.641, 63.04 ])
    """
    field = VectorField.of(neuron, smooth=False, **parameters)
    name = input_of(field, input)
    values = np.atleast_1d(np.asarray(field.read(name, I), dtype=float))
    if not values.size or values.ndim != 1:
        raise ModelError(f"fi_curve needs a row of values of {name}, such as np.linspace(0, 20, 41)")
    time = number(duration, "ms", "the duration")
    late = 0.5 * time if transient is None else number(transient, "ms", "the transient")
    if not (0 < time < np.inf and 0 <= late < time):
        raise ModelError(f"the duration ({time:g} ms) has to be longer than the transient ({late:g} ms)")
    if direction not in ("step", "up", "down"):
        raise ModelError(f"there is no direction {direction!r}; there are: step, up, down")
    task = _Task(field, name, values, time, late, direction, throw)
    curve = FICurve(
        model=neuron.name or "the neuron", input=name, unit=field.unit_name(name),
        I=np.atleast_1d(field.shown(name, values)),
        rates={}, onset=None, counts=None, latency=None, duration=time, transient=late, direction=direction, status="",
        field=field,
    )  # fmt: skip
    return task.fill(curve, _chosen(method))


def input_of(field: VectorField, given: str | None) -> str:
    """The parameter that is the input.

    Raises
    ------
    ModelError
        If none is given and none has the name of a current.
    """
    if given is not None:
        field.index(given)
        return given
    if field.input is None:
        raise ModelError(
            "which parameter is the input? None of them is called I or I_ext; say input='...' with one of: "
            + (", ".join(field.parameters) or "none")
        )
    return field.input


def _chosen(method: str) -> tuple[tuple[str, ...], bool]:
    """The methods, and whether one that does not fit is an error."""
    if method in METHODS:
        return (method,), True
    if method not in ("auto", "all"):
        raise ModelError(f"there is no method {method!r}; there are: auto, all, {', '.join(METHODS)}")
    return (METHODS if method == "all" else ("simulation", "closed form")), False


@dataclass(frozen=True, eq=False)
class _Task:
    field: VectorField
    input: str
    values: Array
    duration: float
    transient: float
    direction: str
    throw: bool

    def fill(self, curve: FICurve, chosen: tuple[tuple[str, ...], bool]) -> FICurve:
        """The curve with what each method finds."""
        methods, needed = chosen
        rates: dict[str, Array] = {}
        done: list[str] = []
        start = self._start()
        if "simulation" in methods:
            found, said, small = self._simulated(start)
            done.append(said)
            rates["simulation"] = np.where(np.isnan(found.period), np.nan, 1e3 / found.period)
            curve = replace(curve, onset=1e3 / found.first, counts=found.count, latency=found.latency)
            if small is not None:
                done += [told for told in [small.sentence(curve.input, curve.unit, curve.I)] if told]
                curve = replace(curve, below=small.frequency_hz)
        if "cycles" in methods:
            self._add(rates, done, "cycles", lambda: self._by_cycles(start), needed)
        if "closed form" in methods:
            self._add(rates, done, "closed form", lambda: self._closed(start), needed)
        return replace(curve, rates=rates, status="; ".join(done))

    def _add(self, rates: dict[str, Array], done: list[str], name: str, find: Any, needed: bool) -> None:
        try:
            rates[name], said = find()
            done.append(said)
        except ModelError:
            if needed:
                raise

    def _start(self) -> Array:
        """The rest without input, or the start values."""
        x = rest(self.field, self.input, 0.0, self.field.start, self.duration)
        return self.field.start if x is None else x

    def _simulated(self, start: Array) -> tuple[Firing, str, SmallOscillation | None]:
        if self.direction != "step":
            return *self._carried(start), None
        run = fire(self.field, start, duration=self.duration, parameter=self.input, values=self.values, rtol=RTOL)
        found = firing(run, self.duration, self.transient)
        small = small_oscillation(self.field, self.input, self.values, run, found.sustained, RTOL)
        return self._checked(run, found), f"simulated for {self.duration:g} ms each", small

    def _carried(self, start: Array) -> tuple[Firing, str]:
        """One long orbit with the inputs one after the other, cut into pieces afterwards."""
        order = np.argsort(self.values if self.direction == "up" else -self.values, kind="stable")
        edges = self.duration * np.arange(self.values.size + 1)
        drive = Drive(self.input, np.repeat(edges, 2)[1:-1], np.repeat(self.values[order], 2))
        run = fire(self.field, start, duration=edges[-1], parameter=self.input, values=[0.0], drive=drive, rtol=RTOL,
                   most=100_000_000)  # fmt: skip
        if run.failed[0] and self.throw:
            run.require()
        times, pieces = run.spikes[0], []
        for low, high in pairwise(edges.tolist()):
            inside = times[(times > low) & (times <= high)] - low
            pieces.append(inside)
        ended = np.clip(run.ended[0] - edges[:-1], 0.0, self.duration)
        cut = replace(run, spikes=tuple(pieces), ended=ended)
        found = firing(cut, self.duration, self.transient)
        back = np.argsort(order)
        sorted_back = Firing(
            *(getattr(found, name)[back] for name in ("count", "latency", "first", "period", "sustained"))
        )
        return sorted_back, f"simulated {self.direction}ward, {self.duration:g} ms each, the state carried along"

    def _checked(self, run: Trajectories, found: Firing) -> Firing:
        """Rows that failed are an error, or not a number."""
        if not run.failed.any():
            return found
        row = int(np.argmax(run.failed))
        shown = self.field.shown(self.input, float(self.values[row]))
        if self.throw:
            unit = self.field.unit_name(self.input)
            raise ModelError(
                f"at {self.input} = {shown:.6g}{'' if unit == '1' else ' ' + unit} the solution {run.status[row]}; "
                "throw=False leaves such inputs out"
            )
        return replace(found, period=np.where(run.failed, np.nan, found.period))

    def _closed(self, start: Array) -> tuple[Array, str]:
        form = closed_form(self.field)
        if form is None:
            raise ModelError(
                "there is no closed form of this neuron's rate; that takes one linear or quadratic equation with a "
                "fixed threshold and a reset. Use method='simulation'"
            )
        return 1e3 * form.rates(self.input, self.values, float(start[0])), f"closed form of a {form.name} neuron"

    def _by_cycles(self, start: Array) -> tuple[Array, str]:
        from rheobase.dynamics.firing.cycle_rates import cycle_rates

        rates = cycle_rates(self.field, self.input, self.values, start, self.duration)
        return rates, "stable cycles by continuation"


def _plain(values: Array) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
