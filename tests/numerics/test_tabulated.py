"""Tables of smooth functions: to rounding, from zero to infinity."""

import numpy as np
import pytest
from scipy.special import erfc

from rheobase.numerics.tabulated import nodes, primitives, sample, tabulate, tails

X = np.concatenate([[0.0], np.geomspace(1e-12, 1e300, 4000), np.linspace(0.0, 10.0, 2000)])


def test_functions_that_are_smooth_in_one_over_x_are_met_to_rounding():
    x = nodes()
    table = tabulate(np.sqrt(1.0 + x * x) / (1.0 + x), erfc(-x))
    with np.errstate(over="ignore"):
        assert sample(table, 0, X) == pytest.approx(np.hypot(1.0, X) / (1.0 + X), rel=3e-15)
    assert sample(table, 1, X) == pytest.approx(erfc(-X), rel=3e-15)


def test_primitives_and_tails():
    x = nodes()
    assert primitives(lambda s: (1.0 + s) ** -2, x) == pytest.approx(x / (1.0 + x), rel=1e-14)
    assert tails(lambda s: (1.0 + s) ** -2, x) == pytest.approx(1.0 / (1.0 + x), rel=1e-14)
    assert np.all(np.diff(x) > 0.0)
