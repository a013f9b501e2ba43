"""``rheobase analyse``: one neuron, several, files, numbers and figures, and what cannot be analysed."""

import json
from pathlib import Path

import pytest

from rheobase import library
from rheobase.cli import main


def run(capsys, *arguments):
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_one_neuron(capsys):
    code, out, _ = run(
        capsys, "analyse", "morris_lecar", "-p", "preset=snic", "--json", "ml.json", "--figure", "ml.png", "--quiet"
    )
    assert code == 0
    assert out.startswith("morris_lecar: class 1")
    assert "saddle-node" in out
    found = json.loads(Path("ml.json").read_text())
    assert found["hodgkin_class"] == 1
    assert {point["kind"] for point in found["special_points"]} >= {"saddle-node", "snic", "hopf-subcritical"}
    assert Path("ml.png").stat().st_size > 10_000


def test_several_neurons_are_a_table(capsys):
    code, out, _ = run(capsys, "analyse", "lif", "qif", "--json", "both.json")
    assert code == 0
    header, _, first, second = out.splitlines()[:4]
    assert header.split()[:3] == ["model", "class", "rheobase"]
    assert first.split()[:4] == ["lif", "1", "375", "pA"]
    assert second.startswith("qif")
    assert [page["model"] for page in json.loads(Path("both.json").read_text())] == ["lif", "qif"]


def test_one_that_cannot_be_analysed_does_not_hide_the_others(capsys):
    code, out, err = run(capsys, "analyse", "poisson", "lif", "--json", "both.json")
    assert code == 2
    assert out.splitlines()[2].split()[:3] == ["lif", "1", "375"]
    assert err.startswith("rheobase: poisson: ") and "no differential equation" in err
    assert [page["model"] for page in json.loads(Path("both.json").read_text())] == ["lif"]


def test_a_file_of_ones_own(capsys):
    Path("mine.toml").write_text(library.lif().with_(name="").to_toml())
    code, out, _ = run(capsys, "analyse", "mine.toml", "-p", "v_th=-55 mV")
    assert code == 0
    assert out.startswith("mine: class 1, integrator")
    assert "rheobase    250 pA" in out


def test_the_neurons_of_a_network(capsys):
    code, out, _ = run(capsys, "analyse", "brunel2000")
    assert code == 0
    assert "class 1, integrator" in out


def test_predictions_are_tried(capsys):
    code, out, _ = run(capsys, "analyse", "lif", "--check", "--json", "lif.json")
    assert code == 0
    assert "predictions hold in the simulation" in out
    assert json.loads(Path("lif.json").read_text())["check"]["agrees"] is True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lff"], "did you mean 'lif'?"),
        (["lif", "--input", "J"], "has no parameter 'J'"),
        (["lif", "--range", "5", "2"], "range"),
        (["lif", "--range", "5", "x"], "the range: cannot read 'x' as a quantity"),
        (["lif", "--range", "5 mV", "6 mV"], "I has to be a current (pA), but a voltage (mV) was given: 5 mV"),
        (["poisson"], "no differential equation"),
        (["lif", "qif", "--figure", "a.png"], "--figure shows one neuron"),
        (["lif", "-p", "tau=3 ms"], "did you mean 'tau_m'?"),
        ([], "NAME_OR_FILE"),
    ],
)
def test_what_cannot_be_analysed(capsys, arguments, sentence):
    code, _, err = run(capsys, "analyse", *arguments)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1


def test_a_word_that_is_no_preset_names_the_presets(capsys):
    code, _, err = run(capsys, "analyse", "izhikevich2004", "-p", "pattern=Z")
    assert code != 0
    assert "pattern=Z is no quantity and no preset of izhikevich2004" in err and "phasic_bursting" in err
