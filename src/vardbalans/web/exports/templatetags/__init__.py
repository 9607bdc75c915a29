"""Template tags of exports."""
