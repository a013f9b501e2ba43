"""Where the threads wait for each other, thousands of times a second.

Each thread writes how far it is into a cache line of its own and looks at the others' lines: for some microseconds
without giving up the processor, then with longer and longer pauses, so that a busy machine is not burdened by the
waiting.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic as _intrinsic
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel

_LINE = 16  # numbers of 8 bytes; two cache lines, because processors fetch lines in pairs
SPINS = 4000
#: Numba changes the signature: the typing context is not an argument of the caller.
intrinsic: Any = _intrinsic


@intrinsic
def _read(typingctx: Any, array: Any, index: Any) -> Any:
    """``array[index]`` as another thread wrote it last."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load_atomic(builder.gep(view.data, [arguments[1]]), "acquire", 8, typ=ir.IntType(64))

    return types.int64(array, index), codegen


@intrinsic
def _write(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """``array[index] = value``, seen by others after all that was written before."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        builder.store_atomic(arguments[2], builder.gep(view.data, [arguments[1]]), "release", 8)
        return context.get_dummy_value()

    return types.void(array, index, value), codegen


@kernel
def meet(progress, part, number, n, spins):
    """Announce that ``part`` has done block ``number``; whether all others have, after looking ``spins`` times."""
    _write(progress, part * _LINE, number)
    for _ in range(spins):
        met = True
        for other in range(n):
            met = met and _read(progress, other * _LINE) >= number
        if met:
            return True
    return False


def progress_lines(n: int) -> NDArray[np.int64]:
    """The lines in which ``n`` threads write how far they are."""
    return np.zeros(n * _LINE, np.int64)


def pause(tries: int) -> None:
    """Give up the processor after looking in vain for the ``tries``-th time in a row."""
    if tries < 100 and hasattr(os, "sched_yield"):
        os.sched_yield()
    else:
        time.sleep(min(1e-6 * tries, 1e-3))
