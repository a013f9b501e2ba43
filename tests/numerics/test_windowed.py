"""Covariances in windows, against closed forms."""

import numpy as np
import pytest

from rheobase.numerics.windowed import windowed

RATE, WIDTH = 30.0, 0.05  # 1/s, s


def slow(frequency):
    """The spectrum of ``exp(-RATE |t|)``."""
    return (2 * RATE / (RATE**2 + (2 * np.pi * frequency) ** 2) + 0j)[:, None]


def closed_form(lag):
    """``int (1 - |t|/w)/w exp(-RATE |t + lag|) dt`` over a triangle."""
    x = RATE * WIDTH
    if lag == 0.0:
        return 2 * (x - 1 + np.exp(-x)) / x**2
    return np.exp(-RATE * lag) * 2 * (np.cosh(x) - 1) / x**2  # for lags of at least a width


def test_an_exponential_covariance():
    lags = np.array([0.0, WIDTH, 2 * WIDTH])
    found = windowed(slow, WIDTH, lags, memory=1 / RATE, highest=4e3, tol=1e-6)
    assert found.values[:, 0] == pytest.approx([closed_form(lag) for lag in lags], abs=max(found.error, 1e-6))
    assert found.error < 1e-5


def test_an_echo_that_never_fades():
    """What one process does the other repeats after a delay: a triangle around it."""
    delay, part = 1.5e-3, 0.3
    lags = np.array([0.0, 5e-4, delay, WIDTH, -WIDTH, WIDTH + delay])

    def spectrum(frequency):
        return (part * np.exp(-2j * np.pi * frequency * delay))[:, None]

    found = windowed(spectrum, WIDTH, lags, memory=1 / RATE, highest=16e3, tol=1e-6)
    exact = part * np.maximum(0, 1 - np.abs(lags - delay) / WIDTH) / WIDTH
    assert found.values[:, 0] == pytest.approx(exact, abs=found.error)
    assert found.error < 1e-3 * part / WIDTH


def test_what_lasts_too_long_is_refused():
    with pytest.raises(ArithmeticError, match="frequencies leave an error"):
        windowed(lambda f: (1e-7 / (1e-14 + f**2) + 0j)[:, None], WIDTH, np.zeros(1), memory=0.0, highest=4e3, tol=1e-9)
