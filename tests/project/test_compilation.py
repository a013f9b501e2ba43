"""The first run of a command compiles for half a minute: it says so, once, to a person."""

import io
import sys

import pytest

from rheobase import progress
from rheobase.cli import main
from rheobase.compile import cache


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stderr", "said"), [(Terminal(), 1), (io.StringIO(), 0)])
def test_compilation_is_told_once_and_only_to_a_terminal(stderr, said, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    assert main(["list"]) == 0
    assert stderr.getvalue() == ""
    cache.load("x = 1\n", name_hint="first")
    cache.load("x = 2\n", name_hint="second")
    assert stderr.getvalue().count("compiling") == said


def test_what_is_there_is_not_told(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    (tmp_path / "text.py").write_text("x = 1\n")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress.tell_compilation()
    cache._written(tmp_path / "text.py", "x = 1\n")
    assert terminal.getvalue() == ""
    progress.compiling()
    assert terminal.getvalue().count("\n") == 1
