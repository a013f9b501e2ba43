"""Self-consistent stationary states."""
