"""Predictions of the dynamics lens, tried by simulation; and a check that finds a wrong prediction."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rheobase import ModelError, Neuron, check, library
from rheobase.check.copies import boundary, mean_interval
from rheobase.check.predictions import _firing_inputs
from rheobase.check.trial import Trial
from rheobase.dynamics.page import analyse


@pytest.fixture(scope="module")
def bistable():
    """Morris & Lecar's neuron that ends to fire in a homoclinic orbit, with its rest still there."""
    neuron = library.morris_lecar(preset="homoclinic")
    return neuron, analyse(neuron)


def test_all_that_is_predicted_of_a_bistable_neuron_happens(bistable):
    found = check.check_analysis(*bistable)
    assert found.agrees, found.table()
    words = " ".join(trial.what for trial in found.trials)
    for part in ("rest, v", "rest is lost (saddle-node)", "firing ends (homoclinic)", "period at", "from firing"):
        assert part in words
    (hysteresis,) = [trial for trial in found.trials if trial.what.startswith("hysteresis")]
    low, high = bistable[1].character.bistable
    assert hysteresis.predicted == pytest.approx(high - low)
    assert hysteresis.simulated > 0
    assert "DIFFERS" not in found.summary()
    assert found.to_dict()["agrees"] is True


def test_a_wrong_prediction_is_found(bistable):
    """The predictions of another neuron, with a potassium conductance 2 % higher."""
    neuron, page = bistable
    other = analyse(neuron, g_K=8.16)
    shifted = replace(page, character=other.character)
    found = check.check_analysis(neuron, shifted)
    wrong = {trial.what.split(" (")[0] for trial in found.trials if not trial.agrees}
    assert {"rest, v", "I where the rest is lost", "I where firing ends"} <= wrong
    assert "DIFFERS" in found.table()


@pytest.mark.parametrize("make", [library.lif, lambda: library.adex(preset="tonic")], ids=["lif", "adex"])
def test_neurons_with_a_reset(make):
    found = check.dynamics(make())
    assert found.agrees, found.table()
    assert len(found.trials) == 7


def test_a_neuron_without_threshold_and_of_ones_own():
    """A supercritical Hopf point of a normal form: firing begins and ends there."""
    ring = Neuron(
        "dx/dt = (I*x - y - x*(x**2 + y**2))/ms : 1 \n dy/dt = (x + I*y - y*(x**2 + y**2))/ms : 1 \n I : 1 = -0.5", x=0
    )
    page = analyse(ring, range=(-1, 1))
    assert [point.kind for point in page.special] == ["hopf-supercritical"]
    assert page.special[0].value == pytest.approx(0.0, abs=1e-12)
    assert page.special[0].frequency_hz == pytest.approx(1e3 / (2 * np.pi))


def test_a_threshold_without_refractory_time_counts_crossings():
    """`simulate` lets such a neuron spike at every step above its threshold; periods are those between crossings."""
    found = check.dynamics(library.morris_lecar(preset="snic").with_(refractory=None))
    assert found.agrees, found.table()
    assert sum(trial.what.startswith("period") for trial in found.trials) == 3


def test_the_figure_shows_both_ways(bistable):
    figure = check.check_analysis(*bistable).plot()
    (axes,) = figure.axes
    assert axes.get_xlabel() == "I (µA/cm²)"
    assert axes.get_ylabel() == "rate (Hz)"
    assert len(axes.lines) == 4


def test_what_a_trial_says():
    assert Trial("a", 1.0, 1.05, "mV", 0.1, "").agrees
    assert not Trial("a", 1.0, 1.2, "mV", 0.1, "").agrees
    assert Trial("a", None, None, "mV", 0.1, "").agrees
    assert not Trial("a", 1.0, None, "mV", 0.1, "").agrees


def test_edges_and_intervals():
    values = np.arange(5.0)
    assert boundary(values, values > 1.5) == 1.5
    assert np.isnan(boundary(values, values > 9))
    assert np.isnan(boundary(values, values > -1))
    assert mean_interval(np.array([1.0, 5.0, 7.0, 9.0]), 4.0) == 2.0
    assert mean_interval(np.array([1.0, 5.0]), 4.0) == np.inf


def test_a_model_without_input_is_refused():
    with pytest.raises(ModelError, match="input"):
        check.dynamics(Neuron("dv/dt = -v/ms : 1"))


def test_periods_are_tried_up_to_the_first_silence():
    """Beyond it lies other firing, or an oscillation that is none: it does not reach the level of a spike."""
    inputs = np.linspace(0.0, 10.0, 11)
    rates = np.where((inputs == 0.0) | (inputs == 7.0), 0.0, 50.0)
    orbit = (np.zeros(2), np.array([[-1.0], [1.0]]))
    branch = SimpleNamespace(
        at=lambda value: [SimpleNamespace(stable=True, orbit=(orbit[0], orbit[1] * (5.0 - value)))]
    )
    character = SimpleNamespace(stops_at=1.0, rheobase=1.0, spike_level=None)
    page = SimpleNamespace(
        fi=SimpleNamespace(I=inputs, steady=rates),
        character=character,
        field=SimpleNamespace(states=("v",), voltage="v"),
    )
    bench = SimpleNamespace(page=page, cycles=[branch], ceiling=np.inf)
    assert _firing_inputs(bench).max() == pytest.approx(1.0 + 0.85 * 5.0)
    character.spike_level = 0.9
    assert _firing_inputs(bench).max() == pytest.approx(1.0 + 0.85 * 3.0)
