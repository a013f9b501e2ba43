"""One file a neuron."""
