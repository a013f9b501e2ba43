r"""How the rate of a population follows a change of its membrane's leak: what conductance synapses do beside current.

A conductance that changes by ``dL`` adds ``dL (E - v)`` to ``dv/dt``: at the mean voltage a change of the mean input,
``dL (E - Vbar)``, and around it a drift ``-dL (v - Vbar)``, whose effect is computed here (Richardson 2007, Phys Rev E
76:021919, section IV). For a leaky membrane it has a closed form: with ``u`` of
`rheobase.population.neuron.lif_response`,

    chi_leak = rate [u]/D tau_m - sigma**2 tau_m chi_sigma2,

which at ``s = 0`` is the derivative of ``rate(mu, tau_m, sigma)`` at constant ``sigma**2/tau_m``. For any other drift
it is the integral of ``-w (v - Vbar) P``, by threshold integration.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.response import solve
from rheobase.population.input.input_map import Drive, InputMap
from rheobase.population.neuron.any_neuron import log_rate_of, white
from rheobase.population.neuron.lif import Transfer, transfer
from rheobase.population.neuron.lif_response import Response
from rheobase.population.neuron.membrane import Membrane

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


def leak_slopes(local: InputMap, drive: Drive, out: Transfer) -> Array:
    """Derivative of each population's rate (kHz) by its leak (1/ms) around the mean voltage; 0 without conductances.

    Parameters
    ----------
    local
        Frozen at the rates that ``drive`` belongs to.
    drive, out
        Its input, and the rates that come out.
    """
    slopes = np.zeros(len(local.names))
    if local.loads is None:
        return slopes
    for k, m in enumerate(local.membranes):
        if not np.isfinite(local.loads.voltage[k]):
            continue
        if m.drift is None:
            rate, sigma = float(out.rate[k]), float(drive.sigma[k])
            slopes[k] = m.tau_m * (rate * (1.0 - rate * m.t_ref) - 0.5 * sigma * float(out.d_sigma[k]))
        else:
            slopes[k] = _static(m, float(drive.mu[k]), float(drive.sigma[k]), float(local.loads.voltage[k]))
    return slopes


def _static(m: Membrane, mu: float, sigma: float, voltage: float) -> float:
    state = white(m, mu, sigma) if sigma > 0.0 else None
    if state is None:
        return 0.0
    log_rate = log_rate_of(m, state)
    places, gains, _ = state.gains(log_rate)
    with np.errstate(under="ignore"):
        return -float(np.exp(log_rate) * np.sum(gains * (places - voltage)))


def leak_numerator(local: InputMap, drive: Drive, k: int, s: Complex, part: Response) -> Complex:
    """Numerator of population ``k``'s ``chi_leak`` at an array of ``s``, over the denominator of ``part``.

    Zero without conductances, and for a population that does not respond.
    """
    if local.loads is None or not np.isfinite(local.loads.voltage[k]) or not np.any(part.mu):
        return np.zeros_like(s)
    m, mu, sigma = local.membranes[k], float(drive.mu[k]), float(drive.sigma[k])
    if m.drift is None:
        return _leaky(s, m, mu, sigma, float(drive.shift[k]), part)
    return _integrated(s, m, mu, sigma, float(local.loads.voltage[k]))


def _integrated(s: Complex, m: Membrane, mu: float, sigma: float, voltage: float) -> Complex:
    """The density times the distance from the mean voltage takes the density's place in the integral of ``w P``."""
    state = white(m, mu, sigma, float(np.max(np.abs(s), initial=0.0)))
    if state is None:
        return np.zeros_like(s)
    away = np.concatenate([state.values[:, :1], state.values[:, 1:] * (state.places - voltage)], axis=1)
    return -replace(state, values=away).response(s, log_rate_of(m, state))[:, 0]


def _leaky(s: Complex, m: Membrane, mu: float, sigma: float, shift: float, part: Response) -> Complex:
    """The closed form; the bounds are shifted by ``sigma shift``, which does not depend on the leak."""
    tau_m, v_th, v_reset, t_ref = m.lif
    solution = solve(s * tau_m, (v_reset - mu) / sigma + shift, (v_th - mu) / sigma + shift)
    rate = float(transfer(mu, sigma, tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref, shift=shift).rate)
    at_fixed_bounds = part.sigma2 + shift / (2.0 * sigma) * part.mu
    return tau_m * (rate * solution.rise - sigma**2 * at_fixed_bounds)
