"""Figures: every axis is labelled with its unit, colours can be told apart, files are written whole."""

import colorsys
import itertools
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest

matplotlib.use("Agg")

from rheobase import (
    Hz,
    ModelError,
    Network,
    PoissonInput,
    Population,
    compare,
    library,
    ms,
    mV,
    plot,
    population,
    simulate,
)
from rheobase.plot.style import COLOURS
from rheobase.simulation import Spikes


@pytest.fixture(scope="module")
def comparison():
    return compare(library.brunel2000(order=50, epsilon=0.5), 200 * ms)


def axes_of(figure):
    figure.canvas.draw()
    return [axes for axes in figure.axes if axes.get_visible()]


def assert_labelled(figure):
    for axes in axes_of(figure):
        categories = {label.get_text() for label in axes.get_xticklabels()} & {"E", "I", "cells"}
        below = [other for other in axes.get_shared_x_axes().get_siblings(axes)]
        assert categories or any("(" in other.get_xlabel() for other in below), axes.get_title()
        assert "(" in axes.get_ylabel() or axes.get_ylabel() == "population", axes.get_title()


def test_every_axis_has_a_label_with_a_unit(comparison):
    for figure in (comparison.plot(), comparison.recording.plot()):
        assert_labelled(figure)
        matplotlib.pyplot.close(figure)
    figure = comparison.steady.plot()
    assert all(axes.get_xlabel() and "(" in axes.get_ylabel() for axes in axes_of(figure))
    matplotlib.pyplot.close(figure)


def test_the_raster_has_a_dot_for_every_spike_that_it_shows(comparison):
    recording = comparison.recording
    figure = plot.recording(recording, start=100.0, stop=200.0)
    drawn = sum(line.get_xdata().size for line in figure.axes[0].get_lines() if line.get_linestyle() == "None")
    spikes = recording.spikes
    inside = (spikes.time >= 100) & (spikes.time < 200)
    rows = np.array([128, 32])
    assert drawn == np.count_nonzero(inside & (spikes.neuron < rows[spikes.population]))
    matplotlib.pyplot.close(figure)


def test_rates_in_the_figure_have_the_mean_of_the_spikes(comparison):
    recording = comparison.recording
    figure = plot.recording(recording, start=100.0, stop=200.0)
    stairs = figure.axes[1].patches[0].get_data()
    count = np.count_nonzero(
        (recording.spikes.population == 0) & (recording.spikes.time >= 100) & (recording.spikes.time < 200)
    )
    assert stairs.values.mean() == pytest.approx(count / (recording.sizes[0] * 0.1), rel=1e-12)
    matplotlib.pyplot.close(figure)


def test_the_users_own_settings_are_left_alone(comparison):
    before = dict(matplotlib.rcParams)
    matplotlib.pyplot.close(comparison.plot())
    assert dict(matplotlib.rcParams) == before


def test_populations_can_be_told_apart_without_colour_vision():
    """Neighbours differ in lightness or, for red-green blindness, on the blue-yellow axis."""
    for first, second in itertools.pairwise(COLOURS):
        left, right = (np.array(matplotlib.colors.to_rgb(colour)) for colour in (first, second))
        lightness = abs(colorsys.rgb_to_hls(*left)[1] - colorsys.rgb_to_hls(*right)[1])
        blue_yellow = abs((left[2] - left[:2].mean()) - (right[2] - right[:2].mean()))
        assert lightness > 0.1 or blue_yellow > 0.2, (first, second)


def test_saving(comparison, tmp_path):
    figure = comparison.plot()
    for suffix, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        plot.save(figure, tmp_path / f"figure.{suffix}")
        assert (tmp_path / f"figure.{suffix}").read_bytes().startswith(start)
    with pytest.raises(ModelError, match=r"cannot be written as 'doc'; use \.png, \.pdf or \.svg"):
        plot.save(figure, tmp_path / "figure.doc")
    assert len(list(tmp_path.iterdir())) == 3
    matplotlib.pyplot.close(figure)


def test_a_network_without_recurrence_is_drawn_too():
    cells = Population(library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV), 200, "cells")
    network = Network([cells], inputs=[PoissonInput(cells, 9 * Hz, 0.1 * mV, n=1000)])
    assert_labelled(compare(network, 100 * ms).plot())
    figure = population.steady_state(network).plot()
    assert len(axes_of(figure)) == 3
    matplotlib.pyplot.close("all")


def four_populations():
    cell = library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV)
    populations = [Population(cell, 50, name) for name in "ABCD"]
    return Network(populations, inputs=[PoissonInput(name, 11 * Hz, 0.1 * mV, n=1000) for name in "ABCD"])


def test_legends_are_black_and_many_populations_are_named_in_their_colours():
    figure = compare(four_populations(), 100 * ms).plot()
    axes = {panel.get_title(loc="left"): panel for panel in axes_of(figure)}
    for handle in axes["rates"].get_legend().legend_handles:
        line = handle[0] if isinstance(handle, tuple) else handle
        drawn = line.get_color() if hasattr(line, "get_color") else line.lines[0].get_color()
        assert np.allclose(matplotlib.colors.to_rgb(drawn), 0)
    named = {text.get_text(): text.get_color() for text in axes["membrane potential"].texts}
    assert named == dict(zip("ABCD", COLOURS, strict=False))
    matplotlib.pyplot.close(figure)


def test_the_title_of_a_panel_and_its_legend_do_not_overlap(comparison):
    figure = comparison.plot()
    renderer = figure.canvas.get_renderer()
    for panel in axes_of(figure):
        legend = panel.get_legend()
        if legend is not None and panel.get_title(loc="left"):
            assert not legend.get_window_extent(renderer).overlaps(panel._left_title.get_window_extent(renderer))
    matplotlib.pyplot.close(figure)


def test_the_predicted_spectrum_is_drawn_as_it_is():
    result = compare(library.brunel2000(order=50, epsilon=0.5, g=6), 100 * ms)
    frequency, power = result.spectrum_theory
    figure = result.plot()
    (panel,) = [axes for axes in axes_of(figure) if axes.get_title(loc="left") == "spectrum"]
    dashed = [line for line in panel.get_lines() if line.get_linestyle() == "--"]
    shown = frequency <= 500
    assert np.array_equal(dashed[0].get_xdata(), frequency[shown])
    assert np.array_equal(dashed[0].get_ydata(), power[shown])
    matplotlib.pyplot.close(figure)


def test_without_spikes_there_are_traces_only():
    silent = simulate(library.lif(), 20 * ms, record="v")
    figure = plot.recording(silent, units={"v": "mV"})
    (panel,) = axes_of(figure)
    assert panel.get_ylabel() == "v (mV)"
    matplotlib.pyplot.close(figure)
    figure = plot.recording(simulate(library.lif(), 20 * ms))
    assert "no spikes" in [text.get_text() for text in axes_of(figure)[0].texts]
    matplotlib.pyplot.close(figure)


def test_a_recording_that_knows_its_units_says_them():
    known = {"units": {"neuron": {"v": "mV"}}, "traces": {"neuron": {"v": np.zeros((200, 1))}}}
    spikes = Spikes(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    given = {"spikes": spikes, "populations": ("neuron",), "sizes": (1,), "duration": 20.0}
    result = SimpleNamespace(**given, **known, times=0.1 * np.arange(1, 201))
    figure = plot.recording(result)
    assert axes_of(figure)[0].get_ylabel() == "v (mV)"
    matplotlib.pyplot.close(figure)


def test_the_activity_in_time_is_drawn_into_axes_of_ones_own():
    network = library.brunel2000(order=50, epsilon=0.5)
    found = population.fokker_planck(network, 5 * ms)
    figure, (left, right) = matplotlib.pyplot.subplots(1, 2)
    assert found.plot(ax=left) is figure and found.plot("I", ax=right) is figure
    assert len(left.get_lines()) == 2 and left.get_legend() is not None
    assert np.array_equal(right.get_lines()[0].get_ydata(), found.rate("I")) and len(right.get_lines()) == 1
    assert left.get_xlabel() == "time (ms)" and left.get_ylabel() == "rate (Hz)"
    matplotlib.pyplot.close(figure)
