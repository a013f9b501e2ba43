"""A cable cut into compartments: units coupled by the resistance of the inside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from rheobase.errors import ModelError
from rheobase.model.connect import Explicit, whole
from rheobase.model.gap_junction import GapJunction
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.model.neuron import Neuron
from rheobase.units import LENGTH, VOLTAGE, Quantity, express, internal, mV, nS, pA, pF

if TYPE_CHECKING:
    from rheobase.conductance.cable import Cable

_PASSIVE = """
dv/dt = (I - g_L*(v - E_L))/C : mV
g_L : nS
E_L : mV
C : pF
I : pA = 0*pA
"""


def passive_chain(cable: Cable, n: int, current: float, at: float, E_L: Any) -> Network:
    r"""``n`` equal compartments: a capacitance with a leak each, coupled by the inside between their middles.

    .. math:: g_{axial} = \frac{\pi d^2}{4 R_i\,h},\qquad h = L/n

    A killed end lies half a compartment behind the last middle, and adds ``2 g_axial`` to its leak. The error against
    the cable equation falls with the square of ``h``.
    """
    size = _compartments(n)
    h = cable.centres(1)[0] * 2.0 / size
    membrane = math.pi * cable.diameter * h
    axial = math.pi * cable.diameter**2 / (4.0 * cable.R_i * h)
    leak = np.full(size, membrane / cable.R_m)
    if cable.end == "killed":
        leak[-1] += 2.0 * axial
    rest = float(internal(E_L, VOLTAGE, "E_L"))
    neuron = Neuron(
        _PASSIVE, name="compartment", g_L=Quantity(leak, nS.dimension), E_L=rest * mV, v=rest * mV,
        C=express(membrane * cable.C_m, pF),
    )  # fmt: skip
    injected = np.zeros(size)
    injected[min(int(at / h), size - 1)] = current
    inputs = [CurrentInput("cable", Quantity(injected, pA.dimension))] if current else []
    return _coupled(neuron, size, axial, inputs)


def chain(neuron: Neuron, n: int, *, length: Any, diameter: Any, R_i: Any, inputs: Any = ()) -> Network:
    """``n`` compartments with any membrane, such as an axon that carries spikes.

    Parameters
    ----------
    neuron
        One compartment's membrane, from `rheobase.conductance.membrane` with ``area=``: its input is a current, and its
        area is set to that of a compartment.
    n
        Number of compartments.
    length, diameter
        Of the whole cable; plain numbers are in um.
    R_i
        Resistivity of the inside, such as ``"35.4 ohm*cm"``.
    inputs
        `CurrentInput` objects onto the population ``"cable"``.

    Examples
    --------
    >>> from rheobase.conductance import chain, channels, membrane
    >>> axon = membrane(channels.sodium_squid(), channels.potassium_squid(), channels.leak_squid(), C="1 uF/cm**2",
    ...                 area="1 um**2")
    >>> chain(axon, 100, length="5 cm", diameter="476 um", R_i="35.4 ohm*cm")
    Network('cable': 100 neurons, about 0 synapses)
    """
    from rheobase.conductance.cable import RESISTANCE, positive

    size = _compartments(n)
    if "area" not in neuron.parameters:
        raise ModelError("a compartment needs the parameter 'area': make its neuron with membrane(..., area='1 um**2')")
    h = positive(length, LENGTH, "length") / size
    d = positive(diameter, LENGTH, "diameter")
    axial = math.pi * d**2 / (4.0 * positive(R_i, RESISTANCE * LENGTH, "R_i") * h)
    piece = neuron.with_(area=Quantity(math.pi * d * h, LENGTH**2))
    return _coupled(piece, size, axial, inputs)


def _coupled(neuron: Neuron, size: int, axial: float, inputs: Any) -> Network:
    cells = Population(neuron, size, "cable")
    neighbours = Explicit(np.arange(size - 1), np.arange(1, size))
    junctions = [GapJunction("cable", "cable", neighbours, express(axial, nS))] if size > 1 else []
    return Network(cells, inputs=inputs, gap_junctions=junctions, name="cable")


def _compartments(n: Any) -> int:
    size = whole(n)
    if size is None or size < 1:
        raise ModelError(f"n = {n!r} compartments must be a whole number, at least 1")
    return size
