"""Does numba.cuda compile the text of the generated kernels? No GPU is needed.

The functions `rhs` and `step` and the loop `sweep` are taken, letter for letter, from the source that the processor
runs; only the loop's decorator and range become a GPU's. There are two heads: the one that they are written with
(`own`), whose helpers numba.cuda takes as device functions, and one of device functions on NVIDIA's maths library
(`libdevice`). Each is compiled to PTX and assembled for two generations of GPUs; nothing runs on one. Then Numba's
simulator of CUDA, which is Python, runs the text under the second head next to the processor's loop.

    python -m venv .venv-cuda && .venv-cuda/bin/pip install "numba-cuda[cu13]" .
    .venv-cuda/bin/python benchmarks/cuda_source.py
"""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numba import types

from rheobase import Hz, Network, PoissonInput, Population, library, mV
from rheobase.compile.build import Build
from rheobase.compile.cache import load
from rheobase.simulation.plan import PopulationPlan, plan_population

CASES = (
    ("lif", "exact"),
    ("adex", "rk4"),
    ("hodgkin_huxley", "rk4"),
    ("hodgkin_huxley", "exponential_euler"),
    ("connor_stevens", "rk4"),
)
PRECISIONS = ("float64", "float32")
GENERATIONS = ("8.0", "9.0")
NEURONS, STEPS, DT_MS = 8, 200, 0.05

_LOOP = '@njit(nogil=True, error_model="numpy")\ndef sweep'
_RANGE = "range(at_fired.size)"
_GRID_RANGE = "range(cuda.grid(1), at_fired.size, cuda.gridsize(1))"

#: Any: numba.cuda is another package in the simulator, and its parts are no part of Numba's own types.
cuda: Any = import_module("numba.cuda")
device: Any = cuda.jit(device=True)


@device
def select(condition, then, otherwise):
    return then if condition else otherwise


@device
def minimum(a, b):
    return a if a <= b else b


@device
def exp(x):
    return math.exp(x)


@device
def exprel(x):
    return math.expm1(x) / x if x != 0 else math.exp(x)


@device
def power(base, exponent):
    return base**exponent


@device
def power4(x):
    return x * x * x * x


HELPERS = {
    "select": select, "minimum": minimum, "exp": exp, "exprel": exprel, "power": power, "power4": power4,
    "np": np, "f32": np.float32, "inlined": device,
}  # fmt: skip


@dataclass(frozen=True)
class Compiled:
    """What came out for one kernel.

    Attributes
    ----------
    lines
        Of PTX.
    calls, doubles
        Instructions of the PTX that call a function, and that work on float64.
    registers, local
        Of a thread, and bytes of its local memory, as the assembler reports them.
    """

    lines: int
    calls: int
    doubles: int
    registers: int
    local: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.lines:5d} lines, {self.registers:3d} registers, {self.local:3d} B local, {self.calls} calls, "
            f"{self.doubles:4d} f64, {self.seconds:.2f} s"
        )


def plan(name: str, method: str, real: str) -> PopulationPlan:
    """A population of a library model; the integrate-and-fire neuron with delta synapses and Poisson input."""
    population = Population(library.make(name), NEURONS, name)
    inputs = [PoissonInput(name, 10 * Hz, 0.1 * mV, n=1500)] if name == "lif" else []
    return plan_population(Network([population], inputs=inputs), 0, DT_MS, 1, method, real)


def device_module(build: Build, helpers: str) -> ModuleType:
    """The per-neuron functions and their loop under the head ``own`` or ``libdevice``."""
    source = build.source
    start, loop, end = source.index("@inlined"), source.index(_LOOP), source.index("@njit(nogil=True)\ndef collect")
    sweep = source[loop:end].replace(_LOOP, "def sweep").replace(_RANGE, _GRID_RANGE)
    head = source[:start] if helpers == "own" else ""
    names = {"real": getattr(np, build.real), **HELPERS} if helpers == "libdevice" else {}
    return load(head + source[start:loop] + sweep, {"cuda": cuda, **names}, name_hint=f"cuda_{build.title}")


def signature(build: Build) -> tuple[Any, ...]:
    """Types of the arguments of ``sweep``, as the engine passes them."""
    s, real = build.layout.signature, getattr(types, build.real)
    rows = [types.uint8, *(real for _ in s.states), *(types.int32 for _ in range(s.flagged))]
    rows += [types.float32 for _ in s.arrivals] + [types.int16 for _ in s.counts]
    rows += [real for _ in (*s.draws, *s.courses, *build.layout.arrays)]
    return (*(types.Array(row, 1, "C") for row in rows), *(real for _ in build.layout.scalars), real, real, types.int64)


def capability(generation: str) -> tuple[int, int]:
    major, minor = map(int, generation.split("."))
    return major, minor


def compiled(build: Build, helpers: str, generation: str) -> Compiled:
    """Compile and assemble; raises what the compiler raises."""
    start = time.perf_counter()
    ptx, _ = cuda.compile_ptx(device_module(build, helpers).sweep, signature(build), cc=capability(generation))
    seconds = time.perf_counter() - start
    registers, local = assembled(ptx, generation)
    calls = len(re.findall(r"^\s*call", ptx, re.MULTILINE))
    return Compiled(len(ptx.splitlines()), calls, len(re.findall(r"\.f64\s", ptx)), registers, local, seconds)


def assembled(ptx: str, generation: str) -> tuple[int, int]:
    """Registers of a thread and bytes of its local memory, from the log of NVIDIA's linker."""
    nvjitlink: Any = import_module("cuda.bindings.nvjitlink")
    options = [f"-arch=sm_{generation.replace('.', '')}", "-verbose"]
    linker = nvjitlink.create(len(options), options)
    text = ptx.encode()
    nvjitlink.add_data(linker, nvjitlink.InputType.PTX, text, len(text), "kernel")
    nvjitlink.complete(linker)
    log = bytearray(nvjitlink.get_info_log_size(linker))
    nvjitlink.get_info_log(linker, log)
    nvjitlink.destroy(linker)
    found = re.search(r"used (\d+) registers.* (\d+) bytes lmem", log.decode())
    if found is None:
        raise RuntimeError(f"the linker's log names no registers:\n{log.decode()}")
    return int(found[1]), int(found[2])


def pretend(generation: str) -> None:
    """Numba asks the device at hand what it is before it compiles a nested function, even for another one."""
    dispatcher: Any = import_module("numba.cuda.dispatcher")
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability(generation))


def compile_all(generation: str) -> None:
    """One line for each model, precision and head."""
    pretend(generation)
    print(f"compute capability {generation}")
    for name, method in CASES:
        for real in PRECISIONS:
            build = plan(name, method, real).build
            for helpers in ("own", "libdevice"):
                result = compiled(build, helpers, generation)
                print(f"{name:14s} {method:17s} {real} {helpers:9s} {result}")


@cache
def arrivals() -> np.ndarray:
    """Poisson counts of every step and neuron, mean 0.75."""
    return np.random.default_rng(1).poisson(0.75, (STEPS, NEURONS)).astype(np.int16)


def run(sweep: Any, planned: PopulationPlan) -> tuple[np.ndarray, int]:
    """States after all steps, and the number of spikes; neurons start up to 40 mV above the model's own start."""
    build, real = planned.build, np.dtype(planned.build.real).type
    s = build.layout.signature
    state = [np.full(NEURONS, planned.start[x], real) for x in s.states]
    state[0] += np.linspace(0, 40, NEURONS, dtype=real)
    flags = [np.zeros(NEURONS, np.int32)] * s.flagged
    arrived = [np.zeros(NEURONS, np.float32) for _ in s.arrivals]
    scalars = [real(planned.values[name]) for name in build.layout.scalars]
    fired, spikes = np.zeros(NEURONS, np.uint8), 0
    for k in range(STEPS):
        counts = [arrivals()[k].copy() for _ in s.counts]
        sweep(fired, *state, *flags, *arrived, *counts, *scalars, real(DT_MS), real(k * DT_MS), 0)
        spikes += int(fired.sum())
    return np.array(state), spikes


def simulate_all() -> None:
    """The simulator against the processor."""
    for name, method in CASES:
        for real in PRECISIONS:
            planned = plan(name, method, real)
            ours, our_spikes = run(planned.build.load().sweep, planned)
            theirs, their_spikes = run(cuda.jit(device_module(planned.build, "libdevice").sweep)[1, NEURONS], planned)
            scale = np.abs(ours).max(axis=1, keepdims=True)
            units = np.max(np.abs(ours - theirs) / scale) / np.finfo(real).eps
            print(f"simulator {name:14s} {method:17s} {real} after {STEPS} steps: {units:.1f} eps apart, ", end="")
            print(f"{our_spikes} and {their_spikes} spikes")


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--part", choices=[*GENERATIONS, "simulator"], help="one GPU generation, or the simulator")
    part = command.parse_args().part
    if part == "simulator":
        simulate_all()
    elif part is not None:
        compile_all(part)
    else:
        packages = ("numba", "numba-cuda", "llvmlite", "nvidia-nvvm")
        print(", ".join(f"{package} {version(package)}" for package in packages), flush=True)
        # Numba keeps a nested function for the generation it was first compiled for, so each has its own process.
        for part in (*GENERATIONS, "simulator"):
            environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": str(int(part == "simulator"))}
            subprocess.run([sys.executable, __file__, "--part", part], env=environment, check=True)


if __name__ == "__main__":
    main()
