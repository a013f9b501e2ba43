"""Lens against lens: the simulation of a network beside the theory of the same network."""

from rheobase.check.compare import compare
from rheobase.check.result import Comparison, Density, Histogram, Row

__all__ = ["Comparison", "Density", "Histogram", "Row", "compare"]
