"""Template filters of the insight pages."""
