"""Named patterns of firing, by measured features."""
