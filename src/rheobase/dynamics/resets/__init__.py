"""The return map of a neuron with a reset: regular firing, bursts, chaos."""
