r"""The membrane without a threshold: the moments of shot noise that is filtered by synapse and membrane.

Every spike adds ``J g(t)``, with ``g`` the response of the membrane (time constant ``tau_m``) to a synapse of unit
charge. Poisson spikes of rate ``R`` give cumulants ``kappa_n = R J**n * integral of g**n dt`` (Campbell 1909; Rice
1944). With ``a = 1/tau_m`` and ``b = 1/tau_s``

    delta        g = exp(-a t)
    exponential  g = b/(b - a) [exp(-a t) - exp(-b t)]
    alpha        g = b**2/(b - a)**2 {exp(-a t) - exp(-b t) [1 + (b - a) t]}

The integrals below have no difference of ``a`` and ``b`` left in them.
"""

from __future__ import annotations

from numpy import sqrt

#: Time constant of exponential synapses whose noise moves the bounds as much as that of alpha synapses of ``tau_s =
#: 1``. A free particle driven by alpha-filtered noise of intensity ``D`` crosses a wall as if that stood farther off by
#: ``1.886(5) sqrt(D tau_s)``: found by simulation, the length for exponential noise being ``|zeta(1/2)| = 1.4604``
#: (Fourcaud & Brunel 2002; Doering, Hagan & Levermore 1987, Phys Rev Lett 59:2129). The square of the ratio, 1.67, lies
#: between the two correlation times of such noise, ``<u> = 3/2`` and ``integral/variance = 2``.
ALPHA_AS_EXPONENTIAL = 5.0 / 3.0


def square_integral(tau_m: float, tau_s: float, poles: int) -> float:
    """``integral of g**2 dt``, ms: ``tau_m/2`` for a delta synapse."""
    if poles == 0 or tau_s == 0.0:
        return 0.5 * tau_m
    if poles == 1:
        return 0.5 * tau_m**2 / (tau_m + tau_s)
    return 0.25 * tau_m**2 * (2.0 * tau_m + tau_s) / (tau_m + tau_s) ** 2


def cube_integral(tau_m: float, tau_s: float, poles: int) -> float:
    """``integral of g**3 dt``, ms: ``tau_m/3`` for a delta synapse."""
    if poles == 0 or tau_s == 0.0:
        return tau_m / 3.0
    r = tau_s / tau_m
    if poles == 1:
        return 2.0 * tau_m / (3.0 * (1.0 + 2.0 * r) * (2.0 + r))
    rational = 4.0 * r**3 + 28.0 * r**2 + 67.0 * r + 36.0
    return 2.0 * tau_m * rational / (27.0 * (2.0 + r) ** 3 * (1.0 + 2.0 * r) ** 2)


def colour(tau_m: float, tau_s: float, poles: int) -> float:
    """``sqrt(tau/tau_m)`` of the exponential synapse that shifts the bounds as much as this one."""
    return float(sqrt(tau_s * (ALPHA_AS_EXPONENTIAL if poles == 2 else 1.0) / tau_m))
