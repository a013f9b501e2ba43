"""The main job on Brunel's network: asynchronous at one point, oscillating near the predicted frequency at two."""

import json

import pytest

from rheobase.check.demo import POINTS, run_demo
from rheobase.units import ms


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, dict(zip(POINTS, run_demo(folder, duration=600 * ms), strict=True))


def test_it_writes_a_table_a_figure_and_the_numbers(demo, capsys):
    folder, results = demo
    assert {path.name for path in folder.iterdir()} == {
        "table.txt",
        "figure.png",
        "g5-eta2.json",
        "g4.5-eta0.9.json",
        "g6-eta4.json",
    }
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert all(result.table() in (folder / "table.txt").read_text() for result in results.values())
    assert json.loads((folder / "g6-eta4.json").read_text())["mode"]["growth_per_s"] == pytest.approx(51.50, abs=0.01)


def test_the_asynchronous_state(demo):
    """Rate within its standard error and one jump (0.1 mV of 10); the CV that simulators give, .37 - .43."""
    for row in demo[1][5.0, 2.0].rows:
        assert abs(row.rate_sim_hz - 37.94969709) < 4 * row.rate_sim_se_hz + 0.01 * 37.95
        assert 0.35 < row.cv_sim < 0.45
        assert row.cv_theory == pytest.approx(0.675, abs=0.001)
    assert demo[1][5.0, 2.0].mode.growth_per_s == pytest.approx(-134.9, abs=0.1)
    assert any("recurrent noise" in warning for warning in demo[1][5.0, 2.0].warnings)


@pytest.mark.parametrize(("point", "frequency"), [((4.5, 0.9), 28.996), ((6.0, 4.0), 190.21)])
def test_the_unstable_states_oscillate_near_the_predicted_frequency(demo, point, frequency):
    """Linear theory gives the frequency at the onset; beyond it the nonlinear rhythm of these two is slower."""
    result = demo[1][point]
    assert result.mode.growth_per_s > 0
    assert result.mode.frequency_hz == pytest.approx(frequency, rel=1e-4)
    assert 0.6 * frequency < result.frequency_sim_hz < 1.1 * frequency
    assert any("unstable" in warning for warning in result.warnings)
