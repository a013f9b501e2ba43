"""The dynamics lens: what a neuron can do, from its equations."""
