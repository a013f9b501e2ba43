"""Rates of firing, classes of excitability, integrators and resonators."""
