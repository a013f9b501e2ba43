"""Modes of networks of any neurons: counted and found on fits, against the computed responses and by other methods."""

import numpy as np
import pytest

from rheobase import FixedIndegree, Hz, Network, Neuron, PoissonInput, Population, Projection, Synapse, library
from rheobase.population import NotCovered
from rheobase.population.rhythm.linearised import linearise
from rheobase.population.rhythm.modes import leading_modes
from rheobase.population.rhythm.nyquist import unstable_modes
from rheobase.population.rhythm.stability import stability
from rheobase.population.states.working_point import maps_of, working_point
from rheobase.units import ms, mV, nS, pF

QUARTIC = Neuron(
    "dv/dt = (-v + v**4/(8000*mV**3))/tau_m : mV (unless refractory)",
    threshold="v > 60*mV",
    reset="v = -5*mV",
    refractory=2 * ms,
    tau_m=15 * ms,
)


def pair(excited, inhibited, unit, jump, external, rates, delays=(1.5, 1.5, 1.5, 1.5), copies=1, degrees=(160, 40)):
    """Excitatory and inhibitory neurons, inhibition five times as strong; several that do not hear one another."""
    populations, projections, inputs = [], [], []
    for k in range(copies):
        names = (f"E{k}", f"I{k}")
        populations += [Population(excited, 2000, names[0]), Population(inhibited, 500, names[1])]
        pairs = [(source, target) for source in (0, 1) for target in (0, 1)]
        for (source, target), delay in zip(pairs, delays, strict=True):
            weight = (jump, -5 * jump)[source] * unit
            projections.append(
                Projection(names[source], names[target], FixedIndegree(degrees[source]), weight, delay * ms)
            )
        inputs += [
            PoissonInput(name, rate * Hz, sign * external * unit, n=1000)
            for name in names
            for rate, sign in zip(rates, (1, -1), strict=True)
        ]
    return Network(populations, projections, inputs)


def of_conductances():
    """The mean voltage follows the input with a pole of its own, inside the region where modes are searched."""
    cell = Neuron(
        "dv/dt = (g_L*(E_L - v) + I)/C : mV (unless refractory)\nI : pA = 0*pA",
        threshold="v > -50*mV", reset="v = -60*mV", refractory=2 * ms, g_L=10 * nS, E_L=-70 * mV, C=200 * pF,
    )  # fmt: skip
    synapses = {"E": Synapse.conductance(0.5 * ms, 0 * mV), "I": Synapse.conductance(0.5 * ms, -80 * mV)}
    return Network(
        [Population(cell, 80, "E"), Population(cell, 20, "I")],
        [
            Projection(source, target, FixedIndegree(n), w * nS, 1.5 * ms, synapses[source])
            for source, n, w in (("E", 20, 2), ("I", 10, 8))
            for target in ("E", "I")
        ],
        [PoissonInput(name, 10 * Hz, 2 * nS, n=1000, synapse=synapses["E"]) for name in ("E", "I")],
    )


NETWORKS = {
    "conductances": of_conductances(),
    "exponential": pair(library.eif(), library.eif(t_ref="1 ms"), mV, 0.2, 0.2, (16.5, 16), (0.5, 3.0, 1.0, 2.0)),
    "quadratic": pair(library.qif(eta=0.3, v_peak=30), library.qif(eta=0.3, v_peak=30), 1, 0.02, 0.03, (16, 16)),
    "of a user": pair(QUARTIC, QUARTIC, mV, 0.2, 0.2, (20, 16)),
    "unstable": pair(library.eif(), library.eif(), mV, 0.3, 0.2, (60, 10), degrees=(400, 200)),
}


@pytest.fixture(scope="module", params=NETWORKS)
def linear(request):
    network = NETWORKS[request.param]
    return linearise(maps_of(network), working_point(network).rates * 1e-3)


def test_the_fit_has_the_responses_where_modes_are_searched(linear):
    """At places that no one fitted it to, inside and on the imaginary axis."""
    assert linear.near is not linear
    places = np.random.default_rng(1).uniform([-0.9 * linear.deepest, 0.0], [0.0, 6.2], (12, 2))
    s = np.concatenate([places @ [1.0, 1j], 1j * np.array([1e-4, 0.02, 0.4, 5.0])])
    loop, fitted = linear.loop(s), linear.near.loop(s)
    size = np.abs(linear.loop(np.zeros(1, complex))).max()
    # the error is 1e-9 of the largest response; a pole at a distance d from a place makes it larger by 1/(d tau_m)
    assert np.abs(fitted - loop).max() < 1e-7 * max(size, np.abs(loop).max())


def test_growing_modes_are_as_many_as_the_loop_winds_around_one(linear):
    """The argument of the computed determinant, followed along the imaginary axis in small steps."""
    omega = np.concatenate([np.linspace(0.0, 1.0, 1200), np.linspace(1.0, 2.0 * np.pi, 400)[1:]])
    loop = linear.loop(1j * omega)
    steps = np.angle((f := np.linalg.det(np.eye(2) - loop))[1:] / f[:-1])
    assert np.abs(steps).max() < 1.0 and np.abs(np.linalg.eigvals(loop[-1])).max() < 0.9
    rest = np.sum(np.angle(1.0 - np.linalg.eigvals(loop[-1])))
    counted = (rest - np.sum(steps)) / np.pi
    assert unstable_modes(linear) == pytest.approx(counted, abs=1e-9)
    listed = sum(2 if mode.frequency_hz else 1 for mode in leading_modes(linear) if mode.growth_per_s > 0)
    assert listed == round(counted)


def test_modes_are_where_the_computed_loop_has_the_eigenvalue_one(linear):
    for mode in leading_modes(linear):
        s = np.array([1e-3 * (mode.growth_per_s + 2j * np.pi * mode.frequency_hz)])
        h = 1e-5 / linear.slowest_membrane
        at, up, down = linear.characteristic(np.concatenate([s, s + h, s - h]))
        assert abs(2 * h * at / (up - down)) < 1e-9 / linear.slowest_membrane


def test_one_of_the_networks_is_unstable():
    found = stability(NETWORKS["unstable"])
    assert found.unstable == 2 and found.mode.growth_per_s > 0.0


def test_a_network_twice_has_every_mode_twice():
    """Close to the onset, where two modes lie at the same place next to the axis along which the count goes."""
    cell = library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=20 * mV, v_reset=10 * mV, t_ref=2 * ms)

    def found(copies, delay):
        network = pair(cell, cell, mV, 0.1, 0.1, (40, 0.1), (delay,) * 4, copies, degrees=(1000, 250))
        return stability(network, count=1)

    low, high = 1.5, 2.0
    for _ in range(16):  # to the onset, by bisection
        middle = 0.5 * (low + high)
        low, high = (middle, high) if found(1, middle).unstable == 0 else (low, middle)
    for delay, growing in ((low - 1e-3, 0), (high + 1e-3, 2)):
        once, twice = found(1, delay), found(2, delay)
        assert once.unstable == growing and abs(once.mode.growth_per_s) < 0.2
        assert twice.unstable == 2 * growing


def test_modes_that_no_synapse_carries_are_listed_at_any_frequency():
    """Two alike populations with alike input differ by the neuron's own modes: the zeros of its denominator."""
    network = NETWORKS["of a user"]
    found = stability(network)
    linear = linearise(maps_of(network), found.rates * 1e-3)
    moved = []
    for mode in found.modes:
        s = 1e-3 * complex(mode.growth_per_s, 2.0 * np.pi * mode.frequency_hz)
        h = 1e-5 / linear.slowest_membrane
        at, up, down = linear.own(np.array([s, s + h, s - h]))[:, 0]
        moved.append(abs(2 * h * at / (up - down)) * linear.slowest_membrane)
    assert np.sum(np.array(moved) < 1e-8) == 2 and len(moved) == 4  # two are carried by synapses


def test_a_neuron_that_falls_away_has_no_stationary_state():
    cubic = Neuron(
        "dv/dt = (-v + v**3/(100*mV**2))/tau_m : mV (unless refractory)",
        threshold="v > 40*mV", reset="v = -5*mV", refractory=2 * ms, tau_m=10 * ms,
    )  # fmt: skip
    with pytest.raises(NotCovered, match="nothing pulls 'v' up below the reset, but down"):
        working_point(pair(cubic, cubic, mV, 0.2, 0.2, (20, 16)))
