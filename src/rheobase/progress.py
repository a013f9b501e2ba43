"""The bar of long work: how far it is, how fast it goes, how much time is left."""

from __future__ import annotations

import time
from typing import Any

_SECONDS_BETWEEN = 0.1


class Progress:
    """Counts milliseconds of biology, or other work; draws ten times a second at most, and only if ``shown``."""

    def __init__(self, total: float, name: str, shown: bool, in_time: bool = True):
        self.done, self.drawn, self.bar = 0.0, 0.0, None
        self.began = time.perf_counter()
        self.in_time = in_time  # milliseconds of biology rather than synapses
        if shown:
            self.bar = self._bar(total, name)

    def _bar(self, total: float, name: str) -> Any:
        from tqdm import tqdm

        amount = "{n:.0f}/{total:.0f} ms" if self.in_time else "{n:,.0f}/{total:,.0f}"
        layout = "{desc}: {percentage:3.0f} %|{bar}| " + amount + " [{remaining} left{postfix}]"
        return tqdm(total=total, desc=name, bar_format=layout, leave=False, mininterval=0)

    def tick(self, more: float) -> None:
        """``more`` is done."""
        self.done += more
        now = time.perf_counter()
        if self.bar is None or now - self.drawn < _SECONDS_BETWEEN:
            return
        self.drawn = now
        if self.in_time:
            factor = self.done / 1e3 / max(now - self.began, 1e-9)
            self.bar.set_postfix_str(f"{factor:.2f} x real time", refresh=False)
        self.bar.update(self.done - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
