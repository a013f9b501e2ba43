"""The grammar: what the lines of a model may look like, and what they mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.model.equations import Equations
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Call, Name, Number, Unary
from rheobase.units import Dimension, pA, pF

TEXT = """
# a comment with a colon: and brackets (
dv/dt = (g_L*(E_L - v)
         + I_syn       # goes on
         )/C : mV (unless refractory) = E_L
I_syn = g*(E_e - v)*gate + offset : amp   # tail
gate = int(v > -50*mV and not_refractory) : 1 (constant over dt)
high = v > 0*mV or not gate > 0.5 : boolean
dg/dt = -g/(5*ms) : nS
g_L : nS (constant) = 10*nS
C : farad = 20*ms*g_L (shared, constant)
E_L, E_e : mV
offset : pA = 0
n : integer
flag : boolean
"""


@pytest.fixture(scope="module")
def equations():
    return Equations.parse(TEXT)


def test_kinds_and_order(equations):
    assert equations.states == ("v", "g")
    assert [e.name for e in equations.parameters] == ["g_L", "C", "E_L", "E_e", "offset", "n", "flag"]
    names = [e.name for e in equations.subexpressions]
    assert names.index("gate") < names.index("I_syn")


def test_flags_stand_before_or_after_the_default(equations):
    assert equations["v"].flags == {"unless refractory"}
    assert equations["g_L"].flags == {"constant"}
    assert equations["C"].flags == {"shared", "constant"}
    assert equations["gate"].flags == {"constant over dt"}


def test_defaults_are_in_internal_units(equations):
    assert equations["g_L"].default == Number(10.0)
    assert evaluate(equations["C"].default, {"g_L": 10.0}) == 200.0
    assert equations["v"].default == Name("E_L")


def test_types(equations):
    assert [equations[name].type for name in ("n", "flag", "high", "g")] == ["integer", "boolean", "boolean", "float"]


def test_lines_are_those_of_the_text(equations):
    assert (equations["v"].line, equations["I_syn"].line) == (3, 6)


def test_units_vanish_from_the_trees():
    tree = Equations.parse("dx/dt = -(x - 2*volt)/(10*ms) : volt")["x"].expression
    assert tree == Binary("/", Unary("-", Binary("-", Name("x"), Number(2000.0))), Number(10.0))
    assert evaluate(tree, {"x": 3000.0}) == -100.0


def test_conditions_used_as_numbers_are_counted():
    tree = Equations.parse("x = 3*(t > 2*ms) : 1")["x"].expression
    assert tree == Binary("*", Number(3.0), Call("int", (Binary(">", Name("t"), Number(2.0)),)))
    assert [evaluate(tree, {"t": t}) for t in (1.0, 2.5)] == [0.0, 3.0]


def test_chained_comparisons_mean_what_they_say():
    tree = Equations.parse("x = 1*ms < t < 3*ms : boolean")["x"].expression
    assert [evaluate(tree, {"t": t}) for t in (0.5, 2.0, 4.0)] == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 if t > 1*ms else 3", 2.0),
        ("True and not False", 1.0),
        ("7 // 2 + 7 % 4", 6.0),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("clip(5, 0, 3) + minimum(1, 2) + maximum(1, 2)", 6.0),
        ("exprel(0)", 1.0),
        ("timestep(0.3*ms, 0.1*ms)", 3.0),
        ("int(-2.7) + floor(-2.5) + ceil(2.5) + sign(-3*mV) + abs(-2)", -1.0),
        ("1e3*mV/volt", 1.0),
        ("(t > 1*ms) == (t > 2*ms)", 1.0),
        ("arctan(1)*4/pi + log(e) + log10(100) + log1p(0) + expm1(0)", 4.0),
        ("sqrt(4*mV**2)/mV", 2.0),
    ],
)
def test_expressions_have_the_value_that_python_gives_them(text, value):
    kind = "boolean" if "True" in text or "==" in text else "1"
    tree = Equations.parse(f"x = {text} : {kind}")["x"].expression
    assert float(evaluate(tree, {"t": 5.0})) == pytest.approx(value, rel=1e-15)


UNITS = (
    *("1", "Hz", "1/second", "nS/um**2", "uA/cm**2", "siemens/meter**2", "mvolt", "amp", "V", "(mV)", "mM"),
    *("volt**2*second**-1", "msiemens/cm**2"),
)


@pytest.mark.parametrize("unit", UNITS)
def test_units_behind_the_colon(unit):
    assert Equations.parse(f"x : {unit}")["x"].unit.name


def test_names_given_from_outside_have_the_dimension_of_their_value():
    equations = Equations.parse("dv/dt = I/C : volt", {"I": pA.dimension, "C": pF.dimension})
    assert equations.dimension_of("I") == Dimension.of(current=1)
    assert equations.extra == (("I", pA.dimension), ("C", pF.dimension))


def test_a_variable_hides_the_unit_of_its_name():
    equations = Equations.parse("x = 2*mS : 1 \n mS : 1")
    assert evaluate(equations["x"].expression, {"mS": 3.0}) == 6.0


def test_noise_has_the_unit_of_one_over_the_root_of_time():
    equations = Equations.parse("dv/dt = -v/tau + sigma*sqrt(2/tau)*xi + mu*xi_2*(1*ms)**-0.5 : volt \n"
                                "tau : second \n sigma : volt \n mu : volt")  # fmt: skip
    assert equations.noise == ("xi", "xi_2")


# The same membrane in millivolts and milliseconds, and in volts and seconds.
_SMALL = "dv/dt = ({E}*mV - v)/({tau}*ms) + {I}*pA/({C}*pF) + {D}*mV*exp((v - {E}*mV)/({D}*mV))/({tau}*ms) : mV"
_LARGE = ("dv/dt = ({E}e-3*volt - v)/({tau}e-3*second) + {I}e-12*amp/({C}e-12*farad)"
          " + {D}e-3*volt*exp((v - {E}e-3*volt)/({D}e-3*volt))/({tau}e-3*second) : volt")  # fmt: skip


@given(
    st.integers(-80, -50), st.integers(1, 100), st.integers(0, 900), st.integers(1, 500), st.integers(1, 9),
    st.floats(-90, -40),
)  # fmt: skip
def test_the_same_model_in_other_units_is_the_same(rest, tau, current, capacitance, slope, v):
    numbers = {"E": rest, "tau": tau, "I": current, "C": capacitance, "D": slope}
    small = Equations.parse(_SMALL.format(**numbers))["v"].expression
    large = Equations.parse(_LARGE.format(**numbers))["v"].expression
    assert evaluate(large, {"v": v}) == pytest.approx(evaluate(small, {"v": v}), rel=1e-12)


PUBLISHED = {
    "leaky integrate-and-fire with noise": "dv/dt = (v0 - v)/tau + sigma*xi*tau**-0.5 : volt (unless refractory) \n"
    "v0 : volt \n tau : second (constant) \n sigma : volt (shared)",
    "exponential conductances (COBA)": "dv/dt = (ge*(Ee-v)+gi*(Ei-v)-(v-El))/taum : volt (unless refractory) \n"
    "dge/dt = -ge*(1./taue) : 1 \n dgi/dt = -gi*(1./taui) : 1 \n Ee:volt\nEi:volt\nEl:volt\ntaum:second\ntaue:second\n"
    "taui:second",
    "Izhikevich (2003)": "dv/dt = (0.04*v**2/mV + 5*v + 140*mV - u)/ms + I : volt \n"
    "du/dt = a*(b*v - u) : volt \n I : volt/second \n a : 1/second \n b : 1",
    "FitzHugh-Nagumo": "dx/dt = (x - x**3/3 - y + i_ext)/ms : 1 \n dy/dt = 0.08*(x + 0.7 - 0.8*y)/ms : 1 \n i_ext : 1",
    "Hodgkin-Huxley (1952)": """
        dv/dt = (I - gNa*m**3*h*(v - ENa) - gK*n**4*(v - EK) - gL*(v - EL))/C : volt
        dm/dt = a_m*(1 - m) - b_m*m : 1
        dh/dt = a_h*(1 - h) - b_h*h : 1
        dn/dt = a_n*(1 - n) - b_n*n : 1
        a_m = 0.1*(v + 40*mV)/mV/(1 - exp(-(v + 40*mV)/(10*mV)))/ms : Hz
        b_m = 4*exp(-(v + 65*mV)/(18*mV))/ms : Hz
        a_h = 0.07*exp(-(v + 65*mV)/(20*mV))/ms : Hz
        b_h = 1/(1 + exp(-(v + 35*mV)/(10*mV)))/ms : Hz
        a_n = 0.01*(v + 55*mV)/mV/(1 - exp(-(v + 55*mV)/(10*mV)))/ms : Hz
        b_n = 0.125*exp(-(v + 65*mV)/(80*mV))/ms : Hz
        I : amp/meter**2
        gNa, gK, gL : siemens/meter**2
        ENa, EK, EL : volt
        C : farad/meter**2
        """,
    "Morris-Lecar (1981)": """
        dv/dt = (-gL*(v - VL) - gCa*minf*(v - VCa) - gK*w*(v - VK) + I)/C : volt
        dw/dt = lamb*(winf - w) : 1
        minf = 0.5*(1 + tanh((v - V1)/V2)) : 1
        winf = 0.5*(1 + tanh((v - V3)/V4)) : 1
        lamb = lambn*cosh((v - V3)/(2*V4)) : Hz
        gL, gCa, gK : siemens
        VL, VCa, VK, V1, V2, V3, V4 : volt
        lambn : Hz
        C : farad
        I : amp
        """,
    "adaptive threshold": "dv/dt = -v/(10*ms) : volt \n dvt/dt = (10*mV - vt)/(15*ms) : volt",
    "theta neuron": "dtheta/dt = (1 - cos(theta) + (1 + cos(theta))*eta)/ms : 1 \n eta : 1",
    "refractory clock and random drive": "dv/dt = (I - v)/(20*ms)*int(t - lastspike > 3*ms) : 1 \n"
    "I = 2*rand() + 0.1*randn() + sin(2*pi*freq*t) : 1 (constant over dt) \n freq : Hz",
}


@pytest.mark.parametrize("text", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_published_models_are_read_as_they_stand(text):
    equations = Equations.parse(text)
    rng = np.random.default_rng(1)
    values = {name: 1.0 + rng.random() for name in (*equations.states, *(e.name for e in equations.parameters))}
    values |= {"t": 7.0, "lastspike": 1.0, **dict.fromkeys(equations.noise, 0.0)}
    for equation in (*equations.subexpressions, *equations.differential):
        if "rand" in text and equation.name == "I":
            values["I"] = 0.5
            continue
        values[equation.name if equation.kind == "subexpression" else f"d{equation.name}"] = evaluate(
            equation.expression, values
        )
    assert all(np.isfinite(value) for value in values.values())


def test_hodgkin_huxley_rates_have_their_published_values():
    # Hodgkin & Huxley (1952), at rest (-65 mV): alpha_m = 0.2236, beta_m = 4, alpha_h = 0.07, alpha_n = 0.0582 per ms.
    equations = Equations.parse(PUBLISHED["Hodgkin-Huxley (1952)"])
    rates = {
        name: evaluate(equations[name].expression, {"v": -65.0}) for name in ("a_m", "b_m", "a_h", "b_h", "a_n", "b_n")
    }
    expected = {"a_m": 0.22356, "b_m": 4.0, "a_h": 0.07, "b_h": 0.047426, "a_n": 0.058198, "b_n": 0.125}
    assert rates == pytest.approx(expected, rel=1e-4)
