"""How a neuron answers: small oscillations, small pushes, ramps, pulses; and the shape of its spike."""
