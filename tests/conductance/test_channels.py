"""Neurons by parts against the library's neurons, published curves, and mistakes."""

import math

import numpy as np
import pytest

from rheobase import library, mS, mV, nS, pA
from rheobase.compile.rhs import jacobian, parameter_vector, right_hand_side
from rheobase.conductance import Channel, Gate, celsius, channels, leak, membrane
from rheobase.errors import ModelError
from rheobase.simulation import simulate
from rheobase.units import cm, kelvin, ms, parse_unit, uA

SQUID = (channels.sodium_squid(), channels.potassium_squid(), channels.leak_squid())
GASTROPOD = (
    channels.sodium_gastropod(), channels.potassium_gastropod(), channels.a_current(), channels.leak_gastropod(),
)  # fmt: skip
CALCIUM = Channel("Ca", {}, g="1 nS", valence=2, inside="Cai", outside="2 mM")
MINIMAL = (channels.leak_minimal(), channels.persistent_sodium(), channels.potassium_minimal())


def equilibrium(neuron):
    f, df = right_hand_side(neuron, "python"), jacobian(neuron, "python")
    p, x = parameter_vector(neuron), np.array([float(value) for value in neuron.initial.values()])
    for _ in range(50):
        step = np.linalg.solve(df(x, p, 0.0), f(x, p, 0.0))
        x = x - step
        if np.all(np.abs(step) < 1e-14 * (1 + np.abs(x))):
            break
    return dict(zip(neuron.states, x, strict=True))


@pytest.mark.parametrize(
    "parts, name, threshold",
    [(SQUID, "hodgkin_huxley", 0), (MINIMAL, "inap_ik", -20), (GASTROPOD, "connor_stevens", 0)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_composed_neuron_is_the_library_s(parts, name, threshold):
    composed, known = membrane(*parts, C="1 uF/cm**2", threshold=f"v > {threshold}*mV"), library.make(name)
    ours, theirs = equilibrium(composed), equilibrium(known)
    for state in known.states:
        assert ours[state] == pytest.approx(theirs[state], rel=1e-12, abs=1e-12)
    given = {"I": 10 * uA / cm**2, "v": -65 * mV} | {state: 0.3 for state in known.states if state != "v"}
    one, other = (simulate(n.with_(**given), 60 * ms, dt=0.02 * ms, record="v") for n in (composed, known))
    assert one.train().size > 0
    np.testing.assert_array_equal(one.train(), other.train())
    np.testing.assert_allclose(one.traces["neuron"]["v"], other.traces["neuron"]["v"], rtol=0, atol=1e-7)


def test_right_hand_sides_agree_to_rounding_at_random_states():
    rng = np.random.default_rng(3)
    composed, known = membrane(*GASTROPOD, C="1 uF/cm**2"), library.connor_stevens()
    states = np.vstack([rng.uniform(-100, 40, (1, 50)), rng.uniform(0, 1, (len(known.states) - 1, 50))])
    order = [known.states.index(state) for state in composed.states]
    ours = right_hand_side(composed, "numpy")(states[order], parameter_vector(composed), 0.0)
    theirs = right_hand_side(known, "numpy")(states, parameter_vector(known), 0.0)[order]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-10)


def test_starts_at_rest():
    neuron = membrane(*SQUID, C="1 uF/cm**2")
    recording = simulate(neuron, 20 * ms, record="v")
    assert np.ptp(recording.traces["neuron"]["v"]) < 1e-3  # the text has six digits
    assert neuron.initial["v"] == pytest.approx(-64.996379331192, abs=1e-4)


def test_absolute_units_and_area_give_the_same_neuron():
    area = 500.0  # um**2
    factor = area * 1e-8  # cm**2
    whole = membrane(
        *(c.with_(g=f"{float(c.g.to('mS/cm**2')) * factor * 1e6!r} nS") for c in SQUID), C=f"{factor * 1e6!r} pF"
    )
    by_area = membrane(*SQUID, C="1 uF/cm**2", area=f"{area} um**2", I=20 * pA)
    assert by_area.equations["I"].unit.name == "pA" and whole.equations["I"].unit.name == "pA"
    one, other = equilibrium(whole.with_(I=20 * pA)), equilibrium(by_area)
    for state, value in one.items():
        assert value == pytest.approx(other[state], rel=1e-11)


def test_clashing_names_get_the_channel_s_name_whatever_the_order():
    nap = channels.persistent_sodium(E="50 mV")
    for order in ((*SQUID, nap), (nap, *SQUID)):
        neuron = membrane(*order, C="1 uF/cm**2")
        assert set(neuron.states) == {"v", "m_Na", "h", "n"}
        assert {"m_inf_NaP", "alpha_m_Na", "alpha_h"} <= {e.name for e in neuron.equations.subexpressions}
        assert list(neuron.parameters).count("E_Na") == 1  # one ion, one reversal potential
    with pytest.raises(ModelError, match="give E_Na two values"):
        membrane(*SQUID, channels.persistent_sodium(E="60 mV"), C="1 uF/cm**2")


def test_only_whole_names_are_renamed():
    odd = Channel("X", {"m": Gate(inf="1/(1 + exp(-(v + 1e1*mV)/(k_m*mV)))", tau="2*ms")}, g="1 mS/cm**2", E="0 mV",
                  k_m=3.0)  # fmt: skip
    text = membrane(*SQUID, odd, C="1 uF/cm**2").equations.text
    assert "m_X_inf" not in text and "(1 + exp(-(v + 1e1*mV)/(k_m*mV)))" in text and "(m_inf_X - m_X)/tau_m_X" in text


@pytest.mark.parametrize("make", [getattr(channels, name) for name in channels.__all__], ids=channels.__all__)
def test_published_channels_have_curves_and_a_source(make):
    channel = make()
    gating = channel.gating()
    assert channel.cite() and gating.v.size == 361
    for inf in gating.inf.values():
        assert np.all((inf >= 0) & (inf <= 1.015))  # the fit of I_A goes a hair beyond 1
    for tau in gating.tau.values():
        assert np.all(np.isfinite(tau) & (tau > 0))


@pytest.mark.parametrize(
    "channel, gate, half_at, slope",
    [
        (channels.persistent_sodium(), "m", -20.0, 15.0),
        (channels.potassium_minimal(), "n", -25.0, 5.0),
        (channels.m_current(), "p", -35.0, 10.0),
        (channels.h_current(), "r", -75.0, -5.5),
        (channels.t_type(), "s", -59.0, 6.2),
        (channels.t_type(), "u", -83.0, -4.0),
    ],
    ids=["NaP", "K", "M", "h", "CaT s", "CaT u"],
)
def test_half_activation_and_slope_are_the_published_ones(channel, gate, half_at, slope):
    v = half_at + np.array([0.0, slope])
    np.testing.assert_allclose(channel.gating(v).inf[gate], [0.5, 1 / (1 + math.exp(-1))], rtol=1e-12)


def test_published_time_constants():
    v = np.array([-75.0])
    assert channels.h_current().gating(v).tau["r"][0] == pytest.approx(
        1 / (math.exp(-14.59 + 0.086 * 75) + math.exp(-1.87 - 0.0701 * 75)), rel=1e-12
    )
    slow = channels.m_current().gating(np.array([-35.0]))
    assert slow.tau["p"][0] == pytest.approx(608 / 4.3, rel=1e-12)  # 3.3 + 1 at its middle
    squid = channels.sodium_squid().gating(np.array([-40.0, -65.0]))
    assert squid.tau["m"][0] == pytest.approx(1 / (1 + 4 * math.exp(-25 / 18)), rel=1e-12)  # alpha is 1/ms at its pole
    assert squid.tau["h"][1] == pytest.approx(1 / (0.07 + 1 / (1 + math.exp(3))), rel=1e-12)


def test_gates_are_faster_when_warm_and_otherwise_the_same():
    sodium = channels.sodium_squid()
    slow, warm = sodium.gating(), sodium.gating(temperature=celsius(16.3))
    np.testing.assert_allclose(warm.tau["m"], slow.tau["m"] / 3, rtol=1e-12)
    np.testing.assert_array_equal(warm.inf["h"], slow.inf["h"])
    assert slow.temperature == pytest.approx(6.3) and warm.temperature == pytest.approx(16.3)
    neuron = membrane(*SQUID, C="1 uF/cm**2", temperature="16.3 celsius")
    cold = membrane(*SQUID, C="1 uF/cm**2")
    f, g = right_hand_side(neuron, "python"), right_hand_side(cold, "python")
    x = np.array([-50.0, 0.2, 0.4, 0.5])
    fast, slow = f(x, parameter_vector(neuron), 0.0), g(x, parameter_vector(cold), 0.0)
    assert fast[0] == pytest.approx(slow[0], rel=1e-12)
    np.testing.assert_allclose(fast[1:], 3 * slow[1:], rtol=1e-12)
    assert neuron.with_(T=279.45 * kelvin).parameters["T"] == pytest.approx(279.45)


def test_conductance_has_a_temperature_of_its_own():
    k = channels.potassium_squid(q10_g=1.5)
    warm = membrane(k, C="1 uF/cm**2", temperature="26.3 celsius")
    cold = membrane(k, C="1 uF/cm**2", temperature="6.3 celsius")
    x = np.array([-40.0, 0.6])
    rates = [right_hand_side(n, "python")(x, parameter_vector(n), 0.0) for n in (warm, cold)]
    assert rates[0][0] / rates[1][0] == pytest.approx(1.5**2, rel=1e-12)
    assert rates[0][1] / rates[1][1] == pytest.approx(3.0**2, rel=1e-12)


def test_permeability_current_is_that_of_the_closed_form():
    from rheobase.conductance import ghk_current

    channel = channels.t_type_ghk()
    v = np.array([-90.0, -1e-9, 0.0, 40.0])
    curves = channel.gating(v)
    alone = ghk_current("1.7e-5 cm/second", 2, "240 nM", "2 mM", v * mV, "24 celsius").to("uA/cm**2")
    np.testing.assert_allclose(curves.current, curves.open * alone, rtol=1e-12)


def test_calcium_pool_and_a_channel_that_it_opens():
    ahp = Channel("AHP", {"c": Gate(inf="Ca/(Ca + K_d)", tau="10*ms")}, g="1 mS/cm**2", E="-90 mV", ion="K",
                  uses={"Ca": "mM"}, K_d="1 uM")  # fmt: skip
    pool = "dCa/dt = -I_CaL/(2*faraday_constant*0.1*um) - (Ca - 50*nM)/(100*ms) : mM = 50*nM"
    neuron = membrane(channels.l_type(), ahp, channels.leak_cortex(), C="1 uF/cm**2", equations=pool)
    assert "Ca" in neuron.states and neuron.initial["c"] == pytest.approx(0.05 / 1.05, rel=1e-5)
    assert ahp.gating(np.array([0.0]), Ca="1 uM").inf["c"][0] == pytest.approx(0.5)
    with pytest.raises(ModelError, match="'AHP' needs 'Ca'"):
        membrane(ahp, C="1 uF/cm**2")
    with pytest.raises(ModelError, match="depends on 'Ca'; give Ca="):
        ahp.gating()


def test_reversal_potential_from_concentrations_follows_temperature():
    k = channels.potassium_squid(E=None, valence=1, inside="400 mM", outside="20 mM")
    neuron = membrane(k, leak("0.3 mS/cm**2", "-54 mV"), C="1 uF/cm**2", temperature="6.3 celsius")
    (tree,) = [e for e in neuron.equations.subexpressions if e.name == "E_K"]
    from rheobase.conductance import nernst
    from rheobase.model.evaluate import evaluate

    assert evaluate(tree.expression, neuron.parameters) == pytest.approx(
        float(nernst(1, "400 mM", "20 mM", "6.3 celsius").value), rel=1e-12
    )


def test_cortical_cell_adapts_by_its_m_current():
    def intervals(*extra):
        cell = membrane(
            channels.sodium_cortex(), channels.potassium_cortex(), channels.leak_cortex(), *extra, C="1 uF/cm**2",
            I="2 uA/cm**2",
        )  # fmt: skip
        return np.diff(simulate(cell, 600 * ms, dt=0.02 * ms).train())

    plain, adapting = intervals(), intervals(channels.m_current())
    assert adapting.size < plain.size
    assert adapting[-1] > 1.7 * adapting[0] and plain[-1] < 1.05 * plain[0]


def test_other_gates_do_not_need_the_parameters_of_the_old_ones():
    simple = channels.m_current(gates={"p": Gate(inf="1/(1 + exp(-(v + 35*mV)/k))", tau="100*ms")}, k="9 mV")
    assert set(simple.parameters) == {"k"} and set(channels.m_current().parameters) == {"tau_max"}
    assert simple.with_(q10=np.int64(3)).q10 == 3.0 and CALCIUM.with_(valence=np.int64(2)).valence == 2


def test_thalamic_relay_cell_against_equations_written_by_hand():
    """Whole cell, calcium in a shell, a current by permeability and one that calcium opens, at 35 degrees."""
    c = Gate(alpha="2.5e5*Ca/mM*exp(v/(24*mV))/ms", beta="0.1*exp(-v/(24*mV))/ms")
    gated = Channel("C", {"c": c}, g="1 uS", valence=1, ion="K", inside="130 mM", outside="3 mM", uses={"Ca": "mM"})
    low = channels.t_type_ghk(P="40e-9 cm**3/second", inside="Ca")
    slow = channels.h_current(g="20 nS")
    pool = "dCa/dt = -I_CaT/(2*faraday_constant*(2000*um**3)) - (Ca - 50*nM)/(5*ms) : mM = 50*nM"
    cell = membrane(low, slow, gated, leak("10 nS", "-70 mV"), C="290 pF", temperature=celsius(35), equations=pool)
    assert cell.states == ("v", "m", "h", "r", "c", "Ca")
    rng = np.random.default_rng(5)
    x = np.vstack([rng.uniform(-100, 40, 30), rng.uniform(0, 1, (4, 30)), rng.uniform(1e-5, 1e-3, 30)])
    v, m, h, r, c, ca = x
    kelvins, faraday = 308.15, 96485.33212331
    u = 2 * faraday * v * 1e-3 / (8.31446261815324 * kelvins)
    flux = 40e-9 * m**2 * h * 2 * faraday * u * (ca - 2 * np.exp(-u)) / (1 - np.exp(-u)) * 1e6  # pA
    e_k = 8.31446261815324 * kelvins / faraday * 1e3 * math.log(3 / 130)
    tau_m = 0.612 + 1 / (np.exp(-(v + 132) / 16.7) + np.exp((v + 16.8) / 18.2))
    tau_h = np.where(v < -80, np.exp((v + 467) / 66.6), 28 + np.exp(-(v + 22) / 10.5))
    by_hand = [
        -(flux + 20 * r * (v + 43) + 1000 * c * (v - e_k) + 10 * (v + 70)) / 290,
        5**1.1 * (1 / (1 + np.exp(-(v + 57) / 6.2)) - m) / tau_m,
        3**1.1 * (1 / (1 + np.exp((v + 81) / 4)) - h) / tau_h,
        (1 / (1 + np.exp((v + 75) / 5.5)) - r) * (np.exp(-14.59 - 0.086 * v) + np.exp(-1.87 + 0.0701 * v)),
        2.5e5 * ca * np.exp(v / 24) * (1 - c) - 0.1 * np.exp(-v / 24) * c,
        -flux * 1e-12 / (2 * faraday * 2e-12) - (ca - 50e-6) / 5,
    ]
    ours = right_hand_side(cell, "numpy")(x, parameter_vector(cell), 0.0)
    np.testing.assert_allclose(ours, by_hand, rtol=1e-11, atol=1e-15)


def test_curves_of_a_leak_say_that_it_is_always_open():
    assert "no gates: always open" in channels.leak_squid().gating().summary()
    (line,) = channels.leak_squid().plot().axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), 1.0)


def test_text_is_the_model():
    neuron = membrane(*SQUID, C="1 uF/cm**2", name="axon")
    assert "I_Na = g_Na*m**3*h*(v - E_Na) : uA/cm**2" in neuron.equations.text
    assert parse_unit(neuron.equations["I"].unit.name).scale == parse_unit("uA/cm**2").scale
    assert "Hodgkin & Huxley (1952)" in neuron.cite() and neuron.threshold is not None
    assert neuron.from_toml  # a neuron like any other
    assert membrane(*SQUID, C="1 uF/cm**2", g_Na=100 * mS / cm**2).parameters["g_Na"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: membrane(channels.sodium_squid(), C="10 pF"), "per area of membrane, but the capacitance"),
        (lambda: membrane(leak("10 nS", "-70 mV"), C="1 uF/cm**2"), "of the whole cell, but the capacitance"),
        (lambda: membrane(*SQUID, *SQUID, C="1 uF/cm**2"), "two channels are called 'K'"),
        (lambda: membrane(*SQUID, C="1 mV"), "has to be a capacitance"),
        (lambda: membrane(*SQUID, C="1 uF/cm**2", I="3 pA"), "I has to be a current per area"),
        (lambda: membrane(*SQUID, C="1 uF/cm**2", temperature=37), "no temperature; write celsius"),
        (lambda: membrane(*SQUID, C="1 uF/cm**2", temperature="-300 celsius"), "absolute zero"),
        (lambda: membrane("Na", C="1 uF/cm**2"), "takes channels, not str"),
        (lambda: membrane(channels.l_type(P="1e-5 cm/second", valence=2, inside="1 uM", outside="2 mM",
                                           measured_at=None), C="1 uF/cm**2"), "depends on temperature"),
        (lambda: Channel("X", {}, E="0 mV"), "give a conductance g or a permeability P"),
        (lambda: Channel("X", {}, g="1 nS"), "give the reversal potential E"),
        (lambda: Channel("X", {}, g="1 mV", E="0 mV"), "g has to be a conductance per area"),
        (lambda: Channel("X", {}, g="-1 nS", E="0 mV"), "cannot be negative"),
        (lambda: Channel("X", {}, P="1 cm/second", valence=2), "needed together"),
        (lambda: Channel("X", {"m^3": Gate(inf="1")}, g="1 nS", E="0 mV"), "is no gate; write a name"),
        (lambda: Channel("X", {"m": "1"}, g="1 nS", E="0 mV"), "has to be a Gate"),
        (lambda: Channel("X", {"m": {"alpha": "1/ms"}}, g="1 nS", E="0 mV"), "beta, or neither"),
        (lambda: Channel("X", {"m": Gate(inf="1")}, g="1 nS", E="0 mV", q10=3.0), "needs the temperature at which"),
        (lambda: Gate(inf="1", alpha="1/ms", beta="1/ms"), "by alpha and beta, or by inf"),
        (lambda: Gate(tau="1*ms"), "by alpha and beta, or by inf"),
        (lambda: channels.h_current().with_(gmax=3), "has no 'gmax'"),
        (lambda: Channel("X", ["m"], g="1 nS", E="0 mV"), "has to be a mapping, such as"),
        (lambda: Channel("X", {"I": Gate(inf="1")}, g="1 nS", E="0 mV"), "cannot be called 'I', which is the input"),
        (lambda: Channel("X", {}, g="1 nS", e="0 mV"), "has no 'e'; did you mean 'E'"),
        (lambda: Channel("X", {"m": Gate(inf="exp((V_h - v)/mV)")}, g="1 nS", E="0 mV", V_hh="1 mV"), "mean 'V_h'"),
        (lambda: Channel("X", {"m": Gate(inf="1")}, g="1 nS", E="0 mV", V_h="1 mV"), "texts of its gates do not use"),
        (lambda: Channel("X", {"m": Gate(inf="(1 + 2")}, g="1 nS", E="0 mV"), "not closed in inf of gate 'm' of ch"),
        (lambda: Channel("X", {}, g="1 nS", E=float("nan") * mV), "E = .* has to be one finite number"),
        (lambda: Channel("X", {}, g=np.array([1.0, 2.0]) * nS, E="0 mV"), "g = .* has to be one finite number"),
        (lambda: membrane(leak("1 nS", "-70 mV"), C="10 pF", temperature="37 celsius"), "nothing here depends on temp"),
        (lambda: membrane(CALCIUM, C="10 pF", temperature="37 celsius"), "'Ca' needs 'Cai' .* equations='Cai : mM"),
        (lambda: CALCIUM.gating(temperature="37 celsius"), "depends on 'Cai'; give Cai="),
        (lambda: channels.h_current().gating([]), "has to be a list of finite voltages"),
        (lambda: channels.h_current().gating(["-65 mV"]), "has to be a list of finite voltages"),
    ],
)  # fmt: skip
def test_mistakes_get_a_sentence(make, message):
    with pytest.raises(ModelError, match=message):
        make()


def test_a_mistake_in_a_gate_s_text_points_to_it():
    bad = Channel("X", {"m": Gate(inf="1/(1 + exp(v/(5*mV)))", tau="1*mV")}, g="1 nS", E="0 mV")
    with pytest.raises(ModelError, match="tau_m has to be a time"):
        membrane(bad, C="10 pF")
