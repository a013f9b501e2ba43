"""``rheobase theory`` and ``rheobase phase-diagram``."""

import json

import pytest

from rheobase.cli import main


def test_states_modes_and_validity(tmp_path, capsys):
    numbers, figure = tmp_path / "theory.json", tmp_path / "theory.png"
    command = ["theory", "brunel2000", "-p", "g=6", "-p", "eta=4", "--json", str(numbers), "--figure", str(figure)]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "2 modes grow" in text and "BROKEN" in text and figure.stat().st_size > 1000
    found = json.loads(numbers.read_text())
    (state,) = found["steady_states"]
    assert state["rates_hz"]["E"] == pytest.approx(55.84126238, abs=1e-8) and not state["stable"]
    assert state["modes"][0]["growth_per_s"] == pytest.approx(51.50, abs=5e-3)
    assert state["modes"][0]["frequency_hz"] == pytest.approx(190.21, abs=5e-3)
    assert any(row["criterion"] == "jump size" and row["kept"] is False for row in found["validity"])


def test_a_phase_diagram(tmp_path, capsys):
    numbers, figure = tmp_path / "phases.json", tmp_path / "phases.png"
    command = ["phase-diagram", "brunel2000", "--x", "g", "--y", "eta", "--x-range", "5", "6", "--y-range", "2", "4",
               "--points", "2", "--quiet", "--json", str(numbers), "--figure", str(figure)]  # fmt: skip
    assert main(command) == 0
    assert "AI" in capsys.readouterr().out and figure.exists()
    found = json.loads(numbers.read_text())
    assert found["names"] == ["g", "eta"] and {line["kind"] for line in found["lines"]} == {"hopf"}


def test_a_phase_diagram_over_a_parameter_with_a_unit(tmp_path):
    """Model B's own; the other range is half to twice the default, which is a text with a unit."""
    numbers = tmp_path / "phases.json"
    command = ["phase-diagram", "brunel2000_b", "--x", "tau_I", "--y", "delay", "--x-range", "10 ms", "20 ms",
               "-p", "eta=1.5", "--points", "2", "--quiet", "--json", str(numbers)]  # fmt: skip
    assert main(command) == 0
    found = json.loads(numbers.read_text())
    assert found["units"] == ["ms", "ms"] and found["x"] == [10, 20] and found["y"] == [0.75, 3.0]


def test_ctrl_c_keeps_what_is_done_and_says_so(tmp_path, capsys, monkeypatch):
    """A column of two places is done; the third is interrupted."""
    from rheobase.population.rhythm import phase_diagram as module

    examine, seen = module.examine, []

    def interrupted(*arguments, **options):
        seen.append(arguments)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return examine(*arguments, **options)

    monkeypatch.setattr(module, "examine", interrupted)
    numbers = tmp_path / "phases.json"
    command = ["phase-diagram", "brunel2000", "--x", "g", "--y", "eta", "--x-range", "5", "6", "--y-range", "1", "2",
               "--points", "2", "--quiet", "--json", str(numbers)]  # fmt: skip
    assert main(command) == 130
    told = capsys.readouterr()
    assert "interrupted; the results are those until then" in told.err
    assert "AI: 100% of the 2 places that were examined" in told.out
    found = json.loads(numbers.read_text())
    assert not found["complete"] and found["labels"] == [["AI", "AI"]]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["theory", "lif"], "lif is a single neuron, and this needs a network"),
        (["theory", "brunel"], "did you mean 'brunel2000'"),
        (
            ["phase-diagram", "brunel2000", "--x", "g", "--y", "etta"],
            "brunel2000 has no parameter 'etta'; it has: g",
        ),
        (["phase-diagram", "lif", "--x", "g", "--y", "eta"], "is a single neuron, and a phase diagram needs a network"),
        (["phase-diagram", "mine.toml", "--x", "g", "--y", "eta"], "needs a family of them"),
        (["phase-diagram", "brunel2000", "--x", "g"], "--y"),
        (["phase-diagram", "brunel2000", "--x", "g", "--y", "eta", "-p", "g=5"], "'g' cannot be fixed, since it is to"),
        (["phase-diagram", "brunel2000_b", "--x", "g_I", "--y", "eta"], "give its range, such as --x-range 3 8"),
        (["phase-diagram", "brunel2000", "--x", "g", "--y", "eta", "--x-range", "3", "eight"], "cannot read 'eight'"),
    ],
)
def test_mistakes(command, message, capsys):
    assert main(command) != 0
    assert message in capsys.readouterr().err
