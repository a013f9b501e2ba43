"""Finite size: spectra and correlations."""
