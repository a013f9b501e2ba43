r"""What the trains must show, in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Theory:
    """Rate (Hz), coefficient of variation of the intervals, and Fano factor of counts in long windows."""

    rate: float
    cv: float
    fano: float
    sentence: str


def theory(hazard: float, refractory: float, bin_probability: float | None) -> Theory:
    r"""The closed forms of the three processes.

    .. math::
        \text{Poisson:}\quad CV = F = 1;\qquad
        \text{with a refractory time } \tau:\quad \nu = \frac{r}{1 + r\tau},\ CV = 1 - \nu\tau,\ F = CV^2;\qquad
        \text{a draw in each bin, } p = r\,dt:\quad CV = \sqrt{1 - p},\ F = 1 - p

    Parameters
    ----------
    hazard
        ``r`` in kHz: the rate at which a neuron fires that is not refractory.
    refractory
        In ms.
    bin_probability
        ``r dt`` of the naive scheme, or None.

    References
    ----------
    Cox (1962), Renewal Theory, Methuen; Dayan & Abbott (2001), Theoretical Neuroscience, section 1.4.
    """
    if bin_probability is not None:
        p = bin_probability
        sentence = (
            f"a draw in each bin with p = r dt = {p:.3g}: intervals are geometric and counts binomial, so CV and Fano "
            f"factor are too small by {100 * (1 - math.sqrt(1 - p)):.2g} % and {100 * p:.2g} %"
        )
        return Theory(1e3 * hazard, math.sqrt(1 - p), 1 - p, sentence)
    rate = hazard / (1.0 + hazard * refractory)
    cv = 1.0 - rate * refractory
    words = "a Poisson process: CV and Fano factor are 1"
    if refractory:
        words = f"a Poisson process with a refractory time of {refractory:g} ms: more regular than Poisson"
    return Theory(1e3 * rate, cv, cv**2, words)
