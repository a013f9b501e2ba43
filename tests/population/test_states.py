"""All states of a network, the working point, and modes with their structure."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, Population
from rheobase.population.input.statistics import input_map
from rheobase.population.rhythm.modes import linearise
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.rhythm.stability import stability
from rheobase.population.states.steady_state import steady_state
from rheobase.population.states.steady_states import steady_states
from rheobase.population.states.working_point import working_point

COLUMN = [0.72219199, 2.68821422, 4.1893135, 5.67129662, 6.55753002, 8.28560849, 1.12850794, 7.67473951]


@pytest.fixture(scope="module")
def bistable():
    """Weak inhibition and little drive: silence and a state near the refractory limit, with a saddle between."""
    return library.brunel2000(3.0, 0.6)


@pytest.fixture(scope="module")
def found(bistable):
    return steady_states(bistable, count=1)


def test_the_working_point_of_the_column():
    network = library.make("potjans_diesmann2014", preset="bos2016", weight_sd=0)
    # numbers of synapses rounded one way or the other move these rates by up to 1e-6 of themselves
    assert working_point(network).rates == pytest.approx(COLUMN, rel=1e-6)


def test_every_state_is_found_and_its_growing_modes_are_counted(bistable, found):
    assert [state.stable for state in found] == [True, False, False]
    assert found[1].unstable % 2 == 1  # a saddle: a real mode leaves it
    for state in found:
        mapped = input_map(bistable).drive(state.rates * 1e-3)
        assert mapped.mu == pytest.approx(state.mu)
    assert "3 self-consistent states, one of them stable" in found.summary()
    assert len(found.to_dict()["steady_states"]) == 3
    assert set(found.to_dict()["steady_states"][1]["rates_hz"]) == {"E", "I"}


def test_the_count_is_the_number_of_modes_found(bistable, found):
    for state in found:
        listed = sum(2 if mode.frequency_hz else 1 for mode in state.modes if mode.growth_per_s > 0)
        assert unstable_modes(linearise(input_map(bistable), state.rates * 1e-3)) == listed


@pytest.mark.parametrize(
    ("g", "eta", "growth", "frequency", "unstable", "digits"),
    [(6.0, 4.0, 51.50, 190.21, 2, 0.005), (5.0, 2.0, -134.9, 124.3, 0, 0.05), (4.5, 0.9, 7.93, 28.996, 2, 0.005)],
)
def test_published_modes_and_their_count(g, eta, growth, frequency, unstable, digits):
    found = stability(library.brunel2000(g, eta))
    assert found.mode.growth_per_s == pytest.approx(growth, abs=digits)
    assert found.mode.frequency_hz == pytest.approx(frequency, abs=digits)
    assert found.unstable == unstable
    # identical populations with identical input take part alike
    assert found.mode.composition == pytest.approx([1.0, 1.0], abs=1e-8)
    assert f"{frequency:.4g}" in found.summary()


def test_sensitivity_is_how_the_mode_moves_when_there_are_more_synapses():
    """Against Newton's method on det(1 - M(s)) with one entry of M a little larger."""
    network = library.brunel2000(6.0, 4.0)
    found = stability(network)
    linear = linearise(input_map(network), found.rates * 1e-3)
    start = 1e-3 * complex(found.mode.growth_per_s, 2.0 * np.pi * found.mode.frequency_hz)

    def root(more):
        def value(s):
            return np.linalg.det(np.eye(2) - linear.loop(np.array([s]))[0] * more)

        s = start
        for _ in range(8):
            slope = (value(s + 1e-6) - value(s - 1e-6)) / 2e-6
            s -= value(s) / slope
        return s

    for i in range(2):
        for j in range(2):
            more, less = np.ones((2, 2)), np.ones((2, 2))
            more[i, j], less[i, j] = 1.0 + 1e-4, 1.0 - 1e-4
            moved = 1e3 * (root(more) - root(less)) / 2e-4
            assert found.mode.sensitivity[i, j] == pytest.approx(moved, rel=1e-5)
    # scaling all entries by 1 + a moves the eigenvalue 1 by a
    assert np.sum(found.mode.eigenvalue_sensitivity) == pytest.approx(1.0, abs=1e-8)


def test_what_is_refused():
    network = library.brunel2000(5.0, 2.0)
    with pytest.raises(ModelError, match="rates must be 2 numbers"):
        stability(network, [1.0])
    with pytest.raises(ModelError, match="not negative"):
        stability(network, [1.0, -1.0])
    for call in (stability, steady_states):
        with pytest.raises(ModelError, match="count must be a whole number of modes, at least 1"):
            call(network, count=0)


def test_figures(found):
    from matplotlib import pyplot

    for figure in (found.plot(), stability(library.brunel2000(6.0, 4.0)).plot()):
        assert len(figure.axes) >= 2
        pyplot.close(figure)


def test_the_working_point_does_not_hang_on_the_start():
    """From silence the rates of this network run away, though it has a state at rest."""
    assert working_point(library.brunel2000(g=4.5, eta=0.9)).rates == pytest.approx([6.516702268] * 2, rel=1e-9)


@pytest.mark.parametrize("make", [library.lif, library.eif, lambda: library.qif(eta=-1), lambda: library.qif(eta=1)])
def test_neurons_without_noise_have_no_density(make):
    """Not nan: a density of all neurons at one place is no number."""
    state = steady_state(Network(Population(make(), 10, "Q")))
    assert np.array_equal(state.density("Q", np.linspace(-90.0, 90.0, 7)), np.zeros(7))


def test_the_figure_of_a_state_without_modes_keeps_its_layout():
    """Nothing is recurrent in a silent state: it has rates and no modes; the panels share the figure all the same."""
    from matplotlib import pyplot

    silent = Network(Population(library.lif(), 10, "E"))
    figure = steady_states(silent).plot()
    figure.canvas.draw()
    assert not steady_states(silent)[0].modes
    assert [axes.get_position().width > 0.3 for axes in figure.axes] == [True, True]
    assert [text.get_text() for text in figure.axes[1].texts] == ["no modes"]
    pyplot.close(figure)
