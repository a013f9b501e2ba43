"""Input as jumps, not as Gaussian noise."""
