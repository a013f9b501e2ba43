r"""How a small push moves the next spikes of a neuron that fires regularly: the phase response curve.

The infinitesimal response :math:`Z(t)` obeys the adjoint equation along the cycle,

.. math::
    \dot Z = -J(t)^T Z,\qquad Z\cdot f = 1,

so that a push :math:`\delta x` at the time ``t`` makes all later spikes come :math:`Z(t)\cdot\delta x` ms earlier.
Type I responses advance the next spike at (almost) all phases, as near a saddle-node on a circle,
:math:`1 - \cos\theta`; type II responses also delay it, as near a Hopf bifurcation.

References
----------
Ermentrout B (1996), Type I membranes, phase resetting curves, and synchrony, Neural Comput 8:979.
Hansel D, Mato G, Meunier C (1995), Synchrony in excitatory neural networks, Neural Comput 7:307.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.stimulus import called, per, quotient, stimulated, with_unit
from rheobase.dynamics.response.phase_cycle import PhaseCycle, phase_cycle
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import UNITS

Array = NDArray[np.float64]

#: Negative share of the curve ``1/2 - cos``, which lies halfway between ``1 - cos`` (share 0) and ``-cos`` (share 1/2).
TYPE_TWO = (math.sqrt(3.0) - math.pi / 3.0) / (2.0 * math.sqrt(3.0) + math.pi / 3.0)


@dataclass(frozen=True, eq=False)
class PhaseResponse:
    r"""What `phase_response` found. Positive means that the next spike comes earlier.

    Attributes
    ----------
    phase
        (k,) in turns, from 0 to 1; the spike is at 0.
    times_ms
        (k,) the same in ms after the spike.
    states
        (k, n) of the cycle, in shown units.
    Z
        (k, n): the adjoint solution, ms per shown unit of each state.
    response
        (k,): the response to a push of the voltage in ``unit``; of the adjoint solution or, with ``method="direct"``,
        as it was measured.
    unit
        ms per unit of the voltage.
    period_ms
        Of the firing.
    input_response
        (k,): the response to a brief pulse of the input, ms per (unit of the input times ms); its mean over a cycle,
        times minus the period, is the change of the period with a steady input.
    negative_share
        ``integral of max(-Z, 0) / integral of |Z|`` of the response to the voltage.
    kind
        "type II" if that share is above `TYPE_TWO` = 0.152, else "type I".
    normalisation
        Largest deviation of ``Z . f`` from 1 (while no state stands still).
    multiplier
        The largest size of a Floquet multiplier but the trivial one: what is left of a push after one period.
    input, I
        Name of the input (None without one) and its value, in its shown unit.
    method
        "adjoint" or "direct".
    agreement
        Of a direct measurement: the largest deviation from the adjoint solution relative to its maximum; else None.
    error
        Of a direct measurement: (k,) the difference between two sizes of the push; else None.
    status
        A sentence.
    """

    phase: Array
    times_ms: Array
    states: Array
    Z: Array
    response: Array
    unit: str
    voltage: str
    period_ms: float
    input_response: Array | None
    input_unit: str
    negative_share: float
    kind: str
    normalisation: float
    multiplier: float
    input: str | None
    I: float | None  # noqa: E741
    method: str
    agreement: float | None
    error: Array | None
    status: str
    names: tuple[str, ...] = part(repr=False)
    cycle: PhaseCycle = part(repr=False)

    @property
    def adjoint(self) -> Array:
        """(k,): the adjoint solution for the voltage, in ``unit``."""
        return self.Z[:, self.names.index(self.voltage)]

    @property
    def in_turns(self) -> Array:
        """(k,): the response as a fraction of the period, per unit of the voltage."""
        return self.response / self.period_ms

    @property
    def in_radians(self) -> Array:
        """(k,): the response as a change of a phase from 0 to 2 pi, per unit of the voltage."""
        return 2.0 * math.pi * self.response / self.period_ms

    @property
    def period_slope(self) -> float | None:
        """``dT/dI`` in ms per unit of the input; None without an input."""
        return None if self.input_response is None else -self.period_ms * float(np.mean(self.input_response))

    @property
    def rate_slope(self) -> float | None:
        """The slope of the f-I curve here, Hz per unit of the input; None without an input."""
        return None if self.period_slope is None else -1e3 * self.period_slope / self.period_ms**2

    @property
    def sentence(self) -> str:
        """Type and size, for people."""
        top, bottom = float(self.response.max()), float(self.response.min())
        return (
            f"{self.kind}: a push of {self.voltage} advances the next spike by at most {top:.4g} {self.unit} (phase "
            f"{self.phase[int(np.argmax(self.response))]:.2f}) and delays it by at most {max(-bottom, 0.0):.4g} "
            f"{self.unit}; negative share {self.negative_share:.3f}, type II above {TYPE_TWO:.3f}; "
            f"period {self.period_ms:.8g} ms"
        )

    def summary(self) -> str:
        """A few lines."""
        return f"{self.sentence}\n{self.status}"

    def __str__(self) -> str:
        return self.sentence

    def plot(self) -> Any:
        """The response over the phase, with what was measured, above the voltage."""
        from rheobase.plot.response import phase_response as draw

        return draw(self)


def phase_response(
    neuron: Neuron | VectorField,
    I: Any = None,  # noqa: E741
    *,
    input: str | None = None,
    method: str = "adjoint",
    phases: int | None = None,
    push: Any = None,
    throw: bool = True,
    **parameters: Any,
) -> PhaseResponse:
    """The infinitesimal phase response of a neuron that fires regularly, and its type.

    Parameters
    ----------
    neuron
        The model, or its vector field. Resets and refractory times are taken along, with the jump that they make.
    I
        Steady input at which it fires; a quantity, a text, or a number in the unit of the input.
    input
        The input parameter; by default the one called I or so.
    method
        "adjoint": the adjoint equation along the cycle. "direct": the voltage of the simulated model is pushed up and
        down at each phase and the shift of a late spike is measured; the adjoint solution is there to compare.
    phases
        How many phases, by default 200, or 80 to measure; they lie in the middles of equal parts of the cycle.
    push
        Size of the push in a direct measurement; by default a thousandth of the range of the voltage, or of the one
        that would shift a spike by a period, whichever is smaller. A push of half the size is tried too, and the
        error of second order taken out.
    throw
        Whether to raise if the cycle or the measurement is not what it should be; otherwise ``status`` says so.
    **parameters
        Parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        If the neuron does not fire regularly from its start values or after a push.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> lif = Neuron("dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0")
    >>> curve = phase_response(lif, phases=4)
    >>> curve.kind, curve.unit, (curve.response * 2 / np.exp(curve.times_ms / 10)).round(6).tolist()
    ('type I', 'ms', [10.0, 10.0, 10.0, 10.0])
    """
    if method not in ("adjoint", "direct"):
        raise ModelError(f"there is no method '{method}' for the phase response; there are 'adjoint' and 'direct'")
    if phases is None:
        phases = 200 if method == "adjoint" else 80
    if isinstance(phases, bool) or not isinstance(phases, int) or phases < 2:
        raise ModelError("phases has to be a whole number of at least 2")
    field, name = _field(neuron, I, input, parameters)
    cycle = phase_cycle(field, name)
    result = _adjoint(cycle, name, (np.arange(phases) + 0.5) / phases)
    if method == "adjoint":
        return result
    from rheobase.dynamics.response.direct_phase import pushed

    size = None if push is None else abs(float(cycle.field.read(cycle.field.voltage, push)))
    return pushed(result, size, throw)


def _field(neuron: Any, I: Any, input: str | None, parameters: Any) -> tuple[VectorField, str | None]:  # noqa: E741
    """A neuron without an input may fire all the same."""
    if I is None and input is None:
        field = stimulated(neuron, None, None, parameters)[0] if _has_input(neuron) else None
        if field is None:
            from rheobase.dynamics.equilibria.fixed_points import vector_field

            return vector_field(neuron, parameters), None
        return field, field.input
    return stimulated(neuron, I, input, parameters)


def _has_input(neuron: Neuron | VectorField) -> bool:
    return (neuron if isinstance(neuron, VectorField) else VectorField.of(neuron)).input is not None


def _adjoint(cycle: PhaseCycle, name: str | None, phase: Array) -> PhaseResponse:
    field = cycle.field
    times = phase * cycle.period
    states, Z = cycle.sampled(times)
    at = field.states.index(field.voltage)
    free = times >= cycle.pause
    rates = field.rhs(states[free].T) if free.any() else np.zeros((field.n, 0))
    off = np.abs(np.sum(Z[free].T * rates, axis=0) - 1.0)
    units = np.array([field.shown(state, 1.0) for state in field.states])
    curve = Z[:, at] / units[at]
    share = float(np.maximum(-curve, 0.0).sum() / np.abs(curve).sum())
    by_input, input_unit = _by_input(cycle, name, times, states, Z)
    level = "" if name is None else f" at {with_unit(field, name, float(field.values[field.index(name)]))}"
    return PhaseResponse(
        phase=phase,
        times_ms=times,
        states=states * units,
        Z=Z / units,
        response=curve,
        unit=_per_voltage(field),
        voltage=field.voltage,
        period_ms=cycle.period,
        input_response=by_input,
        input_unit=input_unit,
        negative_share=share,
        kind="type II" if share > TYPE_TWO else "type I",
        normalisation=float(off.max(initial=0.0)),
        multiplier=cycle.multiplier,
        input=name,
        I=None if name is None else field.shown(name, float(field.values[field.index(name)])),
        method="adjoint",
        agreement=None,
        error=None,
        status=f"adjoint equation along the {cycle.what} of {called(field)}{level}",
        names=field.states,
        cycle=cycle,
    )


def _per_voltage(field: VectorField) -> str:
    unit = field.unit(field.voltage)
    return "ms" if unit.name == "1" else quotient(UNITS["ms"], unit)[0]


def _by_input(cycle: PhaseCycle, name: str | None, times: Array, states: Array, Z: Array) -> tuple[Array | None, str]:
    """The response to a pulse of the input; states that stand still do not feel it."""
    if name is None:
        return None, ""
    field = cycle.field
    drive = field.by_parameter(states.T, name)
    held = times < cycle.pause
    drive = np.where(held, cycle.moving[:, None] * drive, drive)
    unit = field.unit(name)
    shown = "1" if unit.name == "1" else per(unit)
    return np.sum(Z.T * drive, axis=0) / field.shown(name, 1.0), shown
