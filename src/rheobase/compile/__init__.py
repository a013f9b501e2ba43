"""From a model to functions: one printer for each target, integrators, and a cache of generated code."""
