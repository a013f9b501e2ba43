"""A spline through as many points as a function needs."""

import numpy as np
import pytest

from rheobase.numerics.spline_table import spline_table


def test_a_resonance_gets_the_points_and_the_rest_few():
    def function(x):
        return np.stack([1 / (1 + ((x - 3) / 0.05) ** 2), np.exp(1j * x)], axis=1)

    table = spline_table(function, np.linspace(0, 10, 20), 1e-5)
    x = np.linspace(0, 10, 5000)
    assert np.max(np.abs(table(x) - function(x))) < 1e-5
    near = np.count_nonzero(np.abs(table.x - 3) < 0.5)
    assert near > 0.4 * table.x.size and table.x.size < 300


def test_a_jump_is_refused():
    with pytest.raises(ArithmeticError, match="points leave a spline with errors above"):
        spline_table(lambda x: (x > np.pi)[:, None] + 0j, np.linspace(0, 10, 20), 1e-5)
