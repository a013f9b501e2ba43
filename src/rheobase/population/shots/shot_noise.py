r"""Rates of neurons that are driven by trains of jumps: exact, without the diffusion approximation.

Exponentially distributed jumps on a leaky neuron have a closed form (Richardson & Swarbrick 2010, with any number of
trains: `rheobase.numerics.exponential_jumps`); jumps of any other distribution, fixed ones among them, and any other
drift are solved by collocation of the first-passage equation (`rheobase.numerics.jump_passage`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read
from rheobase.numerics.exponential_jumps import exponential_jumps
from rheobase.numerics.jump_passage import JumpProcess, mean_passage
from rheobase.numerics.jumps import Jumps, total
from rheobase.population.input.input_map import input_map
from rheobase.population.input.jump_trains import joined, jump_trains
from rheobase.population.neuron.any_neuron import rates as diffusion_rates
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.population.states.steady_state import steady_state
from rheobase.units import Hz, internal

Array = NDArray[np.float64]

FORMULA, COLLOCATION = "closed form", "collocation"
SOURCES = {
    FORMULA: "Richardson MJE, Swarbrick R (2010), Phys Rev Lett 105:178102 (exponentially distributed jumps)",
    COLLOCATION: "Tuckwell HC (1988), Introduction to Theoretical Neurobiology, vol. 2, section 9.4 (passage times)",
}


@dataclass(frozen=True)
class ShotNoiseRate:
    """The rate of a neuron in shot noise.

    Attributes
    ----------
    rate, log_rate : float
        Hz, and its natural logarithm (of the rate in Hz).
    error : float
        Estimated error of ``log_rate``.
    diffusion : float
        Hz: the rate in white noise of the same mean and variance.
    method : str
        ``'closed form'`` or ``'collocation'``.
    trains : tuple of Jumps
        The input: rates in kHz, sizes in mV.
    """

    rate: float
    log_rate: float
    error: float
    diffusion: float
    method: str
    trains: tuple[Jumps, ...] = field(repr=False)

    @property
    def diffusion_error(self) -> float:
        """What the diffusion approximation is off by, as a part of the exact rate; nan if that is 0."""
        return self.diffusion / self.rate - 1.0 if self.rate > 0.0 else np.nan

    def summary(self) -> str:
        """One sentence."""
        compared = (
            "" if self.rate == 0.0 else f"; the diffusion approximation is off by {100.0 * self.diffusion_error:+.3g} %"
        )
        return f"{self.rate:.8g} Hz by {self.method}, ln rate to {self.error:.1g}{compared}."

    def cite(self) -> str:
        """The publication behind the method used here."""
        return SOURCES[self.method]

    def plot(self, ax: Any = None) -> Any:
        """The rate beside that in white noise of the same mean and variance."""
        from rheobase.plot.shots import shot_noise

        return shot_noise(self, ax)


def shot_noise_rate(
    neuron: Neuron, rates: Any, jumps: Any, *, mu: Any = 0.0, sizes: str = "exponential", **parameters: Any
) -> ShotNoiseRate:
    r"""Stationary rate of a neuron that is driven by Poisson trains of jumps.

    ``dv/dt = F(v)/tau_m + mu/tau_m + sum_k sum_spikes J_k delta(t - t_spike)``. For a leaky neuron and exponential
    jumps of means ``a_k`` (Richardson & Swarbrick 2010)

        1/rate = t_ref + tau_m int_0^(1/a) ds/(s Z0) [exp(s theta)/(1 - a s) - exp(s V_r)],
        Z0 = exp(mu s) prod_k (1 - a_k s)**(-tau_m R_k),

    and its extension to several upward trains; otherwise by collocation, with an error estimate.

    Parameters
    ----------
    neuron
        With one membrane state, a threshold and a reset at fixed voltages; refractory or not.
    rates
        Rate of each train: quantities, or numbers in Hz.
    jumps
        Mean jump of each: quantities, or numbers in the unit of the membrane state; negative for inhibition.
    mu
        Steady input, as in `rheobase.population.neuron.transfer`.
    sizes
        ``'exponential'`` or ``'fixed'``: how the jumps are distributed.
    **parameters
        Parameters of the neuron that are changed.

    Raises
    ------
    NotCovered
        If the theory does not cover the neuron.
    ModelError
        If the input does not fit together, or the jumps are too small and many for the method to resolve.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population.shots.shot_noise import shot_noise_rate
    >>> found = shot_noise_rate(library.lif(), 1000.0, "0.5 mV")
    >>> found.rate > 0 and found.error < 1e-9
    True
    """
    m = membrane_of(neuron, **parameters)
    return rate_in(m, read_trains(neuron, m, rates, jumps, sizes), steady_input(neuron, m, mu))


def read_trains(neuron: Neuron, m: Membrane, rates: Any, jumps: Any, sizes: str) -> tuple[Jumps, ...]:
    """A user's rates and jumps as trains, in kHz and mV."""
    if sizes not in ("exponential", "fixed"):
        raise ModelError(f"sizes has to be 'exponential' or 'fixed', not {sizes!r}")
    pace = np.atleast_1d(np.asarray(_kilohertz(rates), float))
    step = np.atleast_1d(np.asarray(_read_as("jumps", neuron, m, jumps), float))
    if pace.shape != step.shape or pace.ndim > 1:
        raise ModelError(
            f"there are {pace.size} rates but {step.size} jumps; give one of each for every train, each in one row"
        )
    if not (np.all(np.isfinite(pace)) and np.all(pace >= 0.0)):
        raise ModelError("the rates of the trains have to be finite and not negative")
    law: Literal["exponential", "fixed"] = "exponential" if sizes == "exponential" else "fixed"
    return joined([Jumps(float(r), float(j), law) for r, j in zip(pace, step, strict=True)])


def steady_input(neuron: Neuron, m: Membrane, mu: Any) -> float:
    """A user's steady input, one value in mV."""
    found = np.asarray(_read_as("mu", neuron, m, mu), float)
    if found.size != 1:
        raise ModelError(f"mu has to be one value, but {found.size} were given")
    return float(found.reshape(()))


def _read_as(name: str, neuron: Neuron, m: Membrane, value: Any) -> Any:
    """As `read`; what is wrong is said of the argument's name."""
    try:
        return read(neuron, m.voltage, value)
    except ModelError as reason:
        raise type(reason)(f"{name}: {reason}") from None


def _kilohertz(rates: Any) -> Any:
    if isinstance(rates, list | tuple):
        return [_kilohertz(rate) for rate in rates]
    if isinstance(rates, int | float | np.number | np.ndarray):
        return np.asarray(rates, float) * 1e-3
    return internal(rates, Hz.dimension, "rates")


def shot_noise_rates(network: Network, rates: Any = None) -> dict[str, ShotNoiseRate]:
    """The rate of each population in the trains of jumps that it receives, if the populations fire at ``rates``.

    Spike trains of neurons count as Poisson trains. Synapses that take time count as jumps by all they do in the end.

    Parameters
    ----------
    network
        One that the theory covers.
    rates
        Rates of its populations, Hz; those of the stationary state in the diffusion approximation if None.

    Raises
    ------
    NotCovered
        If the theory does not cover the network.
    ModelError
        If the jumps are too small and many for the method to resolve.
    """
    maps = input_map(network)
    known = steady_state(network).rates if rates is None else _numbers(rates)
    if known.shape != (len(maps.names),) or not np.all(np.isfinite(known) & (known >= 0.0)):
        raise ModelError(f"rates has to hold one rate (Hz) for each of {', '.join(maps.names)}, in this order")
    local = maps.frozen(known * 1e-3)
    found = {}
    for k, name in enumerate(maps.names):
        trains, steady = jump_trains(network, local, k, known * 1e-3)
        found[name] = rate_in(local.membranes[k], trains, steady)
    return found


def _numbers(values: Any) -> Array:
    """Values as an array; empty if they are no numbers."""
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        return np.zeros(0)


def rate_in(m: Membrane, trains: tuple[Jumps, ...], steady: float) -> ShotNoiseRate:
    """The rate of a membrane in trains of jumps (kHz, mV) and a steady input (mV)."""
    formula = m.drift is None and m.noise == 0.0 and all(t.law == "exponential" for t in trains)
    if formula:
        tau_m, threshold, reset, _ = m.lif
        pace, step = (np.array([getattr(t, name) for t in trains], float) for name in ("rate", "size"))
        log_time, error = exponential_jumps(tau_m, steady, threshold, reset, pace, step)
    else:
        try:
            log_time, error = mean_passage(jump_process(m, trains, steady))
        except ArithmeticError as reason:
            raise ModelError(f"the rate in shot noise could not be found: {reason}") from None
    log_rate = log_rate_after(m, log_time)
    with np.errstate(under="ignore"):
        rate = float(np.exp(log_rate))
    method = FORMULA if formula else COLLOCATION
    return ShotNoiseRate(rate, log_rate, error, diffusion_rate(m, trains, steady), method, trains)


def log_rate_after(m: Membrane, log_time: float) -> float:
    """Logarithm of the rate in Hz, from that of the time (ms) to the threshold; the refractory time included."""
    log_rate = -np.logaddexp(log_time, np.log(m.t_ref)) if m.t_ref > 0.0 else -log_time
    return float(log_rate + np.log(1e3))


def jump_process(m: Membrane, trains: tuple[Jumps, ...], steady: float) -> JumpProcess:
    """A membrane, its own noise, and what drives it, for the numerics."""
    drift, added = m.interval.drift, steady / m.tau_m
    return JumpProcess(lambda v: np.asarray(drift(v) + added, float), m.v_reset, m.v_th, trains, 0.5 * m.noise**2)


def diffusion_rate(m: Membrane, trains: tuple[Jumps, ...], steady: float) -> float:
    """The rate (Hz) in white noise of the same mean and variance."""
    mu = steady + m.tau_m * total(trains, 1)
    sigma = np.sqrt(m.tau_m * (total(trains, 2) + m.noise**2))
    return 1e3 * float(diffusion_rates((m,), np.array([mu]), np.array([sigma]), np.zeros(1)).rate[0])
