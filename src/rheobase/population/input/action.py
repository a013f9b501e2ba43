"""What a spike does to a membrane through each kind of synapse, in the few numbers that the theory needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rheobase.model.synapse import Synapse
from rheobase.population.neuron.membrane import Membrane, NotCovered


@dataclass(frozen=True)
class Action:
    """The postsynaptic response to a unit weight.

    Attributes
    ----------
    charge : float
        What it moves the membrane by in all, mV; for a conductance what it adds to the leak in all (a pure number),
        which times the driving force is what it moves the membrane by.
    tau_s : float
        Time constant, ms; 0 for an instantaneous jump.
    poles : int
        How often the response is low-pass filtered: 0 for a jump, 1 for an exponential, 2 for an alpha function.
    reversal : float or None
        Reversal potential of a conductance, mV.
    """

    charge: float
    tau_s: float
    poles: int
    reversal: float | None = None


def action(target: Membrane, synapse: Synapse) -> Action:
    """How a synapse acts on a membrane.

    The alpha function ``w (t/tau) exp(1 - t/tau)`` has the charge ``w tau e``.

    Raises
    ------
    NotCovered
        If the synapse acts on something that does not reach the membrane as the theory needs it.
    """
    kind, name, tau = synapse.kind, synapse.target, synapse.tau
    if kind == "delta" and name == target.voltage:
        return Action(1.0, 0.0, 0)
    if kind == "delta" and name in target.filters:
        tau_s, slope = target.filters[name]
        return Action(slope * tau_s, tau_s, 1)
    if name not in target.slopes or tau is None:
        raise NotCovered(
            f"the theory covers synapses that act on '{target.voltage}', on its inputs, or on a state that filters "
            f"spikes; this {kind} synapse acts on '{name}'"
        )
    charge = target.slopes[name] * tau
    if kind == "alpha":
        return Action(charge * float(np.e), tau, 2)
    if kind == "exponential":
        return Action(charge, tau, 1)
    if synapse.voltage != target.voltage:
        raise NotCovered(
            f"the driving force of this conductance synapse is that of '{synapse.voltage}', but the membrane state is "
            f"'{target.voltage}'; write Synapse.conductance(..., voltage='{target.voltage}')"
        )
    return Action(charge, tau, 1, synapse.reversal)
