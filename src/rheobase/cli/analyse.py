"""``rheobase analyse``: one page on a neuron, or a table of several."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rheobase.cli.models import find
from rheobase.errors import ModelError
from rheobase.jsonfile import json_text
from rheobase.model.network import Network
from rheobase.model.neuron import Neuron

_HEADINGS = ("model", "class", "rheobase", "begins", "bistable", "kind", "resonance")


def run(options: argparse.Namespace, tell: bool) -> None:
    """Analyse the models, print, and write what is wanted.

    Of several models those that cannot be analysed are refused at the end, when the others have been told.
    """
    neurons = [pair for name in options.models for pair in _neurons(name, options.parameters)]
    if len(neurons) > 1 and options.figure is not None:
        raise ModelError("--figure shows one neuron; name one model only")
    found: list[tuple[Any, Neuron]] = []
    refused: list[str] = []
    for name, neuron in neurons:
        try:
            found.append((_page(name, neuron, options, tell), neuron))
        except ModelError as error:
            if len(neurons) == 1:
                raise
            refused.append(f"{name}: {error}")
    pages = [page for page, _ in found]
    if pages:
        print(pages[0].summary() if len(neurons) == 1 else table(pages))
    checks = [_checked(page, neuron, tell) for page, neuron in found] if options.check else []
    for check in checks:
        print("\n" + check.summary())
    if options.json is not None and pages:
        _write(pages, checks, options.json, alone=len(neurons) == 1)
    if options.figure is not None:
        from rheobase import plot

        plot.save(pages[0].plot(), options.figure)
        print(f"figure: {options.figure}")
    if refused:
        raise ModelError("\n".join(refused))


def _neurons(name: str, parameters: Any) -> Iterator[tuple[str, Neuron]]:
    """The neuron of this name or file; of a network, every kind of neuron in it."""
    model = find(name, parameters)
    if not isinstance(model, Network):
        yield (model.name or Path(name).stem, model)
        return
    seen: list[Neuron] = []
    for population in model.populations:
        if not population.neuron.states:
            continue  # a source of random spikes
        if not any(population.neuron is other for other in seen):
            seen.append(population.neuron)
            yield population.neuron.name or population.name, population.neuron
    if not seen:
        raise ModelError(f"{name} has no neuron with a differential equation")


def _page(name: str, neuron: Neuron, options: argparse.Namespace, tell: bool) -> Any:
    from rheobase.dynamics.page import analyse

    progress = (lambda words: print(f"{name}: {words}", file=sys.stderr)) if tell else None
    named = neuron if neuron.name else neuron.with_(name=name)
    return analyse(named, input=options.input, range=options.range, progress=progress)


def _checked(page: Any, neuron: Neuron, tell: bool) -> Any:
    from rheobase.check.neuron import check_analysis

    return check_analysis(neuron, page, progress=tell)


def _write(pages: list[Any], checks: list[Any], path: Path, alone: bool) -> None:
    found = [page.to_dict() for page in pages]
    for page, check in zip(found, checks, strict=False):
        page["check"] = check.to_dict()
    json_text(found[0] if alone else found, path)
    print(f"numbers: {path}")


def table(pages: list[Any]) -> str:
    """Several neurons, a line each."""
    rows = [_HEADINGS, *(_row(page) for page in pages)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _row(page: Any) -> tuple[str, ...]:
    found = page.character
    unit = "" if page.unit == "1" else f" {page.unit}"
    return (
        page.model,
        "-" if found.hodgkin_class is None else str(found.hodgkin_class),
        "-" if found.rheobase is None else f"{found.rheobase:.6g}{unit}",
        found.begins,
        "-" if found.bistable is None else f"{found.bistable[0]:.6g} to {found.bistable[1]:.6g}",
        "resonator" if found.is_resonator else "integrator",
        "-" if found.resonance_hz is None else f"{found.resonance_hz:.5g} Hz",
    )
