"""Phase planes and phase lines."""
