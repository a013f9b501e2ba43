"""Simulation beside theory: the numbers, the table, the JSON, and what is said where the theory has no answer."""

import json
import math

import numpy as np
import pytest

from rheobase import (
    Comparison,
    Hz,
    ModelError,
    Network,
    Neuron,
    PoissonInput,
    Population,
    compare,
    library,
    ms,
    mV,
    nS,
    pA,
    pF,
)
from rheobase.model.synapse import Synapse

JUMP = 0.1


def driven_cells(rate=11.0, n=1000):
    cells = Population(library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV), n, "cells")
    return Network([cells], inputs=[PoissonInput(cells, rate * Hz, JUMP * mV, n=1000)], name="driven cells")


@pytest.fixture(scope="module")
def driven() -> Comparison:
    return compare(driven_cells(), 1000 * ms, seed=2)


def strict(text: str):
    """JSON as the standard has it: no NaN, no Infinity."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_unconnected_neurons_fire_as_the_theory_says(driven):
    row = driven.rows[0]
    first_correction = 2 * JUMP / 10  # of the diffusion approximation: of the order of a jump over theta - V_r
    assert abs(row.difference_se) < 4 + first_correction * row.rate_theory_hz / row.rate_sim_se_hz
    assert row.rate_theory_hz == pytest.approx(driven.steady.rates[0], rel=1e-15)
    # The input is white noise here, so the CV of the theory holds. A CV from n intervals is known to 1/sqrt(2 n) and
    # has a bias of the order of 1/n; there are rate * 1 s of them in each of the neurons.
    intervals = row.rate_sim_hz * row.size
    assert row.cv_sim == pytest.approx(
        row.cv_theory, abs=4 / math.sqrt(2 * intervals) + row.cv_theory / row.rate_sim_hz
    )


def test_the_standard_error_is_that_of_independent_neurons_where_they_are(driven):
    """Renewal theory: the variance of a count is rate * time * CV**2."""
    row = driven.rows[0]
    expected = math.sqrt(row.rate_sim_hz * row.cv_theory**2 / row.size)
    # ten windows give the standard error itself to 1/sqrt(18); its bias is upwards
    assert 0.4 * expected < row.rate_sim_se_hz < 2.2 * expected


def test_the_voltages_follow_the_stationary_density(driven):
    row, histogram, density = driven.rows[0], driven.voltages["cells"], driven.densities["cells"]
    centres, widths = (histogram.edges[1:] + histogram.edges[:-1]) / 2, np.diff(histogram.edges)
    free = float(np.sum(histogram.density * widths))
    # 50 neurons that forget within about tau_m: 50 * 1000/20 independent samples
    independent = 50 * 1000 / 20
    assert free == pytest.approx(1 - row.rate_sim_hz * 2e-3, abs=4 * 0.5 / math.sqrt(independent) + 1e-3)
    mean = float(np.sum(histogram.density * widths * centres)) / free
    weight = np.trapezoid(density.density, density.voltage)
    theory = np.trapezoid(density.density * density.voltage, density.voltage) / weight
    spread = math.sqrt(np.trapezoid(density.density * (density.voltage - theory) ** 2, density.voltage) / weight)
    assert mean == pytest.approx(theory, abs=4 * spread / math.sqrt(independent) + JUMP)


def test_the_json_has_the_promised_keys_and_is_strict(driven, tmp_path):
    path = tmp_path / "result.json"
    text = driven.to_json(path)
    assert path.read_text(encoding="utf-8") == text
    data = strict(text)
    assert {"network", "duration_ms", "seed", "populations", "mode", "wall_s", "warnings"} <= data.keys()
    assert data["mode"].keys() == {"growth_per_s", "frequency_hz"}
    promised = {"name", "size", "rate_sim_hz", "rate_sim_se_hz", "cv_sim", "rate_theory_hz", "mu_mv", "sigma_mv"}
    assert promised <= data["populations"][0].keys()
    assert (data["network"], data["duration_ms"], data["seed"]) == ("driven cells", 1000.0, 2)
    assert data["populations"][0]["rate_sim_hz"] == driven.rows[0].rate_sim_hz


def test_the_table_has_a_row_for_each_population_and_says_there_is_no_rhythm(driven):
    lines = driven.table().splitlines()
    assert lines[0].split()[:2] == ["population", "neurons"]
    assert lines[2].startswith("cells") and " SE" in lines[2] and " %" in lines[2]
    assert "no recurrent connections" in lines[-1]
    assert "driven cells: 1,000 neurons, 1000 ms after 100 ms, seed 2" in driven.summary()


def test_published_rates_get_a_column():
    comparison = compare(driven_cells(n=20), 50 * ms, published={"cells": 12.5})
    assert "published, Hz" in comparison.table() and "12.500" in comparison.table()
    assert strict(comparison.to_json())["populations"][0]["rate_published_hz"] == 12.5


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(driven):
    again, other = compare(driven_cells(), 1000 * ms, seed=2), compare(driven_cells(), 1000 * ms, seed=3)
    assert again.rows == driven.rows
    assert other.rows != driven.rows


def test_the_transient_is_left_out():
    """All neurons start at rest; the mean input brings them to threshold after 2.4 time constants, 48 ms."""
    early = compare(driven_cells(), 5 * ms, transient=0 * ms)
    late = compare(driven_cells(), 50 * ms, transient=100 * ms)
    assert early.rows[0].rate_sim_hz == 0
    assert late.rows[0].rate_sim_hz > 5
    assert late.duration_ms == pytest.approx(50) and late.recording.duration == pytest.approx(150)
    assert any("No spike of cells within the 5 ms" in warning for warning in early.warnings)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Population(library.adex(I=600 * pA), 50, "adex"), "adex"),
        (lambda: Population(library.hodgkin_huxley(), 5, "squid"), "squid"),
    ],
)
def test_what_the_theory_does_not_cover_is_simulated_and_said(make, reason):
    comparison = compare(Network([make()]), 100 * ms)
    assert comparison.steady is None and comparison.mode is None
    assert comparison.warnings[0].startswith("Not covered by the theory: ") and reason in comparison.warnings[0]
    data = strict(comparison.to_json())
    assert data["populations"][0]["rate_theory_hz"] is None and data["mode"] == {
        "growth_per_s": None,
        "frequency_hz": None,
    }
    assert "leading mode of the theory: not covered" in comparison.table()
    assert comparison.plot() is not None


def test_a_synapse_that_the_theory_does_not_cover():
    """The neuron has a port for each of two currents that do not enter alike: one is multiplied by the voltage."""
    cell = Neuron(
        "dv/dt = (E_L - v)/tau_m + I*(v - E_L)/C : mV\nI : nS = 0*nS", threshold="v > -50*mV", reset="v = E_L",
        E_L=-65 * mV, tau_m=10 * ms, C=250 * pF,
    )  # fmt: skip
    cells = Population(cell, 20, "cells")
    comparison = compare(
        Network([cells], inputs=[PoissonInput(cells, 8 * Hz, 2 * nS, n=100, synapse=Synapse.exponential(5 * ms))]),
        100 * ms,
    )
    assert comparison.steady is None
    assert "multiplies 'I' by something that depends on 'v'" in " ".join(comparison.warnings)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((library.lif(), 10 * ms), {}, "compare needs a Network, not Neuron"),
        ((driven_cells(n=2), 0 * ms), {}, "duration of at least 1 ms"),
        ((driven_cells(n=2), 10 * ms), {"transient": -1 * ms}, "transient of at least 0 ms"),
        ((driven_cells(n=2), 10 * mV), {}, "duration"),
        ((driven_cells(n=2), 10 * ms), {"published": {"Z": 1.0}}, "published: there is no population 'Z'"),
        ((driven_cells(n=2), 10 * ms), {"published": [1.0]}, "published must give rates in Hz by population"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, options, message):
    with pytest.raises(ModelError, match=message):
        compare(*arguments, **options)


def test_the_methods_are_cited(driven):
    assert "Siegert" in driven.cite() and "Brunel" in driven.cite()
