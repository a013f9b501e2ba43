"""Generated source as real files in the user's private cache folder, so that compiled code outlives the process.

A file is named by the SHA-256 of its text and of all that it imports from this package, so a change of either makes
a new file. It is written under another name and moved into place, so that two processes cannot disturb each other.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.machinery
import importlib.util
import os
import re
import shutil
import stat
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from rheobase.progress import compiling

_IMPORT = re.compile(r"^\s*from (rheobase[\w.]*) import|^\s*import (rheobase[\w.]*)", re.MULTILINE)
_LOCK = threading.Lock()
_LOADED: dict[str, tuple[ModuleType, dict[str, Any]]] = {}


def load(source: str, namespace: Mapping[str, Any] | None = None, name_hint: str = "generated") -> ModuleType:
    """Import source text as a module from a file in the cache folder.

    Parameters
    ----------
    source
        Python source that this package has written. Never a user's text.
    namespace
        Names that the module finds defined. What a compiled function takes from here is not part of the file's name, so
        it has to be the same whenever the text is the same.
    name_hint
        How the file's name begins.

    Returns
    -------
    module
        The same one for the same text, as long as the namespace is the same.
    """
    names = dict(namespace or {})
    digest = hashlib.sha256((_surroundings(source) + source).encode()).hexdigest()
    name = f"{re.sub(r'[^A-Za-z0-9_]', '_', name_hint)[:40]}_{digest}"
    with _LOCK:
        known = _LOADED.get(name)
        if known is not None and _same(known[1], names):
            return known[0]
        path = _written(folder() / f"{name}.py", source)
        module = _module(name, path, names)
        _LOADED[name] = (module, names)
        return module


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return old.keys() == new.keys() and all(old[key] is new[key] for key in new)


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads the text each time: Python's own bytecode cache looks only at times in whole seconds."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _module(name: str, path: Path, names: dict[str, Any]) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path, loader=_Loader(name, str(path)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(names)
    sys.modules[name] = module  # Numba looks a cached function's module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _written(path: Path, source: str) -> Path:
    """Make sure that the file holds exactly this text."""
    data = source.encode()
    try:
        if path.read_bytes() == data:
            return path
    except OSError:
        pass
    compiling()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".py")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
    return path


@cache
def folder() -> Path:
    """The cache folder: ``RHEOBASE_CACHE``, else the user's cache folder; a temporary one if that cannot be used."""
    wanted = Path(os.environ["RHEOBASE_CACHE"]) if os.environ.get("RHEOBASE_CACHE") else _user_cache() / "rheobase"
    reason = _unusable(wanted)
    if not reason:
        return wanted
    substitute = Path(tempfile.mkdtemp(prefix="rheobase-"))
    atexit.register(shutil.rmtree, substitute, ignore_errors=True)
    warnings.warn(
        f"the cache folder {wanted} {reason}; compiled code is kept for this run only. "
        "Set RHEOBASE_CACHE to a folder of your own.",
        RuntimeWarning,
        stacklevel=2,
    )
    return substitute


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _unusable(path: Path) -> str:
    """Why a folder cannot hold code that is to be run; nothing if it can."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
        if hasattr(os, "getuid"):
            if status.st_uid != os.getuid():
                return "belongs to somebody else"
            if stat.S_IMODE(status.st_mode) & 0o077:
                path.chmod(0o700)
        handle, probe = tempfile.mkstemp(dir=path, prefix=".new-")
        os.close(handle)
        os.unlink(probe)
    except OSError as error:
        return f"cannot be written ({error.strerror or error})"
    return ""


def _surroundings(source: str) -> str:
    """What the compiled code depends on besides its text: versions, and the package's own modules that it imports."""
    versions = f"{sys.version}\n{_numba_version()}\n"
    return versions + "\n".join(sorted(_digests(source).values()))


@cache
def _numba_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("numba")
    except PackageNotFoundError:
        return ""


def _digests(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = _imports(source)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name], inner = _digest(name)
        waiting |= inner
    return found


def _imports(source: str) -> set[str]:
    return {first or second for first, second in _IMPORT.findall(source)}


@cache
def _digest(name: str) -> tuple[str, frozenset[str]]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return name, frozenset()
    text = Path(spec.origin).read_text(encoding="utf-8")
    return f"{name} {hashlib.sha256(text.encode()).hexdigest()}", frozenset(_imports(text))
