"""The expansion in the size of the jumps: each order takes away one power of the error."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.numerics.jump_expansion import boundary, expansion
from rheobase.numerics.jump_passage import JumpProcess
from rheobase.numerics.jumps import Jumps, total
from rheobase.population.shots.kramers_moyal import kramers_moyal
from rheobase.population.shots.shot_noise import shot_noise_rate
from rheobase.units import ms, mV

UNIT = Neuron("dv/dt = (mu - v)/tau_m : 1\nmu : 1 = 0", threshold="v > 1", reset="v = 0", tau_m="1 s")
SIZES = np.array([0.1, 0.05, 0.025])


def trains_of(size, inhibition):
    """Trains whose sum has mean 0.8 and variance 0.18 (sigma**2 in the convention of the rate), and the drive."""
    rates, jumps = [0.18 / size**2], [size]
    if inhibition:
        rates, jumps = [0.1 / size**2, 0.02 / size**2], [size, -2.0 * size]
    return rates, jumps, 0.8 - np.dot(rates, jumps)


@pytest.mark.parametrize("law", ["exponential", "fixed"])
@pytest.mark.parametrize("inhibition", [False, True])
def test_the_error_falls_by_the_order(law, inhibition):
    """Order n of the expansion leaves an error of order n - 1 in the jump: halving it halves, quarters, ... it."""
    highest = 3 if inhibition else 4
    errors = []
    for size in SIZES:
        rates, jumps, drive = trains_of(size, inhibition)
        exact = shot_noise_rate(UNIT, rates, jumps, mu=drive, sizes=law)
        series = kramers_moyal(UNIT, rates, jumps, highest, mu=drive, sizes=law)
        errors.append(np.array(series.log_rates) - exact.log_rate)
        assert series.log_rates[0] == pytest.approx(np.log(exact.diffusion), abs=1e-8)
    slopes = np.log2(np.abs(errors[0:2]) / np.abs(errors[1:3]))
    powers = np.arange(1, highest)
    assert np.all(np.abs(slopes[1] - powers) < np.abs(slopes[0] - powers) + 0.02)  # on their way to the powers
    assert slopes[1] == pytest.approx(powers, abs=0.2)  # the next order's part of it is below 0.2 at this size
    assert np.all(np.abs(errors[-1][1:]) < np.abs(errors[-1][:-1]))


def test_overshoot():
    """Exponential jumps have no memory; fixed ones overshoot by a third on average (renewal theory)."""
    quiet = (lambda v: 0.0 * np.asarray(v), 0.0, 1.0)
    up = JumpProcess(*quiet, (Jumps(3.0, 0.01, "exponential"),))
    assert boundary(up).mean == pytest.approx(0.01, rel=1e-14)
    assert boundary(JumpProcess(*quiet, (Jumps(3.0, 0.01),))).mean == pytest.approx(0.01 / 3.0, rel=1e-14)
    mixed = JumpProcess(*quiet, (Jumps(3.0, 0.01, "exponential"), Jumps(1.0, -0.02, "exponential")))
    assert boundary(mixed).mean == pytest.approx(0.01, rel=1e-6)  # whatever leads down
    creeping = JumpProcess(*quiet, (Jumps(3.0, 0.01, "exponential"), Jumps(2.0, -0.02, "exponential")))
    assert boundary(creeping).mean < 0.009  # the drift that makes up for the jumps leads over the threshold at times


def test_overshoot_of_a_walk_with_normal_steps():
    """``|zeta(1/2)|/sqrt(2 pi)`` standard deviations (Chernoff 1965; Siegmund 1979)."""
    steps = Jumps(1.0, 0.0, "density", lambda j: np.exp(-0.5 * j**2), (-9.0, 9.0))
    walk = JumpProcess(lambda v: 0.0 * np.asarray(v), 0.0, 100.0, (steps,))
    assert boundary(walk).mean == pytest.approx(0.5825971579390106, rel=1e-3)


def test_moments_of_the_laws():
    trains = (Jumps(2.0, 0.3), Jumps(1.0, -0.2, "exponential"))
    assert [total(trains, n) for n in (1, 2, 3)] == pytest.approx([0.4, 0.26, 0.006])


def test_orders_that_there_are():
    with pytest.raises(ModelError, match="has to be 2, 3 or 4"):
        kramers_moyal(UNIT, 10.0, 0.05, 5)
    with pytest.raises(ModelError, match="order 4 needs jumps that all lead up"):
        kramers_moyal(UNIT, [10.0, 5.0], [0.05, -0.05], 4)
    with pytest.raises(ModelError, match="no jumps and no noise"):
        kramers_moyal(UNIT, 0.0, 0.05)
    series = kramers_moyal(UNIT, 40.0, 0.02)
    assert series.orders == (2, 3)
    assert "overshoot" in series.summary()
    assert "Siegmund" in series.cite()


@pytest.mark.parametrize("law", ["exponential", "fixed"])
def test_a_spike_current_carries_the_voltage_over_the_threshold(law):
    """The error to order n falls as the power n - 1 of the jump; the same in volts. Spikes hardly overshoot."""

    def cell(unit):
        scale = 1.0 if unit == "mV" else 1e-3
        rest, rheobase, slope, cut, reset = (f"{x * scale:.17g}*{unit}" for x in (-65, -52, 2, -25, -60))
        return Neuron(
            f"dv/dt = ({rest} - v + {slope}*exp((v - {rheobase})/({slope})))/tau_m : {unit}",
            threshold=f"v > {cut}",
            reset=f"v = {reset}",
            tau_m=12 * ms,
        )

    def found(unit, jump):
        pace = 0.25 / jump**2 / (2.0 if law == "exponential" else 1.0)  # of one variance; the mean is kept
        given = {"mu": (12.0 - 12.0 * pace * jump) * mV, "sizes": law}
        exact = shot_noise_rate(cell(unit), 1e3 * pace, jump * mV, **given)
        series = kramers_moyal(cell(unit), 1e3 * pace, jump * mV, 4, **given)
        assert series.error < 1e-6 and series.overshoot < 1e-3
        return series, np.array(series.log_rates) - exact.log_rate

    (coarse, large), (_, small) = found("mV", 0.5), found("mV", 0.25)
    powers = np.log2(np.abs(large / small))
    assert powers == pytest.approx([1.0, 2.0, 3.0], abs=0.25)  # the next order's part: a quarter at most here
    in_volts = found("volt", 0.5)[0]
    assert in_volts.log_rates == pytest.approx(coarse.log_rates, abs=2.0 * (coarse.error + in_volts.error))
    assert "are known to" in coarse.summary()


@pytest.mark.parametrize("peak", [100.0, 300.0, 1000.0, 3000.0])
def test_a_slow_place_on_a_long_way_up_is_resolved(peak):
    """The time to a quadratic neuron's distant peak is spent near 0: to order n the error falls as for a near one."""
    neuron, trains = library.qif(v_peak=peak), (4000.0, 0.02)
    exact = shot_noise_rate(neuron, *trains, mu=-1.0)
    series = kramers_moyal(neuron, *trains, mu=-1.0)
    assert series.error < 2e-6
    assert series.log_rates[0] == pytest.approx(np.log(exact.diffusion), abs=2.0 * series.error)
    assert abs(series.log_rates[1] - exact.log_rate) < 0.1 * abs(series.log_rates[0] - exact.log_rate)


def test_terms_that_are_not_resolved_are_no_number():
    """A row of wells, each too narrow for the panels: a sentence, not a rate with a large error."""
    rough = JumpProcess(lambda v: 3.0 * np.sin(600.0 * v) + 1.0 - v, 0.0, 1.0, (Jumps(90.0, 0.01),))
    with pytest.raises(ArithmeticError, match="too fast for this method"):
        expansion(rough, 3)
