"""Normal forms of the bifurcations of one parameter: each is found, at its exact place, and called by its name.

Nothing else is found: the lists of special points are complete.
"""

import numpy as np
import pytest

from rheobase import Neuron
from rheobase.dynamics.cycles.continuation import cycles_from_orbit
from rheobase.dynamics.equilibria.continuation import continuation


def neuron(*lines, mu=0.0):
    """A neuron from right-hand sides (1/ms), and quantities (lines without '), with the parameter ``mu``."""
    text = [f"d{line.split(' = ')[0][:-1]}/dt = ({line.split(' = ')[1]})/ms : 1" for line in lines if "' =" in line]
    named = [f"{line} : 1" for line in lines if "' =" not in line]
    return Neuron("\n".join([*text, *named, f"mu : 1 = {mu!r}"]))


def circle(turns=3, radius=1.0, n=400, **others):
    """Times and states of an orbit on a circle with the angular velocity 1."""
    t = np.linspace(0.0, 2 * np.pi * turns, n)
    columns = [radius * np.cos(t), radius * np.sin(t), *(np.full(n, value) for value in others.values())]
    return t, np.stack(columns, axis=1)


def found(result):
    return [(point.kind, point.value) for point in result.special]


ON_A_LINE = {
    "saddle-node": ("x' = mu - x**2", [("saddle-node", 0.0)]),
    "two saddle-nodes": ("x' = mu + 3*x - x**3", [("saddle-node", -2.0), ("saddle-node", 2.0)]),
    "transcritical": ("x' = mu*x - x**2", [("branch-point", 0.0)]),
    "pitchfork": ("x' = mu*x - x**3", [("branch-point", 0.0)]),
    "subcritical pitchfork": (
        "x' = mu*x + x**3 - x**5", [("branch-point", 0.0), ("saddle-node", -0.25), ("saddle-node", -0.25)]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ON_A_LINE)
def test_equilibria_on_a_line(name):
    equation, expected = ON_A_LINE[name]
    diagram = continuation(neuron(equation), "mu", (-3, 3), box={"x": (-3, 3)})
    points = sorted(found(diagram))
    assert [kind for kind, _ in points] == sorted(kind for kind, _ in expected)
    assert [value for _, value in points] == pytest.approx([value for _, value in sorted(expected)], abs=1e-9)


@pytest.mark.parametrize("sign, kind", [(-1, "hopf-supercritical"), (1, "hopf-subcritical")])
def test_hopf(sign, kind):
    """r' = mu r + sign r**3, at the angular velocity 2: l1 = sign (for |q| = 1), 318.3 Hz."""
    s = f"{sign}*(x**2 + y**2)"
    diagram = continuation(
        neuron(f"x' = mu*x - 2*y + x*{s}", f"y' = mu*y + 2*x + y*{s}"), "mu", (-1, 1), box={"x": (-1, 1), "y": (-1, 1)}
    )
    assert [point.kind for point in diagram.special] == [kind]
    point = diagram.special[0]
    assert point.value == pytest.approx(0.0, abs=1e-12)
    assert point.frequency_hz == pytest.approx(1e3 / np.pi)
    assert np.sign(point.coefficient) == sign


def test_a_neutral_saddle_is_not_reported():
    assert (
        found(continuation(neuron("x' = (1 + mu)*x", "y' = -y"), "mu", (-0.9, 1), box={"x": (-1, 1), "y": (-1, 1)}))
        == []
    )


def test_fold_of_cycles():
    """r' = mu r + r**3 - r**5, at the angular velocity 2: from the Hopf point at 0 to the fold at -1/4, r**2 = 1/2."""
    s = "(x**2 + y**2)"
    model = neuron(f"x' = mu*x - 2*y + x*({s} - {s}**2)", f"y' = mu*y + 2*x + y*({s} - {s}**2)")
    diagram = continuation(model, "mu", (-1, 1), box={"x": (-1, 1), "y": (-1, 1)})
    cycles = diagram.hopf[0].cycles(bounds=(-1, 1))
    folds = [point for point in cycles.special if not point.is_hopf]
    assert [point.kind for point in folds] == ["fold-of-cycles"]
    assert folds[0].value == pytest.approx(-0.25, rel=1e-9)
    assert folds[0].period_ms == pytest.approx(np.pi, rel=1e-9)
    two = sorted(cycles.at(-0.2), key=lambda cycle: cycle.maximum["x"])
    radii = [np.sqrt((1 - np.sqrt(0.2)) / 2), np.sqrt((1 + np.sqrt(0.2)) / 2)]
    assert [cycle.maximum["x"] for cycle in two] == pytest.approx(radii, rel=1e-5)
    assert [bool(cycle.stable) for cycle in two] == [False, True]


def test_saddle_node_on_a_circle():
    """angle' = mu - sin(angle) on the unit circle: the period is 2 pi/sqrt(mu**2 - 1), without bound at mu = 1."""
    s = "(1 - x**2 - y**2)"
    model = neuron(f"x' = x*{s} - y*(mu - y)", f"y' = y*{s} + x*(mu - y)", mu=2.0)
    t = circle(turns=6)[0]
    # angle' is 2 - sin(angle): the orbit on the circle, with its own timing
    angle = np.array([_angle(time, 2.0) for time in t])
    orbit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    cycles = cycles_from_orbit(model, "mu", t, orbit, 2.0, bounds=(0.5, 4))
    assert [point.kind for point in cycles.special] == ["snic"]
    assert cycles.special[0].value == pytest.approx(1.0, rel=1e-6)
    assert cycles.at(1.25)[0].period_ms == pytest.approx(2 * np.pi / 0.75, rel=1e-7)


def _angle(time, mu):
    """The solution of angle' = mu - sin(angle) that starts at 0."""
    root = np.sqrt(mu**2 - 1)
    phase = 0.5 * root * time + np.arctan(-1 / root)
    turns = np.floor(phase / np.pi + 0.5)
    return 2 * (np.arctan((1 + root * np.tan(phase)) / mu) + turns * np.pi)


def test_homoclinic_orbit():
    """Sandstede's system: at mu = 0 the loop x**2 (1 - x) = y**2 returns to the saddle at 0 (Kuznetsov, ex. 6.1)."""
    model = neuron("x' = -x + 2*y + x**2", "y' = (2 - mu)*x - y - 3*x**2 + 1.5*x*y")
    diagram = continuation(model, "mu", (-0.5, 0.5), box={"x": (-0.5, 1.5), "y": (-1.5, 1.5)})
    assert len(diagram.hopf) == 1
    cycles = diagram.hopf[0].cycles(bounds=(-0.5, 0.5))
    ends = [point for point in cycles.special if not point.is_hopf]
    assert [point.kind for point in ends] == ["homoclinic"]
    assert ends[0].value == pytest.approx(0.0, abs=1e-5)
    assert ends[0].state == pytest.approx({"x": 0.0, "y": 0.0}, abs=1e-4)


def test_period_doubling():
    """A cycle whose neighbourhood is a Moebius band: half a turn of the frame (a, b) in one period.

    a' = mu a - a**3 and b' = -b in the frame, so that the multipliers are -exp(2 pi mu) and -exp(-2 pi).
    """
    square = "((1 + x/r)/2)"  # cos(angle/2)**2
    both = "(y/(2*r))"  # cos(angle/2) sin(angle/2)
    model = neuron(
        f"x' = -y + x/r*(p*(mu*{square} - (1 - {square})) + z*(mu + 1)*{both} - z/2 - a2*p)",
        f"y' = x + y/r*(p*(mu*{square} - (1 - {square})) + z*(mu + 1)*{both} - z/2 - a2*p)",
        f"z' = p*(mu + 1)*{both} + z*(mu*(1 - {square}) - {square}) + p/2 - a2*z",
        "r = sqrt(x**2 + y**2)", "p = r - 1", f"a2 = p**2*{square} + z**2*(1 - {square}) + 2*p*z*{both}", mu=-0.2,
    )  # fmt: skip
    cycles = cycles_from_orbit(model, "mu", *circle(z=0.0), -0.2, bounds=(-0.3, 0.3))
    assert [point.kind for point in cycles.special] == ["period-doubling"]
    assert cycles.special[0].value == pytest.approx(0.0, abs=1e-8)
    assert cycles.special[0].period_ms == pytest.approx(2 * np.pi, rel=1e-9)
    others = [m.real for m in cycles.at(0.1)[0].multipliers if abs(m - 1) > 1e-3]
    assert sorted(others) == pytest.approx([-np.exp(0.2 * np.pi), -np.exp(-2 * np.pi)], rel=1e-5)


def test_torus():
    """w' = (mu + 0.3 i) w - |w|**2 w across the cycle: the multipliers are exp(2 pi (mu +- 0.3 i))."""
    model = neuron(
        "x' = -y + x/r*(mu*p - 0.3*z - (p**2 + z**2)*p)", "y' = x + y/r*(mu*p - 0.3*z - (p**2 + z**2)*p)",
        "z' = 0.3*p + mu*z - (p**2 + z**2)*z", "r = sqrt(x**2 + y**2)", "p = r - 1", mu=-0.2,
    )  # fmt: skip
    cycles = cycles_from_orbit(model, "mu", *circle(z=0.0), -0.2, bounds=(-0.3, 0.3))
    assert [point.kind for point in cycles.special] == ["torus"]
    assert cycles.special[0].value == pytest.approx(0.0, abs=1e-8)
    pair = [m for m in cycles.at(0.1)[0].multipliers if abs(m.imag) > 1e-6]
    assert sorted(pair, key=lambda m: m.imag)[-1] == pytest.approx(np.exp(2 * np.pi * (0.1 + 0.3j)), rel=1e-6)
