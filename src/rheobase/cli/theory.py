"""``rheobase theory`` and ``rheobase phase-diagram``: mean-field theory of a network, without a simulation."""

from __future__ import annotations

import argparse
import inspect
from typing import Any

from rheobase.cli.models import entry_of, find, is_file
from rheobase.errors import ModelError
from rheobase.jsonfile import json_text
from rheobase.model.network import Network
from rheobase.progress import Progress
from rheobase.units import parse_quantity


def run(options: argparse.Namespace, tell: bool) -> None:
    """Print every stationary state with its leading modes, and how far the theory can be trusted."""
    from rheobase import population

    network = network_of(options.model, options.parameters)
    bar = Progress(2, "states and validity", tell, in_time=False)
    try:
        states = population.steady_states(network)
        bar.tick(1)
        report = population.validity_report(network)
    finally:
        bar.close()
    print(f"{network.name or options.model}: mean-field theory\n")
    print(states.summary())
    print("\nHow far can it be trusted?\n")
    print(report.summary())
    if options.json is not None:
        json_text({"model": options.model, **states.to_dict(), "validity": report.to_dict()["criteria"]}, options.json)
        print(f"numbers: {options.json}")
    _draw(states, options)


def network_of(name: str, parameters: Any) -> Network:
    """The network of this name or in this file.

    Raises
    ------
    ModelError
        If it is a single neuron.
    """
    model = find(name, parameters)
    if not isinstance(model, Network):
        raise ModelError(
            f"{name} is a single neuron, and this needs a network; for one neuron see population.transfer in Python, "
            f"or rheobase analyse {name}"
        )
    return model


def _draw(result: Any, options: argparse.Namespace) -> None:
    if options.figure is not None:
        from rheobase import plot

        plot.save(result.plot(), options.figure)
        print(f"figure: {options.figure}")


def run_phase_diagram(options: argparse.Namespace, tell: bool) -> None:
    """Print and draw the states of a network of the library over two of its parameters.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when what was done until then is printed and saved.
    """
    from rheobase.population.rhythm.phase_diagram import phase_diagram

    entry = _family(options.model)
    fixed = dict(options.parameters)
    across, upright = _range(entry, options.x, options.x_range), _range(entry, options.y, options.y_range)
    found = phase_diagram(
        entry.make, options.x, options.y, across, upright, points=options.points, fixed=fixed, progress=tell
    )
    print(f"{options.model}: states over {options.x} and {options.y}\n")
    print(found.summary())
    if options.json is not None:
        json_text({"model": options.model, **found.to_dict()}, options.json)
        print(f"numbers: {options.json}")
    _draw(found, options)
    if not found.complete:
        raise KeyboardInterrupt("interrupted; the results are those until then")


def _family(name: str) -> Any:
    """The library's entry of a network."""
    if is_file(name):
        raise ModelError(
            f"{name} is one network, and a phase diagram needs a family of them; in Python, "
            "population.phase_diagram takes any function that returns a Network"
        )
    entry = entry_of(name)
    if entry.kind != "network":
        raise ModelError(f"{name} is a single neuron, and a phase diagram needs a network; rheobase list names them")
    return entry


def _range(entry: Any, name: str, given: list[str] | None) -> tuple[Any, Any]:
    """The range asked for, or half to twice the model's own value."""
    known = inspect.signature(entry.make).parameters
    if name not in known:
        raise ModelError(f"{entry.name} has no parameter {name!r}; it has: {', '.join(known)}")
    if given is not None:
        return given[0], given[1]
    default = known[name].default
    own = parse_quantity(default) if isinstance(default, str | int | float) else None
    if own is None or not own > 0 * own:
        raise ModelError(f"{name} has no positive number as default; give its range, such as --x-range 3 8")
    return 0.5 * own, 2.0 * own
