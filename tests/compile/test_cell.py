"""A neuron joined with its synapses and inputs: one system of equations."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.compile.cell import build_cell
from rheobase.compile.linear import inlined
from rheobase.errors import ModelError
from rheobase.model.evaluate import evaluate
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.units import Mohm, ms, mV, nS, pA

LIF = Neuron(
    "dv/dt = (-v + R*total)/tau : mV \n total = I + J : pA \n I : pA = 0*pA \n J : pA = 0*pA", R=100 * Mohm, tau=10 * ms
)


def slopes(cell, **values):
    """The derivatives at a point, intermediate quantities put in."""
    numbers = {"R": 0.1, "tau": 10.0, "I": 0.0, "J": 0.0, **cell.synaptic, **values}
    return {x: float(evaluate(tree, numbers)) for x, tree in inlined(cell).items()}


def test_a_neuron_alone_keeps_its_equations():
    cell = build_cell(LIF)
    assert cell.states == ("v",)
    assert cell.receptors == ()
    assert slopes(cell, v=5.0, I=20.0) == {"v": pytest.approx((-5 + 2) / 10)}


def test_delta_synapse_receives_into_the_state():
    cell = build_cell(LIF, (Synapse.delta("v"),))
    assert cell.states == ("v",)
    assert cell.receptors == ("v",)


def test_exponential_synapses_on_one_port_add_up():
    """Each brings a state; currents are added to the value of the port itself."""
    cell = build_cell(LIF, (Synapse.exponential(2 * ms), Synapse.exponential(8 * ms), Synapse.exponential(4 * ms, "J")))
    assert cell.states == ("v", "rb_s0", "rb_s1", "rb_s2")
    assert cell.receptors == ("rb_s0", "rb_s1", "rb_s2")
    got = slopes(cell, v=0.0, rb_s0=10.0, rb_s1=20.0, rb_s2=40.0, I=5.0, J=7.0)
    expected = {"v": 0.1 * (10 + 20 + 40 + 5 + 7) / 10, "rb_s0": -5.0, "rb_s1": -2.5, "rb_s2": -10.0}
    assert got == pytest.approx(expected)


def test_alpha_synapse_has_two_states_and_receives_into_the_first():
    cell = build_cell(LIF, (Synapse.alpha(5 * ms),))
    assert cell.receptors == ("rb_x0",)
    got = slopes(cell, v=0.0, rb_s0=3.0, rb_x0=8.0)
    assert got == pytest.approx({"v": 0.03, "rb_s0": 1.0, "rb_x0": -1.6})


def test_conductance_is_multiplied_by_the_driving_force():
    cell = build_cell(LIF, (Synapse.conductance(5 * ms, -80 * mV),))
    got = slopes(cell, v=-60.0, rb_s0=2.0)
    assert got["v"] == pytest.approx((60 + 0.1 * 2 * (-20)) / 10)


def test_time_course_is_added_to_the_port():
    cell = build_cell(LIF, courses=("I",))
    assert cell.courses == (("I", "rb_course_I"),)
    assert slopes(cell, v=0.0, I=1.0, rb_course_I=30.0)["v"] == pytest.approx(0.31)


def test_every_random_function_in_the_text_is_a_draw_of_its_own():
    cell = build_cell(Neuron("dv/dt = (rand() + rand() + randn())*mV/ms + s*xi_a + s*xi_b : mV", s=1 * mV / ms**0.5))
    assert sorted(cell.draws.values()) == ["normal", "normal", "normal", "uniform", "uniform"]
    assert set(cell.noise) == {"xi_a", "xi_b"}


def test_names_of_the_generated_code_are_free_for_the_user():
    """`real`, `step`, `fired` ... mean something in the kernels; a model may use them."""
    neuron = Neuron("dstep/dt = (real - step)/tau : mV", real=3 * mV, tau=10 * ms)
    cell = build_cell(neuron)
    assert not {"step", "real"} & {*cell.states, *cell.parameters}
    assert len(cell.states) == 1


def test_reserved_prefix():
    with pytest.raises(ModelError) as error:
        build_cell(Neuron("drb_v/dt = -rb_v/tau : mV", tau=10 * ms))
    assert str(error.value) == "the name 'rb_v' starts with 'rb_', which generated code keeps for itself; rename it"


def test_needed_subexpressions_in_order():
    neuron = Neuron(
        "dv/dt = -b/ms : mV \n b = 2*a : mV \n a = v + c : mV \n c = 3*v : mV \n other = 5*v : mV",
        threshold="other > 1*mV",
    )
    cell = build_cell(neuron)
    assert [name for name, _ in cell.needed(list(cell.derivatives.values()))] == ["c", "a", "b"]
    assert cell.threshold is not None
    assert [name for name, _ in cell.needed([cell.threshold])] == ["other"]


def test_frozen_states_are_those_that_say_so():
    neuron = Neuron(
        "dv/dt = -v/tau : mV (unless refractory) \n dw/dt = -w/tau : mV",
        threshold="v > 1*mV", reset="v = 0*mV", refractory=2 * ms, tau=10 * ms,
    )  # fmt: skip
    assert build_cell(neuron, (Synapse.delta("w"),)).frozen == {"v"}


def test_conductance_weight_has_the_unit_of_the_port_over_a_voltage():
    synapse = Synapse.conductance(5 * ms, 0 * mV)
    assert synapse.weight_dimension(pA.dimension) == nS.dimension
    assert Synapse.alpha(5 * ms).weight_dimension(pA.dimension) == pA.dimension


@pytest.mark.parametrize("tau", [0 * ms, -1 * ms, np.nan * ms])
def test_time_constants_of_synapses_are_positive(tau):
    with pytest.raises(ModelError, match="the synaptic time constant tau must be positive; for an instantaneous jump"):
        Synapse.exponential(tau)
