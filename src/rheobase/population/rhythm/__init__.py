"""Linear response of a network: modes, stability, phase diagrams."""
