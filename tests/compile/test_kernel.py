"""The generated kernels: vector instructions, names, and one neuron's step against plain Python."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest
from numba import types

from rheobase import library
from rheobase.compile.build import build_kernel
from rheobase.compile.cell import build_cell
from rheobase.model.network import Population
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.simulation import simulate
from rheobase.units import ms

LIF = library.lif()


def sweep_of(neuron: Neuron, method: str, synapses=(), poisson=(), real: str = "float64"):
    """The compiled loop over neurons, for constant parameters, and its assembly."""
    build = build_kernel(build_cell(neuron, tuple(synapses)), method, tuple(poisson), real, neuron.name)
    sweep = build.load().sweep
    kind = types.float64 if real == "float64" else types.float32
    s = build.layout.signature
    arguments = [_row(types.uint8), *(_row(kind) for _ in s.states), *([_row(types.int32)] if s.flagged else [])]
    arguments += [_row(types.float32) for _ in s.arrivals] + [_row(types.int16) for _ in s.counts]
    arguments += [kind for _ in build.layout.scalars] + [kind, kind, types.int64]
    sweep.compile(tuple(arguments))
    return next(iter(sweep.inspect_asm().values()))


def _row(kind):
    return types.Array(kind, 1, "C")


def count(pattern: str, text: str) -> int:
    return len(re.findall(rf"^\s+{pattern}\s", text, re.MULTILINE))


def arithmetic(assembly: str, real: str) -> tuple[int, int]:
    """How many packed and how many scalar arithmetic instructions of this precision."""
    p, s = ("pd", "sd") if real == "float64" else ("ps", "ss")
    if platform.machine() in ("x86_64", "AMD64"):
        operation = r"v?(?:fn?m(?:add|sub)\d*|add|sub|mul|div)"
        return count(operation + p, assembly), count(operation + s, assembly)
    lanes = r"\.2d" if real == "float64" else r"\.4s"
    packed = len(re.findall(rf"^\s+f(?:mla|mls|add|sub|mul|div)\s+v\d+{lanes}", assembly, re.MULTILINE))
    return packed, len(re.findall(r"^\s+f(?:madd|msub|add|sub|mul|div)\s+[ds]\d", assembly, re.MULTILINE))


@pytest.mark.parametrize("real", ["float64", "float32"])
def test_lif_kernel_is_vectorised(real: str):
    """Delta synapses and Poisson input: two products and three sums are there in packed form."""
    packed, _ = arithmetic(sweep_of(LIF, "exact", [Synapse.delta("v")], (0,), real), real)
    assert packed >= 5


def test_hodgkin_huxley_kernel_is_vectorised():
    """Rate functions and gates in packed arithmetic; scalar operations are those of the remainder of the loop."""
    packed, scalar = arithmetic(sweep_of(library.hodgkin_huxley(), "rk4"), "float64")
    assert packed > 4 * 6 * 15  # four stages, six exponentials, 15 operations each
    assert packed > scalar / 2


def test_a_kernel_that_calls_the_maths_library_is_not():
    """The control: this measure tells the two apart."""
    packed, scalar = arithmetic(sweep_of(Neuron("dv/dt = sin(v/mV)*mV/ms : mV", name="sine"), "rk4"), "float64")
    assert packed < scalar / 2


#: Names that the loops of the kernels use for themselves.
INNER = [
    "k", "m", "n", "size", "begin", "now", "chunk", "low", "high", "state", "slot", "slots", "lane", "words",
    "part", "parts", "ring", "first", "fired", "fired8", "record", "counts", "spikes", "events", "draws",
    "arrays", "scalars", "scratch", "keep", "constant", "step", "sweep", "advance", "collect", "real", "njit",
    "np", "select", "inlined", "CHUNK", "time_step", "real_t", "population", "n_local", "modes", "means",
    "courses", "numbers", "key0", "flag", "four", "j", "p_k", "at_v", "next_v", "rhs",
]  # fmt: skip


def test_a_model_may_use_any_name_that_the_kernels_use():
    """Each parameter has a value of its own; their weighted sum is where the state ends. Every fourth is an array."""
    text = "dx/dt = (target - x)/(1*ms) + 0*x**2/ms : 1 \n target = "
    text += " + ".join(f"{2 * j + 1}*{name}" for j, name in enumerate(INNER)) + " : 1"
    scales = [np.array([1.0, 2.0, 3.0]) if j % 4 == 3 else 1.0 for j in range(len(INNER))]
    values = {name: (0.5 + j) * scale for j, (name, scale) in enumerate(zip(INNER, scales, strict=True))}
    expected = sum((2 * j + 1) * value for j, value in enumerate(values.values()))
    trace = simulate(Neuron(text, **values), 40 * ms, record="x").traces["neuron"]["x"]
    assert trace[-1] == pytest.approx(expected, rel=1e-12)


def test_states_may_have_any_name_that_the_kernels_use():
    """Each relaxes to a value of its own, and is recorded under its own name."""
    states = ["k", "state", "first", "m", "words", "step", "real", "fired", "at_v"]
    text = "\n".join(f"d{name}/dt = ({j + 1} - {name})/(1*ms) : 1" for j, name in enumerate(states))
    traces = simulate(Neuron(text), 40 * ms, record=states).traces["neuron"]
    assert [traces[name][-1, 0] for name in states] == pytest.approx(np.arange(1.0, len(states) + 1), rel=1e-12)


@pytest.mark.parametrize("method", ["exact", "rk4"])
def test_neuron_number_and_population_size_are_values(method: str):
    neuron = Neuron("dv/dt = ((i + 10*N)*mV - v)/tau : mV", tau=1 * ms)
    recording = simulate(Population(neuron, 700, "A"), 50 * ms, record="v", method=method, threads=2)
    assert recording.traces["A"]["v"][-1] == pytest.approx(np.arange(700) + 7000, rel=1e-11)


def test_the_text_of_a_kernel_depends_on_nothing_but_the_model():
    def text() -> str:
        return build_kernel(build_cell(LIF, (Synapse.delta("v"),)), "exact", (0,), "float64", "lif").source

    assert text() == text()
    assert "0x" not in text()  # no addresses
