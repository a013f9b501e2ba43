"""The command line: ``rheobase list | show | analyse | simulate | compare | demo``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rheobase.errors import ModelError
from rheobase.progress import plain_interrupts, tell_compilation

INTERRUPTED = 130
REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 2 for anything the user can mend, 130 after Ctrl-C.

    What the user can mend is told in one sentence on stderr. Anything else is a defect of this package and keeps its
    traceback.
    """
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        from rheobase.cli.parser import read_arguments

        options = read_arguments(sys.argv[1:] if arguments is None else arguments)
        if sys.stderr.isatty() and not getattr(options, "quiet", False):
            tell_compilation()
        with plain_interrupts():
            options.run(options)
        sys.stdout.flush()
    except (ModelError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of a pipe, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        print(f"rheobase: {_sentence(error)}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt as stop:  # a simulation says how far it came
        print(f"\nrheobase: {str(stop) or 'interrupted; nothing was written'}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
