"""The population lens: why a network does what it does. Mean-field theory derived from the `Network` itself.

>>> from rheobase import population
>>> state = population.steady_state(network)      # doctest: +SKIP
>>> print(state.summary())                        # doctest: +SKIP
"""

from rheobase.population.coverage import covered, missing
from rheobase.population.intervals import Intervals, isi
from rheobase.population.lif import colour_shift
from rheobase.population.membrane import Membrane, NotCovered, membrane
from rheobase.population.modes import Mode, modes
from rheobase.population.predictions import validity
from rheobase.population.response import FrequencyResponse, response
from rheobase.population.spectrum import activity_spectrum
from rheobase.population.statistics import InputMap, input_map, input_statistics
from rheobase.population.steady_state import FixedPoint, SteadyState, steady_state
from rheobase.population.transfer import StationaryRate, transfer

__all__ = [
    "FixedPoint", "FrequencyResponse", "InputMap", "Intervals", "Membrane", "Mode", "NotCovered", "StationaryRate",
    "SteadyState",
    "activity_spectrum", "colour_shift", "covered", "input_map", "input_statistics", "isi", "membrane",
    "missing", "modes", "response", "steady_state", "transfer", "validity",
]  # fmt: skip
