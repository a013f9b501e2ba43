"""A smooth line through the points of a branch."""

from __future__ import annotations

from typing import Any

import numpy as np

FINE = 12  # points that are drawn for each point of a branch


def smooth(x: Any, y: Any) -> tuple[Any, Any]:
    """A curve through points, each coordinate a cubic of the length so far that turns nowhere but at the points.

    By the monotone cubics of Fritsch & Butland (1984), SIAM J Sci Stat Comput 5:300. SciPy has them too, but its
    module for interpolation takes longer to import than a figure to draw.
    """
    if len(x) < 2:
        return x, y
    points = np.column_stack([x, y]).astype(float)
    spans = np.ptp(points, axis=0)
    steps = np.linalg.norm(np.diff(points, axis=0) / np.where(spans > 0.0, spans, 1.0), axis=1)
    h = np.maximum(steps, 1e-9)[:, None]
    rise = np.diff(points, axis=0)
    slopes = _slopes(h, rise / h)
    first, last = h * slopes[:-1], h * slopes[1:]
    t = (np.arange(FINE) / FINE)[:, None, None]
    fine = points[:-1] + t * (first + t * (3.0 * rise - 2.0 * first - last + t * (first + last - 2.0 * rise)))
    fine = np.concatenate([fine.swapaxes(0, 1).reshape(-1, 2), points[-1:]])
    return fine[:, 0], fine[:, 1]


def _slopes(h: Any, s: Any) -> Any:
    """Slopes at the points, from the lengths (k - 1, 1) and slopes (k - 1, 2) of the intervals between them."""
    if len(h) == 1:
        return np.concatenate([s, s])
    near, far = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (near + far) / (near / s[:-1] + far / s[1:])
    inside = np.where(s[:-1] * s[1:] > 0.0, mean, 0.0)
    return np.concatenate([_end(h[0], h[1], s[0], s[1])[None], inside, _end(h[-1], h[-2], s[-1], s[-2])[None]])


def _end(h: Any, beyond: Any, s: Any, t: Any) -> Any:
    """The slope at an end, of the parabola through three points as far as the curve does not turn there."""
    found = ((2.0 * h + beyond) * s - h * t) / (h + beyond)
    found = np.where(found * s > 0.0, found, 0.0)
    return np.where((s * t < 0.0) & (np.abs(found) > 3.0 * np.abs(s)), 3.0 * s, found)
