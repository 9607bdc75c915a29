"""Template tags of the help."""
