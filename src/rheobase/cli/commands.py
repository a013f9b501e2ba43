"""What each command does. Only what a command needs is imported, so that ``rheobase list`` is quick."""

from __future__ import annotations

import argparse
import sys

from rheobase.errors import ModelError


def version() -> None:
    """Print the version."""
    import rheobase

    print(f"rheobase {rheobase.__version__}")


def list_models(options: argparse.Namespace) -> None:
    """Print a line for every model of the library."""
    from rheobase import library

    entries = [library.entry(name) for name in library.names()]
    width = max(len(entry.name) for entry in entries)
    for kind in ("neuron", "network"):
        print(f"{kind}s")
        for entry in entries:
            if entry.kind == kind:
                print(f"  {entry.name:{width}}  {entry.title}")


def show(options: argparse.Namespace) -> None:
    """Print a model as text or as TOML."""
    from rheobase.cli.models import find, is_file
    from rheobase.cli.show import network_page, neuron_page
    from rheobase.model.network import Network

    model = find(options.model, options.parameters)
    name = "" if is_file(options.model) else options.model
    if not isinstance(model, Network):
        print(model.to_toml() if options.toml else neuron_page(model, name), end="" if options.toml else "\n")
    elif options.toml:
        print(model.to_toml(), end="")
    else:
        print(network_page(model, name))


def simulate(options: argparse.Namespace) -> None:
    """Simulate and print the rates; write a figure or the spikes where wanted."""
    from rheobase.cli.models import find, state_to_record
    from rheobase.cli.show import recording_page
    from rheobase.simulation import Interrupted
    from rheobase.simulation import simulate as run
    from rheobase.units import ms

    model = find(options.model, options.parameters)
    state = state_to_record(model)
    interrupt = None
    try:
        recording = run(
            model,
            options.duration * ms,
            dt=options.dt * ms,
            seed=options.seed,
            threads=options.threads,
            record=state,
            progress=_wants_progress(options),
        )
    except Interrupted as stopped:  # what there is until now is printed and saved
        if not stopped.recording.duration:
            raise
        interrupt, recording = stopped, stopped.recording
    print(recording_page(recording))
    if options.save is not None:
        recording.save(options.save)
        print(f"spikes: {options.save}")
    if options.figure is not None:
        from rheobase import plot

        plot.save(plot.recording(recording), options.figure)
        print(f"figure: {options.figure}")
    if interrupt is not None:
        raise KeyboardInterrupt(f"{interrupt}; the results are those until then")


def compare(options: argparse.Namespace) -> None:
    """Simulate a network and print its theory beside it; write the figure and the numbers where wanted."""
    from rheobase.check import compare as run
    from rheobase.cli.models import find, published_rates
    from rheobase.model.network import Network
    from rheobase.units import ms

    network = find(options.model, options.parameters)
    if not isinstance(network, Network):
        raise ModelError(
            f"{options.model} is a single neuron, and compare needs a network; try rheobase simulate {options.model}, "
            "or put the neuron into a network file (the page 'Does the theory hold for my network?' has one)"
        )
    comparison = run(
        network,
        options.duration * ms,
        transient=options.transient * ms,
        seed=options.seed,
        n_seeds=options.seeds if options.seeds > 1 else None,
        time_course=True if options.time_course else None,
        threads=options.threads,
        dt=options.dt * ms,
        progress=_wants_progress(options),
        published=published_rates(options.model, options.parameters),
    )
    print(comparison.summary())
    if options.json is not None:
        comparison.to_json(options.json)
        print(f"numbers: {options.json}")
    if options.figure is not None:
        from rheobase import plot

        plot.save(comparison.plot(), options.figure)
        print(f"figure: {options.figure}")


def analyse(options: argparse.Namespace) -> None:
    """Print the character of a neuron, or a table of several; write figure and numbers where wanted."""
    from rheobase.cli.analyse import run

    run(options, tell=_wants_progress(options))


def theory(options: argparse.Namespace) -> None:
    """Print the stationary states of a network and how far the theory can be trusted."""
    from rheobase.cli.theory import run

    run(options, tell=_wants_progress(options))


def phase_diagram(options: argparse.Namespace) -> None:
    """Print and draw the states of a network over two parameters."""
    from rheobase.cli.theory import run_phase_diagram

    run_phase_diagram(options, tell=_wants_progress(options))


def demo(options: argparse.Namespace) -> None:
    """Compare Brunel's network with its theory at three points."""
    from rheobase.check.demo import run_demo
    from rheobase.units import ms

    run_demo(
        options.output,
        duration=options.duration * ms,
        threads=options.threads,
        progress=sys.stderr.isatty(),
    )


def _wants_progress(options: argparse.Namespace) -> bool:
    return sys.stderr.isatty() and not options.quiet
