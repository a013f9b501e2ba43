"""A neuron as a vector field: derivatives, units at the door, and the models that are refused."""

import numpy as np
import pytest

from rheobase import ModelError, Neuron, UnitError, library, uA, volt
from rheobase.dynamics.field import VectorField
from rheobase.units import cm, mV

#: All that have differential equations without jumps.
NEURONS = [
    name
    for name in library.names()
    if library.entry(name).kind == "neuron" and name != "poisson" and library.make(name).is_smooth
]


@pytest.mark.parametrize("name", NEURONS)
def test_derivatives_are_those_of_the_right_hand_side(name):
    """Against central differences: their error is h**2/6 times the third derivative, and rounding over h."""
    field = VectorField.of(library.make(name))
    rng = np.random.default_rng(3)
    x = field.start + 0.1 * rng.random(field.n)
    h = 1e-5
    scale = 1.0 + np.abs(field.jacobian(x)).max() + np.abs(field.third(x)).max() * 1e-2
    for k, step in enumerate(h * np.eye(field.n)):
        slope = (field.rhs(x + step) - field.rhs(x - step)) / (2 * h)
        curve = (field.jacobian(x + step) - field.jacobian(x - step)) / (2 * h)
        assert field.jacobian(x)[:, k] == pytest.approx(slope, abs=1e-7 * scale)
        assert field.second(x)[:, :, k] == pytest.approx(curve, abs=1e-7 * scale)
    assert field.input is not None
    more, less = (field.at(**{field.input: field.values[field.index(field.input)] + d}) for d in (h, -h))
    slope = (field.rhs(x, more) - field.rhs(x, less)) / (2 * h)
    assert field.by_parameter(x, field.input) == pytest.approx(slope, abs=1e-7 * scale)
    curve = (field.jacobian(x, more) - field.jacobian(x, less)) / (2 * h)
    assert field.mixed(x, field.input) == pytest.approx(curve, abs=1e-7 * scale)


@pytest.mark.parametrize("name", NEURONS)
def test_one_point_and_many_points_agree(name):
    field = VectorField.of(library.make(name))
    points = field.start[:, None] + 0.2 * np.random.default_rng(1).random((field.n, 4))
    for function in (field.rhs, field.jacobian, field.second, field.third):
        together = function(points)
        for k in range(4):
            alone = function(points[:, k])
            assert together[..., k] == pytest.approx(alone, rel=1e-12, abs=1e-13 * (1 + np.abs(alone).max()))


def test_a_value_without_a_finite_result_is_inf_or_nan_not_an_exception():
    field = VectorField.of(Neuron("dx/dt = (exp(x) + log(x) + 1/x)/ms : 1"))
    assert field.rhs([1e4])[0] == np.inf
    assert np.isnan(field.rhs([-1.0])[0])
    assert np.isnan(field.rhs([0.0])[0])  # -inf + inf
    assert field.jacobian([1e-200])[0, 0] == -np.inf


def test_units_at_the_door():
    field = VectorField.of(library.hodgkin_huxley(), I=7, g_K="3.6 mS/cm**2")
    assert field.unit_name("I") == "uA/cm2" or field.shown("I", 0.07) == pytest.approx(7)
    assert field.values[field.index("I")] == pytest.approx(field.read("I", 7 * uA / cm**2))
    assert field.read("g_K", "3.6 mS/cm**2") == pytest.approx(field.values[field.index("g_K")])
    assert field.read("v", [-60, 0 * mV]) == pytest.approx([-60.0, 0.0])
    bare = VectorField.of(Neuron("dv/dt = -v/(10*ms) + I/C : volt \n I : amp = 0*amp \n C : farad = 1e-10*farad"))
    assert bare.unit_name("v") == "mV"
    assert bare.read("v", 1 * volt) == pytest.approx(1e3)
    assert bare.unit_name("I") == "pA"
    with pytest.raises(UnitError, match="voltage"):
        field.read("I", 3 * mV)
    with pytest.raises(ModelError, match="finite"):
        field.read("I", np.nan)


REFUSED = {
    "dv/dt = (-v + sin(t/ms)*mV)/ms : mV": "contains the time t.*CurrentInput",
    "dv/dt = -v/ms + s*xi/ms**0.5 : mV \n s : mV = 2*mV": r"switch it off with neuron.with_\(s=0\)",
    "dv/dt = -v/ms + 2*mV*xi/ms**0.5 : mV": "drop the term with xi",
    "dv/dt = (-v + int(v > 0*mV)*mV)/ms : mV": r"'v' \(line 1\) has a jump.*smooth",
    "dv/dt = (-v + rand()*mV)/ms : mV": r"rand\(\)",
    "dv/dt = -v/dt : mV": "time step dt",
    "x = 3 : 1": "no differential equation",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_this_lens_cannot_look_at(text):
    with pytest.raises(ModelError, match=REFUSED[text]):
        VectorField.of(Neuron(text))


def test_noise_of_no_strength_and_kinks_without_derivatives_are_accepted():
    quiet = VectorField.of(Neuron("dv/dt = -v/ms + s*v*xi/ms**0.5 : 1 \n s : 1 = 0"))
    assert quiet.rhs([2.0]) == pytest.approx([-2.0])
    bent = VectorField.of(Neuron("dv/dt = (-v + abs(v))/ms : 1"), smooth=False)
    assert bent.rhs([-2.0]) == pytest.approx([4.0])


def test_unknown_and_unfit_parameters():
    neuron = library.hodgkin_huxley()
    with pytest.raises(ModelError, match=r"no parameter 'g_k'; did you mean 'g_K'\?"):
        VectorField.of(neuron, g_k=3)
    with pytest.raises(ModelError, match="'v' is a state"):
        VectorField.of(neuron).by_parameter([0, 0, 0, 0], "v")
    with pytest.raises(ModelError, match="differs from neuron to neuron"):
        VectorField.of(neuron.with_(I=np.arange(3) * uA / cm**2))


def test_the_voltage_and_the_input_are_found():
    assert VectorField.of(library.connor_stevens()).voltage == "v"
    odd = Neuron(
        "dx/dt = -x/ms : mV \n dV_m/dt = (x - V_m + i_ext)/ms : mV \n i_ext : mV = 0*mV", threshold="V_m > 0*mV"
    )
    field = VectorField.of(odd)
    assert (field.voltage, field.input) == ("V_m", "i_ext")
    assert VectorField.of(Neuron("dy/dt = -y/ms : 1 \n dv/dt = -v/ms : 1")).voltage == "v"


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("hodgkin_huxley", r"library.make\('hodgkin_huxley'\)"),
        (None, "a Neuron is needed, but NoneType"),
        (library.make("brunel2000", order=10), "not at a network"),
    ],
)
def test_what_is_no_neuron(model, sentence):
    with pytest.raises(ModelError, match=sentence):
        VectorField.of(model)


def test_a_parameter_is_one_number():
    with pytest.raises(ModelError, match="I has to be one number, but 2 were given"):
        VectorField.of(library.hodgkin_huxley(), I=[1, 2])
    with pytest.raises(ModelError, match=r"no state or parameter 'J'"):
        VectorField.of(library.hodgkin_huxley()).read("J", 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: VectorField.of(library.lif(), tau_m="-10 ms"),
            "tau_m = -10 ms is a time constant by which",
        ),
        (lambda: VectorField.of(library.hodgkin_huxley(), C_m=0), "C_m = 0 uF/cm.* is a capacitance .* positive"),
    ],
)
def test_time_constants_and_capacitances_are_positive(make, message):
    with pytest.raises(ModelError, match=message):
        make()
