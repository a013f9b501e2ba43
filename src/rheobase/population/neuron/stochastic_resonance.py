r"""`stochastic_resonance`: the noise that carries a weak, slow signal best through a neuron that is below threshold.

A signal ``mu + eps cos(2 pi f t)`` moves the rate by ``eps |chi(f)|``, a line of weight ``eps**2 |chi|**2/2`` in the
spectrum of the spike train, above the background ``S(f)`` of the train without it: the signal-to-noise ratio is

    SNR = eps**2 |chi(f)|**2 / (2 S(f)),

to leading order in ``eps`` (Lindner & Schimansky-Geier 2001; Gammaitoni, Haenggi, Jung & Marchesoni 1998, Rev Mod Phys
70:223). Without noise a neuron below threshold is silent, with much noise ``S`` drowns the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown_unit
from rheobase.numerics.bracket import minimum
from rheobase.population.neuron.any_neuron import any_response
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.population.neuron.noise_input import inputs
from rheobase.population.neuron.renewal import renewal_spectrum
from rheobase.population.neuron.transfer import transfer
from rheobase.units import Hz, internal

Array = NDArray[np.float64]

_POINTS = 40
_SCAN = 61
_FAINTEST, _LOUDEST = -25.0, 1.5  # logarithm of the rate times tau_m, where the range of sigma begins and ends
_METHODS = (
    "Lindner B, Schimansky-Geier L (2001), Phys Rev Lett 86:2934 (response of the leaky neuron)",
    "Gammaitoni L, Hänggi P, Jung P, Marchesoni F (1998), Rev Mod Phys 70:223 (stochastic resonance)",
)


@dataclass(frozen=True)
class StochasticResonance:
    """Signal-to-noise ratio of a neuron's spike train against the noise.

    Attributes
    ----------
    mu : float
        Mean input, in the unit of the membrane state.
    frequency : float
        Of the signal, Hz.
    sigma, snr : ndarray
        Noise strength, and signal-to-noise ratio (Hz) over the squared amplitude of the signal. ``n`` independent
        neurons together have ``n`` times as much.
    gain, background, rate : ndarray
        ``|chi|`` (Hz per unit), spectrum of the spontaneous spike train (Hz) and its rate (Hz).
    best_sigma, best_snr : float
        Where it is largest; nan if that is at an end of the range.
    status : str
        A sentence.
    """

    neuron: Neuron
    mu: float
    frequency: float
    sigma: Array
    snr: Array
    gain: Array
    background: Array
    rate: Array
    best_sigma: float
    best_snr: float
    status: str
    membrane: Membrane = field(repr=False, compare=False)

    @property
    def unit(self) -> str:
        """The unit of ``mu`` and ``sigma``; 1 for plain numbers."""
        return shown_unit(self.neuron, self.membrane.voltage).name

    @property
    def best_diffusion(self) -> float:
        """``sigma**2/2`` at the best noise: the variance of the free leaky membrane."""
        return 0.5 * self.best_sigma**2

    def summary(self) -> str:
        """Up to twelve points, and the optimum."""
        some = np.unique(np.linspace(0, self.sigma.size - 1, 12).astype(int))
        lines = [f"{f'sigma ({self.unit})':>12} {'rate (Hz)':>12} {'SNR/eps**2 (Hz)':>16}"]
        lines += [f"{self.sigma[k]:12.5g} {self.rate[k]:12.5g} {self.snr[k]:16.6g}" for k in some]
        return "\n".join([*lines, self.status])

    def plot(self, ax: Any = None) -> Any:
        """The signal-to-noise ratio against the noise, with its optimum."""
        from rheobase.plot.stochastic_resonance import stochastic_resonance as draw

        return draw(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(_METHODS)


def stochastic_resonance(
    neuron: Neuron, mu: Any, frequency: Any, sigma: ArrayLike | Any = None, **parameters: Any
) -> StochasticResonance:
    r"""Signal-to-noise ratio of a weak sine in a neuron's spikes against the noise, and the best noise.

    Parameters
    ----------
    neuron, **parameters
        As in `rheobase.population.neuron.transfer`.
    mu
        Mean input: a quantity, or a number in the unit of the membrane state.
    frequency
        Of the signal: a quantity, or a number in Hz.
    sigma
        Noise strengths, increasing: ``tau_m dv = (F(v) + mu) dt + sigma sqrt(tau_m) dW``. By default 40 from where the
        neuron hardly ever fires to where it fires more than once a ``tau_m``. Noise of the neuron's own comes on top.

    Returns
    -------
    StochasticResonance

    Raises
    ------
    NotCovered
        As in `rheobase.population.neuron.transfer`.
    ModelError
        If ``frequency`` is not positive, or ``sigma`` not positive and increasing.

    Examples
    --------
    >>> from rheobase import library
    >>> from rheobase.population.neuron.stochastic_resonance import stochastic_resonance
    >>> found = stochastic_resonance(library.lif(t_ref="0 ms"), 12, 10)
    >>> bool(found.sigma[0] < found.best_sigma < found.sigma[-1])
    True
    """
    m = membrane_of(neuron, **parameters)
    scale = shown_unit(neuron, m.voltage).scale
    mean = _one(inputs(neuron, m.voltage, mu, 0.0)[1], "mu")
    kilohertz = _frequency(frequency)
    values = _range(neuron, m, mean / scale, parameters) if sigma is None else _given(neuron, m, sigma)
    parts = np.array([_parts(m, mean, value, kilohertz) for value in values])
    snr = np.exp(parts[:, 0])
    best = _optimum(m, mean, kilohertz, values, parts[:, 0])
    name = shown_unit(neuron, m.voltage).name
    return StochasticResonance(
        neuron=neuron, mu=mean / scale, frequency=1e3 * kilohertz, sigma=values / scale, snr=1e3 * scale**2 * snr,
        gain=1e3 * scale * parts[:, 1], background=1e3 * parts[:, 2], rate=1e3 * parts[:, 3],
        best_sigma=best[0] / scale, best_snr=1e3 * scale**2 * best[1],
        status=_status(best[0] / scale, snr, "" if name == "1" else f" {name}"), membrane=m,
    )  # fmt: skip


def _one(values: Array, what: str) -> float:
    if values.size != 1 or not np.isfinite(values[0]):
        raise ModelError(f"give one finite {what}")
    return float(values[0])


def _frequency(given: Any) -> float:
    plain = isinstance(given, int | float | np.number)
    f = 1e-3 * float(given) if plain else float(internal(given, Hz.dimension, "frequency"))
    if not 0.0 < f < np.inf:
        raise ModelError("the frequency of the signal has to be positive; the response at 0 is the slope of transfer()")
    return f


def _given(neuron: Neuron, m: Membrane, sigma: Any) -> Array:
    values = inputs(neuron, m.voltage, 0.0, sigma)[2]
    if values.size < 3 or not np.all(np.isfinite(values)) or np.any(np.diff(values) <= 0.0) or values[0] <= 0.0:
        raise ModelError("sigma has to be at least three positive values, increasing")
    return values


def _range(neuron: Neuron, m: Membrane, mu: float, parameters: dict[str, Any]) -> Array:
    """From a noise at which the neuron hardly fires to one at which it fires all the time."""
    scale = shown_unit(neuron, m.voltage).scale
    trial = np.geomspace(1e-3, 30.0, _SCAN) * (m.v_th - m.v_reset)
    log_rate = transfer(neuron, mu, trial / scale, **parameters).log_rate + np.log(1e-3 * m.tau_m)
    loud = np.flatnonzero(log_rate > _FAINTEST)
    if not loud.size:
        raise ModelError("the threshold is so far that no noise makes the neuron fire; give sigma")
    first = int(loud[0])
    last = max(int(np.flatnonzero(log_rate <= _LOUDEST)[-1]) if np.any(log_rate <= _LOUDEST) else _SCAN - 1, first + 2)
    return np.geomspace(trial[first], trial[min(last, _SCAN - 1)], _POINTS)


def _parts(m: Membrane, mu: float, sigma: float, frequency: float) -> tuple[float, float, float, float]:
    """``ln SNR``, ``|chi|``, ``S`` and the rate (kHz, mV); the first is -inf for a neuron that does not fire."""
    total = float(np.hypot(sigma, np.sqrt(m.tau_m) * m.noise))
    rate = rate_of(m, mu, total)
    found = any_response(np.array([2j * np.pi * frequency]), m, mu, total)
    gain = float(np.abs(found.chi_mu[0]))
    background = float(renewal_spectrum(np.array([rate]), found.interval[None])[0, 0])
    if gain == 0.0 or background == 0.0:
        return -np.inf, gain, background, rate
    return 2.0 * np.log(gain) - np.log(2.0 * background), gain, background, rate


def rate_of(m: Membrane, mu: float, sigma: float) -> float:
    """Stationary rate, kHz."""
    from rheobase.population.neuron.any_neuron import rates

    return float(rates((m,), np.array([mu]), np.array([sigma]), np.zeros(1)).rate[0])


def _optimum(m: Membrane, mu: float, frequency: float, sigma: Array, log_snr: Array) -> tuple[float, float]:
    """The largest value, by Brent's method between the neighbours of the largest point; nan at an end."""
    k = int(np.argmax(log_snr))
    if k in (0, sigma.size - 1) or not np.isfinite(log_snr[k]):
        return np.nan, np.nan
    x = np.log(sigma)
    at, low = minimum(
        lambda z: -_parts(m, mu, float(np.exp(x[k] + z)), frequency)[0], x[k - 1] - x[k], x[k + 1] - x[k], stop=-np.inf
    )
    return float(np.exp(x[k] + at)), float(np.exp(-low))


def _status(best: float, snr: Array, unit: str) -> str:
    if not np.isnan(best):
        return f"The best noise is sigma = {best:.6g}{unit}."
    if not np.any(snr > 0.0):
        return "The neuron does not fire in this range of noise."
    if np.argmax(snr) == 0:
        return "The less noise the better in this range: the neuron fires by its mean input, or it begins too late."
    return "The more noise the better in this range: it ends too early."
