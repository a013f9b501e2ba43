"""Named models: equations, published parameters, source, and facts under test.

>>> from rheobase import library
>>> neuron = library.lif(tau_m="20 ms")
>>> library.entry("lif").title
'leaky integrate-and-fire neuron'

Importing the library reads none of its models; each file is read when its model is first asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rheobase.errors import ModelError
from rheobase.library.entry import Entry, Fact

__all__ = ["Entry", "Fact", "entry", "make", "names"]

_NEURONS = (
    "lif",
    "eif",
    "qif",
    "adex",
    "izhikevich2003",
    "izhikevich2004",
    "izhikevich2007",
    "hodgkin_huxley",
    "fitzhugh_nagumo",
    "morris_lecar",
    "inap",
    "inap_ik",
    "connor_stevens",
    "wang_buzsaki",
    "rate_unit",
    "wilson_cowan1972",
    "wong_wang2006",
    "amari1977",
    "poisson",
)
_NETWORKS = ("brunel2000", "brunel2000_b", "potjans_diesmann2014")


def names() -> tuple[str, ...]:
    """The names of all models: neurons, then networks."""
    return (*_NEURONS, *_NETWORKS)


def entry(name: str) -> Entry:
    """What the library knows of a model.

    Raises
    ------
    ModelError
        If there is none of this name; the message has the nearest one.
    """
    if name not in names():
        near = difflib.get_close_matches(str(name), names(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(names())}"
        raise ModelError(f"the library has no model {name!r}; {hint}")
    folder = "neurons" if name in _NEURONS else "networks"
    return import_module(f"rheobase.library.{folder}.{name}").ENTRY


def make(name: str, **parameters: Any) -> Any:
    """The model of this name: a `Neuron` or a `Network`.

    Parameters
    ----------
    name
        One of `names()`.
    **parameters
        Parameters and start values that differ from the published ones, as quantities or as texts such as ``"20 ms"``.

    Raises
    ------
    ModelError
        For an unknown model or parameter.
    """
    return entry(name).make(**parameters)


def __getattr__(name: str) -> Callable[..., Any]:
    """``library.lif`` is the function that makes the model."""
    if name in names():
        return entry(name).make
    raise AttributeError(f"rheobase.library has no {name!r}; it has: {', '.join((*__all__, *names()))}")


def __dir__() -> list[str]:
    return sorted([*__all__, *names()])
