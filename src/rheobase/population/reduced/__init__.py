"""Fewer variables: rate models, exact and balanced mean field, mean adaptation."""
