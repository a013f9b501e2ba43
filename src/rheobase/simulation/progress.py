"""The bar of a long run: simulated time, how much faster or slower than biology, time left."""

from __future__ import annotations

import time
from typing import Any


class Progress:
    """Counts steps; draws at most ten times a second, and nothing at all unless ``shown``."""

    def __init__(self, steps: int, dt: float, name: str, shown: bool):
        self.dt, self.done, self.drawn = dt, 0, 0.0
        self.began = time.perf_counter()
        self.bar: Any = None
        if shown:
            from tqdm import tqdm

            layout = "{desc}: {percentage:3.0f} %|{bar}| {n:.0f}/{total:.0f} ms [{remaining} left{postfix}]"
            self.bar = tqdm(total=steps * dt, desc=name, bar_format=layout, leave=False)

    def tick(self, steps: int) -> None:
        """``steps`` more are done."""
        self.done += steps
        if self.bar is None:
            return
        now = time.perf_counter()
        if now - self.drawn < 0.1:
            return
        self.drawn = now
        simulated = self.done * self.dt
        self.bar.set_postfix_str(f"{simulated / 1e3 / max(now - self.began, 1e-9):.2f} x real time", refresh=False)
        self.bar.update(simulated - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.update(self.done * self.dt - self.bar.n)
            self.bar.close()
