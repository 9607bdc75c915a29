"""Template tags of the planning cycle."""
