"""What holds for all tests: figures are closed behind each, since Matplotlib keeps them open and warns of many."""

import sys

import pytest


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
