"""How a published channel is made: its own values, and those that the user gives instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rheobase.conductance.channel import Channel


def published(changes: Mapping[str, Any], name: str, gates: Mapping[str, Any] | None, **given: Any) -> Channel:
    """The channel with some values replaced; a permeability takes the place of conductance and reversal potential."""
    instead = {"g": None, "E": None} if "P" in changes else {}
    return Channel(name, gates, **given).with_(**{**instead, **changes})
