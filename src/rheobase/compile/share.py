"""Common parts of several trees, computed once: from trees to a short straight-line program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rheobase.model.expression import Binary, Call, Expression, Name, Number, Unary, Where, children, rebuild
from rheobase.model.functions import RANDOM

_WORTH = 4


@dataclass(frozen=True)
class Program:
    """Assignments in order, then results: ``name = tree`` for each of ``steps``, and the trees of ``results``."""

    steps: tuple[tuple[str, Expression], ...]
    results: tuple[Expression, ...]


def share(definitions: Mapping[str, Expression], results: Sequence[Expression], taken: Iterable[str] = ()) -> Program:
    """Write trees as a program in which no costly part is computed twice.

    Parameters
    ----------
    definitions
        Named trees, each after those it refers to. Those that no result needs are left out.
    results
        What is wanted.
    taken
        Names that must not be given to a common part.
    """
    needed = _needed(definitions, results)
    table = _Table()
    roots = [table.number(tree) for tree in [*needed.values(), *results]]
    table.count(roots)
    writer = _Writer(table, _fresh({*taken, *definitions, *table.names()}))
    for name, root in zip(needed, roots, strict=False):
        writer.define(name, root)
    shown = tuple(writer.write(root) for root in roots[len(needed) :])  # which may add steps
    return Program(tuple(writer.steps), shown)


def _needed(definitions: Mapping[str, Expression], results: Sequence[Expression]) -> dict[str, Expression]:
    seen: set[int] = set()
    wanted: set[str] = set()

    def read(tree: Expression) -> None:
        stack = [tree]
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Name):
                wanted.add(node.id)
            stack.extend(children(node))

    for tree in results:
        read(tree)
    for name in reversed(tuple(definitions)):
        if name in wanted:
            read(definitions[name])
    return {name: tree for name, tree in definitions.items() if name in wanted}


class _Table:
    """Every different subtree has a number; two subtrees that look alike have the same."""

    def __init__(self) -> None:
        self.nodes: list[Expression] = []
        self.parts: list[tuple[int, ...]] = []
        self.size: list[int] = []
        self.uses: list[int] = []
        self._keys: dict[object, int] = {}
        self._seen: dict[int, tuple[Expression, int]] = {}

    def number(self, node: Expression) -> int:
        seen = self._seen.get(id(node))
        if seen is not None:
            return seen[1]
        parts = tuple(self.number(child) for child in children(node))
        number = self._keys.setdefault(self._key(node, parts), len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append(node)
            self.parts.append(parts)
            self.size.append(sum(self.size[part] for part in parts) + (1 if parts else 0))
            self.uses.append(0)
        self._seen[id(node)] = (node, number)
        return number

    def _key(self, node: Expression, parts: tuple[int, ...]) -> object:
        match node:
            case Number(value):
                return ("number", repr(value))
            case Name(name):
                return ("name", name)
            case Unary(op) | Binary(op):
                return (op, parts)
            case Call(function):
                # each call of a random function draws its own number
                return (function, parts, len(self.nodes)) if function in RANDOM else (function, parts)
            case Where():
                return ("where", parts)

    def count(self, roots: Sequence[int]) -> None:
        for root in roots:
            self.uses[root] += 1
        for parts in self.parts:
            for part in parts:
                self.uses[part] += 1

    def names(self) -> set[str]:
        return {node.id for node in self.nodes if isinstance(node, Name)}

    def is_shared(self, number: int) -> bool:
        node = self.nodes[number]
        if self.uses[number] < 2 or isinstance(node, (Number, Name)):
            return False
        costly = isinstance(node, Call) and bool(node.arguments)
        return costly or self.size[number] >= _WORTH


class _Writer:
    def __init__(self, table: _Table, fresh: Callable[[str], str]):
        self.table = table
        self.fresh = fresh
        self.steps: list[tuple[str, Expression]] = []
        self._local: dict[int, Name] = {}

    def define(self, name: str, root: int) -> None:
        self.steps.append((name, self.write(root)))
        if not isinstance(self.table.nodes[root], (Number, Name)):
            self._local.setdefault(root, Name(name))

    def write(self, number: int) -> Expression:
        if number in self._local:
            return self._local[number]
        node, parts = self.table.nodes[number], self.table.parts[number]
        tree = rebuild(node, tuple(self.write(part) for part in parts)) if parts else node
        if not self.table.is_shared(number):
            return tree
        name = Name(self.fresh(node.function if isinstance(node, Call) else "part"))
        self.steps.append((name.id, tree))
        self._local[number] = name
        return name


def _fresh(taken: set[str]) -> Callable[[str], str]:
    """A maker of names that are not in use."""

    def make(stem: str) -> str:
        number = 1
        while f"{stem}_{number}" in taken:
            number += 1
        taken.add(f"{stem}_{number}")
        return f"{stem}_{number}"

    return make
