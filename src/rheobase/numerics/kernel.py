"""Compiled functions that outlive the process, and are compiled again when anything in them has changed: ``@kernel``.

Numba's cache takes the machine code of a function for good as long as *that function's file* is the same. The machine
code also holds the functions and constants that it uses from other files, so that after an upgrade, or while somebody
works on the package, results would silently come from the text of yesterday. Here the stamp of a cached function is a
digest of all that its machine code is made of: its own code, and the code of every function and the value of every
global constant that it reaches. It is taken from what is loaded and not from files, since it is the loaded code that
is compiled; a change of comments costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit, types
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.extending import _Intrinsic

from rheobase.progress import compiling

P = ParamSpec("P")
R = TypeVar("R")
_PLAIN = (int, float, complex, str, bytes, type(None), np.generic, np.dtype, types.Type)
_NAMED = (ModuleType, FunctionType, BuiltinFunctionType, np.ufunc, type)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function at its first call, or load what an earlier process compiled from the same text.

    Parameters
    ----------
    function
        A function of a module that Numba can compile: it runs without the interpreter's lock, and division by zero
        gives infinity or not-a-number, as in NumPy. What it uses are names of its module: constants, other compiled
        functions, intrinsics, stubs that carry their overloads as attributes, and modules of other packages.

    Raises
    ------
    TypeError
        At the first call, if it uses something else, of which one cannot tell whether it has changed.
    """
    compiled: Any = njit(nogil=True, error_model="numpy")(function)
    if compiled is not function:  # as it is with NUMBA_DISABLE_JIT
        with suppress(RuntimeError):  # no folder can be written, not even the user's: compiled anew in each process
            compiled._cache = _Cache(function)
    return compiled


class _Cache(FunctionCache):
    """Numba's cache of one function, in Numba's folders, with a stamp of its own.

    Numba loads before it compiles and saves after that, so the stamp set here holds for both.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        self._cache_file._source_stamp = stamp(self._py_func)
        found = super().load_overload(sig, target_context)
        if found is None:
            compiling()
        return found


def stamp(function: Any) -> str:
    """A digest of a function's code and of all code and constants that it reaches."""
    digest = hashlib.sha256()
    waiting, seen = [function], {function}
    while waiting:
        at = waiting.pop()
        digest.update(repr(_written(at.__code__)).encode())
        for name, value in _used(at):
            inner = _function_of(value, at)
            digest.update(f"{name} {'' if inner else _value(value, name, at)}{_options(value)}\n".encode())
            if inner and inner not in seen:
                seen.add(inner)
                waiting.append(inner)
    return digest.hexdigest()


def _written(code: CodeType) -> tuple[Any, ...]:
    """What a code object does, without where it stands in its file."""
    constants = [_written(c) if isinstance(c, CodeType) else _constant(c) for c in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable, constants


def _constant(value: Any) -> Any:
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value  # a set's order is that of the process


def _used(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Names and values of the globals, the enclosing scope's variables and the attributes of a function."""
    names = function.__globals__
    yield from ((name, names[name]) for name in dict.fromkeys(_names(function.__code__)) if name in names)
    cells = function.__closure__ or ()
    yield from ((name, cell.cell_contents) for name, cell in zip(function.__code__.co_freevars, cells, strict=True))
    yield from vars(function).items()


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _function_of(value: Any, user: FunctionType) -> FunctionType | None:
    """The Python function behind a value, unless it belongs to another package."""
    if isinstance(value, Dispatcher):
        return value.py_func
    if isinstance(value, _Intrinsic):
        return value._defn
    return value if isinstance(value, FunctionType) and _package(value) == _package(user) else None


def _options(value: Any) -> str:
    return repr(sorted(value.targetoptions.items())) if isinstance(value, Dispatcher) else ""


def _package(value: Any) -> str:
    return (getattr(value, "__module__", None) or value.__name__).partition(".")[0]


def _value(value: Any, name: str, user: FunctionType) -> str:
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, tuple):
        return f"({', '.join(_value(item, name, user) for item in value)})"
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    if isinstance(value, _NAMED) and _package(value) != _package(user):
        return f"{_package(value)} {value.__name__}"  # numba's own version stands in its index
    raise TypeError(
        f"the compiled function {user.__module__}.{user.__qualname__} uses {name}, of which it cannot be told whether "
        "it has changed: use numbers, tuples, arrays and compiled functions, imported by their own names"
    )
