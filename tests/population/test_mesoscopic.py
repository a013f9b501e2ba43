"""Activities of finitely many neurons: renewal spectra, linear response, the Fokker-Planck equation at large N."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.connect import AllToAll, Bernoulli, FixedIndegree
from rheobase.model.distribution import Normal
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import Interrupted, NotCovered, fokker_planck, isi, mesoscopic, spectra, steady_state, transfer
from rheobase.population.density.finite_input import common_part
from rheobase.units import Hz, kHz, ms, mV, pA

LIF = library.lif()
#: neuron, mu, sigma, edges (two or three times as wide as by default, which costs 1e-3 of the rate), neurons, ms
CELLS = {
    "lif": (LIF, 12.0, 5.0, 0.3, 5000, 8e3),
    "lif without refractory time, few": (library.lif(t_ref=0 * ms), 12.0, 5.0, 0.3, 200, 8e3),
    "eif": (library.eif(), 5.0, 4.0, 0.25, 1000, 6e3),
    "qif": (library.qif(v_peak=30), 0.5, 1.0, 0.08, 1000, 6e3),
}
BANDS = ((1.0, 10.0), (15.0, 60.0), (100.0, 1000.0))


def periodogram(rate, dt):
    """One-sided; its values at different frequencies are independent, and spread like their mean."""
    spectrum = np.abs(np.fft.rfft(rate - rate.mean())) ** 2 * 2e-3 * dt / rate.size
    return np.fft.rfftfreq(rate.size, 1e-3 * dt), spectrum


def band(f, low, high):
    return (f >= low) & (f < high)


@pytest.mark.parametrize("name", CELLS)
def test_without_connections_the_spectrum_is_that_of_renewal_processes(name):
    """Mean and spectrum at low, middle and high frequency, within 4 standard errors.

    At ``N rate/(8 pi)`` the counts begin to be Poisson, as the module of the equations says.
    """
    cell, mu, sigma, dv, n, duration = CELLS[name]
    found = mesoscopic(cell, duration * ms, n=n, mu=mu, sigma=sigma, dv=dv, seed=5)
    theory = isi(cell, mu, sigma)
    error = np.sqrt(theory.rate * theory.cv**2 / n / (1e-3 * duration))
    assert found.rates.mean() == pytest.approx(theory.rate, abs=4.0 * error + 3e-3 * theory.rate)
    assert np.max(np.abs(found.probability - 1.0)) < 1e-12 and found.counts.min() >= 0
    f, power = periodogram(found.rate(), found.dt)
    corner = n * theory.rate / (8.0 * np.pi)
    grid = np.geomspace(1.0, 1000.0, 150)
    renewal = theory.spectrum(grid) / theory.rate
    for low, high in BANDS:
        inside = band(f, low, high)
        own = np.interp(f[inside], grid, renewal)
        expected = 2.0 * theory.rate / n * (1.0 + (own - 1.0) / (1.0 + (f[inside] / corner) ** 2))
        ratio = np.mean(power[inside] / expected)
        assert ratio == pytest.approx(1.0, abs=4.0 / np.sqrt(inside.sum()) + 5e-3), (low, high)


def test_one_neuron_alone():
    """Its mean is right; its spectrum goes from that of its intervals to that of a Poisson process, as the status says.

    Rounding does not add up in its large fluctuations.
    """
    found = mesoscopic(LIF, 100_000 * ms, n=1, mu=15, sigma=4, dt=0.5 * ms, dv=0.5, seed=3)
    rate, error = found.mean_rates()["neuron"]
    exact = float(transfer(LIF, 15, 4).rate)
    assert abs(rate - exact) < 4.0 * error + 1e-3 * exact  # the nodes are wide
    assert np.max(np.abs(found.probability - 1.0)) < 1e-14
    limit = exact / (8.0 * np.pi)
    assert f"hold for what is slower than {limit:.2g} Hz" in found.status
    f, power = found.spectrum(bin=0.5, segment=2000)
    s = isi(LIF, 15, 4).spectrum(f[1:]) / exact
    said = 1.0 + (s - 1.0) / (1.0 + (f[1:] / limit) ** 2)
    for low, high in ((0.5, 1.5), (1.5, 4.0), (6.0, 20.0)):
        inside = (f >= low) & (f < high)
        mean = np.mean(power[inside]) / (2.0 * rate)
        # 100 periodograms at each frequency; the formula is one of small fluctuations, good to a tenth here
        assert mean == pytest.approx(np.mean(said[inside[1:]]), rel=4.0 / np.sqrt(100 * inside.sum()) + 0.1)


def test_fluctuations_fall_as_one_over_n():
    """Variance between windows of 20 ms at three N, from independent seeds; its error is sqrt(2/windows)."""
    sizes, windows = np.array([300, 3000, 30_000]), 200
    runs = [
        mesoscopic(LIF, 20 * windows * ms, n=int(n), mu=12, sigma=5, dv=0.3, seed=k, snapshots=2)
        for k, n in enumerate(sizes)
    ]
    variance = np.array([one.rate_sd(window=20 * ms) ** 2 for one in runs])
    slope = np.log(variance[-1] / variance[0]) / np.log(sizes[-1] / sizes[0])
    assert slope == pytest.approx(-1.0, abs=4.0 * np.sqrt(2.0 * 2.0 / windows) / np.log(100.0))
    theory = isi(LIF, 12, 5)
    f = np.linspace(0.0, 400.0, 4001)
    expected = np.trapezoid(2.0 * theory.spectrum(f) * np.sinc(0.02 * f) ** 2, f)  # the rest is 1 % of it
    assert np.mean(variance * sizes) == pytest.approx(expected, rel=4.0 * np.sqrt(2.0 / windows / 3.0) + 0.01)


def inhibitory(n, rule, weight, delay=2.0, synapse=None):
    """A population that inhibits itself, in strong noise from outside."""
    synapse = Synapse.delta("v") if synapse is None else synapse
    inputs = [PoissonInput("I", 30 * kHz, 0.2 * mV), PoissonInput("I", 22 * kHz, -0.2 * mV)]
    return Network(Population(LIF, n, "I"), [Projection("I", "I", rule, weight, delay * ms, synapse)], inputs, name="I")


def test_infinitely_many_neurons_obey_the_fokker_planck_equation():
    """At N = 1e12: rates of a step are means of the rates at its ends, to second order in dt."""
    network = inhibitory(10**12, FixedIndegree(100), -0.1 * mV, 1.5)
    kick = lambda t: 4.0 * np.exp(-(((t - 10.0) / 3.0) ** 2))  # noqa: E731
    errors = []
    for dt in (0.1, 0.05):
        options = {"mu": {"I": kick}, "dt": dt * ms, "dv": 0.3}
        one, other = mesoscopic(network, 30 * ms, **options), fokker_planck(network, 30 * ms, **options)
        ends = other.rate()
        assert one.rate() == pytest.approx(one.expected[0], rel=2e-3)
        errors.append(np.max(np.abs(one.expected[0] - 0.5 * (ends[1:] + ends[:-1]))) / ends.max())
    assert errors[0] < 1e-3 and errors[1] < 0.4 * errors[0]


@pytest.mark.parametrize("synapse", ["delta", "exponential"])
def test_a_large_network_fluctuates_as_linear_response_says(synapse):
    """Spectrum of a population of 1e6 that inhibits itself, over its resonance: 4 standard errors."""
    if synapse == "delta":
        network = inhibitory(10**6, FixedIndegree(100), -0.1 * mV)
    else:
        network = inhibitory(10**6, FixedIndegree(100), -25 * pA, 2.0, Synapse.exponential(2 * ms, target="I"))
    found = mesoscopic(network, 6000 * ms, dv=0.3, seed=2, snapshots=2)
    f, power = periodogram(found.rate(), found.dt)
    grid = np.linspace(0.0, 400.0, 401)
    theory = np.interp(f, grid, spectra(network, None, grid).one_sided[:, 0])
    white = 2.0 * found.rates.mean() / 10**6
    assert theory.max() > 1.5 * white and theory[band(f, 0, 20)].max() < 0.3 * white
    for low, high in ((2, 20), (20, 80), (80, 150), (150, 250), (250, 390)):
        inside = band(f, low, high)
        ratio = np.mean(power[inside] / theory[inside])
        assert ratio == pytest.approx(1.0, abs=4.0 / np.sqrt(inside.sum()) + 0.01), (low, high)


def test_two_populations_and_a_poisson_population():
    """Spectra of E and I that hear each other and 100 Poisson neurons; most of it is the latter's."""
    source = Neuron("rate : Hz = 40*Hz", threshold="rand() < rate*dt")
    cells = [Population(LIF, 8000, "E"), Population(LIF, 2000, "I"), Population(source, 100, "P")]
    loops = [Projection("E", post, FixedIndegree(80), 0.05 * mV, 1.5 * ms) for post in ("E", "I")]
    loops += [Projection("I", post, FixedIndegree(20), -0.3 * mV, 1.5 * ms) for post in ("E", "I")]
    loops += [Projection("P", post, FixedIndegree(20), 0.1 * mV, 1.0 * ms) for post in ("E", "I")]
    outer = ((16, 0.25), (10, -0.25))
    inputs = [PoissonInput(post, rate * kHz, jump * mV) for post in ("E", "I") for rate, jump in outer]
    network = Network(cells, loops, inputs, name="EIP")
    found = mesoscopic(network, 6000 * ms, dv=0.3, seed=3, snapshots=2)
    grid = np.linspace(0.0, 300.0, 301)
    theory = spectra(network, None, grid)
    assert theory.coherence("E", "P")[:20].min() > 0.6
    for k, name in enumerate(("E", "I")):
        f, power = periodogram(found.rate(name), found.dt)
        expected = np.interp(f, grid, theory.one_sided[:, k])
        for low, high in ((2, 20), (20, 60), (60, 150), (150, 290)):
            inside = band(f, low, high)
            ratio = np.mean(power[inside] / expected[inside])
            assert ratio == pytest.approx(1.0, abs=4.0 / np.sqrt(inside.sum()) + 0.02), (name, low, high)
    state = steady_state(network)
    assert found.mean_rates()["E"][0] == pytest.approx(state.rates[0], rel=0.01)


def test_what_all_neurons_hear_alike():
    """The variance of drawn input splits into a common part and one of each neuron's own: drawn connections agree."""
    rng, n, posts = np.random.default_rng(0), 50, 4000
    mean, sd = 1.0, 0.3
    rules = {
        "several": (FixedIndegree(20), rng.multinomial(20, np.full(n, 1 / n), size=posts)),
        "bernoulli": (Bernoulli(0.4), rng.random((posts, n)) < 0.4),
        "all": (AllToAll(), np.ones((posts, n))),
    }
    for rule, synapses in rules.values():
        drawn = synapses * mean + np.sqrt(synapses) * sd * rng.standard_normal((posts, n))
        degree = synapses.sum() / posts
        projection = Projection("I", "I", rule, Normal(mean * mV, sd * mV), 1 * ms)
        own = degree * (mean**2 + sd**2) - common_part(projection, degree, mean, n)
        assert drawn.var(axis=0).sum() == pytest.approx(own, rel=4.0 * np.sqrt(4.0 / (n * posts)))


def test_all_to_all_nothing_is_heard_alone():
    network = inhibitory(400, AllToAll(), -0.025 * mV)
    found = mesoscopic(network, 5 * ms)
    alone = np.sqrt(10.0 * 52.0 * 0.2**2)  # tau_m times the events of the outer noise, in mV
    assert found.sigma[0] == pytest.approx(np.full(51, alone), rel=1e-12)
    assert np.ptp(found.mu[0]) > 0.0


def test_many_poisson_neurons_whose_rate_changes():
    """A step in the rate of 1e10 sources, through exponential synapses: what infinitely many do."""
    cells = [Population(library.poisson(rate=8 * Hz), 10**10, "P"), Population(LIF, 10**10, "E")]
    loop = [Projection("P", "E", FixedIndegree(200), 20 * pA, 2 * ms, Synapse.exponential(5 * ms, target="I"))]
    step = CurrentInput("P", np.array([0.0, 8.0]) * Hz, 10 * ms, target="rate")
    network = Network(
        cells, loop, [step, PoissonInput("E", 12 * kHz, 0.3 * mV), PoissonInput("E", 10 * kHz, -0.3 * mV)]
    )
    one, other = mesoscopic(network, 40 * ms, dv=0.3), fokker_planck(network, 40 * ms, dv=0.3)
    assert one.mu[0] == pytest.approx(other.mu[0], rel=1e-3) and one.sigma[0] == pytest.approx(other.sigma[0], rel=2e-5)
    ends = other.rate("E")
    assert one.rate("E") == pytest.approx(0.5 * (ends[1:] + ends[:-1]), rel=2e-3) and np.ptp(ends) > 5.0


def test_the_seed_says_it_all():
    options = {"n": 100, "mu": 12, "sigma": 5, "dv": 0.3}
    one, same = (mesoscopic(LIF, 50 * ms, seed=7, snapshots=k, **options) for k in (2, 51))
    assert np.array_equal(one.counts, same.counts) and np.array_equal(one.probability, same.probability)
    other = mesoscopic(LIF, 50 * ms, seed=8, **options)
    assert not np.array_equal(one.counts, other.counts)
    longer = mesoscopic(LIF, 80 * ms, seed=7, **options)
    assert np.array_equal(longer.counts[:, :500], one.counts)


def test_neurons_at_one_place_are_all_there():
    """No noise where all start at -65 mV; the spread of the mean after a time is that of the membrane over sqrt(N)."""
    runs = [
        mesoscopic(LIF, 8 * ms, n=100, mu=-10, sigma=2, initial=-65, seed=k, dt=0.4 * ms, dv=0.2, snapshots=2)
        for k in range(60)
    ]
    means = np.array([one.mean_voltage() for one in runs])
    assert np.ptp(means[:, 0]) < 1e-9
    variance = 2.0 * (1.0 - np.exp(-1.6)) / 100
    assert means[:, 1].var(ddof=1) == pytest.approx(variance, rel=4.0 * np.sqrt(2.0 / 59))
    assert means[:, 1].mean() == pytest.approx(-75.0 + 10.0 * np.exp(-0.8), abs=4.0 * np.sqrt(variance / 60) + 0.01)


def test_interrupted_runs_keep_what_is_done(monkeypatch):
    calls = []

    def tick(self, more):
        calls.append(more)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("rheobase.progress.Progress.tick", tick)
    with pytest.raises(Interrupted) as stopped:
        mesoscopic(LIF, 100 * ms, n=100, mu=12, sigma=5, dv=0.3, snapshots=11)
    activity = stopped.value.activity
    assert activity.times[-1] == pytest.approx(30.0) and activity.rate().size == 300
    assert "interrupted at 30 ms of 100 ms" in str(stopped.value)


def test_results_speak():
    from matplotlib import pyplot

    found = mesoscopic(inhibitory(40, FixedIndegree(10), -0.1 * mV, 0.05), 20 * ms, dv=0.3)
    assert "fewer than 50 neurons" in found.status and "Delays below 0.1 ms" in found.status
    assert "40" in found.summary() and "MesoscopicActivity('I': 20 ms, 40 I)" in repr(found)
    assert found.to_xarray()["counts"].sel(population="I").sum() == found.counts.sum()
    assert "Schwalger" in found.cite() and "Scharfetter" in found.cite()
    figure = found.plot()
    assert len(figure.axes) == 3
    above = figure.axes[0]
    assert found.plot("I", ax=above) is figure and "I, N = 40" in above.get_legend_handles_labels()[1]
    pyplot.close(figure)
    times, rate = found.population_rate("I", bin=2 * ms, start=4)
    assert times[0] == pytest.approx(5.0) and rate.size == 8
    assert rate.mean() == pytest.approx(found.rate()[40:].mean())
    f, power = found.spectrum(bin=0.5, segment=10)
    assert np.trapezoid(power, f) == pytest.approx(found.population_rate(bin=0.5)[1].var(), rel=0.6)
    v, density = found.density()
    inside = np.trapezoid(density[-1], v)
    assert inside + found.refractory[0, -1] == pytest.approx(1.0, abs=0.02)
    mean, error = found.mean_rates(start=5)["I"]
    assert mean == pytest.approx(found.rate()[50:].mean()) and error > 0.0
    with pytest.raises(ModelError, match="no population 'X'"):
        found.rate("X")
    with pytest.raises(ModelError, match=r"bin = 0.25 ms must be a whole number of steps of 0.1 ms"):
        found.population_rate(bin=0.25)
    with pytest.raises(ModelError, match="start = 30 ms lies outside the simulated 20 ms"):
        found.mean_rates(start=30)
    with pytest.raises(ModelError, match="takes two windows"):
        found.rate_sd(window=15)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "how many neurons are there. Give n, such as"),
        ({"n": 0}, "n = 0 must be a whole number of neurons"),
        ({"n": 2.5}, "n = 2.5 must be a whole number"),
        ({"n": True}, "n = True must be a whole number"),
        ({"n": 10, "seed": -1}, "seed = -1 must be a whole number"),
        ({"n": 10, "sigma": 0}, "no noise .sigma = 0"),
        ({"n": 10, "mu": np.nan}, "mu must be finite"),
        ({"n": 10, "duration": -1 * ms}, "must be a positive time"),
    ],
)
def test_bad_input_is_told(options, sentence):
    duration = options.pop("duration", 10 * ms)
    with pytest.raises(ModelError, match=sentence):
        mesoscopic(LIF, duration, **{"sigma": 5, **options})


def test_a_misspelt_option_is_named():
    cells = Population(LIF, 100, "A")
    for model, place in ((Network(cells), "network's own populations"), (cells, "the population itself")):
        with pytest.raises(ModelError, match=f"{place}; there is no option 'sed'; did you mean 'seed'?"):
            mesoscopic(model, 10 * ms, sigma=5, sed=3)


def test_rates_that_run_away_are_told():
    """Not numbers without meaning, nor a probability that is not 1."""
    network = Network(
        [Population(library.lif(t_ref=0 * ms), 1000, "A")],
        [Projection("A", "A", FixedIndegree(500), 0.5 * mV, 1.5 * ms)],
        [PoissonInput("A", 11 * Hz, 0.25 * mV, n=600)],
    )
    with pytest.raises(ModelError, match=r"a rate runs away at .* ms"):
        mesoscopic(network, 100 * ms, initial="-65 mV")


def test_what_is_not_covered_is_told():
    network = inhibitory(100, FixedIndegree(10), -0.1 * mV)
    with pytest.raises(ModelError, match=r"a population has its own: Population\(neuron, n\)"):
        mesoscopic(network, 10 * ms, n=100)
    with pytest.raises(ModelError, match="mesoscopic takes a Neuron"):
        mesoscopic("LIF", 10 * ms)  # pyright: ignore[reportArgumentType]
    with pytest.raises(NotCovered, match="second state"):
        mesoscopic(library.adex(), 10 * ms, n=10, sigma=5)
    alike = Network(Population(LIF, 100, "I"), [Projection("I", "I", AllToAll(), 0.1 * mV, 1 * ms)])
    with pytest.raises(ModelError, match=r"'I' hear the same and have no noise \(sigma = 0\)"):
        mesoscopic(alike, 10 * ms, mu={"I": 20})
    source = Neuron("rate : Hz = 40*Hz", threshold="rand() < rate*dt")
    alpha = Projection("P", "I", FixedIndegree(5), 10 * pA, 1 * ms, Synapse.alpha(2 * ms, target="I"))
    with pytest.raises(NotCovered, match="'P' to 'I': finitely many Poisson neurons"):
        mesoscopic(Network([*network.populations, Population(source, 50, "P")], [alpha], network.inputs), 10 * ms)
