"""The registry, and what all of its models have in common."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest

from rheobase import library
from rheobase.errors import ModelError
from rheobase.library.system import System
from rheobase.model.network import Network
from rheobase.model.neuron import Neuron
from rheobase.units import CURRENT, Dimension, ms, mV

NEURONS = [name for name in library.names() if library.entry(name).kind == "neuron"]
NETWORKS = [name for name in library.names() if library.entry(name).kind == "network"]
DENSITY = Dimension.of(current=1, length=-2)


@pytest.mark.parametrize("name", library.names())
def test_entry_names_its_model_and_source(name: str):
    entry = library.entry(name)
    assert entry.name == name
    assert entry.title
    assert "doi:" in entry.source
    assert inspect.getdoc(entry.make)
    assert getattr(library, name) is entry.make
    assert library.make(name).source.startswith(entry.source)


@pytest.mark.parametrize("name", NEURONS)
def test_neuron_starts_at_finite_derivatives(name: str):
    neuron = library.make(name)
    assert isinstance(neuron, Neuron)
    system = System(neuron)
    assert np.all(np.isfinite(system.rhs(system.start)))
    assert neuron.texts or not neuron.has_reset


@pytest.mark.parametrize("name", [name for name in NEURONS if name != "poisson"])
def test_neuron_has_an_input_that_is_zero(name: str):
    neuron = library.make(name)
    assert neuron.parameters["I"] == 0.0
    dimension = neuron.equations.dimension_of("I")
    expected = dict.fromkeys(("izhikevich2003", "izhikevich2004"), Dimension.of(voltage=1, time=-1)).get(name)
    assert dimension == expected or dimension in (CURRENT, DENSITY) or dimension.is_dimensionless


@pytest.mark.parametrize("name", NEURONS)
def test_every_preset_makes_another_neuron(name: str):
    entry = library.entry(name)
    made = [entry.make(preset=preset) for preset in entry.presets]
    for position, neuron in enumerate(made):
        assert all(neuron != other for other in made[:position])


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(ModelError, match="no model 'hodgkin_huxly'; did you mean 'hodgkin_huxley'"):
        library.entry("hodgkin_huxly")
    with pytest.raises(ModelError, match="adex has no preset 'tonik'; it has: brette_gerstner_2005, tonic"):
        library.adex(preset="tonik")
    with pytest.raises(ModelError, match="izhikevich2003 has no scheme 'euler'; it has: exact, published"):
        library.izhikevich2003(scheme="euler")
    with pytest.raises(ModelError, match="potjans_diesmann2014 has no preset 'bos'; it has: published, bos2016"):
        library.potjans_diesmann2014(preset="bos")
    with pytest.raises(ModelError, match="tau_m"):
        library.lif(taum="20 ms")


def test_parameters_are_quantities_or_texts():
    assert library.lif(tau_m="20 ms") == library.lif(tau_m=20 * ms)
    assert library.make("lif", v=-60 * mV).initial["v"] == -60.0
    assert library.lif(E_L="-70 mV").initial["v"] == -70.0
    assert library.adex(preset="tonic", b="5 pA").parameters["b"] == 5.0


def test_izhikevich_comes_with_both_schemes():
    exact, published = library.izhikevich2003(), library.izhikevich2003(scheme="published")
    assert (exact.method, published.method) == ("auto", "two_half_steps")
    assert "1 ms" in published.notes


@pytest.mark.parametrize(("preset", "count"), [("regular_spiking", 20), ("intrinsically_bursting", 27),
                                               ("chattering", 43), ("fast_spiking", 63)])  # fmt: skip
def test_izhikevichs_published_program_gives_its_own_counts(preset: str, count: int):
    """The scheme printed in the paper, applied to the equations of the library, is another dynamical system.

    It amplifies round-off, so the count depends on the last bit: forty starts within 1e-10 mV span it.
    """
    neuron = library.izhikevich2003(preset=preset, I="10 mV/ms")
    system, spikes = System(neuron), np.zeros(40)
    v, u = (value + 2e-12 * np.arange(40) for value in system.start)
    c, d, peak = (float(neuron.parameters[name]) for name in ("c", "d", "v_peak"))
    for _ in range(1000):
        fired = v >= peak
        spikes, v, u = spikes + fired, np.where(fired, c, v), np.where(fired, u + d, u)
        for _ in range(2):
            v = v + 0.5 * system.rhs(np.array([v, u]))[0]
        u = u + system.rhs(np.array([v, u]))[1]
    assert spikes.min() <= count <= spikes.max()
    assert spikes.max() < next(fact.value for fact in library.entry("izhikevich2003").facts if fact.model == {
        "preset": preset} and fact.what.startswith("spikes"))  # fmt: skip


def test_importing_the_library_reads_no_model():
    code = (
        "import sys; from rheobase import library; library.names(); "
        "loaded = [name for name in sys.modules if name.startswith('rheobase.library.ne')]; "
        "heavy = {'scipy', 'numba', 'jax', 'sympy', 'matplotlib'} & set(sys.modules); "
        "library.entry('lif'); "
        "assert not loaded and not heavy, (loaded, heavy); "
        "assert 'rheobase.library.neurons.lif' in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_is_made_of_lif_neurons_with_published_numbers(name: str):
    network = library.make(name)
    assert isinstance(network, Network)
    assert {population.neuron.name for population in network.populations} == {"lif"}


def test_brunel_scales_its_in_degrees_with_epsilon():
    small = library.brunel2000(order=500, epsilon=0.5)
    assert small.size == 2500
    assert sorted({projection.connect.k for projection in small.projections}) == [250, 1000]
    assert {item.n for item in small.inputs} == {1000}
    full = library.brunel2000()
    assert [item.rate for item in small.inputs] == [item.rate for item in full.inputs]
    assert full.synapses == 12_500 * 1_250


def test_microcircuit_keeps_its_in_degrees_when_scaled():
    full, small = library.potjans_diesmann2014(), library.potjans_diesmann2014(scale=0.1)
    assert small.size == pytest.approx(0.1 * full.size, abs=4)
    for one, other in zip(full.projections, small.projections, strict=True):
        assert (one.pre, one.post) == (other.pre, other.post)
        assert one.connect.n / full[one.post].n == pytest.approx(other.connect.n / small[other.post].n, abs=0.01)


def test_microcircuit_weights_keep_their_sign():
    network = library.potjans_diesmann2014()
    for projection in network.projections:
        excitatory = projection.pre.endswith("E")
        doubled = 2.0 if (projection.pre, projection.post) == ("4E", "23E") else 1.0
        assert projection.weight.mean == pytest.approx((87.8 if excitatory else -351.2) * doubled)
        assert (projection.weight.low if excitatory else projection.weight.high) == 0.0
        assert projection.delay.low == 0.1


def test_ring_has_a_bump_wherever_it_starts():
    """A start that is turned by some units is a bump turned by as many."""
    ring = library.amari1977(n=16)
    values = [ring.initial[f"u{(k - 5) % 16}"] for k in range(16)]
    turned = ring.with_(**{f"u{k}": value for k, value in enumerate(values)})
    ends = []
    for neuron in (ring, turned):
        system = System(neuron)
        u = system.start
        for _ in range(300):
            u = u + 0.1 * 10.0 * system.rhs(u)
        ends.append(u)
    assert ends[1] == pytest.approx(np.roll(ends[0], 5), abs=1e-12)
    with pytest.raises(ModelError, match="amari1977 has 8 to 128 units, not 500"):
        library.amari1977(n=500)
    for n in ("many", None, float("nan"), 8.5, True):
        with pytest.raises(ModelError, match="amari1977 has 8 to 128 units"):
            library.amari1977(n=n)
