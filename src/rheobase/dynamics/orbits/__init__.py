"""Orbits by adaptive integration, with spikes and resets, and what counts as firing."""
