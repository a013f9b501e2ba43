"""Ctrl-C while a compiled function runs is a `KeyboardInterrupt`, whatever Numba makes of it."""

import os
import signal
import threading

import numpy as np
import pytest

from rheobase import population
from rheobase.cli import main
from rheobase.numerics.kernel import kernel
from rheobase.progress import plain_interrupts


@kernel
def _long(n):
    """Some tenths of a second, and two results at the end, which Numba puts together in Python."""
    total = np.zeros(2)
    for k in range(n):
        total[k % 2] += np.sqrt(k)
    return total, n


def test_ctrl_c_in_a_compiled_function():
    _long(2)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught, plain_interrupts():
        _long(200_000_000)
    timer.join()
    assert isinstance(caught.value.__cause__, SystemError)  # if not, Numba has mended it and this can go


def test_other_system_errors_stay_what_they_are():
    with pytest.raises(SystemError, match="something else"), plain_interrupts():
        raise SystemError("something else")


def test_the_command_line_ends_with_130(monkeypatch, capsys):
    def interrupted(network):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stop:
            raise SystemError("returned a result with an exception set") from stop

    monkeypatch.setattr(population, "steady_states", interrupted)
    assert main(["theory", "brunel2000"]) == 130
    assert "interrupted; nothing was written" in capsys.readouterr().err
