"""The cable equation: closed forms against each other, against compartments, and against Hodgkin and Huxley's axon."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase import CurrentInput, ms, pA, simulate
from rheobase.conductance import Cable, chain, channels, membrane
from rheobase.errors import ModelError
from rheobase.numerics import cable as closed_form
from rheobase.units import Mohm, Quantity, um

DENDRITE = {"R_m": "20 kohm*cm**2", "R_i": "100 ohm*cm"}
ENDS = ("sealed", "killed")


def test_constants_of_a_textbook_dendrite():
    # Koch (1999), Biophysics of Computation, section 2.2: 2 um, 20 kohm cm2, 200 ohm cm
    cable = Cable("2 um", R_m="20 kohm*cm**2", R_i="200 ohm*cm")
    assert cable.length_constant.to("mm") == pytest.approx(math.sqrt(0.5), rel=1e-12)
    assert cable.time_constant.to("ms") == pytest.approx(20.0, rel=1e-12)
    semi = Cable(2, R_m="20 kohm*cm**2", R_i="200 ohm*cm", semi_infinite=True)
    # r_i lambda with r_i = 4 R_i/(pi d**2)
    assert semi.input_resistance().to(Mohm) == pytest.approx(
        4 * 200e-2 * math.sqrt(0.5) * 1e-3 / (math.pi * 4e-12) / 1e6
    )
    assert cable.input_resistance().to(Mohm) == pytest.approx(semi.input_resistance().to(Mohm) / 2, rel=1e-12)


@pytest.mark.parametrize("end", ENDS)
def test_steady_state_solves_the_equation(end):
    L = 1.7
    X = np.linspace(0, L, 20001)
    X0 = X[7000]
    V, h = closed_form.steady(X, X0, L, end), X[1]
    inner = (V[2:] - 2 * V[1:-1] + V[:-2]) / h**2 - V[1:-1]
    away = np.abs(X[1:-1] - X0) > 2 * h
    assert np.abs(inner[away]).max() < 1e-5
    at = 7000
    jump = (V[at + 1] - V[at]) / h - (V[at] - V[at - 1]) / h
    assert jump == pytest.approx(-1.0, abs=1e-3)  # the injected current
    assert (V[1] - V[0]) / h == pytest.approx(0.0, abs=1e-4)
    assert (V[-1] if end == "killed" else (V[-1] - V[-2]) / h) == pytest.approx(0.0, abs=1e-4)


def test_input_resistance_in_closed_form():
    for L in (0.01, 0.5, 3.0, 50.0):
        assert closed_form.steady(0.0, 0.0, L, "sealed") == pytest.approx(1 / math.tanh(L), rel=1e-12)
        assert closed_form.steady(0.0, 0.0, L, "killed") == pytest.approx(math.tanh(L), rel=1e-12)
    assert closed_form.steady(2.0) == pytest.approx(math.exp(-2), rel=1e-14)


@given(
    st.sampled_from(ENDS), st.floats(0.05, 8), st.floats(0, 1), st.floats(0, 1), st.floats(0.08, 0.6)
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_images_and_modes_are_the_same_function(end, L, x, x0, share):
    X, T = np.array([x * L]), np.array([share * L**2])
    images = closed_form.step_by_images(X, T, x0 * L, L, end)
    modes = closed_form.step_by_series(X, T, x0 * L, L, end, terms=40)
    largest = closed_form.steady(x0 * L, x0 * L, L, end)
    np.testing.assert_allclose(images, modes, rtol=0, atol=2e-13 * largest + 1e-15)


@given(st.sampled_from(ENDS), st.floats(0.1, 5), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 5))
@settings(max_examples=40, deadline=None)
def test_reciprocity_and_approach_to_the_steady_state(end, L, x, y, T):
    there, back = (closed_form.step(a * L, T, b * L, L, end) for a, b in ((x, y), (y, x)))
    assert there == pytest.approx(back, rel=1e-9, abs=1e-13)
    late = closed_form.step(x * L, 60.0, y * L, L, end)
    assert late == pytest.approx(closed_form.steady(x * L, y * L, L, end), rel=1e-12, abs=1e-15)
    assert there <= late * (1 + 1e-12) + 1e-14


def test_infinite_cable_at_the_electrode_is_an_error_function():
    T = np.array([0.01, 0.3, 1.0, 4.0])
    np.testing.assert_allclose(closed_form.infinite_step(0.0, T), [0.5 * math.erf(math.sqrt(t)) for t in T], rtol=1e-13)
    assert closed_form.infinite_step(0.0, 0.0) == 0.0 and closed_form.infinite_step(3.0, -1.0) == 0.0
    far = closed_form.infinite_step(np.array([30.0, 800.0]), 5.0)
    assert np.all(np.isfinite(far)) and far[1] == 0.0
    # half of the final value is reached at T = X/2 + 1/4 or so (Jack, Noble & Tsien 1975): speed 2 lambda/tau
    X = np.array([2.0, 5.0])
    halves = []
    for x in X:
        t = np.linspace(0.1, 6, 60001)
        halves.append(t[np.searchsorted(closed_form.infinite_step(x, t), 0.5 * 0.5 * math.exp(-x))])
    assert np.diff(halves)[0] / 3 == pytest.approx(0.5, abs=0.02)


def test_long_cables_are_infinite_ones():
    x, t = np.linspace(0, 800, 9)[:, None], np.array([0.5, 5.0, 80.0])
    semi = Cable(2, **DENDRITE, semi_infinite=True).step_response(x, t, 100)
    for end in ENDS:
        np.testing.assert_allclose(
            Cable(2, **DENDRITE, length="3 cm", end=end).step_response(x, t, 100), semi, atol=1e-11
        )
    infinite = Cable(2, **DENDRITE).step_response(x, t, 100)
    np.testing.assert_allclose(infinite, semi / 2, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(Cable(2, **DENDRITE).step_response(-x, t, 100), infinite)


def test_a_short_sealed_cable_is_one_compartment():
    cable = Cable(2, **DENDRITE, length="1 um")
    area = math.pi * 2 * 1 * 1e-8  # cm**2
    assert cable.input_resistance().to(Mohm) == pytest.approx(20e3 / area / 1e6, rel=1e-6)
    t = np.array([1.0, 20.0, 70.0])
    expected = 1e-3 * 20e3 / area / 1e6 * (1 - np.exp(-t / 20))  # mV for 1 pA
    np.testing.assert_allclose(cable.step_response(0.5, t, 1.0), expected, rtol=1e-5)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("at", [0.0, 0.4])
def test_compartments_converge_with_the_square_of_their_length(end, at):
    cable = Cable(2, **DENDRITE, length="1 mm", end=end)
    early, late = [], []
    for n in (15, 45, 135):  # each third compartment has the middle of the coarser one
        x = cable.centres(n)
        source = x[int(at * n)] if at else 0.0
        run = simulate(cable.chain(n, I=10, at=source), 300 * ms, dt=0.5 * ms, record="v")
        v = run.traces["cable"]["v"] + 65
        early.append(np.abs(v[5] - cable.step_response(x, 3.0, 10, at=source)).max())
        late.append(np.abs(v[-1] - cable.step_response(x, 300.0, 10, at=source)).max())
    for error in (early, late):
        order = np.log(np.array(error[:-1]) / error[1:]) / math.log(3)
        assert np.all((order > 1.8) & (order < 2.25)), order
    assert late[-1] < 1e-5 * 10 * cable.input_resistance().to(Mohm)


def test_chain_is_exact_in_time():
    """The cells and their coupling are linear: a step of 2 ms gives the same as one of 0.02 ms."""
    cable = Cable(2, **DENDRITE, length="1 mm", end="killed")
    coarse, fine = (
        simulate(cable.chain(50, I=10, at=300), 8 * ms, dt=dt * ms, record="v").traces["cable"]["v"]
        for dt in (2.0, 0.02)
    )
    np.testing.assert_allclose(coarse, fine[99::100], rtol=0, atol=1e-8)


def axon_velocity(n, dt):
    parts = (channels.sodium_squid(), channels.potassium_squid(), channels.leak_squid())
    patch = membrane(*parts, C="1 uF/cm**2", area="1 um**2", temperature="18.5 celsius")
    pulse = np.zeros((50, n))
    pulse[:, : n // 40] = 3e6 / (n // 40)
    drive = CurrentInput("cable", Quantity(pulse, pA.dimension), dt=0.01 * ms)
    axon = chain(patch, n, length="10 cm", diameter="476 um", R_i="35.4 ohm*cm", inputs=[drive])
    run = simulate(axon, 6 * ms, dt=dt * ms, record={"cable": {"v": [int(0.4 * n), int(0.7 * n)]}})
    first = []
    for v in run.traces["cable"]["v"].T:
        k = int(np.flatnonzero(v > -20)[0])
        first.append((k + (-20 - v[k - 1]) / (v[k] - v[k - 1])) * dt)
    return 0.03 / (first[1] - first[0]) * 1e3


def test_action_potential_travels_as_in_hodgkin_and_huxley():
    # Hodgkin & Huxley (1952), p. 524 - 528: 18.8 m/s at 18.5 C for this axon, by hand; measured 21.2 m/s
    fine = axon_velocity(200, 0.005)
    assert fine == pytest.approx(18.8, rel=0.01)
    assert axon_velocity(100, 0.01) == pytest.approx(fine, rel=0.01)


def test_figures_are_drawn():
    axes = Cable(2, **DENDRITE, length="1 mm").plot(100, times=[1, 5]).axes[0]
    assert axes.get_xlabel() == "position (µm)" and len(axes.lines) == 3
    down = Cable(2, **DENDRITE, length="1 mm").plot(-100, times="5 ms", at="0.3 mm").axes[0]
    lowest = min(line.get_ydata().min() for line in down.lines)
    assert down.get_ylim()[0] < lowest < down.get_ylim()[1] == 0.0
    assert abs(down.lines[-1].get_xdata()[np.argmin(down.lines[-1].get_ydata())] - 300) < 2.6


def test_step_response_is_the_inverse_laplace_transform():
    """Talbot's contour; the transform of a finite cable has cosh and sinh of sqrt(1 + s) in it."""
    import mpmath

    def inverse(x, y, L, end, T):
        near, far, over = (mpmath.cosh, mpmath.cosh, mpmath.sinh) if end == "sealed" else (
            mpmath.cosh, mpmath.sinh, mpmath.cosh)  # fmt: skip

        def transform(s):
            q = mpmath.sqrt(1 + s)
            return near(q * min(x, y)) * far(q * (L - max(x, y))) / (q * over(q * L) * s)

        return float(mpmath.invertlaplace(transform, T, method="talbot", degree=30))

    for end in ENDS:
        for L, x, y, T in ((0.2, 0.1, 0.0, 0.3), (0.9, 0.0, 0.5, 0.05), (2.5, 1.5, 0.2, 2.0)):
            assert closed_form.step(x, T, y, L, end) == pytest.approx(inverse(x, y, L, end, T), rel=1e-9)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Cable(0, **DENDRITE), "diameter = 0 has to be positive"),
        (lambda: Cable(2, R_m="20 ohm", R_i="100 ohm*cm"), "R_m = '20 ohm' has to be a resistance times an"),
        (lambda: Cable(2, R_m=20000, R_i="100 ohm*cm"), "such as '20 kohm\\*cm"),
        (lambda: Cable(2, **DENDRITE).steady_state(float("nan"), 1), "positions have to be finite"),
        (lambda: Cable(2, **DENDRITE).step_response(0, float("nan"), 1), "a time is not a number"),
        (lambda: Cable(2, **DENDRITE).steady_state(0, [1, 2]), "I = .* has to be one finite current"),
        (lambda: Cable(2, **DENDRITE, end="open"), "one of sealed, killed"),
        (lambda: Cable(2, **DENDRITE, length=5, semi_infinite=True), "not semi-infinite"),
        (lambda: Cable(2, **DENDRITE, length="1 ms"), "length has to be a length"),
        (lambda: Cable(2, **DENDRITE, length=100).steady_state([50, 150], 1), "run from 0 to 100 um"),
        (lambda: Cable(2, **DENDRITE, semi_infinite=True).steady_state(-1, 1), "run from 0 to inf"),
        (lambda: Cable(2, **DENDRITE, length=100).steady_state(5, "1 mV"), "I has to be a current"),
        (lambda: Cable(2, **DENDRITE).chain(10), "cannot be cut into compartments"),
        (lambda: Cable(2, **DENDRITE, length=100).chain(0), "at least 1"),
        (lambda: chain(membrane(channels.leak_squid(), C="1 uF/cm**2"), 5, length=10, diameter=1, R_i="1 ohm*cm"),
         "needs the parameter 'area'"),
    ],
)  # fmt: skip
def test_mistakes_get_a_sentence(make, message):
    with pytest.raises(ModelError, match=message):
        make()


def test_transfer_resistance_is_symmetric_and_plain_numbers_are_micrometres():
    cable = Cable(2 * um, **DENDRITE, length="600 um")
    one, other = cable.transfer_resistance(100, at=450), cable.transfer_resistance("450 um", at="100 um")
    assert float(one) == pytest.approx(float(other), rel=1e-13)
    assert float(cable.transfer_resistance(0)) == pytest.approx(cable.input_resistance().to(Mohm), rel=1e-13)
