"""The page on a neuron: what it holds, for smooth neurons, for resets, and where parts of it cannot be found."""

import json

import pytest

from rheobase import ModelError, Neuron, library
from rheobase.dynamics.page import analyse

REQUIRED = {"model", "rest", "rheobase", "hodgkin_class", "resonator", "resonance_hz", "special_points"}
KINDS = {
    "fold-of-cycles": [6.2603212745, 7.8423471202, 7.9177854943],
    "hopf-subcritical": [9.7754379953931],
    "hopf-supercritical": [154.52243366581],
}


@pytest.fixture(scope="module")
def hodgkin_huxley():
    return analyse(library.hodgkin_huxley())


def test_hodgkin_huxley_on_one_page(hodgkin_huxley):
    page = hodgkin_huxley
    assert page.character.hodgkin_class == 2
    assert page.character.is_resonator
    assert page.character.rest["v"] == pytest.approx(-64.996379331192, abs=1e-9)
    for kind, values in KINDS.items():
        found = [point.value for point in page.special if point.kind == kind]
        assert found == pytest.approx(values, rel=1e-6)
    assert not page.notes
    text = page.summary()
    for part in ("class 2, resonator", "rheobase", "resonance   66.68", "fold of cycles", "rate (Hz)", "tonic spiking"):
        assert part in text


def test_the_numbers_as_json(hodgkin_huxley, tmp_path):
    found = json.loads(hodgkin_huxley.to_json(tmp_path / "hh.json"))
    assert json.loads((tmp_path / "hh.json").read_text()) == found
    assert found.keys() >= REQUIRED
    point = found["special_points"][0]
    assert point.keys() >= {"kind", "parameter", "value", "state", "frequency_hz", "period_ms"}
    assert found["resonance_hz"] == pytest.approx(66.686744, abs=1e-4)
    assert found["rest"].keys() == {"v", "m", "h", "n"}


def test_the_figure_has_four_parts(hodgkin_huxley):
    figure = hodgkin_huxley.plot()
    labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]
    assert ("I (µA/cm²)", "v (mV)") in labels
    assert ("I (µA/cm²)", "rate (Hz)") in labels
    assert ("time (ms)", "v (mV)") in labels
    assert len(labels) == 4


def test_a_branch_of_cycles_that_no_hopf_point_bears():
    """Morris & Lecar's class 1: the cycle that fires is followed from an orbit or from a Hopf point to its SNIC."""
    page = analyse(library.morris_lecar(preset="snic"), range=(0, 80))
    (snic,) = [point for point in page.special if point.kind == "snic"]
    assert snic.value == pytest.approx(39.963153092745, rel=1e-9)
    assert page.character.hodgkin_class == 1


def test_a_neuron_with_a_jump_is_described_without_a_diagram():
    neuron = Neuron(
        "dv/dt = (-v + I + 2*int(v > 1))/(10*ms) : 1 \n I : 1 = 0", threshold="v > 2", reset="v = 0", name="bent"
    )
    page = analyse(neuron)
    assert page.diagram is None
    assert any("jump" in note for note in page.notes)
    assert page.character.rheobase == pytest.approx(1.0, rel=1e-3)
    assert page.to_dict()["special_points"] == []
    page.plot()


def test_bad_input():
    with pytest.raises(ModelError, match="input"):
        analyse(Neuron("dv/dt = -v/ms : 1"))
    with pytest.raises(ModelError, match="range"):
        analyse(library.lif(), range=(3, 2))
    with pytest.raises(ModelError, match="g_k"):
        analyse(library.hodgkin_huxley(), g_k=3)
