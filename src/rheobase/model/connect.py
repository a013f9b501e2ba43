"""Who is connected to whom: rules, without numerics. The engine turns each into lists of sources per target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.errors import ModelError


@dataclass(frozen=True)
class FixedIndegree:
    """Every target draws ``k`` sources at random; the same source may be drawn again unless ``multapses`` is False."""

    k: int
    autapses: bool = True
    multapses: bool = True


@dataclass(frozen=True)
class FixedTotalNumber:
    """``n`` synapses in all, source and target of each drawn uniformly (Potjans & Diesmann 2014)."""

    n: int
    autapses: bool = True


@dataclass(frozen=True)
class Bernoulli:
    """Each ordered pair is connected with probability ``p``, at most once."""

    p: float
    autapses: bool = True


@dataclass(frozen=True)
class AllToAll:
    """Every source to every target."""

    autapses: bool = True


@dataclass(frozen=True)
class OneToOne:
    """Neuron i to neuron i; both populations have the same size."""


@dataclass(frozen=True, eq=False)
class Explicit:
    """Synapse j runs from ``pre[j]`` to ``post[j]``; weights and delays may be arrays of the same length."""

    pre: NDArray[np.int64]
    post: NDArray[np.int64]

    def __init__(self, pre: ArrayLike, post: ArrayLike) -> None:
        object.__setattr__(self, "pre", _indices(pre, "pre"))
        object.__setattr__(self, "post", _indices(post, "post"))
        if self.pre.size != self.post.size:
            raise ModelError(
                f"Explicit: pre has {self.pre.size} entries and post has {self.post.size}; give one of each a synapse"
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Explicit)
            and np.array_equal(self.pre, other.pre)
            and np.array_equal(self.post, other.post)
        )

    __hash__ = None  # type: ignore[assignment]


Connectivity = FixedIndegree | FixedTotalNumber | Bernoulli | AllToAll | OneToOne | Explicit


def _indices(values: ArrayLike, what: str) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or not (np.issubdtype(array.dtype, np.integer) or array.size == 0):
        raise ModelError(f"Explicit: {what} must be a one-dimensional array of whole numbers")
    array = array.astype(np.int64)
    array.setflags(write=False)
    return array


def check_connectivity(rule: Connectivity, n_pre: int, n_post: int, same: bool, where: str) -> None:
    """Raise a sentence if the rule cannot be carried out between populations of these sizes."""
    match rule:
        case FixedIndegree(k, autapses, multapses):
            _require_whole(k, "k", where)
            available = n_pre - (1 if same and not autapses else 0)
            if (not multapses and k > available) or (k > 0 and available == 0):
                raise ModelError(f"{where}: {k} different sources a target are wanted, but there are {available}")
        case FixedTotalNumber(n, autapses):
            _require_whole(n, "n", where)
            if n > 0 and same and not autapses and n_pre < 2:
                raise ModelError(f"{where}: without autapses a population of one neuron has no source")
        case Bernoulli(p, _):
            if isinstance(p, str) or not 0 <= p <= 1:
                raise ModelError(f"{where}: the connection probability is {p!r}; it must lie between 0 and 1")
        case OneToOne():
            if n_pre != n_post:
                raise ModelError(
                    f"{where}: OneToOne needs populations of one size; these have {n_pre} and {n_post} neurons"
                )
        case Explicit(pre=pre, post=post):
            for values, size, side in ((pre, n_pre, "pre"), (post, n_post, "post")):
                if values.size and (values.min() < 0 or values.max() >= size):
                    raise ModelError(f"{where}: {side} has indices outside 0 ... {size - 1}")
        case AllToAll():
            pass
        case _:
            raise ModelError(
                f"{where}: connect={rule!r} is no connectivity rule; use FixedIndegree, FixedTotalNumber, Bernoulli, "
                "AllToAll, OneToOne or Explicit"
            )


def whole(value: object) -> int | None:
    """A whole number as int, written as 1000 or 1e3; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    return int(value) if float(value).is_integer() else None


def _require_whole(value: object, name: str, where: str) -> None:
    number = whole(value)
    if number is None or number < 0:
        raise ModelError(f"{where}: {name} = {value!r} must be a whole number, zero or more")


def expected_synapses(rule: Connectivity, n_pre: int, n_post: int, same: bool) -> float:
    """Mean number of synapses the rule makes."""
    pairs = n_pre * n_post - (n_post if same and not getattr(rule, "autapses", True) else 0)
    match rule:
        case FixedIndegree(k):
            return k * n_post
        case FixedTotalNumber(n):
            return n
        case Bernoulli(p):
            return p * pairs
        case AllToAll():
            return pairs
        case OneToOne():
            return n_post
        case Explicit(pre=pre):
            return pre.size
