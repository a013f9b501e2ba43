"""The density equation beside the simulated rate in time, as `compare` has it."""

import json
import math
import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot
import numpy as np
import pytest

from rheobase import (
    CurrentInput,
    FixedIndegree,
    Hz,
    ModelError,
    Network,
    Neuron,
    Normal,
    PoissonInput,
    Population,
    Projection,
    Uniform,
    compare,
    kHz,
    library,
    ms,
    mV,
    pA,
    simulate,
)
from rheobase.check.follow import follow
from rheobase.model.synapse import Synapse
from rheobase.population import fokker_planck
from rheobase.units import Gohm

N, START, STOP = 1000, 100.0, 400.0
TIMES = np.arange(4000) * 0.1
NOISY = Neuron(
    "dv/dt = (R*I - v)/tau + s*sqrt(2/tau)*xi : mV (unless refractory)\nI : pA = 0*pA",
    threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms, tau=20 * ms, s=4 * mV, R=0.1 * Gohm,
)  # fmt: skip
STEP = np.where(TIMES < 250.0, 100.0, 200.0)


def driven(course=STEP, factor=1.0, n=N, neuron=NOISY, **start):
    """Uncoupled neurons in white noise: what the equation is exact for."""
    current = CurrentInput("E", factor * course * pA, 0.1 * ms)
    return Network(Population(neuron, n, "E", **start), inputs=[current], name="driven")


def coupled(n=N):
    """Each neuron hears a tenth of the others, which inhibit it."""
    current = CurrentInput("E", np.where(TIMES < 250.0, 180.0, 330.0) * pA, 0.1 * ms)
    loop = Projection("E", "E", FixedIndegree(n // 10), -20.0 / n * 10 * mV, 2 * ms)
    return Network(Population(NOISY, n, "E"), [loop], [current])


@pytest.fixture(scope="module")
def recordings():
    return [simulate(driven(), STOP * ms, seed=seed) for seed in range(1, 21)]


@pytest.fixture(scope="module")
def step():
    return compare(driven(), (STOP - START) * ms, n_seeds=4)


def z_scores(network, recordings, at_a_time):
    groups = [recordings[k : k + at_a_time] for k in range(0, len(recordings), at_a_time)]
    return [follow(network, group, START).courses["E"] for group in groups]


@pytest.mark.parametrize("seeds", [1, 4, 20])
def test_of_a_true_theory_z_has_variance_1(recordings, seeds):
    """The chi-squared of all groups, to four of its standard deviations.

    The simulation's rate is itself off by the order of its time step, 0.1 of 20 ms, half a percent; where 100 spikes
    are expected that adds ``0.005**2 * 100``, and no more than a hundredth, to each term.
    """
    found = z_scores(driven(), recordings, seeds)
    bins, terms = sum(x.bins for x in found), sum(x.chi_squared for x in found)
    spread = np.sqrt(sum(x.spread**2 for x in found))
    assert terms == pytest.approx(bins, abs=4 * spread + 0.01 * bins)
    assert all(x.follows for x in found)
    # almost independent bins, and an error that is known to so many degrees of freedom
    known = seeds / (seeds - 1) if seeds > 1 else 1.0
    assert np.sqrt(2 * bins * known) * 0.9 < spread < np.sqrt(2 * bins * known) * 1.25


@pytest.mark.parametrize("seeds", [1, 4])
def test_five_percent_of_the_current_are_detected(recordings, seeds):
    found = z_scores(driven(factor=1.05), recordings[:8], seeds)
    assert not any(x.follows for x in found)
    assert all("differs from the theory" in x.verdict for x in found)
    wrong, right = found[0], z_scores(driven(), recordings[:seeds], seeds)[0]
    expected = np.sqrt(np.mean((wrong.rate - right.rate) ** 2)) / wrong.mean
    assert wrong.off == pytest.approx(expected, abs=4 * np.median(wrong.se / wrong.predicted) / np.sqrt(wrong.bins))


def test_neurons_that_fluctuate_together():
    """Finite networks scatter more slowly and less than independent neurons: seeds know, whatever the theory knows."""
    found = z_scores(coupled(), [simulate(coupled(), STOP * ms, seed=seed) for seed in range(1, 13)], 4)
    for x in found:
        assert x.follows and x.chi_squared == pytest.approx(x.bins, abs=4 * x.spread) and not x.shared
    (alone,) = z_scores(coupled(), [simulate(coupled(), STOP * ms, seed=1)], 1)
    assert alone.shared and "several seeds tell how much" in alone.verdict


def test_the_bins_hold_all_spikes_and_the_whole_prediction(recordings):
    (found,) = z_scores(driven(), recordings[:2], 2)
    assert found.edges[0] == pytest.approx(START) and found.edges[-1] == pytest.approx(STOP)
    counted = sum(np.count_nonzero(r.spikes.time > START + 1e-6) for r in recordings[:2])
    assert found.measured @ np.diff(found.edges) * 2 * N * 1e-3 == pytest.approx(counted, rel=1e-12)
    assert found.mean == pytest.approx(np.trapezoid(found.rate, found.times) / (STOP - START), rel=1e-12)
    expected = found.predicted * np.diff(found.edges) * 2 * N * 1e-3
    assert expected.min() > 50.0 and found.raised == pytest.approx(0.5826 * 4 * np.sqrt(2 * 0.1 / 20), rel=1e-4)


def test_compare_follows_an_input_that_changes(step):
    course, (row,) = step.time_courses["E"], step.rows
    assert course.follows and course.seeds == 4
    assert row.rate_theory_hz == course.mean and abs(row.difference_percent) < 3
    score = next(score for score in step.scores if score.what == "rate")
    assert score.theory == course.mean and abs(score.z) < 4
    assert (
        "rates in time, density equation against 4 seeds:\n- The rate of E follows the theory, as far as bins of"
        in step.table()
    )
    assert not any("covers constant currents" in warning for warning in step.warnings)
    assert any("Input that changes in time: rates are those of the density equation" in x for x in step.warnings)
    data = json.loads(step.to_json())["time_courses"][0]
    assert data["z"] == course.z.tolist() and data["follows"] and len(data["edges_ms"]) == course.bins + 1
    assert "Scharfetter" in step.cite()


def test_one_seed_has_the_error_of_independent_neurons():
    """Windows of a rate that changes would differ by the change itself, here 8 Hz."""
    found = compare(driven(), (STOP - START) * ms, seed=3)
    (row,) = found.rows
    assert row.rate_sim_se_hz == found.time_courses["E"].mean_se
    # a renewal process's counts scatter by no more than Poisson's, and by its CV or more
    poisson = np.sqrt(row.rate_sim_hz / (N * 0.3))
    assert 0.4 * poisson < row.rate_sim_se_hz < poisson


def test_the_figure_has_a_panel_for_it(step):
    figure = step.plot()
    figure.canvas.draw()
    (panel,) = [axes for axes in figure.axes if axes.get_title(loc="left") == "rate in time"]
    course = step.time_courses["E"]
    drawn = next(line for line in panel.get_lines() if line.get_linestyle() == "--" and len(line.get_xdata()))
    assert np.array_equal(drawn.get_ydata(), course.rate)
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["simulation ± 2 SE", "theory"]
    matplotlib.pyplot.close(figure)
    _, ax = matplotlib.pyplot.subplots()
    assert course.plot(ax) is ax.figure and len(course.plot().axes) == 2
    matplotlib.pyplot.close("all")


def test_a_stationary_network_is_not_followed_unless_wanted():
    network = library.brunel2000(order=50, epsilon=0.5)
    assert not compare(network, 20 * ms).time_courses
    assert not compare(driven(), 20 * ms, time_course=False).time_courses
    found = compare(network, 30 * ms, time_course=True, transient=0 * ms)
    assert set(found.time_courses) == {"E", "I"} and found.steady is not None
    with pytest.raises(ModelError, match="time_course = 'yes' must be True, False, or None"):
        compare(network, 20 * ms, time_course="yes")


@pytest.mark.parametrize(
    "start",
    [
        {},
        {"v": 8 * mV},
        {"v": Normal(5 * mV, 2 * mV)},
        {"v": Uniform(0 * mV, 15 * mV)},
        {"v": Uniform(-40 * mV, 15 * mV)},
    ],
)
def test_it_begins_as_the_simulation_does(start):
    """Without a transient: the first volley of neurons that start together."""
    network = driven(np.full(4000, 250.0), n=4000, **start)
    found = follow(network, [simulate(network, 60 * ms, seed=2)], 0.0).courses["E"]
    assert found.follows and np.ptp(found.rate) > 20


def test_a_start_that_it_cannot_take_is_said():
    network = driven(n=50, v=np.linspace(0.0, 15.0, 50) * mV)
    (sentence, _) = follow(network, [simulate(network, 60 * ms)], 0.0).sentences
    assert sentence.startswith("Rates in time: the start values of 'E' are none that the density equation can begin")


def test_sources_whose_rate_changes():
    sources = Population(library.poisson(rate=5 * Hz), 2000, "P")
    cells = Population(library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV), 1000, "E")
    network = Network(
        [sources, cells],
        [Projection("P", "E", FixedIndegree(100), 10 * pA, 1 * ms, Synapse.exponential(5 * ms))],
        [
            CurrentInput("P", 4 * np.sin(2 * np.pi * TIMES / 100) * Hz, 0.1 * ms, target="rate"),
            PoissonInput("E", 6 * kHz, 0.2 * mV),
        ],
    )
    found = compare(network, 300 * ms, n_seeds=3)
    assert found.rows[0].rate_theory_hz == pytest.approx(5.0, rel=1e-3)
    assert set(found.time_courses) == {"E"} and np.ptp(found.time_courses["E"].rate) > 10
    # shifted bounds stand for the synapses' colour to first order in sqrt(tau_s/tau_m); a small part of this noise
    assert found.time_courses["E"].off < 0.02
    assert not any("leaves out" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (
            driven(n=20, neuron=NOISY.with_(s=0 * mV)),
            "The density equation gives no rates in time: population 'E' has no noise",
        ),
        (driven(n=5, neuron=library.adex()), "Not covered by the theory: population 'E'.*second state 'w'"),
    ],
)
def test_what_is_not_covered_is_said_and_the_rest_goes_on(network, reason):
    found = compare(network, 30 * ms, transient=10 * ms)
    assert any(re.match(reason, warning) for warning in found.warnings)
    assert not found.time_courses and found.rows[0].size == network.size and found.plot() is not None
    matplotlib.pyplot.close("all")


def test_synapses_that_are_not_covered_are_said(recordings):
    alpha = Projection("E", "E", FixedIndegree(5), 1 * pA, 1 * ms, Synapse.alpha(3 * ms))
    found = follow(driven().with_(projections=[alpha]), recordings[:1], START)
    assert not found.courses
    assert found.sentences[0].startswith(
        "The density equation gives no rates in time: fokker_planck covers delta and exponential synapses"
    )


def test_parts_that_are_covered_are_followed():
    pair = [Population(NOISY, 100, "E"), Population(library.adex(), 10, "X")]
    found = compare(driven().with_(populations=pair), 40 * ms)
    assert set(found.time_courses) == {"E"}
    assert any(warning.startswith("The theory leaves out X") for warning in found.warnings)


def test_only_the_populations_whose_input_changes_are_told_by_their_mean():
    two = [Population(NOISY, 300, "still"), Population(NOISY, 300, "moved")]
    inputs = [CurrentInput("still", 150 * pA), CurrentInput("moved", STEP * pA, 0.1 * ms)]
    found = compare(Network(two, inputs=inputs), (STOP - START) * ms)
    still, moved = found.rows
    assert still.rate_theory_hz == found.steady.rates[0] and math.isfinite(still.cv_theory)
    assert moved.rate_theory_hz == found.time_courses["moved"].mean and math.isnan(moved.cv_theory)
    assert moved.rate_sim_se_hz == found.time_courses["moved"].mean_se
    assert not any("leaves out" in warning for warning in found.warnings)


def test_the_prediction_is_that_of_the_public_function(recordings):
    """At a threshold that lies as much higher as the grid of the simulation makes it seem."""
    (found,) = z_scores(driven(), recordings[:1], 1)
    higher = NOISY.with_(threshold=f"v > {20 + found.raised:.17g}*mV")
    known = fokker_planck(driven(neuron=higher), STOP * ms, initial=0.0)
    assert found.rate == pytest.approx(known.rate()[1000:], rel=1e-9, abs=1e-9)
