"""The engine: values in; values, steps and reasons out. No file, database, clock, environment or global randomness."""
