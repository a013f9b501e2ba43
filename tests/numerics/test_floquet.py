"""Eigenvalues of long products, known by construction."""

import numpy as np
import pytest

from rheobase.numerics.floquet import multipliers


def factors(block, N, seed=0):
    """N factors whose product is similar to the N-th power of ``block``; the bases turn at random."""
    rng = np.random.default_rng(seed)
    bases = [np.linalg.qr(rng.normal(size=block.shape))[0] + 0.2 * rng.normal(size=block.shape) for _ in range(N)]
    return np.stack([bases[(j + 1) % N] @ block @ np.linalg.inv(bases[j]) for j in range(N)])


def test_sizes_that_differ_by_120_decades():
    rates = np.array([60.0, 8.0, 0.0, -0.3, -60.0]) * np.log(10.0) / 100
    found = multipliers(factors(np.diag(np.exp(rates)), 100))
    assert np.log10(np.abs(found)) == pytest.approx([60.0, 8.0, 0.0, -0.3, -60.0], abs=1e-9)
    assert np.all(found.imag == 0.0) and np.all(found.real > 0.0)


def test_a_pair_among_others():
    angle, N = 0.03, 50
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    block = np.zeros((4, 4))
    block[0, 0], block[1:3, 1:3], block[3, 3] = 1.4, turn, 1e-1
    found = multipliers(factors(block, N))
    expected = [1.4**N, np.exp(1j * N * angle), np.exp(-1j * N * angle), 1e-50]
    assert found == pytest.approx(expected, rel=1e-9)


def test_signs_are_kept():
    G = factors(np.diag([1.1, 1.02, 0.5]), 31)
    values, vectors = np.linalg.eig(np.linalg.multi_dot(G[::-1]))
    vectors = vectors[:, np.argsort(-np.abs(values))]
    G[0] = G[0] @ vectors @ np.diag([-1.0, 1.0, -1.0]) @ np.linalg.inv(vectors)
    assert multipliers(G) == pytest.approx([-(1.1**31), 1.02**31, -(0.5**31)], rel=1e-9)


def test_nearly_equal_multipliers():
    N = 20
    found = multipliers(factors(np.diag([1.0, 1.0 + 1e-4, 0.9]), N))
    assert np.sort(found.real) == pytest.approx([0.9**N, 1.0, (1.0 + 1e-4) ** N], rel=1e-9)


def test_one_state():
    assert multipliers(np.full((30, 1, 1), -0.5)) == pytest.approx([0.5**30])
    assert multipliers(np.full((31, 1, 1), -0.5)) == pytest.approx([-(0.5**31)])


def test_beyond_the_range_of_numbers():
    found = multipliers(factors(np.diag([1e4, 1.0, 1e-4]), 100))
    assert np.isinf(found[0]) and found[1] == pytest.approx(1.0, rel=1e-6) and found[2] == 0.0
