"""The public names, and what importing them costs."""

import ast
import json
import operator
import subprocess
import sys
from pathlib import Path

import pytest

import rheobase

HEAVY = ("jax", "sympy", "numba", "llvmlite", "matplotlib", "scipy", "pandas", "tqdm")


def modules_after(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after some code."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_importing_the_package_imports_nothing_heavy():
    assert not modules_after("import rheobase").intersection({*HEAVY, "numpy"})


def test_writing_a_network_imports_nothing_heavy():
    code = """
import rheobase as rb
cell = rb.Neuron("dv/dt = -v/tau : mV", threshold="v > 1*mV", reset="v = 0*mV", tau=10*rb.ms)
rb.Network([rb.Population(cell, 3, "E")], [rb.Projection("E", "E", rb.AllToAll(), 1*rb.mV, 1*rb.ms)])
"""
    loaded = modules_after(code)
    assert "numpy" in loaded
    assert not loaded.intersection(HEAVY)


def test_every_public_name_is_there_and_found_by_tools():
    source = ast.parse(Path(rheobase.__file__).read_text())
    block = next(node for node in source.body if isinstance(node, ast.If))
    for_tools = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert for_tools == set(rheobase.__all__)
    units = [name for name in rheobase.__all__ if name in rheobase.units.__all__]
    assert len(rheobase.__all__) - len(units) < 50
    for name in rheobase.__all__:
        assert getattr(rheobase, name) is not None
    assert set(rheobase.__all__) <= set(dir(rheobase))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"rheobase has no name 'simulat'; it has: .*simulate"):
        operator.attrgetter("simulat")(rheobase)


def test_the_function_and_the_module_have_different_names():
    assert callable(rheobase.simulate) and not callable(rheobase.population)
    assert rheobase.__version__.count(".") == 2
