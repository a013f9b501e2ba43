"""What a model is: equations, neuron, synapse, network, errors. No numerics."""
