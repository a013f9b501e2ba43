"""Values that follow a Lorentzian: quantiles, random draws, files, and where one cannot be."""

import numpy as np
import pytest
from scipy import stats

from rheobase import AllToAll, ModelError, Network, Population, Projection, library, ms, mV, pA
from rheobase.model.distribution import Lorentzian, distribution_internal, moments
from rheobase.simulation.plan import draw
from rheobase.units import Dimension


def test_quantiles_divide_the_distribution_evenly():
    values = Lorentzian(-5.0, 2.0).quantiles(99)
    assert stats.cauchy(-5.0, 2.0).cdf(values) == pytest.approx(np.arange(1, 100) / 100, abs=1e-14)
    assert (Lorentzian(-70 * mV, 2 * mV).quantiles(3).to(mV)) == pytest.approx([-72, -70, -68])


def test_drawn_values_follow_it():
    values = draw(Lorentzian(-5.0, 2.0), 20_000, 3, 0, 0)
    assert stats.kstest(values, stats.cauchy(-5.0, 2.0).cdf).pvalue > 1e-3
    assert np.array_equal(values, draw(Lorentzian(-5.0, 2.0), 20_000, 3, 0, 0))


def test_network_file_keeps_it(tmp_path):
    cells = Population(library.lif(), 10, "E", E_L=Lorentzian(-70 * mV, 2 * mV))
    network = Network([cells])
    path = tmp_path / "network.toml"
    network.to_toml(path)
    assert Network.from_toml(path)["E"].value("E_L") == Lorentzian(-70.0, 2.0)


@pytest.mark.parametrize(
    ("weight", "delay"), [(Lorentzian(1 * mV, 1 * mV), 1 * ms), (1 * mV, Lorentzian(1 * ms, 1 * ms))]
)
def test_synapses_refuse_it(weight, delay):
    cells = Population(library.lif(), 10, "E")
    with pytest.raises(ModelError, match=r"projection E -> E: the (weight|delay) has no mean as a Lorentzian; take"):
        Network([cells], [Projection(cells, cells, AllToAll(), weight, delay)])


def test_what_cannot_be():
    with pytest.raises(ModelError, match="E: the width must not be negative"):
        distribution_internal(Lorentzian(0.0, -1.0), Dimension.of(), "E")
    with pytest.raises(ModelError, match="center is not a number"):
        distribution_internal(Lorentzian(float("nan"), 1.0), Dimension.of(), "E")
    with pytest.raises(ModelError, match="center of E has to be a voltage"):
        distribution_internal(Lorentzian(0 * pA, 1 * mV), mV.dimension, "E")
    with pytest.raises(ModelError, match="neither a mean nor a standard deviation"):
        moments(Lorentzian(0.0, 1.0))
