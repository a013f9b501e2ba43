"""Compiled functions in the cache: loaded while all that they use is the same, compiled again when that changes."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import rheobase
from rheobase.numerics.kernel import kernel, stamp

CALLER = """
import numpy as np
from numba import njit
from rheobase.numerics.kernel import kernel
from {package}.callee import FACTOR, TABLE, twice


@{decorator}
def outer(x):
    return twice(x) * FACTOR + TABLE[0]
"""
CALLEE = """
import numpy as np
from numba import njit
from rheobase.numerics.kernel import kernel

FACTOR = 10.0
TABLE = (0.0, 1.0)


@njit(forceinline=True)
def inner(x):
    return 2.0 * x


@kernel
def twice(x):
    return inner(x)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two files: a call changes them, imports them afresh, and returns value and whether it was loaded."""
    folder = tmp_path / "fixture_of_kernels"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def run(decorator="kernel", old="", new=""):
        (folder / "caller.py").write_text(CALLER.format(package=folder.name, decorator=decorator))
        (folder / "callee.py").write_text(CALLEE.replace(old, new) if old else CALLEE)
        for file in folder.glob("*.py"):
            os.utime(file, (1e9, 1e9))  # as pip leaves it: every version of a wheel may carry the same time
        forget(folder.name)
        outer = importlib.import_module(f"{folder.name}.caller").outer
        return outer(3.0), bool(sum(outer.stats.cache_hits.values()))

    yield run
    forget(folder.name)


def forget(package):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    importlib.invalidate_caches()


CHANGES = {
    "a compiled function": ("return inner(x)", "return inner(x) + 1.0", 70.0),
    "what that one inlines": ("return 2.0 * x", "return 4.0 * x", 120.0),
    "a constant": ("FACTOR = 10.0", "FACTOR = 20.0", 120.0),
    "a table": ("TABLE = (0.0", "TABLE = (5.0", 65.0),
}


def test_the_cache_is_used_while_nothing_changes(package):
    assert [package(), package()] == [(60.0, False), (60.0, True)]
    assert package(old="FACTOR", new="\n\n# a comment\nFACTOR") == (60.0, True)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_in_another_file_compiles_the_caller_again(package, what):
    old, new, value = CHANGES[what]
    assert package() == (60.0, False)
    assert package(old=old, new=new) == (value, False)
    assert package(old=old, new=new) == (value, True)


def test_numba_alone_does_not_see_the_change(package):
    """Why this module is there. If this fails, Numba has learned it."""
    old, new, value = CHANGES["a constant"]
    assert package("njit(cache=True)") == (60.0, False)
    assert package("njit(cache=True)", old, new) == (60.0, True) != (value, False)


def test_the_folder_is_where_numba_is_told(package, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "chosen"))
    assert [package(), package()] == [(60.0, False), (60.0, True)]
    assert len(list((tmp_path / "chosen").rglob("*.nbi"))) == 2  # caller and callee
    assert not list((tmp_path / "fixture_of_kernels").rglob("*.nbi"))


def test_stamps_are_those_of_every_process():
    """Not of its addresses, nor of the order of its sets."""
    program = """
from numba.core.dispatcher import Dispatcher
from rheobase.numerics import kernel, random, siegert
from rheobase.simulation import meeting, wiring
for module in (random, siegert, meeting, wiring):
    for name, value in vars(module).items():
        if isinstance(value, Dispatcher):
            print(name, kernel.stamp(value.py_func))
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert "normals_of_words" in said[0]


def test_without_a_folder_it_compiles(monkeypatch):
    from numba.core.caching import CacheImpl

    monkeypatch.setattr(CacheImpl, "_locator_classes", [])

    @kernel
    def double(x):
        return 2.0 * x

    assert double(2.0) == 4.0


SHIFT = np.array([1.0, 2.0])
UNKNOWN = {"a": 1}


def test_arrays_count_by_their_values(monkeypatch):
    def shifted(x):
        return x + SHIFT[0]

    before = stamp(shifted)
    assert stamp(shifted) == before
    monkeypatch.setitem(shifted.__globals__, "SHIFT", np.array([1.0, 3.0]))
    assert stamp(shifted) != before


def test_what_cannot_be_watched_is_refused():
    def looked_up(x):
        return UNKNOWN["a"] + x

    with pytest.raises(TypeError, match=r"looked_up uses UNKNOWN, of which it cannot be told whether it has changed"):
        stamp(looked_up)


def test_the_package_caches_by_kernel_only():
    """Numba's own ``cache=True`` stands only in generated text, whose files are named by all that they import."""
    root = Path(rheobase.__file__).parent
    bare = [
        f"{file.relative_to(root)}:{node.lineno}"
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "cache"
    ]
    assert bare == []
