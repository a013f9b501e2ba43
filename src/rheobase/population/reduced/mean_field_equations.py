r"""The numbers and functions of the exact mean field of quadratic neurons; see
`rheobase.population.reduced.exact_mean_field`.

At rest ``v = -Delta/(2 pi tau r)`` and a population's rate is the mean of ``sqrt(eta)/(pi tau)`` over its Lorentzian,

    tau r = sqrt((u + h)/2)/pi,     u = eta + tau * sum of J r,     h = sqrt(u**2 + Delta**2)

(Montbrio, Pazo & Roxin 2015, eq. 14). Small changes ``exp(s t)`` follow ``tau dr = chi(s) du`` with
``chi = 2 tau r/((s tau - 2 v)**2 + (2 pi tau r)**2)``.

All functions take numbers with an infinitely small imaginary part, from which the derivatives along the lines of
bifurcations are had without a difference of near numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.delay_spectrum import growth_rates

Array = NDArray[Any]

METHODS = (
    "Montbrió E, Pazó D, Roxin A (2015), Phys Rev X 5:021028 (exact mean field)",
    "Devalle F, Roxin A, Montbrió E (2017), PLoS Comput Biol 13:e1005881 (synaptic kinetics)",
    "Pazó D, Montbrió E (2016), Phys Rev Lett 116:238101 (delays)",
)


@dataclass(frozen=True)
class Coupling:
    """From population ``pre`` to ``post``: strength ``J``, synaptic time constant and delay (ms; 0 for none)."""

    pre: int
    post: int
    J: float
    tau_s: float
    delay: float


@dataclass(frozen=True)
class Equations:
    """Time constants (ms), half-widths and centers of the excitability, (n,) each, and the couplings."""

    tau: Array
    Delta: Array
    eta: Array
    couplings: tuple[Coupling, ...]

    def checked(self, names: tuple[str, ...] = ()) -> Equations:
        """These, if they can be; the sentence says why not."""
        for k in range(self.tau.size):
            who = f" of '{names[k]}'" if names else ""
            if not self.tau[k] > 0.0:
                raise ModelError(f"the time constant tau{who} has to be positive")
            if not self.Delta[k] > 0.0:
                raise ModelError(
                    f"the half-width Delta{who} has to be positive: alike neurons do not forget how they started; "
                    "give them an excitability such as eta=Lorentzian(-5, 1)"
                )
        if any(c.tau_s < 0.0 or c.delay < 0.0 for c in self.couplings):
            raise ModelError("synaptic time constants and delays must not be negative")
        return self

    def get(self, place: tuple[str, int]) -> Any:
        kind, k = place
        return getattr(self.couplings[k], kind) if kind in ("J", "tau_s", "delay") else getattr(self, kind)[k]

    def with_value(self, place: tuple[str, int], value: Any) -> Equations:
        """One number changed."""
        kind, k = place
        if kind in ("J", "tau_s", "delay"):
            changed = replace(self.couplings[k], **{kind: value})
            return replace(self, couplings=(*self.couplings[:k], changed, *self.couplings[k + 1 :]))
        array = np.array([value if j == k else x for j, x in enumerate(getattr(self, kind))])
        return replace(self, **{kind: array})

    # --- equilibria, in the logarithms of the rates (1/ms) ---

    def strengths(self) -> Array:
        """``tau_i J_ij``, summed over couplings, (n, n)."""
        n = self.tau.size
        total = np.zeros((n, n), np.result_type(self.tau, *(c.J for c in self.couplings), float))
        for c in self.couplings:
            total[c.post, c.pre] += self.tau[c.post] * c.J
        return total

    def drive(self, rates: Array) -> Array:
        """``u``, for rates (n,) or (n, points)."""
        return self._columns(self.eta, rates) + self.strengths() @ rates

    def _columns(self, values: Array, like: Array) -> Array:
        return values[:, None] if like.ndim == 2 else values

    def residual(self, log_rates: Array) -> Array:
        """Zero at an equilibrium; (n,) or (n, points)."""
        rates = np.exp(log_rates)
        u, width = self.drive(rates), self._columns(self.Delta, rates)
        h = np.sqrt(u * u + width * width)
        safe = np.where(np.real(u) < 0.0, h - u, 1.0)  # u + h cancels where u is negative
        above = np.where(np.real(u) < 0.0, width * width / safe, u + h)
        return log_rates + np.log(self._columns(self.tau, rates) * np.pi) - 0.5 * np.log(0.5 * above)

    def slopes(self, log_rates: Array) -> Array:
        """Derivatives of `residual`, (n, n) or (n, n, points)."""
        rates = np.exp(log_rates)
        u, width = self.drive(rates), self._columns(self.Delta, rates)
        gain = 0.5 / np.sqrt(u * u + width * width)
        identity, strengths = np.eye(self.tau.size), self.strengths()
        if rates.ndim == 2:
            identity, strengths = identity[:, :, None], strengths[:, :, None]
        return identity - gain[:, None] * strengths * rates[None]

    def bounds(self) -> tuple[Array, Array]:
        """A box that holds the logarithms of all equilibria: ``(u + h)/2`` is at most ``max(u, 0) + Delta/2``."""
        strengths = self.strengths() / self.tau  # of tau r
        excitation = float(np.maximum(strengths, 0.0).sum(axis=1).max())
        level = float(np.max(np.maximum(self.eta, 0.0) + 0.5 * self.Delta))
        most = (excitation + np.sqrt(excitation**2 + 4.0 * np.pi**2 * level)) / (2.0 * np.pi**2)
        least = self.eta + np.minimum(strengths, 0.0).sum(axis=1) * most
        low = np.sqrt(0.5 * self.Delta**2 / (np.sqrt(least**2 + self.Delta**2) + np.abs(least))) / np.pi
        return np.log(low / self.tau) - 0.1, np.log(most / self.tau) + 0.1

    def roots(self) -> list[Array]:
        """All equilibria of one population: ``pi**2 R**4 - J R**3 - eta R**2 = Delta**2/(4 pi**2)``, ``R = tau r``."""
        tau, Delta, eta = (float(x[0]) for x in (self.tau, self.Delta, self.eta))
        J = float(self.strengths()[0, 0]) / tau
        found = np.roots([np.pi**2, -J, -eta, 0.0, -(Delta**2) / (4.0 * np.pi**2)])
        real = found[(np.abs(found.imag) < 1e-7 * np.abs(found)) & (found.real > 0.0)].real
        points = [self._polished(np.array([np.log(R / tau)])) for R in np.sort(real)]
        kept = points[:1]
        for point in points[1:]:
            if abs(point[0] - kept[-1][0]) > 1e-9:
                kept.append(point)
        return kept

    def _polished(self, log_rates: Array) -> Array:
        """Newton's method while it gains."""
        size = np.max(np.abs(self.residual(log_rates)))
        for _ in range(20):
            slopes = self.slopes(log_rates)
            if abs(np.linalg.det(slopes)) < 1e-14:
                break
            trial = log_rates - np.linalg.solve(slopes, self.residual(log_rates))
            new = np.max(np.abs(self.residual(trial)))
            if not new < size:
                break
            log_rates, size = trial, new
        return log_rates

    def voltages(self, rates: Array) -> Array:
        """``v`` at equilibrium."""
        return -self.Delta / (2.0 * np.pi * self.tau * rates)

    # --- small changes ---

    def characteristic(self, s: Any, rates: Array) -> Any:
        """Zero where a change ``exp(s t)`` of an equilibrium sustains itself."""
        R, v = self.tau * rates, self.voltages(rates)
        own = (s * self.tau - 2.0 * v) ** 2 + (2.0 * np.pi * R) ** 2
        loop = np.zeros((R.size, R.size), complex)
        for c in self.couplings:
            filtered = np.exp(-s * c.delay) / (1.0 + s * c.tau_s)
            loop[c.post, c.pre] += self.tau[c.post] * c.J * filtered / self.tau[c.pre]
        return np.linalg.det(np.eye(R.size) - (2.0 * R / own)[:, None] * loop) * np.prod(own)

    def filters(self) -> list[tuple[int, float]]:
        """The synaptic states: population and time constant of each; couplings that have them in common share one."""
        return list(dict.fromkeys((c.pre, c.tau_s) for c in self.couplings if c.tau_s > 0.0))

    def source(self, c: Coupling) -> int:
        """Which state a coupling passes on: of ``(r, v, s)``."""
        return c.pre if c.tau_s == 0.0 else 2 * self.tau.size + self.filters().index((c.pre, c.tau_s))

    def growth_rates(self, rates: Array, nodes: int = 40) -> NDArray[np.complex128]:
        """Those of small changes around an equilibrium (1/ms), the fastest growing first."""
        n, filters = self.tau.size, self.filters()
        v, k = self.voltages(rates), np.arange(n)
        now = np.zeros((2 * n + len(filters), 2 * n + len(filters)))
        now[k, k], now[k, n + k] = 2.0 * v / self.tau, 2.0 * rates / self.tau
        now[n + k, k], now[n + k, n + k] = -2.0 * np.pi**2 * self.tau * rates, 2.0 * v / self.tau
        for at, (pre, tau_s) in enumerate(filters, start=2 * n):
            now[at, pre], now[at, at] = 1.0 / tau_s, -1.0 / tau_s
        later: dict[float, Array] = {}
        for c in self.couplings:
            matrix = later.setdefault(c.delay, np.zeros_like(now)) if c.delay > 0.0 else now
            matrix[n + c.post, self.source(c)] += c.J
        return growth_rates(now, list(later.values()), list(later), nodes)
