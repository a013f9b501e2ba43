r"""`wilson_cowan`: the rate equations of a network, with gains and time constants from its own neurons.

    tau_i r_i' = -r_i + Phi_i(mu_i, sigma_i),      mu_i = mu_0i + tau_m,i * sum over j of K J y_ij(t - d_ij),

``Phi`` the stationary rate of `rheobase.population.neuron.transfer`, ``y`` the presynaptic rate behind the filter of
the synapse, and ``sigma_i**2`` likewise (Wilson & Cowan 1972, with the transfer function of the spiking neuron). The
states at rest are exactly those of the network. How they are approached is not: a population's rate does not follow its
input by one filter, and not by the membrane's. Leaky neurons in noise are faster (Brunel, Chance, Fourcaud & Abbott
2001, Phys Rev Lett 86:2186), so that these equations may oscillate where the network does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.errors import UnitError
from rheobase.model.errors import ModelError
from rheobase.model.network import Network
from rheobase.numerics.delay_run import Past, integrate
from rheobase.numerics.delay_spectrum import growth_rates
from rheobase.population.input.input_map import InputMap
from rheobase.population.neuron.any_neuron import any_response, rates
from rheobase.population.neuron.membrane import NotCovered
from rheobase.population.reduced.added_drive import added_drive
from rheobase.population.reduced.exact_mean_field import Equilibrium
from rheobase.population.reduced.synaptic_drive import SynapticDrive
from rheobase.population.states.state_search import all_states
from rheobase.population.states.working_point import maps_of
from rheobase.units import internal, ms

Array = NDArray[np.float64]

_STEP = 0.01
_LONG = 10.0  # time constants and delays of the slowest, in a figure
_METHODS = (
    "Wilson HR, Cowan JD (1972), Biophys J 12:1 (rate equations)",
    "Siegert AJF (1951), Phys Rev 81:617; Richardson MJE (2007), Phys Rev E 76:021919 (stationary rates)",
)


@dataclass(frozen=True)
class RateRun:
    """Rates (Hz), (populations, times), at times ``t`` (ms)."""

    populations: tuple[str, ...]
    t: Array
    rates: Array

    def summary(self) -> str:
        """The last rates, and the span of each over the second half."""
        half = self.t >= 0.5 * self.t[-1]
        return "\n".join(
            f"{name}: {r[-1]:.6g} Hz at the end, {r[half].min():.6g} to {r[half].max():.6g} Hz in the second half"
            for name, r in zip(self.populations, self.rates, strict=True)
        )

    def plot(self, ax: Any = None) -> Any:
        """The rates against time."""
        from rheobase.plot.mean_field import run

        return run(self, ax, "rate equations")

    def cite(self) -> str:
        """The publications behind the equations."""
        return "\n".join(_METHODS)


@dataclass(frozen=True)
class WilsonCowan:
    """The rate equations of a network.

    Attributes
    ----------
    populations : tuple of str
    tau : ndarray
        Time constant of each rate, ms.
    status : str
        What the equations leave out, in sentences.
    """

    populations: tuple[str, ...]
    tau: Array
    status: str
    maps: InputMap = field(repr=False, compare=False)

    def fixed_points(self) -> tuple[Equilibrium, ...]:
        """All states at rest, those of the network itself, with their growth rates in these equations."""
        return tuple(
            Equilibrium(1e3 * r, np.full(r.size, np.nan), self._growth(r)) for r in all_states(self.maps)
        )  # fmt: skip

    def eigenvalues(self, rates_hz: ArrayLike) -> NDArray[np.complex128]:
        """Growth rates (1/ms) of small changes around given rates (Hz) at rest, the fastest growing first.

        Raises
        ------
        ModelError
            If there is not one rate a population, finite and not negative.
        """
        return self._growth(_given_rates("rates_hz", rates_hz, len(self.populations)))

    def _growth(self, r: Array) -> NDArray[np.complex128]:
        n, drive = r.size, self._drive
        size = n + len(drive.filters)
        now = np.zeros((size, size))
        now[:n, :n] = -np.diag(1.0 / self.tau)
        for at, (source, tau_s) in enumerate(drive.filters, start=n):
            now[at, source], now[at, at] = 1.0 / tau_s, -1.0 / tau_s
        later: dict[float, Array] = {}
        slopes = drive.slopes(r)
        for c, slope in zip(drive.terms, slopes, strict=True):
            matrix = later.setdefault(c.delay, np.zeros_like(now)) if c.delay > 0.0 else now
            matrix[c.post, c.source] += slope / self.tau[c.post]
        return growth_rates(now, list(later.values()), list(later))

    @property
    def _drive(self) -> SynapticDrive:
        return SynapticDrive.of(self.maps)

    def simulate(self, duration: Any, *, start: ArrayLike | None = None, dt: Any = None, drive: Any = None) -> RateRun:
        """Rates over time.

        Parameters
        ----------
        duration, dt
            Times; plain numbers are in ms. ``dt`` is between two points of the result, a hundredth of the shortest time
            constant by default; with delays it is the longest step too.
        start
            Rates at the start and before it, Hz; silence by default.
        drive
            A function of the time (ms) that is added to the mean inputs (mV): a number, or one a population.

        Raises
        ------
        ModelError
            If the rates run off, or something is no time, no rate or no drive.
        """
        length, step = _time("duration", duration), 0.01 * float(self.tau.min()) if dt is None else _time("dt", dt)
        n, terms = len(self.populations), self._drive
        first = _given_rates("start", 0.0 if start is None else start, n)
        added = added_drive(drive, n)
        begin = np.concatenate([first, [first[terms.origin(k)] for k in range(len(terms.filters))]])

        def derivative(t: float, x: Array, past: Past) -> Array:
            mu, sigma, shift = terms.statistics(
                [(x if c.delay == 0.0 else past(c.delay))[c.source] for c in terms.terms]
            )
            if added is not None:
                mu = mu + added(t)
            change = np.empty_like(x)
            change[:n] = (rates(self.maps.membranes, mu, sigma, shift).rate - x[:n]) / self.tau
            for at, (source, tau_s) in enumerate(terms.filters, start=n):
                change[at] = (x[source] - x[at]) / tau_s
            return change

        t = np.linspace(0.0, length, max(int(np.ceil(length / step)), 1) + 1)
        late = sorted({c.delay for c in terms.terms if c.delay > 0.0})
        states = integrate(derivative, t, begin, late, smooth=drive is None)
        if not np.all(np.isfinite(states)):
            raise ModelError("the rates run off; give a smaller dt, or the neurons a refractory time")
        return RateRun(self.populations, t, 1e3 * states[:, :n].T)

    def summary(self) -> str:
        """Time constants, the states at rest with their leading growth rate, and the status."""
        lines = [", ".join(f"tau {name} = {tau:.4g} ms" for name, tau in zip(self.populations, self.tau, strict=True))]
        lines += [point.line for point in self.fixed_points()]
        return "\n".join([*lines, self.status] if self.status else lines)

    def plot(self, ax: Any = None, duration: Any = None) -> Any:
        """The rates from silence on, and those of the states at rest; a ``duration`` is chosen by default."""
        from rheobase.plot.mean_field import run

        slow = [*self.tau, *(tau_s for _, tau_s in self._drive.filters), *(c.delay for c in self._drive.terms)]
        found = self.simulate(_LONG * float(max(slow)) if duration is None else duration)
        return run(found, ax, "rate equations", self.fixed_points())

    def cite(self) -> str:
        """The publications behind the equations."""
        return "\n".join(_METHODS)


def wilson_cowan(network: Network, tau: Any = "membrane") -> WilsonCowan:
    """The Wilson-Cowan equations of a network, derived from it.

    Parameters
    ----------
    network
        One that the theory covers, without conductance synapses.
    tau
        ``"membrane"``: each rate follows its input with the membrane's time constant; ``"response"``: with the one that
        the population's linear response has at low frequencies, ``chi(s) = chi(0)/(1 + s tau + ...)``, in the state
        reached from silence; or times (plain numbers are in ms), one for all or one a population.

    Raises
    ------
    NotCovered
        With every reason why the theory does not cover the network.
    ModelError
        If the time constants are not positive or not as many as populations.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population.reduced.wilson_cowan import wilson_cowan
    >>> equations = wilson_cowan(library.brunel2000(g=5, eta=2))
    >>> [round(float(rate), 4) for rate in equations.fixed_points()[0].rates]
    [37.9497, 37.9497]
    """
    maps = maps_of(network)
    if maps.has_conductances:
        raise NotCovered("the rate equations cover synapses that inject a current; this network has conductances")
    status = []
    if any(c.delay.values.size > 1 for c in maps.channels):
        status.append("Delays that differ between synapses are replaced by their mean.")
    membrane = maps.column("tau_m")
    if isinstance(tau, str) and tau in ("membrane", "response"):
        constants = membrane if tau == "membrane" else _response_times(maps, status)
    else:
        constants = _given_times(tau, membrane.size)
    return WilsonCowan(maps.names, constants, " ".join(status), maps)


def _given_times(tau: Any, n: int) -> Array:
    """Times (ms), one for all or one a population."""
    several = isinstance(tau, list | tuple) or (isinstance(tau, np.ndarray) and tau.ndim == 1)
    try:
        constants = np.array([_time("tau", value) for value in (tau if several else [tau] * n)])
    except UnitError as reason:
        raise UnitError(f'tau is "membrane", "response" or times, not {tau!r}: {reason}') from None
    if constants.size != n:
        raise ModelError(f"tau has {constants.size} values for {n} populations; give one each")
    return constants


def _response_times(maps: InputMap, status: list[str]) -> Array:
    """``-d ln chi_mu/ds`` at zero, by differences of fourth order; the membrane's where the response rises at first."""
    states = all_states(maps)
    if not states:
        raise ModelError("there is no state at rest to take the response in")
    drive, found = maps.drive(states[0]), []
    for k, m in enumerate(maps.membranes):
        s = _STEP / m.tau_m * np.array([1.0, -1.0, 2.0, -2.0])
        chi = any_response(s.astype(complex), m, float(drive.mu[k]), float(drive.sigma[k])).chi_mu.real
        near, far = (np.log(chi[1::2] / chi[::2]) / (2.0 * s[::2])) if np.all(chi > 0.0) else (0.0, 0.0)
        value = float(4.0 * near - far) / 3.0
        if not value > 0.0:
            status.append(f"The response of '{maps.names[k]}' is no low-pass filter; its membrane's time is taken.")
        found.append(value if value > 0.0 else m.tau_m)
    return np.array(found)


def _time(name: str, value: Any) -> float:
    number = float(value) if isinstance(value, int | float | np.number) else float(internal(value, ms.dimension, name))
    if not 0.0 < number < np.inf:
        raise ModelError(f"{name} has to be a positive time")
    return number


def _given_rates(name: str, rates_hz: ArrayLike, n: int) -> Array:
    """One rate a population (kHz), from one for all or one each in Hz."""
    try:
        found = np.broadcast_to(1e-3 * np.asarray(rates_hz, float), n).astype(float)
    except (TypeError, ValueError):
        raise ModelError(f"{name} is a rate in Hz, or {n} of them") from None
    if not np.all(np.isfinite(found) & (found >= 0.0)):
        raise ModelError(f"{name} has to be finite and not negative")
    return found
