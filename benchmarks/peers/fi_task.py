"""The f-I curve of Hodgkin and Huxley's neuron, once, for every worker: 200 currents for one second each.

This file needs numpy only, because it is imported by the peers' environment too.
"""

from __future__ import annotations

import argparse
import os

import numpy as np

#: uA/cm2; repetitive firing begins at 6.26.
CURRENTS = np.linspace(0.2, 40.0, 200)
DURATION_MS = 1000.0
STEP_MS = 0.05
REST = {"v": -64.996379331192, "m": 0.0529550859, "h": 0.5959941247, "n": 0.3177323266}
#: Periods by collocation: uA/cm2 and ms.
KNOWN = {10.0: 14.6362099898, 20.0: 11.5646974773}

EQUATIONS = """
dv/dt = (I - 120*m**3*h*(v - 50) - 36*n**4*(v + 77) - 0.3*(v + 54.387))/ms : 1
dm/dt = (0.1*10/exprel(-(v + 40)/10)*(1 - m) - 4*exp(-(v + 65)/18)*m)/ms : 1
dh/dt = (0.07*exp(-(v + 65)/20)*(1 - h) - h/(1 + exp(-(v + 35)/10)))/ms : 1
dn/dt = (0.01*10/exprel(-(v + 55)/10)*(1 - n) - 0.125*exp(-(v + 65)/80)*n)/ms : 1
I : 1
"""


def arguments(description: str) -> argparse.Namespace:
    """The command line of a worker; it then runs on that many cores."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--again", type=int, default=3)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--target", choices=["cython", "cpp_standalone"], default="cython")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    return options


def error_of(current: np.ndarray, rate_hz: np.ndarray) -> float:
    """The largest relative error of the rate at the currents at which the period is known."""
    rates = [(float(rate_hz[np.argmin(np.abs(current - at))]), period) for at, period in KNOWN.items()]
    return max(abs(rate * period / 1e3 - 1.0) for rate, period in rates)


def late_rate(neuron: np.ndarray, time_ms: np.ndarray) -> np.ndarray:
    """Rates from the intervals in the second half of the run, as Rheobase has them; 0 with less than two spikes."""
    rates = np.zeros(len(CURRENTS))
    for k in range(len(CURRENTS)):
        times = np.sort(time_ms[(neuron == k) & (time_ms > 0.5 * DURATION_MS)])
        if len(times) > 1:
            rates[k] = 1e3 * (len(times) - 1) / (times[-1] - times[0])
    return rates
