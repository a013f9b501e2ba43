"""The documentation is executed: every Python block of a page, and every command of a console block."""

import re
import shlex
from pathlib import Path

import pytest

from rheobase.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(python|console|toml|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_says_is_so(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": f"page {page.name}"}
    text, end = page.read_text(), 0
    for block in BLOCK.finditer(text):
        where = f"{page.name}, line {text.count(chr(10), 0, block.start()) + 1}"
        if block[1] != "text":
            capsys.readouterr()
            run_block(block[1], block[2], namespace, where)
            end = block.end()
        elif end and not text[end : block.start()].strip():
            require_shown(block[2], capsys.readouterr().out, where)


def run_block(language: str, code: str, namespace: dict, where: str) -> None:
    """One fenced block: Python is run, console commands are called, a TOML block that names its file is written."""
    if language == "python":
        exec(compile(code, where, "exec"), namespace)
    elif language == "console":
        for command in re.findall(r"^\$ rheobase (.*)$", code, re.MULTILINE):
            assert main(shlex.split(command)) == 0, f"{where}: rheobase {command}"
    elif name := re.match(r"# (\w+\.toml)\n", code):
        Path(name[1]).write_text(code)


def require_shown(shown: str, printed: str, where: str) -> None:
    """That what a page shows below a block is what the block prints, line after line; ``...`` stands for anything."""
    lines = iter(printed.splitlines())
    for line in shown.splitlines():
        pattern = ".*".join(map(re.escape, line.rstrip().split("...")))
        found = any(re.fullmatch(pattern, other.rstrip()) for other in lines)
        assert found, f"{where}: {line!r} is shown, but what is printed is\n{printed}"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_a_page_ends_with_its_cross_check(page):
    last = page.read_text().rpartition("\n## ")[2]
    assert last.startswith("Cross-check\n")
    assert "assert " in last


def test_links_and_figures_of_the_readme_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).is_file(), target
