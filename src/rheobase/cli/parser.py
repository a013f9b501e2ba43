"""What the command line accepts."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from rheobase.errors import ModelError, UnitError
from rheobase.model.network import nearest
from rheobase.plot import require_format
from rheobase.units import internal, ms, parse_quantity

_EXAMPLES = """examples:
  rheobase list
  rheobase show adex
  rheobase analyse hodgkin_huxley --figure hh.png
  rheobase compare brunel2000 -p g=5 -p eta=2 --figure brunel.png
  rheobase theory brunel2000 -p g=6 -p eta=4
  rheobase phase-diagram brunel2000 --x g --y eta --figure phases.png
  rheobase compare my_network.toml --duration "2 s" --json result.json
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        choice = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
        if choice:
            message = f"there is no command {choice[1]!r}{nearest(choice[1], re.findall(r'[a-z-]+', choice[2]))}"
        raise ModelError(f"{message} (rheobase --help lists the commands, rheobase COMMAND --help the options)")


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, with ``run`` set to the function that carries the command out.

    Raises
    ------
    ModelError
        If they cannot be read.
    """
    options = _parser().parse_args(arguments)
    for path in (getattr(options, name, None) for name in ("json", "figure", "save")):
        _check_writable(path)
    if getattr(options, "figure", None) is not None:
        require_format(options.figure)
    return options


def _parser() -> argparse.ArgumentParser:
    from rheobase.cli import commands

    parser = _Parser(
        prog="rheobase",
        description="Analyse neurons, simulate networks, and check theory and simulation against each other.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    parser.set_defaults(run=lambda options: commands.version() if options.version else parser.print_help())
    commands_of = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    listing = commands_of.add_parser("list", help="name the neurons and networks of the library")
    listing.set_defaults(run=commands.list_models)

    showing = commands_of.add_parser("show", help="print a model: equations, parameters, source")
    _add_model(showing)
    showing.add_argument("--toml", action="store_true", help="print the model as a file, to change it")
    showing.set_defaults(run=commands.show)

    simulating = commands_of.add_parser("simulate", help="simulate a neuron or network")
    _add_model(simulating)
    _add_run(simulating)
    simulating.add_argument("--save", type=Path, metavar="FILE", help="write all spikes to FILE (.npz)")
    simulating.set_defaults(run=commands.simulate)

    comparing = commands_of.add_parser("compare", help="simulate a network and put its theory beside it")
    _add_model(comparing)
    _add_run(comparing)
    comparing.add_argument(
        "--transient", type=_time_or_zero, default=100.0, help="left out at the start, default 100 ms"
    )
    comparing.add_argument(
        "--seeds", type=_count, default=1, metavar="N", help="simulate with N seeds, from --seed on, for z-scores"
    )
    comparing.add_argument(
        "--time-course",
        action="store_true",
        help="the rates in time too, also where no input changes in time",
    )
    comparing.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    comparing.set_defaults(run=commands.compare)

    analysing = commands_of.add_parser("analyse", help="say what kind of neuron it is: class, bifurcations, resonance")
    _add_analysis(analysing)
    analysing.set_defaults(run=commands.analyse)

    theory = commands_of.add_parser("theory", help="every stationary state of a network by mean-field theory")
    _add_model(theory)
    _add_output(theory)
    theory.set_defaults(run=commands.theory)

    diagram = commands_of.add_parser("phase-diagram", help="the states of a network over two of its parameters")
    _add_phase_diagram(diagram)
    diagram.set_defaults(run=commands.phase_diagram)

    demo = commands_of.add_parser("demo", help="compare Brunel's network with its theory at three points")
    demo.add_argument("--output", type=Path, default=Path("demo"), metavar="FOLDER", help="default: demo")
    demo.add_argument("--duration", type=_time, default=1000.0, help="default: 1 s")
    demo.add_argument("--threads", type=_count, help="default: all cores")
    demo.set_defaults(run=commands.demo)
    return parser


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="NAME_OR_FILE", help="a name of the library, or the file (.toml) of a network or neuron"
    )
    _add_parameters(parser)


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        dest="parameters",
        action="append",
        type=_assignment,
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of a library model or neuron file, such as g=5 or 'tau_m=10 ms'; may be given several times",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write a figure to FILE (.png, .pdf, .svg)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_phase_diagram(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    for axis, example in (("x", "g"), ("y", "eta")):
        parser.add_argument(
            f"--{axis}", required=True, metavar="NAME", help=f"a parameter of the model, such as {example}"
        )
        parser.add_argument(
            f"--{axis}-range",
            nargs=2,
            metavar=("LOW", "HIGH"),
            help="such as 3 8, or '5 ms' '20 ms'; default: half to twice its own value",
        )
    parser.add_argument("--points", type=_count, default=13, help="places in each direction, default 13")
    _add_output(parser)


def _add_analysis(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models", metavar="NAME_OR_FILE", nargs="+", help="names of the library or files; several give a table"
    )
    _add_parameters(parser)
    parser.add_argument("--input", metavar="NAME", help="the parameter that is the input; default: I, I_ext, I_app ...")
    parser.add_argument(
        "--range", nargs=2, metavar=("LOW", "HIGH"), help="of the input; default: as far as there are bifurcations"
    )
    parser.add_argument("--check", action="store_true", help="try the predictions by simulation, and print the table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write a figure to FILE (.png, .pdf, .svg)")
    parser.add_argument("--quiet", action="store_true", help="do not tell what is being done")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--duration", type=_time, default=1000.0, help='"1 s", "500 ms", or a number in ms; default 1 s'
    )
    parser.add_argument("--dt", type=_time, default=0.1, help="time step, default 0.1 ms")
    parser.add_argument("--seed", type=_seed, default=1, help="the same seed gives the same spikes; default 1")
    parser.add_argument("--threads", type=_count, help="default: all cores")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write a figure to FILE (.png, .pdf, .svg)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _time(text: str) -> float:
    """A time in ms, more than zero: ``1 s``, ``500 ms``, or a number in ms."""
    number = _time_or_zero(text)
    if number == 0:
        raise argparse.ArgumentTypeError(f"{text!r} must be more than 0")
    return number


def _time_or_zero(text: str) -> float:
    try:
        value: Any = parse_quantity(text)
        number = value if isinstance(value, float) else internal(value, ms.dimension, "it")
    except UnitError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a time; write "500 ms", "1 s" or a number in ms') from None
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} must be finite and not negative")
    return float(number)


def _count(text: str) -> int:
    return _whole(text, 1)


def _seed(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
    return int(text)


def _assignment(text: str) -> tuple[str, Any]:
    """``g=5`` as a number, ``'tau_m=10 ms'`` as a quantity, ``gain=relu`` as text."""
    name, sign, value = (part.strip() for part in text.partition("="))
    if not (sign and name and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE, such as g=5")
    if value.lstrip("+-").isdecimal():
        return name, int(value)
    if value[0] not in "+-.0123456789":
        return name, value
    try:
        return name, parse_quantity(value)
    except UnitError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from None


def _check_writable(path: Path | None) -> None:
    """A run of minutes must not end with a folder that is not there."""
    if path is None:
        return
    if path.is_dir():
        raise ModelError(f"{path}: is a folder; give the name of a file")
    if not path.parent.is_dir():
        raise ModelError(f"{path}: there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise ModelError(f"{path}: the folder {path.parent} cannot be written to")
