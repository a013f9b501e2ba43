"""Periodic orbits: followed over a parameter by collocation."""
