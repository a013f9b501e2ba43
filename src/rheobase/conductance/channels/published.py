"""How a published channel is made: its own values, and those that the user gives instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rheobase.conductance.channel import Channel


def published(changes: Mapping[str, Any], name: str, gates: Mapping[str, Any] | None, **given: Any) -> Channel:
    """The channel with some values replaced; a permeability takes the place of conductance and reversal potential."""
    if "P" in changes:
        given = {key: value for key, value in given.items() if key not in ("g", "E")}
    merged = {**given, **changes}
    return Channel(merged.pop("name", name), merged.pop("gates", gates), **merged)
