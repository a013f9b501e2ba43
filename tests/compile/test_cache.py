"""Generated code in files: written once, repaired, private, and shared by processes."""

import os
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from rheobase.compile import cache

SOURCE = "from rheobase.compile.numba_functions import *\n\n\n@njit(cache=True)\ndef double(x):\n    return 2 * x\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RHEOBASE_CACHE", str(tmp_path / "code"))
    cache.folder.cache_clear()
    cache._LOADED.clear()
    yield tmp_path / "code"
    cache.folder.cache_clear()
    cache._LOADED.clear()


def test_a_module_is_a_real_file_with_the_text(folder):
    module = cache.load("x = 1\n", name_hint="my model!")
    assert Path(module.__file__).parent == folder
    assert Path(module.__file__).name.startswith("my_model__")
    assert Path(module.__file__).read_text() == "x = 1\n"
    assert module.x == 1


def test_the_same_text_is_the_same_module(folder):
    assert cache.load("x = 1\n") is cache.load("x = 1\n")
    assert cache.load("x = 1\n") is not cache.load("x = 2\n")
    assert len(list(folder.glob("*.py"))) == 2


def test_names_can_be_given_to_the_module(folder):
    first = cache.load("y = 2 * given\n", {"given": 3})
    second = cache.load("y = 2 * given\n", {"given": 4})
    assert (first.y, second.y) == (6, 8)


def test_a_file_that_was_changed_is_written_again(folder):
    path = Path(cache.load("x = 1\n").__file__)
    path.write_text("x = 9\n")  # the same length within the same second: what fools Python's own bytecode cache
    cache._LOADED.clear()
    assert cache.load("x = 1\n").x == 1
    assert path.read_text() == "x = 1\n"


def test_a_half_written_file_is_written_again(folder):
    path = Path(cache.load("x = 1\n").__file__)
    path.write_bytes(b"x =")
    cache._LOADED.clear()
    assert cache.load("x = 1\n").x == 1


def test_nothing_else_is_left_behind(folder):
    cache.load("x = 1\n")
    assert [path.suffix for path in folder.iterdir()] == [".py"]


def test_an_error_in_the_text_leaves_no_module(folder):
    before = set(sys.modules)
    with pytest.raises(ZeroDivisionError):
        cache.load("x = 1 / 0\n")
    assert set(sys.modules) == before


def test_the_folder_is_private(folder):
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    cache.load("x = 1\n")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_of_somebody_else_is_not_used(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.warns(RuntimeWarning, match="belongs to somebody else"):
        module = cache.load("x = 1\n")
    assert Path(module.__file__).parent != folder
    assert module.x == 1


def test_a_folder_that_cannot_be_made_is_replaced(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RHEOBASE_CACHE", str(tmp_path / "file" / "code"))
    cache.folder.cache_clear()
    with pytest.warns(RuntimeWarning, match="cannot be written"):
        assert cache.load("x = 5\n").x == 5
    cache.folder.cache_clear()


def test_what_the_text_imports_is_part_of_its_name(folder, monkeypatch):
    first = cache.load(SOURCE).__file__
    cache._LOADED.clear()
    monkeypatch.setattr(cache, "_digest", lambda name: (name + " changed", frozenset()))
    assert cache.load(SOURCE).__file__ != first


def test_compiled_code_outlives_the_process(folder):
    program = (
        "import warnings; warnings.simplefilter('error')\n"
        "from rheobase.compile.cache import load\n"
        f"module = load({SOURCE!r})\n"
        "assert module.double(3.0) == 6.0\n"
        "print(sum(module.double.stats.cache_hits.values()))\n"
    )
    environment = {**os.environ, "RHEOBASE_CACHE": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    hits = [
        subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert [int(hit) for hit in hits] == [0, 1]


def test_no_warning_when_all_is_well(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.load("x = 1\n")
