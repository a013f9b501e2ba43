"""Every model of the library holds to numbers that are known independently of it."""

from __future__ import annotations

import pytest

from rheobase import library

CASES = [(name, fact) for name in library.names() for fact in library.entry(name).facts if not fact.costly]


@pytest.mark.parametrize(("name", "fact"), CASES, ids=[f"{name}: {fact.what}" for name, fact in CASES])
def test_fact(name: str, fact: library.Fact):
    found = fact.found(library.entry(name).make)
    assert abs(found - fact.value) <= fact.tolerance, f"{fact}: the model has {found!r}"


@pytest.mark.parametrize("name", library.names())
def test_every_model_is_held_to_something(name: str):
    facts = library.entry(name).facts
    assert facts
    assert all(fact.source and fact.tolerance >= 0 for fact in facts)
