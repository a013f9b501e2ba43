r"""The Kramers-Moyal expansion of a neuron's rate in the size of its jumps: diffusion approximation and corrections.

Order 2 is the diffusion approximation. Order 3 adds what is of first order in the size of the jumps: their third
cumulant, and their mean overshoot over the threshold; order 4 what is of second order. The equations, and the boundary
condition that they need, are in `rheobase.numerics.jump_expansion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.numerics.jump_expansion import boundary, expansion
from rheobase.numerics.jumps import Jumps, total
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.population.shots.shot_noise import jump_process, log_rate_after, read_trains, steady_input

SOURCES = (
    "Kramers HA (1940), Physica 7:284; Moyal JE (1949), J R Stat Soc B 11:150 (expansion in the size of jumps)",
    "Siegmund D (1979), Adv Appl Prob 11:701; Chang JT, Peres Y (1997), Ann Prob 25:787 (overshoot of a walk)",
    "Kyprianou AE (2014), Fluctuations of Levy Processes with Applications, Springer (overshoot of upward jumps)",
)


@dataclass(frozen=True)
class KramersMoyal:
    """The rate of a neuron in shot noise, order by order.

    Attributes
    ----------
    orders : tuple of int
        2, 3, ...
    log_rates, rates : tuple of float
        The rate to each of these orders: its natural logarithm (of the rate in Hz), and Hz.
    cumulants : tuple of float
        Of the input, 1 to 4, per ms: mV/ms, mV**2/ms, ...
    overshoot : float
        How far beyond the threshold a jump lands on average, mV.
    error : float
        Estimate of the numerical error of the terms; what the next order would add is not in it.
    """

    orders: tuple[int, ...]
    log_rates: tuple[float, ...]
    cumulants: tuple[float, ...]
    overshoot: float
    error: float

    @property
    def rates(self) -> tuple[float, ...]:
        with np.errstate(under="ignore"):
            return tuple(float(np.exp(x)) for x in self.log_rates)

    @property
    def rate(self) -> float:
        """Hz, to the highest order."""
        return self.rates[-1]

    @property
    def diffusion_error(self) -> float:
        """What the diffusion approximation is off by, as a part of the rate to the highest order."""
        return float(np.expm1(self.log_rates[0] - self.log_rates[-1]))

    def summary(self) -> str:
        """A line for each order."""
        lines = [f"order {n}: {rate:.8g} Hz" for n, rate in zip(self.orders, self.rates, strict=True)]
        lines.append(f"Spikes overshoot the threshold by {self.overshoot:.4g} mV on average.")
        return "\n".join([*lines, f"The terms of ln rate are known to {self.error:.1g}."])

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(SOURCES)

    def plot(self, ax: Any = None) -> Any:
        """The rate to each order."""
        from rheobase.plot.shots import kramers_moyal as draw

        return draw(self, ax)


def kramers_moyal(
    neuron: Neuron, rates: Any, jumps: Any, order: int = 3, *, mu: Any = 0.0, sizes: str = "exponential",
    **parameters: Any,
) -> KramersMoyal:  # fmt: skip
    """Rate of a neuron in Poisson trains of jumps, by the expansion in their size up to ``order``.

    The error of ``ln rate`` to order ``n`` is of the order ``n - 1`` in the size of the jumps at fixed mean and
    variance of the input.

    Parameters
    ----------
    neuron, rates, jumps, mu, sizes, **parameters
        As in `rheobase.population.shots.shot_noise.shot_noise_rate`, which gives the exact rate.
    order : int
        2 (diffusion approximation), 3, or, where all jumps lead up and the neuron has no noise of its own, 4.

    Raises
    ------
    NotCovered
        If the theory does not cover the neuron.
    ModelError
        If the order cannot be had, or there is no noise to expand around.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population.shots.kramers_moyal import kramers_moyal
    >>> found = kramers_moyal(library.lif(), 4000.0, "0.1 mV", 4, mu="12 mV")
    >>> found.orders
    (2, 3, 4)
    """
    m = membrane_of(neuron, **parameters)
    trains = read_trains(neuron, m, rates, jumps, sizes)
    return expanded(m, trains, steady_input(neuron, m, mu), order)


def expanded(m: Membrane, trains: tuple[Jumps, ...], steady: float, order: int = 3) -> KramersMoyal:
    """The expansion for a membrane in trains of jumps (kHz, mV) and a steady input (mV)."""
    if order not in (2, 3, 4):
        raise ModelError(f"the order of the expansion has to be 2, 3 or 4, not {order!r}")
    process = jump_process(m, trains, steady)
    if process.variance == 0.0:
        raise ModelError("there are no jumps and no noise to expand the rate around; give trains with a rate above 0")
    try:
        terms, error = expansion(process, order)
    except ValueError:
        raise ModelError(
            "order 4 needs jumps that all lead up, and a neuron without noise of its own; ask for order 3, or for the "
            "exact rate by shot_noise_rate"
        ) from None
    except ArithmeticError as reason:
        raise ModelError(f"the rate could not be expanded: {reason}") from None
    log_rates = tuple(log_rate_after(m, float(x)) for x in np.cumsum(terms))
    cumulants = tuple(total(trains, n) + (m.noise**2 if n == 2 else 0.0) for n in (1, 2, 3, 4))
    return KramersMoyal(tuple(range(2, order + 1)), log_rates, cumulants, boundary(process).mean, error)
