"""The migrations of the plan."""
