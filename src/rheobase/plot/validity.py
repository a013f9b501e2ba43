"""The conditions of a theory held against a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from rheobase.plot.style import FAINT, colour, style

_LEAST, _MOST = 1e-2, 1e2
_MARKS = {False: "o", True: "D"}  # by whether a condition is broken


def validity(result: Any, ax: Any = None) -> Any:
    """How much of what is allowed each condition uses up, a dot for each population or projection.

    Parameters
    ----------
    result
        A `ValidityReport`.
    ax
        Axes to draw into; a new figure by default.
    """
    from matplotlib import pyplot

    rows = [row for row in result.criteria if row.limit is not None]
    with style():
        if ax is None:
            _, ax = pyplot.subplots(figsize=(6.6, 0.9 + 0.3 * len(rows)), layout="constrained")
            ax.set_title(f"{result.network}: conditions of the theory")
        ax.axvline(1.0, color=FAINT, lw=0.8)
        for place, row in enumerate(rows):
            used = np.clip(list(row.used.values()), _LEAST, _MOST)
            for over, mark in _MARKS.items():
                own = used[((used > 1.0) & (not row.kept)) == over]
                ax.plot(own, np.full(own.size, place), mark, color=colour(over), alpha=0.7, clip_on=False)
        for over, mark in _MARKS.items():
            ax.plot([], [], mark, color=colour(over), label="broken" if over else "kept")
        ax.set_yticks(range(len(rows)), [row.name for row in rows])
        ax.set(xscale="log", xlim=(_LEAST, _MOST), ylim=(len(rows) - 0.5, -0.5))
        ax.set_xlabel("part of what is allowed (1: the limit; what is outside stands at the edge)")
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.2)
    return ax.figure
