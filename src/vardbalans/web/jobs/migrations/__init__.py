"""The table of jobs, step by step."""
