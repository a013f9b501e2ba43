"""How each population by itself follows a modulation ``exp(s t)`` of its mean input, of its noise and of its leak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.population.input.conductance_response import leak_numerator
from rheobase.population.input.input_map import Drive, InputMap
from rheobase.population.neuron.any_neuron import any_response, rates

Complex = NDArray[np.complex128]

#: Spikes in a tau_m below which a population counts as silent: no loop is closed by it, and its own modes, those of a
#: membrane that never fires, lie so near to places where its response is zero over zero that they cannot be counted.
_SILENT = 1e-9


@dataclass(frozen=True)
class Part:
    """The response of one population at an array of ``s``: numerators over a common denominator.

    The numerators by mean input (kHz), by ``sigma**2`` and by leak are analytic up to the same positive factor as the
    denominator, whose zeros are the modes of the population by itself. ``interval`` is the Laplace transform of the
    density of its intervals at unmodulated input.
    """

    mean: Complex
    variance: Complex
    leak: Complex
    denominator: Complex
    interval: Complex

    @property
    def functions(self) -> Complex:
        """The three transfer functions, shape (len(s), 3)."""
        return np.stack([self.mean, self.variance, self.leak], axis=1) / self.denominator[:, None]


#: The responses of all populations at an array of ``s``.
Parts = Callable[[Complex], list[Part]]


def alike(maps: InputMap, drive: Drive) -> tuple[int, ...]:
    """For each population the first that responds as it does: to twelve digits of the input, that is, to rounding."""
    first: dict[tuple, int] = {}
    keys = []
    for k, m in enumerate(maps.membranes):
        given = tuple(f"{float(x[k]):.12e}" for x in (drive.mu, drive.sigma, drive.shift))
        loads = () if maps.loads is None else (maps.loads.voltage[k], maps.loads.tau[k], maps.loads.variance[k])
        keys.append((given, m.lif, m.drift, loads if np.all(np.isfinite(loads)) else ()))
        first.setdefault(keys[-1], k)
    return tuple(first[key] for key in keys)


@dataclass(frozen=True, eq=False)
class Responses:
    """The responses of a network's populations, by closed forms and threshold integration.

    Attributes
    ----------
    maps, drive
        The network, frozen at a state, and what its populations receive there.
    same
        For each population the first that responds as it does: alike ones are computed once.
    """

    maps: InputMap
    drive: Drive
    same: tuple[int, ...]

    @classmethod
    def of(cls, maps: InputMap, drive: Drive) -> Responses:
        return cls(maps, drive, alike(maps, drive))

    def __call__(self, s: Complex) -> list[Part]:
        found = {k: self.one(k, s) for k in set(self.same)}
        return [found[k] for k in self.same]

    def one(self, k: int, s: Complex) -> Part:
        """That of population ``k``."""
        return one(self.maps, self.drive, k, s)


def audible(maps: InputMap, drive: Drive) -> NDArray[np.bool_]:
    """Which populations fire enough to take part in a mode."""
    nu = rates(maps.membranes, drive.mu, drive.sigma, drive.shift).rate
    return np.asarray(nu * maps.column("tau_m") >= _SILENT)


def one(maps: InputMap, drive: Drive, k: int, s: Complex) -> Part:
    r"""The response of population ``k``.

    With conductance synapses its mean voltage follows the mean input with a time constant ``tau``, and the driving
    force of all conductance fluctuations, that is, the noise, follows the mean voltage: another pole of the response to
    the mean input, at ``-1/tau``, which is a zero of the denominator here.
    """
    m = maps.membranes[k]
    own = any_response(s, m, float(drive.mu[k]), float(drive.sigma[k]), float(drive.shift[k]))
    leak = leak_numerator(maps, drive, k, s, own)
    moved = 0.0 if maps.loads is None else float(maps.loads.variance[k])
    if moved == 0.0:
        return Part(own.mu, own.sigma2, leak, own.denominator, own.interval)
    assert maps.loads is not None
    pole = 1.0 + s * maps.loads.tau[k]
    mean = pole * own.mu + moved * own.sigma2
    return Part(mean, pole * own.sigma2, pole * leak, pole * own.denominator, own.interval)


def silent(s: Complex) -> Part:
    """That of a population that does not respond."""
    nothing = np.zeros_like(s)
    return Part(nothing, nothing, nothing, np.ones_like(s), nothing)
