"""Every result of the lens says, draws and cites itself; figures show the result's own numbers."""

import inspect
import re

import numpy as np
import pytest

from rheobase import library, population
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.population import exact_mean_field, wilson_cowan
from rheobase.population.trust.criteria import Criterion
from rheobase.units import Hz, ms, mV


def inhibitory():
    cells = Population(library.lif(), 1000, "I")
    inhibition = Projection("I", "I", FixedIndegree(400), -0.5 * mV, 1 * ms)
    return Network(cells, [inhibition], [PoissonInput("I", 10 * Hz, 0.5 * mV, n=800)])


RESULTS = {
    "shot noise": lambda: population.shot_noise_rate(library.lif(), 4000.0, "0.5 mV"),
    "Kramers-Moyal": lambda: population.kramers_moyal(library.lif(), 4000.0, "0.1 mV", 4, mu="12 mV"),
    "diffusion error": lambda: population.diffusion_error(library.brunel2000(g=5, eta=2)),
    "validity": lambda: population.validity_report(library.brunel2000(g=5, eta=2)),
    "rate equations": lambda: wilson_cowan(library.brunel2000(g=5, eta=2)),
    "rates over time": lambda: wilson_cowan(library.brunel2000(g=5, eta=2)).simulate(20),
    "exact mean field": lambda: exact_mean_field(Delta=1, eta=-5, J=15),
    "mean field over time": lambda: exact_mean_field(Delta=1, eta=-5, J=15).simulate(5),
    "mean field over a parameter": lambda: exact_mean_field(Delta=1, eta=-5, J=15).bifurcations("eta", (-8, 0)),
    "balanced state": lambda: population.balanced_state(inhibitory()),
    "balance scan": lambda: population.balance_scan(inhibitory(), (1, 4)),
    "intervals": lambda: population.isi(library.lif(), 12, 4),
    "transfer functions": lambda: population.transfer_functions(library.brunel2000(g=5, eta=2), [38, 38], [1.0, 50.0]),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_say_draw_and_cite_themselves(name):
    result = RESULTS[name]()
    figure = result.plot()
    for axes in figure.axes:
        assert axes.get_xlabel() and (axes.get_ylabel() or axes.get_yticklabels()[0].get_text())
    assert result.summary() and re.search(r"\((19|20)\d\d\)", result.cite())


def test_every_result_has_all_three():
    """What has a summary is a result of its own; parts of results have none."""
    classes = [getattr(population, name) for name in dir(population)]
    results = [c for c in classes if inspect.isclass(c) and hasattr(c, "summary")]
    assert len(results) > 20
    assert [c.__name__ for c in results if not (hasattr(c, "plot") and hasattr(c, "cite"))] == []


def drawn(axes):
    """The points of all lines with their coordinates."""
    return [np.array(line.get_data()).T for line in axes.lines]


def test_shot_noise_is_drawn_beside_white_noise():
    found = RESULTS["shot noise"]()
    figure = found.plot()
    ends = [line[-1] for line in drawn(figure.axes[0])]
    assert [found.diffusion, 0] in np.array(ends).tolist() and [found.rate, 1] in np.array(ends).tolist()
    assert {text.get_text() for text in figure.axes[0].texts} == {f"{found.diffusion:.4g} Hz", f"{found.rate:.4g} Hz"}


def test_errors_are_drawn_in_per_cent_row_by_row():
    found = population.DiffusionError(
        ("E", "I", "S"), np.ones(3), np.array([0.3, 0.2, -0.1]), np.array([0.05, 0.02, 0.01]), np.full(3, 1e-6),
        ("exact", "exact", "exact"),
    )  # fmt: skip
    figure = found.plot()
    held, together = (np.array([line for line in drawn(figure.axes[0]) if len(line) == 3])[k, :, 0] for k in (0, 1))
    assert held == pytest.approx(100 * found.alone) and together == pytest.approx(100 * found.together)
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == list(found.populations)


def test_an_error_that_is_not_known_is_said():
    found = population.DiffusionError(
        ("E", "I"), np.ones(2), np.array([0.1, np.nan]), np.array([0.05, np.nan]), np.array([0.0, np.nan]),
        ("exact", "none"),
    )  # fmt: skip
    figure = found.plot()
    assert [text.get_text().strip() for text in figure.axes[0].texts] == ["not known"]
    assert "Richardson" in found.cite() and "Kramers" not in found.cite()


def test_what_is_used_of_each_limit():
    report = RESULTS["validity"]()
    for row in report.criteria:
        if row.limit is not None and row.name != "finite-size noise":  # which looks at populations that are heard only
            assert all(value <= 1.0 + 1e-9 for value in row.used.values()) == row.kept, row.name
    assert report["jumps in tau_m"].used["E"] == pytest.approx(50 / report["jumps in tau_m"].values["E"])
    assert Criterion("distance to instability", {"a mode": 38.0}, "/s", -20.0, False, "").used == {"a mode": np.inf}


def test_states_at_rest_are_drawn_across():
    field = RESULTS["exact mean field"]()
    figure = field.plot()
    levels = {round(float(line[0, 1]), 6) for line in drawn(figure.axes[0]) if len(line) == 2}
    assert levels >= {round(float(point.rates[0]), 6) for point in field.fixed_points()}
