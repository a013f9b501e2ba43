"""Long work: a bar that says how far it is, how fast it goes, how much time is left; first compilation; Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SECONDS_BETWEEN = 0.1


class Progress:
    """Counts milliseconds of biology, or other work; draws ten times a second at most, and only if ``shown``."""

    def __init__(self, total: float, name: str, shown: bool, in_time: bool = True):
        self.done, self.drawn, self.bar = 0.0, 0.0, None
        self.began = time.perf_counter()
        self.in_time = in_time  # milliseconds of biology rather than synapses
        if shown:
            self.bar = self._bar(total, name)

    def _bar(self, total: float, name: str) -> Any:
        from tqdm import tqdm

        amount = "{n:.0f}/{total:.0f} ms" if self.in_time else "{n:,.0f}/{total:,.0f}"
        layout = "{desc}: {percentage:3.0f} %|{bar}| " + amount + " [{remaining} left{postfix}]"
        return tqdm(total=total, desc=name, bar_format=layout, leave=False, mininterval=0)

    def tick(self, more: float) -> None:
        """``more`` is done."""
        self.done += more
        now = time.perf_counter()
        if self.bar is None or now - self.drawn < _SECONDS_BETWEEN:
            return
        self.drawn = now
        if self.in_time:
            factor = self.done / 1e3 / max(now - self.began, 1e-9)
            self.bar.set_postfix_str(f"{factor:.2f} x real time", refresh=False)
        self.bar.update(self.done - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()


def teller(progress: Callable[[str], None] | bool | None) -> Callable[[str], None]:
    """What to call with a few words about each part of the work: the given function, one that writes to stderr if
    ``progress`` is True, or nothing that can be seen."""
    if callable(progress):
        return progress
    return _to_stderr if progress else lambda words: None


def _to_stderr(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


_compilation = {"told": False}


def tell_compilation() -> None:
    """From now on, say once on stderr when something has to be compiled, since the first time takes half a minute."""
    _compilation["told"] = True


def compiling() -> None:
    """Something has to be compiled that no earlier process has left."""
    if _compilation["told"]:
        _compilation["told"] = False
        sys.stderr.write("compiling what has not been used before; the next time it is there\n")
        sys.stderr.flush()


@contextmanager
def plain_interrupts() -> Iterator[None]:
    """Make sure that Ctrl-C is a `KeyboardInterrupt`.

    While a compiled function runs, Python waits with the signal until the next line of its own, which is often within
    Numba, where it puts the parts of a result together. Numba reports what happens there as a `SystemError`.

    Raises
    ------
    KeyboardInterrupt
        In place of a `SystemError` that comes from one.
    """
    try:
        yield
    except SystemError as error:
        if from_interrupt(error):
            raise KeyboardInterrupt from error
        raise


def from_interrupt(error: BaseException | None) -> bool:
    """Whether an error is a `KeyboardInterrupt` or comes from one."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False
