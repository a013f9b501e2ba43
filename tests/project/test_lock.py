"""What is installed, what the lock says and what the project file allows are the same thing."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
PINS = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in LOCK)}


def test_the_lock_is_exact_pins_and_nothing_else():
    assert all(line == f"{Requirement(line).name}=={line.partition('==')[2]}" for line in LOCK)


@pytest.mark.parametrize("text", PROJECT["project"]["dependencies"])
def test_every_dependency_has_both_bounds_and_the_lock_is_within(text):
    requirement = Requirement(text)
    assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}
    assert PINS[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_tools_are_locked_too():
    tools = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependency-groups"]["dev"]}
    assert tools <= PINS.keys()


def test_the_version_is_the_same_everywhere():
    version = PROJECT["project"]["version"]
    assert importlib.metadata.version("rheobase") == version
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_lower_bounds_are_the_ones_that_are_tried():
    lowest = [Requirement(line) for line in (ROOT / "tests/project/lowest.txt").read_text().splitlines()]
    tried = {requirement.name: next(iter(requirement.specifier)).version for requirement in lowest}
    for text in PROJECT["project"]["dependencies"]:
        requirement = Requirement(text)
        bound = next(part.version for part in requirement.specifier if part.operator == ">=")
        assert tried[requirement.name].startswith(f"{bound}.") or tried[requirement.name] == bound
