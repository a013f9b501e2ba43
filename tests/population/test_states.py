"""All states of a network, the working point, and modes with their structure."""

import numpy as np
import pytest
from scipy.optimize import root

from rheobase import library
from rheobase.model.connect import FixedIndegree
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.population.input.statistics import input_map
from rheobase.population.neuron.lif import transfer as leaky
from rheobase.population.rhythm.modes import linearise
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.rhythm.stability import stability
from rheobase.population.states.fixed_points import rates_and_slopes
from rheobase.population.states.state_search import all_states
from rheobase.population.states.steady_state import steady_state
from rheobase.population.states.steady_states import steady_states
from rheobase.population.states.working_point import working_point
from rheobase.units import Hz, ms, mV

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


def competing(tau_m, v_th, v_reset, t_ref, degrees, jumps, rates, external):
    """Populations of leaky neurons that excite themselves and inhibit one another."""
    names = "ABC"[: len(tau_m)]
    cells = [
        library.lif(tau_m=t * ms, v_th=th * mV, v_reset=re * mV, E_L=0 * mV, t_ref=tr * ms)
        for t, th, re, tr in zip(tau_m, v_th, v_reset, t_ref, strict=True)
    ]
    pairs = [(i, j) for i in range(len(names)) for j in range(len(names))]
    return Network(
        [Population(cell, 4000, name) for cell, name in zip(cells, names, strict=True)],
        [Projection(names[j], names[i], FixedIndegree(degrees[i][j]), jumps[i][j] * mV, 1.5 * ms) for i, j in pairs],
        [PoissonInput(p, r * Hz, j * mV, n=500) for p, r, j in zip(names, rates, external, strict=True)],
    )


#: Where curves of the recurrent gain through the states that iteration reaches miss some of the others.
COMPETING = [
    ([12.27, 9.28], [21.74, 18.78], [7.74, 5.29], [3.446, 1.136], [[743, 190], [312, 556]],
     [[0.2497, -0.5722], [-0.1095, 0.1055]], [10.471, 3.320], [0.2008, 0.6022]),
    ([24.46, 19.40], [15.94, 15.05], [2.49, 9.44], [4.22, 2.714], [[778, 680], [332, 751]],
     [[0.16, -0.1763], [-0.2106, 0.2749]], [7.798, 3.047], [0.1313, 0.2122]),
]  # fmt: skip


def zeros_on_a_grid(tau_m, v_th, v_reset, t_ref, degrees, jumps, rates, external):
    """All states (kHz) of two populations: both equations change sign in a cell of a grid, then Newton's method."""
    weights, outer = np.array(degrees) * np.array(jumps), 0.5 * np.array(rates) * np.array(external)

    def surplus(r):
        found = []
        for i, (tau, th, re, held) in enumerate(zip(tau_m, v_th, v_reset, t_ref, strict=True)):
            mu = tau * (outer[i] + weights[i] @ r)
            variance = tau * (outer[i] * external[i] + (weights[i] * np.array(jumps[i])) @ r)
            rate = leaky(mu, np.sqrt(variance), tau_m=tau, v_th=th, v_reset=re, t_ref=held).rate
            found.append(rate - r[i])
        return np.array(found)

    axes = [np.union1d(np.geomspace(1e-8 / t, 1 / t, 120), np.linspace(0.002 / t, 1 / t, 120)) for t in t_ref]
    grid = np.array(np.meshgrid(*axes, indexing="ij"))
    above = (surplus(grid.reshape(2, -1)) > 0.0).reshape(grid.shape).astype(int)
    corners = above[:, 1:, 1:] + above[:, :-1, 1:] + above[:, 1:, :-1] + above[:, :-1, :-1]
    found = []
    for a, b in np.argwhere(np.all((corners > 0) & (corners < 4), axis=0)):
        start = np.log(np.sqrt(grid[:, a, b] * grid[:, a + 1, b + 1]))
        r = np.exp(root(lambda u: surplus(np.exp(u)) / np.exp(u), start, tol=1e-12).x)
        good = np.all(np.isfinite(r)) and np.abs(surplus(r)).max() < 1e-9 * r.max()
        if good and not any(np.allclose(r, other, rtol=1e-5) for other in found):
            found.append(r)
    return found


@pytest.mark.parametrize("numbers", COMPETING)
def test_states_between_competing_populations_are_found(numbers):
    """Against a search on a grid; and indices add up to one, since all rates are bounded (Poincare, Hopf)."""
    maps = input_map(competing(*numbers))
    found = all_states(maps)
    seen = zeros_on_a_grid(*numbers)
    assert len(seen) >= 2  # those in reach of the grid: silence is not
    for r in seen:
        assert any(np.allclose(r, other, rtol=1e-6, atol=1e-12) for other in found)
    indices = [np.sign(np.linalg.det(np.eye(2) - rates_and_slopes(maps, r)[1])) for r in found]
    assert sum(indices) == 1


def test_no_bar_lies_under_the_legend(found):
    """However high the bars are."""
    from matplotlib import pyplot

    figure = found.plot()
    figure.canvas.draw()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert [text.get_text() for text in legend.get_texts()] == [
        "state 1, stable",
        "state 2, unstable",
        "state 3, unstable",
    ]
    assert not any(box.overlaps(axes.get_tightbbox()) for axes in figure.axes)
    pyplot.close(figure)
