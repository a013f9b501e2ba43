"""`input_statistics`: what the neurons of a network receive at given rates, and what their membranes make of it.

The maps from rates to input are in `rheobase.population.input.input_map`; this is the result for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.network import Network
from rheobase.population.input.channel import Channel
from rheobase.population.input.conductance import linear
from rheobase.population.input.conductance_moments import corrections
from rheobase.population.input.free_membrane import cube_integral, square_integral
from rheobase.population.input.given import given_rates
from rheobase.population.input.input_map import Drive, InputMap, input_map
from rheobase.population.neuron.membrane import NotCovered

__all__ = ["Channel", "Drive", "InputMap", "InputPart", "InputStatistics", "input_map", "input_statistics"]

Array = NDArray[np.float64]

_METHODS = (
    "Amit DJ, Brunel N (1997), Cereb Cortex 7:237 (diffusion approximation)",
    "Campbell N (1909), Proc Camb Phil Soc 15:117; Rice SO (1944), Bell Syst Tech J 23:282 (moments of shot noise)",
)
_CONDUCTANCE = (
    "Burkitt AN (2001), Biol Cybern 85:247; Richardson MJE (2004), Phys Rev E 69:051918 (effective time constant)",
)


@dataclass(frozen=True)
class InputPart:
    """What a population receives from one source.

    Attributes
    ----------
    source : str
        A population's name in quotes, or 'the Poisson input'.
    kind : str
        Of the synapse.
    in_degree : float
        Synapses a neuron.
    rate : float
        Of each of them, Hz.
    jump : float
        Mean of what a spike moves the membrane by in all, mV; at the mean voltage for conductances.
    mu, variance : float
        Its parts of the mean input (mV) and of ``sigma**2`` (mV**2).
    tau_s, delay : float
        Synaptic time constant and mean delay, ms.
    """

    source: str
    kind: str
    in_degree: float
    rate: float
    jump: float
    mu: float
    variance: float
    tau_s: float
    delay: float


@dataclass(frozen=True)
class InputStatistics:
    """Input of every population at given rates; ``mu, sigma = result`` unpacks the first two.

    Attributes
    ----------
    populations : tuple of str
    rates : ndarray
        Hz.
    mu, sigma : ndarray
        Mean and noise strength, mV: ``tau_m dv = (F(v) + mu) dt + sigma sqrt(tau_m) dW``.
    tau_m : ndarray
        Membrane time constant, ms: the effective one where there are conductance synapses.
    mean_v, sd_v : ndarray
        Mean and standard deviation (mV) of the membrane without threshold, exact for the synapses' own filters; with
        conductances in the approximation of the effective time constant, the mean and the skewness to second order in
        their fluctuations. A neuron with a nonlinear drift counts by its linearisation at rest; nan if it has no rest.
    skewness : ndarray
        Third cumulant of that voltage over ``sd_v**3``: 0 for Gaussian noise.
    inputs : ndarray
        Effective number of synapses that the noise comes from, ``(sum v)**2 / sum v**2`` with ``v`` each one's part of
        the variance.
    events : ndarray
        Presynaptic spikes in one ``tau_m``.
    shift : ndarray
        Shift of the scaled bounds that stands for coloured noise.
    parts : tuple of tuple of InputPart
        What each population receives, source by source.
    """

    populations: tuple[str, ...]
    rates: Array
    mu: Array
    sigma: Array
    tau_m: Array
    mean_v: Array
    sd_v: Array
    skewness: Array
    inputs: Array
    events: Array
    shift: Array
    parts: tuple[tuple[InputPart, ...], ...]
    maps: InputMap = field(repr=False, compare=False)

    def __iter__(self) -> Iterator[Array]:
        return iter((self.mu, self.sigma))

    def __getitem__(self, k: int) -> Array:
        return (self.mu, self.sigma)[k]

    def __len__(self) -> int:
        return 2

    @property
    def tau_s(self) -> tuple[tuple[float, ...], ...]:
        """The different synaptic time constants (ms) of each population's inputs; 0 for instantaneous jumps."""
        return tuple(tuple(sorted({part.tau_s for part in own})) for own in self.parts)

    @property
    def delays(self) -> tuple[tuple[float, ...], ...]:
        """The different mean delays (ms) of each population's projections."""
        return tuple(tuple(sorted({part.delay for part in own if part.delay > 0.0})) for own in self.parts)

    def summary(self) -> str:
        """One line for each population, and under it one for each of its sources."""
        lines = []
        for k, name in enumerate(self.populations):
            lines.append(
                f"{name}: mu {self.mu[k]:.4g} mV, sigma {self.sigma[k]:.4g} mV, tau_m {self.tau_m[k]:.4g} ms; without "
                f"threshold v = {self.mean_v[k]:.4g} +- {self.sd_v[k]:.3g} mV, skewness {self.skewness[k]:.3g}; "
                f"{self.events[k]:.4g} spikes in tau_m from {self.inputs[k]:.4g} effective synapses"
            )
            lines += [_line(part) for part in self.parts[k]]
        return "\n".join(lines)

    def plot(self, ax: Any = None) -> Any:
        """The parts of mean and variance, source by source."""
        from rheobase import plot

        return plot.input_statistics(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(_METHODS + (_CONDUCTANCE if self.maps.has_conductances else ()))


def _line(part: InputPart) -> str:
    return (
        f"  from {part.source}, {part.kind}: {part.in_degree:.4g} synapses at {part.rate:.4g} Hz, {part.jump:.4g} mV a "
        f"spike, mean {part.mu:.4g} mV, variance {part.variance:.4g} mV**2, tau_s {part.tau_s:.3g} ms"
        + (f", delay {part.delay:.3g} ms" if part.delay > 0.0 else "")
    )


def input_statistics(network: Network, rates: ArrayLike) -> InputStatistics:
    r"""What the neurons of each population receive at these rates, in the diffusion approximation.

    ``mu = tau_m (currents + sum K <J> rate)`` and ``sigma**2 = tau_m (noise**2 + sum K <J**2> rate)``, with ``J`` what
    a spike moves the membrane by in all (Amit & Brunel 1997). With conductance synapses ``tau_m`` is the effective
    time constant and ``J`` is taken at the mean voltage (Richardson 2004).

    Parameters
    ----------
    network
        One that the theory covers.
    rates : array_like
        Hz, one for each population that is not a Poisson process, in the network's order.

    Returns
    -------
    InputStatistics

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    ModelError
        If there are not as many rates as populations, or one is negative or not a number.

    Examples
    --------
    >>> from rheobase import library, population
    >>> found = population.input_statistics(library.brunel2000(g=5, eta=2), [37.95, 37.95])
    >>> [round(float(x), 3) for x in (found.mu[0], found.sigma[0])]
    [21.025, 7.683]
    """
    maps = input_map(network)
    given = given_rates(maps.names, rates)
    local = maps.frozen(given * 1e-3)
    drive = local.drive(given * 1e-3)
    moments = np.array([_free(local, k, given * 1e-3, float(drive.mu[k])) for k in range(len(maps.names))]).T
    parts = tuple(_parts(local, k, given * 1e-3) for k in range(len(maps.names)))
    inputs, events = np.array([_counts(own, m.tau_m) for own, m in zip(parts, local.membranes, strict=True)]).T
    return InputStatistics(
        populations=maps.names, rates=given, mu=drive.mu, sigma=drive.sigma, tau_m=drive.tau_m, mean_v=moments[0],
        sd_v=moments[1], skewness=moments[2], inputs=inputs, events=events, shift=drive.shift, parts=parts, maps=local,
    )  # fmt: skip


def _free(local: InputMap, k: int, rates: Array, mu: float) -> tuple[float, float, float]:
    """Mean, standard deviation (mV) and skewness of a membrane without threshold."""
    m = local.membranes[k]
    held = local.loads is not None and np.isfinite(local.loads.voltage[k])
    if held and local.loads is not None:
        mean, tau = float(local.loads.voltage[k]), float(local.loads.tau[k])
    else:
        try:
            near = linear(m)
        except NotCovered:
            return np.nan, np.nan, np.nan
        mean, tau = near.rest + mu / m.tau_m * near.tau, near.tau
    second, third = m.noise**2 * square_integral(tau, 0.0, 0), 0.0
    for c, rate, _ in local.heard(k, rates):
        second += c.in_degree * rate * c.square * square_integral(tau, c.tau_s, c.poles)
        third += c.in_degree * rate * c.cube * cube_integral(tau, c.tau_s, c.poles)
    if held:
        moved, multiplied = corrections(local.heard(k, rates), tau, m.noise)
        mean, third = mean + moved, third + multiplied
    return mean, float(np.sqrt(second)), third / second**1.5 if second > 0.0 else 0.0


def _parts(local: InputMap, k: int, rates: Array) -> tuple[InputPart, ...]:
    tau_m = local.membranes[k].tau_m
    return tuple(
        InputPart(
            origin, c.kind, c.in_degree, 1e3 * rate, c.jump, tau_m * c.in_degree * rate * c.jump,
            tau_m * c.in_degree * rate * c.square, c.tau_s, c.delay.mean,
        )
        for c, rate, origin in local.heard(k, rates)
    )  # fmt: skip


def _counts(parts: tuple[InputPart, ...], tau_m: float) -> tuple[float, float]:
    """Effective number of synapses, and spikes in ``tau_m``."""
    events = tau_m * sum(part.in_degree * part.rate * 1e-3 for part in parts)
    whole = sum(part.variance for part in parts)
    squares = sum(part.variance**2 / part.in_degree for part in parts if part.in_degree > 0.0)
    return (whole**2 / squares if squares > 0.0 else 0.0), events
