"""Correlations of a finite network, against closed forms, invariances and laws of scaling."""

import json

import numpy as np
import pytest

from rheobase import ModelError
from rheobase.jsonfile import plain
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import CurrentInput, Network, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.population import steady_state, transfer
from rheobase.population.fluctuations.correlations import correlations
from rheobase.population.fluctuations.spectrum import activity_spectrum, spectra
from rheobase.population.shots.diffusion_error import diffusion_error
from rheobase.population.trust.predictions import validity_report
from rheobase.units import Hz, ms, mV

LIF = Neuron(
    "dv/dt = (I - v)/tau_m + sigma*xi/sqrt(tau_m) : mV (unless refractory)\nI : mV = 12*mV\nsigma : mV = 6*mV",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    tau_m=20 * ms,
)
EIF = Neuron(
    "dv/dt = (E_L - v + D*exp((v - V_T)/D) + I)/tau_m + sigma*xi/sqrt(tau_m) : mV\nI : mV = 7*mV\nsigma : mV = 5*mV",
    threshold="v > -20*mV",
    reset="v = -68*mV",
    tau_m=10 * ms,
    E_L=-65 * mV,
    V_T=-55 * mV,
    D=2 * mV,
)
POISSON = Neuron("rate : Hz = 10*Hz", threshold="rand() < rate*dt")


def two_populations(n=1000, neuron=LIF, jump=0.3, g=5.0):
    projections = [
        Projection(pre, post, FixedIndegree(k), weight * mV, delay * ms)
        for pre, k, weight, delay in (("E", 80, jump, 2.0), ("I", 20, -g * jump, 1.0))
        for post in ("E", "I")
    ]
    return Network([Population(neuron, 4 * n // 5, "E"), Population(neuron, n // 5, "I")], projections)


def inhibitory(n, k, jump, drive, delay=2.0):
    return Network(
        [Population(LIF, n, "I")],
        [Projection("I", "I", FixedIndegree(k), -jump * mV, delay * ms)],
        [CurrentInput("I", drive * mV)],
    )


def test_neurons_that_share_input_of_poisson_trains():
    """Two neurons share ``K**2/N`` of their ``K`` trains: a covariance of ``K**2/N`` gains squared times the rate."""
    k, n, jump, rate = 100, 400, 0.2, 20.0
    network = Network(
        [Population(POISSON, n, "P", rate=rate * Hz), Population(LIF, 1000, "E")],
        [Projection("P", "E", FixedIndegree(k), jump * mV, 1 * ms)],
    )
    found = correlations(network)

    def fired(source):  # Hz, from the input's mean and variance as they are with trains of this rate
        events = 20e-3 * k * source
        return float(transfer(LIF, events * jump * mV + 0 * mV, np.sqrt(events) * jump * mV).rate)

    step = 0.01
    gain = (8 * (fired(rate + step) - fired(rate - step)) - fired(rate + 2 * step) + fired(rate - 2 * step)) / 12 / step
    e = found.populations.index("E")
    assert found.integrated[e, e] == pytest.approx(gain**2 * rate / n / (1 - 1 / 1000), rel=2e-3)
    assert found.shared[e, e] == pytest.approx(gain**2 * rate / n, rel=1e-7)
    assert found.presynaptic[e, e] == 0.0 and found.own_spikes[e, e] == 0.0
    assert found.shared_partners[e, e] == pytest.approx(k**2 / n)
    assert found.shared_fraction[e, e] == pytest.approx(k / n)


def test_the_parts_add_up():
    for network in (two_populations(), inhibitory(1000, 50, 0.4, 12.0)):
        found = correlations(network)
        parts = found.shared + found.presynaptic + found.own_spikes
        assert found.integrated * (1 - np.eye(len(parts)) / found.sizes) == pytest.approx(parts, rel=1e-10)
    # strong inhibition takes away most of what shared inputs do
    assert -1 < found.presynaptic[0, 0] / found.shared[0, 0] < -0.5


def test_covariances_are_inverse_to_the_size_at_fixed_in_degrees():
    """The slope is -1, but for the ``1/(1 - 1/N)`` of pairs within a population."""
    sizes = np.array([1000, 2000, 4000])
    found = [correlations(two_populations(int(n))) for n in sizes]
    for i, j in ((0, 0), (0, 1), (1, 1)):
        scaled = [
            c.count_covariance[i, j] * (n if i != j else n - n / c.sizes[i]) for c, n in zip(found, sizes, strict=True)
        ]
        assert scaled == pytest.approx([scaled[0]] * 3, rel=1e-9)
        values = np.log([abs(c.integrated[i, j]) for c in found])
        assert np.polyfit(np.log(sizes), values, 1)[0] == pytest.approx(-1.0, abs=1 / 200 / np.log(4) * 1.01)
    assert [c.shared_fraction[0, 0] for c in found] == pytest.approx(0.1 * 1000 / sizes)


def test_at_fixed_density_shared_input_stays_and_the_correlation_falls():
    """Weights of ``1/sqrt(K)``: the shared part tends to a constant, the sum is inverse to N; both to ``1/sqrt(K)``."""
    degrees = (400, 1600, 6400)
    found = [correlations(inhibitory(10 * k, k, 4.0 / np.sqrt(k), 2 * np.sqrt(k), delay=0.1)) for k in degrees]
    shared = np.array([c.shared[0, 0] for c in found])
    total = np.array([c.integrated[0, 0] * c.sizes[0] for c in found])
    for values in (shared, total):
        # a correction a/sqrt(K) halves with each step, so that the second difference is half of the first
        first, second = np.diff(values)
        assert abs(second) < 0.6 * abs(first)
        limit = values[2] + second
        assert values == pytest.approx(limit, rel=4.0 * 2.0 / np.sqrt(degrees[0]))
    # what is left of the shared part falls with its share
    assert abs(found[2].integrated[0, 0]) < 0.02 * shared[2]


def test_a_population_that_is_split_in_two_is_the_same():
    whole = correlations(two_populations())
    names = {"E": (("E1", 400), ("E2", 400)), "I": (("I", 200),)}
    degree = {"E1": 40, "E2": 40, "I": 20}
    projections = [
        Projection(
            pre, post, FixedIndegree(degree[pre]), (0.3 if pre != "I" else -1.5) * mV, (2 if pre != "I" else 1) * ms
        )
        for pre in degree
        for post in degree
    ]
    split = correlations(Network([Population(LIF, n, q) for group in names.values() for q, n in group], projections))
    e, i = whole.populations.index("E"), whole.populations.index("I")
    assert split.integrated[0, 1] == pytest.approx(whole.integrated[e, e] * (1 - 1 / 800), rel=1e-9)
    assert split.shared[0, 1] == pytest.approx(whole.shared[e, e], rel=1e-9)
    assert split.presynaptic[0, 0] == pytest.approx(whole.presynaptic[e, e], rel=1e-9)
    assert split.own_spikes[0, 1] == pytest.approx(whole.own_spikes[e, e], rel=1e-9)
    assert split.count_covariance[0, 2] == pytest.approx(whole.count_covariance[e, i], rel=1e-6)


def driven_together(neuron):
    """Without recurrence: two neurons share a tenth of their input."""
    return Network(
        [Population(POISSON, 1000, "P", rate=10 * Hz), Population(neuron, 500, "E")],
        [Projection("P", "E", FixedIndegree(100), 0.2 * mV, 1 * ms)],
    )


@pytest.mark.parametrize("network", [two_populations(jump=0.15), driven_together(EIF)])
def test_long_windows_have_the_limits_of_renewal_theory(network):
    """Fano factor CV**2 (Cox & Lewis 1966), and the integral of the covariance over all lags."""
    state = steady_state(network)
    found = correlations(network, state, window=2000 * ms)
    # what is missing is of the order of the correlation time, some 20 ms, over the window
    assert found.fano[: state.cv.size] == pytest.approx(state.cv**2, rel=2 * 20 / 2000)
    assert found.count_covariance / 2.0 == pytest.approx(
        found.integrated, abs=2 * 20 / 2000 * np.max(np.abs(found.integrated))
    )
    lagged = found.against_lag(150 * ms, 5 * ms)
    assert lagged.covariance.sum(axis=0) * 5e-3 == pytest.approx(found.integrated, abs=61 * 5e-3 * lagged.error)
    # the covariance of a and b at a lag is that of b and a at its opposite
    mirrored = np.swapaxes(lagged.covariance[::-1], 1, 2)
    assert lagged.covariance == pytest.approx(mirrored, abs=1e-9 * np.ptp(lagged.covariance))


def test_spectra_are_hermitian_and_positive_and_tend_to_those_of_independent_neurons():
    network = two_populations()
    found = spectra(network, None, [0.0, 1e-3, 40.0 * 1, 300.0, 2e4])
    assert np.allclose(found.cross, np.conj(np.swapaxes(found.cross, 1, 2)), rtol=1e-12)
    assert np.all(np.linalg.eigvalsh(found.cross) > 0)
    assert found.power[0] == pytest.approx(found.power[1], rel=1e-6)
    coherence = found.coherence("E", "I")
    assert np.all((coherence >= 0) & (coherence <= 1))
    assert found.phase("E", "I") == pytest.approx(-found.phase("I", "E"))
    assert found.one_sided == pytest.approx(2 * found.power)
    assert "E: highest at" in found.summary() and "Lindner" in found.cite()
    json.dumps(plain(found.to_dict()), allow_nan=False)


def test_single_neurons_have_no_pairs_and_silent_ones_no_correlations():
    silent = Neuron("dv/dt = -v/tau_m : mV", threshold="v > 20*mV", reset="v = 10*mV", tau_m=20 * ms)
    network = Network([Population(LIF, 1, "one"), Population(silent, 10, "quiet")])
    found = correlations(network)
    assert np.isnan(found.coefficient[0, 0]) and found.coefficient[0, 1] == 0.0 and found.coefficient[1, 1] == 0.0
    assert found.pairs == ((0, 1), (1, 1))
    assert "Silent, and so without correlations: quiet." in found.summary()
    json.dumps(plain(found.to_dict()), allow_nan=False)


def test_the_result_shows_itself():
    found = correlations(two_populations(), window=20 * ms)
    assert "correlations of spike counts in 20 ms" in found.summary()
    data = json.loads(json.dumps(plain(found.to_dict()), allow_nan=False))
    assert data["pairs"][0]["populations"] == ["E", "E"]
    assert data["pairs"][1]["coefficient"] == found.of("E", "I") == found.of("I", "E")
    assert "Ginzburg" in found.cite() and "Tetzlaff" in found.cite()
    assert len(found.plot().axes) == 3
    assert spectra(two_populations(), None, [10.0, 20.0] * Hz).plot() is not None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: correlations(inhibitory(16000, 1600, 0.1, 40.0)), "linear response does not exist around this state"),
        (
            lambda: correlations(
                Network(
                    Population(
                        Neuron(
                            "dv/dt = (I - v)/tau_m : mV\nI : mV = 0*mV",
                            threshold="v > 20*mV",
                            reset="v = 10*mV",
                            tau_m=20 * ms,
                        ),
                        5,
                        "E",
                    ),
                    inputs=[CurrentInput("E", 30 * mV)],
                )
            ),
            "E, whose neurons fire without any noise",
        ),
        (lambda: correlations(two_populations(), window=0 * ms), "window must be one positive time"),
        (lambda: correlations(two_populations(), window=3 * mV), "window"),
        (lambda: correlations(two_populations()).against_lag(1000 * ms, 0.1 * ms), "too many lags"),
        (lambda: correlations(two_populations()).of("E", "X"), "no population 'X'"),
        (lambda: spectra(two_populations(), None, [-1.0]), "not negative"),
        (lambda: spectra(two_populations(), None, [np.nan]), "numbers in Hz"),
        (lambda: spectra(two_populations(), None, ["a"]), "frequencies"),
        (
            lambda: spectra(two_populations(), steady_state(inhibitory(100, 10, 0.1, 5.0)), [1.0]).coherence("E", "I"),
            "no population",
        ),
        (
            lambda: spectra(inhibitory(100, 10, 0.1, 5.0), steady_state(two_populations()), [1.0]),
            "not one of this network",
        ),
    ],
)
def test_what_has_no_answer_is_said(make, message):
    with pytest.raises(ModelError, match=message):
        make()


@pytest.mark.parametrize("drive", [9.0, 6.0, 2.0, -3.0])
def test_a_population_that_hardly_fires_leaves_the_others_their_correlations(drive):
    """From one spike in minutes to none in the age of the universe; linear response of ``Q`` to ``P`` falls with it."""
    network = Network(
        [Population(LIF, 500, "P"), Population(LIF, 400, "Q")],
        [
            Projection(pre, post, FixedIndegree(40), -0.1 * mV, 2 * ms)
            for pre, post in (("P", "P"), ("P", "Q"), ("Q", "P"), ("Q", "Q"))
        ],
        [CurrentInput("P", (drive - 12.0) * mV)],
    ).with_(populations=[Population(LIF, 500, "P", sigma=2 * mV), Population(LIF, 400, "Q")])
    found = correlations(network)
    p, q = (found.populations.index(name) for name in "PQ")
    assert np.all(np.isfinite(found.coefficient))
    single = found.fano * found.rates * 0.1
    assert np.all(np.abs(found.count_covariance) <= np.sqrt(np.outer(single, single)))
    own = Projection("Q", "Q", FixedIndegree(40), -0.1 * mV, 2 * ms)
    alone = correlations(Network(Population(LIF, 400, "Q"), [own]))
    numerical = 4.0 * (found.error + alone.error)  # of a variance; that of Poisson neurons is the larger, twice
    heard = found.rates[p] / found.rates[q]  # what P adds is of the order of its rate, times a gain below one
    assert found.coefficient[q, q] == pytest.approx(alone.coefficient[0, 0], abs=numerical + heard)


@pytest.mark.parametrize("wrong", [5, [3.0, 4.0], "E"])
@pytest.mark.parametrize(
    "use",
    [
        correlations,
        lambda network, state: spectra(network, state, [1.0]),
        lambda network, state: activity_spectrum(network, state, [1.0]),
        diffusion_error,
        validity_report,
    ],
)
def test_what_is_no_state_is_said(use, wrong):
    with pytest.raises(ModelError, match=r"state has to be what population\.steady_state"):
        use(two_populations(), wrong)


def test_the_state_of_another_network_is_said():
    other = steady_state(two_populations())
    for use in (correlations, diffusion_error, validity_report):
        with pytest.raises(ModelError, match="not one of this network: the network has no population 'E'"):
            use(inhibitory(100, 10, 0.1, 5.0), other)


def test_frequencies_as_texts_numbers_and_quantities():
    network = inhibitory(100, 10, 0.1, 5.0)
    state = steady_state(network)
    assert spectra(network, state, ["20 Hz", "0.1 kHz"]).frequencies == pytest.approx([20.0, 100.0], rel=1e-14)
    one = activity_spectrum(network, None, "20 Hz")
    assert one == pytest.approx(spectra(network, state, 20.0).one_sided[0, 0], rel=1e-12)
    for wrong, message in (([], "at least one"), ("x", "frequencies: cannot read"), ([[1.0]], "one row")):
        with pytest.raises(ModelError, match=message):
            spectra(network, state, wrong)
    for wrong, message in ((-10.0, "not negative"), ("x", "cannot read"), (np.nan, "numbers in Hz")):
        with pytest.raises(ModelError, match=message):
            activity_spectrum(network, state, wrong)
