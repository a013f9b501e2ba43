"""TOML tables that know where they stand: every wrong key is reported with file, line, key and reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rheobase.model.errors import ModelError
from rheobase.model.network import nearest

_REQUIRED: Any = object()
_SHOWN = 120  # characters of a wrong line
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a table"}


class NetworkFileError(ModelError):
    """A network file cannot be read; ``path``, ``key`` and ``line`` (None if unknown) say where."""

    def __init__(self, message: str, path: str, key: str = "", line: int | None = None):
        super().__init__(message)
        self.path, self.key, self.line = path, key, line


@dataclass(frozen=True)
class Table:
    """One table of the file.

    Attributes
    ----------
    data
        Its content.
    path, text
        The file's name and text.
    place
        How the table is called in messages, such as ``[[projection]] 2``.
    header
        The line that opens it, such as ``[[projection]]``, and its number ``nth`` among equal ones.
    """

    data: Mapping[str, Any]
    path: str
    text: str
    place: str = ""
    header: str = ""
    nth: int = 1

    def fail(self, key: str, reason: str) -> NoReturn:
        """Raise the error that says file, line, table, key and reason."""
        line = self._line(key)
        parts = [self.path, f"line {line}" if line else "", self.place, key, reason]
        raise NetworkFileError(": ".join(part for part in parts if part), self.path, key, line)

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not in ``known``."""
        known = list(known)
        for key in self.data:
            if key not in known:
                self.fail(key, f"unknown key{nearest(key, known)}")

    def get(self, key: str, kind: type, default: Any = _REQUIRED) -> Any:
        """The entry of a key, which must be of this type."""
        if key not in self.data:
            if default is _REQUIRED:
                self.fail(key, f"is missing; give {_KINDS[kind]}")
            return default
        value = self.data[key]
        fits = type(value) is kind or (kind is float and type(value) is int)
        return value if fits else self.fail(key, f"must be {_KINDS[kind]}, not {_describe(value)}")

    def sub(self, key: str, default: Any = _REQUIRED) -> Table:
        """A table inside this one."""
        data = self.get(key, dict, default)
        place = f"{self.place} {key}".strip()
        return Table(data, self.path, self.text, place, self.header, self.nth)

    def named(self, key: str) -> dict[str, Table]:
        """The tables ``[key.NAME]`` by name."""
        group = self.get(key, dict, {})
        for name, data in group.items():
            if not isinstance(data, dict):
                self.fail(f"{key}.{name}", f"must be a table, [{key}.{name}], not {_describe(data)}")
        return {
            name: Table(data, self.path, self.text, f"[{key}.{name}]", f"[{key}.{name}]")
            for name, data in group.items()
        }

    def listed(self, key: str) -> list[Table]:
        """The tables ``[[key]]`` in order."""
        group = self.data.get(key, [])
        if not isinstance(group, list) or not all(isinstance(data, dict) for data in group):
            self.fail(key, f"must be written with two brackets, [[{key}]], once for each")
        return [
            Table(data, self.path, self.text, f"[[{key}]] {number}", f"[[{key}]]", number)
            for number, data in enumerate(group, 1)
        ]

    def _line(self, key: str) -> int | None:
        """The line where ``key`` is set in this table, else the line that opens the table; None if neither is found.

        TOML readers give no positions, so this is a search; it looks at the file's lines with strings left out.
        """
        lines = [re.sub(r"'[^']*'|\"[^\"]*\"", "''", line).strip() for line in self.text.splitlines()]
        openings = [number for number, line in enumerate(lines) if line.startswith(self.header)]
        if self.header and len(openings) < self.nth:
            return None
        start = openings[self.nth - 1] if self.header else -1
        inside = f"{self.header.strip('[]')}."
        setting = re.compile(rf"(^|[\[{{,.\s]){re.escape(key)}\s*(=|\])")
        for number, line in enumerate(lines[start + 1 :], start + 1):
            if re.fullmatch(r"\[.*\]", line) and self.header and not line.lstrip("[").startswith(inside):
                break
            if key and setting.search(line):
                return number + 1
        return start + 1 or None


def load(path: str | Path) -> Table:
    """Read a TOML file.

    Raises
    ------
    NetworkFileError
        If there is no such file, or it is no TOML: with the line and a caret.
    """
    name = str(path)
    try:
        text = Path(path).read_bytes().decode("utf-8")
        return Table(tomllib.loads(text), name, text)
    except OSError as error:
        raise NetworkFileError(f"{name}: cannot be read: {error.strerror or error}", name) from None
    except UnicodeDecodeError:
        raise NetworkFileError(f"{name}: is not a text file in UTF-8", name) from None
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(name, text, str(error)) from None
    except ValueError as error:  # such as a number of thousands of digits
        raise NetworkFileError(f"{name}: has a value that cannot be read: {error}", name) from None
    except RecursionError:
        raise NetworkFileError(f"{name}: lists or tables are nested too deeply to be read", name) from None


def _syntax_error(name: str, text: str, message: str) -> NetworkFileError:
    match = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", message)
    if match is None:
        return NetworkFileError(f"{name}: not valid TOML: {message}", name)
    reason, line, column = match[1], int(match[2]), int(match[3])
    lines = text.split("\n")  # as the reader counts them
    shown, place = _around(lines[line - 1] if line <= len(lines) else "", column - 1)
    caret = f"\n  {shown}\n  {' ' * place}^" if shown.strip(" .") else ""
    return NetworkFileError(f"{name}: line {line}: not valid TOML: {reason}{caret}", name, line=line)


def _around(line: str, place: int) -> tuple[str, int]:
    """At most 120 characters of a line about a place, and where the place is in them; what is cut is '...'."""
    printable = "".join(c if c.isprintable() else " " for c in line.rstrip())
    start = max(0, min(place - _SHOWN // 2, len(printable) - _SHOWN))
    cut = printable[start : start + _SHOWN]
    before, after = "..." if start > 0 else "", "..." if start + _SHOWN < len(printable) else ""
    return f"{before}{cut}{after}", len(before) + place - start


def _describe(value: Any) -> str:
    for kind, words in _KINDS.items():
        if type(value) is kind:
            return f"{words} ({value!r})" if kind in (bool, int, float, str) else words
    return type(value).__name__
