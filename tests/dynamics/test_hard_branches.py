"""Branches that are hard to follow: without an end, flat to rounding, or without a finite right-hand side."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from rheobase import library
from rheobase.dynamics.cycles.special_cycles import settled
from rheobase.dynamics.equilibria.continuation import continuation
from rheobase.dynamics.equilibria.fixed_points import fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.dynamics.two_parameters.continue_point import continue_point
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

# r' = r (mu - r**2): a supercritical Hopf point at mu = 0, of which the cycles never end
ring = Neuron(
    "dx/dt = (x*g - w*y)/ms : 1 = 1\ndy/dt = (w*x + y*g)/ms : 1\ng = mu - x**2 - y**2 : 1\nmu : 1 = 0\nw : 1 = 2"
)


def test_cycles_end_beside_the_range_of_the_diagram():
    (hopf,) = continuation(ring, "mu", (-1, 2)).hopf
    branch = hopf.cycles()
    assert branch.complete and "reaches the end of the range" in branch.status
    assert branch.values[-1] == 3.5  # half the width of the range beyond its end
    assert branch.maximum["x"][-1] == pytest.approx(np.sqrt(3.5), rel=1e-6)
    assert hopf.cycles(bounds=(-1, 0.5)).values[-1] == 0.5


def test_options_of_cycles_that_do_not_exist():
    (hopf,) = continuation(ring, "mu", (-1, 2)).hopf
    with pytest.raises(ModelError, match=r"no option 'bananas'.*bounds, longest_period"):
        hopf.cycles(bananas=3)


def test_squid_axon_keeps_its_cycles():
    """The whole branch, from one Hopf point to the other, lies within the range that is taken by default."""
    low, high = continuation(library.hodgkin_huxley(), "I", (0, 160)).hopf
    branch = low.cycles()
    assert len(branch.folds) == 3
    assert branch.end.value == pytest.approx(high.value, rel=1e-9)


def test_folds_on_canards_come_in_mirror_images():
    """Bonhoeffer-van der Pol; the folds are on canards, where rounding decides the sign of the parameter's slope."""
    model = Neuron(
        "dx/dt = (x - x**3/3 - y + I)/eps/ms : 1\ndy/dt = (x + 0.7 - 0.8*y)/ms : 1\neps : 1 = 0.002\nI : 1 = 0"
    )
    middle = 0.875  # of the symmetry x -> -x, y -> 1.75 - y, I -> 1.75 - I
    folds = []
    for hopf in continuation(model, "I", (-1, 3)).hopf:
        branch = hopf.cycles(intervals=60, throw=False)
        assert hopf.kind == "hopf-subcritical"
        assert len(branch.folds) == 1
        folds.append(branch.folds[0].value)
    assert sum(folds) == pytest.approx(2 * middle, abs=1e-8)


class Flat:
    """A point of a branch that knows only how fast the parameter changes along it."""

    def __init__(self, slope):
        self.tangent = type("Direction", (), {"parameter": slope})()


def test_a_turn_hidden_in_rounding_is_a_fold():
    scale = type("Problem", (), {"parameter_scale": 1.0})()
    turning = [Flat(s) for s in (1e-3, 1e-4, 3e-9, -1e-12, 2e-9, -1e-4, -1e-3)]
    ((index, fold),) = settled([], turning, scale)
    assert index == 3 and fold.kind == "fold-of-cycles" and fold.solution is turning[3] and "canard" in fold.note
    onward = [Flat(s) for s in (1e-3, 1e-4, 3e-9, -1e-12, 2e-9, 1e-4, 1e-3)]
    assert settled([], onward, scale) == []


def test_right_hand_sides_that_are_nowhere_finite():
    leaky = Neuron("dv/dt = (-v + I)/C/ms : 1\ndw/dt = (v - w)/ms : 1\nC : 1 = 1\nI : 1 = 0\ngain : 1 = 0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelError, match="'v' is not finite anywhere in the box: C is 0"):
            fixed_points(leaky, C=0)
        with pytest.raises(ModelError, match="'v' is not finite anywhere in the box: C is 0"):
            continuation(leaky, "I", (-1, 1), C=0)
        assert len(fixed_points(leaky, I=1)) == 1


def test_a_saddle_node_is_named_as_the_end_only_where_the_period_is_that_of_its_passage():
    """A planar neuron near a saddle-node homoclinic point: the ends of both kinds, and all cycles up to them."""
    neuron = library.make("morris_lecar", V_4="17.4 mV", phi=0.23)
    for V3, kind in ((8.0, "snic"), (9.75, "homoclinic")):
        diagram = continuation(neuron.with_(V_3=f"{V3} mV"), "I", (-100, 300))
        fold = max(point.value for point in diagram.folds)
        cycles = diagram.hopf[0].cycles()
        assert cycles.end is not None and cycles.end.kind == kind
        assert (cycles.end.value == pytest.approx(fold, rel=1e-9)) == (kind == "snic")
        assert [len(cycles.at(fold + beyond)) for beyond in (0.1, 1.0, 5.0)] == [1, 1, 1]
        if kind == "homoclinic":
            assert fold - 0.002 < cycles.end.value < fold - 0.001


LANGFORD = """
dx/dt = ((mu - 3 + z + 0.2*(1 - z**2))*x - y/4)/ms : 1
dy/dt = ((mu - 3 + z + 0.2*(1 - z**2))*y + x/4)/ms : 1
dz/dt = (mu*z - x**2 - y**2 - z**2)/ms : 1
mu : 1 = 1
"""


def test_a_state_that_moves_by_the_square_of_the_oscillation_only():
    """Langford's system: circles of the height z with mu = 2.8 - z + z**2/5, whose torus is at z = mu/2, so mu = 2."""
    diagram = continuation(Neuron(LANGFORD), "mu", (0.5, 2.5))
    (hopf,) = diagram.hopf
    assert hopf.value == pytest.approx(5 - np.sqrt(11), rel=1e-12)
    cycles = hopf.cycles()
    assert [point.kind for point in cycles.special] == ["torus", "hopf-subcritical"] and len(cycles) < 100
    assert [point.value for point in cycles.special] == pytest.approx([2.0, 2.8], rel=1e-9)
    assert cycles.special[0].period_ms == pytest.approx(8 * np.pi, rel=1e-9)


def test_a_hopf_point_on_a_saddle_node_is_degenerate():
    """Roessler's flow with a = b: at c = 2 a the eigenvalues are 0 and a pair on the axis."""
    text = "dx/dt = (-y - z)/ms : 1\ndy/dt = (x + a*y)/ms : 1\ndz/dt = (a + z*(x - c))/ms : 1\na : 1 = 0.2\nc : 1 = 1"
    diagram = continuation(Neuron(text), "c", (0.1, 3))
    assert {point.kind for point in diagram.special} == {"saddle-node", "hopf-degenerate"}
    assert [point.value for point in diagram.special] == pytest.approx([0.4, 0.4], rel=1e-12)
    assert "another eigenvalue" in diagram.hopf[0].note


@pytest.mark.parametrize(
    "text, words",
    [
        (
            "dv/dt = (v - v**3 - w)/ms : 1\ndw/dt = eps*(v - w)/ms : 1\neps : 1 = 0",
            "'w' does not change.*eps is 0",
        ),
        ("dv/dt = -(v + w - 1)/ms : 1\ndw/dt = (v + w - 1)/ms : 1", "determinant of the Jacobian is zero"),
    ],
)
def test_equilibria_that_fill_curves_are_not_denied(text, words):
    with pytest.raises(ModelError, match=words):
        fixed_points(Neuron(text))


@pytest.mark.parametrize(
    "options, words",
    [
        ({"most": 0}, "most has to be at least 1"),
        ({"tol": 0}, "tol has to lie between"),
        ({"tol": float("nan")}, "tol has to lie between"),
        ({"intervals": 3}, "intervals has to be at least 20"),
        ({"longest_period": 0}, "longest_period has to be a time above 0"),
    ],
)
def test_options_of_cycles_that_make_no_sense(options: Any, words: str):
    with pytest.raises(ModelError, match=words):
        continuation(ring, "mu", (-1, 2)).hopf[0].cycles(**options)


def test_options_of_diagrams_that_make_no_sense():
    with pytest.raises(ModelError, match=r"start has to name states"):
        continuation(ring, "mu", (-1, 2), start=3)  # pyright: ignore[reportArgumentType]
    (hopf,) = continuation(ring, "mu", (-1, 2)).hopf
    with pytest.raises(ModelError, match="most has to be at least 1 and largest above 0"):
        continue_point(hopf, ("mu", "w"), most=0)
    with pytest.raises(ModelError, match="most has to be at least 1 and largest above 0"):
        continue_point(hopf, ("mu", "w"), largest=0.0)


def test_a_canard_explosion_is_told_and_separates_firing_from_rest(monkeypatch):
    """FitzHugh-Nagumo, so slow that the cycles cannot be followed through; fewer of them are tried here."""
    monkeypatch.setattr("rheobase.dynamics.cycles.walk._CANARD", 2_000)
    monkeypatch.setattr("rheobase.dynamics.cycles.walk._PROGRESS", (8, 0.1))
    model = Neuron(
        "dx/dt = (x - x**3/3 - y + I)/ms : 1\ndy/dt = eps*(x + 0.7 - 0.8*y)/ms : 1\neps : 1 = 0.001\nI : 1 = 0",
        threshold="x > 1",
    )
    hopf = continuation(model, "I", (0, 1)).hopf[0]
    branch = hopf.cycles()  # what was found of it is no error
    assert not branch.complete and branch.end is None
    assert branch.status.startswith("a canard explosion: the parameter stands still to rounding")
    assert "are found by cycles_from_orbit from a simulation" in branch.status
    assert hopf.kind == "hopf-subcritical" and 1e-5 < hopf.value - branch.values[-1] < 1e-3
    # the large oscillation, started on its upper branch, goes on above the canard and not below
    field = VectorField.of(model, smooth=False)
    given = np.tile(field.values, (2, 1))
    given[:, field.index("I")] = branch.values[-1] + np.array([-1e-6, 1e-6])
    run = trajectories(field, [1.8, 0.3], given, duration=20_000.0)
    assert len(run.spikes[0]) == 1 and len(run.spikes[1]) >= 3
