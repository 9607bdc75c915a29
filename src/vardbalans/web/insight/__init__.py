"""Read-only pages over stored balance results: where it is short, by how much, and why."""
