"""Network files: a `Network` as TOML, with the same equation text as in Python.

.. code-block:: toml

    [network]
    name = "two cells in a loop"

    [neurons.lif]
    equations = '''
    dv/dt = (E_L - v + mu)/tau_m : mV (unless refractory)
    '''
    threshold = "v > 20*mV"
    reset = "v = 10*mV"
    refractory = "2 ms"
    parameters = {E_L = "0 mV", tau_m = "20 ms", mu = "24 mV"}

    [[population]]
    name = "E"
    neuron = "lif"
    size = 2

    [[projection]]
    pre = "E"
    post = "E"
    connect = {rule = "all_to_all", autapses = false}
    weight = "0.1 mV"
    delay = "1.5 ms"

Quantities are text, a number and a unit; they are read, never evaluated. The page "network files" of the documentation
lists every key.
"""

from rheobase.model.toml.neuron_file import is_neuron_file, neuron_text, read_neuron, write_neuron
from rheobase.model.toml.reading import read_network
from rheobase.model.toml.tables import NetworkFileError
from rheobase.model.toml.writing import network_text, write_network

__all__ = [
    "NetworkFileError", "is_neuron_file", "network_text", "neuron_text", "read_network", "read_neuron", "write_network",
    "write_neuron",
]  # fmt: skip
