"""How the figures look: one light style, and colours that differ in lightness and for colour-blind readers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rheobase.files import replacing

#: Okabe & Ito (2008), "Color Universal Design", with yellow darkened for a white ground.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#B8860B", "#000000", "#7A5195")
THEORY = "#000000"
FAINT = "#8A8A8A"

_STYLE: Any = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": "black",
    "axes.labelcolor": "black",
    "axes.edgecolor": "#444444",
    "xtick.color": "#222222",
    "ytick.color": "#222222",
    "font.size": 10.0,
    "axes.labelsize": 10.0,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.4,
    "savefig.dpi": 160,
}


def style() -> AbstractContextManager[None]:
    """The figures' settings, for a ``with`` block; the user's own settings are left alone."""
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def colour(index: Any) -> str:
    """The colour of the population with this index."""
    return COLOURS[index % len(COLOURS)]


def save(figure: Any, path: str | Path) -> None:
    """Write a figure; the suffix says the format (.png, .pdf, .svg). A file that is there is replaced at once."""
    from rheobase.errors import ModelError

    known = sorted(figure.canvas.get_supported_filetypes())
    suffix = Path(path).suffix.lstrip(".").lower()
    if suffix not in known:
        raise ModelError(
            f"{path}: a figure cannot be written as {suffix or 'a file without suffix'!r}; use .png, .pdf or .svg"
        )
    with replacing(path) as temporary, style():
        figure.savefig(temporary)
