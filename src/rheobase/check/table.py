"""The table of a comparison, as text."""

from __future__ import annotations

import math
from textwrap import fill
from typing import Any

from rheobase.check.time_course import LEFT_OUT

_MOST_SCORES = 24
_HEADINGS = ("population", "neurons", "simulated, Hz", "theory, Hz", "difference", "percent", "CV", "CV theory")


def table(result: Any) -> str:
    """Populations in rows; the difference is in standard errors of the simulated rate (SE)."""
    rows = [_HEADINGS, *(_cells(row) for row in result.rows)]
    if any(math.isfinite(row.rate_published_hz) for row in result.rows):
        more = ["published, Hz", *(_number(row.rate_published_hz, 3) for row in result.rows)]
        rows = [(*row, cell) for row, cell in zip(rows, more, strict=True)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join([*lines, "", *_frequencies(result), *_scores(result), *_courses(result)])


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))])


def _cells(row: Any) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.size:,}",
        f"{_number(row.rate_sim_hz, 3)} +- {_number(row.rate_sim_se_hz, 3)}",
        _number(row.rate_theory_hz, 3),
        f"{row.difference_se:+.1f} SE" if math.isfinite(row.difference_se) else "-",
        f"{row.difference_percent:+.1f} %" if math.isfinite(row.difference_percent) else "-",
        _number(row.cv_sim, 3),
        _number(row.cv_theory, 3),
    )


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def _frequencies(result: Any) -> list[str]:
    if result.steady is None:
        predicted, mode = "-", "not covered"
    else:
        predicted = _frequency(result.frequency_theory_hz)
        mode = "none, the network has no recurrent connections" if result.mode is None else result.mode.sentence
    return [
        f"dominant frequency of the population activity: simulated {_frequency(result.frequency_sim_hz)}, "
        f"predicted {predicted}",
        f"leading mode of the theory: {mode}",
    ]


def _frequency(value: float) -> str:
    return f"{value:.1f} Hz" if math.isfinite(value) else "none"


def _scores(result: Any) -> list[str]:
    """Theory against several seeds: all scores if they are few, else the largest."""
    if not result.scores:
        return []
    known = [score for score in result.scores if math.isfinite(score.z)]
    if not known:
        return ["", f"{len(result.seeds)} seeds; the theory has nothing to hold against them"]
    shown = known if len(known) <= _MOST_SCORES else sorted(known, key=lambda score: -abs(score.z))[:_MOST_SCORES]
    cells = [("", "simulated", "theory", "z"), *(_score(score) for score in shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    far = sum(abs(score.z) > 2 for score in known)
    left_out = f" (the {len(shown)} largest are shown)" if len(shown) < len(known) else ""
    head = (
        f"theory against {len(result.seeds)} seeds: {far} of {len(known)} z-scores are beyond 2{left_out}; "
        f"by chance it is about {0.05 * len(known):.1g}"
    )
    return ["", head, *(_line(row, widths).rstrip() for row in cells)]


def _courses(result: Any) -> list[str]:
    """The rates in time, a sentence for each population."""
    found = result.time_courses.values()
    if not found:
        return []
    seeds = max(course.seeds for course in found)
    head = f"rates in time, density equation against {seeds} seed{'s' if seeds > 1 else ''}:"
    said = [course.finding for course in found] + [LEFT_OUT] * any(course.shared for course in found)
    verdicts = [fill(sentence, 110, initial_indent="- ", subsequent_indent="  ") for sentence in said]
    return ["", head, *verdicts]


def _score(score: Any) -> tuple[str, ...]:
    unit = "" if score.unit == "1" else f" {score.unit}"
    name = f"{score.what} of {', '.join(score.populations)}"
    return name, f"{score.simulated:.4g} +- {score.se:.2g}{unit}", f"{score.theory:.4g}{unit}", f"{score.z:+.1f}"
