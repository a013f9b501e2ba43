"""A single neuron as a file: round trip, the command line, and errors with their place."""

from pathlib import Path

import pytest

from rheobase import ModelError, Neuron, library
from rheobase.cli import main

NEURONS = [name for name in library.names() if library.entry(name).kind == "neuron"]


@pytest.mark.parametrize("name", NEURONS)
def test_a_neuron_survives_its_file(name, tmp_path):
    neuron = library.make(name)
    text = neuron.to_toml(tmp_path / "mine.toml")
    assert Neuron.from_toml(tmp_path / "mine.toml") == neuron
    assert (tmp_path / "mine.toml").read_text() == text


def test_the_command_line_takes_a_neuron_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["show", "lif", "--toml"]) == 0
    Path("mine.toml").write_text(capsys.readouterr().out)
    assert main(["simulate", "mine.toml", "-p", "I=600 pA", "--duration", "500 ms"]) == 0
    assert main(["simulate", "mine.toml", "-p", "tau_M=6 ms"]) == 2
    assert "did you mean 'tau_m'?" in capsys.readouterr().err


def test_errors_say_where(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[neuron]\nequations = 'dv/dt = -v/tua : mV'\n")
    with pytest.raises(ModelError, match=r"line 2: \[neuron\]: equations: .*tua"):
        Neuron.from_toml(path)
    path.write_text("[neuron]\nequations = 'dv/dt = -v/ms : mV'\ntreshold = 'v > 1*mV'\n")
    with pytest.raises(ModelError, match=r"line 3.*did you mean 'threshold'"):
        Neuron.from_toml(path)
    path.write_text("[neuron]\nequations = 'dv/dt = -v/ms : mV'\n[network]\n")
    with pytest.raises(ModelError, match="network"):
        Neuron.from_toml(path)
