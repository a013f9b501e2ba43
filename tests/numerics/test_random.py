"""Random numbers from counters: published vectors, distributions, independence."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import stats

from rheobase.numerics.random import (
    COMPARE_UP_TO,
    fill_words,
    normals_of_words,
    philox,
    poisson_of_words,
    poisson_of_words_each,
    poisson_of_words_guided,
    poisson_table,
    uniforms_of_words,
)

#: Significance of one test; there are fewer than a hundred here, with fixed seeds.
ALPHA = 1e-4


@njit
def _philox(counter, key):
    return philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1])


def words_of(
    items: int, blocks: int = 1, *, stream: int = 0, owner: int = 0, key: tuple[int, int] = (7, 0), first: int = 0
):
    """Words (4, items*blocks), neurons beside each other and blocks after each other."""
    found = []
    for block in range(blocks):
        words = np.empty((4, items), np.int32)
        fill_words(words, items, first, block, stream, owner, np.uint32(key[0]), np.uint32(key[1]))
        found.append(words)
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_published_vectors(counter, key, expected):
    """The known answers that Salmon et al. (2011) published with Random123."""
    got = _philox(np.array(counter, np.uint32), np.array(key, np.uint32))
    assert tuple(int(word) for word in got) == expected


def test_words_are_the_generator_at_the_counter_of_item_block_stream_and_owner():
    words = np.empty((4, 5), np.int32)
    fill_words(words, 5, 2**32 - 2, 11, 3, 17, np.uint32(1), np.uint32(2))  # the item's number wraps around
    for i in range(5):
        counter = np.array([(2**32 - 2 + i) % 2**32, 11, 3, 17], np.uint32)
        expected = np.array(_philox(counter, np.array([1, 2], np.uint32)), np.uint32)
        assert np.array_equal(words[:, i].view(np.uint32), expected)


def test_a_slice_draws_what_the_whole_draws():
    whole = words_of(1000)
    assert np.array_equal(words_of(300, first=400), whole[:, 400:700])


def test_words_have_uniform_bits():
    """Each of 32 bits of 400,000 words, and each pair of neighbouring bits, at 5 standard errors."""
    words = words_of(1000, 100).view(np.uint32).ravel()
    bits = (words[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    error = 0.5 / np.sqrt(words.size)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * error
    assert np.abs((bits[:, 1:] ^ bits[:, :-1]).mean(axis=0) - 0.5).max() < 5 * error


def uniforms(words):
    values = np.empty(words.shape)
    uniforms_of_words(words, words.shape[1], values)
    return values


def normals(words):
    values = np.empty(words.shape)
    normals_of_words(words, words.shape[1], values)
    return values


def test_uniforms_are_uniform_and_never_0_or_1():
    assert stats.kstest(uniforms(words_of(1000, 100)).ravel(), "uniform").pvalue > ALPHA
    edges = np.array([[-(2**31), 2**31 - 1]] * 4, np.int32)
    assert np.allclose(uniforms(edges), [[0.5 / 2**32, 1 - 0.5 / 2**32]] * 4, rtol=1e-15, atol=0)
    assert (uniforms(edges) < 1).all()


def test_normals_have_the_normal_moments_and_tails():
    x = normals(words_of(2000, 250)).ravel()  # two million
    n = x.size
    for order, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10395 - 225)):
        assert abs((x**order).mean() - expected) < 5 * np.sqrt(variance / n), order
    for bound in (2.0, 3.0, 4.0, 4.5):
        expected = 2 * n * stats.norm.sf(bound)
        assert abs((np.abs(x) > bound).sum() - expected) < 5 * np.sqrt(expected), bound
    assert stats.kstest(x[::4], "norm").pvalue > ALPHA


def test_the_largest_normal_is_finite():
    edge = np.array(
        [[-(2**31)], [0]] * 2, np.int32
    )  # smallest uniform number, turn 0: all of the radius in one of the pair
    largest = np.abs(normals(edge)).max()
    assert largest == pytest.approx(np.sqrt(2 * 33 * np.log(2)), rel=1e-12)
    assert largest < 6.8  # the bound from which the ring's length is derived


def test_normals_are_independent_between_steps_neurons_streams_owners_and_keys():
    """Correlation of 100,000 pairs of neighbours, and of their squares, at 5 standard errors."""
    x = normals(words_of(1000, 100))
    others = [
        normals(words_of(1000, 100, stream=1)),
        normals(words_of(1000, 100, owner=1)),
        normals(words_of(1000, 100, key=(8, 0))),
        normals(words_of(1000, 100, key=(7, 1))),
        normals(words_of(1000, 100, first=1)),  # the next neuron
        np.roll(x, 1000, axis=1),  # the next block of steps
        np.roll(x, 1, axis=0),  # the next step of a block
    ]
    for other in others:
        for one, two in ((x, other), (x**2 - 1, other**2 - 1)):
            spread = one.std() * two.std() / np.sqrt(x.size)
            assert abs((one * two).mean()) < 5 * spread


def poisson(mean: float, words) -> np.ndarray:
    """Counts as the kernels draw them with this mean."""
    thresholds, guide, offset = poisson_table(mean)
    if mean <= COMPARE_UP_TO:
        poisson_of_words(words, words.shape[1], np.empty(words.shape[1], np.int32), thresholds)
    else:
        poisson_of_words_guided(words, words.shape[1], thresholds, guide, offset)
    return words


def poisson_each(mean: float, words) -> np.ndarray:
    poisson_of_words_each(words, words.shape[1], np.full(words.shape[1], mean))
    return words


def poisson_p_value(counts: np.ndarray, mean: float) -> float:
    """Chi-square with bins of at least 10 expected counts."""
    n = counts.size
    inner = np.arange(int(stats.poisson.ppf(10 / n, mean)), int(stats.poisson.isf(10 / n, mean)) + 1)
    edges = np.concatenate([[-1], inner, [10**9]])
    expected = n * np.diff(stats.poisson.cdf(edges, mean))
    observed = np.histogram(counts, np.concatenate([edges[:-1] + 0.5, [10**9]]))[0]
    keep = expected > 5
    observed = np.append(observed[keep], observed[~keep].sum())
    expected = np.append(expected[keep], expected[~keep].sum())
    observed, expected = (observed[:-1], expected[:-1]) if expected[-1] < 1 else (observed, expected)
    return float(stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)


@pytest.mark.parametrize("draw", [poisson, poisson_each])
@pytest.mark.parametrize("mean", [0.01, 0.1, 2.0, 11.9, 12.1, 50.0, 600.0])
def test_poisson_counts(mean: float, draw):
    counts = draw(mean, words_of(1000, 50, stream=int(mean))).ravel()
    assert poisson_p_value(counts, mean) > ALPHA
    assert abs(counts.mean() - mean) < 5 * np.sqrt(mean / counts.size)
    assert abs(counts.var() - mean) < 5 * np.sqrt((2 * mean**2 + mean) / counts.size)


@pytest.mark.parametrize("mean", [1000.0, 30000.0])
def test_large_poisson_counts(mean: float):
    counts = poisson(mean, words_of(1000, 50)).ravel()
    assert poisson_p_value(counts, mean) > ALPHA
    assert counts.max() < 2**15  # they are kept in 16 bits


def test_every_mean_that_is_accepted_can_be_drawn_one_a_neuron():
    from rheobase.simulation.slices import LARGEST_MEAN_EACH

    means = np.linspace(0.9, 1.0, 41) * LARGEST_MEAN_EACH
    words = words_of(41, 200)
    for k, mean in enumerate(means):
        counts = poisson_each(mean, np.ascontiguousarray(words[:, k::41]))
        assert abs(counts.mean() - mean) < 5 * np.sqrt(mean / counts.size)


def test_poisson_counts_of_no_mean_and_of_the_extreme_words():
    assert (poisson(0.0, words_of(100)) == 0).all()
    assert (poisson_each(0.0, words_of(100)) == 0).all()
    for mean in (0.1, 11.0, 40.0):
        edges = np.array([[-(2**31), 2**31 - 1]] * 4, np.int32)
        low, high = poisson(mean, edges)[0]
        assert abs(low - stats.poisson.ppf(2.0**-33, mean)) <= 1
        assert abs(high - stats.poisson.isf(2.0**-33, mean)) <= 1


@pytest.mark.parametrize("mean", [0.1, 5.0, 11.9, 12.1, 300.0])
def test_the_count_is_the_inverse_distribution_function_of_the_word(mean: float):
    words = words_of(2000)
    u = uniforms(words)
    counts = poisson(mean, words.copy())
    assert (stats.poisson.cdf(counts, mean) >= u - 2.0**-31).all()
    assert (stats.poisson.cdf(counts - 1, mean) <= u + 2.0**-31).all()
