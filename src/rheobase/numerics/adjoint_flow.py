r"""An orbit up to an event, and backward along it the matrix of the adjoint equation.

.. math::
    \dot x = f(x),\qquad \dot\Psi = -J(x(t))^T\,\Psi,\quad \Psi(T) = 1

:math:`\Psi(t)^T` takes a small deviation at ``t`` to the one it becomes at ``T``. Where the flow contracts, the adjoint
equation does so backward in time; it is never integrated the other way.

Both are integrated over :math:`s` with :math:`ds = \sqrt{1 + |\tau f / \text{size}|^2}\,dt`, close to the length of the
orbit, so that a spike that grows without bound in finite time is as long as it is high.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Error of each step: of the orbit near rounding, since the adjoint equation sees its interpolant.
_ORBIT, _ADJOINT = 1e-13, 1e-11
_BISECTIONS = 60


@dataclass(frozen=True, eq=False)
class Stretch:
    """A stretch of an orbit.

    Attributes
    ----------
    duration, end
        How long it takes, and its last state (n,).
    length
        Of the stretch, in ``s``.
    states
        The interpolant: ``s`` to state and time, (n + 1, ...).
    """

    duration: float
    end: Array
    length: float
    states: Any
    jacobian: Callable[[Array], Array]
    stretching: Callable[[Array], float]

    def places(self, times: Array) -> Array:
        """The ``s`` of times, by halving: time rises with ``s``."""
        low, high = np.zeros(len(times)), np.full(len(times), self.length)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            early = self.states(middle)[-1] < times
            low, high = np.where(early, middle, low), np.where(early, high, middle)
        return 0.5 * (low + high)

    def sampled(self, times: Array) -> tuple[Array, Array]:
        """The states (T, n) and Psi (T, n, n) at times from 0 to the duration, not decreasing."""
        if not len(times):
            return np.empty((0, len(self.end))), np.empty((0, len(self.end), len(self.end)))
        s = self.places(times)
        return self.states(s)[:-1].T, self.adjoint(s)

    def adjoint(self, s: Array) -> Array:
        """Psi (T, n, n) at places in ``s``."""
        from scipy.integrate import solve_ivp

        n, length = len(self.end), self.length

        def backward(r: float, flat: Array) -> Array:
            x = self.states(length - r)[:-1]
            return (self.jacobian(x).T @ flat.reshape(n, n)).ravel() / self.stretching(x)

        back, place = np.unique(np.clip(length - s, 0.0, length), return_inverse=True)
        run = solve_ivp(
            backward, (0.0, length), np.eye(n).ravel(), method="DOP853", t_eval=back, rtol=_ADJOINT, atol=1e-14
        )
        if not run.success:
            raise ArithmeticError(f"the adjoint equation cannot be followed: {run.message}")
        return run.y.T.reshape(-1, n, n)[place]


def stretch(
    rhs: Callable[[Array], Array], jacobian: Callable[[Array], Array], start: Array,
    until: Callable[[Array, float], float], *, tau: float, size: Array,
) -> Stretch:  # fmt: skip
    """Follow an orbit until ``until(state, time)`` rises through 0.

    Parameters
    ----------
    rhs, jacobian
        Of one state (n,).
    start
        (n,).
    until
        The event.
    tau, size
        A time, and a size of every state (n,), that are typical of the orbit; ten thousand of them are its longest.

    Raises
    ------
    ArithmeticError
        If the integrator fails or the event does not come.
    """
    from scipy.integrate import solve_ivp

    def stretching(x: Array) -> float:
        return float(np.sqrt(1.0 + np.sum((tau * rhs(x) / size) ** 2)))

    def forward(s: float, y: Array) -> Array:
        rate = rhs(y[:-1])
        return np.append(rate, 1.0) / np.sqrt(1.0 + np.sum((tau * rate / size) ** 2))

    def event(s: float, y: Array) -> float:
        return until(y[:-1], float(y[-1]))

    event.terminal, event.direction = True, 1.0  # type: ignore[attr-defined]
    run = solve_ivp(
        forward, (0.0, 1e4 * tau), np.append(start, 0.0), method="DOP853", rtol=_ORBIT, events=event, dense_output=True,
        atol=_ORBIT * np.append(1e-3 * size, 1e-3 * tau),
    )  # fmt: skip
    if run.status != 1 or run.sol is None:
        raise ArithmeticError(f"the orbit was followed to {run.y[-1, -1]:.6g} without an event: {run.message}")
    last = run.y_events[0][-1]
    return Stretch(float(last[-1]), last[:-1], float(run.t_events[0][-1]), run.sol, jacobian, stretching)
