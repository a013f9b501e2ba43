"""Points of codimension two of the exact mean field of two populations, against the equations in 40 digits.

The equations of Montbrió, Pazó & Roxin (2015), eq. 12, with a synaptic state for each presynaptic population,

    tau r' = Delta/(pi tau) + 2 r v,    tau v' = v**2 + eta + tau sum J s - (pi tau r)**2,    tau_s s' = r - s,

are written out here once more, six in all, with their matrix of derivatives. A Bogdanov-Takens point is where its
characteristic polynomial has no constant and no linear term; a cusp is where the determinant of the equations at rest
vanishes, and does not change along its null vector.
"""

import mpmath
import numpy as np
import pytest

from rheobase.population import exact_mean_field

TAU, DELTA, J, TAU_S = 10, 1, ((16, -10), (14, -2)), (2, 5)


@pytest.fixture(scope="module")
def plane():
    field = exact_mean_field(tau=[TAU, TAU], Delta=DELTA, eta=[-2.0, -5.0], J=J, tau_s=[TAU_S, TAU_S])
    return field.phase_diagram("eta:1", (-6, -1.5), "eta:2", (-12, -3))


def voltages(r):
    return [-mpmath.mpf(DELTA) / (2 * mpmath.pi * TAU * rate) for rate in r]


def rest(r, eta):
    return [
        v**2 + eta[k] + TAU * sum(J[k][j] * r[j] for j in range(2)) - (mpmath.pi * TAU * r[k]) ** 2
        for k, v in enumerate(voltages(r))
    ]


def derivatives(r):
    A, v = mpmath.zeros(6), voltages(r)
    for k in range(2):
        A[k, k], A[k, 2 + k] = 2 * v[k] / TAU, 2 * r[k] / TAU
        A[2 + k, k], A[2 + k, 2 + k] = -2 * mpmath.pi**2 * TAU * r[k], 2 * v[k] / TAU
        A[4 + k, k], A[4 + k, 4 + k] = mpmath.mpf(1) / TAU_S[k], -mpmath.mpf(1) / TAU_S[k]
        A[2 + k, 4], A[2 + k, 5] = J[k]
    return A


def polynomial(A):
    """Coefficients of ``det(x - A)``, the lowest first, by Faddeev and LeVerrier."""
    n, M, found = A.rows, mpmath.eye(A.rows), [mpmath.mpf(1)]
    for k in range(1, n + 1):
        AM = A * M
        found.append(-sum(AM[i, i] for i in range(n)) / k)
        M = AM + found[-1] * mpmath.eye(n)
    return found[::-1]


def double_zero(*x):
    return [*rest(x[:2], x[2:]), *polynomial(derivatives(x[:2]))[:2]]


def cusp(*x):
    """Of the two equations at rest, in the rates; the null vector of ``[[a, b], [c, d]]`` is ``(b, -a)``."""

    def slopes(r):
        v = voltages(r)
        own = [-2 * v[k] ** 2 / r[k] - 2 * (mpmath.pi * TAU) ** 2 * r[k] for k in range(2)]
        return [[TAU * J[k][j] + (own[k] if j == k else 0) for j in range(2)] for k in range(2)]

    def determinant(*r):
        (a, b), (c, d) = slopes(r)
        return a * d - b * c

    (a, b), _ = slopes(x[:2])
    along = b * mpmath.diff(determinant, x[:2], (1, 0)) - a * mpmath.diff(determinant, x[:2], (0, 1))
    return [*rest(x[:2], x[2:]), determinant(*x[:2]), along]


def solved(equations, guess):
    """Parameters, and rates in Hz."""
    with mpmath.workdps(40):
        x = [float(value) for value in mpmath.findroot(equations, guess)]
    return {"eta:1": x[2], "eta:2": x[3]}, [1e3 * x[0], 1e3 * x[1]]


def compare(points, expected):
    assert len(points) == len(expected)
    for point, (parameters, rates) in zip(points, expected, strict=True):
        assert point.parameters == pytest.approx(parameters, rel=1e-10)
        assert point.rates == pytest.approx(rates, rel=1e-10)


def test_bogdanov_takens_points(plane):
    guesses = (0.06, 0.01, -5.0, -11.0), (0.022, 0.015, -2.1, -3.7)
    expected = [solved(double_zero, guess) for guess in guesses]
    compare(sorted(plane.of("Bogdanov-Takens"), key=lambda point: point.parameters["eta:1"]), expected)


def test_cusp(plane):
    compare(plane.of("cusp"), [solved(cusp, (0.021, 0.014, -2.06, -3.7))])


def test_the_zero_eigenvalue_has_one_eigenvector(plane):
    """Else the curves would cross there and not end."""
    for point in plane.of("Bogdanov-Takens"):
        A = np.array(derivatives([1e-3 * rate for rate in point.rates]).tolist(), float)
        values = np.linalg.svd(A, compute_uv=False)
        assert values[-1] < 1e-12 * values[0] < 1e-4 * values[-2]
        assert np.sort(np.abs(np.linalg.eigvals(A)))[:2] == pytest.approx(0.0, abs=1e-6)  # the root of rounding


def test_lines_of_hopf_points_end_there(plane):
    """Where they end the oscillation is slow as 1e-5/tau, and the distance is of second order in that."""
    ends = [line.points[np.argmin(line.frequency_hz)] for line in plane.lines if line.kind == "Hopf"]
    points = [[*point.parameters.values()] for point in plane.of("Bogdanov-Takens")]
    assert sorted(map(tuple, ends)) == [pytest.approx(point, rel=1e-8) for point in sorted(map(tuple, points))]


def test_one_population_has_none():
    """Its characteristic function is ``((s - 2 v)**2 + (2 pi R)**2)(1 + s tau_s) - 2 R J``, and ``v < 0`` at rest.

    Where it vanishes at 0, its slope there, ``-4 v + tau_s (4 v**2 + (2 pi R)**2)``, is positive.
    """
    found = exact_mean_field(Delta=1, eta=-5, J=15, tau_s=1).phase_diagram("eta", (-8, 0), "J", (5, 30))
    assert found.of("cusp") and found.of("saddle-node") == () and found.of("Bogdanov-Takens") == ()
