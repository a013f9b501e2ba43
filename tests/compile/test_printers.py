"""One tree, four targets: the same numbers from Python, Numba, NumPy and JAX, and exact derivatives of any order."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.compile.numba_printer import NUMBA, NUMBA32
from rheobase.compile.numpy_printer import NUMPY
from rheobase.compile.printer import safe_names, show
from rheobase.compile.rhs import derivative, jacobian, parameter_vector, right_hand_side, source_text
from rheobase.compile.share import share
from rheobase.model.equations import Equations
from rheobase.model.errors import ModelError
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Call, Name, Number
from rheobase.model.neuron import Neuron
from rheobase.units import ms, mV, nS, pA, pF

TARGETS = ("python", "numba", "numpy", "jax")

HODGKIN_HUXLEY = Neuron(
    """
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
    I : uA/cm**2 = 10*uA/cm**2
    gNa : mS/cm**2 = 120*mS/cm**2
    gK : mS/cm**2 = 36*mS/cm**2
    gL : mS/cm**2 = 0.3*mS/cm**2
    C : uF/cm**2 = 1*uF/cm**2
    ENa : mV = 50*mV
    EK : mV = -77*mV
    EL : mV = -54.4*mV
    """
)
ADEX = Neuron(
    """
    dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + I)/C : mV
    dw/dt = (a*(v - E_L) - w)/tau_w : pA
    """,
    C=281 * pF, g_L=30 * nS, E_L=-70.6 * mV, V_T=-50.4 * mV, Delta_T=2 * mV, tau_w=144 * ms, a=4 * nS, I=800 * pA,
)  # fmt: skip
# Every function and operator of the grammar once; the names are those of Python words and of the printers' own helpers.
ZOO = Neuron(
    """
    dx/dt = (sin(x) + cos(y)*tan(0.1*z) + sinh(0.3*x) + cosh(0.2*y) + tanh(z) + arctan(x*y))/ms : 1
    dy/dt = (exp(-x**2) + log(1 + y**2) + log10(2 + z**2) + log1p(x**2) + expm1(0.1*y) + sqrt(1 + z**4) + select)/ms : 1
    dz/dt = (clip(x, -1, 1) + minimum(x, y)*maximum(y, z) + abs(x) + sign(y) + floor(3*z) + ceil(3*x) + int(4*y)
             + x % 2 + y // 2 + (arcsin(0.3*tanh(x)) if x > y and not z > 1 or y < -1 else arccos(0.3*tanh(y)))
             + timestep(3*x*ms, 1*ms) + int(x > 0 and y > 0) + (x*y*z)**2 + (x + y)**5 + (2 + x**2)**-3
             + (2 + y**2)**power2 + (1.5 + z**2)**9 * 1e-9 + exprel(x) + x**0)/ms : 1
    select = power2*exp(-x**2) : 1
    power2 : 1
    inf_ : 1
    """,
    power2=1.3, inf_=2,
)  # fmt: skip
MODELS = {"hodgkin_huxley": HODGKIN_HUXLEY, "adex": ADEX, "zoo": ZOO}


@pytest.fixture(autouse=True, scope="module")
def double_precision():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def functions():
    return {name: {target: right_hand_side(model, target) for target in TARGETS} for name, model in MODELS.items()}


def states(model):
    if model is ZOO:
        return st.tuples(*[st.floats(-2.0, 2.0, allow_subnormal=False) for _ in model.states])
    low, high = {"v": (-90.0, 40.0), "w": (-100.0, 500.0)}, (0.0, 1.0)
    return st.tuples(*[st.floats(*low.get(name, high), allow_subnormal=False) for name in model.states])


@pytest.mark.parametrize("name", MODELS)
def test_the_targets_agree(name, functions):
    model, found = MODELS[name], functions[name]
    parameters = parameter_vector(model)

    # (XLA takes subnormal numbers for 0, which floor can tell from a number just below it)
    @settings(max_examples=60, deadline=None)
    @given(states(model))
    def agree(state):
        state = np.array(state)
        reference = found["numpy"](state, parameters, 0.0)
        # the rounding of a sum is that of its largest term
        scale = max(1.0, float(np.abs(reference).max()))
        for target in ("python", "numba", "jax"):
            assert np.asarray(found[target](state, parameters, 0.0)) == pytest.approx(
                reference, rel=1e-12, abs=1e-12 * scale
            )

    agree()


def test_many_states_at_once(functions):
    model = HODGKIN_HUXLEY
    points = np.random.default_rng(0).random((4, 7)) * np.array([[100.0], [1.0], [1.0], [1.0]]) - [
        [80.0],
        [0],
        [0],
        [0],
    ]
    parameters = parameter_vector(model)
    single = np.stack([functions["hodgkin_huxley"]["numba"](point, parameters, 0.0) for point in points.T], axis=1)
    for target in ("numpy", "jax"):
        assert np.asarray(functions["hodgkin_huxley"][target](points, parameters, 0.0)) == pytest.approx(
            single, rel=1e-12
        )
    assert derivative(model, 2, "numpy")(points, parameters, 0.0).shape == (4, 4, 4, 7)


def test_the_functions_are_the_trees(functions):
    state = np.array([-63.0, 0.1, 0.5, 0.4])
    values = {**HODGKIN_HUXLEY.parameters, **dict(zip(HODGKIN_HUXLEY.states, state, strict=True))}
    for equation in HODGKIN_HUXLEY.equations.subexpressions:
        values[equation.name] = evaluate(equation.expression, values)
    expected = [evaluate(e.expression, values) for e in HODGKIN_HUXLEY.equations.differential]
    found = functions["hodgkin_huxley"]["numba"](state, parameter_vector(HODGKIN_HUXLEY), 0.0)
    assert found == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_derivatives_to_third_order_at_the_singularity(target):
    """Against JAX's own differentiation of a smooth form, at v = -40 mV, where the text is 0/0."""
    parameters = parameter_vector(HODGKIN_HUXLEY)
    state = np.array([-40.0, 0.3, 0.4, 0.5])

    def bernoulli(u):  # u/(1 - exp(-u)) to the tenth order around 0
        return 1 + u / 2 + u**2 / 12 - u**4 / 720 + u**6 / 30240 - u**8 / 1209600

    def gate(v, m):
        return bernoulli((v + 40.0) / 10.0) * (1 - m) - 4 * jax.numpy.exp(-(v + 65.0) / 18.0) * m

    assert jacobian(HODGKIN_HUXLEY, target)(state, parameters, 0.0)[1, 0] == pytest.approx(
        float(jax.grad(gate)(-40.0, 0.3)), rel=1e-12
    )
    second = derivative(HODGKIN_HUXLEY, 2, target)(state, parameters, 0.0)
    assert second[1, 0, 0] == pytest.approx(float(jax.grad(jax.grad(gate))(-40.0, 0.3)), rel=1e-11)
    assert (
        second[1, 0, 1]
        == second[1, 1, 0]
        == pytest.approx(float(jax.grad(jax.grad(gate), argnums=1)(-40.0, 0.3)), rel=1e-11)
    )
    third = derivative(HODGKIN_HUXLEY, 3, target)(state, parameters, 0.0)
    assert third[1, 0, 0, 0] == pytest.approx(float(jax.grad(jax.grad(jax.grad(gate)))(-40.0, 0.3)), rel=1e-9)
    assert (
        third[0, 1, 1, 2]
        == third[0, 1, 2, 1]
        == third[0, 2, 1, 1]
        == pytest.approx(-120 * 6 * 0.3 * (-40 - 50), rel=1e-12)
    )


@pytest.mark.parametrize("name", MODELS)
def test_derivatives_agree_with_automatic_differentiation(name):
    """JAX differentiates the value; our trees are differentiated before: two ways to the same tensors."""
    model = MODELS[name]
    parameters = parameter_vector(model)
    rng = np.random.default_rng(3)
    state = rng.random(model.n_states) if model is not ADEX else np.array([-55.0, 100.0])
    if model is HODGKIN_HUXLEY:
        state[0] = -61.3
    function = right_hand_side(model, "jax")
    for order in (1, 2) if model is ZOO else (1, 2, 3):
        differentiated = function
        for _ in range(order):
            differentiated = jax.jacfwd(differentiated)
        expected = np.asarray(differentiated(jax.numpy.array(state), parameters, 0.0))
        for target in ("numba", "numpy"):
            found = derivative(model, order, target)(state, parameters, 0.0)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * np.abs(expected).max())


def test_there_is_no_fourth_order():
    with pytest.raises(ValueError, match="derivatives are there to third order, not 4"):
        derivative(ADEX, 4)


def test_single_precision_stays_finite_at_the_singularities():
    for v in (-40.0, -55.0, -40.0 + 1e-5, -55.0 - 1e-5):
        state = np.array([v, 0.1, 0.5, 0.4], dtype=np.float32)
        single = right_hand_side(HODGKIN_HUXLEY, "jax")(state, parameter_vector(HODGKIN_HUXLEY).astype(np.float32), 0.0)
        double = right_hand_side(HODGKIN_HUXLEY, "numpy")(state.astype(float), parameter_vector(HODGKIN_HUXLEY), 0.0)
        assert single.dtype == np.float32
        assert np.asarray(single) == pytest.approx(double, rel=1e-4)


def test_literals_can_be_single_precision():
    tree = Equations.parse("x = 0.1*y + int(y > 0.5) : 1 \n y : 1")["x"].expression
    assert show(tree, NUMBA32) == "f32(0.1) * y + select((y > f32(0.5)), f32(1.0), f32(0.0))"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("(a + b)*c", "(a + b) * c"),
        ("a/(b*c)", "a / (b * c)"),
        ("-a**2", "-(a * a)"),
        ("(-a)**2", "power2(-a)"),
        ("a*(-b)", "a * -b"),
        ("-(a + b)", "-(a + b)"),
        ("a**-1*b", "1.0 / a * b"),
        ("b*a**-1", "b * (1.0 / a)"),
        ("a**b", "power(a, b)"),
        ("a**9", "power(a, 9.0)"),
        ("(a + b)**3", "power3(a + b)"),
        ("a - -3", "a - -3.0"),
        ("a if b > c and not c > a else -inf", "select(((b > c) & (not (c > a))), a, -inf)"),
        ("exp(a)*log(b)", "exp(a) * log(b)"),
    ],
)
def test_printed_source_reads_like_the_equation(text, printed):
    tree = Equations.parse(f"x = {text} : 1 \n a : 1 \n b : 1 \n c : 1")["x"].expression
    assert show(tree, NUMBA) == printed


def test_brackets_keep_the_value():
    text = "a - (b - c)/(a/(b/c)) - -(a - b)**2*(-c)**3/(a*(b + c))**-2"
    tree = Equations.parse(f"x = {text} : 1 \n a : 1 \n b : 1 \n c : 1")["x"].expression
    values = {"a": 1.7, "b": 0.4, "c": -2.2}
    by_text = 1.7 - (0.4 + 2.2) / (1.7 / (0.4 / -2.2)) + (1.7 - 0.4) ** 2 * 2.2**3 / (1.7 * (0.4 - 2.2)) ** -2
    assert evaluate(tree, values) == pytest.approx(by_text, rel=1e-14)
    neuron = Neuron(f"dx/dt = ({text} - x)/ms : 1", **values)
    assert right_hand_side(neuron, "numpy")(np.array([0.0]), parameter_vector(neuron), 0.0)[0] == pytest.approx(
        by_text, rel=1e-14
    )


def test_names_never_hide_a_helper():
    spelling = safe_names(["select", "select_", "exp_1", "v"], NUMPY)
    assert spelling == {"select": "select__", "select_": "select_", "exp_1": "exp_1", "v": "v"}


def test_common_parts_are_computed_once():
    text = "dx/dt = (exp(-x/a) + exp(-x/a)**2)/ms : 1 \n dy/dt = y*exp(-x/a)/ms : 1"
    assert source_text(Neuron(text, a=2.0)).count("exp(-x / a)") == 1


def test_random_calls_are_never_shared():
    call = Binary("+", Call("rand", ()), Call("rand", ()))
    program = share({}, [call, Binary("*", Number(2.0), call)])
    assert "rand" not in {name for name, _ in program.steps if name.startswith("rand_")}
    assert all(isinstance(result, Binary) for result in program.results)


def test_unused_quantities_are_left_out():
    program = share({"a": Number(1.0), "b": Name("a")}, [Name("x")])
    assert program.steps == ()


def test_long_chains_of_quantities_do_not_explode():
    chain = "\n".join(f"x{i} = 0.5*x{i + 1}*x{i + 1} : 1" for i in range(60))
    neuron = Neuron(f"dv/dt = -v*x0/(10*ms) : 1 \n {chain} \n x60 = sin(v) : 1")
    assert len(source_text(neuron)) < 6000
    assert jacobian(neuron, "numpy")(np.array([1.0]), [], 0.0) == pytest.approx(np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (Neuron("dv/dt = (rand() - v)/ms : 1"), r"the equations call rand\(\)"),
        (Neuron("dv/dt = (int(t/dt) - v)/ms : 1"), "the equations use the time step dt"),
        (Neuron("r : Hz = 1*Hz", threshold="rand() < r*dt"), "the neuron has no differential equation"),
    ],
)
def test_what_has_no_right_hand_side_says_so(neuron, message):
    with pytest.raises(ModelError, match=message):
        right_hand_side(neuron)


def test_parameters_that_differ_between_neurons_have_no_single_right_hand_side():
    with pytest.raises(ModelError, match="parameter 'I' is not one number"):
        parameter_vector(ADEX.with_(I=[1, 2] * pA))


def test_noise_is_zero_in_the_right_hand_side():
    noisy = Neuron("dv/dt = -v/tau + 3*xi*tau**-0.5 : 1", tau=10 * ms)
    assert right_hand_side(noisy, "numpy")(np.array([5.0]), parameter_vector(noisy), 0.0) == pytest.approx([-0.5])
