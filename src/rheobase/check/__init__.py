"""Lens against lens: what theory predicts of a neuron or a network, beside what the simulation does."""

from rheobase.check.compare import compare
from rheobase.check.neuron import check_analysis, dynamics
from rheobase.check.reductions import Reductions, compare_reductions
from rheobase.check.result import Comparison, Density, Histogram, Row, Score
from rheobase.check.time_course import TimeCourse
from rheobase.check.trial import DynamicsCheck, Staircase, Trial

__all__ = [
    "Comparison", "Density", "DynamicsCheck", "Histogram", "Reductions", "Row", "Score", "Staircase", "TimeCourse",
    "Trial", "check_analysis", "compare", "compare_reductions", "dynamics",
]  # fmt: skip
