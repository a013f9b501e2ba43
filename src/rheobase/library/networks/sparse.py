"""Sparse network of excitatory and inhibitory leaky neurons with delta synapses, as in Brunel (2000).

Neurons of one kind receive jumps ``J`` from excitatory and from external neurons and ``-g*J`` from inhibitory ones; the
external rate is given relative to ``nu_thr = theta/(J C_E tau)``, at which it alone brings the mean potential to
threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rheobase.library.given import quantities
from rheobase.library.neurons.lif import lif
from rheobase.model.connect import FixedIndegree
from rheobase.model.distribution import Uniform
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.units import DIMENSIONLESS, Dimension, Hz, internal, ms, mV

_THETA, _V_RESET, _T_REF = 20.0, 10.0, 2.0  # mV, mV, ms


@dataclass(frozen=True)
class Kind:
    """Neurons of one kind: ``J`` (mV), ``g``, ``eta``, ``tau`` (ms), and the delays (ms) of what comes from E and I."""

    J: float
    g: float
    eta: float
    tau: float
    delays: tuple[float, float]


@dataclass(frozen=True)
class Sparse:
    """``4*order`` excitatory and ``order`` inhibitory neurons, connected with the probability ``epsilon``."""

    name: str
    source: str
    epsilon: float
    order: int

    def network(self, excitatory: Kind, inhibitory: Kind) -> Network:
        """The network of these two kinds of neurons.

        Raises
        ------
        ModelError
            If a jump is not positive, or there is no excitatory synapse.
        """
        n_i, n_e = int(self.order), 4 * int(self.order)
        c_e, c_i = round(self.epsilon * n_e), round(self.epsilon * n_i)
        kinds = {"E": excitatory, "I": inhibitory}
        if not (c_e > 0 and all(kind.J > 0 for kind in kinds.values())):
            raise ModelError(f"{self.name} needs a positive J, and an epsilon*4*order of at least one synapse")
        return Network(
            _populations(n_e, n_i, excitatory.tau, inhibitory.tau),
            [
                Projection(source, target, FixedIndegree(degree), weight * mV, delay * ms)
                for k, (source, degree) in enumerate((("E", c_e), ("I", c_i)))
                for target, kind in kinds.items()
                for weight, delay in [((kind.J, -kind.g * kind.J)[k], kind.delays[k])]
            ],
            [
                PoissonInput(target, kind.eta * _threshold_rate(kind, c_e) * Hz, kind.J * mV, n=c_e)
                for target, kind in kinds.items()
            ],
            name=self.name,
            source=self.source,
        )


def _threshold_rate(kind: Kind, c_e: int) -> float:
    """Hz."""
    return 1e3 * _THETA / (kind.J * c_e * kind.tau)


@lru_cache(maxsize=256)  # the networks of a family share their neurons, which are then read once
def _populations(n_e: int, n_i: int, tau_e: float, tau_i: float) -> tuple[Population, Population]:
    start = Uniform(_V_RESET * mV, _THETA * mV)
    return (Population(_neuron(tau_e), n_e, "E", v=start), Population(_neuron(tau_i), n_i, "I", v=start))


@lru_cache(maxsize=256)
def _neuron(tau: float) -> Any:
    return lif(E_L=0 * mV, tau_m=tau * ms, v_th=_THETA * mV, v_reset=_V_RESET * mV, t_ref=_T_REF * ms)


def number(value: Any, name: str) -> float:
    """A parameter without unit; texts are read."""
    return _given(value, name, DIMENSIONLESS)


def voltage(value: Any, name: str) -> float:
    """A voltage in mV."""
    return _given(value, name, mV.dimension)


def time(value: Any, name: str) -> float:
    """A time in ms."""
    return _given(value, name, ms.dimension)


def _given(value: Any, name: str, dimension: Dimension) -> float:
    return float(internal(quantities({name: value})[name], dimension, name))
