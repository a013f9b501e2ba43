"""Branches and phase diagrams of families of networks."""

from functools import partial

import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.population.input.statistics import input_map
from rheobase.population.rhythm.linearised import linearise
from rheobase.population.rhythm.modes import leading_modes
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.rhythm.phase_diagram import phase_diagram
from rheobase.population.rhythm.phase_points import only_pair
from rheobase.population.states.branch import branch
from rheobase.population.states.fixed_points import rates_and_slopes
from rheobase.population.states.state_search import all_states


class Client:
    """What a Dask client offers, here without other machines."""

    def map(self, function, items):
        return [partial(function, item) for item in items]

    def gather(self, futures):
        return [future() for future in futures]


@pytest.fixture(scope="module")
def diagram():
    return phase_diagram(library.brunel2000, "g", "eta", (4.8, 6.0), (2.0, 5.0), points=(2, 3))


def test_the_fast_line_to_all_published_digits(diagram):
    (fast,) = [point for point in diagram.crossings(g=5.0) if point.frequency_hz[0] > 100]
    assert fast.values[0, 1] == pytest.approx(4.674233, abs=6e-7)
    assert fast.frequency_hz[0] == pytest.approx(193.138, abs=6e-4)
    assert fast.rates[0] == pytest.approx([107.330, 107.330], abs=6e-4)


def test_the_slow_line_to_all_published_digits():
    found = phase_diagram(library.brunel2000, "g", "eta", (4.45, 4.6), (0.88, 0.94), points=2)
    (slow,) = found.crossings(g=4.5)
    assert slow.values[0, 1] == pytest.approx(0.9125547, abs=6e-8)
    assert slow.frequency_hz[0] == pytest.approx(31.809, abs=6e-4)
    assert slow.rates[0] == pytest.approx([7.36974, 7.36974], abs=6e-6)


@pytest.mark.parametrize(("g", "eta"), [(6.0, 4.0), (8.0, 3.0), (4.5, 0.9), (5.0, 0.88), (3.2, 1.2)])
def test_the_only_growing_pair_is_the_leading_mode(g, eta):
    maps = input_map(library.brunel2000(g, eta))
    linear = linearise(maps, all_states(maps)[-1])
    assert unstable_modes(linear) == 2
    found, expected = only_pair(linear, 2), leading_modes(linear, 1)[0]
    assert found is not None
    assert found.growth_per_s == pytest.approx(expected.growth_per_s, abs=1e-7)
    assert found.frequency_hz == pytest.approx(expected.frequency_hz, abs=1e-7)


def test_lines_go_round_the_tip_of_the_slow_band_and_through_the_cusp():
    """The band of slow oscillations ends in a point, and its line on the folds, at frequency zero; folds at a cusp."""
    found = phase_diagram(library.brunel2000, "g", "eta", (3.0, 6.0), (0.5, 1.5), points=4)
    (slow,) = [line for line in found.lines if line.kind == "hopf" and line.frequency_hz.min() < 1.0]
    assert slow.values[:, 0].max() > 5.5 > slow.values[[0, -1], 0].max()
    assert slow.frequency_hz[[0, -1]] == pytest.approx([0.1 / (2 * np.pi)] * 2)
    (fold,) = [line for line in found.lines if line.kind == "fold"]
    assert fold.values[:, 0].max() > 4.2 > fold.values[[0, -1], 0].max()


def test_a_band_too_narrow_for_the_grid_has_its_name():
    found = phase_diagram(library.brunel2000, "g", "eta", (4.4, 4.6), (0.6, 1.2), points=2)
    assert {label for column in found.labels for label in column} == {"Q", "AI"}
    assert "SI slow" in found.beside and "SI slow beside it" in found.summary()
    from matplotlib import pyplot

    figure = found.plot()
    assert "SI slow" in {text.get_text() for text in figure.axes[0].texts}
    pyplot.close(figure)


def test_a_line_ends_on_a_border_beyond_which_there_is_no_network():
    """External rates below zero are refused, and the states at zero are not."""
    found = phase_diagram(library.brunel2000, "g", "eta", (3.0, 3.6), (0.0, 0.4), points=2)
    (fold,) = [line for line in found.lines if line.kind == "fold"]
    assert np.any(fold.values[[0, -1], 1] == 0.0)


@pytest.mark.parametrize(
    ("g", "eta", "label"), [(5.0, 2.0, "AI"), (6.0, 4.0, "SI fast"), (4.5, 0.9, "SI slow"), (3.0, 2.0, "SR")]
)
def test_the_four_states_of_the_paper(diagram, g, eta, label):
    assert diagram.label(g, eta) == label


def test_the_same_numbers_elsewhere_and_what_it_says(diagram):
    small = partial(phase_diagram, library.brunel2000, "g", "eta", (4.9, 5.1), (4.4, 4.9), points=2)
    assert small(client=Client()).to_dict() == small().to_dict()
    assert "hopf line from" in diagram.summary()
    assert "Brunel" in diagram.cite()
    from matplotlib import pyplot

    figure = diagram.plot()
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("g", "eta")
    assert {"AI", "SI fast"} <= {text.get_text() for text in axes.texts}
    inside = axes.get_window_extent()
    for text in axes.texts:
        box = text.get_window_extent()
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
    pyplot.close(figure)


def test_an_interrupted_diagram_has_what_was_done():
    calls = []

    def family(g, eta):
        calls.append(g)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return library.brunel2000(g, eta)

    found = phase_diagram(family, "g", "eta", (5.0, 6.0), (1.0, 2.0), points=2)
    assert not found.complete
    assert "interrupted" in found.status


class Finished:
    """A result that has come home."""

    status = "finished"

    def __init__(self, value):
        self.value = value


class Impatient:
    """A client at whose second result somebody presses Ctrl-C, when four of six are there."""

    asked, cancelled = 0, ()

    def map(self, function, items):
        return [Finished(function(item)) for item in items[:4]] + [object() for _ in items[4:]]

    def gather(self, futures):
        self.asked += 1
        if self.asked == 2:
            raise KeyboardInterrupt
        return [future.value for future in futures]

    def cancel(self, futures):
        self.cancelled = futures


def test_after_ctrl_c_all_results_that_are_there_are_kept_and_the_others_cancelled():
    client = Impatient()
    found = phase_diagram(library.brunel2000, "g", "eta", (5.0, 6.0), (1.0, 2.0), points=(3, 2), client=client)
    assert not found.complete
    assert found.labels == (("AI", "AI"), ("AI", "AI"))
    assert len(client.cancelled) == 6


def test_a_branch_has_its_fold_and_its_hopf_points():
    found = branch(library.brunel2000, "g", (3.3, 4.0), fixed={"eta": 0.7}, starts=2)
    (fold,) = found.folds
    network = library.brunel2000(fold.value, 0.7)
    value, slopes = rates_and_slopes(input_map(network), fold.rates * 1e-3)
    assert value * 1e3 == pytest.approx(fold.rates, rel=1e-9)
    # the determinant is of the size of the distance to the fold, here of rounding
    assert abs(np.linalg.det(np.eye(2) - slopes)) < 1e-5
    assert any(hopf.frequency_hz > 0 for hopf in found.hopfs)
    assert "fold at g = " in found.summary()


def test_what_is_refused():
    with pytest.raises(ModelError, match="no parameter 'mu'"):
        phase_diagram(library.brunel2000, "g", "mu", (1, 2), (1, 2))
    with pytest.raises(ModelError, match="is a function that returns a Network"):
        branch("brunel2000", "g", (1, 2))
    with pytest.raises(ModelError, match="one network has no parameters"):
        branch(library.brunel2000(), "g", (1, 2))
    with pytest.raises(ModelError, match="the lower first"):
        branch(library.brunel2000, "g", (2, 1))
    with pytest.raises(ModelError, match="must differ"):
        phase_diagram(library.brunel2000, "g", "g", (1, 2), (1, 2))
    with pytest.raises(ModelError, match="points must be"):
        phase_diagram(library.brunel2000, "g", "eta", (4, 5), (1, 2), points=1)
    with pytest.raises(ModelError, match="must return a Network"):
        branch(lambda g: g, "g", (1, 2))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"starts": "a"}, "starts = 'a' must be a whole number of values, at least 2"),
        ({"starts": 1}, "starts = 1 must be a whole number"),
        ({"starts": 2.5}, "starts = 2.5 must be a whole number"),
        ({"fixed": ["eta"]}, "fixed must give values by name"),
    ],
)
def test_options_of_branches_that_are_none(options, sentence):
    with pytest.raises(ModelError, match=sentence):
        branch(library.brunel2000, "g", (5.0, 5.2), **options)
