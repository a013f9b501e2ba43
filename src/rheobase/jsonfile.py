"""Results as JSON text and files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from rheobase.files import replacing


def json_text(value: Any, path: str | Path | None = None) -> str:
    """A result as JSON, written to ``path`` if one is given; a file that is there is replaced at once or not at all."""
    text = json.dumps(plain(value), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    if path is not None:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return text


def plain(value: Any) -> Any:
    """JSON knows no nan and no infinity: they become None. NumPy's numbers become Python's."""
    match value:
        case dict():
            return {key: plain(part) for key, part in value.items()}
        case list() | tuple():
            return [plain(part) for part in value]
        case bool() | np.bool_():
            return bool(value)
        case float() | np.floating():
            return float(value) if math.isfinite(value) else None
        case np.integer():
            return int(value)
        case _:
            return value
