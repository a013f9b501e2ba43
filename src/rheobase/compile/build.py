"""From a cell to a compiled update kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType

from rheobase.compile.cache import load
from rheobase.compile.cell import Cell
from rheobase.compile.kernel import Layout, kernel_source
from rheobase.compile.linear import structure_of
from rheobase.compile.numba_printer import NUMBA, NUMBA32
from rheobase.compile.printer import show
from rheobase.compile.update import Writer


@dataclass(frozen=True)
class Build:
    """A kernel: who writes it, how its arguments are laid out, and its text."""

    writer: Writer
    layout: Layout
    real: str
    title: str

    def with_arrays(self, arrays: tuple[str, ...]) -> Build:
        """The kernel that takes some values one a neuron."""
        return replace(self, layout=replace(self.layout, arrays=arrays))

    @cached_property
    def source(self) -> str:
        return kernel_source(self.writer, self.layout, self.real, self.title)

    def load(self) -> ModuleType:
        """The module of this text; its functions are compiled when they are first used."""
        return load(self.source, name_hint=f"kernel_{self.title}")


def build_kernel(cell: Cell, method: str, poisson: tuple[int, ...], real: str, title: str) -> Build:
    """The kernel of a cell integrated by ``method`` with Poisson inputs on the given receptors."""
    structure = structure_of(cell) if method == "exact" and cell.states else None
    target = NUMBA32 if real == "float32" else NUMBA
    writer = Writer(cell, method, poisson, structure, lambda tree: show(tree, target))
    return Build(writer, Layout(writer.signature, ()), real, title or "neuron")
