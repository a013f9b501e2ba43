"""The exact mean field of quadratic neurons over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.numerics.delay_run import Derivative, Past, integrate
from rheobase.population.reduced.added_drive import added_drive
from rheobase.population.reduced.mean_field_equations import METHODS, Equations

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MeanFieldRun:
    """Rates (Hz) and mean voltages of the normal form, (populations, times), at times ``t`` (ms)."""

    populations: tuple[str, ...]
    t: Array
    rates: Array
    voltages: Array
    _width: Array

    @property
    def order(self) -> NDArray[np.complex128]:
        r"""Kuramoto's order parameter ``Z = (1 - conj(W))/(1 + conj(W))``, ``W = pi tau r + i v``: how synchronous."""
        W = self._width + 1j * self.voltages
        return (1.0 - W.conj()) / (1.0 + W.conj())

    def summary(self) -> str:
        """The last rates, and the span of each over the second half."""
        half = self.t >= 0.5 * self.t[-1]
        rows = zip(self.populations, self.rates, strict=True)
        return "\n".join(
            f"{name}: {r[-1]:.6g} Hz at the end, {r[half].min():.6g} to {r[half].max():.6g} Hz in the second half"
            for name, r in rows
        )

    def plot(self, ax: Any = None) -> Any:
        """The rates against time."""
        from rheobase.plot.mean_field import run

        return run(self, ax)

    def cite(self) -> str:
        """The publications behind the equations."""
        return "\n".join(METHODS)


def run(
    populations: tuple[str, ...], equations: Equations, duration: float, step: float, start: Any, drive: Any
) -> MeanFieldRun:
    """Integrate; see `ExactMeanField.simulate`."""
    if not duration > 0.0 or not step > 0.0:
        raise ModelError("duration and dt have to be positive times")
    n = equations.tau.size
    begin, added = _start(equations, start), added_drive(drive, n)
    late = sorted({c.delay for c in equations.couplings if c.delay > 0.0})
    t = np.linspace(0.0, duration, max(int(np.ceil(duration / step)), 1) + 1)
    with np.errstate(over="ignore", invalid="ignore"):  # said below
        states = integrate(_derivative(equations, added), t, begin, late, smooth=drive is None)
    if not np.all(np.isfinite(states)):
        raise ModelError("the rates of the mean field run off; with delays a smaller dt may help")
    rates, voltages = states[:, :n].T, states[:, n : 2 * n].T
    return MeanFieldRun(populations, t, 1e3 * rates, voltages, np.pi * equations.tau[:, None] * rates)


def _start(equations: Equations, start: tuple[ArrayLike, ArrayLike] | None) -> Array:
    n = equations.tau.size
    try:
        rates, voltages = (0.0, 0.0) if start is None else start
        rates = np.broadcast_to(1e-3 * np.asarray(rates, float), n)
        voltages = np.broadcast_to(np.asarray(voltages, float), n)
    except (TypeError, ValueError):
        raise ModelError(f"start is (rates in Hz, voltages), a number or {n} each") from None
    if np.any(rates < 0.0) or not np.all(np.isfinite([*rates, *voltages])):
        raise ModelError("start has to be finite, and its rates not negative")
    return np.concatenate([rates, voltages, [rates[pre] for pre, _ in equations.filters()]])


def _derivative(equations: Equations, drive: Callable[[float], Array] | None) -> Derivative:
    """``f(t, x, past)``, with ``past(d)`` the state a delay ``d`` ago."""
    n, tau = equations.tau.size, equations.tau
    filters = equations.filters()
    pre = np.array([f[0] for f in filters], int)
    tau_s = np.array([f[1] for f in filters])
    couplings = [(c.post, equations.source(c), float(tau[c.post] * c.J), c.delay) for c in equations.couplings]
    spread = equations.Delta / (np.pi * tau**2)

    def derivative(t: float, x: Array, past: Past) -> Array:
        r, v = x[:n], x[n : 2 * n]
        u = equations.eta + (drive(t) if drive is not None else 0.0)
        for post, source, strength, delay in couplings:
            u[post] += strength * (x if delay == 0.0 else past(delay))[source]
        change = np.empty_like(x)
        change[:n] = spread + 2.0 * r * v / tau
        change[n : 2 * n] = (v * v + u - (np.pi * tau * r) ** 2) / tau
        change[2 * n :] = (r[pre] - x[2 * n :]) / tau_s
        return change

    return derivative
