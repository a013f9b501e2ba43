"""The simulation lens: what does this network do? Event-driven, on several threads, without a compiler."""

from rheobase.simulation.memory import DoesNotFit
from rheobase.simulation.recording import Recording, Spikes
from rheobase.simulation.run import Diverged
from rheobase.simulation.simulate import Interrupted, as_network, simulate

__all__ = ["Diverged", "DoesNotFit", "Interrupted", "Recording", "Spikes", "as_network", "simulate"]
