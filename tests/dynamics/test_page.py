"""The page on neurons that say little about themselves: without a threshold, with another input, slow ones."""

import numpy as np
import pytest

from rheobase import Neuron, check, library
from rheobase.dynamics import fi_curve
from rheobase.dynamics.page import analyse

#: Hindmarsh & Rose (1982): rest and firing are both stable at I = 0; the saddle-node is at I = 5/27.
HINDMARSH_ROSE = """
dx/dt = (y - x**3 + 3*x**2 + J)/ms : 1
dy/dt = (1 - 5*x**2 - y)/ms : 1
J : 1 = 0
"""


@pytest.fixture(scope="module")
def neuron():
    return Neuron(HINDMARSH_ROSE, x=-1.6, y=-11.0, name="hindmarsh_rose")


@pytest.fixture(scope="module")
def page(neuron):
    return analyse(neuron, input="J")


def test_a_neuron_without_a_threshold_has_a_whole_page(page):
    found = page.character
    assert found.rheobase == pytest.approx(5 / 27, rel=1e-9)
    assert found.hodgkin_class == 2
    assert -1.0 < found.spike_level < 2.0
    assert not page.notes
    assert page.pattern.label.endswith("tonic spiking")
    assert page.pattern.protocol.parameter == "J"
    assert page.pattern.protocol.base == 0.0
    assert "a step to J = 0.27778" in page.summary()


def test_where_firing_ends_is_on_the_page(page):
    """The homoclinic orbit lies below the input at which the neuron rests; SciPy's LSODA fires at -0.0855 only."""
    (end,) = [point for point in page.special if point.kind == "homoclinic"]
    assert end.value == pytest.approx(page.character.stops_at, rel=1e-6)
    assert page.over[0] < end.value


def test_its_predictions_are_tried_by_crossings(neuron, page):
    found = check.check_analysis(neuron, page)
    assert found.agrees, found.table()
    assert sum(trial.what.startswith("period") for trial in found.trials) == 3


def test_no_silence_where_the_samples_keep_step_with_the_oscillation(neuron):
    """Peaks between the samples made one input of these look silent."""
    rates = fi_curve(neuron, np.linspace(0.2, 0.5, 61), input="J").steady
    assert (rates > 80).all()
    assert (np.diff(rates) > 0).all()


def test_a_slow_neuron_is_watched_for_longer_and_its_step_begins_at_rest():
    """The period is pi tau / sqrt(I), and the neuron is given with an input at which it fires."""
    page = analyse(library.qif(), I=0.05)
    assert page.pattern.protocol.base == page.character.rest_input < 0.0
    assert page.fi.duration > 5000.0
    above = page.fi.I > 0.01
    assert page.fi.steady[above] == pytest.approx(1e3 * np.sqrt(page.fi.I[above]) / (np.pi * 20), rel=2e-3)
