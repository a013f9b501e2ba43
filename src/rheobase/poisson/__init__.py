"""Poisson spike trains and their statistics: the field's first exercise.

>>> from rheobase import poisson
>>> trains = poisson.spike_trains("20 Hz", "10 second", n=100, seed=1)
>>> trains.statistics().fano
1.0...
"""

from rheobase.poisson.statistics import Statistics, statistics
from rheobase.poisson.theory import Theory
from rheobase.poisson.trains import SpikeTrains, spike_trains

__all__ = ["SpikeTrains", "Statistics", "Theory", "spike_trains", "statistics"]
