"""Collocation of periodic orbits: the linear systems, the order of convergence, and meshes."""

import math

import numpy as np
import pytest
from scipy.sparse.linalg import splu

from rheobase.numerics import collocation, periodic
from rheobase.numerics.adjoint import adjoint
from rheobase.numerics.collocation import Orbit, Problem
from rheobase.numerics.condensation import solve
from rheobase.numerics.mesh import Mesh


def made_up(n, N, borders, seed=1):
    """A system with random numbers, an orbit that solves nothing, and a random border."""
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(2, n, n))
    problem = Problem(
        lambda x, p: A @ np.sin(x) + p * B @ np.cos(x),
        lambda x, p: A[..., None] * np.cos(x) - p * B[..., None] * np.sin(x),
        lambda x, p: B @ np.cos(x),
        10.0 ** rng.uniform(-2, 2, n),
        3.0,
    )
    mesh = Mesh(np.sort(np.concatenate([[0.0, 1.0], rng.uniform(size=N - 1)])))
    orbit = Orbit(mesh, rng.normal(size=(N, 4, n)) * problem.scale, 7.0, 0.3)
    columns = rng.normal(size=(N, 4, n, borders))
    return problem, orbit, columns, rng.normal(size=(borders, N, 4, n)), rng.normal(size=(borders, borders)), rng


@pytest.mark.parametrize(("n", "N", "borders"), [(1, 3, 1), (2, 1, 2), (4, 17, 2), (7, 5, 3), (3, 40, 0)])
def test_condensation_solves_what_a_sparse_factorisation_solves(n, N, borders):
    problem, orbit, columns, rows, corner, rng = made_up(n, N, borders)
    factors = collocation.linearise(problem, orbit, columns, rows, corner)
    matrix = collocation.sparse(problem, orbit, columns, rows, corner)
    right, below = rng.normal(size=orbit.nodes.shape), rng.normal(size=borders)
    nodes, border = solve(factors, right, below)
    mine, other = np.concatenate([nodes.ravel(), border]), splu(matrix).solve(np.concatenate([right.ravel(), below]))
    assert mine == pytest.approx(other, abs=1e-9 * np.max(np.abs(other)))
    assert factors.log == pytest.approx(np.linalg.slogdet(matrix.toarray())[1], rel=1e-11)


def test_the_determinant_changes_its_sign_when_it_should():
    signs = set()
    for seed in range(12):
        problem, orbit, columns, rows, corner, _ = made_up(3, 7, 2, seed)
        mine = collocation.linearise(problem, orbit, columns, rows, corner).sign
        dense = np.linalg.slogdet(collocation.sparse(problem, orbit, columns, rows, corner).toarray())[0]
        signs.add((dense, mine / dense))
    assert len(signs) == 2 and len({ratio for _, ratio in signs}) == 1


def test_the_matrix_is_the_derivative_of_the_defect():
    problem, orbit, _, rows, corner, rng = made_up(3, 9, 2)
    columns = collocation.columns(problem, orbit)
    matrix = collocation.sparse(problem, orbit, columns, rows, corner)
    change, border = rng.normal(size=orbit.nodes.shape), rng.normal(size=2)

    def moved(step):
        return Orbit(
            orbit.mesh, orbit.nodes + step * change * problem.scale, orbit.period * (1.0 + step * border[0]),
            orbit.parameter + step * border[1] * problem.parameter_scale,
        )  # fmt: skip

    step = 1e-6
    slope = (collocation.defect(problem, moved(step)) - collocation.defect(problem, moved(-step))) / (2.0 * step)
    predicted = (matrix @ np.concatenate([change.ravel(), border]))[:-2]
    assert slope.ravel() == pytest.approx(predicted, abs=1e-6 * np.max(np.abs(predicted)))


def oscillator(scale=(1.0, 1.0)):
    """Van der Pol with mu = 1 in units in which the states have the sizes ``scale``."""
    a, b = scale
    return Problem(
        lambda x, p: np.stack([a * (p * (x[0] / a - (x[0] / a) ** 3 / 3.0) - x[1] / b), b * x[0] / a]),
        lambda x, p: np.array(
            [[p * (1.0 - (x[0] / a) ** 2), np.full(x.shape[1], -a / b)], [np.full(x.shape[1], b / a), 0.0 * x[0]]]
        ),
        lambda x, p: np.stack([a * (x[0] / a - (x[0] / a) ** 3 / 3.0), 0.0 * x[0]]),
        np.array([4.0 * a, 3.0 * b]),
        1.0,
    )


def van_der_pol(N, m=4, scale=(1.0, 1.0)):
    mesh = Mesh.even(N, m)
    wave = np.stack([2.0 * np.cos(2 * np.pi * mesh.nodes), 2.0 * np.sin(2 * np.pi * mesh.nodes)], axis=-1)
    guess = Orbit(mesh, wave * np.array(scale), 6.66, 1.0)
    return periodic.correct(oscillator(scale), guess, None)


#: Period of van der Pol's oscillator with mu = 1 (Strasberg, Urabe; also by Taylor series in many digits).
PERIOD = 6.6632868593231301896996820305


@pytest.mark.parametrize("m", [2, 3, 4])
def test_the_period_converges_with_twice_the_degree(m):
    errors = [abs(van_der_pol(N, m).orbit.period - PERIOD) for N in (12, 24)]
    assert math.log2(errors[0] / errors[1]) > 2 * m - 1.0


def test_the_period_is_right_and_knows_no_units():
    assert van_der_pol(40).orbit.period == pytest.approx(PERIOD, rel=1e-11)
    assert van_der_pol(40, scale=(1e-6, 1e7)).orbit.period == pytest.approx(PERIOD, rel=1e-11)


def test_one_multiplier_is_one_and_liouville_gives_the_other():
    cycle = van_der_pol(40)
    trivial, others = cycle.split
    x = cycle.orbit.mesh.values(cycle.orbit.nodes)[..., :1]
    divergence = cycle.orbit.period * cycle.orbit.mesh.integral(1.0 - x**2)[0]
    assert trivial == pytest.approx(1.0, abs=1e-8)
    assert others == pytest.approx([math.exp(divergence)], rel=1e-8)


def test_the_adjoint_is_that_of_the_variational_equation():
    cycle, problem = van_der_pol(40), oscillator()
    Z, error = adjoint(problem, cycle.orbit)
    assert error < 1e-5  # between the nodes the error is of order m + 1; at the ends of the intervals it is far less
    carried = cycle.carried * problem.scale[:, None] / problem.scale[None, :]
    ends = np.concatenate([Z[1:, 0], Z[:1, 0]])
    assert np.einsum("ja,jab->jb", ends, carried) == pytest.approx(Z[:, 0], abs=1e-7 * np.max(np.abs(Z)))


def test_a_polynomial_of_the_degree_is_interpolated_exactly():
    mesh = Mesh(np.array([0.0, 0.1, 0.35, 0.8, 1.0]))
    s = np.random.default_rng(3).uniform(size=50)
    periodic_cubic = 16.0 * (mesh.nodes * (1.0 - mesh.nodes)) ** 2
    values = mesh.interpolate(periodic_cubic[..., None], s)[:, 0]
    assert values == pytest.approx(16.0 * (s * (1.0 - s)) ** 2, abs=1e-13)
    assert mesh.integral(mesh.values(periodic_cubic[..., None]))[0] == pytest.approx(16.0 / 30.0, rel=1e-13)


def test_an_adapted_mesh_spreads_the_error():
    def pulse(s):
        return np.exp(-(((s - 0.3) / 0.02) ** 2))[..., None]

    even = Mesh.even(60)
    mesh, scale = even, np.ones(1)
    for _ in range(4):
        mesh = mesh.adapted(pulse(mesh.nodes), scale)
    fine = np.linspace(0.0, 1.0, 5000)
    errors = [np.max(np.abs(m.interpolate(pulse(m.nodes), fine) - pulse(fine))) for m in (even, mesh)]
    assert errors[1] < errors[0] / 100.0
    assert 0.3 < mesh.error(pulse(mesh.nodes), scale) / errors[1] < 10.0
    assert mesh.widths.sum() == pytest.approx(1.0) and mesh.widths.min() > 0.0
