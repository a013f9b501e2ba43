"""The elementary functions of the kernels against mpmath, and at the edges."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numba import njit

from rheobase.numerics import vectormath

EXACT = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "tanh": mpmath.tanh,
    "exprel": lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1),
}


def _compiled(name: str):
    function = getattr(vectormath, name)

    @njit(error_model="numpy")
    def fill(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    def apply(x):
        out = np.empty_like(x)
        fill(x, out)
        return out

    return apply


VECTOR = {name: _compiled(name) for name in EXACT}


@mpmath.workprec(120)
def ulps(name: str, x: np.ndarray) -> np.ndarray:
    """Errors in units in the last place of the true value."""
    exact = [EXACT[name](mpmath.mpf(float(value))) for value in x]
    unit = [float(np.spacing(abs(x.dtype.type(float(value))))) for value in exact]
    computed = VECTOR[name](x)
    return np.array([float(abs(mpmath.mpf(float(a)) - b) / u) for a, b, u in zip(computed, exact, unit, strict=True)])


def inputs(name: str, real: type, n: int = 700) -> np.ndarray:
    """Numbers over the whole domain, around the switches of the reduction, and next to 0 (next to 1 for log)."""
    generator = np.random.default_rng(5)
    is_double = real is np.float64
    if name == "log":
        spread = generator.uniform(-1000 if is_double else -120, 1000 if is_double else 120, n)
        return np.concatenate(
            [2.0**spread, generator.uniform(0.5, 2, n), 1 + 10 ** generator.uniform(-7, -1, n)]
        ).astype(real)
    limit = 700 if is_double else 86.0
    small = np.sign(generator.normal(size=n)) * 10 ** generator.uniform(-15 if is_double else -7, 1, n)
    halves = (np.arange(-40, 40) + 0.5) * np.log(2) * (1 + 1e-7)
    return np.concatenate([generator.uniform(-limit, limit, n), generator.uniform(-2, 2, n), small, halves]).astype(
        real
    )


@pytest.mark.parametrize("real", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("name", "bound"), [("exp", 1.0), ("expm1", 3.0), ("log", 3.0), ("tanh", 3.0), ("exprel", 3.0)]
)
def test_accuracy(name: str, bound: float, real: type):
    """exp is rounded twice at most; the others divide or add a term that may be rounded in the other direction."""
    errors = ulps(name, inputs(name, real))
    assert errors.max() < bound
    assert errors.max() > 0.4  # the measure itself: no rounding error is below half a unit everywhere


@pytest.mark.parametrize("real", [np.float64, np.float32])
def test_special_values(real: type):
    x = np.array([0.0, np.inf, -np.inf, np.nan, 1e4, -1e4], real)
    nan = np.nan
    expected = {
        "exp": [1, np.inf, 0, nan, np.inf, 0],
        "expm1": [0, np.inf, -1, nan, np.inf, -1],
        "log": [-np.inf, np.inf, nan, nan, np.log(real(1e4)), nan],
        "tanh": [0, 1, -1, nan, 1, -1],
        "exprel": [1, np.inf, 0, nan, np.inf, 1e-4],
    }
    for name, values in expected.items():
        got = VECTOR[name](x)
        assert np.allclose(got, np.array(values, real), rtol=4 * np.finfo(real).eps, atol=0, equal_nan=True), name


@pytest.mark.parametrize(("real", "largest", "smallest"), [(np.float64, 709.78, -707.0), (np.float32, 88.3, -87.0)])
def test_exp_ends_where_it_says(real: type, largest: float, smallest: float):
    """Finite and right up to the largest argument; 0 below the smallest, where numbers become subnormal."""
    got = VECTOR["exp"](np.array([largest * (1 - 1e-7), largest + 0.5, smallest + 1e-3, smallest - 0.5], real))
    assert np.isfinite(got[0]) and got[0] > np.finfo(real).max / 3
    assert got[1] == np.inf
    assert got[2] > 0
    assert got[3] == 0


def test_small_arguments_do_not_cancel():
    """Relative error where the naive formula has lost every digit."""
    x = 10.0 ** -np.arange(1, 300, 7)
    assert np.allclose(VECTOR["expm1"](x), np.expm1(x), rtol=1e-15, atol=0)
    assert np.allclose(VECTOR["tanh"](x), np.tanh(x), rtol=1e-15, atol=0)
    assert np.allclose(VECTOR["exprel"](x), np.expm1(x) / x, rtol=1e-15, atol=0)


@pytest.mark.parametrize("name", EXACT)
def test_a_number_has_the_same_bits_wherever_it_stands_in_the_array(name: str):
    """The body of a vectorised loop and its remainder must agree: spikes may not depend on how neurons are sliced."""
    x = np.abs(inputs(name, np.float64))[:67]
    whole = VECTOR[name](x)
    for start in range(1, 9):
        assert np.array_equal(VECTOR[name](x[start:].copy()), whole[start:])
    assert all(VECTOR[name](x[i : i + 1].copy())[0] == whole[i] for i in range(x.size))


def test_exp_is_monotonous_across_the_switches_of_its_reduction():
    """The pieces must join: between neighbouring doubles exp never goes down by more than it is accurate."""
    for n in (-3, 0, 1, 40):
        x = np.nextafter((n + 0.5) * np.log(2), [0.0, np.inf])
        around = np.linspace(*x, 101)
        y = VECTOR["exp"](around)
        assert (np.diff(y) > -2 * np.spacing(y[0])).all()


def test_select_and_fma():
    @njit
    def both(a, b, c):
        return vectormath.fma(a, b, c), vectormath.select(a > b, a, b)

    a, b = 1 + 2.0**-30, 1 - 2.0**-30
    product, larger = both(a, b, -1.0)
    assert product == -(2.0**-60)  # a*b rounds to 1: only a fused operation keeps the rest
    assert larger == a
