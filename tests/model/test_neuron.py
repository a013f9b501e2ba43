"""The neuron: values, defaults, changes, what it knows about itself, and how it is shown."""

import pickle

import numpy as np
import pytest

from rheobase.model.distribution import Normal, Uniform
from rheobase.model.errors import EquationError, UnitError
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Name, Number
from rheobase.model.neuron import Neuron
from rheobase.model.statements import Assignment
from rheobase.units import Mohm, ms, mV, nS, pA, pF, volt

LIF = """
dv/dt = (E_L - v + R*I)/tau_m : mV (unless refractory) = E_L
E_L : mV = -70*mV
tau_m : ms (constant) = 20*ms
R : Mohm = 100*Mohm
I : pA = 0*pA
"""


@pytest.fixture(scope="module")
def lif():
    return Neuron(
        LIF, threshold="v > v_th", reset="v = v_r; v += 0*mV", refractory=2 * ms, v_th=-50 * mV, v_r=-60 * mV,
        name="LIF", source="Lapicque (1907), J. Physiol. Pathol. Gen. 9:620", notes="no spike shape",
    )  # fmt: skip


def test_values_are_in_internal_units(lif):
    assert dict(lif.parameters) == {"E_L": -70.0, "tau_m": 20.0, "R": 0.1, "I": 0.0, "v_th": -50.0, "v_r": -60.0}
    assert dict(lif.initial) == {"v": -70.0}


def test_events_are_trees(lif):
    assert lif.threshold == Binary(">", Name("v"), Name("v_th"))
    assert lif.reset == (Assignment("v", "=", Name("v_r")), Assignment("v", "+=", Number(0.0)))
    assert lif.refractory == Number(2.0)
    assert dict(lif.texts) == {"threshold": "v > v_th", "reset": "v = v_r; v += 0*mV", "refractory": "2*ms"}


def test_nothing_can_be_changed_in_place(lif):
    with pytest.raises(AttributeError):
        lif.method = "rk4"
    with pytest.raises(TypeError):
        lif.parameters["R"] = 1.0


def test_an_array_is_copied():
    current = np.array([1.0, 2.0])
    neuron = Neuron(LIF, I=current * pA)
    given = Neuron("dx/dt = a/ms : 1 \n a : 1", a=current)
    current[:] = 0.0
    assert neuron.parameters["I"].tolist() == [1.0, 2.0]
    assert given.parameters["a"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("changes", "where", "name", "value"),
    [
        ({"tau_m": 5 * ms}, "parameters", "tau_m", 5.0),
        ({"tau_m": "5 ms"}, "parameters", "tau_m", 5.0),
        ({"I": 0}, "parameters", "I", 0.0),
        ({"v": -0.061 * volt}, "initial", "v", -61.0),
        ({"E_L": -80 * mV}, "initial", "v", -80.0),
        ({"v": Normal(-60 * mV, 5 * mV)}, "initial", "v", Normal(-60.0, 5.0)),
        ({"I": Uniform(0 * pA, 0.1 * Mohm**-1 * mV)}, "parameters", "I", Uniform(0.0, 100.0)),
    ],
)
def test_changes(lif, changes, where, name, value):
    changed = lif.with_(**changes)
    assert getattr(changed, where)[name] == (pytest.approx(value) if isinstance(value, float) else value)
    assert changed.texts == lif.texts
    assert changed != lif or changes == {"I": 0}


def test_changes_of_events(lif):
    assert lif.with_(threshold=None).threshold is None
    assert not lif.with_(reset=None).has_reset
    assert lif.with_(refractory="v > -50*mV").refractory == Binary(">", Name("v"), Number(-50.0))
    assert lif.with_(refractory="tau_m/10").refractory == Binary("/", Name("tau_m"), Number(10.0))
    assert (lif.with_(method="rk4").method, lif.with_(name="other").name) == ("rk4", "other")


def test_defaults_may_need_each_other_in_any_order():
    neuron = Neuron(
        "dv/dt = -v/tau : mV = 2*E \n tau : ms = C/g \n C : pF = 20*ms*g \n g : nS = 10*nS \n E : mV = -1*mV"
    )
    assert dict(neuron.parameters) == {"tau": 20.0, "C": 200.0, "g": 10.0, "E": -1.0}
    assert neuron.initial["v"] == -2.0
    assert neuron.with_(g=5 * nS).parameters["C"] == 100.0
    assert neuron.with_(C=100 * pF).parameters["tau"] == 10.0
    assert neuron.with_(g=[5, 10] * nS).parameters["C"].tolist() == [100.0, 200.0]


def test_a_default_cannot_follow_from_random_values():
    with pytest.raises(EquationError, match="the default of 'tau' depends on 'C', which is drawn at random"):
        Neuron("dv/dt = -v/tau : mV \n tau : ms = C/g \n C : pF \n g : nS = 1*nS", C=Uniform(1 * pF, 2 * pF))


def test_equal_texts_and_values_make_equal_neurons(lif):
    again = pickle.loads(pickle.dumps(lif))
    assert again == lif
    assert hash(again) == hash(lif)
    assert lif != lif.with_(R=1 * Mohm)
    assert lif != 3


def test_numbers_for_quantities_are_refused(lif):
    with pytest.raises(UnitError):
        lif.with_(tau_m=20)


SHAPES = [
    # text, linear below threshold, smooth
    ("dv/dt = (a - v)/tau : 1", True, True),
    ("dv/dt = (u - v)/tau : 1 \n du/dt = -u/tau : 1", True, True),
    ("dv/dt = x/tau : 1 \n x = a - b*v : 1", True, True),
    ("dv/dt = -v/tau + a*xi*tau**-0.5 : 1", True, True),
    ("dv/dt = -v/tau + v*xi*tau**-0.5 : 1", False, True),
    ("dv/dt = -v**2/tau : 1", False, True),
    ("dv/dt = -u*v/tau : 1 \n du/dt = -u/tau : 1", False, True),
    ("dv/dt = exp(v)/tau : 1", False, True),
    ("dv/dt = a/v/tau : 1", False, True),
    ("dv/dt = (a*sin(t/tau) - v)/tau : 1", False, True),
    ("dv/dt = (rand() - v)/tau : 1", False, True),
    ("dv/dt = (a if a > b else -v)/tau : 1", True, True),
    ("dv/dt = (a if v > b else -v)/tau : 1", False, False),
    ("dv/dt = -abs(v)/tau : 1", False, False),
    ("dv/dt = -floor(v)/tau : 1", False, False),
    ("dv/dt = (x - v)/tau : 1 \n x = clip(v, 0, 1) : 1", False, False),
    ("dv/dt = (x - v)/tau : 1 \n x = clip(a, 0, 1) : 1", True, True),
    ("dv/dt = (int(t > a*tau) - v)/tau : 1", False, True),
    ("dv/dt = a*(v - b)*(b + 1)/tau : 1", True, True),
]


@pytest.mark.parametrize(("text", "linear", "smooth"), SHAPES)
def test_shape_of_the_equations(text, linear, smooth):
    values = {name: 1.0 for name in "ab" if name in text.replace("tau", "").replace("abs", "").replace("rand", "")}
    values = {name: 1.0 for name in values if f"{name}" in _names(text)}
    neuron = Neuron(text, tau=10 * ms, **values)
    assert (neuron.is_linear_below_threshold, neuron.is_smooth) == (linear, smooth)


def _names(text):
    import re

    return set(re.findall(r"[A-Za-z_]\w*", text))


def test_a_long_chain_of_quantities_is_classified_at_once():
    chain = "\n".join(f"x{i} = x{i + 1} + x{i + 1} : 1" for i in range(200))
    neuron = Neuron(f"dv/dt = -x0/(10*ms) : 1 \n {chain} \n x200 = v : 1")
    assert neuron.is_linear_below_threshold


def test_a_neuron_without_states_is_a_source():
    neuron = Neuron("rates : Hz = 10*Hz", threshold="rand() < rates*dt")
    assert (neuron.n_states, neuron.states, neuron.has_reset) == (0, (), False)


def test_white_noise_is_counted():
    neuron = Neuron("dv/dt = -v/tau + s*xi_1*tau**-0.5 : 1 \n s = 2 + 0*xi_2*tau**0.5 : 1", tau=10 * ms)
    assert neuron.noise == ("xi_1", "xi_2")


def test_resets_over_several_lines():
    neuron = Neuron(
        "dv/dt = -v/ms : 1 \n dw/dt = -w/ms : 1",
        reset="""
        v = 0   # back
        w += (1 +
              2*v)
        w *= 0.5 ; w /= 2; v -= 1
        """,
    )
    assert [(line.name, line.op) for line in neuron.reset] == [
        ("v", "="),
        ("w", "+="),
        ("w", "*="),
        ("w", "/="),
        ("v", "-="),
    ]
    assert evaluate(neuron.reset[1].expression, {"v": 1.0}) == 3.0


def test_summary(lif):
    assert lif.summary() == "\n".join([
        "LIF",
        "states: v = -70 mV at start",
        "parameters: E_L = -70 mV, tau_m = 20 ms, R = 100 Mohm, I = 0 pA, v_th = -50 mV, v_r = -60 mV",
        "threshold: v > v_th",
        "reset: v = v_r; v += 0*mV",
        "refractory: 2*ms",
        "method: exact, the equations are linear below threshold, so their propagator is exact at any time step",
        "source: Lapicque (1907), J. Physiol. Pathol. Gen. 9:620",
        "notes: no spike shape",
    ])  # fmt: skip
    assert lif.cite() == "Lapicque (1907), J. Physiol. Pathol. Gen. 9:620"
    assert repr(lif) == "Neuron('LIF', states: v; 6 parameters)"


def test_latex(lif):
    assert lif.latex() == "\n".join([
        r"\begin{aligned}",
        r"\frac{dv}{dt} &= \frac{E_{L} - v + R \, I}{\tau_{m}} \\",
        r"\text{spike if}\quad & v > v_{\mathrm{th}} \\",
        r"v &\leftarrow v_{r} \\",
        r"v &\leftarrow v + 0 \, \mathrm{mV}",
        r"\end{aligned}",
    ])  # fmt: skip
    assert lif._repr_latex_().startswith("$")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(a + b)*a", r"\left(a + b\right) \, a"),
        ("a - (b - a)", r"a - \left(b - a\right)"),
        ("a**2 + sqrt(b)", r"a^{2} + \sqrt{b}"),
        ("(a + b)**2", r"\left(a + b\right)^{2}"),
        ("-a*b", r"-a \, b"),
        ("a*(-b)", r"a \, \left(-b\right)"),
        ("exp(-a/b)", r"\exp\left(\frac{-a}{b}\right)"),
        ("abs(a) + floor(b)", r"\left|a\right| + \left\lfloor b \right\rfloor"),
        ("1e-6*a + 0.01", r"10^{-6} \, a + 0.01"),
        ("2.5e6*a", r"2.5 \cdot 10^{6} \, a"),
        ("2*3", r"2 \cdot 3"),
        ("a if a > b else b", r"\begin{cases} a & \text{if } a > b \\ b & \text{otherwise} \end{cases}"),
        ("int(a >= b and not a == 1)", r"\operatorname{int}\left(a \ge b \wedge \neg \left(a = 1\right)\right)"),
        ("Delta_T + alpha_m1 + v1", r"\Delta_{T} + \alpha_{\mathrm{m1}} + v_{1}"),
    ],
)  # fmt: skip
def test_latex_of_expressions(text, shown):
    neuron = Neuron(f"x = {text} : 1 \n a : 1 = 1 \n b : 1 = 1 \n Delta_T, alpha_m1, v1 : 1 = 1")
    assert neuron.latex().split("\n")[1] == f"x &= {shown}"
