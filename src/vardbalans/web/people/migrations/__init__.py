"""The tables of people, step by step."""
