"""A single `Neuron` as a file: one table ``[neuron]`` with the keys that a network file has for its neurons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rheobase.files import replacing
from rheobase.model.neuron import Neuron
from rheobase.model.toml.reading import read_neuron_table
from rheobase.model.toml.tables import load
from rheobase.model.toml.writing import neuron_blocks


def is_neuron_file(path: str | Path) -> bool:
    """Whether a file has a table ``[neuron]``, so that it is a neuron's and not a network's."""
    return "neuron" in load(path).data


def read_neuron(path: str | Path) -> Neuron:
    """Read a neuron file.

    Raises
    ------
    NetworkFileError
        With file, line, key and reason.
    """
    file = load(path)
    file.only(("neuron",))
    table = replace(file.sub("neuron"), place="[neuron]", header="[neuron]")
    return read_neuron_table(table, Path(path).stem)


def write_neuron(neuron: Neuron, path: str | Path) -> None:
    """Write a neuron file. A file that is there is replaced at once or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(neuron_text(neuron), encoding="utf-8", newline="\n")


def neuron_text(neuron: Neuron) -> str:
    """The neuron as TOML; `read_neuron` makes an equal neuron of it."""
    return "\n".join(neuron_blocks("neuron", neuron))
