"""How far the theory can be trusted."""
