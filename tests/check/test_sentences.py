"""What a comparison says about its simulation, and what it keeps quiet about."""

import json
import math

import numpy as np
import pytest

from rheobase import (
    CurrentInput,
    FixedIndegree,
    Hz,
    Network,
    Neuron,
    PoissonInput,
    Population,
    Projection,
    Uniform,
    compare,
    library,
    ms,
    mV,
    pA,
)
from rheobase.check.result import Row
from rheobase.check.rhythm import peak_frequency
from rheobase.units import Gohm

CELL = Neuron(
    "dv/dt = -v/tau : mV (unless refractory)\ntau : ms = 20*ms",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
)


def compared(**start):
    return compare(
        Network(
            [Population(CELL, 1000, "E", **start)],
            [Projection("E", "E", FixedIndegree(400), 0.2 * mV, Uniform(1 * ms, 4 * ms))],
            [PoissonInput("E", 10 * Hz, 0.2 * mV, n=250)],
        ),
        200 * ms,
    )


@pytest.fixture(scope="module")
def bistable():
    """Silence is a stable state; started near threshold, the neurons keep each other going."""
    return compared(v=Uniform(15 * mV, 25 * mV))


def starting(comparison, words):
    return [warning for warning in comparison.warnings if warning.startswith(words)]


def test_the_state_that_the_simulation_reached_is_named(bistable):
    (several,) = starting(bistable, "Several states: the theory has 3 self-consistent states")
    assert "Its rates are those of 0 Hz (E), stable" in several and "437 Hz (E), unstable" in several
    (other,) = starting(bistable, "Another state: the simulated rates are much closer to 437 Hz (E)")
    assert other.endswith("which one a simulation reaches.")


def test_all_states_are_in_the_json(bistable):
    states = json.loads(bistable.to_json())["fixed_points"]
    assert [state["reported"] for state in states] == [True, False, False]
    assert [state["stable"] for state in states] == [True, False, False]
    assert states[2]["rates_hz"]["E"] == pytest.approx(437.1, abs=0.05)


def test_the_state_between_two_others_is_found():
    """Brunel (2000) at g = 3, eta = 0.5: silence and 293.8 Hz, and the saddle between them."""
    from rheobase import population

    points = population.steady_state(library.brunel2000(g=3, eta=0.5)).fixed_points
    assert [round(float(point.rates[0]), 1) for point in points] == [0.0, 17.3, 293.8]
    assert points[1].mode.growth_per_s > 0 and points[1].mode.frequency_hz == 0


def test_a_simulation_in_the_reported_state_says_nothing_of_another():
    comparison = compared()
    assert comparison.rows[0].rate_sim_hz == 0
    assert starting(comparison, "Several states")
    assert not starting(comparison, "Another state")


def test_no_percentage_of_next_to_nothing(bistable):
    (row,) = bistable.rows
    assert math.isnan(row.difference_percent) and row.difference_se > 100
    assert json.loads(bistable.to_json())["populations"][0]["difference_percent"] is None
    cells = bistable.table().splitlines()[2].split()
    assert cells[-3:] == ["-", f"{row.cv_sim:.3f}", "-"]
    assert len(bistable.table().splitlines()[0]) < 110


@pytest.mark.parametrize(("rate", "percent"), [(0.0099, math.nan), (0.02, math.nan), (0.2, -50.0)])
def test_a_percentage_needs_an_expected_spike(rate, percent):
    row = Row("E", 100, 0.1, 0.01, 1.0, rate_theory_hz=rate, least_hz=1 / (100 * 0.1))
    assert row.difference_percent == pytest.approx(percent, nan_ok=True)


def test_silence_that_is_expected_needs_no_words():
    undriven = Network([Population(CELL, 100, "E")])
    weak = Network([Population(CELL, 100, "E")], inputs=[PoissonInput("E", 10 * Hz, 0.1 * mV, n=500)])
    for network in (undriven, weak):  # weak: 10 mV below threshold with a sigma of 1 mV
        comparison = compare(network, 50 * ms)
        assert comparison.rows[0].rate_sim_hz == 0 and comparison.rows[0].rate_theory_hz < 1e-6
        assert comparison.warnings == ()


def test_silence_without_a_theory_is_said_if_there_is_input():
    quiet = Population(library.adex(), 5, "quiet")
    driven = Population(library.adex(), 5, "driven")
    comparison = compare(Network([quiet, driven], inputs=[CurrentInput("driven", 10 * pA)]), 20 * ms)
    (sentence,) = starting(comparison, "No spike")
    assert sentence.startswith("No spike of driven within the 20 ms;")


def test_few_intervals_are_said():
    cells = Network([Population(CELL, 200, "E")], inputs=[PoissonInput("E", 12 * Hz, 0.1 * mV, n=1000)])
    short, long = compare(cells, 200 * ms), compare(cells, 1000 * ms)
    (sentence,) = starting(short, "Few intervals: a neuron of E has on average")
    assert f"{short.rows[0].rate_sim_hz * 0.2:.2g} of them in 200 ms" in sentence
    assert long.rows[0].rate_sim_hz > 20
    assert not starting(long, "Few intervals")
    assert short.rows[0].cv_sim < long.rows[0].cv_sim < 1.05 * long.rows[0].cv_theory


def test_what_is_covered_keeps_its_theory_beside_what_is_not():
    populations = [
        Population(library.poisson(rate=8 * Hz), 500, "P"),
        Population(CELL, 100, "E"),
        Population(library.adex(), 10, "X"),
    ]
    network = Network(populations, [Projection("P", "E", FixedIndegree(200), 0.5 * mV, 1 * ms)])
    comparison = compare(network, 100 * ms)
    source, cell, other = comparison.rows
    assert source.rate_theory_hz == pytest.approx(8.0) and source.cv_theory == 1.0
    assert cell.mu_mv == pytest.approx(20 * 200 * 0.5 * 8e-3)
    assert cell.rate_theory_hz > 0 and math.isnan(other.rate_theory_hz)
    assert starting(comparison, "The theory leaves out X")
    assert math.isnan(comparison.frequency_theory_hz)
    assert abs(source.difference_se) < 5  # ten windows: a t distribution with nine degrees of freedom


def test_the_peak_is_predicted_where_the_slowest_mode_is_not():
    """Four populations whose slowest mode has 15 Hz; the activity is strongest elsewhere, in both."""
    names = [f"P{k}" for k in range(4)]
    weights = dict(zip(names, (0.05, 0.05, -0.1, -0.1), strict=True))
    network = Network(
        [Population(CELL, 2000, name, v=Uniform(0 * mV, 20 * mV)) for name in names],
        [Projection(a, b, FixedIndegree(100), weights[a] * mV, 2 * ms) for a in names for b in names],
        [PoissonInput(name, 10 * Hz, 0.05 * mV, n=2200) for name in names],
    )
    found = compare(network, 2000 * ms, dt=0.05 * ms)
    assert found.mode.frequency_hz == pytest.approx(15.0, abs=0.1)
    assert found.frequency_theory_hz == pytest.approx(123.5, abs=0.5)
    # eight periodograms differ from their mean by 1/sqrt(8): a peak is not where less than half is predicted
    frequency, power = found.spectrum_theory
    assert np.interp(found.frequency_sim_hz, frequency, power) > power.max() / 2 > np.interp(15.0, frequency, power)
    assert f"simulated {found.frequency_sim_hz:.1f} Hz, predicted {found.frequency_theory_hz:.1f} Hz" in found.table()
    assert json.loads(found.to_json())["frequency_theory_hz"] == found.frequency_theory_hz


def test_uncoupled_neurons_have_no_rhythm():
    cells = Population(library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV), 2000, "E")
    noisy = compare(Network([cells], inputs=[PoissonInput("E", 7 * Hz, 0.2 * mV, n=600)]), 500 * ms)
    assert "simulated none, predicted none" in noisy.table()
    current = Neuron(
        "dv/dt = (R*I - v)/tau : mV (unless refractory)\nI : pA = 0*pA",
        threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms, R=0.1 * Gohm, tau=20 * ms,
    )  # fmt: skip
    each = CurrentInput("E", np.linspace(200, 300, 2000) * pA)
    array = compare(Network([Population(current, 2000, "E")], inputs=[each]), 200 * ms)
    assert "simulated none, predicted -" in array.table()


@pytest.mark.parametrize("line", [40.0, 288.0, 440.0])
def test_a_sharp_line_is_found_where_it_is(line):
    frequency = np.arange(0.0, 1000.0, 4.0)
    power = np.where(frequency == line, 50.0, 0.1)
    assert peak_frequency(frequency, power) == pytest.approx(line, abs=2.0)


def test_a_slope_has_no_peak():
    frequency = np.arange(0.0, 1000.0, 4.0)
    assert math.isnan(peak_frequency(frequency, 1 / (1 + frequency)))
    assert math.isnan(peak_frequency(frequency, np.full(frequency.shape, 3.0)))
