"""Which integrator is chosen, why, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rheobase.compile.cell import build_cell
from rheobase.compile.stability import require_stable_euler
from rheobase.errors import ModelError
from rheobase.model.methods import METHODS, choose
from rheobase.model.neuron import Neuron
from rheobase.model.shape import has_additive_noise, is_affine
from rheobase.model.synapse import Synapse
from rheobase.units import Mohm, ms, mV

TEXTS = {
    "lif": "dv/dt = (E_L - v + R*I)/tau : mV \n I : pA = 0*pA",
    "adapting": "dv/dt = (E_L - v - R*w)/tau : mV \n dw/dt = -w/tau : pA",
    "noisy": "dv/dt = (E_L - v)/tau + s*xi : mV",
    "gate": "dm/dt = alpha*(1 - m) - m/ms : 1 \n dv/dt = -m**3*v/tau : mV \n alpha = exp(v/mV)/ms : Hz",
    "gate_noisy": "dm/dt = exp(v/mV)*(1 - m)/ms : 1 \n dv/dt = -m**3*v/tau + s*xi : mV",
    "quadratic": "dv/dt = v**2/(tau*mV) : mV",
    "multiplicative": "dv/dt = -v/tau + v*xi/sqrt(tau) : mV",
    "quadratic_noisy": "dv/dt = v**2/(tau*mV) + s*xi : mV",
    "hidden": "dv/dt = -v/tau + noise : mV \n noise = (v + 1*mV)*xi/sqrt(tau) : mV/ms",
    "driven": "dv/dt = -v/tau*(1 + sin(t/ms)) : mV",
    "random": "dv/dt = (rand()*mV - v)/tau : mV",
}


def cell(name: str, *synapses: Synapse):
    text = TEXTS[name]
    values = {"tau": 10 * ms, "E_L": -60 * mV, "R": 10 * Mohm, "s": 1 * mV / ms**0.5}
    words = set(re.findall(r"[A-Za-z_]\w*", text))
    return build_cell(Neuron(text, **{key: value for key, value in values.items() if key in words}), synapses)


@pytest.mark.parametrize(
    ("name", "method", "reason"),
    [
        ("lif", "exact", "linear below threshold"),
        ("adapting", "exact", "linear below threshold"),
        ("noisy", "exact", "linear below threshold"),
        ("gate", "exponential_midpoint", "linear in its own variable"),
        ("gate_noisy", "exponential_midpoint", "linear in its own variable"),
        ("driven", "rk4", "depend on time"),
        ("quadratic", "rk4", "nonlinear and without noise"),
        ("quadratic_noisy", "heun", "Stratonovich"),
        ("multiplicative", "heun", "Stratonovich"),
        ("hidden", "heun", "Stratonovich"),
    ],
)
def test_auto(name: str, method: str, reason: str):
    choice = choose(cell(name).system)
    assert choice.method == method
    assert reason in choice.reason


def test_synapses_change_what_is_linear():
    current, conductance = Synapse.exponential(3 * ms), Synapse.conductance(3 * ms, 0 * mV)
    assert choose(cell("lif", current).system).method == "exact"
    assert choose(cell("lif", current, conductance).system).method == "exponential_midpoint"
    assert choose(cell("lif", Synapse.alpha(3 * ms), Synapse.delta()).system).method == "exact"


def test_random_functions_are_not_linear_input():
    assert not is_affine(cell("random").system)


@pytest.mark.parametrize(
    ("name", "additive"), [("noisy", True), ("gate_noisy", True), ("multiplicative", False), ("hidden", False)]
)
def test_additive_noise(name: str, additive: bool):
    assert has_additive_noise(cell(name).system) is additive


@pytest.mark.parametrize("method", METHODS)
def test_asked_for(method: str):
    assert choose(cell("lif").system, method).method == method


@pytest.mark.parametrize(
    ("name", "method", "message"),
    [
        (
            "lif",
            "rk5",
            "there is no integration method 'rk5'; there are: auto, exact, exponential_euler",
        ),
        (
            "quadratic",
            "exact",
            "method 'exact' needs equations that are linear in the states; use 'rk4' or 'exponential_midpoint'",
        ),
        ("noisy", "rk4", "method 'rk4' cannot integrate white noise; use 'heun'"),
        (
            "multiplicative",
            "exponential_euler",
            "method 'exponential_euler' needs noise whose strength is constant; use 'heun'",
        ),
    ],
)
def test_refused(name: str, method: str, message: str):
    with pytest.raises(ModelError) as error:
        choose(cell(name).system, method)
    assert message in str(error.value)


def test_explicit_euler_up_to_two_time_constants():
    matrix = np.array([[-1 / 10.0]])
    require_stable_euler(matrix, 20.0, ("v",))
    with pytest.raises(
        ModelError, match=r"unstable with dt = 20.1 ms .* of v: the largest stable step is 20 ms .*Use dt = 5\*ms"
    ):
        require_stable_euler(matrix, 20.1, ("v",))


def test_explicit_euler_of_an_oscillation():
    """|1 + dt lambda| <= 1 for lambda = -a + ib up to dt = 2a/(a**2 + b**2), which is far below 2/a."""
    a, b = 0.1, 1.0
    matrix = np.array([[-a, b], [-b, -a]])
    limit = 2 * a / (a**2 + b**2)
    require_stable_euler(matrix, 0.999 * limit, ("x", "y"))
    with pytest.raises(ModelError, match=r"the largest stable step is 0\.198 ms"):
        require_stable_euler(matrix, 1.001 * limit, ("x", "y"))


def test_growing_modes_are_the_models_own_affair():
    require_stable_euler(np.array([[0.5]]), 100.0, ("v",))
