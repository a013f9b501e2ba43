"""The fluctuation of finitely many neurons on finite volumes: covariance and spectrum, exactly, by linear algebra."""

import numpy as np
import pytest

from rheobase.numerics.fokker_planck import exchanges
from rheobase.numerics.mesoscopic import deviate, first_deviation, poisson
from rheobase.numerics.scharfetter_gummel import stationary_density

COUNT, RESET, SIZE, DT = 14, 5, 100.0, 0.2
DRIFT, DIFFUSION = 0.15, 0.02
KEY = np.uint32(1), np.uint32(2)


def chain():
    """Nodes from 0 to 1, rates of passage, and a stationary density of mass 1 with the flux through the threshold."""
    edge, zero = np.full(COUNT, 1.0 / COUNT), np.zeros(COUNT)
    volume = 0.5 * (edge + np.append(0.0, edge[:-1]))
    up, down = np.empty((3, COUNT)), np.empty((3, COUNT))
    exchanges(edge, zero, zero, COUNT, np.full(3, DRIFT), np.full(3, DIFFUSION), up, down)
    density, through = stationary_density(edge, zero, zero, COUNT, RESET, DRIFT, DIFFUSION)
    whole = volume @ density
    return volume, up, down, density / whole, through / whole


def one_step(start, normals, back=1.0):
    """Masses after a step, and the mass that left."""
    volume, up, down, density, _ = chain()
    end, work = np.zeros(COUNT), np.empty((3, COUNT))
    gone = deviate(
        volume, up, down, density, density, COUNT, RESET, SIZE, DT, back, 0.0, normals, start / volume, end, work
    )
    return volume * end, gone


def matrices():
    """``masses' = A masses + B normals``, ``gone = c masses + d normals``."""
    zero = np.zeros(COUNT)
    by_mass = [one_step(row, zero) for row in np.eye(COUNT)]
    by_noise = [one_step(zero, row) for row in np.eye(COUNT)]
    A, B = (np.array([masses for masses, _ in rows]).T for rows in (by_mass, by_noise))
    c, d = (np.array([gone for _, gone in rows]) for rows in (by_mass, by_noise))
    return A, B, c, d


def test_independent_neurons_stay_independent():
    """Covariance of N neurons at the nodes, with a number that is Poisson: ``diag(mass)/N``, before a step and after.

    The trapezoidal rule keeps it at any time step, since ``K S + S K^T + noise = 0``.
    """
    volume, *_, density, _ = chain()
    A, B, _, _ = matrices()
    covariance = np.diag(volume * density) / SIZE
    assert A @ covariance @ A.T + B @ B.T == pytest.approx(covariance, abs=1e-13 * covariance.max())


def test_no_step_changes_the_mass():
    A, B, *_ = matrices()
    assert A.sum(axis=0) == pytest.approx(np.ones(COUNT), abs=1e-13)
    assert B.sum(axis=0) == pytest.approx(np.zeros(COUNT), abs=1e-13)
    masses, gone = one_step(np.linspace(-1.0, 1.0, COUNT), np.linspace(2.0, -1.0, COUNT), back=0.0)
    assert masses.sum() + gone == pytest.approx(0.0, abs=1e-13)


def test_the_spectrum_is_that_of_renewal_processes():
    """Of the counts in steps, up to the highest frequency there is: ``r (1 - |F|^2)/|1 - F|^2/N``.

    ``F`` is the transform of the passage time through the chain of nodes, at ``s = (2i/dt) tan(omega dt/2)``.
    """
    volume, up, down, _, rate = chain()
    A, B, c, d = matrices()
    leaving = (up[0] + np.append(0.0, down[0, :-1])) / volume
    jumps = np.diag(leaving) - np.diag(up[0, :-1] / volume[:-1], -1) - np.diag(down[0, :-1] / volume[1:], 1)
    for turn in (0.01, 0.1, 0.5, 0.9):
        z = np.exp(1j * np.pi * turn)
        gain = c @ np.linalg.solve(z * np.eye(COUNT) - A, B) + d
        spectrum = np.sum(np.abs(gain) ** 2) / DT
        s = 2j / DT * np.tan(0.5 * np.pi * turn)
        there = np.linalg.solve(s * np.eye(COUNT) + jumps, np.eye(COUNT)[RESET])
        passage = up[0, -1] / volume[-1] * there[-1]
        expected = rate / SIZE * (1.0 - abs(passage) ** 2) / abs(1.0 - passage) ** 2
        assert spectrum == pytest.approx(expected, rel=1e-10)


def test_the_first_fluctuation_is_that_of_draws():
    """``(diag(m) - m m^T)/N`` of draws from masses that are 1 in all; 20,000 owners, 4.5 standard errors."""
    mass = np.array([0.5, 0.2, 0.0, 0.2, 0.1])
    drawn = np.empty((20_000, 5))
    for owner, row in enumerate(drawn):
        first_deviation(1.0, mass, SIZE, row[:3], row[3:], *KEY, owner)
    assert np.abs(drawn.sum(axis=1)).max() < 1e-15
    expected = (np.diag(mass) - np.outer(mass, mass)) / SIZE
    spread = np.sqrt((np.outer(expected.diagonal(), expected.diagonal()) + expected**2) / len(drawn))
    found = drawn.T @ drawn / len(drawn)
    assert np.all(np.abs(found - expected) <= 4.5 * spread)
    assert np.all(drawn[:, 2] == 0.0)


@pytest.mark.parametrize("mean", [0.3, 8.0, 45.0])
def test_poisson_counts(mean):
    """Mean and variance of 20,000 counts; what is rounded is carried on."""
    counts, carry = np.empty(20_000), 0.5
    for block in range(counts.size):
        counts[block], carry = poisson(mean, carry, block, 0, *KEY)
    assert np.all(counts == np.floor(counts)) and counts.min() >= 0.0
    assert counts.mean() == pytest.approx(mean, abs=4.0 * np.sqrt(mean / counts.size))
    fourth = mean + 3.0 * mean**2  # central moment
    rounding = 1.0 / 6.0 if mean > 30.0 else 0.0  # the end of a step and its start
    assert counts.var() == pytest.approx(mean + rounding, abs=4.0 * np.sqrt((fourth - mean**2) / counts.size))
