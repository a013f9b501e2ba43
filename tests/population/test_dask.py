"""Sweeps on Dask: the same numbers with a client and without, and what Ctrl-C leaves behind."""

import signal
import threading
import time
from functools import partial

import pytest
from distributed import Client

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.population import phase_diagram


@pytest.fixture(scope="module")
def client():
    with Client(processes=False, dashboard_address=None, n_workers=1, threads_per_worker=1) as found:
        yield found


def test_the_same_numbers_with_a_client_and_without(client):
    small = partial(phase_diagram, library.brunel2000, "g", "eta", (4.9, 5.1), (4.4, 4.9), points=2)
    found = small(client=client)
    assert found.complete and found.lines
    assert found.to_dict() == small().to_dict()


RAN, PRESSED, GO_ON = [], threading.Event(), threading.Event()


def interrupted(g, eta):
    """Brunel's network; at ``g = 6`` somebody presses Ctrl-C, once what is before it has come home."""
    RAN.append((g, eta))
    if g == 6.0 and not PRESSED.is_set():
        PRESSED.set()
        time.sleep(0.5)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        GO_ON.wait(20)
    return library.brunel2000(g, eta)


def test_after_ctrl_c_what_was_done_is_there_and_nothing_is_left_to_do(client):
    found = phase_diagram(interrupted, "g", "eta", (5.0, 8.0), (1.0, 2.0), points=(4, 2), client=client)
    assert not found.complete and "interrupted" in found.status
    assert found.labels == (("AI", "AI"),)
    GO_ON.set()
    assert client.submit(lambda: 42).result(timeout=20) == 42
    assert (6.0, 1.0) in RAN
    assert not {(6.0, 2.0), (7.0, 1.0), (8.0, 2.0)} & set(RAN)


def test_a_place_that_is_refused_says_so_and_nothing_is_left_to_do(client):
    with pytest.raises(ModelError, match="at epsilon = 0, g = 5: brunel2000 needs a positive J"):
        phase_diagram(library.brunel2000, "epsilon", "g", (0.0, 0.1), (5.0, 6.0), points=2, client=client)
    assert client.submit(lambda: 42).result(timeout=10) == 42
