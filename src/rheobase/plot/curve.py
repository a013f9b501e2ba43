"""A smooth line through the points of a branch."""

from __future__ import annotations

from typing import Any

import numpy as np

FINE = 12  # points that are drawn for each point of a branch


def smooth(x: Any, y: Any) -> tuple[Any, Any]:
    """A curve through points, each coordinate a cubic of the length so far that turns nowhere but at the points."""
    from scipy.interpolate import PchipInterpolator

    if len(x) < 2:
        return x, y
    points = np.column_stack([x, y])
    spans = np.ptp(points, axis=0)
    steps = np.linalg.norm(np.diff(points, axis=0) / np.where(spans > 0.0, spans, 1.0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    at = np.interp(np.arange(FINE * (len(x) - 1) + 1) / FINE, np.arange(len(x)), length)
    fine = PchipInterpolator(length, points)(at)
    return fine[:, 0], fine[:, 1]
