"""Gap junctions against the matrix exponential, an ODE solver, and the same network without them."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from rheobase import (
    AllToAll,
    Bernoulli,
    CurrentInput,
    Explicit,
    FixedIndegree,
    Lognormal,
    Network,
    Neuron,
    Normal,
    OneToOne,
    PoissonInput,
    Population,
    Projection,
    library,
    mS,
    ms,
    mV,
    nS,
    pA,
    population,
    simulate,
)
from rheobase.compile.rhs import parameter_vector, right_hand_side
from rheobase.errors import ModelError
from rheobase.model.network import GapJunction
from rheobase.numerics.chebyshev import coefficients, phi1
from rheobase.simulation.junctions import pairs_of
from rheobase.units import Hz, cm, uA

LEAKY = Neuron(
    "dv/dt = (E - v)/tau + I/C : mV\nE : mV = -70*mV\ntau : ms = 20*ms\nC : pF = 200*pF\nI : pA = 0*pA", name="leaky"
)
FHN = Neuron(
    "dv/dt = (v - v**3/(3*mV**2) - w + I*Mohm)/ms : mV\ndw/dt = 0.08*(v + 0.7*mV - 0.8*w)/ms : mV\nI : nA = 0*nA",
    name="fhn",
)


def traces(network, duration, dt, name="v", **options):
    return {p: t[name] for p, t in simulate(
        network, duration * ms, dt=dt * ms, record={p.name: name for p in network.populations}, **options
    ).traces.items()}  # fmt: skip


@pytest.mark.parametrize("g", [1.0, 50.0, 5000.0], ids="g = {} nS".format)
def test_passive_units_are_exact_at_any_strength_and_step(g):
    rng = np.random.default_rng(1)
    v0, C, current = rng.uniform(-80, -40, 6), rng.uniform(50, 300, 6), rng.uniform(-100, 100, 6)
    pre, post = [0, 0, 1, 2, 4], [1, 2, 3, 3, 5]  # two separate groups
    weights = g * rng.uniform(0.5, 2, 5)
    L = np.zeros((6, 6))
    for i, j, w in zip(pre, post, weights, strict=True):
        L[[i, j, i, j], [i, j, j, i]] += [w, w, -w, -w]
    A = -np.eye(6) / 20 - L / C[:, None]
    b = -70 / 20 + current / C
    cells = Population(LEAKY, 6, "cells", v=v0 * mV, C=C * 1.0 * (nS * ms))
    network = Network(
        cells, inputs=[CurrentInput(cells, current * pA)],
        gap_junctions=[GapJunction(cells, cells, Explicit(pre, post), weights * nS)],
    )  # fmt: skip
    rest = np.linalg.solve(A, -b)
    for dt in (0.1, 1.0):
        times = np.arange(1, 9) * dt
        expected = np.array([rest + expm(A * t) @ (v0 - rest) for t in times])
        np.testing.assert_allclose(traces(network, 8 * dt, dt)["cells"], expected, rtol=0, atol=1e-8)


def reference(neuron, currents, starts, graph, duration):
    """Coupled neurons by an ODE solver at 1e-11; ``graph`` is the Laplacian over C."""
    f, p, at = right_hand_side(neuron, "numpy"), parameter_vector(neuron), list(neuron.parameters).index("I")

    def rhs(_, x):
        state = x.reshape(neuron.n_states, -1)
        slope = f(state, [*p[:at], currents, *p[at + 1 :]], 0.0)
        slope[0] -= graph @ state[0]
        return slope.ravel()

    run = solve_ivp(rhs, (0, duration), np.asarray(starts).ravel(), method="DOP853", rtol=1e-11, atol=1e-11)
    return run.y[:, -1].reshape(neuron.n_states, -1)[0]


def laplacian(n):
    return n * np.eye(n) - np.ones((n, n))


@pytest.mark.parametrize("method", ["auto", "rk4"])
@pytest.mark.parametrize("g", [0.05, 1.0, 100.0])
def test_second_order_for_spiking_hodgkin_huxley_neurons(g, method):
    neuron, n = library.hodgkin_huxley(), 4
    currents, v0 = np.linspace(0, 20, n), np.linspace(-75, -55, n)
    starts = [v0] + [np.full(n, float(neuron.initial[s])) for s in neuron.states[1:]]
    internal = float((1 * uA / cm**2).value)
    exact = reference(neuron, currents * internal, starts, laplacian(n) * g, 8.0)
    cells = Population(neuron, n, "cells", v=v0 * mV, I=currents * uA / cm**2)
    network = Network(cells, gap_junctions=[GapJunction(cells, cells, AllToAll(), g * mS / cm**2)])
    steps = (0.02, 0.01, 0.005)
    error = [np.abs(traces(network, 8, dt, method=method)["cells"][-1] - exact).max() for dt in steps]
    assert error[0] < (0.1 if method == "auto" else 0.01)
    order = np.log2(error[1] / error[2])
    assert order > 1.8
    assert error[2] < error[1] < error[0]


def test_second_order_for_relaxation_oscillators():
    n, g = 5, 0.3  # uS, over 1 ms/Mohm
    currents, v0 = np.linspace(0.2, 0.8, n), np.linspace(-1, 1, n)
    exact = reference(FHN, currents * 1e3, [v0, np.zeros(n)], laplacian(n) * g, 20.0)
    cells = Population(FHN, n, "cells", v=v0 * mV, I=currents * 1e3 * pA)
    network = Network(cells, gap_junctions=[GapJunction(cells, cells, AllToAll(), g * 1e3 * nS)])
    error = [np.abs(traces(network, 20, dt)["cells"][-1] - exact).max() for dt in (0.1, 0.05, 0.025)]
    assert error[2] < 1e-3 and np.all(np.log2(np.array(error[:-1]) / error[1:]) > 1.8)


def test_steady_state_does_not_depend_on_the_step():
    neuron = library.hodgkin_huxley()
    cells = Population(neuron, 2, "cells", I=np.array([0.0, 4.0]) * uA / cm**2)
    network = Network(cells, gap_junctions=[GapJunction(cells, cells, AllToAll(), 0.2 * mS / cm**2)])
    coarse, fine = (traces(network, 300, dt)["cells"][-1] for dt in (0.05, 0.02))
    np.testing.assert_allclose(coarse, fine, rtol=0, atol=1e-7)
    assert coarse[1] > coarse[0] + 0.5


def spiking(gaps, g=0.0, seed=1, **options):
    """A network with all else there is: synapses with delays, Poisson input, refractory neurons, two models."""
    E = Population(library.lif(), 60, "E", v=Normal(-65 * mV, 3 * mV))
    A = Population(library.adex(), 40, "A")
    projections = [Projection("E", "A", FixedIndegree(8), 0.4 * mV, 1.5 * ms),
                   Projection("A", "E", Bernoulli(0.1), -0.3 * mV, Normal(2 * ms, 0.5 * ms))]  # fmt: skip
    inputs = [PoissonInput("E", 9000 * Hz, 0.25 * mV), CurrentInput("A", 620 * pA)]
    junctions = (
        [GapJunction("A", "A", AllToAll(), g * nS), GapJunction("E", "A", Bernoulli(0.2), g * nS)] if gaps else []
    )
    return simulate(Network([E, A], projections, inputs, gap_junctions=junctions), 120 * ms, seed=seed, **options)


def test_no_conductance_is_no_gap_junction():
    with_, without = spiking(True), spiking(False)
    assert without.spikes.time.size > 200
    np.testing.assert_array_equal(with_.spikes.time, without.spikes.time)
    np.testing.assert_array_equal(with_.spikes.neuron, without.spikes.neuron)


def test_same_seed_same_spikes_on_any_number_of_threads():
    one, four, other = spiking(True, 0.3, threads=1), spiking(True, 0.3, threads=4), spiking(True, 0.3, seed=2)
    np.testing.assert_array_equal(one.spikes.time, four.spikes.time)
    assert four.threads == 1
    assert one.spikes.time.size != spiking(False).spikes.time.size
    assert other.spikes.time.size != one.spikes.time.size or not np.array_equal(other.spikes.time, one.spikes.time)


def test_an_external_time_course_enters_by_the_same_input():
    course = 30 * np.sin(np.arange(200) / 15)
    cells = Population(LEAKY, 2, "cells", v=-70 * mV)
    both = [CurrentInput(cells, np.stack([course, 0 * course], 1) * pA, dt=0.1 * ms)]
    network = Network(cells, inputs=both, gap_junctions=[GapJunction(cells, cells, AllToAll(), 5 * nS)])
    v, expected = traces(network, 20, 0.1)["cells"], np.full((201, 2), -70.0)
    A = np.array([[-0.05 - 0.025, 0.025], [0.025, -0.05 - 0.025]])
    P = expm(A * 0.1)
    for k in range(200):
        rest = -70 - np.linalg.solve(A, [course[k] / 200, 0.0])
        expected[k + 1] = rest + P @ (expected[k] - rest)
    np.testing.assert_allclose(v, expected[1:], rtol=0, atol=1e-8)


def test_refractory_neurons_hold_their_partner():
    cell = Neuron(
        "dv/dt = (E - v)/tau + I/C : mV (unless refractory)\nE : mV = -70*mV\ntau : ms = 20*ms\nC : pF = 200*pF\n"
        "I : pA = 0*pA",
        threshold="v > -50*mV", reset="v = -60*mV", refractory=3 * ms,
    )  # fmt: skip
    cells = Population(cell, 2, "cells", v=np.array([-49.0, -70.0]) * mV)
    network = Network(cells, gap_junctions=[GapJunction(cells, cells, AllToAll(), 20 * nS)])
    v = traces(network, 2, 0.1)["cells"]
    # neuron 0 fires in the first step and then stands at -60 mV; the other relaxes with tau and C/g = 10 ms
    assert np.all(v[:, 0] == -60.0)
    rest, rate = (-70 / 20 - 60 / 10) / 0.15, 0.15
    np.testing.assert_allclose(v[1:, 1], rest + (v[0, 1] - rest) * np.exp(-rate * 0.1 * np.arange(1, 20)), atol=1e-9)


def test_coupling_synchronises():
    def spread(g):
        n = 8
        cells = Population(
            library.hodgkin_huxley(), n, "cells", v=np.linspace(-75, -50, n) * mV, I=np.full(n, 10.0) * uA / cm**2
        )
        junctions = [GapJunction(cells, cells, AllToAll(), g * mS / cm**2)]
        return np.ptp(traces(Network(cells, gap_junctions=junctions), 150, 0.02)["cells"][-500:], axis=1).max()

    assert spread(0.1) < 0.05 < 5 < spread(0.0)


def test_pairs_of_each_rule():
    def pairs(connect, conductance=1 * nS, n=(20, 20), names=("a", "a"), seed=3):
        members = [Population(LEAKY, size, name) for name, size in dict(zip(names, n, strict=True)).items()]
        network = Network(members, gap_junctions=[GapJunction(*names, connect, conductance)])
        return pairs_of(network, network.gap_junctions[0], 0, seed)

    pre, post, g = pairs(AllToAll())
    assert pre.size == 190 and np.all(pre < post) and np.all(g == 1.0)
    assert pairs(AllToAll(), n=(20, 7), names=("a", "b"))[0].size == 140
    pre, post, _ = pairs(Bernoulli(0.4), n=(300, 300))
    assert np.all(pre < post) and abs(pre.size - 0.4 * 44850) < 4 * np.sqrt(0.24 * 44850)
    pre, post, _ = pairs(FixedIndegree(4))
    assert np.all(pre != post) and post.size <= 80
    assert pairs(OneToOne(), n=(5, 5), names=("a", "b"))[0].tolist() == [0, 1, 2, 3, 4]
    pre, post, g = pairs(Explicit([3, 1, 2, 5], [1, 0, 4, 5]), np.array([1.0, 2, 3, 4]) * nS)
    assert sorted(zip(pre, post, g, strict=True)) == [(1, 0, 2.0), (2, 4, 3.0), (3, 1, 1.0)]  # none with itself
    g = pairs(AllToAll(), Normal(1 * nS, 1 * nS), n=(60, 60))[2]
    assert g.min() >= 0 and np.unique(g).size == g.size
    same, other = (
        pairs(AllToAll(), Lognormal(1 * nS, 0.5 * nS))[2],
        pairs(AllToAll(), Lognormal(1 * nS, 0.5 * nS), seed=4)[2],
    )
    np.testing.assert_array_equal(same, pairs(AllToAll(), Lognormal(1 * nS, 0.5 * nS))[2])
    assert not np.array_equal(same, other)


def test_permuting_the_neurons_permutes_the_result():
    rng = np.random.default_rng(5)
    v0, order = rng.uniform(-75, -55, 5), rng.permutation(5)
    pre, post = np.array([0, 1, 2, 3]), np.array([1, 2, 3, 4])

    def run(start, place):
        cells = Population(library.hodgkin_huxley(), 5, "cells", v=start * mV, I=np.full(5, 8.0) * uA / cm**2)
        network = Network(
            cells, gap_junctions=[GapJunction(cells, cells, Explicit(place[pre], place[post]), 1 * mS / cm**2)]
        )
        return traces(network, 10, 0.02)["cells"]

    inverse = np.argsort(order)
    np.testing.assert_allclose(run(v0[inverse], order)[:, order], run(v0, np.arange(5)), rtol=0, atol=1e-9)


def test_network_file_round_trip_and_summary(tmp_path):
    a, b = Population(LEAKY, 3, "a"), Population(LEAKY, 2, "b")
    network = Network([a, b], gap_junctions=[
        GapJunction(a, b, Explicit([0, 2], [1, 0]), np.array([0.1, 0.7]) * nS, name="bridge"),
        GapJunction(a, a, Bernoulli(0.5), Lognormal(1 * nS, 0.2 * nS)),
    ])  # fmt: skip
    network.to_toml(tmp_path / "net.toml")
    again = Network.from_toml(tmp_path / "net.toml")
    assert again == network and again.gap_junctions[0].name == "bridge"
    assert network.with_(name="x").gap_junctions and not network.with_(gap_junctions=()).gap_junctions
    assert "a - a: Bernoulli(p = 0.5), Lognormal(mean=1 nS, sd=0.2 nS), v through I" in network.summary()
    text = (tmp_path / "net.toml").read_text()
    for wrong, message in ((text.replace('target = "I"', 'target = "J"', 1), "no parameter 'J'"),
                           (text.replace("1 nS", "1 pA"), "conductance"),
                           (text.replace('voltage = "v"', 'voltage = "u"', 1), "no state 'u'"),
                           (text.replace('post = "b"', 'post = "c"', 1), "no population 'c'")):  # fmt: skip
        assert wrong != text
        (tmp_path / "wrong.toml").write_text(wrong)
        with pytest.raises(ModelError, match=message):
            Network.from_toml(tmp_path / "wrong.toml")


def test_the_theory_says_that_it_does_not_cover_them():
    a = Population(library.lif(), 10, "a")
    network = Network(a, gap_junctions=[GapJunction(a, a, AllToAll(), 1 * nS)])
    (sentence,) = population.missing(network)
    assert "gap junctions with 'a'" in sentence
    assert population.missing(network.with_(gap_junctions=())) == []


@pytest.mark.parametrize("rho", [1.5, 30.0, 2000.0])
def test_chebyshev_series(rho):
    c = coefficients(phi1, rho, 1e-12)
    z = np.linspace(-rho, 0, 501)
    found = np.polynomial.chebyshev.chebval(1 + 2 * z / rho, c)
    np.testing.assert_allclose(found, phi1(z), rtol=0, atol=1e-11)
    assert c.size < 12 + 8 * np.sqrt(rho)  # it grows with the square root


SPIKER = Neuron("dv/dt = -v/(10*ms) : mV\nI : pA = 0*pA")
SQUARE = Neuron("dv/dt = (I/pA)**2*mV/ms - v/(10*ms) : mV\nI : pA = 0*pA")
INWARD = Neuron("dv/dt = -I/(10*pF) - v/(10*ms) : mV\nI : pA = 0*pA")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: GapJunction("a", "x", AllToAll(), 1 * nS), "no population 'x'"),
        (lambda: GapJunction("a", "a", AllToAll(), -1 * nS), "cannot be negative"),
        (lambda: GapJunction("a", "a", AllToAll(), 1 * pA), "the conductance has to be a conductance"),
        (lambda: GapJunction("a", "a", AllToAll(), 1 * nS, target="J"), "no input parameter 'J'"),
        (lambda: GapJunction("a", "a", AllToAll(), 1 * nS, voltage="V"), "no state 'V'; did you mean 'v'"),
        (lambda: GapJunction("a", "a", OneToOne(), 1 * nS), "couples each neuron to itself"),
        (lambda: GapJunction("a", "a", AllToAll(), np.ones(3) * nS), "needs connect=Explicit"),
        (lambda: GapJunction("a", "spiker", AllToAll(), 1 * nS), "'I' of 'spiker' does not enter dv/dt"),
        (lambda: GapJunction("a", "square", AllToAll(), 1 * nS), "has to enter dv/dt of 'square' linearly"),
        (lambda: GapJunction("a", "hh", AllToAll(), 1 * nS), "have different units"),
        (lambda: "junction", "is no GapJunction"),
    ],
)
def test_mistakes_get_a_sentence(make, message):
    members = [Population(LEAKY, 3, "a"), Population(SPIKER, 3, "spiker"), Population(SQUARE, 3, "square"),
               Population(library.hodgkin_huxley(), 3, "hh")]  # fmt: skip
    with pytest.raises(ModelError, match=message):
        Network(members, gap_junctions=[make()])


def test_an_input_of_the_wrong_sign_is_refused():
    cells = Population(INWARD, 2, "cells")
    with pytest.raises(ModelError, match="does not raise 'v' in all neurons"):
        simulate(Network(cells, gap_junctions=[GapJunction(cells, cells, AllToAll(), 1 * nS)]), 1 * ms)
