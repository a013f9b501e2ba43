"""Which integrator, and why."""

from __future__ import annotations

from dataclasses import dataclass

from rheobase.errors import ModelError
from rheobase.model.shape import System, has_additive_noise, is_affine, is_conditionally_linear

#: Every integrator and what it is.
METHODS = {
    "exact": "the propagator of linear equations, exact at any time step",
    "exponential_euler": "x + f dt exprel(dt df/dx) for each variable; first order, stable for stiff gating variables",
    "exponential_midpoint": "exponential Euler to the middle of the step, then over it with the slopes found there; "
    "second order, as stable (Boergers & Nectow 2013, SIAM J. Sci. Comput. 35:B623)",
    "rk4": "classical Runge-Kutta of fourth order",
    "heun": "predictor-corrector, second order; with noise it converges to the Stratonovich solution",
    "euler": "explicit Euler(-Maruyama), first order; multiplicative noise in the sense of Ito",
    "euler_in_turn": "Euler steps of one variable after the other, each with the new values of those before it "
    "(Izhikevich 2004)",
    "two_half_steps": "two Euler half steps of the first variable, then one Euler step of the others (Izhikevich 2003)",
}


@dataclass(frozen=True)
class Choice:
    """An integrator and the reason for it."""

    method: str
    reason: str


def choose(system: System, requested: str = "auto") -> Choice:
    """The integrator for a system of equations.

    Raises
    ------
    ModelError
        An unknown method, or one that does not fit the equations.
    """
    if requested == "auto":
        return _best(system)
    if requested not in METHODS:
        raise ModelError(f"there is no integration method {requested!r}; there are: auto, {', '.join(METHODS)}")
    if requested == "exact" and not is_affine(system):
        raise ModelError(
            "method 'exact' needs equations that are linear in the states; use 'rk4' or 'exponential_midpoint'"
        )
    if requested == "rk4" and system.noise:
        raise ModelError("method 'rk4' cannot integrate white noise; use 'heun'")
    if requested.startswith("exponential") and system.noise and not has_additive_noise(system):
        raise ModelError(f"method {requested!r} needs noise whose strength is constant; use 'heun'")
    return Choice(requested, "as asked for")


def _best(system: System) -> Choice:
    if not system.derivatives:
        return Choice("exact", "there is nothing to integrate")
    if is_affine(system):
        return Choice(
            "exact", "the equations are linear below threshold, so their propagator is exact at any time step"
        )
    if is_affine(system, at_any_time=True) and not system.noise:
        return Choice("rk4", "the equations are linear, but depend on time")
    if is_conditionally_linear(system) and has_additive_noise(system):
        return Choice(
            "exponential_midpoint", "each equation is linear in its own variable, so it can be stiff and stay stable"
        )
    if not system.noise:
        return Choice("rk4", "the equations are nonlinear and without noise")
    return Choice("heun", "the equations are nonlinear with white noise, read in the sense of Stratonovich")
