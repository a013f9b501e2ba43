"""Rates in shot noise: published digits, arbitrary precision, two methods against each other, and simulated jumps."""

import mpmath as mp
import numpy as np
import pytest

from rheobase import library, simulate
from rheobase.model.connect import FixedIndegree
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.numerics.exponential_jumps import exponential_jumps
from rheobase.numerics.jump_passage import JumpProcess, mean_passage
from rheobase.numerics.jumps import Jumps
from rheobase.population import transfer
from rheobase.population.shots.diffusion_error import diffusion_error
from rheobase.population.shots.kramers_moyal import kramers_moyal
from rheobase.population.shots.shot_noise import shot_noise_rate, shot_noise_rates
from rheobase.units import Hz, ms, mV

UNIT = Neuron("dv/dt = (mu - v)/tau_m : 1\nmu : 1 = 0", threshold="v > 1", reset="v = 0", tau_m="1 s")
LIF = Neuron(
    "dv/dt = -v/tau_m : mV (unless refractory)", threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms,
    tau_m="20 ms",
)  # fmt: skip


def leak(drive, tau=1.0):
    return lambda v: (drive - np.asarray(v)) / tau


def simulated(drive, reset, rates, sizes, law, trials=20000, seed=1):
    """Mean time to 1 at tau = 1 and its standard error, jump by jump."""
    rng = np.random.default_rng(seed)
    v, time, alive = np.full(trials, reset), np.zeros(trials), np.arange(trials)
    while alive.size:
        wait = rng.exponential(1.0 / np.sum(rates), alive.size)
        crossed = np.zeros(alive.size, bool)
        if drive > 1.0:
            alone = np.log((drive - v[alive]) / (drive - 1.0))
            crossed = alone < wait
            wait = np.minimum(wait, alone)
        time[alive] += wait
        steps = np.array(sizes)[rng.choice(len(sizes), alive.size, p=np.array(rates) / np.sum(rates))]
        if law == "exponential":
            steps *= rng.exponential(1.0, alive.size)
        v[alive] = drive + (v[alive] - drive) * np.exp(-wait) + steps
        alive = alive[~crossed & (v[alive] < 1.0)]
    return time.mean(), time.std() / np.sqrt(trials)


@pytest.mark.parametrize(
    ("rate", "mean", "exact", "diffusion"),
    [
        (40, 0.02, 0.13264841958642, 0.12932629630913),
        (20, 0.06, 0.63177327142331, 0.69755810483951),
        (4, 0.2, 0.35408427947105, 0.45261811165937),
    ],
)
def test_published_rates(rate, mean, exact, diffusion):
    found = shot_noise_rate(UNIT, rate, mean)
    assert found.rate == pytest.approx(exact, abs=6e-15)  # half of the last printed digit
    assert found.diffusion == pytest.approx(diffusion, abs=6e-15)
    assert found.error < 1e-13
    assert found.method == "closed form"
    assert found.diffusion_error == pytest.approx(diffusion / exact - 1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("up", "down", "drive", "threshold", "reset"),
    [
        ((40, 0.02), (20, -0.03), 0.0, 1.0, 0.0),
        ((3, 0.1), (2, -0.1), 0.3, 2.0, 0.5),
        ((2.5, 0.05), (1, -0.2), -0.5, 1.0, -0.5),
        ((10000, 0.001), (2000, -0.004), 0.0, 1.0, 0.0),
        ((0.01, 0.3), (5, -0.1), 0.0, 1.0, 0.0),
    ],
)
def test_log_rate_against_arbitrary_precision(up, down, drive, threshold, reset):
    """The formula of Richardson & Swarbrick at 40 digits, with ``1 - a s = exp(-x)``."""
    with mp.workdps(40):
        (rate, a), (other, b) = ((mp.mpf(r), mp.mpf(j)) for r, j in (up, down))
        far = 90  # from here all but the singular factor is constant: exp(-90) of 1/a is left

        def integrand(x):
            gap = mp.e ** (-x)
            s = (1 - gap) / a
            reached = mp.e ** (s * threshold) - gap * mp.e ** (s * reset)
            return reached / s * mp.e ** (-drive * s) * gap**rate * (1 - b * s) ** other / a if x else mp.mpf(0)

        points = [0, *(far * mp.mpf(2) ** (k - 14) for k in range(15))]
        rest = mp.e ** ((threshold - drive) / a) * (1 - b / a) ** other * mp.e ** (-far * rate) / rate
        true = mp.log(mp.quad(integrand, points) + rest)
    pace, step = np.array([up, down], float).T
    found, error = exponential_jumps(1.0, drive, threshold, reset, pace, step)
    assert abs(found - float(true)) <= 10 * error
    assert error < 1e-13


def test_rates_too_small_to_be_numbers_have_a_logarithm():
    found = shot_noise_rate(LIF, [1000.0, 1000.0], [0.01, -0.01])
    assert found.rate == 0.0
    assert -np.inf < found.log_rate < -750.0
    assert found.error < 1e-9


@pytest.mark.parametrize(
    ("drive", "rates", "means"),
    [
        (0.0, [20.0], [0.06]),
        (0.0, [5.0, 8.0, 4.0], [0.1, 0.05, -0.1]),
        (1.5, [5.0, 2.0, 3.0, 1.0], [0.1, 0.2, -0.1, -0.3]),
        (1.3, [2.0], [-0.2]),
    ],
)
def test_the_formula_and_collocation_agree_on_exponential_jumps(drive, rates, means):
    """Several upward trains and a drive beyond the threshold are an extension of the published formula."""
    exact, error = exponential_jumps(1.0, drive, 1.0, 0.0, np.array(rates), np.array(means))
    trains = tuple(Jumps(r, a, "exponential") for r, a in zip(rates, means, strict=True))
    found, own = mean_passage(JumpProcess(leak(drive), 0.0, 1.0, trains))
    assert found == pytest.approx(exact, abs=10 * (error + own))
    assert error + own < 1e-9


@pytest.mark.parametrize(
    ("drive", "reset", "rates", "sizes"),
    [
        (0.0, 0.0, [20.0], [0.06]),
        (0.0, 0.2, [25.0, 6.0], [0.06, -0.1]),
        (1.5, 0.0, [25.0, 20.0], [0.06, -0.1]),
        (0.3, -0.1, [4.0, 8.0, 3.0], [0.23, 0.03, -0.14]),
    ],
)
def test_fixed_jumps_against_simulated_ones(drive, reset, rates, sizes):
    trains = tuple(Jumps(r, j) for r, j in zip(rates, sizes, strict=True))
    found, error = mean_passage(JumpProcess(leak(drive), reset, 1.0, trains))
    mean, standard = simulated(drive, reset, rates, sizes, "fixed")
    assert error < 1e-7
    assert np.exp(found) == pytest.approx(mean, abs=4.0 * standard)


def test_a_jump_beyond_the_threshold_is_a_spike():
    """From anywhere one jump is enough: the interval is that of the train, and the refractory time."""
    found = shot_noise_rate(LIF, 300.0, "25 mV", sizes="fixed")
    assert found.rate == pytest.approx(1e3 / (1e3 / 300.0 + 2.0), rel=1e-12)


def test_noise_of_the_neuron_itself_counts():
    noisy = Neuron(
        "dv/dt = -v/tau_m + s*xi : mV (unless refractory)\ns : mV*ms**-0.5 = 1.5*mV*ms**-0.5", threshold="v > 20*mV",
        reset="v = 10*mV", refractory=2 * ms, tau_m="20 ms",
    )  # fmt: skip
    alone = shot_noise_rate(noisy, 0.0, 1.0, mu=12.0)
    assert alone.log_rate == pytest.approx(float(transfer(noisy, 12.0).log_rate), abs=1e-8)
    tiny = shot_noise_rate(noisy, 2000.0, 0.2, mu=10.0, sizes="fixed")
    assert tiny.diffusion_error != 0.0
    assert abs(tiny.diffusion_error) < 0.02  # most of the noise is white


def test_neurons_with_a_spike_current():
    """Where the jumps are small the rate tends to that of threshold integration, another method altogether."""
    eif = library.eif(t_ref="0 ms")
    errors = []
    for size in (0.8, 0.4, 0.2):
        rate = 100.0 / size**2  # of either sign: no mean
        found = shot_noise_rate(eif, [rate, rate], [size, -size], sizes="fixed")
        errors.append(abs(np.log(found.diffusion) - found.log_rate))
        assert found.error < 1e-3 * errors[-1]
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    # no skewness, no border to overshoot: of second order in the jump, and the next even order is smaller still
    assert abs(slopes[1] - 2.0) < abs(slopes[0] - 2.0)
    assert slopes[1] == pytest.approx(2.0, abs=0.2)


def test_a_population_by_its_network():
    inputs = [PoissonInput("E", 8 * Hz, 0.4 * mV, n=300), PoissonInput("E", 5 * Hz, -0.8 * mV, n=60)]
    network = Network(Population(LIF, 10, "E"), inputs=inputs)
    found = shot_noise_rates(network)["E"]
    same = shot_noise_rate(LIF, [2400.0, 300.0], [0.4, -0.8], sizes="fixed")
    assert found.log_rate == pytest.approx(same.log_rate, abs=1e-10)
    error = diffusion_error(network)
    assert error.alone[0] == pytest.approx(same.diffusion_error, rel=1e-9)
    assert error.together[0] == pytest.approx(error.alone[0], rel=1e-9)  # nobody reacts
    assert error.methods == ("exact",)
    assert error.corrected[0] == pytest.approx(same.rate, rel=1e-9)


def test_a_network_reacts_to_the_error_of_its_inputs(brunel):
    """To first order the reaction is that of the self-consistent rates in shot noise, found here by iteration."""
    network = brunel(5.0, 2.0)
    error = diffusion_error(network)
    rates = error.rates.copy()
    for _ in range(60):
        rates = 0.8 * rates + 0.2 * np.array([x.rate for x in shot_noise_rates(network, rates).values()])
    assert error.corrected == pytest.approx(rates, rel=10 * np.max(error.alone) ** 2)
    assert np.all(np.abs(error.together) < np.abs(error.alone))  # inhibition corrects
    assert "in the network" in error.summary()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([1.0, 2.0], [1.0]), "there are 2 rates but 1 jumps"),
        ((-1.0, 1.0), "have to be finite and not negative"),
        ((1.0, np.nan), "jumps: .* has to be finite"),
        (([[1.0]], [[1.0]]), "each in one row"),
        ((1e6, 1e-4, "fixed"), "too small and many"),
    ],
)
def test_input_that_does_not_fit_is_said(arguments, text):
    rates, jumps, *law = arguments
    with pytest.raises(ModelError, match=text):
        shot_noise_rate(LIF, rates, jumps, sizes=law[0] if law else "exponential")


def test_without_excitation_there_are_no_spikes():
    assert shot_noise_rate(LIF, 100.0, -1.0).rate == 0.0
    assert shot_noise_rate(LIF, 100.0, -1.0, sizes="fixed").rate == 0.0
    assert shot_noise_rate(LIF, 0.0, 1.0).log_rate == -np.inf


def test_simulated_neurons_fire_as_the_jumps_say_and_not_as_white_noise_does():
    """Standard error of a count of renewal spikes with CV below one: that of Poisson spikes. Time step: rate**2 dt."""
    inputs = [PoissonInput("E", 60 * Hz, 1.5 * mV, n=10), PoissonInput("E", 20 * Hz, -2 * mV, n=5)]
    neurons, seconds, dt = 4000, 1.0, 0.1
    network = Network(Population(LIF, neurons, "E"), inputs=inputs)
    recording = simulate(network, (200 + 1e3 * seconds) * ms, dt=dt * ms, seed=3)
    rate = np.sum(recording.spikes.time > 200.0) / neurons / seconds
    expected = shot_noise_rates(network)["E"]
    tolerance = 4.0 * np.sqrt(expected.rate / neurons / seconds) + expected.rate**2 * 1e-3 * dt
    assert rate == pytest.approx(expected.rate, abs=tolerance)
    assert abs(rate - expected.diffusion) > tolerance


def test_arguments_of_the_wrong_kind_are_said(brunel):
    with pytest.raises(ModelError, match="mu has to be one value, but 2 were given"):
        shot_noise_rate(LIF, 100.0, 1.0, mu=[1.0, 2.0])
    with pytest.raises(ModelError, match=r"mu: .* has to be finite"):
        shot_noise_rate(LIF, 100.0, 1.0, mu=np.nan)
    for rates in ("abc", {"E": 1.0, "I": 2.0}, [1.0], [1.0, np.nan]):
        with pytest.raises(ModelError, match=r"one rate \(Hz\) for each of E, I, in this order"):
            shot_noise_rates(brunel(), rates)
    with pytest.raises(ModelError, match="there is no population 'X'"):
        diffusion_error(brunel()).index("X")


def test_what_is_not_known_is_said_to_be_unknown():
    """Jumps of inhibition far beyond the threshold: neither the exact rate nor the expansion can be had."""
    cell = LIF.with_(tau_m=20 * ms)
    own = Projection("P", "P", FixedIndegree(100), -500 * mV, 1 * ms)
    network = Network(Population(cell, 1000, "P"), [own], [PoissonInput("P", 30 * Hz, 0.1 * mV, n=1000)])
    error = diffusion_error(network)
    assert error.methods == ("none",)
    assert "unknown" in error.summary() and "nan" not in error.summary()


def test_an_order_of_the_polynomials_that_is_bad_is_passed_over():
    """Small jumps against a strong current: at some sizes one order is far off. The expansion knows better there.

    Its error to order 4 is of third order in the jump; the largest jump says how large.
    """
    cell = Neuron(
        "dv/dt = 0.02*(v + 60*mV)*(v + 45*mV)/mV/tau_m : mV",
        threshold="v > -20*mV",
        reset="v = -65*mV",
        tau_m=10 * ms,
    )
    apart = {}
    for jump in (1.0, 0.5, 0.3, 0.25):
        pace = 6.0 / jump**2  # of one variance; a steady input keeps the mean
        given = {"mu": (3.0 - 10.0 * pace * jump) * mV, "sizes": "fixed"}
        exact = shot_noise_rate(cell, 1e3 * pace, jump * mV, **given)
        assert exact.error < 1e-7
        apart[jump] = abs(kramers_moyal(cell, 1e3 * pace, jump * mV, 4, **given).log_rates[-1] - exact.log_rate)
    assert all(apart[jump] < 1.5 * apart[1.0] * jump**3 for jump in apart)


def test_rates_that_no_method_resolves_say_what_would():
    with pytest.raises(ModelError, match="use kramers_moyal, or exponential jumps"):
        shot_noise_rate(LIF, [1000.0, 1000.0], [0.05, -5000.0], sizes="fixed")
