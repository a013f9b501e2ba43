"""Equilibria: where they are, what kind they are, and how they change with a parameter."""
