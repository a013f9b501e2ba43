"""The density of membrane potentials in time."""
