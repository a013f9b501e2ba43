"""Firing patterns: the eight of Naud et al. (2008) and the twenty of Izhikevich (2004), each by its defining feature.

Patterns are properties of the exact solution unless a test says otherwise. Three of the twenty exist, with the printed
numbers, only in the paper's program, which takes Euler steps of 0.1 to 0.5 ms; these are tested in both.
"""

from __future__ import annotations

from functools import cache

import matplotlib
import numpy as np
import pytest

from rheobase import library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.patterns.firing_pattern import FiringPattern, firing_pattern
from rheobase.dynamics.patterns.spike_features import (
    adaptation_index,
    after_potential,
    burst_sizes,
    clusters,
    initial_burst,
    local_variation,
    oscillation,
    spike_features,
)
from rheobase.dynamics.resets.reset_map import reset_map
from rheobase.errors import ModelError
from rheobase.library.neurons.adex import NAUD_CURRENTS
from rheobase.library.neurons.izhikevich2004 import LOST, STIMULI, Stimulus, izhikevich2004, stimulus
from rheobase.model.network import CurrentInput, Network, Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import simulate
from rheobase.units import ms, mV

# --- Naud et al. (2008), Table 1: steps of the table's currents


@cache
def naud(pattern: str) -> FiringPattern:
    return firing_pattern(library.adex(pattern), NAUD_CURRENTS[pattern])


def test_naud_tonic():
    f = naud("tonic").features
    assert (naud("tonic").onset, naud("tonic").steady) == ("tonic", "tonic")
    assert np.ptp(f.intervals_ms[20:]) < 1e-3 * f.intervals_ms[-1]
    assert abs(f.adaptation_index) < 0.01


def test_naud_adaptation():
    f = naud("adaptation").features
    assert naud("adaptation").label == "spike-frequency adaptation"
    assert np.all(np.diff(f.intervals_ms) > -1e-6)
    assert f.intervals_ms[-1] > 5 * f.intervals_ms[0]
    assert (f.intervals_ms[1:] / f.intervals_ms[:-1]).max() < 2  # gradually, without a burst


def test_naud_initial_burst():
    f = naud("initial_burst").features
    assert (naud("initial_burst").onset, naud("initial_burst").steady) == ("initial burst", "tonic")
    assert f.initial_burst == 3
    assert f.intervals_ms[2] > 5 * f.intervals_ms[1]
    assert np.ptp(f.intervals_ms[4:]) < 1e-3 * f.intervals_ms[-1]


def test_naud_regular_bursting():
    f = naud("regular_bursting").features
    assert (naud("regular_bursting").onset, naud("regular_bursting").steady) == ("tonic", "bursting")
    assert set(f.bursts) == {2}
    assert f.cycle == 2
    assert not f.delayed


def test_naud_delayed_accelerating():
    f = naud("delayed_accelerating").features
    assert naud("delayed_accelerating").label == "delayed accelerating spiking"
    assert f.latency_ms > 1.5 * f.intervals_ms[0]
    assert np.all(np.diff(f.intervals_ms) < 0)
    assert f.trend < 0.6


def test_naud_delayed_regular_bursting():
    f = naud("delayed_regular_bursting").features
    assert (naud("delayed_regular_bursting").onset, naud("delayed_regular_bursting").steady) == ("delayed", "bursting")
    assert set(f.bursts) == {4}
    assert f.latency_ms > 10 * f.intervals_ms[0]


def test_naud_transient():
    """It fires at the onset, and rests at 180 pA although it fires without end from 282 pA on."""
    found = naud("transient")
    assert found.steady == "silent"
    assert found.label.startswith("phasic")
    assert found.spikes_ms[-1] < 100
    assert reset_map(library.adex("transient"), 180, points=9).attractor.kind == "rest"
    assert firing_pattern(library.adex("transient"), 300).steady != "silent"


def test_naud_irregular():
    """Irregular for the second that is watched; 160 pA ends in a stable cycle of ten intervals, 155 pA is chaos."""
    found = naud("irregular")
    assert found.steady == "irregular"
    assert found.features.cv > 0.4
    assert "repeat after 10 spikes" in found.long_run
    assert "chaotic" in firing_pattern(library.adex("irregular"), 155).long_run


# --- Izhikevich (2004), Figure 1


@cache
def exact(pattern: str, **changes: str) -> FiringPattern:
    course = stimulus(pattern)
    return firing_pattern(izhikevich2004(pattern, **changes), drive=course, duration=course.duration)


def absolute(found: FiringPattern) -> np.ndarray:
    """Times of the spikes from the beginning of the panel."""
    return found.spikes_ms + found.protocol.onset_ms


@cache
def program(pattern: str) -> np.ndarray:
    """Times of the spikes in the published program: Euler steps of v, then of u with the new v."""
    return run_program(pattern, izhikevich2004(pattern, scheme="published"))[0]


def run_program(pattern: str, neuron: Neuron) -> tuple[np.ndarray, np.ndarray]:
    course = stimulus(pattern)
    added = course.course() - float(np.asarray(neuron.parameters["I"]))
    network = Network(Population(neuron, 1, "A"), (), [CurrentInput("A", added * mV / ms, dt=course.dt * ms)])
    recording = simulate(network, course.duration * ms, dt=course.dt * ms, record="v")
    return recording.train(), recording.traces["A"]["v"][..., 0].ravel()


def test_a_tonic_spiking():
    f = exact("tonic_spiking").features
    assert exact("tonic_spiking").label == "tonic spiking"
    assert f.count == len(program("tonic_spiking")) == 5
    assert f.intervals_ms[-1] == pytest.approx(f.intervals_ms[-2], rel=0.02)
    assert reset_map(izhikevich2004("tonic_spiking"), 14, points=9).attractor.kind == "regular"


def test_b_phasic_spiking():
    found = exact("phasic_spiking")
    assert found.label == "phasic spiking"
    assert found.features.count == len(program("phasic_spiking")) == 1


def test_c_tonic_bursting():
    f = exact("tonic_bursting").features
    assert exact("tonic_bursting").label == "tonic bursting"
    assert len(f.bursts) >= 1
    assert min(f.bursts) >= 3
    assert reset_map(izhikevich2004("tonic_bursting"), 15, points=9).attractor.spikes_per_burst == (6,)


def test_d_phasic_bursting():
    found = exact("phasic_bursting")
    assert found.label == "phasic bursting"
    assert found.features.count == 8
    assert len(program("phasic_bursting")) == 6  # the step of the program costs two of them
    assert absolute(found)[-1] < 75 < stimulus("phasic_bursting").duration


def test_e_mixed_mode():
    f = exact("mixed_mode").features
    assert (exact("mixed_mode").onset, exact("mixed_mode").steady) == ("initial burst", "tonic")
    assert f.initial_burst == 3
    assert f.intervals_ms[2:].min() > 5 * f.intervals_ms[:2].max()


def test_f_spike_frequency_adaptation():
    f = exact("spike_frequency_adaptation").features
    assert exact("spike_frequency_adaptation").steady == "adapting"
    assert np.all(np.diff(f.intervals_ms) > 0)
    assert f.count == len(program("spike_frequency_adaptation")) == 6


def rate(pattern: str, current: float) -> float:
    """Of regular firing, Hz."""
    return reset_map(izhikevich2004(pattern), current, points=9).attractor.rate_hz


def test_g_class_1_excitable():
    """Along the ramp the rate grows; at its onset, 2.25 mV/ms, it begins at 0 like a square root."""
    found = exact("class_1_excitable")
    assert found.label == "graded firing"
    assert np.all(np.diff(found.features.intervals_ms) < 0)
    assert rate("class_1_excitable", 2.24) == 0.0
    small, large = rate("class_1_excitable", 2.25 + 1e-4), rate("class_1_excitable", 2.25 + 4e-4)
    assert small < 1.0
    assert large / small == pytest.approx(2.0, rel=0.05)


def test_h_class_2_excitable():
    """At the onset, the Hopf bifurcation at 0.4 mV/ms, the rate jumps to 37 Hz."""
    found = exact("class_2_excitable")
    assert found.label == "graded firing"
    assert rate("class_2_excitable", 0.4 + 1e-4) > 30.0
    assert rate("class_2_excitable", 0.41) < 1.2 * rate("class_2_excitable", 0.4 + 1e-4)


def test_i_spike_latency():
    """After the pulse of 3 ms; by 3.6 ms in the equations, by 14 ms in the program."""
    found = exact("spike_latency")
    assert found.label == "spike latency"
    assert absolute(found)[0] - 13.0 == pytest.approx(3.59, abs=0.01)
    assert program("spike_latency")[0] - 13.0 > 10.0


def test_j_subthreshold_oscillations():
    """Their frequency is that of the complex eigenvalues at rest."""
    found = exact("subthreshold_oscillations")
    assert found.label == "subthreshold oscillations"
    wave = found.features.oscillation
    assert wave is not None
    assert wave.maxima >= 3
    assert wave.ratio < 1
    v = (-(5 - 0.26) - np.sqrt((5 - 0.26) ** 2 - 0.16 * 140)) / 0.08
    values = np.linalg.eigvals([[0.08 * v + 5, -1], [0.05 * 0.26, -0.05]])
    assert wave.frequency_hz == pytest.approx(1e3 * abs(values[0].imag) / (2 * np.pi), rel=0.02)


def test_k_resonator():
    """Pulses 40 ms apart are answered, 20 ms apart are not: 40 ms is the period of the damped oscillation."""
    found = exact("resonator")
    assert found.label == "resonator"
    assert np.all(absolute(found) > 320)
    assert len(program("resonator")) == 1
    assert program("resonator")[0] > 320
    v = (-(5 - 0.26) - np.sqrt((5 - 0.26) ** 2 - 0.16 * 140)) / 0.08
    values = np.linalg.eigvals([[0.08 * v + 5, -1], [0.1 * 0.26, -0.1]])
    assert 2 * np.pi / abs(values[0].imag) == pytest.approx(40.0, rel=0.05)


def test_l_integrator():
    """Pulses 5 ms apart are answered, 10 ms apart are not, and rest has real eigenvalues."""
    found = exact("integrator")
    assert found.label == "integrator"
    assert found.features.count == 1
    assert absolute(found)[0] < 25
    field = VectorField.of(izhikevich2004("integrator"))
    v = -60.0  # 0.04 v**2 + 4.2 v + 108
    assert np.abs(field.rhs([v, -0.1 * v])).max() < 1e-12
    assert np.abs(np.linalg.eigvals(field.jacobian([v, -0.1 * v])).imag).max() == 0.0


def test_m_rebound_spike():
    found = exact("rebound_spike")
    assert found.label == "rebound spike"
    assert found.features.count == len(program("rebound_spike")) == 1
    assert absolute(found)[0] > 25


def test_n_rebound_burst():
    """14 spikes; the step of the program leaves 7."""
    found = exact("rebound_burst")
    assert found.label == "rebound burst"
    assert (found.features.count, len(program("rebound_burst"))) == (14, 7)
    assert absolute(found)[0] > 25


def test_o_threshold_variability():
    found = exact("threshold_variability")
    assert found.label == "threshold variability"
    assert np.all(absolute(found) > 80)
    assert len(program("threshold_variability")) == 1


def test_p_bistability():
    """At 0.24 mV/ms there are rest and firing; a pulse in the right phase ends the firing, the printed one does not.

    The program stops at its pulse, at 216 ms, because it fires later than the equations by 8 ms at that time.
    """
    found = reset_map(izhikevich2004("bistability"), 0.24, points=9)
    assert {attractor.kind for attractor in found.attractors} == {"rest", "regular"}
    assert exact("bistability").label == "persistent firing"
    assert absolute(exact("bistability"))[-1] > 250
    times, values = (list(part) for part in (stimulus("bistability").times, stimulus("bistability").values))
    moved = [time - 9.0 if time > 200 else time for time in times]
    stopped = firing_pattern(izhikevich2004("bistability"), drive=(moved, values), duration=300)
    assert stopped.label == "bistability"
    assert absolute(stopped)[-1] < 207
    train = program("bistability")
    assert len(train) == 5
    assert train[-1] < 216


def test_q_depolarizing_afterpotential():
    """After its one spike the voltage stays above rest and falls slowly: in the program, and with b = 0.18 exactly.

    The equations with the printed b = 0.2 go on firing.
    """
    course = stimulus("depolarizing_afterpotential")
    train, v = run_program(
        "depolarizing_afterpotential", izhikevich2004("depolarizing_afterpotential", scheme="published")
    )
    assert len(train) == 1
    after = v[round((train[0] + 2.0) / course.dt)]
    assert after > v[-1] + 5.0
    assert exact("depolarizing_afterpotential").features.count == 8
    once = exact("depolarizing_afterpotential", b="0.18/ms")
    assert once.label == "depolarising after-potential"
    assert once.features.count == 1
    assert 5 < once.features.after.duration_ms < 10
    highest = once.voltage[once.times_ms > once.spikes_ms[0]].max()
    assert once.features.after.height == pytest.approx(highest - once.voltage[-1])
    late = np.interp(once.spikes_ms[0] + 2.0, once.times_ms, once.voltage)
    assert late > once.voltage[-1] + 5.0


def test_r_accommodation():
    found = exact("accommodation")
    assert found.label == "accommodation"
    assert np.all((absolute(found) > 300) & (absolute(found) < 312.5))
    assert len(program("accommodation")) == 1


def test_s_inhibition_induced_spiking():
    """Nothing before 50 ms; the last spike was on its way when the input came back at 250 ms."""
    found = exact("inhibition_induced_spiking")
    assert found.label == "inhibition-induced spiking"
    times = absolute(found)
    assert np.sum((times > 50) & (times < 250)) == 3
    assert np.all((times > 50) & (times < 256))
    train = program("inhibition_induced_spiking")
    assert len(train) == 3
    assert np.all((train > 50) & (train < 250))


def test_t_inhibition_induced_bursting():
    """Two bursts, while inhibited: in the program, and with d = -0.7 exactly.

    With the printed d = -2 the exact intervals shrink to nothing, because every spike lowers u.
    """
    train = program("inhibition_induced_bursting")
    assert np.all((train > 50) & (train < 250))
    assert burst_sizes(np.r_[1e3, np.diff(train), 1e3]) == (7, 5)
    found = exact("inhibition_induced_bursting", d="-0.7 mV/ms")
    times = absolute(found)
    assert found.label == "inhibition-induced bursting"
    assert np.all((times > 50) & (times < 256))
    sizes = burst_sizes(np.r_[1e3, np.diff(times), 1e3])
    assert len(sizes) == 2
    assert min(sizes) > 5
    drifting = reset_map(izhikevich2004("inhibition_induced_bursting"), 75, points=9)
    assert drifting.attractor.kind in ("drifting", "lost")


def test_lost_patterns_are_those_said_to_be_lost():
    assert set(LOST) == {"bistability", "depolarizing_afterpotential", "inhibition_induced_bursting"}
    assert len(STIMULI) == 20
    assert [course.letter for course in STIMULI.values()] == list("ABCDEFGHIJKLMNOPQRST")


def test_course_of_a_stimulus_on_the_programs_grid():
    """At a jump the program still has, or already has, the value nearer to 0."""
    pulse = Stimulus("Z", (0, 1, 1, 2, 2), (0, 0, 5, 5, 0), 3, 0.5)
    assert pulse.course().tolist() == [0, 0, 0, 5, 0, 0, 0]
    assert stimulus("inhibition_induced_spiking").course()[[99, 100, 500, 501]].tolist() == [80, 75, 75, 80]
    assert stimulus("accommodation").course()[[399, 400, 624, 625]] == pytest.approx([7.98, 0, 3.84, 0])
    with pytest.raises(ModelError, match="no pattern 'chattering'; it has: tonic_spiking"):
        stimulus("chattering")


# --- other models


def test_patterns_of_models_without_reset():
    assert firing_pattern(library.hodgkin_huxley(), 10, duration=200).label == "tonic spiking"
    once = firing_pattern(library.hodgkin_huxley(), 5, duration=200)
    assert once.label == "phasic spiking"
    assert firing_pattern(library.hodgkin_huxley(), 1, duration=200).features.count == 0


@pytest.mark.parametrize(
    ("preset", "label"),
    [
        ("regular_spiking", "tonic spiking"),
        ("intrinsically_bursting", "initial burst, then tonic spiking"),
        ("chattering", "tonic bursting"),
        ("fast_spiking", "tonic spiking"),
    ],
)
def test_izhikevich_2003(preset: str, label: str):
    assert firing_pattern(library.izhikevich2003(preset), 10, duration=500).label == label


def test_features_of_given_trains():
    f = spike_features(np.cumsum([30.0, 3, 3, 3, 50, 3, 3, 3, 50, 3, 3, 3, 50, 3, 3, 3]), ended=False)
    assert f.latency_ms == 30.0
    assert set(f.bursts) == {4}
    assert f.bursting
    assert not f.irregular
    assert adaptation_index(np.array([10.0, 30.0])) == 0.5
    assert local_variation(np.array([10.0, 30.0])) == 0.75
    assert initial_burst(np.array([3.0, 3.0, 40.0, 40.0, 40.0])) == 3
    assert initial_burst(np.array([3.0, 3.0, 40.0, 3.0, 40.0])) == 0
    poisson = np.cumsum(np.random.default_rng(1).exponential(10.0, 400))
    assert spike_features(poisson, ended=False).irregular
    assert spike_features(np.empty(0), ended=False).latency_ms is None


def test_after_potentials_of_given_traces():
    """Above rest for a while; an undershoot, or a downstroke that never turns, is none."""
    t = np.linspace(0, 100, 4001)
    slow = np.where(t < 10, 0.0, 20 * np.exp(-(t - 10) / 10)) + np.where((t > 9) & (t <= 10), 90.0, 0.0)
    found = after_potential(t, slow - 70, 10.0, jumps=True)
    assert found.height == pytest.approx(20, rel=0.01) and found.duration_ms == pytest.approx(10 * np.log(10), rel=0.01)
    assert after_potential(t, slow - 70, 10.0, jumps=False) is None
    assert after_potential(t, slow * np.cos((t - 10) / 5) - 70, 10.0, jumps=True) is None
    hump = 100 * np.exp(-t) + 10 * t / 8 * np.exp(1 - t / 8)
    assert after_potential(t, hump, 0.0, jumps=False).height == pytest.approx(10, rel=0.01)
    assert clusters(np.array([3.0, 3, 3, 40, 3, 3])) == (4, 3)
    assert clusters(np.array([5.0, 20, 20, 20])) == () == clusters(np.array([10.0, 11, 10]))


def test_texts_are_grammatical():
    silent = firing_pattern(library.lif(), 10, duration=100)
    assert silent.sentence == "no spikes: the voltage does not oscillate either"
    assert "0 spikes; late rate" in silent.summary()
    assert "1 spike after" in exact("spike_latency").summary()


def test_damped_oscillation():
    t = np.linspace(0, 100, 4001)
    wave = oscillation(t, np.exp(-t / 40) * np.cos(2 * np.pi * t / 10), 0.0)
    assert wave is not None
    assert wave.frequency_hz == pytest.approx(100.0, rel=0.01)
    assert wave.ratio == pytest.approx(np.exp(-10 / 40), rel=0.01)
    assert oscillation(t, np.exp(-t), 0.0) is None


def test_duration_as_a_quantity():
    found = firing_pattern(library.lif(), 500, duration="0.1 s")
    assert found.protocol.duration_ms == 100.0
    assert found.features.count == firing_pattern(library.lif(), 500, duration=100).features.count


def test_refusals():
    with pytest.raises(ModelError, match=r"fires without end .* so it has no firing pattern"):
        firing_pattern(library.lif(v_reset="-40 mV", t_ref="0 ms"), 500)
    with pytest.raises(ModelError, match=r"the duration has to be a time \(ms\)"):
        firing_pattern(library.lif(), 500, duration="3 mV")
    with pytest.raises(ModelError, match="has no threshold, so nothing says what a spike is"):
        firing_pattern(Neuron("dv/dt = -v/ms : mV"), None)
    with pytest.raises(ModelError, match="give a step I or a time course drive, not both"):
        firing_pattern(library.lif(), 500, drive=([0], [1]))
    with pytest.raises(ModelError, match=r"times of a drive .* must not decrease"):
        firing_pattern(library.lif(), drive=([0, 2, 1], [0, 1, 1]))
    with pytest.raises(ModelError, match="a drive is a pair of times"):
        firing_pattern(library.lif(), drive=5)
    with pytest.raises(ModelError, match="3 times and 2 values"):
        firing_pattern(library.lif(), drive=([0, 1, 2], [0, 1]))
    with pytest.raises(ModelError, match="duration has to be positive"):
        firing_pattern(library.lif(), 500, duration=0)


def test_figure_and_summary():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = naud("initial_burst").plot()
    assert [bool(axes.get_ylabel()) for axes in figure.axes] == [True] * 3
    assert max(figure.axes[0].lines[0].get_ydata()) == pytest.approx(0.0, abs=1e-6)  # spikes reach v_peak
    pyplot.close(figure)
    assert "3 spikes close together" in naud("initial_burst").summary()
