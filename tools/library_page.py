"""The page `library.md`, made from the models themselves whenever the documentation is built (a hook of MkDocs)."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from rheobase import library
from rheobase.cli.show import network_page, neuron_page
from rheobase.model.network import Network

_HEAD = """# The library

Every model below is a file of equations, parameters and their source. `rheobase show NAME` prints the same page, and
`rheobase.library.make("NAME", **parameters)` makes the model.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page to the files of the documentation."""
    files.append(File.generated(config, "library.md", content=library_page()))
    return files


def library_page() -> str:
    """All neurons, then all networks."""
    entries = [library.entry(name) for name in library.names()]
    parts = [_HEAD]
    for kind, heading in (("neuron", "Neurons"), ("network", "Networks")):
        parts.append(f"## {heading}\n")
        parts += [section(entry.name) for entry in entries if entry.kind == kind]
    return "\n".join(parts)


def section(name: str) -> str:
    """The page that the command line prints, under a heading."""
    model = library.make(name)
    page = network_page(model, name) if isinstance(model, Network) else neuron_page(model, name)
    title, _, text = page.partition("\n")
    return f"### {name}\n\n{title.partition(': ')[2].strip() or name}\n\n```text\n{text.strip()}\n```\n"
