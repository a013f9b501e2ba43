"""All figures. The functions take results or plain arrays and compute nothing but histograms.

Every function returns the Matplotlib figure, so that it shows in a notebook and can be changed; `save` writes one.
"""

from rheobase.plot.comparison import comparison, panels
from rheobase.plot.correlations import correlations, population_spectra
from rheobase.plot.fokker_planck import population_activity
from rheobase.plot.input_statistics import input_statistics
from rheobase.plot.mesoscopic import mesoscopic_activity
from rheobase.plot.recording import recording
from rheobase.plot.response_to_noise import frequency_response, intervals, transfer_functions
from rheobase.plot.steady import steady_state
from rheobase.plot.style import require_format, save
from rheobase.plot.transfer import transfer

__all__ = [
    "comparison",
    "correlations",
    "frequency_response",
    "input_statistics",
    "intervals",
    "mesoscopic_activity",
    "panels",
    "population_activity",
    "population_spectra",
    "recording",
    "require_format",
    "save",
    "steady_state",
    "transfer",
    "transfer_functions",
]
