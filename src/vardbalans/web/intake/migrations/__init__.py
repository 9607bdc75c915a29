"""The table of uploads, step by step."""
