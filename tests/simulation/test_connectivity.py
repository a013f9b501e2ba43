"""Who is connected to whom, with which weight and delay: seen from what pulses do in a quiet network.

Source i fires once, in step i*gap. The targets add up what arrives and keep it, so that the change of target j's
potential between two steps is the weight that arrived then, and the time since the pulse is the delay.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from rheobase.errors import ModelError
from rheobase.model.connect import AllToAll, Bernoulli, Explicit, FixedIndegree, FixedTotalNumber, OneToOne
from rheobase.model.distribution import Lognormal, Normal, Uniform, distribution_internal, moments
from rheobase.model.network import Network, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.simulation import simulate
from rheobase.simulation.connections import connect_slice
from rheobase.units import ms, mV

DT = 0.1
#: Fires when v, which rises by 1 mV a step, gets above 0; then never again.
PULSE = Neuron("dv/dt = 10*mV/ms : mV", threshold="v > 0.5*mV", reset="v = v_reset", v_reset=-1e9 * mV, name="pulse")
KEEP = Neuron("dv/dt = 0*v/ms : mV", name="keep")
ALPHA = 1e-4


def pulses(
    rule,
    n_pre: int,
    n_post: int,
    weight=1 * mV,
    delay=DT * ms,
    gap: int = 1,
    seed: int = 0,
    threads: int = 1,
    tail: int = 3,
):
    """(arrivals, steps): what arrived at each target after each source's pulse, shape (n_pre, gap + tail, n_post).

    ``arrivals[i, d, j]`` arrived at j, d steps after the pulse of source i, which is d*DT later.
    """
    start = -np.arange(n_pre) * gap * 1.0  # source i passes the threshold in the step that ends at (i*gap + 1) dt
    network = Network(
        [Population(PULSE, n_pre, "S", v=start * mV), Population(KEEP, n_post, "T")],
        [Projection("S", "T", rule, weight, delay)],
    )
    steps = n_pre * gap + tail
    recording = simulate(network, steps * DT * ms, seed=seed, threads=threads, record={"T": "v"})
    assert np.array_equal(np.sort(recording.spikes.neuron[recording.spikes.population == 0]), np.arange(n_pre))
    arrived = np.diff(recording.traces["T"]["v"], axis=0, prepend=0.0)
    return arrived, recording


def matrix(rule, n_pre: int, n_post: int, **options) -> np.ndarray:
    """How many synapses run from each source to each target."""
    arrived, recording = pulses(rule, n_pre, n_post, **options)
    counts = arrived[1 : n_pre + 1]  # one step after the pulse in step i
    assert recording.synapses == counts.sum()
    return counts


def recurrent(rule, n: int, seed: int = 0) -> np.ndarray:
    """The same for a population connected to itself, from the engine's own arrays."""
    network = Network(Population(KEEP, n, "A"), [Projection("A", "A", rule, 1 * mV, 1 * ms)])
    wires = connect_slice(network, seed, DT, {"A": (0, n)}, {0: 0})
    counts = np.zeros((n, n))
    np.add.at(counts, (np.repeat(np.arange(n), np.diff(wires.rows)), wires.targets), 1)
    return counts


@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("k", [0, 1, 7, 40])
def test_fixed_indegree_is_exact(k: int, multapses: bool):
    counts = matrix(FixedIndegree(k, multapses=multapses), 50, 60)
    assert (counts.sum(axis=0) == k).all()
    if not multapses:
        assert counts.max(initial=0) <= 1
    elif k == 40:
        assert counts.max() > 1


@pytest.mark.parametrize("k", [3, 49, 50])
def test_all_sources_can_be_wanted_once(k: int):
    counts = matrix(FixedIndegree(k, multapses=False), 50, 20)
    assert (counts.sum(axis=0) == k).all()
    assert set(np.unique(counts)) <= {0.0, 1.0}


@pytest.mark.parametrize(
    "rule",
    [
        FixedIndegree(60),
        FixedIndegree(60, multapses=False),
        FixedIndegree(140, multapses=False),
        FixedTotalNumber(60 * 300),
        Bernoulli(0.3),
    ],
    ids=repr,
)
def test_sources_are_uniform(rule):
    """Out-degrees of 200 sources: chi-square against equal expectation, with the variance that the rule has."""
    out = matrix(rule, 200, 300, seed=3).sum(axis=1)
    assert stats.chisquare(np.bincount(np.arange(200) // 10, out)).pvalue > ALPHA
    p = {60: 60 / 200, 140: 140 / 200}.get(getattr(rule, "k", 0), 0.3)
    variance = (
        60 * 300 / 200 * (1 - 1 / 200)
        if getattr(rule, "multapses", not isinstance(rule, Bernoulli))
        else 300 * p * (1 - p)
    )
    ratio = out.var(ddof=1) / variance
    assert stats.chi2.ppf(ALPHA, 199) / 199 < ratio < stats.chi2.isf(ALPHA, 199) / 199


@pytest.mark.parametrize(
    ("rule", "mean"), [(FixedIndegree(8), 8 / 40), (FixedTotalNumber(320), 8 / 40), (Bernoulli(0.2), 0.2)]
)
def test_each_pair_is_as_likely_as_any_other(rule, mean: float):
    """Mean of every entry over 300 seeds, at 5 standard errors (Poisson or binomial, the larger)."""
    total = sum(recurrent(rule, 40, seed) for seed in range(300))
    assert np.abs(total / 300 - mean).max() < 5 * np.sqrt(mean / 300)
    assert abs(total.mean() / 300 - mean) < 5 * np.sqrt(mean / 300 / 1600)
    assert abs(np.trace(total) / 40 / 300 - mean) < 5 * np.sqrt(mean / 300 / 40)  # autapses are allowed


@pytest.mark.parametrize("rule", [FixedIndegree(8), FixedTotalNumber(320), Bernoulli(0.2)])
def test_all_bits_of_the_seed_count(rule):
    """The overlap of two networks is that of independent ones."""
    first = recurrent(rule, 40, 0) - 0.2
    for seed in (1, 2**32, 2**62):
        assert abs((first * (recurrent(rule, 40, seed) - 0.2)).mean()) < 5 * 0.2 / 40


@pytest.mark.parametrize("n", [0, 1, 5000])
def test_fixed_total_number_is_exact(n: int):
    counts = matrix(FixedTotalNumber(n), 50, 60)
    assert counts.sum() == n
    if n == 5000:
        in_degree = counts.sum(axis=0)
        assert stats.chisquare(in_degree).pvalue > ALPHA


@pytest.mark.parametrize("p", [0.02, 0.3, 0.97])
def test_bernoulli_degrees_are_binomial(p: float):
    """Chi-square of 3,000 in-degrees against the binomial distribution, and no pair twice."""
    counts = np.concatenate([matrix(Bernoulli(p), 60, 1000, seed=seed) for seed in range(3)], axis=1)
    assert counts.max() == 1
    degrees = counts.sum(axis=0).astype(int)
    expected = 3000 * stats.binom.pmf(np.arange(61), 60, p)
    keep = expected > 5
    observed = np.bincount(degrees, minlength=61)
    observed, expected = (
        np.append(observed[keep], observed[~keep].sum()),
        np.append(expected[keep], expected[~keep].sum()),
    )
    assert stats.chisquare(observed, expected).pvalue > ALPHA


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_bernoulli_at_its_ends(p: float):
    assert (matrix(Bernoulli(p), 30, 30) == p).all()
    assert recurrent(Bernoulli(p, autapses=False), 30).sum() == p * 30 * 29


@pytest.mark.parametrize(
    "rule",
    [
        FixedIndegree(20, autapses=False), FixedIndegree(20, autapses=False, multapses=False),
        FixedIndegree(29, autapses=False, multapses=False), FixedTotalNumber(900, autapses=False),
        Bernoulli(0.5, autapses=False), AllToAll(autapses=False),
    ],
    ids=repr,
)  # fmt: skip
def test_no_autapses_where_they_are_excluded(rule):
    """The diagonal is empty, and the neurons beside it are as likely as the others."""
    total = sum(recurrent(rule, 30, seed) for seed in range(100))
    assert np.trace(total) == 0
    mean = total.sum() / 100 / (30 * 29)
    beside = np.concatenate([np.diagonal(total, 1), np.diagonal(total, -1)])
    assert abs(beside.mean() / 100 - mean) < 5 * np.sqrt(mean / 100 / 58)


def test_autapses_concern_a_population_and_itself_only():
    assert (matrix(AllToAll(autapses=False), 20, 20) == 1).all()


def test_all_to_all_and_one_to_one():
    assert (matrix(AllToAll(), 30, 20) == 1).all()
    assert np.array_equal(matrix(OneToOne(), 40, 40), np.eye(40))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_explicit_round_trip(threads: int):
    """Every synapse with its own weight and delay, several between the same pair among them."""
    generator = np.random.default_rng(4)
    pre, post = generator.integers(0, 12, 300), generator.integers(0, 9, 300)
    weights = generator.integers(-500, 500, 300) / 64
    delays = generator.integers(1, 20, 300)
    rule = Explicit(pre, post)
    arrived, recording = pulses(rule, 12, 9, weights * mV, delays * DT * ms, gap=25, threads=threads, tail=25)
    expected = np.zeros_like(arrived)
    np.add.at(expected, (pre * 25 + delays, post), weights)
    assert arrived == pytest.approx(expected, abs=1e-9)
    assert recording.synapses == 300


@pytest.mark.parametrize(
    ("delay", "steps"), [(0.1, 1), (0.3 - 0.2, 1), (0.149, 1), (0.151, 2), (0.3, 3), (1.06, 11), (0.35, 4), (30.0, 300)]
)
@pytest.mark.parametrize("constant", [True, False])
def test_delays_are_rounded_to_the_nearest_step(delay: float, steps: int, constant: bool):
    value = delay if constant else np.full(5, delay)
    arrived, _ = pulses(Explicit(np.arange(5), np.arange(5)), 5, 5, delay=value * ms, gap=1, tail=310)
    for i in range(5):
        assert np.flatnonzero(arrived[:, i]).tolist() == [i + steps]


@pytest.mark.parametrize("delay", [0.06 * ms, [0.5, 0.06] * ms])
def test_delays_below_a_step_are_refused(delay):
    with pytest.raises(
        ModelError, match=r"projection S -> T has a delay of 0\.06 ms, shorter than the time step of 0\.1 ms"
    ):
        pulses(Explicit([0, 1], [0, 1]), 2, 2, delay=delay)


def test_the_ring_wraps_around():
    """A source that fires in every step, delays of 1 and of 7 steps: from step 7 on, what arrives is constant."""
    network = Network(
        [Population(PULSE.with_(v_reset=0 * mV), 1, "S"), Population(KEEP, 1, "T")],
        [Projection("S", "T", Explicit([0, 0], [0, 0]), np.array([1.0, 64.0]) * mV, np.array([0.1, 0.7]) * ms)],
    )
    recording = simulate(network, 100 * ms, record={"T": "v"})
    arrived = np.diff(recording.traces["T"]["v"][:, 0], prepend=0.0)
    assert len(recording.spikes) == 1000
    assert arrived.tolist() == [0] + [1] * 6 + [65] * 993


DISTRIBUTIONS = [
    Normal(2 * mV, 0.5 * mV),
    Normal(1 * mV, 2 * mV, low=0 * mV),
    Normal(1 * mV, 1 * mV, low=0 * mV, high=1.5 * mV),
    Normal(-3 * mV, 1 * mV, high=-2 * mV),
    Lognormal(2 * mV, 1 * mV),
    Lognormal(-2 * mV, 3 * mV),
    Uniform(-1 * mV, 3 * mV),
]


def drawn_weights(distribution) -> np.ndarray:
    """40,000 weights of an all-to-all projection."""
    return pulses(AllToAll(), 200, 200, weight=distribution)[0][1:201].ravel()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=repr)
def test_drawn_weights_have_the_moments_that_the_theory_uses(distribution):
    weights = drawn_weights(distribution)
    plain = distribution_internal(distribution, mV.dimension, "weight")
    mean, sd = moments(plain)
    n = weights.size
    assert abs(weights.mean() - mean) < 5 * sd / np.sqrt(n)
    fourth = ((weights - mean) ** 4).mean()
    assert abs(weights.var() - sd**2) < 6 * np.sqrt((fourth - sd**4) / n)
    if isinstance(plain, Normal):
        low, high = plain.low, plain.high
        assert low is None or weights.min() >= low - 1e-6
        assert high is None or weights.max() <= high + 1e-6


def test_drawn_weights_have_the_right_shape():
    """Kolmogorov-Smirnov against scipy's distributions (weights are rounded to single precision)."""
    sd = np.sqrt(np.log1p(0.25))
    exact = {
        0: stats.norm(2, 0.5),
        1: stats.truncnorm(-0.5, np.inf, 1, 2),
        4: stats.lognorm(sd, scale=2 * np.exp(-(sd**2) / 2)),
        6: stats.uniform(-1, 4),
    }
    for which, distribution in exact.items():
        assert stats.kstest(drawn_weights(DISTRIBUTIONS[which]), distribution.cdf).pvalue > ALPHA, which


def test_drawn_weights_do_not_repeat_between_synapses_and_differ_with_the_seed():
    one = pulses(AllToAll(), 60, 60, weight=DISTRIBUTIONS[0])[0]
    two = pulses(AllToAll(), 60, 60, weight=DISTRIBUTIONS[0], seed=1)[0]
    weights, others = one[1:61].ravel(), two[1:61].ravel()
    assert np.unique(weights).size > 0.999 * weights.size
    assert abs(np.corrcoef(weights, others)[0, 1]) < 5 / 60
    grid = weights.reshape(60, 60)
    for shift in (np.roll(grid, 1, axis=0), np.roll(grid, 1, axis=1)):
        assert abs(np.corrcoef(weights, shift.ravel())[0, 1]) < 5 / 60


def drawn_delays(distribution) -> np.ndarray:
    network = Network(
        [Population(KEEP, 200, "S"), Population(KEEP, 300, "T")],
        [Projection("S", "T", AllToAll(), 1 * mV, distribution)],
    )
    return connect_slice(network, 5, DT, {"S": (0, 200), "T": (0, 300)}, {0: 0}).delays.astype(float)


@pytest.mark.parametrize(
    ("distribution", "exact"),
    [
        (Uniform(0.5 * ms, 3.5 * ms), stats.uniform(0.5, 3)),
        (Normal(1.5 * ms, 0.75 * ms, low=0.1 * ms), stats.truncnorm(-1.4 / 0.75, np.inf, 1.5, 0.75)),
        (Lognormal(2 * ms, 1 * ms), stats.lognorm(np.sqrt(np.log1p(0.25)), scale=2 / np.sqrt(1.25))),
    ],
)
def test_drawn_delays(distribution, exact):
    """Whole steps, each with the probability of what is rounded to it."""
    delays = drawn_delays(distribution)
    assert delays.min() >= 1
    edges = np.concatenate([[-np.inf], np.arange(1, 80) + 0.5, [np.inf]]) * DT
    expected = delays.size * np.diff(exact.cdf(edges))
    observed = np.histogram(delays * DT, edges)[0]
    keep = expected > 10
    observed, expected = (
        np.append(observed[keep], observed[~keep].sum()),
        np.append(expected[keep], expected[~keep].sum()),
    )
    observed, expected = (observed[:-1], expected[:-1]) if expected[-1] < 1 else (observed, expected)
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > ALPHA


@pytest.mark.parametrize("weight", [Normal(0 * mV, 1 * mV), Uniform(-1 * mV, 1 * mV)])
def test_weight_and_delay_of_a_synapse_are_independent(weight):
    """Neither the weight nor its size goes with the delay."""
    network = Network(
        [Population(KEEP, 200, "S"), Population(KEEP, 300, "T")],
        [Projection("S", "T", AllToAll(), weight, Uniform(1 * ms, 20 * ms))],
    )
    wires = connect_slice(network, 5, DT, {"S": (0, 200), "T": (0, 300)}, {0: 0})
    for measure in (wires.weights, np.abs(wires.weights)):
        assert abs(np.corrcoef(measure, wires.delays)[0, 1]) < 5 / np.sqrt(60_000)


@pytest.mark.parametrize(("parts", "rule"), [(2, FixedIndegree(30)), (3, Bernoulli(0.1)), (5, FixedTotalNumber(5000))])
def test_slices_draw_what_the_whole_draws(parts: int, rule):
    """However the targets are cut, the synapses onto a target are the same, with weight and delay."""
    network = Network(
        [Population(KEEP, 100, "S"), Population(KEEP, 101, "T")],
        [Projection("S", "T", rule, Normal(0 * mV, 1 * mV), Uniform(1 * ms, 20 * ms))],
    )

    def listed(first: int, last: int) -> set:
        wires = connect_slice(network, 9, DT, {"S": (0, 0), "T": (first, last)}, {0: 0})
        source = np.repeat(np.arange(100), np.diff(wires.rows))
        rows = zip(source, wires.targets + first, wires.weights, wires.delays, strict=True)
        return {tuple(float(x) for x in row) for row in rows}

    cuts = [101 * k // parts for k in range(parts + 1)]
    pieces = [listed(first, last) for first, last in pairwise(cuts)]
    assert set().union(*pieces) == listed(0, 101)
    assert sum(len(piece) for piece in pieces) == len(listed(0, 101))
