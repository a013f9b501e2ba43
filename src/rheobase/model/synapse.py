"""How a presynaptic spike acts on the neuron behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rheobase.model.errors import ModelError
from rheobase.units import Dimension, internal, ms, mV

#: What a spike can do; `rheobase.compile.cell` turns each kind into equations.
KINDS = ("delta", "exponential", "alpha", "conductance")


@dataclass(frozen=True)
class Synapse:
    """What a spike does: build it with `delta`, `exponential`, `alpha` or `conductance`.

    Attributes
    ----------
    kind
        One of `KINDS`.
    target
        The neuron's state that a delta synapse jumps, or the neuron's input parameter (its *port*) that a current or
        conductance synapse adds to.
    tau
        Synaptic time constant, ms.
    reversal
        Reversal potential of a conductance synapse, mV.
    voltage
        The neuron's membrane potential, for conductance synapses.
    """

    kind: str
    target: str
    tau: float | None = None
    reversal: float | None = None
    voltage: str = field(default="v")

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ModelError(f"there is no synapse of kind {self.kind!r}; there are: {', '.join(KINDS)}")
        if self.kind != "delta" and not (self.tau is not None and self.tau > 0):
            raise ModelError(
                f"a synapse of kind {self.kind!r} needs a time constant; write Synapse.{self.kind}(5*ms, ...)"
            )
        if self.kind == "conductance" and self.reversal is None:
            raise ModelError("a conductance synapse needs a reversal potential; write Synapse.conductance(5*ms, 0*mV)")

    @staticmethod
    def delta(target: str = "v") -> Synapse:
        """The state ``target`` jumps by the weight, which has its unit: ``v += w``."""
        return Synapse("delta", target)

    @staticmethod
    def exponential(tau: Any, target: str = "I") -> Synapse:
        """A current that jumps by the weight and decays: ``ds/dt = -s/tau``, added to the input ``target``."""
        return Synapse("exponential", target, _time_constant(tau))

    @staticmethod
    def alpha(tau: Any, target: str = "I") -> Synapse:
        """A current ``w (t/tau) exp(1 - t/tau)`` that peaks at the weight after ``tau``, added to the input
        ``target``.
        """
        return Synapse("alpha", target, _time_constant(tau))

    @staticmethod
    def conductance(tau: Any, E: Any, target: str = "I", voltage: str = "v") -> Synapse:
        """A conductance that jumps by the weight and decays; ``g (E - v)`` is added to the input ``target``."""
        reversal = float(internal(E, mV.dimension, "the reversal potential E"))
        return Synapse("conductance", target, _time_constant(tau), reversal, voltage)

    def weight_dimension(self, dimension_of_target: Dimension) -> Dimension:
        """Dimension of the weight, from the dimension of the state or input that the synapse acts on."""
        return dimension_of_target / mV.dimension if self.kind == "conductance" else dimension_of_target


def _time_constant(tau: Any) -> float:
    value = float(internal(tau, ms.dimension, "the synaptic time constant tau"))
    if not value > 0:
        raise ModelError(
            "the synaptic time constant tau must be positive; for an instantaneous jump use Synapse.delta()"
        )
    return value
