"""A network that remembers: theory finds two attracting states, and the simulation stays in the one it was put into."""

import numpy as np

from rheobase import library, simulate
from rheobase.model.connect import FixedIndegree
from rheobase.model.distribution import Uniform
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.population.states.steady_states import steady_states
from rheobase.units import Hz, ms, mV


def memory(start):
    """Excitatory neurons that excite themselves strongly, and inhibitory ones (as Amit & Brunel 1997, in small)."""
    cell = {"E_L": 0 * mV, "v_th": 20 * mV, "v_reset": 10 * mV, "t_ref": 2 * ms}
    populations = [
        Population(library.lif(tau_m=20 * ms, **cell), 800, "E", v=start),
        Population(library.lif(tau_m=10 * ms, **cell), 400, "I"),
    ]
    delay = Uniform(0.5 * ms, 12 * ms)
    weights = {("E", "E"): 0.5, ("E", "I"): 0.25, ("I", "E"): -1.5, ("I", "I"): -1.5}
    degrees = {"E": 160, "I": 80}
    projections = [
        Projection(pre, post, FixedIndegree(degrees[pre]), weight * mV, delay)
        for (pre, post), weight in weights.items()
    ]
    inputs = [PoissonInput(name, 7.2 * Hz, 0.25 * mV, n=400) for name in ("E", "I")]
    return Network(populations, projections, inputs, name="memory")


def test_both_states_of_a_memory_network_are_reached():
    low, saddle, high = steady_states(memory(0 * mV), count=1)
    assert low.stable
    assert saddle.unstable % 2 == 1
    # a start above threshold is a spike at once: a cue
    for start, expected in ((0 * mV, low), (Uniform(10 * mV, 30 * mV), high)):
        recording = simulate(memory(start), 400 * ms, seed=1)
        rate = float(recording.rates(start=200 * ms)["E"][0])
        distances = [abs(rate - float(state.rates[0])) for state in (low, saddle, high)]
        assert (low, saddle, high)[int(np.argmin(distances))] is expected
